"""A model behind an address: whatever its server does, the texter answers in time and the conversation goes on."""

import time
from collections.abc import Iterator

import pytest
from tests.simulator.openai_server import Server

from nightlight.conversations.card_form import read_card
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.labels import AgeBand, Author
from nightlight.errors import NightlightError
from nightlight.labelling.acts import LabelledAct
from nightlight.settings import WordingSettings
from nightlight.simulator.counselors import Kind, counselor, play
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.session import Session
from nightlight.simulator.wording import Wording
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.breaker import FAILURES, REST
from nightlight.simulator.wording.generated import GeneratedWording, NoWords
from nightlight.simulator.wording.openai import OpenAIGenerator, open_openai
from nightlight.simulator.wording.prompt import Prompt

SECONDS = 0.6
MARGIN = 0.5  # for two busy cores
CARD = "night-shift-fine"
FAULTS = {
    "slow": "timeout",
    "drips": "timeout",
    "error": "server error",
    "refuses": "refused",
    "moved": "refused",
    "broken": "broken answer",
    "page": "broken answer",
    "shapeless": "broken answer",
    "empty": "empty",
}


class Unlabelled:
    version = "none"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        raise AssertionError("a message without labels")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def card() -> Card:
    return read_card(shipped_corpus() / "cards" / f"{CARD}.yaml")


def prompt(card: Card) -> Prompt:
    return Prompt(
        Move.REACT, Tone.OPEN, "yeah kind of", card.voice, AgeBand.FROM_18, 0.5, history=((Author.COUNSELOR, "Hi"),)
    )


def words(generator: OpenAIGenerator, card: Card) -> str:
    return "".join(generator.generate(prompt(card), seed=7, most_tokens=40))


def reason(generator: OpenAIGenerator, card: Card) -> str:
    with pytest.raises(NoWords) as none:
        words(generator, card)
    return none.value.reason


def played(card: Card, wording: Wording, seed: int = 3) -> Session:
    session = Session(card, seed=seed, labeller=Unlabelled(), wording=wording)
    return play(session, counselor(Kind.GOOD, seed=seed)(session), true_acts=True)


def texts(session: Session) -> list[list[str]]:
    return [[reply.text for reply in turn.replies] for turn in session.turns]


def test_the_model_s_words_come_as_it_streams_them(server: Server, card: Card) -> None:
    generator = OpenAIGenerator(server.url, "llama", seconds=5.0, api_key="abc")
    assert words(generator, card) == "well, yeah kind of"
    (asked,) = server.requests
    assert (asked["model"], asked["seed"], asked["max_tokens"], asked["stream"]) == ("llama", 7, 40, True)
    assert (asked["key"], asked["messages"][-1]) == ("Bearer abc", {"role": "user", "content": "Hi"})


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_as_servers_print_it(server: Server, card: Card, end: str) -> None:
    assert words(OpenAIGenerator(server.url + end, "llama", seconds=5.0), card)


@pytest.mark.parametrize(("fault", "why"), FAULTS.items())
def test_every_fault_ends_in_time_with_its_reason(server: Server, card: Card, fault: str, why: str) -> None:
    began = time.monotonic()
    assert reason(OpenAIGenerator(server.url, fault, seconds=SECONDS), card) == why
    assert time.monotonic() - began < SECONDS + MARGIN


def test_a_server_that_is_not_there_is_no_longer_wait(card: Card) -> None:
    began = time.monotonic()
    assert reason(OpenAIGenerator("http://127.0.0.1:9", "llama", seconds=SECONDS), card) == "not reached"
    assert time.monotonic() - began < SECONDS + MARGIN


@pytest.mark.parametrize(("model", "asked"), [("flaky", 2), ("error", 2), ("refuses", 1), ("slow", 1)])
def test_what_fails_at_once_is_tried_once_more(server: Server, card: Card, model: str, asked: int) -> None:
    generator = OpenAIGenerator(server.url, model, seconds=SECONDS)
    if model == "flaky":
        assert words(generator, card)
    else:
        reason(generator, card)
    assert len(server.requests) == asked


def test_a_reply_that_has_no_end_is_read_no_further_than_is_wanted(server: Server, card: Card) -> None:
    pieces = OpenAIGenerator(server.url, "endless", seconds=30.0).generate(prompt(card), seed=1, most_tokens=40)
    assert isinstance(pieces, Iterator)
    assert next(pieces).strip() == "well,"
    began = time.monotonic()
    pieces.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - began < 1.0


def test_after_failures_in_a_row_nobody_waits_and_later_one_call_tries_again(server: Server, card: Card) -> None:
    clock = Clock()
    generator = OpenAIGenerator(server.url, "refuses", seconds=SECONDS, clock=clock)
    for _ in range(FAILURES):
        assert reason(generator, card) == "refused"
    assert reason(generator, card) == "resting"
    assert len(server.requests) == FAILURES
    clock.now += REST + 1
    assert reason(generator, card) == "refused"
    assert reason(generator, card) == "resting"
    generator.model = "llama"
    clock.now += REST + 1
    assert words(generator, card)
    assert words(generator, card)


@pytest.mark.parametrize("fault", ["error", "refuses", "broken", "moved", "empty", "shapeless", "slow"])
def test_with_a_broken_server_the_conversation_is_the_card_s_own(server: Server, card: Card, fault: str) -> None:
    wording = GeneratedWording(OpenAIGenerator(server.url, fault, seconds=0.1), LineBank())
    session = played(card, wording)
    assert texts(session) == texts(played(card, LineBank()))
    assert session.outcome is not None
    row = wording.figures.as_row()
    assert (row["spoken"], row["asked"]) == (0, sum(row["reasons"].values()))  # type: ignore[union-attr]
    assert row["asked"] > 5  # type: ignore[operator]


def test_a_model_that_works_is_heard_and_everything_else_stays_as_it_was(server: Server, card: Card) -> None:
    wording = GeneratedWording(OpenAIGenerator(server.url, "llama", seconds=10.0), LineBank())
    session, bank = played(card, wording), played(card, LineBank())
    assert [turn.told for turn in session.turns] == [turn.told for turn in bank.turns]
    assert [turn.rungs for turn in session.turns] == [turn.rungs for turn in bank.turns]
    said = [each for turn in session.turns for each in turn.worded]
    assert {each.by for each in said} == {"llama", ""}
    assert all(each.messages[0].startswith("well, ") for each in said if each.by)
    assert all(each.step.move in (Move.TELL, Move.HINT, Move.REACT) for each in said if each.by)
    assert wording.figures.as_row()["spoken"] == sum(bool(each.by) for each in said)


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, server: Server, card: Card) -> None:
    settings = WordingSettings("openai", server.url, "llama", api_key_variable="LINE_WORDING_KEY")
    with pytest.raises(NightlightError, match="'LINE_WORDING_KEY' is empty; set it to the key"):
        open_openai(settings)
    monkeypatch.setenv("LINE_WORDING_KEY", "from-the-environment")
    words(open_openai(settings), card)
    assert server.requests[0]["key"] == "Bearer from-the-environment"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, server: Server, card: Card) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert words(OpenAIGenerator(server.url, "llama", seconds=5.0), card)
