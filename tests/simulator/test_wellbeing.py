"""When a trainee speaks of themselves, the play stops: seldom missed, seldom for nothing."""

from hashlib import sha256
from pathlib import Path

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author
from nightlight.simulator.wellbeing import pause, speaks_of_own_distress

LINES = [
    line.split("\t")[1]
    for line in Path(__file__).with_name("own_distress.tsv").read_text(encoding="utf-8").splitlines()[1:]
]
"""What trainees write out of role: invented before the rules, by the same hand that wrote them."""
HELD_OUT = [line for line in LINES if sha256(line.encode()).digest()[0] % 2]
"""Never looked at while the rules were written; do not tune on them."""
IN_ROLE = Path(__file__).with_name("in_role.txt").read_text(encoding="utf-8").splitlines()[1:]


def recall(lines: list[str]) -> float:
    return sum(map(speaks_of_own_distress, lines)) / len(lines)


def test_it_notices_lines_the_rules_were_not_written_on() -> None:
    assert len(LINES) >= 120
    assert len(HELD_OUT) >= 50
    assert recall(HELD_OUT) >= 0.95


def test_it_notices_lines_the_rules_were_written_on() -> None:
    assert recall([line for line in LINES if line not in HELD_OUT]) >= 0.99


def test_it_hardly_ever_stops_a_counselor_at_work() -> None:
    corpus = starter_corpus()
    said = [
        message.text for script in corpus.scripts for message in script.messages if message.author is Author.COUNSELOR
    ]
    said += [message.text for message in corpus.counselor_messages]
    assert len(said) > 6000
    assert recall(said) <= 0.01


@pytest.mark.parametrize("in_role", IN_ROLE)
def test_a_counselors_words_to_the_texter_are_not_their_own_distress(in_role: str) -> None:
    assert not speaks_of_own_distress(in_role)


def test_what_is_read_then_is_calm_and_promises_no_score_and_a_person() -> None:
    words = pause()
    text = " ".join((words.title, *words.words, words.talk))
    assert "does not count" in text
    assert "Nobody is told" in text
    assert "a person you can talk to" in text
    assert len(words.choices) == 3
