"""Which wording speaks in a session: the home's for practice, the card's bank wherever people are compared.

One of each serves all sessions of a process, so that its figures, and what it has found out about its server, are
shared. A session keeps the version it began with."""

import time
from functools import lru_cache
from pathlib import Path

from nightlight.conversations.cards import Voice
from nightlight.conversations.labels import AgeBand, Author, Reaction
from nightlight.errors import NightlightError, suggest
from nightlight.registry.serving import Followed
from nightlight.registry.versions import files_of, get_version
from nightlight.settings import WORDINGS, Home, WordingSettings, shipped
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording import Wording
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.generated import GeneratedWording, NoWords
from nightlight.simulator.wording.openai import open_openai
from nightlight.simulator.wording.prompt import Prompt

BANK, POCKET, OPENAI = WORDINGS
SHIPPED, PROD = "shipped", "prod"


def chosen(home: Home) -> str:
    """The wording of a practice session that begins now, as it is kept with it: its name and its model.

    Nobody waits for an administrator: where the home's wording cannot be opened, it is the bank, and doctor says why.
    """
    try:
        wording = open_wording(home, home.settings.wording.kind)
    except NightlightError:
        return BANK
    return kept_name(wording)


def kept_name(wording: Wording) -> str:
    return f"{wording.name} {wording.generator.model}" if isinstance(wording, GeneratedWording) else wording.name


def wording_of(home: Home, kept: str) -> Wording:
    """The wording that was kept with a session; the card's bank where this home has it no longer."""
    name, _, model = kept.partition(" ")
    try:
        return open_wording(home, name, model)
    except NightlightError:
        return LineBank()


def open_wording(home: Home | None, name: str, model: str = "") -> Wording:
    """The wording of this name; `model`: the version of pocket ("" = the champion in production, else the shipped one).

    Raises NightlightError for an unknown one and where the home's settings lack it.
    """
    if name not in WORDINGS:
        raise NightlightError(f"there is no wording '{name}'", remedy=suggest(name, WORDINGS))
    if name == BANK:
        return LineBank()
    if name == POCKET:
        version = model or _champion(home)
        return _pocket(_pocket_files(home, version), version)
    return _openai(home.settings.wording if home else WordingSettings())


@lru_cache(maxsize=8)
def _openai(settings: WordingSettings) -> GeneratedWording:
    if not (settings.url and settings.model):
        raise NightlightError(
            "no server is named for the wording 'openai'",
            remedy="set url and model in the table [wording] of nightlight.toml; docs/wording.md shows how",
        )
    return GeneratedWording(open_openai(settings), LineBank())


@lru_cache(maxsize=8)
def _pocket(folder: Path, version: str) -> GeneratedWording:
    from nightlight.simulator.wording.pocket import PocketGenerator

    return GeneratedWording(PocketGenerator(folder, model=version), LineBank())


def seconds_of_a_line(wording: GeneratedWording) -> float:
    """How long the model takes for one short line; raises NightlightError where none comes."""
    began = time.monotonic()
    prompt = Prompt(
        Move.REACT,
        Tone.GUARDED,
        "yeah maybe",
        Voice(6, 0.9, 0.9, 0.0, 0.0, 0.2),
        AgeBand.FROM_25,
        distress=0.5,
        reaction=Reaction.REFLECTION,
        history=((Author.TEXTER, "hi"), (Author.COUNSELOR, "It sounds like today was long.")),
    )
    try:
        "".join(wording.generator.generate(prompt, seed=1, most_tokens=16))
    except NoWords as none:
        raise NightlightError(
            f"the wording '{wording.name}' says nothing: {none.reason}",
            remedy="practice goes on with the cards' own lines; see docs/wording.md",
        ) from none
    return time.monotonic() - began


def _champion(home: Home | None) -> str:
    found = _followed(home).current() if home else None
    return str(found.version) if found else SHIPPED


@lru_cache(maxsize=8)
def _followed(home: Home) -> Followed:
    return Followed(home, POCKET, PROD)


@lru_cache(maxsize=8)
def _pocket_files(home: Home | None, version: str) -> Path:
    """Where a version's files lie, checked once."""
    if home is None or version == SHIPPED:
        return shipped("models/pocket")
    if not version.isdigit():
        raise NightlightError(f"'{version}' is no version of the model 'pocket'", remedy="`nightlight model list`")
    return files_of(home, get_version(home, POCKET, int(version), workspace=PROD))
