"""Labels by week: what moved is told, what chance does is not, and a handful of conversations says nothing."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.conftest import Deliver
from tests.quality.conftest import MIA, OTTO, SAM, Clock

from nightlight.catalog.audit import tail
from nightlight.db import insert_row, transaction
from nightlight.errors import NightlightError
from nightlight.quality.drift import Drift, Level, Week, alikeness, chance, choose_reference, drift, drift_alert, psi
from nightlight.quality.label_weeks import LABELS, count_labels, label_counts
from nightlight.quality.store import LIVE, Case, insert_case
from nightlight.settings import Home

MONDAY = date(2026, 3, 2)  # the running week, in which the clock stands
USUAL = {"exploration": 6, "risk_assessment": 2, "closing": 2}
OTHERWISE = {"exploration": 1, "risk_assessment": 8, "closing": 1}


def fill(
    home: Home, weeks: Mapping[int, Mapping[str, int]], conversations: int = 60, version: str = "labels-1"
) -> None:
    """Counts of weeks (so many weeks ago) as counting writes them: each conversation has messages of these phases."""
    with transaction(home.database_url) as connection:
        for ago, phases in weeks.items():
            key = {"source": "line", "week": MONDAY - timedelta(weeks=ago), "labeller": version}
            insert_row(
                connection,
                "quality_label_weeks",
                {**key, "axis": "conversations", "label": "", "number": conversations, "probability": None},
            )
            for phase, number in phases.items():
                counted = number * conversations
                row = {"axis": "phase", "label": phase, "number": counted, "probability": counted * 0.8}
                insert_row(connection, "quality_label_weeks", {**key, **row})


def look(home: Home, clock: Clock) -> Drift:
    return drift(home, by=MIA, clock=clock)


def week(found: Drift, ago: int) -> Week:
    return next(each for each in found.weeks if each.week == MONDAY - timedelta(weeks=ago))


def test_a_week_like_those_before_is_steady(people: Home, clock: Clock) -> None:
    fill(people, dict.fromkeys(range(1, 12), USUAL))
    moved = week(look(people, clock), 1).moved["phase"]
    assert moved.psi == pytest.approx(0, abs=1e-3)
    assert moved.level is Level.STEADY


def test_a_week_that_moved_is_told_and_announced(people: Home, clock: Clock) -> None:
    fill(people, {1: OTHERWISE, **dict.fromkeys(range(2, 12), USUAL)})
    moved = week(look(people, clock), 1).moved["phase"]
    assert moved.level is Level.ALERT
    assert moved.psi is not None
    assert moved.psi > 1
    line = drift_alert(people, clock=clock)
    assert line.startswith("in the week of 2026-02-23 phases (PSI 1.")
    assert week(look(people, clock), 2).moved["phase"].level is Level.STEADY


def test_an_alert_ends_when_the_next_week_is_as_before(people: Home, clock: Clock) -> None:
    fill(people, {1: USUAL, 2: OTHERWISE, **dict.fromkeys(range(3, 12), USUAL)})
    assert drift_alert(people, clock=clock) == ""
    assert week(look(people, clock), 2).moved["phase"].level is Level.ALERT


def test_a_smaller_move_is_watched_and_not_announced(people: Home, clock: Clock) -> None:
    fill(people, {1: {"exploration": 8, "risk_assessment": 7, "closing": 5}}, conversations=600)
    fill(people, {n: {"exploration": 12, "risk_assessment": 4, "closing": 4} for n in range(2, 12)}, conversations=600)
    moved = week(look(people, clock), 1).moved["phase"]
    assert moved.psi == pytest.approx(0.176, abs=0.005)
    assert moved.level is Level.WATCH
    assert drift_alert(people, clock=clock) == ""


def test_a_week_of_few_conversations_says_so(people: Home, clock: Clock) -> None:
    fill(people, dict.fromkeys(range(2, 12), USUAL))
    fill(people, {1: OTHERWISE}, conversations=29)
    assert week(look(people, clock), 1).moved["phase"].level is Level.FEW
    assert drift_alert(people, clock=clock) == ""


@pytest.mark.parametrize(("moved", "least", "most"), [(False, 0, 0.03), (True, 0.8, 1)])
def test_chance_raises_no_alert_and_a_move_does(moved: bool, least: float, most: float) -> None:
    """Weeks of forty conversations, whose thirty messages are alike, against a reference of eight such weeks: in the
    second run risk is asked about in twice as many messages."""
    import numpy as np

    random = np.random.default_rng(3)
    usual, other = np.array([0.5, 0.15, 0.25, 0.1]), np.array([0.35, 0.35, 0.2, 0.1])

    def drawn(mix: "np.ndarray[Any, Any]") -> dict[str, float]:
        conversations = [random.multinomial(30, random.dirichlet(8 * mix)) for _ in range(40)]
        return {str(label): float(number) for label, number in enumerate(np.sum(conversations, axis=0))}

    beyond = 0
    for _ in range(150):
        reference = [(drawn(usual), 40) for _ in range(8)]
        added = {label: sum(totals[label] for totals, _ in reference) for label in reference[0][0]}
        limit = chance(4, 40, 8 * 40, alike=alikeness(reference))
        beyond += psi(drawn(other if moved else usual), added) > limit
    assert least <= beyond / 150 <= most


def test_a_reference_of_one_week_or_one_label_tells_nothing_about_chance() -> None:
    assert alikeness([({"a": 5.0, "b": 5.0}, 10)]) == 1.0
    assert alikeness([({"a": 5.0}, 10), ({"a": 9.0}, 10)]) == 1.0


def test_the_reference_is_the_first_weeks_of_the_labeller_that_works_now(people: Home, clock: Clock) -> None:
    fill(people, dict.fromkeys(range(12, 20), OTHERWISE), version="labels-0")
    fill(people, dict.fromkeys(range(1, 12), USUAL))
    found = look(people, clock)
    assert found.reference is not None
    assert (found.reference.first, found.reference.last) == (date(2025, 12, 15), date(2026, 2, 2))
    assert week(found, 5).is_reference
    assert week(found, 5).moved["phase"].level is Level.NONE
    assert week(found, 1).moved["phase"].level is Level.STEADY


def test_the_running_week_is_not_judged(people: Home, clock: Clock) -> None:
    fill(people, {0: OTHERWISE, **dict.fromkeys(range(1, 12), USUAL)})
    running = week(look(people, clock), 0)
    assert (running.is_over, running.moved["phase"].level) == (False, Level.NONE)


def test_one_week_is_no_reference(people: Home, clock: Clock) -> None:
    fill(people, {1: USUAL})
    found = look(people, clock)
    assert found.reference is None
    assert found.weeks[0].moved["phase"].level is Level.NONE


def test_another_reference_may_be_chosen_by_those_who_manage(people: Home, clock: Clock) -> None:
    fill(people, dict.fromkeys(range(1, 4), OTHERWISE) | dict.fromkeys(range(4, 12), USUAL))
    assert week(look(people, clock), 1).moved["phase"].level is Level.ALERT
    first, last = MONDAY - timedelta(days=18), MONDAY - timedelta(days=8)
    for who in (SAM, OTTO):
        with pytest.raises(NightlightError):
            choose_reference(people, "line", first, last, by=who, clock=clock)
    choose_reference(people, "line", first, last, by=MIA, clock=clock)
    found = look(people, clock)
    assert found.reference is not None
    assert (found.reference.first, found.reference.last) == (MONDAY - timedelta(weeks=3), MONDAY - timedelta(weeks=2))
    assert found.reference.chosen_by == "mia"
    assert week(found, 1).moved["phase"].level is Level.STEADY
    assert week(found, 5).moved["phase"].level is Level.ALERT
    assert tail(people, 1)[0]["action"] == "choose drift reference"


@pytest.mark.parametrize(
    ("first", "last", "what"),
    [(14, 21, "before it begins"), (14, 0, "not over"), (700, 693, "no labels")],
)
def test_a_reference_that_makes_no_sense_is_refused(
    people: Home, clock: Clock, first: int, last: int, what: str
) -> None:
    fill(people, dict.fromkeys(range(1, 4), USUAL))
    days = (MONDAY - timedelta(days=first), MONDAY - timedelta(days=last))
    with pytest.raises(NightlightError, match=what):
        choose_reference(people, "line", *days, by=MIA, clock=clock)


def test_counts_and_references_are_kept_in_every_database(anywhere: Home, clock: Clock) -> None:
    fill(anywhere, {1: OTHERWISE, **dict.fromkeys(range(2, 12), USUAL)})
    assert week(look(anywhere, clock), 1).moved["phase"].level is Level.ALERT
    choose_reference(anywhere, "line", MONDAY - timedelta(weeks=3), MONDAY - timedelta(weeks=2), by=MIA, clock=clock)
    found = look(anywhere, clock)
    assert found.reference is not None
    assert found.reference.chosen_by == "mia"
    count_labels(anywhere, clock=clock)
    assert len(look(anywhere, clock).weeks) == 11, "live labels are counted apart, and there are none"


def test_only_those_who_manage_see_drift(people: Home, clock: Clock) -> None:
    for who in (SAM, OTTO):
        with pytest.raises(NightlightError):
            drift(people, by=who, clock=clock)
    assert look(people, clock).weeks == ()


# Counting


def labels(*rows: Sequence[object]) -> list[dict[str, object]]:
    """Rows of the table of labels: conversation, day of March, phase, acts, risk, abstained."""
    return [
        {
            "conversation_id": conversation,
            "message_id": number,
            "sent_at": datetime(2026, 3, int(str(day)), 12, tzinfo=UTC),
            "phase": phase,
            "phase_probability": None if phase is None else 0.75,
            "acts": acts,
            "act_probabilities": None if acts is None else [0.9] * len(str(acts).split(",")),
            "risk": risk,
            "risk_probability": None if risk is None else 0.6,
            "abstained": abstained,
            "labeller": "labels-1",
        }
        for number, (conversation, day, phase, acts, risk, abstained) in enumerate(rows, 1)
    ]


def give_labels(home: Home, deliver: Deliver, rows: list[dict[str, object]]) -> None:
    import pyarrow as pa

    kinds = {
        "conversation_id": pa.int64(),
        "message_id": pa.int64(),
        "sent_at": pa.timestamp("us", "UTC"),
        "phase": pa.string(),
        "phase_probability": pa.float64(),
        "acts": pa.list_(pa.string()),
        "act_probabilities": pa.list_(pa.float64()),
        "risk": pa.int32(),
        "risk_probability": pa.float64(),
        "abstained": pa.string(),
        "labeller": pa.string(),
    }
    deliver(home, LABELS, rows, pa.schema(list(kinds.items())))


def counted(home: Home, source: str = "line") -> dict[tuple[str, str, str], tuple[int, float | None]]:
    return {
        (str(each.week), each.axis, each.label): (
            each.number,
            None if each.probability is None else round(each.probability, 6),
        )
        for each in label_counts(home)
        if each.source == source
    }


def test_the_table_of_labels_is_counted_by_week(people: Home, clock: Clock, deliver: Deliver) -> None:
    rows = labels(
        (1, 1, "exploration", ["reflection", "feeling"], None, None),  # the last day of February's week
        (1, 2, "exploration", None, 2, None),
        (1, 2, "closing", ["close"], None, None),
        (2, 2, "exploration", None, 0, None),
        (3, 8, None, None, None, "few of its words are known"),
    )
    give_labels(people, deliver, rows)
    count_labels(people, clock=clock)
    assert counted(people) == {
        ("2026-02-23", "conversations", ""): (1, None),
        ("2026-02-23", "read", "assessed"): (1, None),
        ("2026-02-23", "phase", "exploration"): (1, 0.75),
        ("2026-02-23", "confidence", "0.7"): (1, 0.75),
        ("2026-02-23", "acts", "reflection"): (1, 0.9),
        ("2026-02-23", "acts", "feeling"): (1, 0.9),
        ("2026-03-02", "conversations", ""): (3, None),
        ("2026-03-02", "read", "assessed"): (3, None),
        ("2026-03-02", "read", "not assessed"): (1, None),
        ("2026-03-02", "phase", "exploration"): (2, 1.5),
        ("2026-03-02", "phase", "closing"): (1, 0.75),
        ("2026-03-02", "confidence", "0.7"): (3, 2.25),
        ("2026-03-02", "acts", "close"): (1, 0.9),
        ("2026-03-02", "risk", "2"): (1, 0.6),
        ("2026-03-02", "risk", "0"): (1, 0.6),
    }


def test_a_table_that_changed_is_counted_anew_once_a_day(people: Home, clock: Clock, deliver: Deliver) -> None:
    give_labels(people, deliver, labels((1, 2, "closing", None, None, None)))
    count_labels(people, clock=clock)
    give_labels(people, deliver, labels((2, 2, "closing", None, None, None)))
    count_labels(people, clock=clock)
    assert counted(people)["2026-03-02", "phase", "closing"][0] == 1
    clock.pass_by(days=1, minutes=1)
    count_labels(people, clock=clock)
    assert counted(people)["2026-03-02", "phase", "closing"][0] == 2
    count_labels(people, clock=clock)
    assert counted(people)["2026-03-02", "phase", "closing"][0] == 2


def test_live_labels_are_counted_apart_and_stay_when_their_conversation_is_gone(people: Home, clock: Clock) -> None:
    kept = {"phase": "exploration", "coarse": "assessment", "phase_p": 0.8, "acts": None, "abstained": None}
    with transaction(people.database_url) as connection:
        insert_case(connection, Case("live", LIVE, "v1", None, clock.now, clock.now, None, 2, 1, "labels-1"))
        insert_row(
            connection,
            "quality_messages",
            {
                "conversation": "live",
                "message_id": "1",
                "arrived": 1,
                "author": "texter",
                "sent_at": clock.now,
                "labels": json.dumps({**kept, "risk": [2, [0.1, 0.1, 0.7, 0.05, 0.05], []]}),
            },
        )
    count_labels(people, clock=clock)
    assert counted(people, "live") == {
        ("2026-03-02", "conversations", ""): (1, None),
        ("2026-03-02", "read", "assessed"): (1, None),
        ("2026-03-02", "phase", "exploration"): (1, 0.8),
        ("2026-03-02", "confidence", "0.8"): (1, 0.8),
        ("2026-03-02", "risk", "2"): (1, 0.7),
    }
    with transaction(people.database_url) as connection:
        connection.exec_driver_sql("DELETE FROM quality_messages")
    clock.pass_by(weeks=4)
    count_labels(people, clock=clock)
    assert counted(people, "live")["2026-03-02", "risk", "2"] == (1, 0.7)
