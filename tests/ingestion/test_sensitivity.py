"""What a column of an undeclared file is taken for: careful, and of use."""

from typing import Any

import pyarrow as pa
import pytest

from nightlight.ingestion.sensitivity import guess_sensitivity


def guess(name: str, values: list[Any], kind: pa.DataType | None = None) -> str:
    return guess_sensitivity(name, pa.chunked_array([pa.array(values, kind or pa.string())]))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("said", ["I could not sleep", "ok"]),
        ("body", ["ok", "yes"]),
        ("first_note", ["none"]),
        ("long", ["x" * 41]),
        ("nothing_yet", [None, None]),
    ],
)
def test_words_of_people_are_text(name: str, values: list[Any]) -> None:
    assert guess(name, values) == "text"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("volunteer_name", ["Ada"]),
        ("handle", ["ada", "someone@line.example"]),
        ("reached_at", ["+1 555 010 0123"]),
        ("handset", ["555-0101"]),
        ("email", [None]),
    ],
)
def test_who_somebody_is_is_identity(name: str, values: list[Any]) -> None:
    assert guess(name, values) == "identity"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", ["a1", "b2", None]),
        ("number", ["10000017"]),
        ("key", ["123e4567-e89b-12d3-a456-426614174000"]),
        ("region", ["east", "west"]),
        ("day", ["2026-11-24"]),
        ("month", ["2026-11"]),
    ],
)
def test_codes_keys_and_days_are_neither(name: str, values: list[Any]) -> None:
    assert guess(name, values) == ""


def test_lists_are_what_their_values_are() -> None:
    assert guess("topics", [["grief", "school"], []], pa.list_(pa.string())) == ""
    assert guess("said", [["grief", "not at school"]], pa.list_(pa.string())) == "text"


def test_numbers_are_neither_whatever_they_are_called() -> None:
    assert guess("phone", [5550123], pa.int64()) == ""


def test_a_structure_is_text_because_nobody_looked_into_it() -> None:
    assert guess("payload", [{"a": 1}], pa.struct([("a", pa.int64())])) == "text"
