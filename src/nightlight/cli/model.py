"""`nightlight model`: trained models from training to production and back, and what they are worth."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, open_home
from nightlight.cli.output import print_json, print_rows, saying
from nightlight.errors import NightlightError, suggest
from nightlight.settings import LABELLER

if TYPE_CHECKING:
    from nightlight.registry.gates import GateReport
    from nightlight.registry.rollout import Rollout
    from nightlight.registry.stored import ModelVersion
    from nightlight.settings import Home

model = typer.Typer(help="Trained models: train, evaluate, promote, roll back.", no_args_is_help=True)
MEASURED = (LABELLER,)
"""Models that are measured as they are shipped, without a home."""

SHOWN = ("name", "workspace", "version", "aliases", "gate", "author", "starter")

Name = Annotated[str, typer.Argument(help="Name of a model: labeller, pocket or llama.")]
Number = Annotated[int, typer.Argument(help="Number of the version in its workspace.")]
By = Annotated[str, typer.Option("--as", help="User who does it; grants on the model have to allow it.")]
Workspace = Annotated[str, typer.Option("--workspace", help="dev, staging or prod.")]


@model.command("list")
def list_models(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List every version of every model, by workspace, with what it stands for and its gate."""
    from nightlight.registry.versions import list_versions

    rows: list[dict[str, Any]] = [
        {
            "name": each.name,
            "workspace": each.workspace,
            "version": each.version,
            "aliases": list(each.aliases),
            "gate": each.gate,
            "author": each.author,
            "made_at": each.made_at,
            "starter": each.is_starter,
            "source": each.source,
        }
        for each in list_versions(_prepared(home))
    ]
    shown = [{key: row[key] for key in SHOWN} | {"made": f"{row['made_at']:%Y-%m-%d}"} for row in rows]
    print_rows(rows if as_json else shown, as_json=as_json, empty="no models; `nightlight model train` makes one")


@model.command("show")
def show(
    name: Name, version: Number, workspace: Workspace = "dev", home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Print a version's card: where it comes from, what it learned from, what it reached."""
    from nightlight.registry.card import model_card
    from nightlight.registry.gates import get_report
    from nightlight.registry.versions import get_version, manifest_of

    place = _prepared(home)
    found = get_version(place, name, version, workspace=workspace)
    if as_json:
        report = get_report(place, found)
        manifest = dict(manifest_of(place, found).values)
        print_json(asdict(found) | {"manifest": manifest, "report": _as_json(report) if report else None})
        return
    typer.echo(model_card(place, found), nl=False)


@model.command("register")
def register(
    folder: Annotated[Path, typer.Argument(help="Folder of a trained model, with its manifest.")],
    actor: By,
    training_set: Annotated[
        Path | None, typer.Option("--training-set", help="What it was trained on, to be kept with it.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Take a trained model in as a new version in dev."""
    from nightlight.registry.manifest import read_manifest
    from nightlight.registry.versions import register as register_folder

    place = _prepared(home)
    name = read_manifest(folder).name
    made = register_folder(place, name, folder, author=actor, training_set=training_set)
    typer.echo(f"{made.label} is registered")


@model.command("train")
def train(
    name: Name,
    actor: By,
    training_set: Annotated[
        Path,
        typer.Option("--training-set", help="A folder of `roleplay training-set build`; for the labeller a corpus."),
    ],
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same model on the same machine.")] = None,
    parameters: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the recipe, as in minutes=8.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="Folder that stays: a training that was stopped goes on in it.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Train a model by its recipe and register it in dev."""
    from nightlight.operations.model_training import SEED, train_model

    place = _prepared(home)
    with saying(f"training {name}") as say:
        made = train_model(
            place,
            name,
            training_set,
            by=actor,
            seed=SEED if seed is None else seed,
            parameters=_parameters(parameters or []),
            into=into,
            on_step=say,
        )
    typer.echo(f"{made.label} is registered; next: `nightlight model evaluate {name} {made.version} --as {actor}`")


@model.command("evaluate")
def evaluate(
    name: Name,
    version: Annotated[
        int | None, typer.Argument(help="Number of a version (none: the labeller as it is shipped).")
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--as", help="User who does it; needed with a version.", show_default=False)
    ] = None,
    workspace: Workspace = "dev",
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=64, help="Cards that a Llama's server is asked about at a time.")
    ] = 4,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model and keep the gate report with the version; exit code 1 when the gate refuses it (minutes)."""
    if version is None:
        _measure_shipped(name, as_json)
        return
    from nightlight.operations.model_evaluation import evaluate_version

    if actor is None:
        raise NightlightError("it is not said who evaluates", remedy="name a user with --as")
    place = _prepared(home)
    with saying(f"measuring {name} {version}") as say:
        report = evaluate_version(place, name, version, by=actor, workspace=workspace, at_once=at_once, on_step=say)
    if as_json:
        print_json(_as_json(report))
    else:
        _print_report(report)
    if not report.passed:
        typer.echo(f"nightlight: the gate refuses {name} {version}: {'; '.join(report.refused_because)}", err=True)
        raise typer.Exit(1)


@model.command("promote")
def promote(
    name: Name,
    version: Number,
    to: Annotated[str, typer.Option("--to", help="dev, staging (from dev) or prod (from staging).")],
    alias: Annotated[str, typer.Option("--alias", help="champion (it is used) or challenger (it is tried out).")],
    actor: By,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a version into the next workspace: its gate has passed, and you are not its author."""
    from datetime import UTC, datetime

    from nightlight.operations.model_start import approved_documents
    from nightlight.registry.promotion import promote as promote_version

    place = _prepared(home)
    approved = approved_documents(place, datetime.now(UTC))
    done = promote_version(place, name, version, to=to, alias=alias, by=actor, approved=approved)
    _say(done, f"{done.label} is {alias} now, from {done.source}", as_json)


@model.command("rollback")
def rollback(
    name: Name,
    actor: By,
    workspace: Workspace = "prod",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the champion back: the version before it is used again within ten seconds."""
    from nightlight.registry.promotion import rollback as take_back

    done = take_back(_prepared(home), name, by=actor, workspace=workspace, reason=reason)
    _say(done, f"{done.label} is champion again", as_json)


@model.command("rollout")
def rollout(
    name: Name,
    version: Annotated[
        int | None, typer.Argument(help="Number of the challenger in prod (none: only say how it is tried out).")
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--as", help="User who does it; needed to change anything.", show_default=False)
    ] = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="Ask it for the same lines; nobody hears it.")] = False,
    cohort: Annotated[str, typer.Option("--cohort", help="It speaks with the people of this cohort.")] = "",
    percentage: Annotated[
        int | None, typer.Option("--percentage", help="It speaks with this share of people, 1 to 99.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="End it: the champion alone speaks again.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why it ends, for the audit.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try the challenger of prod out: unheard, with a cohort, or with a share of people."""
    from nightlight.practice.rollouts import roll_out
    from nightlight.registry.rollout import COHORT, PERCENTAGE, SHADOW, rollout_of, stop_rollout

    ways = {SHADOW: "" if shadow else None, COHORT: cohort or None, PERCENTAGE: percentage}
    asked = {kind: str(value) for kind, value in ways.items() if value is not None}
    if len(asked) + stop > 1:
        raise NightlightError("a version is tried out in one way", remedy="choose one of the options")
    if asked and version is None:
        raise NightlightError("it is not said which version", remedy="`nightlight model list` shows the challenger")
    if version is not None and not asked and not stop:
        raise NightlightError("it is not said how", remedy="choose --shadow, --cohort NAME, --percentage N or --stop")
    if (asked or stop) and actor is None:
        raise NightlightError("it is not said who does it", remedy="name a user with --as")
    place = _prepared(home)
    if stop and actor is not None:
        stop_rollout(place, name, by=actor, reason=reason)
    elif version is not None and actor is not None:
        kind, value = next(iter(asked.items()))
        roll_out(place, name, version, kind=kind, value=value, by=actor)
    _print_rollout(place, name, rollout_of(place, name), as_json)


@model.command("checks")
def checks(
    name: Annotated[str, typer.Argument(help="pocket or llama (none: both).")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the models in use did in the last 24 hours; exit code 1 when one breaks a bar."""
    from datetime import UTC, datetime

    from nightlight.practice.live_checks import MODELS, WINDOW, live_checks

    if name and name not in MODELS.values():
        raise NightlightError(f"no live checks are taken of '{name}'", remedy=suggest(name, MODELS.values()))
    place = open_home(home)
    found = [each for each in live_checks(place, since=datetime.now(UTC) - WINDOW) if name in ("", each.model)]
    rows = [asdict(each) for each in found]
    shown = [
        {
            "wording": each.wording + " (shadow)" * each.is_shadow,
            "sessions": each.sessions,
            "stopped": each.stops,
            "lines": each.asked,
            "spoken": each.spoken,
            "leaks": each.leaks,
            "p95 s": round(each.p95_seconds, 2),
            "bars": ("broken" if each.problems else "kept") if each.is_judged else "not judged",
        }
        for each in found
    ]
    print_rows(rows if as_json else shown, as_json=as_json, empty="no model was asked for a line in the last 24 hours")
    broken = [each.line for each in found if each.problems]
    for line in broken:
        typer.echo(f"nightlight: {line}", err=True)
    if broken:
        raise typer.Exit(1)


@model.command("history")
def history(name: Name, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Tell what was done with a model, by whom and when, refusals too."""
    from nightlight.registry.history import history as events_of

    rows = [asdict(event) for event in events_of(open_home(home), name)]
    print_rows(rows, as_json=as_json, empty=f"nothing was done with '{name}'")


@model.command("compare")
def compare(
    name: Name,
    one: Annotated[str, typer.Argument(help="A version: its number in dev, or workspace/number.")],
    other: Annotated[str, typer.Argument(help="Another version.")],
    conversations: Annotated[
        Path | None,
        typer.Option(
            "--conversations",
            help="Of labellers: the same conversations read by both, a file as `nightlight label` takes it.",
            show_default=False,
        ),
    ] = None,
    card: Annotated[
        str, typer.Option("--card", help="Of texters: this card played by both, to the same counselor's messages.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Of the played conversation.")] = 1,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put two versions side by side: their measures, their labels (--conversations) or their lines (--card)."""
    from nightlight.cli import model_compared

    place = _prepared(home)
    first, second = (_version(place, name, each) for each in (one, other))
    if conversations is not None:
        model_compared.compare_labels(place, first, second, conversations, as_json=as_json)
    elif card:
        model_compared.compare_lines(place, first, second, card, seed=seed, as_json=as_json)
    else:
        model_compared.compare_measures(place, first, second, as_json=as_json)


@model.command("reproduce")
def reproduce(
    name: Name, version: Number, workspace: Workspace = "dev", home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Train a version once more from its manifest and say what differs; exit code 1 when anything does (minutes)."""
    from nightlight.operations.model_training import reproduce as train_again

    place = _prepared(home)
    with saying(f"training {name} {version} once more") as say:
        rows = train_again(place, _version(place, name, f"{workspace}/{version}"), on_step=say)
    print_rows(rows, as_json=as_json)
    if differ := sum(not row["same"] for row in rows):
        typer.echo(f"nightlight: {differ} of {len(rows)} differ", err=True)
        raise typer.Exit(1)


def _prepared(home: Path | None) -> "Home":
    """The home, its registry with what came with the product: made at the first use."""
    from nightlight.operations.model_start import prepare_models

    place = open_home(home)
    with saying("opening the registry (the first time: some seconds)"):
        prepare_models(place)
    return place


def _version(home: "Home", name: str, written: str) -> "ModelVersion":
    from nightlight.registry.versions import get_version

    workspace, _, number = written.rpartition("/")
    if not number.isdigit():
        raise NightlightError(f"'{written}' is no version", remedy="write 3, or prod/1")
    return get_version(home, name, int(number), workspace=workspace or "dev")


def _parameters(written: list[str]) -> dict[str, str]:
    found = dict(each.partition("=")[::2] for each in written)
    if wrong := [each for each in written if not each.partition("=")[1]]:
        raise NightlightError(f"'{wrong[0]}' sets nothing", remedy="write NAME=VALUE")
    return found


def _say(version: "ModelVersion", line: str, as_json: bool) -> None:
    if as_json:
        print_json(asdict(version))
    else:
        typer.echo(line)


def _print_rollout(home: "Home", name: str, rollout: "Rollout | None", as_json: bool) -> None:
    from nightlight.practice.wordings import followed_model

    if as_json:
        print_json(asdict(rollout) if rollout else None)
    elif rollout is None:
        typer.echo(f"no version of {name} is tried out")
    else:
        since = f"{rollout.since:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{rollout.version.label} is tried out since {since} by {rollout.by}: {rollout.people}")
        if followed_model(home.settings.wording) != name:
            typer.echo(f"nobody meets it: practice does not follow '{name}' here; docs/wording.md shows how")


def _as_json(report: "GateReport") -> dict[str, Any]:
    return asdict(report) | {"passed": report.passed}


def _print_report(report: "GateReport") -> None:
    theirs = {each.id: each.value for each in report.champion_measures}
    rows = [
        {
            "measure": f"{each.id} {each.name}",
            "found": each.value,
            "bar": each.bar,
            "champion": theirs.get(each.id),
            "met": each.meets_bar,
        }
        for each in report.measures
    ]
    print_rows(rows, as_json=False, title=f"{report.workspace}/{report.model}/{report.version}")
    typer.echo("the gate lets it through" if report.passed else "the gate refuses it")


def _measure_shipped(name: str, as_json: bool) -> None:
    if name not in MEASURED:
        raise NightlightError(
            f"there is no model '{name}' that is measured without a version", remedy=suggest(name, MEASURED)
        )
    from nightlight.conversations.corpus import shipped_corpus
    from nightlight.labelling.report import measure, print_report
    from nightlight.settings import shipped

    with saying() as say:
        report = measure(shipped_corpus(), shipped("models/labeller"), shipped("benchmarks/label"), on_step=say)
    if as_json:
        print_json(report)
    else:
        print_report(report)
