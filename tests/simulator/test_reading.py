"""Promises of how a message is read: what only the history shows, and what it asks for."""

from nightlight.conversations.card_form import read_card
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import Rung
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.reading import Past, Reading, read, with_history


def card(name: str = "night-shift-fine") -> Card:
    return read_card(shipped_corpus() / "cards" / f"{name}.yaml")


def labels(*acts: Act) -> tuple[LabelledAct, ...]:
    return tuple(LabelledAct(act, 0.9) for act in acts)


def found(text: str, acts: tuple[LabelledAct, ...], past: Past) -> set[Act]:
    return {each.act for each in with_history(text, acts, past)}


def reading(text: str, *acts: Act, past: Past = Past()) -> Reading:  # noqa: B008  # frozen
    return read(card(), text, labels(*acts), past)


CLOSED = labels(Act.CLOSED_QUESTION)


def test_a_third_closed_question_in_a_row_is_an_interrogation() -> None:
    assert Act.INTERROGATE not in found("Are you home?", CLOSED, Past(("a",), (CLOSED,)))
    assert Act.INTERROGATE in found("Are you home?", CLOSED, Past(("a", "b"), (CLOSED, CLOSED)))
    warm = labels(Act.REFLECTION, Act.CLOSED_QUESTION)
    assert Act.INTERROGATE not in found("Are you home?", CLOSED, Past(("a", "b"), (CLOSED, warm)))


def test_asking_about_suicide_is_no_interrogation() -> None:
    asked = labels(Act.RISK_THOUGHTS, Act.CLOSED_QUESTION)
    assert Act.INTERROGATE not in found("Are you thinking of suicide?", asked, Past(("a", "b"), (CLOSED, CLOSED)))


def test_the_same_opening_words_a_third_time_sound_like_a_machine() -> None:
    said = ("It sounds like a lot.", "It sounds like a long day.")
    past = Past(said, (labels(Act.REFLECTION), labels(Act.REFLECTION)))
    assert Act.ROBOTIC in found("It sounds like you're tired.", labels(Act.REFLECTION), past)
    assert Act.ROBOTIC not in found("You're worn out by it.", labels(Act.REFLECTION), past)


def test_a_cue_left_for_two_messages_is_missed_until_it_is_asked_about() -> None:
    assert Act.MISSED_CUE in found("Nice weather.", labels(Act.OFF_TOPIC), Past(cue_for=2))
    assert Act.MISSED_CUE not in found("Nice weather.", labels(Act.OFF_TOPIC), Past(cue_for=1))
    assert Act.MISSED_CUE not in found("Are you thinking of suicide?", labels(Act.RISK_THOUGHTS), Past(cue_for=2))


def test_a_resource_before_anything_was_explored_is_a_dump() -> None:
    offered = labels(Act.RESOURCE)
    assert Act.RESOURCE_DUMP in found("There is a website.", offered, Past(explored=1))
    assert Act.RESOURCE_DUMP not in found("There is a website.", offered, Past(explored=5))


def test_three_questions_at_once_are_stacked() -> None:
    assert Act.STACKED_QUESTIONS in found("Who? When? Where?", labels(Act.OPEN_QUESTION), Past())


def test_what_the_history_shows_is_the_same_when_it_is_read_again() -> None:
    past = Past(("a", "b"), (CLOSED, CLOSED))
    once = with_history("Are you home?", CLOSED, past)
    assert with_history("Are you home?", once, past) == once


def test_a_question_of_the_card_asks_for_its_fact() -> None:
    asked = reading("That sounds lonely. Who is on shift with you?", Act.REFLECTION, Act.OPEN_QUESTION)
    assert asked.facts[0] == "bev"
    assert "bev" in asked.strong


def test_rungs_come_in_the_order_of_the_ladder() -> None:
    asked = reading("When, and are you thinking of suicide?", Act.RISK_TIMEFRAME, Act.RISK_THOUGHTS)
    assert asked.rungs == (Rung.THOUGHTS, Rung.TIMEFRAME)


def test_an_apology_is_heard() -> None:
    assert reading("I'm sorry, that came out wrong.", Act.REFLECTION).apology
    assert not reading("That sounds like a sorry state of things.", Act.REFLECTION).apology


def test_asking_how_much_of_what_is_digging_for_a_method_whatever_it_is_labelled() -> None:
    assert Act.GRAPHIC_PROBE in found("How many pills, and which ones?", labels(Act.OPEN_QUESTION), Past())
    assert Act.GRAPHIC_PROBE not in found("How do you sleep?", labels(Act.GRAPHIC_PROBE), Past())
    assert Act.GRAPHIC_PROBE not in found("How much does it weigh on you?", labels(Act.OPEN_QUESTION), Past())


def test_a_weak_suspicion_of_harm_is_no_harm() -> None:
    unsure = Reading("hey", (LabelledAct(Act.MINIMISE, 0.3),))
    assert not unsure.has(Act.MINIMISE)
    assert Reading("hm", (LabelledAct(Act.BACKCHANNEL, 0.3),)).has(Act.BACKCHANNEL)
