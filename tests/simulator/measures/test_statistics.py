"""How texters write, in numbers: small conversations by hand, and real people's where they are at hand."""

import os
from pathlib import Path

import pytest

from nightlight.conversations.labels import Author
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.counselors import Kind, counselor, play
from nightlight.simulator.measures.statistics import (
    ESCONV_MEASURED,
    TOKENS,
    esconv,
    of_texts,
    talk_of,
    written,
)
from nightlight.simulator.session import Session

TEXTER, COUNSELOR = Author.TEXTER, Author.COUNSELOR
FOLDER = Path(os.environ.get("NIGHTLIGHT_ESCONV", Path(__file__).parents[4] / "shared" / "data" / "esconv"))


def test_a_small_conversation_is_counted_by_hand() -> None:
    talk = [
        (TEXTER, "hi"),
        (TEXTER, "is anybody there?"),
        (COUNSELOR, "Hello, I am here."),
        (TEXTER, "Thank you. i cannot sleep at night again."),
        (COUNSELOR, "How long?"),
        (TEXTER, "i cannot sleep at night ever"),
    ]
    found = of_texts([talk])
    assert found["messages of three words or fewer"] == 0.5
    assert found["messages with a question"] == found["messages with thanks"] == 0.25
    assert found["messages that begin in lower case"] == 0.75
    assert found["messages without an end mark"] == 0.5
    assert found["messages after one of one's own"] == 0.25
    assert found["4-grams said before"] == pytest.approx(2 / 8)
    assert found["conversations with the helper's voice"] == 0
    assert found["distinct-2"] is None  # far from 5,000 words


def test_distinct_is_said_of_five_thousand_words_and_of_no_fewer() -> None:
    varied = [(TEXTER, " ".join(f"word{number}" for number in range(TOKENS)))]
    assert of_texts([varied])["distinct-2"] == 1
    assert of_texts([[(TEXTER, "the same " * TOKENS)]])["distinct-2"] == pytest.approx(0, abs=0.001)
    assert of_texts([[(TEXTER, "word")]])["distinct-1"] is None


def test_nothing_is_said_of_no_messages() -> None:
    assert of_texts([]) == {}


def test_a_helper_s_voice_is_one_conversation_of_two() -> None:
    talks = [[(TEXTER, "I'm here to listen")], [(TEXTER, "idk")]]
    assert of_texts(talks)["conversations with the helper's voice"] == 0.5


def test_a_session_and_the_written_role_plays_are_counted_alike() -> None:
    from nightlight.conversations.corpus import starter_corpus

    card = starter_corpus().cards["exam-week-sleepless"]
    session = Session(card, seed=1, labeller=shipped_labeller())
    play(session, counselor(Kind.GOOD, seed=1)(session))
    played, people = of_texts([talk_of(session)]), of_texts(written([card.id]))
    assert set(played) == set(people) == set(ESCONV_MEASURED)
    assert len(written([card.id])) > 3
    assert written(["no-such-card"]) == []


def test_people_s_column_is_what_was_measured_where_their_messages_are_not_at_hand() -> None:
    assert esconv(None) == ESCONV_MEASURED


@pytest.mark.skipif(not FOLDER.is_dir(), reason="needs a folder of ESConv (NIGHTLIGHT_ESCONV)")
def test_measured_anew_people_write_much_as_they_did() -> None:
    found = esconv(FOLDER)
    for name, before in ESCONV_MEASURED.items():
        assert found[name] == pytest.approx(before, rel=0.2, abs=0.05), name
