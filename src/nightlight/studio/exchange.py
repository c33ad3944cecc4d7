"""Documents out of and into text files: the files of the corpus, and principles beside a card as JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from nightlight.catalog.audit import Entry, append
from nightlight.conversations.card_form import examine_card
from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.principles import Principle
from nightlight.conversations.problems import Findings, Problem, read_text, refuse
from nightlight.conversations.scripts import examine_script
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.documents import Clock, get_version, kind_of, list_documents, now_utc
from nightlight.studio.principles import principle, principles_text
from nightlight.studio.versions import Kind, State, Version
from nightlight.studio.writing import draft, import_corpus, save

FOLDERS = {Kind.CARD: ("cards", ".yaml"), Kind.SCRIPT: ("scripts", ".txt")}
PRINCIPLES = ".principles.json"


def check_file(path: Path) -> list[Problem]:
    """Everything that is wrong with a card's or a script's file; a script next to its card is checked against it."""
    if path.suffix == ".yaml":
        return examine_card(path)[1]
    if path.suffix == ".txt":
        beside = path.parent.parent / "cards" / f"{path.stem.partition('--')[0]}.yaml"
        return examine_script(path, examine_card(beside)[0] if beside.is_file() else None)[1]
    return [Problem(str(path), 1, "neither a card nor a script", "name the file <id>.yaml or <card>--<quality><n>.txt")]


def take_in(home: Home, path: Path, *, by: str, clock: Clock = now_utc) -> tuple[str, ...]:
    """Take a file, or a folder of cards/ and scripts/, in as drafts of `by`, the shipped corpus as starters.

    Nothing is taken in while any file has a problem. Returns the names of what is new or changed.
    """
    if path.is_dir() and path.resolve() == shipped_corpus().resolve():
        return import_corpus(home, by=by, clock=clock)
    files = sorted(_files(path)) if path.is_dir() else [path]
    if not files:
        raise NightlightError("no cards or scripts here", where=str(path), remedy="name the folder that holds cards/")
    if problems := [problem for file in files for problem in check_file(file)]:
        raise refuse(problems)
    beside = {file: _principles_beside(file) for file in files}
    known = {each.name for each in list_documents(home)}
    taken = []
    for file in files:
        source, name, principles = _read(file), file.stem, beside[file]
        if name not in known:
            draft(home, name, source, by=by, principles=principles, changelog=f"from {file.name}", clock=clock)
            taken.append(name)
            continue
        before = get_version(home, name)

        changed = partial(_changed, source=source, principles=principles)
        after = save(home, name, changed, by=by, changelog=f"from {file.name}", clock=clock)
        taken += [name] if after.digest != before.digest else []
    return tuple(taken)


def export(home: Home, folder: Path, names: Sequence[str] = (), *, by: str) -> list[Path]:
    """Write the newest versions as files of a corpus (without names: all in use); returns the files written."""
    chosen = names or [each.name for each in list_documents(home) if each.state in (State.APPROVED, State.STARTER)]
    versions = [get_version(home, name) for name in chosen]
    append(home, Entry("export role-plays", by, None, "done", detail=f"{len(versions)} documents"))
    written = []
    for version in versions:
        within, suffix = FOLDERS[version.kind]
        file = folder / within / f"{version.name}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(version.source, encoding="utf-8")
        written.append(file)
        if version.principles:
            beside = file.with_name(version.name + PRINCIPLES)
            beside.write_text(principles_text(version.principles) + "\n", encoding="utf-8")
            written.append(beside)
    return written


def _changed(version: Version, *, source: str, principles: tuple[Principle, ...]) -> Version:
    return replace(version, source=source, principles=principles or version.principles)


def _files(folder: Path) -> list[Path]:
    return [
        file
        for within, suffix in FOLDERS.values()
        for file in (folder / within).glob(f"*{suffix}")
        if kind_of(file.stem) in FOLDERS
    ]


def _principles_beside(file: Path) -> tuple[Principle, ...]:
    """Those beside a card's file, each checked as if somebody had written it in the studio."""
    path = file.with_name(file.stem + PRINCIPLES)
    if not path.is_file():
        return ()
    try:
        rows = json.loads(_read(path))
        return tuple(principle(**{key: str(value) for key, value in row.items()}) for row in rows)
    except (ValueError, TypeError, AttributeError):
        raise NightlightError("these are no principles", where=str(path), remedy="export a card to see some") from None


def _read(path: Path) -> str:
    findings = Findings(str(path))
    source = read_text(path, findings)
    if source is None:
        raise refuse(findings.ordered())
    return source
