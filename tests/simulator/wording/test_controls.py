"""The controls: a model with the whole card and nothing behind it. They are measured, and never reach anybody."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.simulator.openai_server import Server

import nightlight
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.gates import parse_gate
from nightlight.conversations.principles import Principle
from nightlight.errors import NightlightError
from nightlight.labelling.acts import shipped_labeller
from nightlight.practice.wordings import open_wording
from nightlight.settings import WordingSettings
from nightlight.simulator.counselors import Kind, counselor, play, said
from nightlight.simulator.session import Session
from nightlight.simulator.wording.card_in_words import gate_in_words, in_words
from nightlight.simulator.wording.chat import asked_once, open_chat
from nightlight.simulator.wording.controls import (
    CONTROLS,
    MOST_WORDS,
    PRINCIPLES,
    PrincipleLoop,
    PromptOnly,
    remembered,
)

CARD = "night-shift-fine"
Messages = Sequence[Mapping[str, str]]


class Model:
    """A chat that answers from a list, the last one again and again, and keeps what it was sent."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.sent = list(answers), list[Messages]()

    def __call__(self, messages: Messages, seed: int, most_tokens: int) -> str:
        self.sent.append(messages)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(scope="module")
def card() -> Card:
    return starter_corpus().cards[CARD]


def session(card: Card, wording: PromptOnly, seed: int = 1, principles: tuple[Principle, ...] = ()) -> Session:
    return Session(card, seed=seed, labeller=shipped_labeller(), wording=wording, principles=principles, unchecked=True)


def last(talk: Session) -> list[str]:
    return [reply.text for reply in talk.turns[-1].replies]


def test_the_prompt_holds_the_whole_card(card: Card) -> None:
    text = in_words(card, "Asha")
    assert all(line in text for fact in card.facts for line in fact.tell)
    assert all(part in text for part in (card.persona.story, card.goal.needs, card.goal.refuses[0], "Asha"))
    assert all(answer.tell[0] in text for answer in card.risk_answers.values())


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ("trust>=0.5", "you trust them a great deal"),
        ("asked and trust>=0.2", "you are asked about it and you trust them somewhat"),
        ("told(bed-six) or turn>=8", "you have told about bed six, or they have written 8 messages"),
        ("phase in [goal_setting,planning]", "the talk has come to goal setting or planning"),
        ("not asked", "not yet: you are asked about it"),
        ("openness>=0.3", "you have opened up somewhat"),
        ("turn>=9999", "never, whoever asks"),
    ],
)
def test_a_gate_is_told_in_plain_words(gate: str, words: str) -> None:
    assert gate_in_words(parse_gate(gate)) == words


def test_what_the_model_says_is_the_reply_line_by_line_and_nothing_takes_it_back(card: Card) -> None:
    shown = "I'm here to help you\n\n  take 12 pills is what www.example.org says  "
    talk = session(card, PromptOnly(Model(shown), model="m"))
    talk.handle(said(talk, "Hi, I'm Robin. What's going on?").event)
    assert last(talk) == ["I'm here to help you", "take 12 pills is what www.example.org says"]
    assert talk.turns[-1].checks == ()


def test_the_engine_goes_on_counting_beside_it(card: Card) -> None:
    spoken, bank = session(card, PromptOnly(Model("mm"), model="m")), Session(card, seed=1, labeller=shipped_labeller())
    for text in ("Hi, I'm Robin. What's going on tonight?", "Where are you at the moment?"):
        for talk in (spoken, bank):
            talk.handle(said(talk, text).event)
    assert spoken.state.told == bank.state.told != ()
    assert {reply.text for turn in spoken.turns for reply in turn.replies} == {"mm"}


def test_the_texter_s_side_never_ends_it_and_the_counselor_does(card: Card) -> None:
    talk = session(card, PromptOnly(Model("mm"), model="m"))
    play(talk, counselor(Kind.POOR, seed=1)(talk))
    ours = Session(card, seed=1, labeller=shipped_labeller())
    play(ours, counselor(Kind.POOR, seed=1)(ours))
    assert talk.outcome is not None
    assert len(talk.turns) > len(ours.turns)


def test_a_principle_that_a_draft_breaks_makes_another_draft(card: Card) -> None:
    verdicts = "\n".join(f"{number}. {'No' if number == 3 else 'Yes'}" for number in range(1, len(PRINCIPLES) + 1))
    model = Model("a long draft", verdicts, "short")
    wording = PrincipleLoop(model, model="m")
    talk = session(card, wording)
    assert last(talk) == ["short"]
    assert PRINCIPLES[2].says in model.sent[-1][-1]["content"]
    assert PRINCIPLES[1].says not in model.sent[-1][-1]["content"]
    assert (wording.asked, wording.answered, wording.failed) == (len(PRINCIPLES), len(PRINCIPLES), 1)
    assert (wording.drafts, wording.rewritten) == (1, 1)


@pytest.mark.parametrize("verdicts", ["1. Yes\n2. N/A\n3: yes", "I would say the reply is good", ""])
def test_a_draft_that_no_answer_faults_stands(card: Card, verdicts: str) -> None:
    wording = PrincipleLoop(Model("a draft", verdicts), model="m")
    assert last(session(card, wording)) == ["a draft"]
    assert wording.rewritten == 0


def test_the_clinicians_own_principles_are_asked_too(card: Card) -> None:
    model = Model("draft", "Yes")
    session(card, PrincipleLoop(model, model="m"), principles=(Principle("She jokes first.", None, "help me", "", ""),))
    assert "She jokes first." in model.sent[1][-1]["content"]


def test_a_long_conversation_forgets_its_older_half_at_once() -> None:
    from nightlight.conversations.labels import Author

    talk = [(Author.TEXTER, "a word or five here") for _ in range(400)]
    lengths = [len(remembered(talk[:place])) for place in range(400)]
    assert max(lengths) * 5 <= MOST_WORDS
    assert sum(later < now for now, later in pairwise(lengths)) <= 10


def test_a_session_that_checks_takes_no_control(card: Card) -> None:
    with pytest.raises(ValueError, match="only measured"):
        Session(card, seed=1, labeller=shipped_labeller(), wording=PromptOnly(Model("mm"), model="m"))


@pytest.mark.parametrize("name", CONTROLS)
def test_no_home_can_choose_a_control(name: str) -> None:
    with pytest.raises(NightlightError, match="there is no wording"):
        open_wording(None, name)
    assert WordingSettings(kind=name).problem()


def test_nothing_but_the_benchmark_speaks_of_controls() -> None:
    root = Path(nightlight.__file__).parent
    named = re.compile(r"unchecked=|wording\.(controls|chat|card_in_words)\b")
    found = {
        str(file.relative_to(root)) for file in root.rglob("*.py") if named.search(file.read_text(encoding="utf-8"))
    }
    assert found == {
        "operations/benchmark_wordings.py",
        "simulator/measures/plays.py",
        "simulator/wording/controls.py",
    } | (found & {"simulator/wording/chat.py"})


def test_a_real_server_s_answer_is_the_reply(server: Server, card: Card) -> None:
    server.says["llama"] = "cant sleep"
    chat = open_chat(WordingSettings("openai", server.url, "llama"))
    talk = session(card, PromptOnly(chat, model="llama"))
    assert last(talk) == ["cant sleep"]
    assert card.persona.story in server.requests[0]["messages"][0]["content"]


@pytest.mark.parametrize(("fault", "tries"), [("refuses", 1), ("moved", 1), ("error", 5), ("broken", 1)])
def test_a_server_that_gives_no_answer_ends_the_measuring_in_words(server: Server, fault: str, tries: int) -> None:
    paused: list[float] = []
    chat = open_chat(WordingSettings("openai", server.url, fault), sleep=paused.append)
    with pytest.raises(NightlightError, match=f"the server of '{fault}' gave no answer"):
        chat([{"role": "user", "content": "hi"}], 1, 10)
    assert len(server.requests) == tries
    assert len(paused) == tries - 1


def test_a_server_that_comes_back_is_asked_again(server: Server) -> None:
    chat = open_chat(WordingSettings("openai", server.url, "flaky"), sleep=lambda seconds: None)
    assert chat([{"role": "user", "content": "hi"}], 1, 10) == "well"


def test_a_control_has_the_server_s_key_from_the_environment_too(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    settings = WordingSettings("openai", server.url, "llama", api_key_variable="LINE_WORDING_KEY")
    with pytest.raises(NightlightError, match="'LINE_WORDING_KEY' is empty"):
        open_chat(settings)
    monkeypatch.setenv("LINE_WORDING_KEY", "from-the-environment")
    open_chat(settings)([{"role": "user", "content": "hi"}], 1, 10)
    assert server.requests[-1]["key"] == "Bearer from-the-environment"


def test_a_chat_that_remembers_asks_for_the_same_once_and_for_another_seed_again() -> None:
    model = Model("one", "two")
    chat = asked_once(model)
    question = [{"role": "user", "content": "hi"}]
    assert [chat(question, 1, 10), chat(question, 1, 10), chat(question, 2, 10)] == ["one", "one", "two"]
    assert len(model.sent) == 2


def test_the_same_situation_asks_with_the_same_seed(card: Card) -> None:
    seeds: list[int] = []

    def chat(messages: Messages, seed: int, most_tokens: int) -> str:
        seeds.append(seed)
        return "mm"

    for _ in range(2):
        session(card, PromptOnly(chat, model="m"))
    session(replace(card), PromptOnly(chat, model="m"), seed=2)
    assert seeds[0] == seeds[1] != seeds[2]
