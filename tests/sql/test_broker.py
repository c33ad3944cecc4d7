"""The door: who gets which rows, what refusals say, and that nothing leaves without the audit."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from sqlalchemy import text
from tests.conftest import Deliver
from tests.sql.conftest import Ask, apply, conversation_rows

from nightlight.catalog.audit import tail
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import SENSITIVITY, TEXT
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.sql.failures import QueryFailed


def test_a_supervisor_reads_the_text_of_her_own_team_alone(ask: Ask) -> None:
    rows = ask("olga", "SELECT DISTINCT conversation_id AS id, text IS NULL AS hidden FROM silver.messages").table
    assert sorted(rows.column("id").to_pylist()) == ["c1", "c3", "c5", "c7", "c9"]
    assert set(rows.column("hidden").to_pylist()) == {False}


def test_a_colleague_of_no_team_reads_no_message(ask: Ask) -> None:
    assert ask("sven", "SELECT count(*) FROM silver.messages").table.to_pydict() == {"count_star()": [0]}


def test_an_analyst_sees_neither_text_nor_identity(ask: Ask) -> None:
    columns = ask("carl", "DESCRIBE silver.messages").table.column("column_name").to_pylist()
    keys = ask("carl", "SELECT texter_key FROM silver.conversations").table.column("texter_key").to_pylist()
    assert columns == ["message_id", "conversation_id", "sent_at"]
    assert len(set(keys)) == 10
    assert not any(key.startswith("texter") for key in keys)


def test_a_stranger_finds_nothing(ask: Ask) -> None:
    assert ask("stranger", "SHOW TABLES").table.num_rows == 0
    with pytest.raises(NightlightError, match=r"there is no table .silver\.messages. that you may read"):
        ask("stranger", "SELECT 1 FROM silver.messages")


def test_forbidden_and_unknown_tables_are_told_the_same(ask: Ask) -> None:
    with pytest.raises(NightlightError) as forbidden:
        ask("stranger", "SELECT 1 FROM silver.messages")
    with pytest.raises(NightlightError) as unknown:
        ask("stranger", "SELECT 1 FROM silver.missings")
    assert str(forbidden.value) == str(unknown.value).replace("missings", "messages")


def test_a_damaged_table_is_told_to_those_who_may_read_it_and_hidden_from_others(ask: Ask, line: Home) -> None:
    ask("carl", "SELECT 1 FROM silver.messages")
    (log,) = (line.lake / "silver" / "messages" / "_delta_log").glob("*.json")
    log.write_text("garbage")
    with pytest.raises(NightlightError, match=r"what you may read of silver\.messages cannot be prepared"):
        ask("carl", "SELECT 1 FROM silver.messages")
    with pytest.raises(NightlightError, match=r"there is no table 'silver\.messages' that you may read"):
        ask("stranger", "SELECT 1 FROM silver.messages")
    assert ask("carl", "SELECT 1 FROM silver.conversations").table.num_rows == 10


def test_what_is_wrong_inside_is_told_to_administrators_alone(ask: Ask, line: Home) -> None:
    (line.root / "keys" / "mask").unlink()
    with pytest.raises(NightlightError) as refusal:
        ask("carl", "SELECT 1 FROM silver.conversations")
    assert str(line.root) not in str(refusal.value)
    entry = tail(line, 1)[-1]
    assert entry["outcome"] == "failed"
    assert "the home's key 'mask' cannot be read" in entry["detail"]


def test_a_version_is_read_by_the_decision_about_it(
    ask: Ask, line: Home, deliver: Deliver, conversations_schema: pa.Schema
) -> None:
    """A table made anew in the same place and at the same version is another table, at once."""
    assert ask("carl", "SELECT team FROM silver.conversations").table.num_rows == 10
    shutil.rmtree(line.lake / "silver" / "conversations")
    tagged = conversations_schema.set(1, pa.field("team", pa.string(), metadata={SENSITIVITY: TEXT.encode()}))
    deliver(line, "silver.conversations", conversation_rows(range(3)), tagged)
    with pytest.raises(QueryFailed, match="there is no column 'team' that you may read"):
        ask("carl", "SELECT team FROM silver.conversations")


def test_a_filter_about_a_group_that_is_gone_closes_the_table(ask: Ask, line: Home) -> None:
    apply(line, "SET ROW FILTER ON TABLE silver.conversations (NOT is_member('nobody')) TO analysts;")
    assert ask("carl", "SELECT 1 FROM silver.conversations").table.num_rows == 10
    with transaction(line.database_url) as connection:
        connection.execute(text("UPDATE principals SET ended_at = CURRENT_TIMESTAMP WHERE name = 'nobody'"))
    with pytest.raises(NightlightError, match=r"what you may read of silver\.conversations cannot be prepared"):
        ask("carl", "SELECT 1 FROM silver.conversations")


def test_columns_beyond_ascii_are_read_and_audited(ask: Ask, line: Home, deliver: Deliver) -> None:
    deliver(line, "silver.feelings", [{"Ärger": 3}], pa.schema([("Ärger", pa.int64())]))
    apply(line, "GRANT SELECT ON TABLE silver.feelings TO analysts;")
    assert ask("carl", 'SELECT "Ärger" FROM silver.feelings').table.num_rows == 1
    assert tail(line, 1)[-1]["columns"] == ["silver.feelings.Ärger"]


def test_a_question_that_is_stopped_is_audited_too(ask: Ask, line: Home) -> None:
    def stop() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask("carl", "SELECT count(*) FROM silver.conversations", cancelled=stop)
    entry = tail(line, 1)[-1]
    assert (entry["principal"], entry["outcome"]) == ("carl", "failed")


def test_an_answer_does_not_name_the_tables_that_a_filter_reads(ask: Ask) -> None:
    assert ask("olga", "SELECT 1 FROM silver.messages").versions == {"silver.messages": 0}


def test_what_was_prepared_for_one_question_goes_with_it_when_another_table_fails(
    ask: Ask, line: Home, deliver: Deliver
) -> None:
    apply(line, "SET ROW FILTER ON TABLE silver.conversations (now() > TIMESTAMP '2020-01-01') TO analysts;")
    (log,) = (line.lake / "silver" / "messages").glob("*.parquet")
    log.unlink()
    with pytest.raises(NightlightError, match="cannot be prepared"):
        ask("carl", "SELECT 1 FROM silver.conversations, silver.messages")
    assert list(line.extracts.glob("new-*")) == []


def test_of_several_unknown_tables_the_first_by_name_is_told(ask: Ask) -> None:
    for _ in range(3):
        with pytest.raises(NightlightError, match=r"silver\.aaa"):
            ask("carl", "SELECT 1 FROM silver.zzz, silver.mmm, silver.aaa, silver.kkk")


def test_forbidden_and_unknown_columns_are_told_the_same(ask: Ask) -> None:
    with pytest.raises(QueryFailed) as forbidden:
        ask("carl", "SELECT text FROM silver.messages")
    with pytest.raises(QueryFailed) as unknown:
        ask("carl", "SELECT tixt FROM silver.messages")
    assert str(forbidden.value) == str(unknown.value).replace("tixt", "text")


def test_a_column_that_is_not_granted_counts_as_refused(ask: Ask, line: Home) -> None:
    with pytest.raises(QueryFailed):
        ask("carl", "SELECT text FROM silver.messages")
    assert tail(line, 1)[-1]["outcome"] == "refused"


def test_every_question_needs_a_purpose_that_is_allowed(ask: Ask) -> None:
    with pytest.raises(NightlightError, match="a purpose is needed"):
        ask("carl", "SELECT 1", purpose=None)
    with pytest.raises(NightlightError, match="review"):
        ask("carl", "SELECT 1", purpose="review")
    with pytest.raises(NightlightError, match="marketing"):
        ask("carl", "SELECT 1", purpose="marketing")


def test_the_homes_own_principal_asks_nothing(ask: Ask) -> None:
    with pytest.raises(NightlightError, match="asks nothing"):
        ask("pipelines", "SELECT 1 FROM silver.messages")


def test_unqualified_tables_are_looked_up_in_the_schema_that_is_named(ask: Ask) -> None:
    counted = ask("carl", "WITH messages AS (FROM messages) SELECT count(*) AS n FROM messages", schema="silver")
    assert counted.table.to_pydict() == {"n": [100]}
    with pytest.raises(NightlightError, match=r"write schema\.table"):
        ask("carl", "SELECT count(*) FROM messages")


def test_show_tables_lists_what_one_may_read(ask: Ask) -> None:
    assert ask("carl", "SHOW TABLES").table.to_pylist() == [
        {"schema": "silver", "table": "conversations"},
        {"schema": "silver", "table": "messages"},
    ]


def test_a_pivot_without_values_takes_them_from_what_one_may_read(ask: Ask) -> None:
    rows = ask("carl", "PIVOT silver.conversations ON team USING count(*)").table
    assert {"north", "south"} <= set(rows.column_names)


def test_sums_of_whole_numbers_are_whole_numbers(ask: Ask) -> None:
    assert (
        str(ask("carl", "SELECT sum(messages) AS n FROM silver.conversations").table.schema.field("n").type) == "int64"
    )


def test_the_audit_says_who_read_what_and_which_versions(ask: Ask, line: Home) -> None:
    ask("olga", "SELECT text FROM silver.messages WHERE sent_at > TIMESTAMP '2026-01-02'")
    entry = tail(line, 1)[-1]
    assert (entry["principal"], entry["purpose"], entry["outcome"], entry["rows"]) == ("olga", "review", "done", 38)
    assert set(entry["columns"]) == {"silver.messages.text", "silver.messages.sent_at"}
    assert entry["versions"] == {"silver.conversations": 0, "silver.messages": 0}
    assert entry["fingerprint"]


def test_refused_attempts_are_audited_too(ask: Ask, line: Home) -> None:
    for statement in ("SELECT 1 FROM silver.messages", "DROP TABLE silver.messages", "SELECT getenv('HOME')"):
        with pytest.raises(NightlightError):
            ask("stranger", statement)
        entry = tail(line, 1)[-1]
        assert (entry["principal"], entry["outcome"], entry["statement"]) == ("stranger", "refused", statement)


def test_without_the_audit_there_is_no_data(ask: Ask, line: Home) -> None:
    ask("carl", "SELECT 1 FROM silver.conversations")
    with transaction(line.database_url) as connection:
        connection.execute(text("DROP TABLE audit"))
    with pytest.raises(NightlightError, match="audit"):
        ask("carl", "SELECT 1 FROM silver.conversations")


def test_a_grant_that_ends_ends_at_once(ask: Ask, line: Home) -> None:
    assert ask("carl", "SELECT 1 FROM silver.messages").table.num_rows == 100
    apply(line, "REVOKE SELECT ON TABLE silver.messages FROM analysts;")
    with pytest.raises(NightlightError, match="that you may read"):
        ask("carl", "SELECT 1 FROM silver.messages")


def test_rows_that_were_just_committed_are_seen(
    ask: Ask, line: Home, deliver: Deliver, conversations_schema: object
) -> None:
    count = "SELECT count(*) AS n FROM silver.conversations"
    assert ask("carl", count).table.to_pydict() == {"n": [10]}
    deliver(line, "silver.conversations", conversation_rows(range(10, 15)), conversations_schema)
    assert ask("carl", count).table.to_pydict() == {"n": [15]}


def test_an_answer_that_was_cut_says_so(ask: Ask, broker: Broker) -> None:
    from dataclasses import replace

    answer = ask("carl", "SELECT * FROM silver.messages", limits=replace(broker.limits(), rows=5))
    assert answer.table.num_rows == 5
    assert answer.truncated
    assert "cut after 5 rows" in answer.notes


def test_the_gate_cannot_be_left_out_in_production(line: Home, make_home: Callable[..., Home], ask: Ask) -> None:
    (line.root / "nightlight.toml").write_text("production = true\n")
    with Broker(Home.open(line.root)) as broker, pytest.raises(NightlightError, match="production"):
        broker.sql("SELECT 1", principal="carl", purpose="numbers", gate=False)


def test_many_ask_at_once_and_each_gets_their_own(ask: Ask) -> None:
    def count(principal: str) -> int:
        return int(ask(principal, "SELECT count(*) AS n FROM silver.messages").table.column("n")[0].as_py())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(count, ["olga", "carl", "sven"] * 8)) == [50, 100, 0] * 8


def test_chance_is_drawn_anew_for_each_question(ask: Ask) -> None:
    drawn = [ask("carl", "SELECT random() AS a, uuid() AS b").table.to_pylist()[0] for _ in range(3)]
    assert len({row["a"] for row in drawn}) == len({row["b"] for row in drawn}) == 3
