"""An answer on a page: values as they are, a hundred rows, and never more than a page can hold."""

from datetime import UTC, date, datetime

import pyarrow as pa

from nightlight.web.answer_tables import PAGE_CHARACTERS, PAGE_COLUMNS, answer_page


def test_values_are_shown_exactly() -> None:
    table = pa.table(
        {
            "id": [788309334396027047],
            "share": [0.1],
            "day": [date(2026, 3, 1)],
            "at": pa.array([datetime(2026, 3, 1, 2, 30, tzinfo=UTC)]),
            "nothing": pa.array([None], pa.string()),
            "parts": [["a", "b"]],
        }
    )
    page = answer_page(table, 1)
    assert page.rows == (("788309334396027047", "0.1", "2026-03-01", "2026-03-01 02:30:00", None, '["a", "b"]'),)
    assert [column.type for column in page.columns] == [
        "whole number", "number", "date", "moment (UTC)", "text", "list",
    ]  # fmt: skip
    assert [column.is_number for column in page.columns] == [True, True, False, False, False, False]


def test_pages_are_counted_and_the_last_one_is_the_end() -> None:
    table = pa.table({"n": list(range(250))})
    shown = [(page.first, page.last, page.number) for page in (answer_page(table, n) for n in (0, 2, 3, 99))]
    assert shown == [(1, 100, 1), (101, 200, 2), (201, 250, 3), (201, 250, 3)]
    empty = answer_page(table.slice(0, 0), 1)
    assert (empty.first, empty.last, empty.total, empty.pages) == (0, 0, 0, 1)


def test_a_long_text_is_cut_and_told() -> None:
    page = answer_page(pa.table({"text": ["a" * 5000], "word": ["b"]}), 1)
    text = page.rows[0][0]
    assert text is not None
    assert (len(text), text[-1], page.has_cut) == (2000, "…", True)
    assert [column.is_long for column in page.columns] == [True, False]
    assert not answer_page(pa.table({"text": ["short"]}), 1).has_cut


def test_a_page_stays_small_however_wide_the_answer_is() -> None:
    wide = pa.table({f"c{n}": ["x" * 3000] * 200 for n in range(PAGE_COLUMNS + 20)})
    page = answer_page(wide, 1)
    assert page.hidden_columns == 20
    assert sum(len(cell or "") for row in page.rows for cell in row) <= PAGE_CHARACTERS


def test_columns_that_share_a_name_are_both_shown() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"])
    assert answer_page(table, 1).rows == (("1", "2"),)
