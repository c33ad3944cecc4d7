"""Documents being written: begun, changed as drafts, tested, taken in from the product. Nothing is ever deleted.

Every change is in the audit, without its text."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import changing
from nightlight.catalog.recorded import recording_refusals
from nightlight.conversations.corpus import card_files, read_corpus, script_files, shipped_corpus
from nightlight.conversations.principles import Principle
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.changes import act, writing
from nightlight.studio.documents import Clock, kind_of, now_utc
from nightlight.studio.versions import (
    State,
    Version,
    find_version,
    insert_version,
    newest_listed,
    select_versions,
    update_version,
)


def draft(
    home: Home,
    name: str,
    source: str,
    *,
    by: str,
    principles: Sequence[Principle] = (),
    changelog: str = "",
    copied_from: Sequence[str] = (),
    clock: Clock = now_utc,
) -> Version:
    """A new document as a draft; raises NightlightError when the name is taken.

    `copied_from`: who wrote the text it begins with, where nobody has approved that: they do not review it either.
    """
    entry = act("draft role-play", by, f"{name} version 1")
    with recording_refusals(home, entry), writing(home, entry, "MODIFY") as connection:
        if select_versions(connection, name=name):
            raise NightlightError(f"there is a card or script '{name}' already", remedy="choose another name")
        at = clock()
        authors = tuple(dict.fromkeys((*copied_from, by)))
        version = Version(
            name, 1, kind_of(name), State.DRAFT, source, tuple(principles), authors, changelog, "", at, at
        )
        insert_version(connection, version)
        return version


def save(
    home: Home,
    name: str,
    change: Callable[[Version], Version],
    *,
    by: str,
    changelog: str | None = None,
    clock: Clock = now_utc,
) -> Version:
    """Change the newest version by `change` (of its text and principles); what is not a draft gets a new draft version.

    Whoever changes it becomes an author. Raises NightlightError while the version is in review.
    """
    entry = act("save role-play", by, name)
    with recording_refusals(home, entry), writing(home, entry, "MODIFY") as connection:
        old = find_version(connection, name)
        if old.state is State.IN_REVIEW:
            raise NightlightError("this version is in review", remedy="wait for the reviewers, or take it back first")
        changed = change(old)
        if changed.digest == old.digest and changelog in (None, old.changelog):
            return old
        at = clock()
        says = old.changelog if changelog is None else changelog
        authors = tuple(dict.fromkeys((*old.authors, by)))
        if old.state is State.DRAFT:
            tests = old.tests if changed.digest == old.digest else ""
            new = replace(
                old,
                source=changed.source,
                principles=changed.principles,
                authors=authors,
                changelog=says,
                tests=tests,
                changed_at=at,
            )
            update_version(connection, new)
            return new
        # What was approved has been read by others: only who changes it now is the author of the new version.
        authors = authors if old.state is State.RETIRED else (by,)
        new = Version(
            name,
            old.number + 1,
            old.kind,
            State.DRAFT,
            changed.source,
            changed.principles,
            authors,
            changelog or "",
            "",
            at,
            at,
        )
        insert_version(connection, new)
        return new


def renew(home: Home, name: str, *, by: str, clock: Clock = now_utc) -> Version:
    """A new draft with the text as it is, to have it reviewed (again): a starter, or what is past its date."""
    entry = act("save role-play", by, name)
    with recording_refusals(home, entry), writing(home, entry, "MODIFY") as connection:
        old = find_version(connection, name)
        if old.state in (State.DRAFT, State.IN_REVIEW):
            raise NightlightError(f"{old.label} is {old.state.replace('_', ' ')}: there is a new version already")
        at = clock()
        new = replace(
            old,
            number=old.number + 1,
            state=State.DRAFT,
            authors=(by,),
            changelog="as it is, to be reviewed",
            made_at=at,
            changed_at=at,
            approved_at=None,
            expires_at=None,
            reviews=(),
        )
        insert_version(connection, new)
        return new


def record_tests(home: Home, version: Version, report: str) -> None:
    """Keep the card tests' report with the version, if its text is still the one that was tested."""
    with changing(home.database_url) as connection:
        now = find_version(connection, version.name, version.number)
        if now.digest == version.digest:
            update_version(connection, replace(now, tests=report))


def import_corpus(home: Home, *, by: str, clock: Clock = now_utc) -> tuple[str, ...]:
    """Take the shipped corpus in as starter documents; returns the names that are new or newer.

    What clinicians of the home have changed or retired since stays as they left it.
    """
    root = shipped_corpus()
    read_corpus(root)  # all of it is in order
    files = [*card_files(root), *script_files(root)]
    texts = {file.stem: file.read_text(encoding="utf-8") for file in files}
    append(home, Entry("import role-plays", by, None, "done", detail=f"{len(texts)} documents of the shipped corpus"))
    taken = []
    with changing(home.database_url) as connection:
        newest = {each.name: each for each in newest_listed(connection)}
        shipped = {each.name: each for each in select_versions(connection, state=State.STARTER)}
        at = clock()
        for name, source in texts.items():
            old = newest.get(name)
            same = name in shipped and shipped[name].source == source
            if old is not None and (old.state is not State.STARTER or same):
                continue
            number = old.number + 1 if old else 1
            if old is not None:
                update_version(connection, replace(shipped[name], state=State.RETIRED, changed_at=at))
            starter = Version(name, number, kind_of(name), State.STARTER, source, (), (), "shipped", "", at, at)
            insert_version(connection, starter)
            taken.append(name)
    return tuple(taken)
