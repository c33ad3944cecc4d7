"""Promises of timing: long messages take longer, bursts follow fast, and the seed decides."""

import re
from dataclasses import replace
from random import Random

from nightlight.conversations.card_form import read_card
from nightlight.conversations.corpus import shipped_corpus, starter_corpus
from nightlight.simulator.timing import LONGEST, SILENCES, replies, split_bursts

VOICE = read_card(shipped_corpus() / "cards" / "night-shift-fine.yaml").voice


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # for variety, not for secrets


def mean_seconds(text: str) -> float:
    return sum(replies([text], trust=1.0, random=seeded(seed))[0].after for seed in range(200)) / 200


def test_a_long_message_takes_longer_to_type() -> None:
    assert mean_seconds("ok") < mean_seconds("it has been like this since the summer and nobody knows")


def test_nobody_waits_for_ever_and_a_long_silence_is_rare() -> None:
    waits = [replies(["word " * 80], trust=0.0, random=seeded(seed))[0].after for seed in range(300)]
    assert max(waits) <= LONGEST * 3 + SILENCES[1]
    assert 0 < sum(wait > LONGEST for wait in waits) < 30


def test_the_same_seed_gives_the_same_times() -> None:
    once, again = (replies(["hi", "it's me"], trust=0.3, random=seeded(7)) for _ in range(2))
    assert once == again


def test_sentences_are_sent_apart_as_often_as_the_voice_sends_bursts() -> None:
    line = "I was there. Nobody came"
    never, often = (
        sum(len(split_bursts([line], replace(VOICE, burst=share), seeded(seed))) for seed in range(300))
        for share in (0.0, 1.0)
    )
    assert never == 300 < often


def test_a_first_word_is_sent_by_itself_and_the_rest_begins_as_the_voice_does() -> None:
    lower, capital = (replace(VOICE, burst=1.0, lowercase=share) for share in (0.9, 0.1))
    assert ["yeah", "i was there"] in [split_bursts(["yeah, i was there"], lower, seeded(seed)) for seed in range(20)]
    assert ["Yeah", "It was me"] in [split_bursts(["Yeah, it was me"], capital, seeded(seed)) for seed in range(20)]


def test_no_phrase_is_cut_in_two() -> None:
    voice = replace(VOICE, burst=1.0)
    for line in ("no one told nan about it", "idk what to do now", "right now im ok i think", "well done you i guess"):
        assert all(split_bursts([line], voice, seeded(seed)) == [line] for seed in range(50))


def test_a_sign_of_risk_and_a_reply_of_several_messages_are_sent_as_they_stand() -> None:
    voice = replace(VOICE, burst=1.0)
    for messages in (["ok. everyone would be better off without me"], ["yes. i was there", "no. nobody came"]):
        assert all(split_bursts(messages, voice, seeded(seed)) == messages for seed in range(50))


def test_cutting_loses_no_word_of_any_line_of_the_cards() -> None:
    for card in starter_corpus().cards.values():
        voice = replace(card.voice, burst=1.0)
        for line in (line for fact in card.facts for line in (*fact.tell, *fact.hint)):
            sent = split_bursts([line], voice, seeded(1))
            assert re.findall(r"\w+", " ".join(sent).lower()) == re.findall(r"\w+", line.lower())
