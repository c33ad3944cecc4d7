"""Coaching: vera's own conversations for vera; sam supervises her team, otto is a stranger, nobody sees another's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import Deliver
from tests.quality.conftest import Clock, change
from tests.quality.test_measures import told

from nightlight.catalog.statements import read_statements
from nightlight.conversations.labels import CounselorAct
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.quality.coaching import Coaching, Own, coaching, counselors_of, strengths_of, to_try
from nightlight.quality.label_weeks import LABELS
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

OWN = """
CREATE GROUP volunteers; ADD USER vera TO GROUP volunteers; ADD USER vito TO GROUP volunteers;
CREATE PURPOSE volunteer_training OF training 'Help volunteers to grow'; ALLOW PURPOSE volunteer_training TO volunteers;
GRANT USE SCHEMA ON SCHEMA gold TO volunteers; GRANT SELECT ON TABLE gold.message_labels TO volunteers;
GRANT USE SCHEMA ON SCHEMA gold TO supervisors; GRANT SELECT ON TABLE gold.message_labels TO supervisors;
SET TAG ON COLUMN gold.message_labels.acts sensitivity = 'none';
SET ROW FILTER ON TABLE gold.message_labels (
  conversation_id IN (
    SELECT c.conversation_id FROM silver.conversations c WHERE c.counselor_id IN (
      SELECT volunteer_id FROM bronze.volunteers
      GROUP BY volunteer_id HAVING lower(arg_max(email, updated_at)) = lower(current_principal())
    )
  )
) TO volunteers;
"""
READS = """
GRANT USE SCHEMA ON SCHEMA silver TO volunteers; GRANT SELECT ON TABLE silver.messages TO volunteers;
GRANT SELECT (text) ON TABLE silver.messages TO volunteers;
"""
GOOD = ("reflection", "validation", "open_question", "collaborate", "close")


@pytest.fixture
def coached(people: Home, clock: Clock, deliver: Deliver) -> Home:
    fill(people, clock, deliver)
    clock.pass_by(minutes=1)
    return people


def fill(home: Home, clock: Clock, deliver: Deliver, *, risk: int = 0) -> None:
    """v1 is vera, v2 is vito: six conversations of hers, with seven messages each, and one of his; texters are at this
    risk."""
    roster(home, clock, deliver)
    told(home, deliver, clock, *((f"c{n}", 1, 7) for n in range(6)), ("c9", 2, 7))
    hers = [row for n in range(6) for row in spoken(f"c{n}", *GOOD, risk=risk)]
    give(home, deliver, [*hers, *spoken("c9", "advice")])
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(OWN, "own.sql")), by="setup", text=OWN)


@pytest.fixture
def broker(coached: Home) -> Iterator[Broker]:
    with Broker(coached) as made:
        yield made


def roster(home: Home, clock: Clock, deliver: Deliver) -> None:
    import pyarrow as pa

    columns = [("volunteer_id", pa.string()), ("email", pa.string()), ("updated_at", pa.timestamp("us", "UTC"))]
    rows = [
        {"volunteer_id": key, "email": email, "updated_at": clock.now - timedelta(days=days)}
        for key, email, days in (("v1", "old@example.org", 9), ("v1", "Vera", 3), ("v2", "vera", 9), ("v2", "vito", 3))
    ]
    deliver(home, "bronze.volunteers", rows, pa.schema(columns))


def spoken(conversation: str, *acts: str, risk: int = 0) -> list[dict[str, Any]]:
    """A texter's message and seven of the counselor: one for each act, the others do nothing."""
    texter: dict[str, Any] = {"author": "texter", "acts": None, "risk": risk}
    counselor = [{"author": "counselor", "acts": [act], "risk": None} for act in acts]
    silent: list[dict[str, Any]] = [{"author": "counselor", "acts": [], "risk": None}] * (7 - len(acts))
    rows = [texter, *counselor, *silent]
    return [{"conversation_id": conversation, "message_id": f"{conversation}-{n}", **row} for n, row in enumerate(rows)]


def give(home: Home, deliver: Deliver, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    names = ("conversation_id", "message_id", "author")
    kinds = [(name, pa.string()) for name in names]
    deliver(home, LABELS, rows, pa.schema([*kinds, ("acts", pa.list_(pa.string())), ("risk", pa.int64())]))


def look(home: Home, broker: Broker, person: str, clock: Clock) -> Coaching:
    return coaching(home, broker, person, clock=clock)


def test_a_counselor_sees_what_they_did_well_in_their_own_conversations(
    coached: Home, broker: Broker, clock: Clock
) -> None:
    found = look(coached, broker, "vera", clock)
    assert (found.is_known, found.conversations) == (True, 6)
    assert {(each.skill, each.messages, each.conversations) for each in found.strengths} == {
        (skill, 6, 6) for skill in ("reflect", "value", "ask_openly", "plan_together", "close_well")
    }
    assert (found.is_enough, found.to_try) == (True, "")


def test_a_colleague_sees_only_their_own(coached: Home, broker: Broker, clock: Clock) -> None:
    found = look(coached, broker, "vito", clock)
    assert (found.conversations, found.strengths) == (1, ())
    assert (found.is_enough, found.to_try) == (False, ""), "one conversation says nothing"


@pytest.mark.parametrize("who", ["sam", "otto", "old@example.org"])
def test_who_supervises_and_who_is_a_stranger_see_nobodys(
    coached: Home, broker: Broker, clock: Clock, who: str
) -> None:
    """sam may read the labels of all of them, and has none of her own."""
    found = look(coached, broker, who, clock)
    assert (found.is_known, found.conversations, found.strengths, found.to_try) == (False, 0, (), "")


def test_without_a_grant_on_the_labels_there_is_nothing(coached: Home, broker: Broker, clock: Clock) -> None:
    change(coached, "REVOKE SELECT ON TABLE gold.message_labels FROM volunteers;")
    found = look(coached, broker, "vera", clock)
    assert (found.is_known, found.conversations, found.strengths) == (True, 0, ())


def test_words_are_shown_to_those_who_may_read_them(coached: Home, clock: Clock, deliver: Deliver) -> None:
    import pyarrow as pa

    text = pa.field("text", pa.string(), metadata={b"nightlight.sensitivity": b"text"})
    schema = pa.schema([*((n, pa.string()) for n in ("conversation_id", "message_id", "author")), text])
    rows = [
        {"conversation_id": "c5", "message_id": f"c5-{n}", "author": "counselor", "text": f"words {n}"}
        for n in range(8)
    ]
    deliver(coached, "silver.messages", rows, schema)
    register_tables(coached.database_url, Lake(coached.lake))
    with Broker(coached) as broker:
        assert all(each.quotes == () for each in look(coached, broker, "vera", clock).strengths)
        apply_policies(coached, list(read_statements(READS, "reads.sql")), by="setup", text=READS)
        quotes = {each.skill: each.quotes for each in look(coached, broker, "vera", clock).strengths}
    assert quotes["reflect"] == ("words 1",)
    assert quotes["close_well"] == ("words 5",)


def test_the_newest_address_of_the_roster_counts(coached: Home) -> None:
    lake = Lake(coached.lake)
    assert counselors_of(lake, "vera") == ("v1",)
    assert counselors_of(lake, "VITO") == ("v2",)
    assert counselors_of(lake, "old@example.org") == ()
    assert counselors_of(lake, "") == ()


def own(*acts: str, risk: int = 0) -> Own:
    return Own("c", tuple((str(n), frozenset({CounselorAct(act)})) for n, act in enumerate(acts)), risk)


def test_what_was_shown_most_comes_first() -> None:
    found = strengths_of([own("validation", "validation", "close"), own("close"), own("advice")])
    assert [(each.skill, each.messages, each.conversations) for each in found] == [
        ("close_well", 2, 2),
        ("value", 2, 1),
    ]


@pytest.mark.parametrize(
    ("owns", "tried"),
    [
        ([own(*GOOD)] * 5, ""),
        ([own("reflection", "validation", "open_question", "collaborate")] * 5, "close_well"),
        ([own("validation", "open_question", "collaborate", "close")] * 4 + [own(*GOOD)], "reflect"),
        ([own(*GOOD, risk=2)] * 2 + [own(*GOOD)] * 3, "ask_risk"),
        ([own(*GOOD, risk=2)] + [own(*GOOD, "risk_thoughts", risk=2)] * 4, ""),
    ],
)
def test_one_thing_to_try_is_what_was_seldom_there(owns: list[Own], tried: str) -> None:
    assert to_try(owns) == tried
