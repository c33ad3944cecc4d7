"""What came with the product is in the registry at its first use, as nobody's approved version, and only once."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.registry.models import add_people, clock

from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.errors import NightlightError
from nightlight.labelling.model import read_model, shipped_model
from nightlight.operations import model_start
from nightlight.operations.labeller_training import copy_labeller
from nightlight.operations.model_start import _workspaces, approved_documents, prepare_models
from nightlight.registry.promotion import promote, rollback
from nightlight.registry.versions import files_of, list_versions
from nightlight.settings import Home, shipped
from nightlight.sql.policies import apply_policies

MAY = "GRANT EXECUTE ON MODEL labeller TO deciders; GRANT MANAGE ON MODEL labeller TO deciders;"


@pytest.fixture
def home(with_registry: Home) -> Home:
    add_people(with_registry)
    return with_registry


def test_the_shipped_labeller_is_champion_everywhere_and_says_that_nobody_approved_it(home: Home) -> None:
    prepare_models(home, clock=clock)
    found = list_versions(home, "labeller")
    assert [(each.label, each.aliases) for each in found] == [
        (f"{workspace}/labeller/1", ("champion",)) for workspace in ("dev", "staging", "prod")
    ]
    assert all(each.is_starter and each.gate == "not evaluated" and each.author == "nightlight" for each in found)
    assert [record["action"] for record in tail(home, 3)] == ["install model"] * 3
    prepare_models(home, clock=clock)
    assert list_versions(home, "labeller") == found


def test_a_newer_shipped_model_takes_the_place_of_an_older_one_and_of_nothing_else(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_models(home, clock=clock)
    newer = tmp_path / "newer"
    shutil.copytree(shipped("models/labeller"), newer)
    (newer / "notes.json").write_text("{}")
    monkeypatch.setattr(model_start, "shipped", lambda place: newer)
    monkeypatch.setattr(model_start, "SHIPPED", ("labeller",))
    apply_policies(home, read_statements(MAY, "test.sql"), by="test")
    prepare_models(home, clock=clock)
    found = {each.label: each.aliases for each in list_versions(home, "labeller") if each.workspace == "prod"}
    assert found == {"prod/labeller/1": ("previous",), "prod/labeller/2": ("champion",)}
    rollback(home, "labeller", by="clara", clock=clock)
    prepare_models(home, clock=clock)  # what was taken back does not come again by itself
    found = {each.label: each.aliases for each in list_versions(home, "labeller") if each.workspace == "prod"}
    assert found == {"prod/labeller/1": ("champion",), "prod/labeller/2": ("previous",)}


def test_its_files_are_read_like_the_shipped_ones(home: Home) -> None:
    prepare_models(home, clock=clock)
    assert read_model(files_of(home, list_versions(home, "labeller")[-1])).version == shipped_model().version


def test_what_is_shipped_gets_no_farther_by_itself(home: Home) -> None:
    prepare_models(home, clock=clock)
    with pytest.raises(NightlightError, match="'clara' does not have EXECUTE on MODEL labeller"):
        promote(home, "labeller", 1, to="prod", alias="champion", by="clara", clock=clock)


def test_in_production_the_shipped_texter_speaks_to_nobody(home: Home) -> None:
    live = replace(home, settings=replace(home.settings, production=True))
    assert _workspaces(live, "pocket") == ("dev", "staging")
    assert _workspaces(live, "labeller") == ("dev", "staging", "prod")
    assert _workspaces(home, "pocket") == ("dev", "staging", "prod")


def test_only_documents_approved_here_and_in_use_count_as_approved(home: Home, tmp_path: Path) -> None:
    from nightlight.catalog.history import changing
    from nightlight.studio.versions import Kind, State, Version, insert_version

    now = datetime(2026, 11, 2, tzinfo=UTC)
    later, before = now.replace(year=2027), now.replace(year=2025)
    rows = (("one", State.APPROVED, later), ("two", State.APPROVED, before), ("three", State.STARTER, None))
    with changing(home.database_url) as connection:
        for name, state, until in rows:
            version = Version(name, 1, Kind.CARD, state, f"source of {name}", (), (), "", "", now, now)
            insert_version(connection, replace(version, expires_at=until))
    import hashlib

    assert approved_documents(home, now) == {hashlib.sha256(b"source of one").hexdigest()}


def test_what_is_there_already_is_not_copied_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []

    def counted(source: Path, folder: Path, *, author: str) -> None:
        copied.append(source.name)
        copy_labeller(source, folder, author=author)

    monkeypatch.setattr(model_start, "copy_labeller", counted)
    prepare_models(home, clock=clock)
    prepare_models(home, clock=clock)
    assert copied == ["labeller"]
