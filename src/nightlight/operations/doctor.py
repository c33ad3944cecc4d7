"""`examine` looks at a home and at the installation it runs on, and says for each thing what to do.

It changes nothing, except that opening the database makes or migrates it, as any command would."""

import fnmatch
import platform
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from nightlight.catalog.audit import anchor_file, verify
from nightlight.catalog.audit_anchor import read_anchors
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.ingestion.declaration import read_source, source_files
from nightlight.labelling.serving import in_use
from nightlight.operations.alerts import targets
from nightlight.pipelines.engines import open_session
from nightlight.pipelines.project import find_projects, read_project
from nightlight.practice.live_checks import WINDOW, live_checks
from nightlight.practice.wordings import open_wording, seconds_of_a_line
from nightlight.settings import KEYS, Home
from nightlight.simulator.wording.generated import GeneratedWording

SCARCE_BYTES, NEARLY_FULL_BYTES = 5 << 30, 500 << 20
STALE_ANCHOR = timedelta(days=1)


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found and, unless it is ok, what to do."""

    check: str
    state: State
    found: str
    remedy: str = ""


def examine(root: Path) -> list[Check]:
    """All checks, of the installation first; those of the home end where there is none."""
    checks = [*_guarded("python", _python), *_guarded("packages", _packages)]
    try:
        home = Home.open(root)
    except NightlightError as error:
        return [*checks, _wrong("home", error)]
    checks.append(Check("home", State.OK, str(home.root)))
    for name, look in HOME_CHECKS.items():
        checks += _guarded(name, lambda look=look: look(home))  # type: ignore[misc]
    return checks


def examine_quickly(home: Home) -> list[Check]:
    """The checks that take no longer than a page may: not those that walk all files, records or projects."""
    return [check for name in QUICK for check in _guarded(name, lambda name=name: HOME_CHECKS[name](home))]  # type: ignore[misc]


def _guarded(name: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    """What a check found; its failing is a finding too."""
    found: list[Check] = []
    try:
        found += look()
    except (NightlightError, OSError) as error:
        found.append(_wrong(name, error))
    return found


def _wrong(name: str, error: NightlightError | OSError) -> Check:
    if isinstance(error, NightlightError):
        return Check(
            name, State.WRONG, f"{error.where}: {error.what}" if error.where else error.what, error.remedy or ""
        )
    return Check(name, State.WRONG, error.strerror or type(error).__name__, f"check {error.filename}")


def _python() -> Iterator[Check]:
    yield Check("python", State.OK, f"{platform.python_version()} in {sys.prefix}")


def _packages() -> Iterator[Check]:
    """The versions installed against those this release was tested with."""
    unfit = [line for requirement in metadata.requires("nightlight") or () if (line := _unfit(requirement))]
    if unfit:
        yield Check("packages", State.WRONG, "; ".join(unfit), "install nightlight again, into an empty environment")
    elif _version("pyspark"):
        yield Check(
            "packages",
            State.WRONG,
            "pyspark stands where pyspark-client should",
            "pip uninstall pyspark pyspark-client, then install nightlight again",
        )
    else:
        yield Check("packages", State.OK, f"nightlight {_version('nightlight')}, all packages as tested")


def _unfit(requirement: str) -> str | None:
    """What is wrong with an installed package, given a requirement such as `pyarrow==26.0.*`."""
    if ";" in requirement:  # of an extra
        return None
    name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
    wanted = requirement.partition("==")[2]
    version = _version(name)
    if version is None:
        return f"{name} is missing"
    fits = not wanted or fnmatch.fnmatchcase(version, wanted)
    return None if fits else f"{name} is {version}, tested is {wanted}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _permissions(home: Home) -> Iterator[Check]:
    """Everything in a home is its owner's alone."""
    open_paths = [path for path in (home.root, *home.root.rglob("*")) if _is_open(path)]
    if open_paths:
        found = f"{len(open_paths):,} files or folders are open to others, such as {open_paths[0]}"
        yield Check("permissions", State.WRONG, found, f"chmod -R go= {home.root}")
    else:
        yield Check("permissions", State.OK, "the owner's alone")


def _is_open(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # an update at work removes its staging files
        return False
    return not stat.S_ISLNK(mode) and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))


def _keys(home: Home) -> Iterator[Check]:
    """The secrets that hash values and sign the audit: there, whole, and the owner's alone."""
    for name in KEYS:
        home.key(name)
    loose = [file for name in KEYS if stat.S_IMODE((file := home.root / "keys" / name).stat().st_mode) & 0o177]
    if loose:
        found = f"others may read or write {' and '.join(map(str, loose))}"
        yield Check("keys", State.WRONG, found, f"chmod 600 {' '.join(map(str, loose))}")
    else:
        yield Check("keys", State.OK, f"{' and '.join(KEYS)}, the owner's alone")


def _disk(home: Home) -> Iterator[Check]:
    free = shutil.disk_usage(home.root).free
    state = State.WRONG if free < NEARLY_FULL_BYTES else State.WARNING if free < SCARCE_BYTES else State.OK
    yield Check("disk", state, f"{free / 2**30:,.1f} GB free", "" if state is State.OK else "make room on this disk")


def _database(home: Home) -> Iterator[Check]:
    with transaction(home.database_url) as connection:
        yield Check("database", State.OK, connection.dialect.name)


def _audit(home: Home) -> Iterator[Check]:
    """Whether the audit is as it was written, as far as its chain and its anchor can tell."""
    file = anchor_file(home)
    anchored = file if file and file.exists() else None
    verification = verify(home, anchored)
    if verification.ok:
        yield Check("audit", State.OK, f"{verification.records:,} records, the chain is whole")
    else:
        remedy = f"run `nightlight audit verify{f' --anchor {anchored}' if anchored else ''}`"
        yield Check("audit", State.WRONG, verification.problems[0], remedy)
    yield _anchor(home, file, exists=anchored is not None)


def _anchor(home: Home, file: Path | None, *, exists: bool) -> Check:
    if not file:
        remedy = f"set audit_anchor in {home.root / 'nightlight.toml'}, best to a file on another machine"
        return Check("audit anchor", State.WARNING, "anchored nowhere: nobody could see a cut-off end", remedy)
    last = read_anchors(file, home.key("audit")).last if exists else None
    if not last:
        return Check("audit anchor", State.WARNING, f"nothing is anchored in {file}", "run `nightlight audit anchor`")
    found = f"record {last.sequence:,} on {last.at:%Y-%m-%d %H:%M} UTC in {file}"
    if datetime.now(UTC) - last.at > STALE_ANCHOR:
        return Check("audit anchor", State.WARNING, found, "run the schedule, or `nightlight audit anchor`")
    return Check("audit anchor", State.OK, found)


def _alerts(home: Home) -> Iterator[Check]:
    names = [target.name for target in targets(home.settings)]
    if names:
        yield Check("alerts", State.OK, f"by {' and '.join(names)}")
    else:
        remedy = f"set alert_mail_to or alert_webhook in {home.root / 'nightlight.toml'}"
        yield Check("alerts", State.WARNING, "failures are announced nowhere", remedy)


def _sources(home: Home) -> Iterator[Check]:
    files = source_files(home)
    if not files:
        yield Check("sources", State.WARNING, "none is declared", f"declare one in {home.sources}")
    for name, file in files.items():
        try:
            source = read_source(file, home)
            yield Check(f"source {name}", State.OK, f"{source.kind} to {source.table}")
        except NightlightError as error:
            yield _wrong(f"source {name}", error)


def _engine_and_projects(home: Home) -> Iterator[Check]:
    session = open_session("sail", settings=home.settings)
    yield Check("engine", State.OK, f"sail {_version('pysail')}")
    projects = find_projects(home.pipelines)
    if not projects:
        yield Check("projects", State.WARNING, "there is none", f"put a pipeline project into {home.pipelines}")
    for root in projects:
        try:
            project = read_project(root, session, production=home.settings.production)
            yield Check(f"project {project.name}", State.OK, f"{len(project.tables())} datasets")
        except NightlightError as error:
            yield _wrong(f"project {root.name}", error)


def _wording(home: Home) -> Iterator[Check]:
    wording = open_wording(home, home.settings.wording.kind)
    if not isinstance(wording, GeneratedWording):
        yield Check("wording", State.OK, "played texters speak in the cards' own lines")
        return
    seconds = seconds_of_a_line(wording)
    yield Check("wording", State.OK, f"{wording.name} {wording.generator.model}: a line took {seconds:.1f} s")


def _live_checks(home: Home) -> Iterator[Check]:
    """What the models in use did since yesterday."""
    for check in live_checks(home, since=datetime.now(UTC) - WINDOW):
        name = check.version or check.wording
        if check.problems:
            yield Check(check.subject, State.WARNING, f"{name}: {'; '.join(check.problems)}", check.remedy)
        elif check.is_judged:
            yield Check(check.subject, State.OK, f"{name}: {check.asked:,} lines in a day, within its bars")
        else:
            yield Check(check.subject, State.OK, f"{name}: {check.asked:,} lines in a day, too few to judge")


def _labeller(home: Home) -> Iterator[Check]:
    found = in_use(home)
    if found.problem is None:
        yield Check("labeller", State.OK, found.told)
        return
    wrong = _wrong("labeller", found.problem)
    yield replace(wrong, found=f"{wrong.found}; meanwhile {found.told} works")


HOME_CHECKS: dict[str, Callable[[Home], Iterator[Check]]] = {
    "permissions": _permissions,
    "keys": _keys,
    "disk": _disk,
    "database": _database,
    "audit": _audit,
    "alerts": _alerts,
    "sources": _sources,
    "engine": _engine_and_projects,
    "wording": _wording,
    "labeller": _labeller,
    "live checks": _live_checks,
}
QUICK = ("keys", "disk", "database", "alerts", "sources", "labeller")
