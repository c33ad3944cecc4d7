"""Registered versions: who may add one, what is kept of it, and that its files are what was registered."""

import pytest
from tests.registry.conftest import Trained, WriteModel
from tests.registry.models import STARTER, clock

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.registry.versions import files_of, get_version, list_versions, register
from nightlight.settings import Home


def test_a_version_has_an_author_its_files_and_a_place_in_dev(home: Home, write_model: WriteModel) -> None:
    made = register(home, "pocket", write_model(documents=(STARTER,)), author="dario", clock=clock)
    assert (made.label, made.author, made.gate, made.is_starter) == ("dev/pocket/1", "dario", "not evaluated", True)
    assert made.source == "recipes/train_pocket_texter.py"
    assert (files_of(home, made) / "weights.safetensors").read_bytes() == b"first"
    assert list_versions(home) == [made]
    assert [record["outcome"] for record in tail(home, 5, action="register model")] == ["done"]


def test_versions_are_counted_on(trained: Trained) -> None:
    assert [trained(word, leaks=None).version for word in ("first", "second")] == [1, 2]


def test_whoever_trained_it_and_whoever_registers_it_are_both_its_authors(home: Home, write_model: WriteModel) -> None:
    made = register(home, "pocket", write_model(author="nora"), author="dario", clock=clock)
    assert made.author == "nora, dario"


@pytest.mark.parametrize("person", ["otto", "ada", "nobody"])
def test_without_execute_on_the_model_nothing_is_registered(home: Home, write_model: WriteModel, person: str) -> None:
    with pytest.raises(NightlightError, match=f"'{person}' does not have EXECUTE on MODEL pocket"):
        register(home, "pocket", write_model(), author=person, clock=clock)
    assert list_versions(home) == []
    [record] = tail(home, 1, action="register model")
    assert (record["principal"], record["outcome"], record["statement"]) == (person, "refused", "pocket")


def test_a_model_enters_by_dev_alone(home: Home, write_model: WriteModel) -> None:
    with pytest.raises(NightlightError, match="models are registered in dev; promote them to prod from there"):
        register(home, "pocket", write_model(), workspace="prod", author="dario", clock=clock)


def test_a_folder_of_another_model_is_refused(home: Home, write_model: WriteModel) -> None:
    with pytest.raises(NightlightError, match="this folder holds the model 'labeller', not 'pocket'"):
        register(home, "pocket", write_model(name="labeller"), author="dario", clock=clock)


def test_a_file_changed_before_it_is_registered_leaves_nothing_behind(home: Home, write_model: WriteModel) -> None:
    folder = write_model()
    (folder / "weights.safetensors").write_bytes(b"others")
    with pytest.raises(NightlightError, match="not what the manifest says"):
        register(home, "pocket", folder, author="dario", clock=clock)
    assert list_versions(home) == []
    assert not list(home.registry.rglob("weights.safetensors"))


@pytest.mark.parametrize("name", ["weights.safetensors", "manifest.json"])
def test_files_changed_afterwards_are_not_given_out(home: Home, trained: Trained, name: str) -> None:
    version = trained()
    file = files_of(home, version) / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(NightlightError, match=r"not what the manifest says|not the one that was registered"):
        files_of(home, version)


def test_a_model_or_version_that_is_not_there_is_said_with_what_is(home: Home, trained: Trained) -> None:
    with pytest.raises(NightlightError, match="there is no model 'pocket'; register one"):
        get_version(home, "pocket", 1)
    trained()
    with pytest.raises(NightlightError, match=r"there is no model 'pokcet'; did you mean 'pocket'\?"):
        get_version(home, "pokcet", 1)
    with pytest.raises(NightlightError, match="dev has no version 4 of 'pocket'; there are 1"):
        get_version(home, "pocket", 4)
    with pytest.raises(NightlightError, match="there is no workspace 'live' for models"):
        get_version(home, "pocket", 1, workspace="live")
