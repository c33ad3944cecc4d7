"""A dry run of one definition that somebody wrote in a notebook, as if it were a file of the pipeline project.

It happens in a process of its own, because the engine would take over the signals of the one that serves pages. What
the asker may not read is not there for the definition either: a dry run tells nobody a column's name."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import copyfile
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege, read_access
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.columns_read import columns_read
from nightlight.pipelines.definitions import Dataset
from nightlight.pipelines.project import SPECIFICATION, Project, definition_files, find_projects
from nightlight.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection

LONGEST, SECONDS, AT_ONCE = 100_000, 120, 2
PYTHON = re.compile(r"^\s*(?:@dp\.|import |from \w[\w.]* import )", re.MULTILINE)
FILE_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}\.(?:sql|py)")
_running = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Finding:
    """One thing to mend, or (warning) to think about."""

    severity: str
    text: str


@dataclass(frozen=True)
class Checked:
    """The datasets that a definition declares, with their columns and types, and what was found about it."""

    datasets: dict[str, dict[str, str]]
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)


def file_name(name: str, text: str) -> str:
    """The file a definition is saved as.

    >>> file_name("gold.waits_weekly", "CREATE MATERIALIZED VIEW ..")
    'gold_waits_weekly.sql'
    """
    file = f"{name.strip().lower().replace('.', '_')}.{'py' if PYTHON.search(text) else 'sql'}"
    if not FILE_NAME.fullmatch(file):
        raise NightlightError(f"'{name[:80]}' cannot be a file's name", remedy="use letters, digits and _")
    return file


def find_project(home: Home, name: str | None) -> Path:
    """The project of this name, or the only one there is."""
    roots = {root.name: root for root in find_projects(home.pipelines)}
    if name is None and len(roots) == 1:
        return next(iter(roots.values()))
    if name is None or name not in roots:
        what = "say which project" if name is None else f"there is no project '{name}'"
        raise NightlightError(what, remedy=f"projects: {', '.join(roots) or 'none yet'}")
    return roots[name]


def folder_of_definitions(root: Path) -> str:
    """The project's folder that new definitions go to: what comes before the first pattern of its specification."""
    import yaml

    libraries = yaml.safe_load((root / SPECIFICATION).read_text(encoding="utf-8"))["libraries"]
    first = str(libraries[0]["glob"]["include"]).split("/")[0]
    if any(mark in first for mark in "*?[") or first.endswith((".sql", ".py")):
        raise NightlightError(
            "the project's definitions lie in no folder of their own",
            where=str(root / SPECIFICATION),
            remedy="write 'include: transformations/**', and move them there",
        )
    return first


def dry_run(home: Home, root: Path, file: str, text: str, *, asker: str | None) -> Checked:
    """Check a definition as a file of the project; `asker` None: without looking at what somebody may read."""
    if len(text) > LONGEST:
        raise NightlightError(f"a definition is longer than {LONGEST:,} characters")
    question = {"home": str(home.root), "root": str(root), "file": file, "text": text, "asker": asker}
    if not _running.acquire(timeout=SECONDS):
        raise NightlightError("too many dry runs at once", remedy="try again in a moment")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-s", "-m", __name__],
            input=json.dumps(question),
            capture_output=True,
            check=False,
            text=True,
            timeout=SECONDS,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise NightlightError(
            "the dry run did not end as it should", remedy="is the definition in order? `nightlight doctor` says more"
        ) from None
    finally:
        _running.release()
    return Checked(answer["datasets"], tuple(Finding(**each) for each in answer["findings"]))


def check(home: Home, root: Path, file: str, text: str, asker: str | None) -> Checked:
    """The dry run itself, in this process."""
    from nightlight.pipelines.engines import open_session
    from nightlight.pipelines.project import read_project
    from nightlight.pipelines.validation import validate

    with tempfile.TemporaryDirectory(prefix="nightlight-") as folder:
        copy = Path(folder).resolve()
        written = _copied(root, copy, file, text)
        session = open_session("sail", settings=home.settings)
        schemas: dict[str, pa.Schema] = {}
        try:
            project = read_project(copy, session, production=home.settings.production)
            own = [each for each in project.tables() if each.location.file == written]
            hidden = [] if asker is None else list(_hidden(project, own, home, asker, text.lower()))
            if hidden:
                return Checked({}, tuple(Finding("error", _plain(each, copy)) for each in hidden))
            found = validate(project, home, session, schemas=schemas)
        except NightlightError as error:
            return Checked({}, (Finding("error", _plain(str(error), copy)),))
        findings = [Finding(each.severity, each.text) for each in found if each.text.startswith(str(written))]
    if not own:
        findings.append(Finding("error", "it declares no dataset that is stored"))
    columns = {each.name: _columns(schemas[each.name]) for each in own if each.name in schemas}
    plain = tuple(Finding(each.severity, _plain(each.text, copy)) for each in findings)
    return Checked(columns if Checked({}, plain).is_good else {}, plain)


def _copied(root: Path, copy: Path, file: str, text: str) -> Path:
    """The project's files in another folder, with the definition among them; where that lies."""
    for path in [root / SPECIFICATION, *definition_files(root)]:
        target = copy / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        copyfile(path, target)
    written = copy / folder_of_definitions(root) / file
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(text, encoding="utf-8")
    return written


def _hidden(project: Project, datasets: list[Dataset], home: Home, asker: str, text: str) -> Iterator[str]:
    """What the definition reads that the asker may not, told as if it were not there; names only as it wrote them."""
    lake, own = Lake(home.lake), {dataset.name for dataset in datasets}
    for dataset in datasets:
        sources = [name for name in project.sources(dataset.name) if name not in own]
        existing = [name for name in sources if lake.table(name).exists]
        register_tables(home.database_url, lake, existing)
        with transaction(home.database_url) as connection:
            access = read_access(connection, asker, existing)
            for name in sources:
                to_come = name not in existing and project.producer(name) and _may_read(connection, asker, name)
                if not to_come and (name not in access or not access[name].is_visible):
                    yield f"{dataset.location}: there is no table {name} that this workspace may read"
        reads = columns_read(project, dataset, {name: lake.table(name).schema for name in existing})
        for name in (each for each in existing if each in access and access[each].is_visible):
            allowed = {column.name.lower() for column in access[name].allowed}
            wanted = reads.get(name)
            every = frozenset(column.name.lower() for column in access[name].columns)
            beyond = sorted((every if wanted is None else wanted) - allowed)
            written = [column for column in beyond if re.search(rf"\b{re.escape(column)}\b", text)]
            if len(written) < len(beyond):
                yield f"{dataset.location}: name the columns of {name} that it reads; not all are this workspace's"
            for column in written:
                yield f"{dataset.location}: there is no column {column} of {name} that this workspace may read"


def _may_read(connection: "Connection", asker: str, table: str) -> bool:
    """Whether grants say so of a table that is yet to be made."""
    try:
        check_privilege(connection, asker, "SELECT", table)
    except NightlightError:
        return False
    return True


def _columns(schema: "pa.Schema") -> dict[str, str]:
    return {field.name: str(field.type) for field in schema}


def _plain(text: str, copy: Path) -> str:
    """Without the folder of the copy, which is nobody's to know."""
    return text.replace(f"{copy}/", "")


def main() -> None:
    """Answer one question from the standard input."""
    question = json.loads(sys.stdin.read())
    home = Home.open(Path(question["home"]))
    found = check(home, Path(question["root"]), question["file"], question["text"], question["asker"])
    answer = {"datasets": found.datasets, "findings": [asdict(each) for each in found.findings]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
