"""The rubric points at messages, abstains where nothing shows, and gives the same score for the same transcript."""

from dataclasses import replace

import pytest
from tests.simulator.script_turns import turns_of
from tests.simulator.talk import Line, say, talk, then

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author, Outcome, Quality, Rung
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.rubric import CRITERIA, CURRENT, Item, missed, passed, rubric, share
from nightlight.simulator.rubric_items import ITEMS
from nightlight.simulator.session import Closed, Said, SupervisorCalled, Turn

CORPUS = starter_corpus()
NURSE, EXAM = CORPUS.cards["night-shift-fine"], CORPUS.cards["exam-week-sleepless"]
MUM, TAKEN = CORPUS.cards["four-month-old"], CORPUS.cards["already-took-something"]
WELCOME = say("Hi, I'm Sam. What's going on tonight?", Act.INTRO, Act.OPEN_QUESTION)
REFLECTS = say("It sounds like a lot.", Act.REFLECTION)
ASKS = say("What is it like?", Act.OPEN_QUESTION)
CLOSED = say("Did you eat?", Act.CLOSED_QUESTION)
CUE = "everyone would be better off without me"
FILLER = (ASKS, REFLECTS) * 4


def scored(name: str, turns: tuple[Turn, ...], card: Card = NURSE) -> Item:
    return next(item for item in rubric(card, turns) if item.item == name)


def score(
    name: str, *lines: Line, card: Card = NURSE, opening: str = "hi", outcome: Outcome | None = None
) -> int | None:
    return scored(name, talk(card, opening, *lines, outcome=outcome), card).score


THOUGHTS = say("Are you thinking of suicide?", Act.RISK_THOUGHTS, rungs=(Rung.THOUGHTS,))
PLAN = say("Have you thought about how?", Act.RISK_PLAN, rungs=(Rung.PLAN,))
MEANS = say("Is it near you?", Act.RISK_MEANS, rungs=(Rung.MEANS,))
WHEN = say("When?", Act.RISK_TIMEFRAME, rungs=(Rung.TIMEFRAME,))
HEDGED = say("Are you thinking of suicide?", Act.RISK_THOUGHTS, hedged=(Rung.THOUGHTS,))
HELP = say("I'm bringing my supervisor in.", Act.ESCALATE)
BYE = say("You can text us any time. Take care.", Act.CLOSE)
TABLE: list[tuple[str, tuple[Line, ...], int | None]] = [
    ("opening", (WELCOME,), 2),
    ("opening", (say("Hello.", Act.GREETING),), 1),
    ("opening", (CLOSED,), 0),
    ("reflections", (ASKS, REFLECTS, ASKS, REFLECTS), 2),
    ("reflections", (ASKS, REFLECTS, ASKS, ASKS, ASKS), 1),
    ("reflections", (ASKS, ASKS, ASKS, ASKS, ASKS), 0),
    ("reflections", (ASKS, REFLECTS), None),
    ("feelings", (say("I wonder if you feel alone.", Act.FEELING), say("Maybe you're scared.", Act.FEELING)), 2),
    ("feelings", (say("You are angry.", Act.FEELING),), 1),
    ("feelings", FILLER, 0),
    ("feelings", (ASKS,), None),
    ("validation", (ASKS, say("That makes sense.", Act.VALIDATION), say("Shall we look?", Act.COLLABORATE)), 2),
    ("validation", (ASKS, ASKS, say("Shall we look?", Act.COLLABORATE), say("That makes sense.", Act.VALIDATION)), 1),
    ("validation", (say("You should sleep.", Act.ADVICE),), 0),
    ("validation", (ASKS,), None),
    ("open_questions", (ASKS, ASKS, CLOSED), 2),
    ("open_questions", (ASKS, CLOSED, CLOSED), 1),
    ("open_questions", (CLOSED, CLOSED, CLOSED), 0),
    ("open_questions", (ASKS,), None),
    ("asked_about_suicide", (THOUGHTS,), 2),
    ("asked_about_suicide", (say("Nothing silly?", Act.EUPHEMISM),), 1),
    ("asked_about_suicide", FILLER, 0),
    ("asked_about_suicide", (ASKS,), None),
    ("ladder", (THOUGHTS, PLAN, MEANS, WHEN, ASKS), 2),
    ("ladder", (PLAN, THOUGHTS, MEANS, WHEN, ASKS), 1),
    ("ladder", (THOUGHTS, PLAN, MEANS, ASKS), 0),
    ("ladder", (HEDGED, ASKS, ASKS), 0),
    ("ladder", (HEDGED,), None),
    ("ladder", (THOUGHTS,), None),
    ("ladder", FILLER, None),
    ("buffers", (say("Who holds you?", Act.BUFFERS), say("You reached out.", Act.STRENGTH)), 2),
    ("buffers", (say("You reached out.", Act.STRENGTH),), 1),
    ("buffers", FILLER, 0),
    ("buffers", (ASKS,), None),
    ("goal", (say("What would help tonight?", Act.GOAL),), 2),
    ("goal", (say("What would help tonight?", Act.GOAL, replies=()),), 1),
    ("goal", FILLER, None),
    ("next_step", (ASKS, ASKS, say("Shall we?", Act.COLLABORATE), say("What helped?", Act.COPING)), 2),
    ("next_step", (ASKS, ASKS, say("Shall we?", Act.COLLABORATE)), 1),
    ("next_step", (say("Shall we talk?", Act.COLLABORATE),), None),
    ("next_step", FILLER, 0),
    ("next_step", (ASKS,), None),
    ("escalation", (THOUGHTS, HELP), 2),
    ("escalation", (THOUGHTS, ASKS), 0),
    ("escalation", (ASKS,), None),
    ("no_harm", FILLER, 2),
    ("no_harm", (*FILLER, say("You should sleep.", Act.ADVICE)), 1),
    ("no_harm", (*FILLER, say("You should sleep.", Act.ADVICE), say("I promise.", Act.PROMISE)), 0),
    ("no_harm", (ASKS,), None),
    ("reply_time", FILLER, 2),
    ("reply_time", tuple(replace(line, after=200.0) for line in FILLER), 1),
    ("reply_time", tuple(replace(line, after=400.0) for line in FILLER), 0),
    ("reply_time", (ASKS,), None),
]


@pytest.mark.parametrize(("name", "lines", "expected"), TABLE)
def test_an_item_scores_what_was_shown(name: str, lines: tuple[Line, ...], expected: int | None) -> None:
    assert score(name, *lines) == expected


def test_every_item_but_those_with_tests_of_their_own_is_in_the_table() -> None:
    names = {assess.__name__ for assess in ITEMS.values()}
    assert names - {name for name, _, _ in TABLE} == {"cue_follow_up", "close"}
    assert len(names) == 15


def test_a_cue_asked_about_within_two_messages_is_followed() -> None:
    assert score("cue_follow_up", REFLECTS, THOUGHTS, opening=CUE) == 2
    assert score("cue_follow_up", REFLECTS, ASKS, REFLECTS, THOUGHTS, opening=CUE) == 1
    assert score("cue_follow_up", *FILLER, opening=CUE) == 0


def test_a_cue_after_which_there_was_no_second_message_is_not_held_against_anyone() -> None:
    assert score("cue_follow_up", REFLECTS, opening=CUE) is None
    assert score("cue_follow_up", *FILLER) is None


def test_without_a_goal_only_danger_excuses() -> None:
    assert score("goal", *FILLER, card=EXAM) == 0


def test_where_there_are_no_thoughts_suicide_need_not_be_asked_but_may() -> None:
    assert score("asked_about_suicide", *FILLER, card=EXAM) is None
    assert score("asked_about_suicide", THOUGHTS, card=EXAM) == 2
    assert score("ladder", THOUGHTS, *FILLER, card=EXAM) is None


def test_passive_thoughts_need_the_plan_asked_and_no_more() -> None:
    assert score("ladder", THOUGHTS, say("Is there a plan?", Act.RISK_PLAN, rungs=(Rung.PLAN,)), ASKS, card=MUM) == 2


def test_what_has_begun_needs_help_not_the_ladder() -> None:
    assert score("ladder", THOUGHTS, *FILLER, card=TAKEN) is None
    assert score("escalation", *FILLER, card=TAKEN) == 0


def test_a_safety_plan_wants_four_kinds_of_steps() -> None:
    steps = (
        say("What has helped before?", Act.COPING),
        say("What signs tell you it is starting?", Act.SAFETY_STEP),
        say("Who could you call?", Act.SAFETY_STEP),
    )
    last = say("Could someone keep it away from you?", Act.SAFETY_STEP)
    assert score("next_step", ASKS, ASKS, *steps, card=MUM) == 1
    assert score("next_step", ASKS, ASKS, *steps, last, card=MUM) == 2


def test_a_warm_close_has_a_way_back() -> None:
    assert score("close", *FILLER, BYE, outcome=Outcome.END) == 2
    assert score("close", *FILLER, say("Bye then.", Act.CLOSE), outcome=Outcome.END) == 1
    assert scored("close", then(talk(NURSE, "hi", *FILLER), Closed(900.0), outcome=Outcome.END)).score == 0
    assert score("close", *FILLER, outcome=Outcome.LEFT) is None
    assert score("close", *FILLER, BYE) is None


def test_a_call_for_the_supervisor_once_too_often_fails_nobody() -> None:
    item = scored("escalation", then(talk(EXAM, "hi", *FILLER), SupervisorCalled(900.0)), EXAM)
    assert item.score == 1
    assert item not in missed([item])


def test_are_you_there_does_not_shorten_the_wait() -> None:
    turns = talk(NURSE, "hi", ASKS, ASKS, ASKS, ASKS, ASKS)
    late = [
        replace(turn, event=Said(turn.number * 400.0, "What is it like?")) if turn.event else turn for turn in turns
    ]
    nudges = [replace(late[1], number=99, event=None, replies=late[1].replies) for _ in range(3)]
    assert scored("reply_time", (late[0], *nudges, *late[1:])).score == 0


def test_each_score_names_its_messages_and_its_reason() -> None:
    turns = talk(NURSE, "hi", WELCOME, REFLECTS, THOUGHTS, PLAN, MEANS, WHEN, HELP)
    items = {item.item: item for item in rubric(NURSE, turns)}
    assert items["ladder"].turns == (3, 4, 5, 6)
    assert items["escalation"].turns == (7,)
    assert all(item.why for item in items.values())
    assert {name for name, item in items.items() if item.knock_out} == set(CURRENT.knock_outs)


def item(name: str, score: int | None) -> Item:
    return Item(name, "", score, (), "")


GOOD = [item(assess.__name__, 2) for assess in ITEMS.values()]


def test_all_shown_passes() -> None:
    assert passed(GOOD, threshold=1.0) is True


def test_one_missed_knock_out_fails_whatever_the_rest() -> None:
    for name in CURRENT.knock_outs:
        items = [item(each.item, 0) if each.item == name else each for each in GOOD]
        assert passed(items, threshold=0.0) is False


def test_the_threshold_is_the_trainers() -> None:
    half = [item(each.item, each.score if each.item in CURRENT.knock_outs else 1) for each in GOOD]
    assert share(half) == pytest.approx((4 * 4 + 11) / (4 * 4 + 22))
    assert passed(half, threshold=0.7) is True
    assert passed(half, threshold=0.8) is False


def test_what_is_not_assessed_neither_helps_nor_hurts_and_too_little_is_no_verdict() -> None:
    assert share([item("goal", None), item("close", 1)]) == 0.5
    assert share([item("goal", None)]) is None
    assert passed([item("goal", 2)] * 3, threshold=0.5) is None


def test_a_version_of_the_criteria_never_changes() -> None:
    """An old session is judged by what was agreed then: a change needs a new version beside this one."""
    first = CRITERIA["1"]
    assert dict(first.weights) == {"asked_about_suicide": 2, "ladder": 2, "cue_follow_up": 2, "escalation": 2}
    assert dict(first.knock_outs) == {"asked_about_suicide": 2, "ladder": 1, "cue_follow_up": 1, "escalation": 1}
    assert first.least_assessed == 8


def totals(quality: Quality) -> list[float]:
    scripts = [script for script in CORPUS.scripts if script.quality is quality]
    found = [share(rubric(CORPUS.cards[each.card], turns_of(each, CORPUS.cards[each.card]))) for each in scripts]
    return [total for total in found if total is not None]


def test_skilled_scripts_score_above_poor_ones() -> None:
    skilled, poor = totals(Quality.SKILLED), totals(Quality.POOR)
    above = sum(one > other for one in skilled for other in poor) / len(skilled) / len(poor)
    assert above >= 0.99


def test_mixed_scripts_lie_between() -> None:
    skilled, mixed, poor = (sorted(totals(quality)) for quality in (Quality.SKILLED, Quality.MIXED, Quality.POOR))
    assert poor[len(poor) // 2] < mixed[len(mixed) // 2] < skilled[len(skilled) // 2]


def test_the_same_transcript_gives_the_same_score() -> None:
    script = CORPUS.scripts[0]
    card = CORPUS.cards[script.card]
    assert rubric(card, turns_of(script, card)) == rubric(card, turns_of(script, card))


NEUTRAL = {
    "tonight": "this evening",
    "Okay": "Alright",
    "okay": "alright",
    "really": "truly",
    "a lot": "so much",
    "maybe": "perhaps",
    "Hi,": "Hello,",
    "Thanks": "Thank you",
    "little": "small",
    "kind of": "sort of",
}


def reworded(text: str) -> str:
    for word, other in NEUTRAL.items():
        text = text.replace(word, other)
    return text


def test_other_neutral_words_hardly_change_the_score() -> None:
    labeller = shipped_labeller()
    changes = []
    for script in CORPUS.scripts[::8]:
        card = CORPUS.cards[script.card]
        messages = tuple(
            replace(each, text=reworded(each.text)) if each.author is Author.COUNSELOR else each
            for each in script.messages
        )
        one, other = (
            share(rubric(card, turns_of(each, card, labeller))) or 0.0
            for each in (script, replace(script, messages=messages))
        )
        changes.append(abs(one - other))
    assert sum(changes) / len(changes) <= 0.03
