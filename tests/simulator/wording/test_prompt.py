"""What a model is told: the card's line and how it is said; nothing that the texter keeps closed, on any card."""

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightlight.conversations.cards import Card, Voice
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import AgeBand, Author, Reaction
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.checks import plain
from nightlight.simulator.counselors import LINES, SECONDS, now
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.session import Said, Session
from nightlight.simulator.state import RungStatus
from nightlight.simulator.wording import Situation, Worded
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.prompt import BEGINS, QUIET, REMEMBERED, WORDED, Prompt, prompt_of

VOICE = Voice(7, 0.97, 0.9, 0.0, 0.0, 0.3)
RUN = 4  # words
SOME = settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@cache
def cards() -> dict[str, Card]:
    return dict(starter_corpus().cards)


class Unlabelled:
    version = "none"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        raise AssertionError("a message without labels")


class Told(LineBank):
    """The bank, which keeps every prompt that a model would get."""

    def __init__(self) -> None:
        self.prompts: list[tuple[Situation, Worded, str]] = []

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        lines = super().word(situation)
        for each in lines:
            if each.step.move in WORDED:
                messages = prompt_of(situation, each).messages()
                self.prompts.append((situation, each, "\n".join(message["content"] for message in messages)))
        return lines


@cache
def runs(text: str) -> frozenset[str]:
    words = plain(text).split()
    return frozenset(" ".join(words[place : place + RUN]) for place in range(len(words) - RUN + 1))


def open_lines(card: Card) -> Iterator[str]:
    yield from card.opening
    for each in card.reactions.values():
        yield from (*each.guarded, *each.open)
    for fact in card.facts:
        yield from fact.hint
    for answer in card.risk_answers.values():
        yield from answer.hedge


def closed_lines(situation: Situation, worded: Worded) -> Iterator[str]:
    """All that the texter could tell and has not, and what the card says about them."""
    card, state = situation.card, situation.state
    yield from (card.persona.story, card.persona.now, card.persona.why_now, card.warning, card.goal.needs)
    for fact in card.facts:
        if fact.id not in (*state.told, worded.step.fact):
            yield from fact.tell
    for rung, answer in card.risk_answers.items():
        if state.rungs[rung] is RungStatus.NOT_ASKED:
            yield from answer.tell


@pytest.mark.parametrize("name", sorted(cards()))
@SOME
@given(past=st.lists(st.sampled_from(sorted(LINES)), max_size=14), seed=st.integers(1, 99))
def test_nothing_closed_is_in_any_prompt(name: str, past: list[str], seed: int) -> None:
    told = Told()
    session = Session(cards()[name], seed=seed, labeller=Unlabelled(), wording=told)
    for number, act in enumerate(past):
        if session.outcome is None:
            text = LINES[act][number % len(LINES[act])]  # type: ignore[index]  # sampled from its keys
            session.handle(Said(now(session) + SECONDS, text), labels=(LabelledAct(act, 0.95),))  # type: ignore[arg-type]
    opened = {run for line in open_lines(session.card) for run in runs(line)}
    for situation, worded, text in told.prompts:
        talk = " ".join(
            (*(line for _, line in situation.texts), situation.counselor)
        )  # a line may be sent as two messages
        said = runs(talk) | runs(worded.line)
        in_prompt = runs(text) - opened - said
        for line in closed_lines(situation, worded):
            assert not runs(line) & in_prompt


def test_the_check_above_would_see_a_closed_fact() -> None:
    card = cards()["after-the-party"]
    told = Told()
    Session(card, seed=1, labeller=Unlabelled(), wording=told)
    situation, worded, text = told.prompts[0]
    leaked = f"{text}\n{card.facts[1].tell[0]}"
    opened = {run for line in open_lines(card) for run in runs(line)}
    assert any(runs(line) & (runs(leaked) - opened) for line in closed_lines(situation, worded))
    assert not any(runs(line) & (runs(text) - opened) for line in closed_lines(situation, worded))


def prompt(**more: object) -> Prompt:
    values = {"move": Move.REACT, "tone": Tone.GUARDED, "line": "maybe", "distress": 0.8, **more}
    return Prompt(voice=VOICE, age_band=AgeBand.FROM_18, **values)  # type: ignore[arg-type]


def test_a_model_is_told_the_line_the_voice_the_mood_and_the_counselor_s_act() -> None:
    system = prompt(reaction=Reaction.WHY_QUESTION).messages()[0]
    assert system["role"] == "system"
    for words in ('"maybe"', "why question", "about 7 words", "in lower case", "you do not trust", "very bad", "18-24"):
        assert words in system["content"]


@pytest.mark.parametrize(
    ("said", "turns"),
    [
        ([], [("user", BEGINS)]),
        ([(Author.TEXTER, "hi")], [("user", BEGINS), ("assistant", "hi"), ("user", QUIET)]),
        (
            [(Author.TEXTER, "hi"), (Author.TEXTER, "hello"), (Author.COUNSELOR, "Hi!")],
            [("user", BEGINS), ("assistant", "hi\nhello"), ("user", "Hi!")],
        ),
        ([(Author.COUNSELOR, "Hi!"), (Author.COUNSELOR, "You there?")], [("user", "Hi!\nYou there?")]),
    ],
)
def test_roles_alternate_and_the_last_word_is_the_counselor_s(
    said: list[tuple[Author, str]], turns: list[tuple[str, str]]
) -> None:
    _, *rest = prompt(history=tuple(said)).messages()
    assert [(each["role"], each["content"]) for each in rest] == turns


def test_only_the_last_messages_are_in_it() -> None:
    said = tuple((Author.TEXTER if number % 2 else Author.COUNSELOR, f"word{number}") for number in range(30))
    text = str(prompt(history=said).messages())
    assert [f"'word{number}'" in text for number in range(30)] == [number >= 30 - REMEMBERED for number in range(30)]


def test_a_row_for_training_needs_no_line() -> None:
    assert "You are not ready to tell" in prompt(move=Move.HINT, line="").system
    assert '""' not in prompt(move=Move.HINT, line="").system
