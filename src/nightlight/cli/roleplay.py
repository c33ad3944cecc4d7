"""`nightlight roleplay`: cards and scripts from the terminal: check, test, take in, submit, approve, training sets."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightlight.cli.options import HomeOption, JsonOption, any_home, open_home
from nightlight.cli.output import print_json, print_rows
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from nightlight.studio.card_tests import CardTestReport

roleplay = typer.Typer(help="Cards and role-plays: check, test, review, approve, training sets.", no_args_is_help=True)
training_set = typer.Typer(help="Training sets of approved role-plays.", no_args_is_help=True)
roleplay.add_typer(training_set, name="training-set")

Id = Annotated[str, typer.Argument(help="Name of a card or script, such as exam-week-sleepless.")]
Ids = Annotated[list[str], typer.Argument(help="Names of cards and scripts, such as exam-week-sleepless.")]
By = Annotated[str, typer.Option("--as", help="User who does it; the app studio has to allow it.")]
ByOrSystem = Annotated[
    str | None,
    typer.Option("--as", help="User who does it (default: the operating system's user).", show_default=False),
]
Reason = Annotated[str, typer.Option("--reason", help="What was looked at, and what was found.")]
ByAuthor = Annotated[
    str | None, typer.Option("--as", help="User who does it (default: the draft's last author).", show_default=False)
]


@roleplay.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="Card files (.yaml) and script files (.txt).")],
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with card and script files, line by line."""
    from nightlight.studio.exchange import check_file

    problems = [problem for file in files for problem in check_file(file)]
    if as_json:
        print_json([asdict(problem) for problem in problems])
    for problem in () if as_json else problems:
        typer.echo(str(problem))
    if problems:
        found, places = len(problems), len({each.file for each in problems})
        said = f"{found} problem{'s' * (found > 1)} in {places} file{'s' * (places > 1)}"
        typer.echo(f"nightlight: {said}", err=True)
        raise typer.Exit(1)
    if not as_json:
        typer.echo(f"{len(files)} files in order" if len(files) != 1 else "1 file in order")


@roleplay.command("test")
def play_and_read(
    card: Annotated[str, typer.Argument(help="Name of a card of the home, or a card file.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let scripted counselors play a card and read all its lines; exit code 1 when a test fails."""
    report = _report(card, home)
    rows = [
        {"test": each.name, "promise": each.promise, "found": each.found, "bar": each.bar, "passed": each.passed}
        | ({"evidence": list(each.evidence)} if as_json else {})
        for each in report.results
    ]
    print_rows(rows, as_json=as_json)
    for each in () if as_json else report.results:
        if not each.passed and each.evidence:
            typer.echo(f"{each.name}: {'; '.join(each.evidence[:5])}")
    if not report.passed:
        failed = sum(not each.passed for each in report.results)
        typer.echo(f"nightlight: {failed} of {len(report.results)} card tests failed", err=True)
        raise typer.Exit(1)


def _report(card: str, home: Path | None) -> "CardTestReport":
    from nightlight.conversations.card_form import read_card
    from nightlight.labelling.serving import labeller_in_use
    from nightlight.studio.card_tests import run_card_tests
    from nightlight.studio.documents import get_version
    from nightlight.studio.reports import run_tests

    if card.endswith(".yaml"):
        return run_card_tests(read_card(Path(card)), labeller=labeller_in_use(any_home(home)).counselor)
    place = open_home(home)
    return run_tests(place, get_version(place, card))


@roleplay.command("list")
def list_roleplays(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the newest version of every card and script."""
    from nightlight.studio.documents import list_documents

    rows = [
        {
            "name": each.name,
            "kind": str(each.kind),
            "version": each.number,
            "state": str(each.state),
            "authors": ", ".join(each.authors),
            "expires_at": each.expires_at,
        }
        for each in list_documents(open_home(home))
    ]
    print_rows(
        rows, as_json=as_json, empty="no cards or scripts; `nightlight roleplay import` takes the shipped ones in"
    )


@roleplay.command("import")
def take_in(
    path: Annotated[
        Path | None, typer.Argument(help="A file or folder (default: the corpus that comes with the product).")
    ] = None,
    actor: ByOrSystem = None,
    home: HomeOption = None,
) -> None:
    """Take cards and scripts in: the shipped ones as starters, others as drafts of whoever takes them in."""
    from nightlight.catalog.audit import os_user
    from nightlight.studio.exchange import take_in as take_in_files
    from nightlight.studio.writing import import_corpus

    place = open_home(home)
    by = actor or os_user()
    taken = take_in_files(place, path, by=by) if path else import_corpus(place, by=by)
    typer.echo(f"{len(taken)} new or changed" if taken else "nothing new")


@roleplay.command("export")
def export(
    target: Annotated[list[str], typer.Argument(help="Names of cards and scripts (none: all in use), then a folder.")],
    actor: ByOrSystem = None,
    home: HomeOption = None,
) -> None:
    """Write cards and scripts as text files of a corpus into a folder."""
    from nightlight.catalog.audit import os_user
    from nightlight.studio.exchange import export as export_files

    *names, folder = target
    written = export_files(open_home(home), Path(folder), names, by=actor or os_user())
    typer.echo(f"wrote {len(written)} files into {folder}")


@roleplay.command("renew")
def renew(names: Ids, actor: By, home: HomeOption = None) -> None:
    """Make a draft of a starter as it is, or of what is past its date, to have it reviewed."""
    from nightlight.studio.writing import renew as renew_document

    place = open_home(home)
    _each(names, lambda name: f"{renew_document(place, name, by=actor).label} is a draft")


@roleplay.command("submit")
def submit(names: Ids, actor: ByAuthor = None, home: HomeOption = None) -> None:
    """Give a draft to the reviewers, once nothing is wrong with it and its tests pass."""
    from nightlight.catalog.audit import os_user
    from nightlight.studio.approval import submit as submit_document
    from nightlight.studio.documents import get_version

    place = open_home(home)

    def give(name: str) -> str:
        by = actor or next(reversed(get_version(place, name).authors), os_user())
        return f"{submit_document(place, name, by=by).label} is in review"

    _each(names, give)


@roleplay.command("approve")
def approve(
    names: Ids,
    actor: By,
    reason: Reason = "approved at the command line",
    until: Annotated[str | None, typer.Option("--until", help="Day until which it holds (default: 12 months).")] = None,
    home: HomeOption = None,
) -> None:
    """Approve a version in review; what holds risk needs two people other than its authors."""
    from nightlight.studio.approval import approve as approve_document
    from nightlight.studio.documents import approvals_needed

    place, end = open_home(home), _end_of(until)

    def agree(name: str) -> str:
        version = approve_document(place, name, by=actor, reason=reason, expires_at=end)
        if version.expires_at is not None:
            return f"{version.label} is approved until {version.expires_at:%Y-%m-%d}"
        missing = approvals_needed(place, version) - len(version.approvers)
        return f"{version.label}: approved by {actor}; {missing} more needed"

    _each(names, agree)


@roleplay.command("return")
def send_back(name: Id, actor: By, reason: Reason, home: HomeOption = None) -> None:
    """Send a version in review back to its authors."""
    from nightlight.studio.approval import send_back as send_document_back

    version = send_document_back(open_home(home), name, by=actor, reason=reason)
    typer.echo(f"{version.label} is a draft again")


@roleplay.command("retire")
def retire(name: Id, actor: By, home: HomeOption = None) -> None:
    """Take a card or script out of use; nothing is deleted."""
    from nightlight.studio.approval import retire as retire_document

    gone = retire_document(open_home(home), name, by=actor)
    typer.echo(f"retired: {', '.join(version.label for version in gone)}")


@roleplay.command("diff")
def diff(
    name: Id,
    one: Annotated[int, typer.Argument(help="Number of a version.")],
    other: Annotated[int, typer.Argument(help="Number of another version.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what differs between two versions, part by part."""
    from nightlight.studio.difference import difference
    from nightlight.studio.documents import get_version

    place = open_home(home)
    changes = difference(get_version(place, name, one), get_version(place, name, other))
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    for change in changes:
        typer.secho(change.part, bold=True)
        for line in change.removed:
            typer.echo(f"  - {line}")
        for line in change.added:
            typer.echo(f"  + {line}")
    if not changes:
        typer.echo("nothing differs")


@training_set.command("build")
def build(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    names: Annotated[list[str] | None, typer.Argument(help="Names of cards and scripts (none: all approved).")] = None,
    starter_allowed: Annotated[
        bool, typer.Option("--starter-allowed", help="Also what came with the product and nobody here has approved.")
    ] = False,
    actor: ByOrSystem = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write approved cards and scripts as JSON Lines with a manifest of where each comes from."""
    from nightlight.catalog.audit import os_user
    from nightlight.studio.training_sets import build_training_set

    made = build_training_set(
        open_home(home), folder, names or (), by=actor or os_user(), starter_allowed=starter_allowed
    )
    if as_json:
        print_json(asdict(made))
        return
    typer.echo(f"wrote {made.folder}: {made.cards} cards, {made.scripts} scripts, {made.starters} of them starters")


def _each(names: Sequence[str], act: Callable[[str], str]) -> None:
    """Do it for one document after the other and say of each what happened: a refusal holds up none of the others."""
    refused = 0
    for name in names:
        try:
            typer.echo(act(name))
        except NightlightError as refusal:
            if len(names) == 1:
                raise
            typer.echo(f"{name}: refused: {refusal}")
            refused += 1
    if refused:
        typer.echo(f"nightlight: {refused} of {len(names)} refused", err=True)
        raise typer.Exit(1)


def _end_of(day: str | None) -> datetime | None:
    from datetime import UTC

    if day is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise NightlightError(f"'{day}' is no date", remedy="write it as in 2027-03-01") from None
