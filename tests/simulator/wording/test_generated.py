"""The bank behind a model: words that tell too much, too little or the wrong thing give way to the card's line."""

import time
from dataclasses import replace

import pytest
from tests.simulator.openai_server import Server

from nightlight.conversations.card_form import read_card
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import Rung
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.cues import has_risk_cue
from nightlight.simulator.counselors import SECONDS, now
from nightlight.simulator.plan import Move
from nightlight.simulator.session import Said, Session, SupervisorCalled, Turn, replay
from nightlight.simulator.trace import trace
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.generated import PATIENCE, GeneratedWording
from nightlight.simulator.wording.openai import OpenAIGenerator

MODEL = "says"


class Unlabelled:
    version = "none"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        raise AssertionError("a message without labels")


@pytest.fixture(scope="module")
def card() -> Card:
    return read_card(shipped_corpus() / "cards" / "after-the-party.yaml")


@pytest.fixture
def wording(server: Server) -> GeneratedWording:
    return GeneratedWording(OpenAIGenerator(server.url, MODEL, seconds=5.0), LineBank())


def new(card: Card, wording: GeneratedWording | None = None) -> Session:
    return Session(card, seed=1, labeller=Unlabelled(), wording=wording)


def say(session: Session, text: str, *acts: Act) -> Turn:
    return session.handle(Said(now(session) + SECONDS, text), labels=tuple(LabelledAct(act, 0.95) for act in acts))


def told(session: Session, fact: str) -> Turn:
    """Ask for an open fact; the turn that tells it."""
    turn = say(session, session.card.fact(fact).asks[0].capitalize() + "?", Act.OPEN_QUESTION)
    assert fact in turn.told
    return turn


def heard(turn: Turn) -> list[str]:
    return [reply.text for reply in turn.replies]


BAD = {
    "closed fact": "i was assaulted i think",
    "risk": "i keep thinking about killing myself",
    "role flip": "it sounds like you could use some rest",
    "out of character": "as an ai i cant say",
    "new number": "yeah maybe 14",
    "too long": "maybe " * 60,
    "echo": "to hear what that was like for you",
    "method detail": "see www.example.org",
    "no words": '""',
}


@pytest.mark.parametrize(("why", "text"), BAD.items())
def test_words_that_may_not_stand_give_way_to_the_card_s_line(
    server: Server, card: Card, wording: GeneratedWording, why: str, text: str
) -> None:
    server.says[MODEL] = text
    session, bank = new(card, wording), new(card)
    message = "I'd like to hear what that was like for you."
    turn, own = (say(each, message, Act.VALIDATION) for each in (session, bank))
    assert [each.refused for each in turn.worded if each.refused] == [why]
    assert heard(turn) == heard(own)
    assert wording.figures.as_row()["reasons"] == {why: 1}
    assert wording.figures.as_row()["leaks"] == (why in ("closed fact", "risk", "method detail"))


def test_a_fact_is_told_in_other_words_that_keep_it(server: Server, card: Card, wording: GeneratedWording) -> None:
    line = told(new(card), "mugs").worded[0].line
    server.says[MODEL] = f"Ok so, {line.upper()}."
    turn = told(new(card, wording), "mugs")
    assert turn.worded[0].by == MODEL
    said = " ".join(heard(turn))  # the first word may be sent by itself
    assert said.startswith("ok so, ")
    assert said == said.lower()


@pytest.mark.parametrize("text", ["just stuff", "idk really"])
def test_a_fact_that_the_model_loses_is_told_by_the_card(
    server: Server, card: Card, wording: GeneratedWording, text: str
) -> None:
    server.says[MODEL] = text
    turn = told(new(card, wording), "mugs")
    assert (turn.worded[0].refused, turn.worded[0].line) == ("fact lost", " / ".join(turn.worded[0].messages))


@pytest.mark.parametrize("text", ["the clothes are in a bag in my wardrobe", "i cant bin that bag", None])
def test_a_hint_stays_a_hint(server: Server, card: Card, wording: GeneratedWording, text: str | None) -> None:
    server.says[MODEL] = text or card.fact("carrier-bag").tell[0]
    turn = say(new(card, wording), "Is there anything you have not been able to deal with?", Act.OPEN_QUESTION)
    assert Move.HINT in [step.move for step in turn.plan.steps]
    assert {each.refused for each in turn.worded} == {"closed fact"}
    assert not turn.told


@pytest.mark.parametrize(
    "question",
    ["Are you thinking about suicide?", "Do you have a plan?", "Have you tried before?", "Are you safe right now?"],
)
def test_nothing_about_risk_is_asked_of_a_model_whatever_the_labels_say(
    server: Server, card: Card, wording: GeneratedWording, question: str
) -> None:
    server.says[MODEL] = "yeah"
    say(new(card, wording), question, Act.CLOSED_QUESTION)
    assert server.requests == []


def test_risk_answers_endings_and_the_opening_are_the_card_s(
    server: Server, card: Card, wording: GeneratedWording
) -> None:
    server.says[MODEL] = "mm"
    session = new(card, wording)
    assert session.turns[0].worded[0].line in card.opening
    for _ in range(2):
        turn = say(session, "Are you having thoughts of suicide?", Act.RISK_THOUGHTS)
    answer = card.risk_answers[Rung.THOUGHTS]
    assert {each.line for each in turn.worded} <= {*answer.tell, *answer.hedge}
    assert server.requests == []


def test_a_line_that_hints_at_risk_stays_as_it_stands_in_the_card(server: Server, wording: GeneratedWording) -> None:
    server.says[MODEL] = "mm"
    for name in ("after-the-party", "layoff-letter", "night-shift-fine"):
        session = new(read_card(shipped_corpus() / "cards" / f"{name}.yaml"), wording)
        for _ in range(12):
            if session.outcome is None:
                say(session, "That sounds really hard.", Act.VALIDATION)
        said = [each for turn in session.turns for each in turn.worded]
        assert [each.by for each in said if has_risk_cue(each.line)] == [""] * sum(has_risk_cue(e.line) for e in said)


def test_a_session_is_played_again_from_its_words_without_the_model(
    server: Server, card: Card, wording: GeneratedWording
) -> None:
    server.says[MODEL] = "mm yeah"
    session = new(card, wording)
    for text in ("That sounds hard.", "No wonder you're tired.", "I believe you."):
        say(session, text, Act.VALIDATION)
    session.handle(SupervisorCalled(now(session) + SECONDS))
    assert server.requests
    server.says[MODEL] = "something else"
    server.requests.clear()
    again = new(card, wording)
    for turn in session.turns[1:]:
        assert turn.event is not None
        again.handle(turn.event, labels=turn.acts, words=turn.worded)
    assert trace(again) == trace(session)
    assert server.requests == []
    # Without its words it is another conversation: the promise above is not empty.
    asked = replay(new(card, wording), [(turn.event, turn.acts) for turn in session.turns[1:] if turn.event])
    assert trace(asked) != trace(session)


def test_the_trace_says_who_spoke_and_why_not(server: Server, card: Card, wording: GeneratedWording) -> None:
    session = new(card, wording)
    server.says[MODEL] = "mm ok"
    say(session, "That sounds hard.", Act.VALIDATION)
    server.says[MODEL] = "as an ai"
    say(session, "I hear you.", Act.VALIDATION)
    opening, spoken, refused = (turn["words"] for turn in trace(session)["turns"])
    assert opening == [{"by": "bank", "refused": ""}]
    assert {"by": MODEL, "refused": ""} in spoken
    assert {"by": "bank", "refused": "out of character"} in refused


def test_figures_hold_numbers_and_reasons_and_no_text(server: Server, card: Card, wording: GeneratedWording) -> None:
    server.says[MODEL] = "mm"
    say(new(card, wording), "That sounds hard.", Act.VALIDATION)
    row = wording.figures.as_row()
    assert (row["asked"], row["spoken"], row["leaks"], row["reasons"]) == (1, 1, 0, {})
    assert 0 < float(str(row["median_seconds"])) <= float(str(row["p95_seconds"])) < 5


def test_a_reply_of_several_lines_waits_for_one_that_does_not_come(server: Server, card: Card) -> None:
    slow = GeneratedWording(OpenAIGenerator(server.url, "slow", seconds=PATIENCE + 0.1), LineBank())
    session = new(card, slow)
    session.turns[0] = replace(session.turns[0], state=replace(session.state, trust=0.9, openness=0.9))
    began = time.monotonic()
    turn = say(session, "What have you been doing since, and how are you sleeping?", Act.OPEN_QUESTION, Act.VALIDATION)
    lines = [each for each in turn.worded if each.step.move in (Move.TELL, Move.REACT, Move.HINT)]
    assert len(lines) > 1
    assert len(server.requests) == 1
    assert time.monotonic() - began < PATIENCE + 0.6
