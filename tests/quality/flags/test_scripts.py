"""The rules on the starter corpus, by the labels its writers gave: poor scripts are told from skilled ones."""

import pytest
from tests.quality.flags.measure import Count, above
from tests.quality.flags.scripts import as_written, timed

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Quality
from nightlight.quality.flags.declared import Seen
from nightlight.quality.flags.evaluate import find_flags
from nightlight.quality.flags.rules import RULES


@pytest.fixture(scope="module")
def counts() -> dict[Quality, Count]:
    corpus, found = starter_corpus(), {quality: Count() for quality in Quality}
    for script in corpus.scripts:
        flags = find_flags(
            Seen(timed(script.conversation()), as_written(script, corpus.cards[script.card]), ended=True)
        )
        count = found[script.quality]
        count.conversations += 1
        count.flags.append(len(flags))
        count.end.update(flag.rule for flag in flags)
    return found


def test_a_poor_script_nearly_always_has_more_flags_than_a_skilled_one(counts: dict[Quality, Count]) -> None:
    assert above(counts[Quality.POOR].flags, counts[Quality.SKILLED].flags) > 0.95
    assert above(counts[Quality.MIXED].flags, counts[Quality.SKILLED].flags) > 0.65


def test_no_rule_fires_on_many_skilled_scripts(counts: dict[Quality, Count]) -> None:
    skilled = counts[Quality.SKILLED]
    assert {rule.id for rule in RULES if skilled.end[rule.id] > 0.2 * skilled.conversations} == set()


def test_harm_and_missing_questions_are_found_in_poor_scripts_and_not_in_skilled_ones(
    counts: dict[Quality, Count],
) -> None:
    poor, skilled = counts[Quality.POOR], counts[Quality.SKILLED]
    for rule in ("harmful_message", "never_screened"):
        assert poor.end[rule] > 0.8 * poor.conversations
        assert skilled.end[rule] < 0.02 * skilled.conversations
