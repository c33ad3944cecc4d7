"""Promises of documents as files: what goes out comes in again, and what is not in order does not come in at all."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.studio.conftest import CALM, RISKY, text_of

from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.gates import parse_gate
from nightlight.conversations.principles import Principle
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.documents import get_version, list_documents
from nightlight.studio.exchange import check_file, export, take_in
from nightlight.studio.versions import State, Version
from nightlight.studio.writing import import_corpus, save

PRINCIPLE = Principle("Too cheerful for this moment.", parse_gate("trust>=0.3"), "haha", "mm", "Hi.")


def with_principle(version: Version) -> Version:
    return replace(version, principles=(PRINCIPLE,))


def test_the_shipped_corpus_comes_in_as_starters_once(studio: Home) -> None:
    assert len(take_in(studio, shipped_corpus(), by="root")) == 26 + 260
    assert {each.state for each in list_documents(studio)} == {State.STARTER}
    assert import_corpus(studio, by="root") == ()


def test_what_goes_out_is_what_came_in_letter_by_letter(studio: Home, tmp_path: Path) -> None:
    import_corpus(studio, by="root")
    export(studio, tmp_path, by="root")
    for file in (*(shipped_corpus() / "cards").glob("*"), *(shipped_corpus() / "scripts").glob("*")):
        assert (tmp_path / file.parent.name / file.name).read_bytes() == file.read_bytes()


def test_a_folder_of_others_comes_in_as_drafts_with_its_principles(studio: Home, tmp_path: Path) -> None:
    import_corpus(studio, by="root")
    save(studio, CALM, with_principle, by="clara")
    export(studio, tmp_path / "out", [CALM, f"{CALM}--poor1"], by="root")
    (tmp_path / "out" / "cards" / f"{RISKY}.yaml").write_text(text_of(RISKY) + "# by hand\n")
    taken = take_in(studio, tmp_path / "out", by="cleo")
    assert taken == (RISKY,)
    version = get_version(studio, RISKY)
    assert (version.state, version.authors, version.number) == (State.DRAFT, ("cleo",), 2)
    assert get_version(studio, CALM).principles == (PRINCIPLE,)


def test_a_new_card_of_a_file_is_a_draft(studio: Home, tmp_path: Path) -> None:
    file = tmp_path / "my-card.yaml"
    file.write_text(text_of(CALM).replace(f"id: {CALM}", "id: my-card"))
    assert take_in(studio, file, by="clara") == ("my-card",)
    assert get_version(studio, "my-card").state is State.DRAFT
    with pytest.raises(NightlightError, match="does not have MODIFY"):
        take_in(studio, write(tmp_path / "other.yaml"), by="vera")


def write(file: Path) -> Path:
    file.write_text(text_of(CALM).replace(f"id: {CALM}", f"id: {file.stem}"))
    return file


def test_nothing_comes_in_while_one_file_has_a_problem(studio: Home, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    write(folder / "good-one.yaml")
    (folder / "bad-one.yaml").write_text("id: bad-one\n")
    with pytest.raises(NightlightError, match=r"bad-one\.yaml:1: .* more problems"):
        take_in(studio, tmp_path, by="clara")
    assert list_documents(studio) == []


def test_a_file_is_neither_card_nor_script(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert [problem.what for problem in check_file(tmp_path / "a.json")] == ["neither a card nor a script"]
    assert "no such file" in str(check_file(tmp_path / "none.yaml")[0])


@pytest.mark.parametrize("text", ["{", "[1]", "7", '[{"why": "Too cheerful for this moment."}]', "[{}]"])
def test_principles_that_are_none_take_nothing_in(studio: Home, tmp_path: Path, text: str) -> None:
    (tmp_path / "cards").mkdir()
    for name in (CALM, RISKY):
        (tmp_path / "cards" / f"{name}.yaml").write_text(text_of(name), encoding="utf-8")
    (tmp_path / "cards" / f"{RISKY}.principles.json").write_text(text, encoding="utf-8")
    with pytest.raises(NightlightError, match="no principles"):
        take_in(studio, tmp_path, by="clara")
    assert list_documents(studio) == []
