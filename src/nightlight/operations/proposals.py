"""Definitions that were written in notebooks: saved beside the project, read by somebody else, then made part of it.

A notebook's kernel is shared, so what it says of its author proves nothing. Somebody who has signed in to the pages
hands a definition in, and somebody else who may change the schemas it writes to approves that very text."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError
from nightlight.operations.dataset_check import (
    FILE_NAME,
    Checked,
    dry_run,
    file_name,
    find_project,
    folder_of_definitions,
)
from nightlight.pipelines.project import definition_files, find_projects
from nightlight.pipelines.sql_files import read_sql_file
from nightlight.settings import Home

FOLDER = "proposed"
MOST = 100  # of one project, open


@dataclass(frozen=True)
class Proposal:
    """A saved definition; `said_by` is whom the notebook named, `handed_in_by` who signed for it ("": nobody)."""

    project: str
    file: str
    workspace: str
    text: str
    said_by: str
    saved_at: str
    datasets: tuple[str, ...]
    handed_in_by: str = ""
    handed_in_at: str = ""

    @property
    def digest(self) -> str:
        """Of the text that was looked at: another text is not approved with it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def schemas(self) -> list[str]:
        """The schemas it writes to."""
        return sorted({name.split(".")[0] for name in self.datasets})


def save_proposal(
    home: Home,
    *,
    workspace: str,
    asker: str,
    person: str,
    name: str,
    text: str,
    project: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Proposal:
    """Save a definition for review, if its dry run finds nothing wrong; one of the same name is replaced."""
    root, file, text = find_project(home, project), file_name(name, text), text.strip() + "\n"
    target = _target(root, file)
    checked = _in_order(dry_run(home, root, file, text, asker=asker))
    before = [] if not target.exists() else _declared(target)
    proposal = Proposal(
        root.name,
        file,
        workspace,
        text,
        person,
        clock().isoformat(),
        tuple(sorted({*checked.datasets, *before})),
    )
    existing = [each for each in list_proposals(home) if each.project == root.name]
    if len(existing) >= MOST:
        raise NightlightError("too many definitions wait for review", remedy="approve or withdraw some on /notebooks")
    if any(each.file == file and each.workspace != workspace for each in existing):
        raise NightlightError(f"another workspace has saved '{file}'", remedy="choose another name")
    _write(home, proposal)
    statement = f"{root.name}/{file} sha256 {proposal.digest}"
    append(home, Entry("dataset save", asker, None, "done", statement=statement, person=person), clock=clock)
    return proposal


def list_proposals(home: Home) -> list[Proposal]:
    """What is saved and not part of a project yet, the newest first."""
    found = []
    for root in find_projects(home.pipelines):
        for facts in (root / FOLDER).glob("*.json"):
            if (proposal := _read(root, facts.name.removesuffix(".json"))) is not None:
                found.append(proposal)
    return sorted(found, key=lambda each: each.saved_at, reverse=True)


def find_proposal(home: Home, project: str, file: str) -> Proposal | None:
    roots = {root.name: root for root in find_projects(home.pipelines)}
    return _read(roots[project], file) if project in roots and FILE_NAME.fullmatch(file) else None


def difference(home: Home, proposal: Proposal) -> list[str]:
    """What would change in the project, line by line as a unified diff."""
    target = _target(find_project(home, proposal.project), proposal.file)
    before = target.read_text(encoding="utf-8").splitlines() if target.exists() else []
    name = f"{target.parent.name}/{target.name}"
    return list(unified_diff(before, proposal.text.splitlines(), name, name, lineterm="", n=3))


def hand_in(
    home: Home,
    proposal: Proposal,
    digest: str,
    *,
    by: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Sign for a definition: from now on somebody else can approve it."""
    _check_digest(proposal, digest)
    if proposal.handed_in_by:
        raise NightlightError(f"'{proposal.file}' is handed in already, by {proposal.handed_in_by}")
    _record(home, "dataset hand in", by, proposal, clock)
    _write(home, replace(proposal, handed_in_by=by, handed_in_at=clock().isoformat()))


def approve(
    home: Home,
    proposal: Proposal,
    digest: str,
    *,
    by: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Make the definition a file of its project; the next update runs it. Whether `by` may is for the caller."""
    _check_digest(proposal, digest)
    if not proposal.handed_in_by:
        raise NightlightError(f"nobody has handed '{proposal.file}' in", remedy="its author does that on /notebooks")
    if proposal.handed_in_by == by:
        _record(home, "dataset approve", by, proposal, clock, outcome="refused", detail="who handed it in")
        raise NightlightError("what you handed in is approved by somebody else")
    root = find_project(home, proposal.project)
    _in_order(dry_run(home, root, proposal.file, proposal.text, asker=None))
    _record(home, "dataset approve", by, proposal, clock)
    target = _target(root, proposal.file)
    begun = target.with_name(f".{target.name}.begun")
    begun.touch(mode=0o600)
    begun.write_text(proposal.text, encoding="utf-8")
    begun.rename(target)
    _delete(root, proposal.file)


def withdraw(
    home: Home, proposal: Proposal, *, by: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Delete a definition that is not wanted; its text is in the notebook it came from."""
    _record(home, "dataset withdraw", by, proposal, clock)
    _delete(find_project(home, proposal.project), proposal.file)


def _in_order(checked: Checked) -> Checked:
    if not checked.is_good:
        first = next(finding for finding in checked.findings if finding.severity == "error")
        raise NightlightError(f"the dry run found: {first.text}", remedy="mend it; nightlight.dry_run(..) tells all")
    return checked


def _check_digest(proposal: Proposal, digest: str) -> None:
    if digest != proposal.digest:
        raise NightlightError(f"'{proposal.file}' has changed since you looked at it", remedy="look at it again")


def _target(root: Path, file: str) -> Path:
    """Where the definition will lie; raises NightlightError where the project would read it before it is approved."""
    folder = folder_of_definitions(root)
    if folder == FOLDER or any(path.is_relative_to(root / FOLDER) for path in definition_files(root)):
        raise NightlightError(
            f"the project's own files lie in '{FOLDER}', where definitions wait for review",
            remedy="name another folder in spark-pipeline.yml",
        )
    return root / folder / file


def _declared(file: Path) -> list[str]:
    """The datasets of a file that would be replaced: whoever approves has to have a right to these too."""
    if file.suffix != ".sql":
        raise NightlightError(f"there is a file '{file.name}' in the project already", remedy="choose another name")
    return [dataset.name for dataset in read_sql_file(file)[0] if "." in dataset.name]


def _record(
    home: Home,
    action: str,
    by: str,
    proposal: Proposal,
    clock: Callable[[], datetime],
    *,
    outcome: str = "done",
    detail: str = "",
) -> None:
    statement = f"{proposal.project}/{proposal.file} sha256 {proposal.digest}"
    entry = Entry(action, by, None, outcome, statement=statement, tables=proposal.datasets, detail=detail)
    append(home, entry, clock=clock)


def _write(home: Home, proposal: Proposal) -> None:
    folder = find_project(home, proposal.project) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = {name: value for name, value in asdict(proposal).items() if name not in ("project", "file")}
    file = folder / f"{proposal.file}.json"
    begun = file.with_suffix(".begun")
    begun.touch(mode=0o600)
    begun.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    os.replace(begun, file)


def _read(root: Path, file: str) -> Proposal | None:
    try:
        facts = json.loads((root / FOLDER / f"{file}.json").read_text(encoding="utf-8"))
        return Proposal(root.name, file, **{**facts, "datasets": tuple(facts["datasets"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _delete(root: Path, file: str) -> None:
    (root / FOLDER / f"{file}.json").unlink(missing_ok=True)
