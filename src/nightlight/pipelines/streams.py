"""How far a streaming flow has read: the Delta transaction version of its target *is* the position in its source.

A position counts files: `version * FILES + files of that version already read`; once all are read, the next version's
first. The first time, a flow starts from the snapshot of the source's current version (recorded as its start),
afterwards it follows the log, version by version. Position and rows are one commit, so that a killed run neither
loses nor doubles anything."""

from collections.abc import Iterator
from dataclasses import dataclass

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import DataFile, LogGap, Table

FILES = 1_000_000  # more files than any one version has


@dataclass(frozen=True)
class Batch:
    """Files to read next, and the position once they are read."""

    files: tuple[DataFile, ...]
    position: int
    start: int

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


def unread(
    source: Table, *, position: int | None, start: int | None, limit: int, cut: int | None = None
) -> Iterator[Batch]:
    """Batches of the source's unread files, each of at most `limit` rows (or a single file).

    A batch ends at the position `cut`: where a killed run's batch ended whose refused rows are in the quarantine
    already, so that files read with them now do not bring them there twice.
    Raises NightlightError when the source is not append-only from the position on.
    """
    if position is None or start is None:
        start = source.version
        position = start * FILES
    files: list[DataFile] = []
    for file, after in _files_after(source, position, start):
        if files and (position == cut or sum(known.rows for known in files) + file.rows > limit):
            yield Batch(tuple(files), position, start)
            files = []
        files.append(file)
        position = after
    if files:
        yield Batch(tuple(files), position, start)


def _files_after(source: Table, position: int, start: int) -> Iterator[tuple[DataFile, int]]:
    version, done = divmod(position, FILES)
    while version <= source.version:
        files = _files_of(source, version, start)
        for number, file in enumerate(files, 1):
            if number > done:  # a version that was read to its end is not looked at again: its log may go
                yield file, (version + 1) * FILES if number == len(files) else version * FILES + number
        version, done = version + 1, 0


def _files_of(source: Table, version: int, start: int) -> list[DataFile]:
    try:
        if version == start:
            return source.at(version).files()
        changes = source.at(version).changes(version - 1)
    except LogGap as gap:
        raise NightlightError(
            f"{source.name} no longer holds what changed at version {version}",
            remedy="refresh in full what reads it as a stream (--full-refresh)",
        ) from gap
    if changes.removed:
        raise NightlightError(
            f"{source.name} had rows replaced at version {version}, which a stream cannot follow",
            remedy="refresh in full what reads it as a stream (--full-refresh)",
        )
    return changes.added
