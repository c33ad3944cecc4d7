"""Training sets of role-plays: what may teach a model, with where it comes from. Nothing else reaches one."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.card_source import tree_of
from nightlight.studio.documents import card_for, card_of, get_version, list_documents, script_of, versions_of
from nightlight.studio.principles import principles_text
from nightlight.studio.versions import Kind, State, Version

FILES = {Kind.CARD: "cards.jsonl", Kind.SCRIPT: "scripts.jsonl"}
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class TrainingSet:
    """What was written: the folder and how many of each."""

    folder: Path
    cards: int
    scripts: int
    starters: int


def build_training_set(
    home: Home,
    folder: Path,
    names: Sequence[str] = (),
    *,
    by: str,
    starter_allowed: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> TrainingSet:
    """Write the approved cards and scripts (without names: all) as JSON Lines with a manifest into a new folder.

    `starter_allowed`: what came with the product counts too. Raises NightlightError, before anything is written, for
    a document that is neither, has expired, or a script whose card is not in use.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NightlightError("the folder is not empty", where=str(folder), remedy="name a new one")
    allowed = (State.APPROVED, State.STARTER) if starter_allowed else (State.APPROVED,)
    now = clock()
    chosen = [_in_use(home, name, allowed, now) for name in names] if names else _all_in_use(home, allowed, now)
    if not chosen:
        raise NightlightError(
            "no document is approved", remedy="approve some in the studio, or allow starters with --starter-allowed"
        )
    rows = {kind: [_row(home, version) for version in chosen if version.kind is kind] for kind in Kind}
    manifest = {"made_at": now.isoformat(), "made_by": by, "documents": [_provenance(version) for version in chosen]}
    detail = f"{len(chosen)} documents, starters {'allowed' if starter_allowed else 'refused'}"
    append(home, Entry("build training set", by, None, "done", detail=detail))
    folder.mkdir(parents=True, exist_ok=True)
    for kind, found in rows.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        (folder / FILES[kind]).write_text(lines, encoding="utf-8")
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    starters = sum(version.state is State.STARTER for version in chosen)
    return TrainingSet(folder, len(rows[Kind.CARD]), len(rows[Kind.SCRIPT]), starters)


def _all_in_use(home: Home, allowed: Sequence[State], now: datetime) -> list[Version]:
    """Every document in use of an allowed state; those of other states are simply not part of the set."""
    found = []
    for listed in list_documents(home):
        used = [each for each in versions_of(home, listed.name) if each.state in allowed and not each.is_expired(now)]
        found += used[-1:]
    cards = {version.name for version in found if version.kind is Kind.CARD}
    return [each for each in found if each.kind is Kind.CARD or each.name.partition("--")[0] in cards]


def _in_use(home: Home, name: str, allowed: Sequence[State], now: datetime) -> Version:
    newest = get_version(home, name)
    used = [each for each in versions_of(home, name) if each.state in allowed]
    if not used:
        remedy = "allow starters, or approve it" if newest.state is State.STARTER else "have it approved first"
        raise NightlightError(f"'{name}' is {newest.state.replace('_', ' ')}, not approved", remedy=remedy)
    if used[-1].is_expired(now):
        raise NightlightError(f"'{name}' was approved until {used[-1].expires_at:%Y-%m-%d}", remedy="review it again")
    if used[-1].kind is Kind.SCRIPT:
        _in_use(home, name.partition("--")[0], allowed, now)
    return used[-1]


def _row(home: Home, version: Version) -> dict[str, Any]:
    if version.kind is Kind.CARD:
        return {**tree_of(card_of(version)), "principles": json.loads(principles_text(version.principles))}
    script = asdict(script_of(version, card_for(home, version.name)))
    for message in script["messages"]:
        del message["line"]
    return script


def _provenance(version: Version) -> dict[str, Any]:
    return {
        "kind": str(version.kind),
        "name": version.name,
        "version": version.number,
        "state": str(version.state),
        "authors": list(version.authors),
        "reviewers": list(version.approvers),
        "approved_at": version.approved_at.isoformat() if version.approved_at else None,
        "expires_at": version.expires_at.isoformat() if version.expires_at else None,
        "sha256": hashlib.sha256(version.source.encode()).hexdigest(),
    }
