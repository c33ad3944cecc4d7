"""Answers are computed once for all who may read the same, and for nobody else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.sql.conftest import Ask, apply, conversation_rows

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.answers import Answers
from nightlight.sql.broker import Broker
from nightlight.sql.gate import read_select
from nightlight.sql.workers import Rows

COUNT = "SELECT count(*) AS n FROM silver.messages"


def rows(number: int) -> Rows:
    return Rows(pa.table({"n": pa.array(range(number), pa.int64())}), False, True, 0.0)


def fail_when_asked() -> Rows:
    raise AssertionError("computed once more")


def test_the_same_question_is_computed_once(broker: Broker, ask: Ask) -> None:
    first = ask("carl", COUNT)
    again = ask("carl", COUNT)
    assert again.table.to_pydict() == first.table.to_pydict() == {"n": [100]}
    assert again.cpu_seconds == first.cpu_seconds  # measured once


def test_each_answer_is_in_the_audit_computed_or_kept(line: Home, ask: Ask) -> None:
    ask("carl", COUNT)
    ask("carl", COUNT)
    records = tail(line, 2)
    assert [(r["statement"], r["outcome"], r["rows"], r["tables"]) for r in records] == [
        (COUNT, "done", 1, ["silver.messages"])
    ] * 2
    assert records[0]["versions"] == records[1]["versions"] != {}


def test_whoever_may_read_other_rows_gets_other_rows(ask: Ask) -> None:
    """An owner, a colleague without a team, and a stranger ask the same, one after the other."""
    assert ask("olga", COUNT).table.to_pydict() == {"n": [50]}
    assert ask("sven", COUNT).table.to_pydict() == {"n": [0]}
    with pytest.raises(NightlightError, match="that you may read"):
        ask("stranger", COUNT)


def test_a_grant_that_ends_ends_kept_answers_too(line: Home, ask: Ask) -> None:
    ask("carl", COUNT)
    apply(line, "REVOKE SELECT ON TABLE silver.messages FROM analysts;")
    with pytest.raises(NightlightError, match="that you may read"):
        ask("carl", COUNT)


def test_a_mask_that_is_set_changes_the_answer(line: Home, ask: Ask) -> None:
    keys = "SELECT conversation_id FROM silver.conversations ORDER BY 1"
    assert ask("carl", keys).table.column(0)[0].as_py() == "c0"
    apply(line, "SET MASK ON COLUMN silver.conversations.conversation_id constant 'x';")
    assert ask("carl", keys).table.column(0)[0].as_py() == "x"


def test_new_rows_are_seen_at_once(line: Home, ask: Ask, deliver: Deliver, conversations_schema: pa.Schema) -> None:
    count = "SELECT count(*) AS n FROM silver.conversations"
    assert ask("carl", count).table.to_pydict() == {"n": [10]}
    deliver(line, "silver.conversations", conversation_rows(range(10, 12)), conversations_schema)
    assert ask("carl", count).table.to_pydict() == {"n": [12]}


@pytest.mark.parametrize("clock", ["now()", "current_timestamp", "get_current_timestamp()"])
def test_what_the_clock_says_is_asked_each_time(ask: Ask, clock: str) -> None:
    question = f"SELECT epoch_us({clock}) AS value FROM silver.conversations LIMIT 1"
    assert ask("carl", question).table.to_pydict() != ask("carl", question).table.to_pydict()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT random()",
        'SELECT "random"()',
        "SELECT RANDOM() FROM s.t",
        "SELECT x.today() FROM s.t",
        "SELECT CURRENT_DATE - day FROM s.t",
        "SELECT age(day) FROM s.t",
        "WITH w AS (SELECT uuid() AS id) SELECT * FROM w",
        "SELECT list_transform([1], x -> random()) FROM s.t",
        "FROM s.t USING SAMPLE 10",
        "SELECT * FROM s.t TABLESAMPLE 10%",
    ],
)
def test_chance_and_clocks_are_found_wherever_they_stand(text: str) -> None:
    assert not read_select(text).is_repeatable


def test_other_queries_give_the_same_again() -> None:
    assert read_select("SELECT date_trunc('week', day) AS week, sum(n) FROM s.t GROUP BY ALL").is_repeatable


def test_several_who_ask_at_once_share_one_computation() -> None:
    answers, barrier, asked = Answers(), Barrier(8), []

    def ask() -> Rows:
        asked.append(1)
        return rows(3)

    def question(_: int) -> int:
        barrier.wait()
        return int(answers.answer("key", ask).table.num_rows)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(question, range(8))) == [3] * 8
    assert len(asked) == 1


def test_a_question_that_failed_is_asked_again() -> None:
    answers = Answers()
    with pytest.raises(AssertionError):
        answers.answer("key", fail_when_asked)
    assert answers.answer("key", lambda: rows(2)).table.num_rows == 2


def test_the_least_recently_used_answers_make_room() -> None:
    answers = Answers(kept_bytes=2 * rows(100).table.nbytes)
    for key in ("a", "b"):
        answers.answer(key, lambda: rows(100))
    answers.answer("a", fail_when_asked)
    answers.answer("c", lambda: rows(100))
    answers.answer("a", fail_when_asked)
    with pytest.raises(AssertionError, match="computed once more"):
        answers.answer("b", fail_when_asked)
