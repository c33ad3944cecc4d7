"""YAML with a line to every mistake."""

from pathlib import Path

import pytest

from nightlight.dashboards.documents import SIZE_LIMIT, read_document
from nightlight.errors import NightlightError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "dashboards"
    folder.mkdir()
    return folder / "a.yml"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: [a\nb: c", "dashboards/a.yml:2: not valid YAML"),
        ("", "dashboards/a.yml: this file is empty"),
        ("a: &x 1\nb: *x", "dashboards/a.yml:1: '&' and '*' are not possible here"),
        ("a: " + "[" * 5000, "dashboards/a.yml: not valid YAML"),
        ("a: 1\x00", "dashboards/a.yml: not valid YAML"),
        ("a: " + "x" * SIZE_LIMIT, "too large"),
    ],
)
def test_what_is_no_document_is_told_in_a_line(file: Path, text: str, line: str) -> None:
    file.write_text(text)
    with pytest.raises(NightlightError) as told:
        read_document(file)
    assert line in str(told.value)
    assert "\n" not in str(told.value)


def test_an_unknown_key_is_told_with_what_was_meant(file: Path) -> None:
    file.write_text("title: a\nquestoin: b\n")
    with pytest.raises(NightlightError, match=r"a\.yml:2: unknown key 'questoin'; did you mean 'question'\?"):
        read_document(file).mapping(("title", "question"))


def test_a_missing_and_a_doubled_key_are_told(file: Path) -> None:
    file.write_text("title: a\n")
    with pytest.raises(NightlightError, match="'owner' is missing"):
        read_document(file).mapping(("title", "owner"), ("owner",))
    file.write_text("title: a\ntitle: b\n")
    with pytest.raises(NightlightError, match=r":2: 'title' stands here twice"):
        read_document(file).mapping()


def test_values_are_of_the_kind_asked_for(file: Path) -> None:
    file.write_text("list: [a, 1]\none: x\nflag: yes\nday: 2026-03-01\nnumber: 1.5\nnothing: null\nword: Not One\n")
    values = read_document(file).mapping()
    assert values["list"].texts() == ("a", "1")
    assert values["one"].texts() == ("x",)
    assert values["flag"].flag() is True
    assert read_document(file).plain()["day"] == "2026-03-01"
    assert read_document(file).plain()["number"] == 1.5
    assert read_document(file).plain()["nothing"] is None
    for reader in (values["one"].flag, values["one"].items, values["list"].text, values["word"].word):
        with pytest.raises(NightlightError, match=r"a\.yml:\d"):
            reader()


def test_a_file_that_cannot_be_read_is_told(file: Path) -> None:
    with pytest.raises(NightlightError, match="cannot be read"):
        read_document(file)
    file.write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(NightlightError, match="not valid YAML"):
        read_document(file)
