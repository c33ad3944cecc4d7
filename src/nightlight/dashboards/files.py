"""The dashboards of a home: one YAML file each. A file that is wrong harms no other."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nightlight.dashboards.definition import Dashboard, read_dashboard
from nightlight.dashboards.documents import read_document
from nightlight.errors import NightlightError


@dataclass(frozen=True)
class _Stamp:
    """What changes when a file is written."""

    file: Path
    inode: int
    modified: int
    size: int


def read_dashboards(folder: Path) -> dict[str, Dashboard | NightlightError]:
    """Every dashboard by name, sorted; in place of one whose file is wrong, the error that says where."""
    found = {file.stem: file for file in sorted(folder.glob("*.y*ml")) if file.suffix in (".yml", ".yaml")}
    return {name: read_file(file) for name, file in found.items()}


def find_dashboard(folder: Path, name: str) -> Dashboard | NightlightError | None:
    """The dashboard of that name, the error in its file, or None when there is no such file."""
    if not (name.isascii() and name.isidentifier()):
        return None
    files = [file for suffix in (".yml", ".yaml") if (file := folder / f"{name}{suffix}").is_file()]
    return read_file(files[-1]) if files else None


def read_file(file: Path) -> Dashboard | NightlightError:
    try:
        status = file.stat()
    except OSError as error:
        return NightlightError(f"cannot be read: {error.strerror}", where=f"{file.parent.name}/{file.name}")
    return _read(_Stamp(file, status.st_ino, status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=256)
def _read(stamp: _Stamp) -> Dashboard | NightlightError:
    name = stamp.file.stem
    try:
        if not (name.isascii() and name.isidentifier() and name == name.lower()):
            raise NightlightError(
                f"'{name}' cannot name a dashboard",
                where=f"{stamp.file.parent.name}/{stamp.file.name}",
                remedy="name the file with lower-case letters, digits and _",
            )
        return read_dashboard(name, read_document(stamp.file))
    except NightlightError as error:
        return error
