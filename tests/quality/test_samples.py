"""Random samples: mia draws, sam reads; olga is of another team, otto a stranger."""

from datetime import timedelta
from random import Random

import pytest
from tests.conftest import Deliver
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, TESS, Clock, a_flag, flag_of, take_in
from tests.quality.test_measures import run_live, told

from nightlight.catalog.audit import tail
from nightlight.db import insert_row, transaction
from nightlight.errors import NightlightError
from nightlight.quality.access import Reach
from nightlight.quality.forgetting import erase_conversation
from nightlight.quality.measures import measure
from nightlight.quality.openings import Ground, may_open
from nightlight.quality.queue import queue
from nightlight.quality.raising import keep_flags
from nightlight.quality.reviews import confirm, dismiss
from nightlight.quality.samples import OPEN_FOR, Sampled, answer, draw, find_sampled, read_sampled, samples
from nightlight.quality.tables import rows_now
from nightlight.quality.worth import compare
from nightlight.settings import Home
from nightlight.sql.broker import Broker


def drawn(home: Home, by: Reach = SAM) -> list[Sampled]:
    """The conversations of the newest sample that somebody sees."""
    return samples(home, by=by)[0][1]


def the_same(seed: int) -> Random:
    """A draw that comes out the same each time."""
    return Random(seed)  # noqa: S311


def sample_of(home: Home, clock: Clock, conversation: str) -> None:
    """A sample that mia drew and that holds this conversation."""
    with transaction(home.database_url) as connection:
        at = {"drawn_at": clock.now, "since": clock.now, "open_until": clock.now + OPEN_FOR}
        insert_row(connection, "quality_samples", {"drawn_by": "mia", **at})
        insert_row(connection, "quality_sampled", {"sample": 1, "conversation": conversation, "kinds": "[]"})


@pytest.fixture
def thirty(people: Home, clock: Clock, deliver: Deliver) -> Home:
    """Thirty conversations of v1 in the tables that have just ended."""
    told(people, deliver, clock, *((f"t{n}", 1, 3) for n in range(30)))
    clock.pass_by(minutes=1)
    return people


def test_a_sample_is_drawn_from_all_that_ended_flagged_or_not(thirty: Home, clock: Clock) -> None:
    take_in(thirty, "t3", "v1", clock.now - timedelta(minutes=1), a_flag())
    seen: set[str] = set()
    for seed in range(12):
        draw(thirty, 10, by=MIA, clock=clock, chance=the_same(seed))
        conversations = [each.conversation for each in drawn(thirty)]
        assert len(set(conversations)) == 10
        seen |= set(conversations)
    assert seen == {f"t{n}" for n in range(30)}


def test_what_is_drawn_enters_no_queue(thirty: Home, clock: Clock) -> None:
    draw(thirty, 30, by=MIA, clock=clock)
    assert queue(thirty, SAM, clock=clock) == []


def test_unanswered_running_and_older_conversations_are_not_drawn(people: Home, clock: Clock, deliver: Deliver) -> None:
    told(people, deliver, clock, ("answered", 1, 3), ("nobody", None, 0))
    clock.pass_by(minutes=1)
    draw(people, 10, by=MIA, clock=clock)
    assert [each.conversation for each in drawn(people)] == ["answered"]
    clock.pass_by(days=40)
    with pytest.raises(NightlightError, match="no conversation has ended"):
        draw(people, 10, by=MIA, clock=clock)


def test_a_live_conversation_is_drawn_while_its_text_is_kept(people: Home, clock: Clock) -> None:
    run_live(people, "live", clock.now - timedelta(hours=2), 60, None)
    with pytest.raises(NightlightError, match="no conversation has ended"):
        draw(people, 1, by=MIA, clock=clock)  # nobody answered it
    message = {"conversation": "live", "message_id": "1", "arrived": 1, "author": "counselor", "text": "hi"}
    with transaction(people.database_url) as connection:
        insert_row(connection, "quality_messages", {**message, "sent_at": clock.now})
    draw(people, 1, by=MIA, clock=clock)
    assert [each.conversation for each in drawn(people)] == ["live"]


def test_a_sample_is_drawn_and_answered_in_every_database(anywhere: Home, clock: Clock) -> None:
    run_live(anywhere, "live", clock.now - timedelta(hours=2), 60, 10)
    message = {"conversation": "live", "message_id": "1", "arrived": 1, "author": "counselor", "text": "hi"}
    with transaction(anywhere.database_url) as connection:
        insert_row(connection, "quality_messages", {**message, "sent_at": clock.now})
    draw(anywhere, 1, by=MIA, clock=clock)
    answer(anywhere, drawn(anywhere)[0].id, "problem", kinds=["no_closing"], seconds=60, by=SAM, clock=clock)
    found = compare(anywhere, by=SAM, clock=clock)
    assert (found.sample.read, found.recall.hits, found.recall.of) == (1, 1, 1)
    assert measure(anywhere, by=SAM, clock=clock).all.raised == 1
    with transaction(anywhere.database_url) as connection:
        (row,) = rows_now(connection, clock.now)["samples"]
    assert (row["conversation"], row["is_open"], row["is_problem"]) == ("live", False, True)


def test_only_those_who_manage_draw_and_the_audit_has_it(thirty: Home, clock: Clock) -> None:
    for who in (SAM, OTTO):
        with pytest.raises(NightlightError):
            draw(thirty, 3, by=who, clock=clock)
    draw(thirty, 3, by=MIA, clock=clock)
    assert [(each["action"], each["principal"], each["outcome"]) for each in tail(thirty, 3)] == [
        ("draw sample", "sam", "refused"),
        ("draw sample", "otto", "refused"),
        ("draw sample", "mia", "done"),
    ]


@pytest.mark.parametrize("size", [0, -1, 201])
def test_a_sample_has_a_sensible_size(thirty: Home, clock: Clock, size: int) -> None:
    with pytest.raises(NightlightError, match="a sample has 1 to 200"):
        draw(thirty, size, by=MIA, clock=clock)


def test_people_see_the_sampled_conversations_of_their_own_team(thirty: Home, clock: Clock) -> None:
    draw(thirty, 3, by=MIA, clock=clock)
    assert len(drawn(thirty, SAM)) == 3
    assert len(drawn(thirty, MIA)) == 3
    assert drawn(thirty, OLGA) == []
    with pytest.raises(NightlightError):
        samples(thirty, by=OTTO)
    for who in (OLGA, OTTO):
        with pytest.raises(NightlightError):
            find_sampled(thirty, drawn(thirty)[0].id, by=who)


def test_an_answer_is_given_once_and_not_by_who_drew(thirty: Home, clock: Clock) -> None:
    draw(thirty, 2, by=MIA, clock=clock)
    first = drawn(thirty)[0].id
    with pytest.raises(NightlightError, match="you drew this sample"):
        answer(thirty, first, "nothing", seconds=10, by=MIA, clock=clock)
    with pytest.raises(NightlightError):
        answer(thirty, first, "nothing", seconds=10, by=OLGA, clock=clock)
    found = answer(
        thirty, first, "problem", kinds=["no_closing"], note=" left\nalone ", seconds=95, by=SAM, clock=clock
    )
    assert (found.answer, found.kinds, found.note, found.seconds) == ("problem", ("no_closing",), "left alone", 95)
    with pytest.raises(NightlightError, match="sam has answered"):
        answer(thirty, first, "nothing", seconds=10, by=TESS, clock=clock)
    record = tail(thirty, 2)[0]
    assert (record["action"], record["detail"]) == ("answer sample", "problem")
    assert "left" not in str(tail(thirty, 20))


@pytest.mark.parametrize(("said", "kinds"), [("", []), ("perhaps", []), ("problem", ["no_such_rule"])])
def test_a_wrong_answer_is_told(thirty: Home, clock: Clock, said: str, kinds: list[str]) -> None:
    draw(thirty, 1, by=MIA, clock=clock)
    with pytest.raises(NightlightError):
        answer(thirty, drawn(thirty)[0].id, said, kinds=kinds, seconds=1, by=SAM, clock=clock)
    assert drawn(thirty)[0].answer is None


def test_a_sample_may_be_read_for_two_weeks(thirty: Home, clock: Clock) -> None:
    draw(thirty, 1, by=MIA, clock=clock)
    clock.now += OPEN_FOR
    with pytest.raises(NightlightError, match="is over"):
        answer(thirty, drawn(thirty)[0].id, "nothing", seconds=1, by=SAM, clock=clock)


def test_reading_opens_it_for_a_day_with_who_drew_as_second_person(lines: Home, broker: Broker, clock: Clock) -> None:
    """1001 is of v1, whose team sam looks after; the row filter of the tables lets her read it."""
    take_in(lines, "1001", "v1", clock.now - timedelta(days=2))
    sample_of(lines, clock, "1001")
    assert may_open(lines, "1001", by=SAM, now=clock.now) is Ground.NEEDS_SECOND
    for who in (MIA, OLGA, OTTO):
        with pytest.raises(NightlightError):
            read_sampled(lines, broker, 1, by=who, purpose="quality_review", clock=clock)
    found = read_sampled(lines, broker, 1, by=SAM, purpose="quality_review", clock=clock)
    assert [message.text for message in found.messages] == ["hi, i cant sleep", "What keeps you awake?"]
    assert may_open(lines, "1001", by=SAM, now=clock.now) is Ground.APPROVED
    assert may_open(lines, "1001", by=TESS, now=clock.now) is Ground.NEEDS_SECOND, "it was opened to sam alone"
    read_sampled(lines, broker, 1, by=SAM, purpose="quality_review", clock=clock)
    actions = [each["action"] for each in tail(lines, 50) if each["principal"] == "sam"]
    assert (actions[0], actions.count("open sampled")) == ("open sampled", 1)
    assert set(actions[1:]) == {"open conversation"}
    clock.pass_by(hours=25)
    assert may_open(lines, "1001", by=SAM, now=clock.now) is Ground.NEEDS_SECOND


def test_an_erased_conversation_is_in_no_sample(thirty: Home, clock: Clock) -> None:
    draw(thirty, 30, by=MIA, clock=clock)
    assert erase_conversation(thirty, "t7", by="ada")
    assert "t7" not in [each.conversation for each in drawn(thirty)]


# What it is worth


def queued(home: Home, clock: Clock, number: int, confirmed: int, seconds: float) -> None:
    for n in range(number):
        take_in(home, f"q{n}", "v1", clock.now, a_flag())
        flag = flag_of(home, f"q{n}").id
        if n < confirmed:
            confirm(home, flag, "", seconds, by=SAM, clock=clock)
        else:
            dismiss(home, flag, "not_so", "", seconds, by=SAM, clock=clock)


def read_at_random(home: Home, clock: Clock, number: int, problems: int, seconds: float | None) -> None:
    draw(home, number, by=MIA, clock=clock, chance=the_same(1))
    for n, each in enumerate(drawn(home)):
        said, kinds = ("problem", ["no_safety_plan"]) if n < problems else ("nothing", [])
        answer(home, each.id, said, kinds=kinds, seconds=seconds, by=SAM, clock=clock)


def test_an_hour_at_the_queue_is_compared_with_an_hour_at_random(thirty: Home, clock: Clock) -> None:
    queued(thirty, clock, 30, 20, 60)
    read_at_random(thirty, clock, 30, 3, 120)
    found = compare(thirty, by=SAM, clock=clock)
    assert (found.queue.read, found.queue.problems, found.queue.hours) == (30, 20, 0.5)
    assert (found.sample.read, found.sample.problems, found.sample.hours) == (30, 3, 1.0)
    assert (found.queue.per_hour, found.sample.per_hour) == (40.0, 3.0)
    assert found.difference == 37.0
    assert found.is_shown
    assert found.low is not None
    assert 20 < found.low < 37


def test_where_both_find_as_much_no_difference_is_shown(thirty: Home, clock: Clock) -> None:
    queued(thirty, clock, 30, 4, 60)
    read_at_random(thirty, clock, 30, 4, 60)
    found = compare(thirty, by=SAM, clock=clock)
    assert found.is_told
    assert not found.is_shown


def test_below_the_bar_nothing_is_compared(thirty: Home, clock: Clock) -> None:
    queued(thirty, clock, 30, 30, 60)
    read_at_random(thirty, clock, 9, 0, 60)
    found = compare(thirty, by=SAM, clock=clock)
    assert (found.sample.read, found.sample.per_hour, found.difference, found.is_shown) == (9, None, None, False)


def test_the_queue_is_taken_at_the_size_of_the_sample(thirty: Home, clock: Clock) -> None:
    queued(thirty, clock, 30, 20, 60)
    read_at_random(thirty, clock, 12, 1, 60)
    assert compare(thirty, by=SAM, clock=clock).queue.read == 12


def test_what_took_nobody_knows_how_long_is_left_out_and_told(thirty: Home, clock: Clock) -> None:
    read_at_random(thirty, clock, 12, 1, None)
    found = compare(thirty, by=SAM, clock=clock)
    assert (found.sample.read, found.sample.untimed) == (0, 12)
    assert found.common.of == 12, "whether there was a problem is known all the same"


def test_recall_is_what_rules_had_flagged_of_the_problems_found_at_random(thirty: Home, clock: Clock) -> None:
    read_at_random(thirty, clock, 20, 12, 60)
    problems = [each.conversation for each in drawn(thirty) if each.answer == "problem"]
    with transaction(thirty.database_url) as connection:
        for conversation in problems[:6]:
            keep_flags(connection, conversation, [a_flag("no_safety_plan")], at=clock.now)
        keep_flags(connection, problems[6], [a_flag("no_closing")], at=clock.now)
    found = compare(thirty, by=SAM, clock=clock)
    assert (found.recall.hits, found.recall.of) == (7, 12)
    kinds = dict(found.kinds)
    assert (kinds["no_safety_plan"].hits, kinds["no_safety_plan"].of) == (6, 12)
    assert (found.common.hits, found.common.of) == (12, 20)


def test_who_cannot_tell_counts_in_time_and_in_no_share(thirty: Home, clock: Clock) -> None:
    draw(thirty, 10, by=MIA, clock=clock)
    for each in drawn(thirty):
        answer(thirty, each.id, "unclear", kinds=["no_closing"], seconds=60, by=SAM, clock=clock)
    found = compare(thirty, by=SAM, clock=clock)
    assert (found.unclear, found.common.of, found.sample.read) == (10, 0, 10)
    assert all(each.kinds == () for each in drawn(thirty))
