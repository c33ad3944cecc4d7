"""What the exports hold, counted while they are written: the truth that a platform's own numbers are checked against.

Counts are over whole lines that can be read; what lies behind the cut of a truncated file is only in `lost`. Rows that
are still on their way at the line's end (late ones) are in no file and in no count."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .defects import ID_MISSING, SOUND
from .identities import KINDS, PHRASES_EACH
from .line import DAY, Flags, Ints, Rows, take
from .texts import UNKNOWN

ROOM = 1 << 20


@dataclass(frozen=True)
class Delivered:
    """One table's rows in the files: rows == distinct + duplicates + bad_timestamp + missing_id + wrong_fields.

    distinct: ids of sound rows; duplicates: sound rows whose id came before; late: sound rows sent a day or more before
    the newest sound row delivered ahead of them; unknown_author: distinct messages; lost: rows cut off."""

    files: int
    rows: int
    distinct: int
    duplicates: int = 0
    late: int = 0
    bad_timestamp: int = 0
    missing_id: int = 0
    unknown_author: int = 0
    wrong_fields: int = 0
    lost: int = 0


@dataclass(frozen=True)
class Manifest:
    """`tables`: by bronze table. `in_progress`: conversations under way at the end. `truncated`: the cut file, relative
    to the folder. `identities`: by kind, distinct sound messages of known authors in which a texter let one slip."""

    conversations: int
    in_progress: int
    tables: Mapping[str, Delivered]
    identities: Mapping[str, int]
    truncated: str


@dataclass
class Tally:
    """Counts one table's rows as they are delivered, file by file."""

    files: int = 0
    lost: int = 0
    newest: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    seen: Flags = field(default_factory=lambda: np.zeros(1, np.bool_))  # by id: ids are dense
    unknown: list[Ints] = field(default_factory=list)
    slips: list[Ints] = field(default_factory=list)  # pairs of message id and kind

    def add(self, rows: Rows, readable: int) -> None:
        self.files += 1
        self.lost += len(rows["id"]) - readable
        read = {name: column[:readable] for name, column in rows.items()}
        missing, sound = read["damage"] == ID_MISSING, read["damage"] == SOUND
        self.counts["rows"] += readable
        self.counts["missing_id"] += int(missing.sum())
        self.counts["bad_timestamp"] += int((~missing & ~sound).sum())
        self._add_sound(take(read, sound))

    def _add_sound(self, rows: Rows) -> None:
        self.counts["sound"] += len(rows["id"])
        if not len(rows["id"]):
            return
        newest = np.maximum.accumulate(np.concatenate([[self.newest], rows["at"]]))
        self.counts["late"] += int((newest[:-1] - rows["at"] >= DAY).sum())
        self.newest = int(newest[-1])
        self._see(rows["id"])
        if "author" in rows:
            strange = rows["author"] == UNKNOWN
            self.unknown.append(rows["id"][strange])
            slipped = ~strange & (rows["identity"] >= 0)
            self.slips.append(np.stack([rows["id"], rows["identity"] // PHRASES_EACH])[:, slipped])

    def _see(self, ids: Ints) -> None:
        if ids.max() >= len(self.seen):
            self.seen = np.concatenate([self.seen, np.zeros(int(ids.max()) + 1 - len(self.seen) + ROOM, np.bool_)])
        self.seen[ids] = True

    def delivered(self) -> Delivered:
        distinct = int(self.seen.sum())
        return Delivered(
            files=self.files,
            rows=self.counts["rows"],
            distinct=distinct,
            duplicates=self.counts["sound"] - distinct,
            late=self.counts["late"],
            bad_timestamp=self.counts["bad_timestamp"],
            missing_id=self.counts["missing_id"],
            unknown_author=len(np.unique(np.concatenate([*self.unknown, np.zeros(0, np.int64)]))),
            lost=self.lost,
        )

    def identities(self) -> dict[str, int]:
        kinds = np.unique(np.concatenate(self.slips, axis=1), axis=1)[1]
        return dict(zip(KINDS, np.bincount(kinds, minlength=len(KINDS)).tolist(), strict=True))
