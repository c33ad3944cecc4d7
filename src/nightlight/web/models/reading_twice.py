"""What two labellers say of the same role-plays: how often they differ in all or a sample, and one message by message.

Shown to whoever may use the labeller: it is trained on these role-plays. They are invented, approved or shipped, and
never a texter's conversation; those of the cards that a running study keeps unseen are left out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.conversations.labels import Author, CounselorAct, Phase
from nightlight.conversations.scripts import Script, card_of_script
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledMessage
from nightlight.operations.labellers_side_by_side import LabellersCompared, ReadTwice, count, read_twice
from nightlight.practice.cards import held_out_cards
from nightlight.quality.flags.thresholds import read_thresholds
from nightlight.registry.stored import ModelVersion
from nightlight.studio.documents import list_cards, script_of
from nightlight.studio.scripts_in_use import draw_scripts, parsed, versions_in_use
from nightlight.studio.versions import Version
from nightlight.web.models.played_once import Busy, played_before, played_once
from nightlight.web.site import Site

SAMPLE, SEED = 30, "side by side"
"""How many role-plays are counted at first: each takes both labellers a tenth of a second together."""
MOST = 10  # of the role-plays in which they differ most


@dataclass(frozen=True)
class RolePlay:
    """`card`: its card's title; `number`: which of the card's role-plays of this quality it is."""

    name: str
    card: str
    quality: str
    number: str


@dataclass(frozen=True)
class Line:
    """One message as both read it, and as whoever wrote the role-play labelled it. `differ`: the axes on which the
    two do."""

    number: int
    author: Author
    text: str
    one: LabelledMessage
    other: LabelledMessage
    differ: frozenset[str]
    phase: Phase
    acts: tuple[CounselorAct, ...]


@dataclass(frozen=True)
class Chosen:
    """One role-play, read by both."""

    play: RolePlay
    counted: LabellersCompared
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Labels:
    """What the page shows. `counted`: None before it was asked for, and while others have two versions at work."""

    plays: tuple[RolePlay, ...]
    counted: LabellersCompared | None
    chosen: Chosen | None

    @property
    def is_sample(self) -> bool:
        return self.counted is not None and self.counted.conversations < len(self.plays)

    @property
    def named(self) -> dict[str, RolePlay]:
        return {play.name: play for play in self.plays}


def read_labels(site: Site, one: ModelVersion, other: ModelVersion, *, play: str, plays: str) -> Labels:
    """`play`: the one to be read message by message, or ""; `plays`: "sample" or "all" of them are counted now, else
    what was counted before is shown.

    Raises NightlightError where a version cannot be read, where `play` is not in use, and where it cannot be read now.
    """
    read_twice(site.home, one, other, ())  # opens both
    unseen = held_out_cards(site.home)
    found = [each for each in versions_in_use(site.home, site.clock()) if card_of_script(each.name) not in unseen]
    titles = {stored.card.id: stored.card.title for stored in list_cards(site.home, clock=site.clock)}
    named = {each.name: _role_play(each, titles) for each in found}
    chosen = _read_one(site, one, other, found, named, play) if play else None
    return Labels(tuple(named.values()), _count(site, one, other, found, plays) if found else None, chosen)


def _read_one(
    site: Site,
    one: ModelVersion,
    other: ModelVersion,
    found: Sequence[Version],
    named: dict[str, RolePlay],
    name: str,
) -> Chosen:
    version = next((each for each in found if each.name == name), None)
    if version is None:
        raise NightlightError("this role-play is not in use here", remedy="choose one of the list")
    script = script_of(version)
    key = _key(site, "read", one, other, [version])
    read = played_once(key, lambda: next(read_twice(site.home, one, other, [script.conversation()])))
    return Chosen(named[name], count([read]), tuple(_lines(script, read)))


def _count(
    site: Site, one: ModelVersion, other: ModelVersion, found: Sequence[Version], plays: str
) -> LabellersCompared | None:
    every = plays == "all" or len(found) <= SAMPLE
    key = _key(site, "all" if every else "sample", one, other, found)

    def both() -> LabellersCompared:
        scripts = parsed(found) if every else draw_scripts(parsed(found), SAMPLE, SEED)
        return count(read_twice(site.home, one, other, (script.conversation() for script in scripts)))

    try:
        before: LabellersCompared | None = played_before(key)
        return played_once(key, both) if plays in ("sample", "all") else before
    except Busy:
        return None


def _key(site: Site, work: str, one: ModelVersion, other: ModelVersion, found: Sequence[Version]) -> tuple[str, ...]:
    """The role-plays and thresholds are named by their content: both change while a server runs."""
    said = hashlib.sha256("".join(version.digest for version in found).encode()).hexdigest()
    thresholds = repr(read_thresholds(site.home))
    return (f"labels {work}", str(site.home.root), one.label, one.digest, other.label, other.digest, said, thresholds)


def _lines(script: Script, read: ReadTwice) -> list[Line]:
    differ = read.differ_in
    return [
        Line(
            number,
            written.author,
            written.text,
            one,
            other,
            differ.get(one.id, frozenset()),
            written.phase,
            tuple(CounselorAct(act) for act in written.acts) if written.author is Author.COUNSELOR else (),
        )
        for number, (written, one, other) in enumerate(
            zip(script.messages, read.one.messages, read.other.messages, strict=True), 1
        )
    ]


def _role_play(version: Version, titles: dict[str, str]) -> RolePlay:
    card = card_of_script(version.name)
    rest = version.name.removeprefix(f"{card}--")
    quality = rest.rstrip("0123456789")
    return RolePlay(version.name, titles.get(card, card), quality, rest.removeprefix(quality))
