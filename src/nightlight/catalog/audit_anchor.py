"""The anchor file: the audit's head, written down where whoever can change the database cannot change it back.

One line per anchoring, only ever added: sequence, time, hash, HMAC of these three, separated by one blank."""

import fcntl
import hmac
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nightlight.catalog.audit_chain import Link
from nightlight.errors import NightlightError

LINE = re.compile(r"(?P<sequence>0|[1-9][0-9]{0,18}) (?P<at>\S+) (?P<hash>[0-9a-f]{64}) (?P<signature>[0-9a-f]{64})")
PURPOSE = b"nightlight audit anchor\n"  # no line can be taken for a record's hash, nor the other way round


@dataclass(frozen=True)
class Anchor:
    """The head of the audit as it stood at a time."""

    sequence: int
    at: datetime
    hash: str

    @property
    def link(self) -> Link:
        return Link(self.sequence, self.hash)


@dataclass(frozen=True)
class Anchors:
    """What an anchor file says: its good lines in order, and the numbers of lines that are not ours or damaged."""

    good: tuple[Anchor, ...]
    damaged: tuple[int, ...]

    @property
    def last(self) -> Anchor | None:
        return self.good[-1] if self.good else None


def read_anchors(file: Path, key: bytes) -> Anchors:
    """Read an anchor file; raises NightlightError when it cannot be read."""
    try:
        text = file.read_bytes().decode("ascii", "replace")
    except OSError as error:
        raise NightlightError(
            f"the audit's anchor cannot be read: {error.strerror}",
            where=str(file),
            remedy="run `nightlight audit anchor` if none was made yet",
        ) from error
    good: list[Anchor] = []
    damaged: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if anchor := _read_line(line, key):
            good.append(anchor)
        elif line:
            damaged.append(number)
    return Anchors(tuple(good), tuple(damaged))


def _read_line(line: str, key: bytes) -> Anchor | None:
    found = LINE.fullmatch(line)
    if not found or not hmac.compare_digest(found["signature"], _sign(key, line.rpartition(" ")[0])):
        return None
    return Anchor(int(found["sequence"]), datetime.fromisoformat(found["at"]), found["hash"])


@contextmanager
def anchoring(file: Path) -> Iterator[None]:
    """Hold the anchor file, so that lines stand in the order of the heads they name; it is made if it is missing."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise _not_anchored(file, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def add_anchor(file: Path, key: bytes, anchor: Anchor) -> None:
    """Add a line durably; what stands in the file already, damaged or not, stays as it is."""
    content = f"{anchor.sequence} {anchor.at.isoformat(timespec='microseconds')} {anchor.hash}"
    try:
        with file.open("ab+", buffering=0) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - 1))
            torn = stream.read(1) not in (b"", b"\n")  # a line that a full disk cut short
            line = f"{content} {_sign(key, content)}\n".encode()
            if stream.write(b"\n" * torn + line) != torn + len(line):
                raise OSError(0, "the disk is full")
            os.fsync(stream.fileno())
        _sync_folder(file.parent)
    except OSError as error:
        raise _not_anchored(file, error) from error


def _not_anchored(file: Path, error: OSError) -> NightlightError:
    return NightlightError(
        f"the audit's head cannot be anchored: {error.strerror}",
        where=str(file),
        remedy="name a file that you may write to, best on another machine",
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sign(key: bytes, content: str) -> str:
    return hmac.digest(key, PURPOSE + content.encode("ascii", "replace"), "sha256").hex()
