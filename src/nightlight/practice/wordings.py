"""Which wording speaks in a session: the home's for practice, the card's bank wherever people are compared.

One of each version serves all sessions of a process, so that its figures, and what it has found out about its server,
are shared. A session keeps the version it began with; the next one has what is champion, or tried out, by then."""

import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from nightlight.conversations.cards import Voice
from nightlight.conversations.labels import AgeBand, Author, Reaction
from nightlight.errors import NightlightError, suggest
from nightlight.practice.rollouts import meets
from nightlight.registry.rollout import SHADOW, Rollout, rollout_in
from nightlight.registry.serving import Followed, served_name
from nightlight.registry.store import PROD
from nightlight.registry.stored import CHALLENGER, CHAMPION, ModelVersion
from nightlight.registry.versions import files_of, get_version
from nightlight.settings import BANK, LLAMA, OPENAI, POCKET, WORDINGS, Home, WordingSettings, shipped
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording import Wording
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.generated import GeneratedWording, NoWords
from nightlight.simulator.wording.openai import open_openai
from nightlight.simulator.wording.prompt import Prompt

SHIPPED = "shipped"


def chosen(home: Home, person: str) -> str:
    """The wording of somebody's session that begins now, as it is kept with it: its name and its model.

    Nobody waits for an administrator: where a version that is tried out cannot be opened, it is the champion; where
    that one cannot, it is the bank, and doctor says why.
    """
    kind = home.settings.wording.kind
    try:
        rollout = _tried_out(home)
        if rollout is not None and meets(home, rollout, person):
            return kept_name(open_wording(home, kind, model_name(rollout.version)))
    except NightlightError:
        pass
    try:
        return kept_name(open_wording(home, kind))
    except NightlightError:
        return BANK


def followed_model(settings: WordingSettings) -> str:
    """The registered model whose champion words what is said; "" where the settings name another, or none."""
    if settings.kind == OPENAI:
        return "" if settings.model else LLAMA
    return POCKET if settings.kind == POCKET else ""


def model_name(version: ModelVersion) -> str:
    """A registered version as its wording names it."""
    return str(version.version) if version.name == POCKET else served_name(version)


def shadow_of(home: Home, kept: str) -> GeneratedWording | None:
    """The version that is asked for the same lines as this wording, and heard by nobody."""
    rollout = _tried_out(home)
    name, _, model = kept.partition(" ")
    if rollout is None or rollout.kind != SHADOW or name != home.settings.wording.kind:
        return None
    if (tried := model_name(rollout.version)) == model:
        return None
    wording = open_wording(home, name, tried)
    return wording if isinstance(wording, GeneratedWording) else None


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
    """The wording of this name; `model`: the version of pocket, or the model's name on its server.

    Without one it is the champion in production: of pocket, else the shipped one; of llama, unless the settings name a
    model. Raises NightlightError for an unknown one and where the home's settings lack it.
    """
    if name not in WORDINGS:
        raise NightlightError(f"there is no wording '{name}'", remedy=suggest(name, WORDINGS))
    if name == BANK:
        return LineBank()
    if name == POCKET:
        version = model or _champion(home, POCKET) or SHIPPED
        return _pocket(_pocket_files(home, version), version)
    settings = home.settings.wording if home else WordingSettings()
    if not settings.url:
        raise NightlightError(
            "no server is named for the wording 'openai'",
            remedy="set url in the table [wording] of nightlight.toml; docs/wording.md shows how",
        )
    asked = model or settings.model or _champion(home, LLAMA)
    if not asked:
        raise NightlightError(
            f"no model is named for the wording 'openai', and {PROD} has no champion of '{LLAMA}'",
            remedy="promote one (docs/models.md), or set model in the table [wording] of nightlight.toml",
        )
    return _openai(replace(settings, model=asked))


@lru_cache(maxsize=8)
def _openai(settings: WordingSettings) -> GeneratedWording:
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


def _champion(home: Home | None, name: str) -> str:
    found = followed(home, name, CHAMPION).current() if home else None
    return model_name(found) if found else ""


def _tried_out(home: Home) -> Rollout | None:
    name = followed_model(home.settings.wording)
    return rollout_in(followed(home, name, CHALLENGER).current()) if name else None


@lru_cache(maxsize=16)
def followed(home: Home, name: str, alias: str) -> Followed:
    """Who stands for an alias in production, looked up every few seconds by all sessions of the process together."""
    return Followed(home, name, PROD, alias=alias)


@lru_cache(maxsize=8)
def _pocket_files(home: Home | None, version: str) -> Path:
    """Where a version's files lie, checked once."""
    if home is None or version == SHIPPED:
        return shipped("models/pocket")
    if not version.isdigit():
        raise NightlightError(f"'{version}' is no version of the model 'pocket'", remedy="`nightlight model list`")
    return files_of(home, get_version(home, POCKET, int(version), workspace=PROD))
