"""Whether the audit is as it was written, by its chain and by its anchor; and the anchoring of its head.

Records are read in pages, each in its own transaction: nobody who appends waits for who verifies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit_anchor import Anchor, Anchors, add_anchor, anchoring, read_anchors
from nightlight.catalog.audit_chain import COLUMNS, GENESIS, Findings, Walk
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Row

PAGE = 2_000
EXTENT = """
    SELECT h.sequence AS head, h.hash, a.lowest, a.highest, a.records
    FROM (SELECT min(sequence) AS lowest, max(sequence) AS highest, count(*) AS records FROM audit) AS a
    LEFT JOIN audit_head AS h ON h.id = 1
"""


@dataclass(frozen=True)
class Verification:
    """Whether the audit is as it was written; `first_bad` is the lowest sequence that is not.

    `anchored`: the highest sequence that an anchor vouches for; what follows it could still be cut off unseen.
    """

    ok: bool
    records: int
    first_bad: int | None
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    anchored: int | None = None


def verify(home: Home, anchor: Path | None = None) -> Verification:
    """Follow the whole chain; with an anchor file also find what the chain alone cannot show: a cut or rewritten end.

    Raises NightlightError when the key, the database or the anchor file cannot be read.
    """
    key = home.key("audit")
    anchors = read_anchors(anchor, key) if anchor else Anchors((), ())
    walk = Walk(key, GENESIS, (line.link for line in anchors.good))
    _follow(home, walk)
    _compare_anchors(walk, anchors)
    found = walk.findings
    return Verification(
        ok=not found.problems,
        records=walk.records,
        first_bad=found.first_bad,
        problems=_lines(found),
        notes=tuple(found.notes),
        anchored=max((line.sequence for line in anchors.good), default=None),
    )


def anchor_file(home: Home) -> Path | None:
    """The file named by the setting `audit_anchor` (relative to the home), or None."""
    return home.root / home.settings.audit_anchor if home.settings.audit_anchor else None


def anchor_head(home: Home, file: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Anchor:
    """Add the audit's head to an anchor file, once what was written since its last line has been verified.

    Raises NightlightError when it does not verify: an anchor under a broken chain would vouch for it.
    """
    key = home.key("audit")
    with anchoring(file):
        last = read_anchors(file, key).last
        walk = Walk(key, last.link if last else GENESIS)
        _follow(home, walk)
        if walk.findings.problems:
            raise NightlightError(
                f"the audit does not continue what was anchored here: {walk.findings.problems[0]}",
                where=str(file),
                remedy=f"keep this file and run `nightlight audit verify --anchor {file}`",
            )
        anchor = Anchor(walk.at.sequence, clock(), walk.at.hash)
        add_anchor(file, key, anchor)
    return anchor


def _follow(home: Home, walk: Walk) -> None:
    """Take `walk` from where it starts to the newest record there is now, and compare that with the head."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with transaction(home.database_url) as connection:
            extent = connection.execute(text(EXTENT)).all()
        if walk.at == GENESIS:
            _step_through(home, walk, extent[0].lowest, extent[0].highest)
            if walk.records != extent[0].records:
                walk.findings.problem("there are records that stand outside the chain", walk.at.sequence + 1)
        else:
            _step_through(home, walk, walk.at.sequence + 1, extent[0].highest)
    except SQLAlchemyError as error:
        raise NightlightError(
            "the audit cannot be read", remedy=f"check the catalog's database ({type(error).__name__})"
        ) from error
    _compare_head(walk, extent)


def _compare_head(walk: Walk, extent: "Sequence[Row[Any]]") -> None:
    end = walk.at.sequence
    if len(extent) != 1 or extent[0].head is None:
        walk.findings.problem("the head of the audit is missing, or there are several", end)
    elif extent[0].head != end:
        head = extent[0].head
        first = min(end, head) + 1 if isinstance(head, int) else end
        walk.findings.problem(f"the head names record {head}, the chain ends with record {end}", first)
    elif extent[0].hash != walk.at.hash:
        walk.findings.problem(f"the head is not that of record {end}", end)


def _step_through(home: Home, walk: Walk, low: object, last: object) -> None:
    """Take every record from `low` to `last`, page by page; ends at once where these are no numbers."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    page = text(
        f"SELECT {', '.join(COLUMNS)}, record, hash FROM audit WHERE sequence BETWEEN :low AND :high ORDER BY sequence"
    )
    following = text("SELECT min(sequence) FROM audit WHERE sequence > :high AND sequence <= :last")
    while isinstance(low, int) and isinstance(last, int) and low <= last:
        high = min(low + PAGE - 1, last)
        with transaction(home.database_url) as connection:
            try:
                rows = connection.execute(page, {"low": low, "high": high}).all()
            except SQLAlchemyError:
                rows = []
                walk.skip(high, f"one of the records {low} to {high} cannot be read")
            for row in rows:
                walk.step(row)
            low = connection.execute(following, {"high": high, "last": last}).scalar()


def _compare_anchors(walk: Walk, anchors: Anchors) -> None:
    end = walk.at.sequence
    for anchor in anchors.good:
        if anchor.sequence > end:
            walk.findings.problem(
                f"records {end + 1} to {anchor.sequence} are missing: they were anchored on {anchor.at:%Y-%m-%d %H:%M}",
                end + 1,
            )
    for number in anchors.damaged:
        walk.findings.problem(f"line {number} of the anchor is damaged, or of another home", None)


def _lines(found: Findings) -> tuple[str, ...]:
    more = (f"and {found.left_out:,} more",) if found.left_out else ()
    return (*found.problems, *more)
