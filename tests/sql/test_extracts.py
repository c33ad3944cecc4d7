"""Extracts hold what is authorized and nothing else, are built when needed, and not without need."""

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.sql.conftest import FIRST, conversation_rows, message_rows

from nightlight.catalog.access import ColumnAccess, Mask, RowFilter, TableAccess
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql import extracts as extracts_module
from nightlight.sql.authorization import Authorization
from nightlight.sql.extracts import Extracts, Ready


def authorization(
    table: str,
    columns: Sequence[str],
    *filters: str,
    masks: Mapping[str, Mask] | None = None,
    principal: str = "carl",
    groups: Sequence[str] = (),
) -> Authorization:
    access = TableAccess(
        table,
        tuple(ColumnAccess(name, "string", True, "a test", (masks or {}).get(name), {}) for name in columns),
        tuple(RowFilter(condition, "a test") for condition in filters),
    )
    return Authorization.of(access, principal, groups, frozenset({"team_north", *groups}))


def rows(ready: Ready) -> list[dict[str, Any]]:
    with duckdb.connect(str(ready.file), read_only=True) as connection:
        found: list[dict[str, Any]] = connection.sql("FROM data").to_arrow_table().to_pylist()
        return found


class Built(Protocol):
    tables: list[str]
    extracts: Extracts

    def prepare(self, authorization: Authorization, **options: Any) -> Ready: ...


@pytest.fixture
def built(line: Home) -> Built:
    """The line's extracts, counting what is built."""

    class Counting:
        def __init__(self) -> None:
            self.tables: list[str] = []
            self.extracts = Extracts(line, Lake(line.lake), on_build=self.tables.append)

        def prepare(self, authorization: Authorization, **options: Any) -> Ready:
            return self.extracts.prepare(self.extracts.plan(authorization), **options)

    return Counting()


def test_an_extract_holds_the_columns_and_rows_that_are_authorized(built: Built) -> None:
    allowed = authorization("silver.conversations", ["conversation_id", "messages"], "team = 'north' AND messages > 4")
    assert rows(built.prepare(allowed)) == [{"conversation_id": f"c{n}", "messages": n} for n in (5, 7, 9)]


def test_no_byte_of_what_is_hidden_is_in_the_file(built: Built) -> None:
    """Hidden rows, columns, the filter's text, the tables it reads and the key stay on the trusted side."""
    filters = ("conversation_id IN (SELECT conversation_id FROM silver.conversations WHERE team = 'north')",)
    ready = built.prepare(
        authorization(
            "silver.messages", ["conversation_id", "text"], *filters, masks={"text": Mask("redact", None, "")}
        )
    )
    content = ready.file.read_bytes()
    for hidden in (b"words", b"message_id", b"silver", b"north", built.extracts.home.key("mask")):
        assert hidden not in content, hidden
    assert b"[redacted]" in content


def test_who_may_read_the_same_shares_an_extract(built: Built) -> None:
    first = built.prepare(authorization("silver.messages", ["text"], principal="carl", groups=["a"]))
    second = built.prepare(authorization("silver.messages", ["text"], principal="olga", groups=["b"]))
    assert first == second
    assert built.tables == ["silver.messages"]


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ("current_principal() = 'carl'", {"principal": "olga"}),
        ("is_member('team_north')", {"groups": ["team_north"]}),
        ("is_member('team_' || team)", {"groups": ["anything"]}),
    ],
)
def test_what_a_filter_asks_about_makes_another_extract(built: Built, condition: str, other: dict[str, Any]) -> None:
    one = authorization("silver.conversations", ["team"], condition)
    two = authorization("silver.conversations", ["team"], condition, **other)
    assert built.extracts.plan(one).fingerprint != built.extracts.plan(two).fingerprint


def test_a_filter_decides_by_the_persons_groups(built: Built) -> None:
    condition = "is_member('team_' || team)"
    north = built.prepare(authorization("silver.conversations", ["team"], condition, groups=["team_north"]))
    none = built.prepare(authorization("silver.conversations", ["team"], condition))
    assert {row["team"] for row in rows(north)} == {"north"}
    assert rows(none) == []


def test_asking_again_builds_nothing(built: Built) -> None:
    for _ in range(3):
        built.prepare(authorization("silver.messages", ["text"]))
    another = Extracts(built.extracts.home, Lake(built.extracts.home.lake), on_build=built.tables.append)
    another.prepare(another.plan(authorization("silver.messages", ["text"])))
    assert built.tables == ["silver.messages"]


def test_a_commit_elsewhere_builds_nothing(built: Built, deliver: Deliver, conversations_schema: pa.Schema) -> None:
    built.prepare(authorization("silver.messages", ["text"]))
    deliver(built.extracts.home, "silver.conversations", conversation_rows(range(3)), conversations_schema)
    built.prepare(authorization("silver.messages", ["text"]))
    assert built.tables == ["silver.messages"]


def test_a_commit_to_a_table_that_a_filter_reads_counts(
    built: Built, deliver: Deliver, conversations_schema: pa.Schema
) -> None:
    condition = "conversation_id IN (SELECT conversation_id FROM silver.conversations WHERE messages > 100)"
    allowed = authorization("silver.messages", ["conversation_id"], condition)
    assert rows(built.prepare(allowed)) == []
    later = [{"conversation_id": "c4", "team": "north", "texter_key": "t", "messages": 101}]
    deliver(built.extracts.home, "silver.conversations", later, conversations_schema)
    assert {row["conversation_id"] for row in rows(built.prepare(allowed))} == {"c4"}


def test_rows_that_were_added_are_added_and_what_is_gone_goes(
    built: Built, deliver: Deliver, conversations_schema: pa.Schema
) -> None:
    allowed = authorization("silver.conversations", ["conversation_id"], "team = 'north'")
    home = built.extracts.home
    assert len(rows(built.prepare(allowed))) == 5
    deliver(home, "silver.conversations", conversation_rows(range(10, 20)), conversations_schema)
    ready = built.prepare(allowed)
    assert sorted(row["conversation_id"] for row in rows(ready)) == sorted(f"c{n}" for n in range(1, 20, 2))
    assert ready.versions == {"silver.conversations": 1}
    deliver(home, "silver.conversations", conversation_rows(range(2)), conversations_schema, overwrite=True)
    assert rows(built.prepare(allowed)) == [{"conversation_id": "c1"}]


def test_a_filter_that_reads_its_own_table_sees_all_of_it_when_rows_are_added(
    built: Built, deliver: Deliver, conversations_schema: pa.Schema
) -> None:
    most = "messages = (SELECT max(other.messages) FROM silver.conversations AS other)"
    allowed = authorization("silver.conversations", ["conversation_id"], most)
    assert rows(built.prepare(allowed)) == [{"conversation_id": "c9"}]
    fewer = [{"conversation_id": "c10", "team": "north", "texter_key": "t", "messages": 3}]
    deliver(built.extracts.home, "silver.conversations", fewer, conversations_schema)
    assert rows(built.prepare(allowed)) == [{"conversation_id": "c9"}]


def test_what_depends_on_the_time_is_decided_for_every_question(built: Built) -> None:
    allowed = authorization("silver.messages", ["message_id"], "sent_at < now()")
    first, second = built.prepare(allowed), built.prepare(allowed)
    assert first.once
    assert second.once
    assert first.file != second.file


def test_rows_lie_in_the_lakes_order_whatever_a_filter_joins(
    built: Built, deliver: Deliver, messages_schema: pa.Schema
) -> None:
    deliver(built.extracts.home, "silver.messages", message_rows(range(100, 40_000)), messages_schema)
    condition = "conversation_id IN (SELECT conversation_id FROM silver.conversations WHERE team = 'north')"
    found = [
        row["message_id"] for row in rows(built.prepare(authorization("silver.messages", ["message_id"], condition)))
    ]
    assert found == [f"m{n}" for n in range(40_000) if n % 2]


def test_a_table_made_anew_at_the_same_version_is_read_anew(
    built: Built, deliver: Deliver, conversations_schema: pa.Schema
) -> None:
    allowed = authorization("silver.conversations", ["conversation_id"])
    assert len(rows(built.prepare(allowed))) == 10
    shutil.rmtree(built.extracts.home.lake / "silver" / "conversations")
    deliver(built.extracts.home, "silver.conversations", conversation_rows(range(2)), conversations_schema)
    assert len(rows(built.prepare(allowed))) == 2


def test_a_column_that_older_files_lack_is_null_there(
    built: Built, deliver: Deliver, conversations_schema: pa.Schema
) -> None:
    wider = conversations_schema.append(pa.field("channel", pa.string()))
    deliver(built.extracts.home, "silver.conversations", [{"conversation_id": "c99", "channel": "sms"}], wider)
    found = rows(built.prepare(authorization("silver.conversations", ["conversation_id", "channel"])))
    assert len(found) == 11
    assert {row["channel"] for row in found} == {None, "sms"}


def test_the_first_question_about_a_large_table_takes_the_time_it_asks_about(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extracts_module, "LARGE_ROWS", 50)
    allowed = authorization("silver.messages", ["message_id", "sent_at", "text"])
    within = {"sent_at": (FIRST.replace(day=2), None)}
    once = built.prepare(allowed, columns=frozenset({"message_id", "sent_at"}), within=lambda: within)
    assert once.once
    assert [set(row) for row in rows(once)] == [{"message_id", "sent_at"}] * 76
    kept = built.prepare(allowed, columns=frozenset({"message_id"}), within=lambda: within)
    assert not kept.once
    assert len(rows(kept)) == 100


def test_a_file_that_is_not_what_its_name_says_is_refused_and_removed(built: Built) -> None:
    narrow = built.prepare(authorization("silver.messages", ["message_id"]))
    wide = built.prepare(authorization("silver.messages", ["message_id", "text"]))
    narrow.file.write_bytes(wide.file.read_bytes())
    with pytest.raises(NightlightError, match="damaged"):
        built.prepare(authorization("silver.messages", ["message_id"]))
    assert [set(row) for row in rows(built.prepare(authorization("silver.messages", ["message_id"])))] == [
        {"message_id"}
    ] * 100


def test_a_damaged_file_is_refused(built: Built) -> None:
    ready = built.prepare(authorization("silver.messages", ["message_id"]))
    ready.file.write_bytes(b"not a database")
    with pytest.raises(NightlightError, match="damaged"):
        built.prepare(authorization("silver.messages", ["message_id"]))


def test_a_missing_file_of_the_table_is_no_smaller_answer(built: Built) -> None:
    Path(Lake(built.extracts.home.lake).table("silver.messages").files()[0].path).unlink()
    with pytest.raises(NightlightError, match=r"a file of silver\.messages is missing"):
        built.prepare(authorization("silver.messages", ["message_id"]))


def test_a_filter_that_fails_shows_nothing_and_quotes_nothing(built: Built) -> None:
    with pytest.raises(NightlightError, match="cannot be built") as refusal:
        built.prepare(authorization("silver.messages", ["message_id"], "CAST(text AS INTEGER) > 0"))
    assert "words" not in str(refusal.value)
    assert list(built.extracts.home.extracts.glob("*")) == []


def test_the_least_recently_used_go_first(built: Built) -> None:
    home = built.extracts.home
    columns = ["message_id", "conversation_id", "text"]
    ready = [built.prepare(authorization("silver.messages", [column])) for column in columns]
    for age, extract in zip((300, 200, 100), ready, strict=True):
        os.utime(extract.file, (time.time() - age, extract.file.stat().st_mtime))
    (home.root / "nightlight.toml").write_text("extract_cache_mb = 1\n")
    small = Extracts(Home.open(home.root), Lake(home.lake))
    small.prepare(small.plan(authorization("silver.messages", ["sent_at"])))
    left = [extract.file.exists() for extract in ready]
    assert left in ([False, False, False], [False, False, True], [False, True, True])


def test_refreshing_follows_the_tables_and_is_no_use(
    built: Built, deliver: Deliver, messages_schema: pa.Schema
) -> None:
    built.prepare(authorization("silver.messages", ["message_id"]))
    assert built.extracts.refresh() == 0
    deliver(built.extracts.home, "silver.messages", message_rows(range(100, 110)), messages_schema)
    assert built.extracts.refresh() == 1
    built.tables.clear()
    assert len(rows(built.prepare(authorization("silver.messages", ["message_id"])))) == 110
    assert built.tables == []
