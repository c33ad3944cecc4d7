"""`run` takes what is new from the declared sources, exactly once; a source that fails stops no other."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from nightlight.errors import NightlightError, suggest
from nightlight.ingestion.blocks import Partition
from nightlight.ingestion.connectors.kinds import CONNECTORS
from nightlight.ingestion.declaration import read_source, source_files
from nightlight.ingestion.delivery import Delivery, Progress
from nightlight.ingestion.runs import SourceRun, Stopwatch, record
from nightlight.ingestion.seen import SeenFiles
from nightlight.ingestion.sources import FILE_KINDS, Source
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home


def run(home: Home, names: Sequence[str] = (), *, progress: Progress | None = None) -> list[SourceRun]:
    """Run the sources of these names (none: all), in order of name; what went wrong stands in each SourceRun.

    Raises NightlightError when there is no such source, or when another ingestion is running.
    """
    files = source_files(home)
    for name in names:
        if name not in files:
            raise NightlightError(f"there is no source '{name}'", where=str(home.sources), remedy=suggest(name, files))
    if not files:
        raise NightlightError("no source is declared", where=str(home.sources), remedy="docs/sources.md shows how")
    with run_lock(home.root, "ingestion"):
        lake = Lake(home.lake)
        seen = SeenFiles(lake)
        runs = [_run_source(home, lake, seen, files[name], progress) for name in (names or files)]
        record(lake, runs)
    return runs


def _run_source(home: Home, lake: Lake, seen: SeenFiles, file: Path, progress: Progress | None) -> SourceRun:
    watch = Stopwatch()
    try:
        source = read_source(file, home)
    except NightlightError as error:
        return SourceRun(file.stem, "", watch.started_at, watch.started_at, error=str(error))
    delivery = Delivery(
        lake, source, CONNECTORS[source.kind], seen, watch.started_at, lambda part: transaction(source, part), progress
    )
    return deliver(delivery, watch, seen=seen)


def transaction(source: Source, partition: Partition) -> str:
    """The name of the Delta transaction whose version is the partition's cursor."""
    return f"ingest/{source.name}/{partition.name}" if source.kind in FILE_KINDS else f"ingest/{source.name}"


def deliver(delivery: Delivery, watch: Stopwatch, *, seen: SeenFiles | None = None) -> SourceRun:
    """Carry the delivery out, remember its files in `seen`, and say how it went."""
    try:
        delivery.run()
        if seen is not None:
            seen.add(delivery.read_to_end)
    except NightlightError as error:
        delivery.errors.append(error)
    return SourceRun(
        source=delivery.source.name,
        table=str(delivery.source.table),
        started_at=watch.started_at,
        finished_at=datetime.now(UTC),
        rows=delivery.rows,
        quarantined=delivery.quarantined,
        files=delivery.files,
        new_columns=delivery.new_columns,
        waiting=delivery.waiting,
        error="; ".join(map(str, delivery.errors)) or None,
        seconds=watch.seconds,
    )
