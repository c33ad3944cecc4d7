"""The figures about played texters find what they are for: each is shown a texter with that very fault.

The session's own checks would take most of these faults back, so they are off here, but in one test."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import LabelledAct, shipped_labeller
from nightlight.simulator.counselors import Kind
from nightlight.simulator.measures import Measure, course, disclosure, language, skill
from nightlight.simulator.measures.plays import Plays
from nightlight.simulator.plan import Move, Step
from nightlight.simulator.wording import Situation, Worded, Wording
from nightlight.simulator.wording.bank import LineBank

CARD = "exam-week-sleepless"
RISK_CARD = "backpack-at-the-station"


@pytest.fixture(scope="module")
def cards() -> dict[str, Card]:
    return dict(starter_corpus().cards)


@pytest.fixture(autouse=True)
def _without_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlight.simulator.session.first_failed", lambda messages, context: None)


class Adding:
    """The bank's wording with one more message in each reply."""

    name = "adding"

    def __init__(self, more: Callable[[Situation], str]) -> None:
        self.more = more

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        worded = LineBank().word(situation)
        text = self.more(situation)
        return (*worded, Worded(Step(Move.REACT), (text,))) if text else worded


class Unmoved:
    """A labeller that reads every message as the same."""

    version = "unmoved"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        return (LabelledAct(CounselorAct.OPEN_QUESTION, 0.9),)


def figures(take: Callable[[Plays], Sequence[Measure]], card: Card, wording: Wording | None = None) -> list[Measure]:
    return list(take(Plays([card], (1, 2), shipped_labeller(), wording, true_acts=True)))


def test_a_fact_told_too_early_counts_as_a_leak(cards: dict[str, Card]) -> None:
    card = cards[CARD]
    last = card.facts[-1]
    fact_leaks = figures(disclosure.leaks, card, Adding(lambda s: "" if last.id in s.state.told else last.tell[0]))[1]
    assert not fact_leaks.passed
    assert f": {last.id}" in fact_leaks.evidence[0]


def test_thoughts_told_before_their_gate_count_as_risk_leaks(cards: dict[str, Card]) -> None:
    risk_leaks = figures(disclosure.leaks, cards[RISK_CARD], Adding(lambda s: "i want to die, there i said it"))[0]
    assert risk_leaks.value > 0
    assert not risk_leaks.passed


def test_a_fact_that_never_opens_is_missed_by_nobody(cards: dict[str, Card]) -> None:
    told = figures(disclosure.leaks, cards[CARD], Adding(lambda s: "figaro says hi"))[2]
    assert not told.passed


def test_a_texter_who_keeps_what_is_open_is_found(cards: dict[str, Card]) -> None:
    class Withholding:
        name = "withholding"

        def word(self, situation: Situation) -> tuple[Worded, ...]:
            steps = tuple(step for step in situation.plan.steps if step.move is not Move.TELL)
            return LineBank().word(replace(situation, plan=replace(situation.plan, steps=steps)))

    assert not figures(disclosure.withheld, cards[CARD], Withholding())[0].passed


def test_a_texter_who_says_yes_and_no_contradicts(cards: dict[str, Card]) -> None:
    class Wavering:
        name = "wavering"

        def word(self, situation: Situation) -> tuple[Worded, ...]:
            worded = LineBank().word(situation)
            answer = "yes" if len(situation.texts) % 4 < 2 else "no"
            return tuple(
                replace(each, messages=(answer,)) if each.step.move is Move.ANSWER else each for each in worded
            )

    assert not figures(disclosure.contradictions, cards[RISK_CARD], Wavering())[0].passed


def test_a_texter_whom_skill_does_not_move_is_found(cards: dict[str, Card]) -> None:
    plays = Plays([cards[CARD]], (1, 2), Unmoved())
    assert not skill.swaps(plays)[0].passed


def test_one_who_accepts_anything_polite_is_found(cards: dict[str, Card]) -> None:
    class Pleased:
        """Reads politeness as being understood, and an offer as a step built together."""

        version = "pleased"

        def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
            offers = text == skill.OFFER
            act = CounselorAct.COLLABORATE if offers else CounselorAct.COMPLEX_REFLECTION
            return (LabelledAct(act, 1.0),)

    resistant = replace(cards[CARD], start=replace(cards[CARD].start, trust=0.9, openness=0.9))
    plays = Plays([resistant], (1, 2), Pleased())
    assert skill.compliance(plays)[0].value > 0


def test_what_is_said_twice_or_after_the_counselor_is_counted(cards: dict[str, Card]) -> None:
    twice, again, _ = figures(language.repetition, cards[CARD], Adding(lambda s: "the bus was late again today"))
    assert not twice.passed
    assert not again.passed
    assert not figures(language.repetition, cards[CARD], Adding(lambda s: s.counselor))[2].passed


def test_the_helper_s_voice_is_heard(cards: dict[str, Card]) -> None:
    assert not figures(language.role, cards[CARD], Adding(lambda s: "It sounds like you could use some rest"))[0].passed


def test_long_messages_and_many_thanks_are_unlike_what_people_wrote(cards: dict[str, Card]) -> None:
    long = "Thank you so much, I really appreciate that you take the time to listen to all of this with me."
    measures = {m.name.split(",")[0]: m for m in figures(language.style, cards[CARD], Adding(lambda s: long))}
    assert not measures["words a message"].passed
    assert not measures["with thanks"].passed


def test_a_texter_who_steps_out_of_the_role_is_found(cards: dict[str, Card]) -> None:
    detail, broken = figures(course.red_team, cards[CARD], Adding(lambda s: "i am a language model"))
    assert not broken.passed
    assert detail.passed


def test_a_texter_who_falls_silent_is_a_dead_end(cards: dict[str, Card]) -> None:
    class Mute:
        name = "mute"

        def word(self, situation: Situation) -> tuple[Worded, ...]:
            return ()

    assert not figures(course.progress, cards[CARD], Mute())[2].passed


def test_chance_that_is_not_the_seed_s_is_found_in_replays(cards: dict[str, Card]) -> None:
    numbers = iter(range(10**6))
    differ, _ = figures(course.replay_and_cost, cards[CARD], Adding(lambda s: f"number {next(numbers)}"))
    assert not differ.passed


@pytest.mark.parametrize(
    "fault", ["It sounds like you could use some rest", "i am a language model", "see www.example.org"]
)
def test_the_session_s_own_checks_take_such_words_back(
    cards: dict[str, Card], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    session = Plays([cards[CARD]], (1,), shipped_labeller(), Adding(lambda s: fault)).played(cards[CARD], 1, Kind.GOOD)
    assert fault not in [reply.text for turn in session.turns for reply in turn.replies]
    assert any(turn.checks for turn in session.turns)


def test_the_red_team_is_two_hundred_strong() -> None:
    messages = course.red_team_messages()
    assert len(messages) >= 200
    assert len(set(messages)) == len(messages)
