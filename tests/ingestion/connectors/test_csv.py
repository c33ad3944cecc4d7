"""CSV as other lines write it: their separator, encoding, numbers, times, and their mistakes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

PARTNER = """
kind = "csv"
path = "exports/*.csv*"
table = "bronze.partner"
[csv]
delimiter = ";"
encoding = "latin-1"
decimal = ","
[columns.case_number]
from = "Fallnummer"
required = true
[columns.received_at]
from = "Eingang"
type = "timestamp"
format = "%d.%m.%Y %H:%M:%S"
time_zone = "Europe/Berlin"
[columns.wait]
from = "Wartezeit"
type = "double"
[columns.risk]
from = "Gefährdung"
"""
HEADER = "Fallnummer;Eingang;Wartezeit;Gefährdung\n"


@pytest.fixture
def partner(line: "Line") -> "Line":
    (line.home.sources / "messages.toml").unlink()
    line.declare("partner", PARTNER)
    return line


def export(line: "Line", text: str, name: str = "a.csv") -> None:
    line.export_bytes(name, (HEADER + text).encode("latin-1"))


def rows(line: "Line") -> list[tuple[object, ...]]:
    return [(row["case_number"], row["wait"], row["risk"]) for row in line.rows("bronze.partner")]


def test_another_lines_csv_arrives_in_our_units(partner: "Line") -> None:
    export(partner, "L-1;02.07.2026 01:30:00;2,5;mäßig\r\nL-2;02.01.2026 01:30:00;;\r\n", "a.csv.gz")
    assert partner.run().rows == 2
    assert rows(partner) == [("L-1", 2.5, "mäßig"), ("L-2", None, None)]
    times = [row["received_at"] for row in partner.rows("bronze.partner")]
    assert times == [datetime(2026, 7, 1, 23, 30, tzinfo=UTC), datetime(2026, 1, 2, 0, 30, tzinfo=UTC)]


def test_broken_records_go_to_quarantine_with_their_line(partner: "Line") -> None:
    export(
        partner, "L-1;;1,0;keine\nL-2;;keine\n;;1,0;keine\nL-4;;1.000;keine\nL-5;31.02.2026 00:00:00;;\nL-6;;;akut\n"
    )
    assert partner.run().quarantined == 4
    assert [row[0] for row in rows(partner)] == ["L-1", "L-6"]
    assert [(row["line"], row["rule"], row["row"]) for row in partner.quarantine("quarantine.bronze_partner")] == [
        (3, "wrong number of fields", "L-2;;keine"),
        (4, "case_number: missing", ";;1,0;keine"),
        (5, "wait: not a double", "L-4;;1.000;keine"),
        (6, "received_at: not a timestamp", "L-5;31.02.2026 00:00:00;;"),
    ]


def test_a_quoted_value_may_hold_separators_quotes_and_line_ends(partner: "Line") -> None:
    export(partner, 'L-1;;;"a;b ""c""\nd"\n\nL-2;;;"x"\nL-3;;1\n')
    run = partner.run()
    assert rows(partner) == [("L-1", None, 'a;b "c"\nd'), ("L-2", None, "x")]
    assert run.quarantined == 1
    assert partner.quarantine("quarantine.bronze_partner")[0]["line"] == 6
    export(partner, 'L-1;;;"a;b ""c""\nd"\n\nL-2;;;"x"\nL-3;;1\nL-4;;;\n')
    assert partner.run().rows == 1


def test_a_quote_that_never_closes_costs_one_line(partner: "Line") -> None:
    import os

    export(partner, 'L-1;;;\nL-2;;;"oh\nL-3;;;\nL-4;;;\n')
    waiting = partner.run()
    assert (waiting.rows, waiting.waiting) == (1, 1)
    os.utime(partner.exports / "a.csv", (1, 1))
    run = partner.run()
    assert (run.rows, run.quarantined) == (2, 1)
    assert [row[0] for row in rows(partner)] == ["L-1", "L-3", "L-4"]
    (entry,) = partner.quarantine("quarantine.bronze_partner")
    assert (entry["line"], entry["rule"]) == (3, "unclosed quote")
    assert not partner.run().did_something


def test_a_grown_file_is_read_on_with_the_same_header(partner: "Line") -> None:
    export(partner, "L-1;;;\n")
    partner.run()
    export(partner, "L-1;;;\nL-2;;;hoch\n")
    partner.run()
    assert rows(partner) == [("L-1", None, None), ("L-2", None, "hoch")]


def test_the_wrong_encoding_is_one_clear_line(partner: "Line") -> None:
    partner.declare("partner", PARTNER.replace("latin-1", "utf-8"))
    export(partner, "L-1;;;\n")
    assert "the header of a.csv cannot be read as utf-8; set 'encoding'" in str(partner.run().error)


def test_a_header_with_a_name_twice_is_refused(partner: "Line") -> None:
    partner.export_bytes("a.csv", b"Fallnummer;Fallnummer\n1;2\n")
    assert "has a name twice" in str(partner.run().error)


def test_a_file_that_has_not_even_a_header_yet_waits(partner: "Line") -> None:
    partner.export_bytes("a.csv", b"")
    assert partner.run().error is None
    export(partner, "L-1;;;\n")
    assert partner.run().rows == 1
