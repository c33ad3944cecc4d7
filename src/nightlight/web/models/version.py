"""One version: its gate report as pictures, where it comes from, what it learned from, its losses, its way up."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from nightlight.dashboards.charts import svg
from nightlight.errors import NightlightError
from nightlight.languages import translations
from nightlight.registry.gates import GateReport, get_report
from nightlight.registry.manifest import Manifest
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import FILES, authors_of, list_versions, manifest_of, run_folder
from nightlight.settings import Home
from nightlight.web.access import SIGNED_IN, Person, PersonOf
from nightlight.web.languages import language_of
from nightlight.web.models.frame import deciders, find, model_page
from nightlight.web.models.offers import offer_of
from nightlight.web.models.tracks import rows_of
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/models")
LOSSES, LOSSES_DRAWN = "metrics.jsonl", ("loss", "held_out_loss")  # as the recipes write them
LARGEST, LARGEST_NUMBER = 4_000_000, 1e12  # bytes of the log; a number that can be drawn
FEWEST_DRAWN, MOST_DRAWN = 3, 200  # steps


@router.get("/{name}/{workspace}/{number}", dependencies=[SIGNED_IN])
def version_page(
    request: Request, site: SiteOf, person: PersonOf, name: str, workspace: str, number: int, done: str = ""
) -> HTMLResponse:
    return show_version(request, site, person, find(site, person, name, workspace, number), done=done)


def show_version(
    request: Request,
    site: Site,
    person: Person,
    version: ModelVersion,
    *,
    error: NightlightError | None = None,
    done: str = "",
) -> HTMLResponse:
    language = language_of(request, person)
    manifest, report, damage = _read(site.home, version)
    rows = _losses(site.home, version, manifest) if manifest else []
    return model_page(
        request,
        "version.html",
        error=error,
        done=done,
        version=version,
        manifest=manifest,
        damage=damage,
        documents=documents_of(manifest) if manifest else {},
        environment=_environment(manifest) if manifest else {},
        report=report,
        rows=rows_of(report) if report else [],
        losses=picture(rows, translations(language).gettext, language),
        offer=offer_of(site, person, version),
        deciders=deciders(site, version.name, but=authors_of(version)),
        others=[each for each in list_versions(site.home, version.name) if each.label != version.label],
    )


def _read(home: Home, version: ModelVersion) -> tuple[Manifest | None, GateReport | None, NightlightError | None]:
    """What is kept with a version; where it is damaged, what is wrong, and the page shows the rest."""
    try:
        return manifest_of(home, version), get_report(home, version), None
    except NightlightError as damage:
        return None, None, damage


def documents_of(manifest: Manifest) -> dict[str, Counter[str]]:
    """How many documents of each kind it learned from, by their state."""
    found: dict[str, Counter[str]] = {}
    for document in manifest.documents:
        found.setdefault(str(document["state"]), Counter())[str(document.get("kind", "document"))] += 1
    return dict(sorted(found.items()))


def _environment(manifest: Manifest) -> dict[str, str]:
    values = manifest.values.get("environment")
    return {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}


def _losses(home: Home, version: ModelVersion, manifest: Manifest) -> list[dict[str, Any]]:
    """What the recipe measured while it trained, as one row for each line of its log and loss."""
    file = run_folder(home, version) / FILES / LOSSES
    try:
        if LOSSES not in manifest.files or file.stat().st_size > LARGEST:
            return []
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # damage, which promoting tells
        return []
    found: list[dict[str, Any]] = []
    for line in lines[:: 1 + len(lines) // MOST_DRAWN]:
        try:
            values = json.loads(line)
        except ValueError:
            continue  # a training that was stopped may leave half a line
        if isinstance(values, dict) and _is_number(values.get("step")):
            found += _rows_of(values)
    return found


def _rows_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"step": values["step"], "loss": value, "of": key.replace("_", " ")}
        for key, value in values.items()
        if key in LOSSES_DRAWN and _is_number(value)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER


def picture(rows: list[dict[str, Any]], say: Callable[[str], str], language: str) -> str:
    """The losses over the steps of the training; "" where there is little to draw."""
    if len({row["step"] for row in rows}) < FEWEST_DRAWN:
        return ""
    spec: dict[str, Any] = {
        "height": 200,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": say("Step")},
            "y": {"field": "loss", "type": "quantitative", "title": say("Loss"), "scale": {"zero": False}},
            "color": {"field": "of", "type": "nominal", "title": None},
        },
    }
    described = say("The losses while it trained; held out means lines that it did not learn from.")
    return Markup(svg(spec, rows, title=say("Losses"), description=described, language=language))  # noqa: S704
