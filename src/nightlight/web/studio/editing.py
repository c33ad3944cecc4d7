"""The form of a card, part by part: each part is saved by itself, complete or not, and says what is missing."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from itertools import groupby
from math import isfinite
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from nightlight.errors import NightlightError
from nightlight.studio.card_problems import problems_by_field, warned_lines
from nightlight.studio.card_source import Tree, empty_fact, read_tree, write_tree
from nightlight.studio.versions import State, Version
from nightlight.studio.writing import save
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf
from nightlight.web.studio.frame import WRITES, card_version, frame_of
from nightlight.web.studio.parts import PARTS, Field, Part, Widget, find_part, set_value, value_at
from nightlight.web.studio.rules import conditions, gate_rows, sent_rule
from nightlight.web.studio.standing import standings

router = APIRouter()
LONGEST, MOST_LINES = 2_000, 60
Problems = dict[str, list[tuple[str, dict[str, str]]]]


async def _sent(request: Request) -> FormData:
    """The form as it was sent: which fields it has depends on the part."""
    return await request.form(max_files=0)


Sent = Annotated[FormData, Depends(_sent)]


@router.get("/studio/{name}/parts/{key}", dependencies=[WRITES])
def part_page(request: Request, site: SiteOf, person: PersonOf, name: str, key: str) -> HTMLResponse:
    version = card_version(site, name)
    return _page(request, site, person, version, key, read_tree(version.source, name))


@router.post("/studio/{name}/parts/{key}", dependencies=[WRITES])
def save_part(request: Request, site: SiteOf, person: PersonOf, name: str, key: str, sent: Sent) -> Response:
    version = card_version(site, name)
    tree = read_tree(version.source, name)
    part = _part(key, tree)
    try:
        fields = {field.path: _value(field, sent, value_at(tree, field.path)) for field in part.fields}
        save(site.home, name, partial(_with_fields, fields=fields), by=person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, version, key, tree, error)
    if sent.get("then") == "stay":
        return RedirectResponse(f"/studio/{name}/parts/{key}?saved=1", 303)
    return RedirectResponse(f"/studio/{name}/parts/{_next(key)}?saved=1", 303)


@router.post("/studio/{name}/parts/{key}/check", dependencies=[WRITES])
def check_part(request: Request, site: SiteOf, name: str, key: str, sent: Sent) -> HTMLResponse:
    """What is wrong with a part as it is being written; nothing is saved."""
    version = card_version(site, name)
    tree = read_tree(version.source, name)
    part = _part(key, tree)
    for field in part.fields:
        try:
            set_value(tree, field.path, _value(field, sent, value_at(tree, field.path)))
        except NightlightError:
            continue
    return render(request, "studio/_check.html", **_fields_of(part, tree))


@router.post("/studio/{name}/facts", dependencies=[WRITES])
def add_fact(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    version = card_version(site, name)
    try:
        changed = save(site.home, name, _with_new_fact, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, version, "facts", read_tree(version.source, name), error)
    number = len(read_tree(changed.source, name)["facts"])
    return RedirectResponse(f"/studio/{name}/parts/fact-{number}", 303)


@router.post("/studio/{name}/facts/{number}/remove", dependencies=[WRITES])
def remove_fact(request: Request, site: SiteOf, person: PersonOf, name: str, number: int) -> Response:
    version = card_version(site, name)
    tree = read_tree(version.source, name)
    if not 1 <= number <= len(tree["facts"]):
        raise NotThere
    fact = tree["facts"][number - 1]
    try:
        save(site.home, name, partial(_without_fact, fact=fact), by=person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, version, "facts", tree, error)
    return RedirectResponse(f"/studio/{name}/parts/facts?saved=1", 303)


def _part(key: str, tree: Tree) -> Part:
    part = find_part(key, tree)
    if part is None:
        raise NotThere
    return part


def _next(key: str) -> str:
    """The part after this one; a fact leads back to the list of facts, the last part to the first."""
    if key.startswith("fact-"):
        return "facts"
    keys = [part.key for part in PARTS]
    return keys[(keys.index(key) + 1) % len(keys)] if key in keys else keys[0]


def _page(
    request: Request,
    site: Site,
    person: Person,
    version: Version,
    key: str,
    tree: Tree,
    error: NightlightError | None = None,
) -> HTMLResponse:
    part = _part(key, tree)
    shown = _fields_of(part, tree)
    return render(
        request,
        "studio/part.html",
        status=400 if error else 200,
        tree=tree,
        standings=standings(tree),
        in_review=version.state is State.IN_REVIEW,
        error=error,
        saved="saved" in request.query_params,
        groups=_groups(part),
        incomplete={int(path.split(".")[1]) for path in shown["problems"] if path.startswith("facts.")},
        **shown,
        **frame_of(site, person, version),
    )


def _groups(part: Part) -> list[tuple[str, list[Field]]]:
    """The fields under their headings; none where the part has no headings."""
    return [(title, list(fields)) for title, fields in groupby(part.fields, key=lambda field: field.group) if title]


def _fields_of(part: Part, tree: Tree) -> dict[str, Any]:
    """What the fields of a part show: values, problems, rows of rules, warnings."""
    gates = {f.path: gate_rows(value_at(tree, f.path)) for f in part.fields if f.widget is Widget.GATE}
    return {
        "part": part,
        "values": {field.path: value_at(tree, field.path) for field in part.fields},
        "problems": problems_by_field(tree),
        "warned": warned_lines(tree),
        "gates": gates,
        "conditions": conditions(tree, gates),
    }


def _value(field: Field, sent: FormData, before: Any) -> Any:
    """A field's value as it was sent; raises NightlightError for what is too long or no rule."""
    if field.widget is Widget.GATE:
        return sent_rule(field.path, sent, before)
    texts = [str(each) for each in sent.getlist(field.path)]
    if field.widget is Widget.CHOICES:
        return [str(word) for word in (field.options or {}) if word in texts]
    text = texts[0] if texts else ""
    if field.widget is Widget.LINES:
        lines = [" ".join(line.split()) for line in text.splitlines()]
        lines = [line for line in lines if line]
        if len(lines) > MOST_LINES or max(map(len, lines), default=0) > LONGEST:
            raise NightlightError("that is too much for one field", remedy=f"write at most {MOST_LINES} lines")
        return lines
    if field.widget in (Widget.COUNT, Widget.SHARE) or field.path == "difficulty":
        return _number(text, whole=field.widget is not Widget.SHARE)
    words = " ".join(text.split())
    if len(words) > LONGEST:
        raise NightlightError("that is too much for one field", remedy=f"write at most {LONGEST} characters")
    return words


def _number(text: str, *, whole: bool) -> float | int | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return int(number) if whole and number == int(number) else number


def _with_fields(version: Version, *, fields: Mapping[str, Any]) -> Version:
    tree = read_tree(version.source, version.name)
    before = deepcopy(tree)
    for path, value in fields.items():
        set_value(tree, path, value)
    return version if tree == before else replace(version, source=write_tree(tree))


def _with_new_fact(version: Version) -> Version:
    tree = read_tree(version.source, version.name)
    tree["facts"].append(empty_fact())
    return replace(version, source=write_tree(tree))


def _without_fact(version: Version, *, fact: Tree) -> Version:
    tree = read_tree(version.source, version.name)
    tree["facts"].remove(fact)
    return replace(version, source=write_tree(tree))
