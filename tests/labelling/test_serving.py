"""The champion labels within ten seconds; whatever is wrong with it, the shipped labeller works on and it is said."""

from pathlib import Path

import pytest
from tests.labelling.registered import (
    QUIET,
    in_production,
    install_shipped,
    let_people_decide,
    looked_up_at_once,
    to_production,
    write_other,
)
from tests.registry.models import clock, write_model

from nightlight.errors import NightlightError
from nightlight.labelling.model import Model, shipped_model
from nightlight.labelling.serving import (
    TRY_AGAIN,
    Following,
    in_use,
    labeller_in_use,
    labeller_of,
    model_of,
    weights_in,
    weights_of,
)
from nightlight.registry.promotion import install_champion, rollback
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import FILES, run_folder
from nightlight.settings import Home


@pytest.fixture
def home(with_registry: Home) -> Home:
    let_people_decide(with_registry)
    return with_registry


@pytest.fixture
def other(home: Home, tmp_path: Path) -> ModelVersion:
    install_shipped(home, tmp_path / "shipped")
    return to_production(home, write_other(tmp_path / "other"))


def risk(model: Model) -> int:
    return model.texter.label(QUIET).level


def test_without_a_home_or_a_registry_it_is_the_shipped_one(tmp_path: Path) -> None:
    assert labeller_in_use(None) is shipped_model()
    found = in_use(Home.create(tmp_path / "home"))
    assert (found.model, found.champion, found.problem) == (shipped_model(), None, None)
    assert found.told == f"{shipped_model().version}, as it came with the product"


def test_what_came_with_the_product_is_not_read_twice(home: Home, tmp_path: Path) -> None:
    version = install_shipped(home, tmp_path / "shipped")
    found = Following(home).current()
    assert found.model is shipped_model()
    assert found.is_shipped
    assert found.told == f"{shipped_model().version}, {version.label}"


def test_what_came_with_an_earlier_release_works_only_where_somebody_chose_it(home: Home, tmp_path: Path) -> None:
    install_champion(home, "labeller", write_other(tmp_path / "earlier"), "prod", clock=clock)
    assert Following(home).current().model is shipped_model()
    install_shipped(home, tmp_path / "shipped")
    rollback(home, "labeller", by="clara", clock=clock)
    assert risk(Following(home).current().model) == 4


def test_a_promoted_labeller_labels_within_ten_seconds_and_one_taken_back_no_longer(home: Home, tmp_path: Path) -> None:
    install_shipped(home, tmp_path / "shipped")
    seconds = [0.0]
    following = Following(home, clock=lambda: seconds[0])
    assert risk(following.current().model) == 0
    version = to_production(home, write_other(tmp_path / "other"))
    seconds[0] = 9.9
    found = following.current()
    assert (risk(found.model), found.champion and found.champion.label) == (4, version.label)
    assert found.model.version != shipped_model().version
    assert following.current().model is found.model
    rollback(home, "labeller", by="clara", clock=clock)
    seconds[0] = 19.8
    assert following.current().model is shipped_model()


def test_a_champion_with_broken_files_stops_nobody_and_works_once_it_is_whole(
    home: Home, other: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    file = run_folder(home, other) / FILES / "texter.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    seconds = [0.0]
    following = Following(home, clock=lambda: seconds[0])
    found = following.current()
    assert (found.model, found.is_shipped) == (shipped_model(), True)
    assert found.champion
    assert found.problem
    assert "not what the manifest says" in found.problem.what
    assert "texter.npz" in caplog.text
    file.write_bytes(whole)
    seconds[0] = TRY_AGAIN - 1
    assert following.current().problem
    seconds[0] = TRY_AGAIN
    assert (following.current().problem, risk(following.current().model)) == (None, 4)


def test_a_folder_that_is_no_labeller_is_told_and_stops_nobody(home: Home, tmp_path: Path) -> None:
    to_production(home, write_model(tmp_path / "strange", name="labeller"))
    found = Following(home).current()
    assert found.model is shipped_model()
    assert found.problem
    assert found.problem.remedy
    assert weights_of(home, in_production(home)[-1]) == ""


def test_a_registry_that_cannot_be_read_stops_nobody(home: Home, other: ModelVersion) -> None:
    (home.registry / "registry.db").write_bytes(b"no database, " * 200)
    found = Following(home).current()
    assert found.model is shipped_model()
    assert found.problem
    assert "the registry cannot be read" in found.problem.what


def test_what_began_with_a_version_finds_it_again_while_production_keeps_it(
    home: Home, other: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up_at_once(monkeypatch)
    theirs = labeller_in_use(home)
    assert labeller_of(home, shipped_model().version) is shipped_model()
    rollback(home, "labeller", by="clara", clock=clock)
    assert labeller_in_use(home) is shipped_model()
    assert labeller_of(home, theirs.version).version == theirs.version
    assert labeller_of(home, "labels-2-00000000-00000000") is shipped_model()
    assert weights_in(theirs.version) == weights_of(home, other)


def test_a_version_that_is_asked_for_by_name_is_refused_where_it_cannot_be_read(
    home: Home, other: ModelVersion
) -> None:
    assert risk(model_of(home, other)) == 4
    (run_folder(home, other) / FILES / "texter.npz").write_bytes(b"")
    with pytest.raises(NightlightError, match="not what the manifest says"):
        model_of(home, other)
