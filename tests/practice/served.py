"""Versions of `llama` in production that a server serves under their names: dario trains, clara decides."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.registry.models import add_people, write_model

from nightlight.catalog.statements import read_statements
from nightlight.registry.bars import read_bars
from nightlight.registry.gates import Figure, judge, save_report
from nightlight.registry.promotion import promote
from nightlight.registry.serving import served_name
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import register
from nightlight.settings import Home, WordingSettings
from nightlight.sql.policies import apply_policies

POLICIES = """
GRANT EXECUTE ON MODEL llama TO trainers; GRANT EXECUTE ON MODEL llama TO deciders;
GRANT MANAGE ON MODEL llama TO deciders;
"""
BARS = """
[llama.leaks]
at_most = 0.0

[llama.live]
leaks = 0.05
fallbacks = 0.7
p95_seconds = 4.0
stops = 0.1
least = 50
"""
THEN = datetime(2026, 3, 1, tzinfo=UTC)


def then() -> datetime:
    return THEN


def add_deciders(home: Home) -> None:
    """Dario, clara and their grants; in practice's tests `trainers` are those of people already."""
    add_people(home)
    apply_policies(home, read_statements(POLICIES, "test.sql"), by="test")
    (home.root / "gates.toml").write_text(BARS)


def speaking(home: Home, url: str) -> Home:
    """The home with its texters' words from the champion of llama, which a server at this address serves."""
    return replace(home, settings=replace(home.settings, wording=WordingSettings("openai", url, timeout_seconds=30)))


def kept(version: ModelVersion) -> str:
    """The version as it is kept with sessions."""
    return f"openai {served_name(version)}"


def register_llama(home: Home, folder: Path, word: str) -> ModelVersion:
    """A version in dev that its gate lets through."""
    version = register(home, "llama", write_model(folder / word, word, name="llama"), author="dario", clock=then)
    return let_through(home, version)


def let_through(home: Home, version: ModelVersion) -> ModelVersion:
    """A version with the report of a gate that found no leak."""
    figures = (Figure("leaks", "facts told too early", 0.0),)
    return save_report(home, judge(version, figures, read_bars(home, version.name), at=THEN), by="dario", clock=then)


def to_prod(
    home: Home, version: ModelVersion, alias: str = "champion", *, approved: Collection[str] = ()
) -> ModelVersion:
    """Through staging. `approved`: digests of starter documents that the clinicians have approved."""
    name = version.name
    staged = promote(home, name, version.version, to="staging", alias=alias, by="clara", clock=then)
    return promote(home, name, staged.version, to="prod", alias=alias, by="clara", approved=approved, clock=then)
