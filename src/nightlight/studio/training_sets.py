"""Training sets of role-plays: what may teach a model, with where it comes from. Nothing else reaches one."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nightlight.catalog.audit import Entry, append
from nightlight.conversations.card_form import parse_card
from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Author, CounselorAct, Outcome, Phase, Quality, Rung, TexterAct
from nightlight.conversations.problems import Findings
from nightlight.conversations.scripts import Script, ScriptMessage, card_of_script
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.card_source import tree_of, write_tree
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


@dataclass(frozen=True)
class TrainingDocuments:
    """What a training set holds: its cards by id, its scripts, and its manifest's word on each of them. `sha256` is
    the manifest's, which names the digest of every other file."""

    cards: Mapping[str, Card]
    scripts: tuple[Script, ...]
    documents: tuple[Mapping[str, Any], ...]
    sha256: str


def build_training_set(
    home: Home,
    folder: Path,
    names: Sequence[str] = (),
    *,
    by: str,
    starter_allowed: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> TrainingSet:
    """Write the approved cards and scripts (without names: all) as JSON Lines with a manifest into a new folder. The
    card of a script is always part of the set.

    `starter_allowed`: what came with the product counts too. Raises NightlightError, before anything is written, for
    a document that is neither, has expired, or a script whose card is not in use.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NightlightError("the folder is not empty", where=str(folder), remedy="name a new one")
    allowed = (State.APPROVED, State.STARTER) if starter_allowed else (State.APPROVED,)
    now = clock()
    wanted = dict.fromkeys(each for name in names for each in (card_of_script(name), name))
    chosen = [_in_use(home, name, allowed, now) for name in wanted] if names else _all_in_use(home, allowed, now)
    if not chosen:
        raise _nothing(home)
    rows = {kind: [_row(home, version) for version in chosen if version.kind is kind] for kind in Kind}
    lines = {FILES[kind]: _lines(found) for kind, found in rows.items()}
    manifest = {
        "made_at": now.isoformat(),
        "made_by": by,
        "files": {name: _digest(text.encode()) for name, text in lines.items()},
        "documents": [_provenance(version) for version in chosen],
    }
    detail = f"{len(chosen)} documents, starters {'allowed' if starter_allowed else 'refused'}"
    append(home, Entry("build training set", by, None, "done", detail=detail))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in lines.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    starters = sum(version.state is State.STARTER for version in chosen)
    return TrainingSet(folder, len(rows[Kind.CARD]), len(rows[Kind.SCRIPT]), starters)


def _nothing(home: Home) -> NightlightError:
    if not list_documents(home):
        return NightlightError(
            "this home has no cards and scripts",
            remedy="`nightlight roleplay import` takes the shipped ones in",
        )
    return NightlightError(
        "no document is approved", remedy="approve some in the studio, or allow starters with --starter-allowed"
    )


def _all_in_use(home: Home, allowed: Sequence[State], now: datetime) -> list[Version]:
    """Every document in use of an allowed state; those of other states are simply not part of the set."""
    found = []
    for listed in list_documents(home):
        used = [each for each in versions_of(home, listed.name) if each.state in allowed and not each.is_expired(now)]
        found += used[-1:]
    cards = {version.name for version in found if version.kind is Kind.CARD}
    return [each for each in found if each.kind is Kind.CARD or card_of_script(each.name) in cards]


def _in_use(home: Home, name: str, allowed: Sequence[State], now: datetime) -> Version:
    newest = get_version(home, name)
    used = [each for each in versions_of(home, name) if each.state in allowed]
    if not used:
        remedy = "allow starters, or approve it" if newest.state is State.STARTER else "have it approved first"
        raise NightlightError(f"'{name}' is {newest.state.replace('_', ' ')}, not approved", remedy=remedy)
    if used[-1].is_expired(now):
        raise NightlightError(f"'{name}' was approved until {used[-1].expires_at:%Y-%m-%d}", remedy="review it again")
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
        "sha256": _digest(version.source.encode()),
    }


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_training_set(
    folder: Path,
    *,
    starter_allowed: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> TrainingDocuments:
    """The cards and scripts of a training set, for a model to learn from.

    Raises NightlightError, before a row is read, for a folder without a manifest, with a file that is not the
    manifest's or holds anything but role-plays, and for a document that is not approved, or is not any longer.
    """
    manifest, digest = _manifest(folder)
    _check_files(folder, manifest)
    allowed = {State.APPROVED, State.STARTER} if starter_allowed else {State.APPROVED}
    for document in manifest["documents"]:
        _check_document(document, allowed, clock(), folder)
    cards = [_card(row, folder) for row in _rows(folder, Kind.CARD)]
    scripts = tuple(_script(row) for row in _rows(folder, Kind.SCRIPT))
    named = sorted(str(each["name"]) for each in manifest["documents"])
    if named != sorted([*(card.id for card in cards), *(script.id for script in scripts)]):
        raise _refused("the rows are not the documents of the manifest", folder / MANIFEST)
    return TrainingDocuments({card.id: card for card in cards}, scripts, tuple(manifest["documents"]), digest)


def _manifest(folder: Path) -> tuple[dict[str, Any], str]:
    file = folder / MANIFEST
    if not file.is_file() or file.is_symlink():
        raise _refused("this folder has no manifest: where its rows come from is not known", folder)
    content = file.read_bytes()
    try:
        manifest = json.loads(content)
    except ValueError:
        raise _refused("the manifest is no JSON", file) from None
    documents = manifest.get("documents") if isinstance(manifest, dict) else None
    if not documents or not isinstance(documents, list) or not all(isinstance(each, dict) for each in documents):
        raise _refused("the manifest names no documents", file)
    return manifest, _digest(content)


def _check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    """A set holds role-plays and nothing else: no table, no export, no file that nobody has signed for."""
    digests = manifest.get("files")
    if not isinstance(digests, dict):
        raise _refused("the manifest names no digests of its files", folder / MANIFEST)
    for path in sorted(folder.iterdir()):
        if path.name not in {MANIFEST, *FILES.values()}:
            raise _refused(f"'{path.name[:80]}' is no part of a training set of role-plays", folder)
    for name in FILES.values():
        path = folder / name
        if not path.is_file() or path.is_symlink() or _digest(path.read_bytes()) != digests.get(name):
            raise _refused("this file is not the one that the manifest was written for", path)


def _check_document(document: Mapping[str, Any], allowed: set[State], now: datetime, folder: Path) -> None:
    name, state = str(document.get("name", ""))[:80], str(document.get("state", ""))
    if document.get("kind") not in set(Kind):
        raise _refused(f"'{name}' is no card and no script", folder)
    if state not in allowed:
        remedy = (
            "allow starters" if state == State.STARTER else "have it approved in the studio, and build the set again"
        )
        raise NightlightError(
            f"'{name}' is {state.replace('_', ' ') or 'of no state'}", where=str(folder), remedy=remedy
        )
    try:
        until = datetime.fromisoformat(document["expires_at"]) if document.get("expires_at") else None
        is_expired = until is not None and until <= now
    except (TypeError, ValueError):
        raise _refused(f"the manifest does not say until when '{name}' is approved", folder) from None
    if until is None and state == State.APPROVED:
        raise _refused(f"the manifest does not say until when '{name}' is approved", folder)
    if is_expired:
        raise NightlightError(
            f"'{name}' was approved until {until:%Y-%m-%d}", where=str(folder), remedy="review it again, and build anew"
        )


def _rows(folder: Path, kind: Kind) -> list[dict[str, Any]]:
    text = (folder / FILES[kind]).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _card(row: Mapping[str, Any], folder: Path) -> Card:
    tree = {key: value for key, value in row.items() if key != "principles"}
    findings = Findings(str(folder / FILES[Kind.CARD]))
    card = parse_card(write_tree(tree), findings)
    if card is None or findings.problems:
        raise _refused(f"the card '{str(row.get('id'))[:80]}' is not complete", folder / FILES[Kind.CARD])
    return card


def _script(row: Mapping[str, Any]) -> Script:
    return Script(
        row["id"], row["card"], Quality(row["quality"]), Outcome(row["outcome"]), tuple(map(_message, row["messages"]))
    )


def _message(row: Mapping[str, Any]) -> ScriptMessage:
    author = Author(row["author"])
    acts = tuple(map(TexterAct, row["acts"])) if author is Author.TEXTER else tuple(map(CounselorAct, row["acts"]))
    rungs = tuple(map(Rung, row["rungs"]))
    return ScriptMessage(author, row["text"], Phase(row["phase"]), acts, tuple(row["facts"]), rungs, line=0)


def _refused(what: str, where: Path) -> NightlightError:
    return NightlightError(
        what, where=str(where), remedy="build it again with `nightlight roleplay training-set build`"
    )
