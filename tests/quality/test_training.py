"""Corrections as training data: a granted purpose of training, recorded consent, and text that one may read."""

import pytest
from tests.quality.conftest import SAM, TESS, Clock, change, take_in

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.quality.corrections import correct, review_correction
from nightlight.quality.training import training_corrections
from nightlight.settings import Home
from nightlight.sql.broker import Broker

GRANTED = """
CREATE GROUP scientists; ADD USER dana TO GROUP scientists;
CREATE PURPOSE train_labeller OF training 'Better labels'; ALLOW PURPOSE train_labeller TO scientists;
CREATE PURPOSE plan_service OF operations 'Plan the service'; ALLOW PURPOSE plan_service TO scientists;
GRANT USE SCHEMA ON SCHEMA silver TO scientists;
GRANT SELECT ON TABLE silver.conversations TO scientists;
GRANT SELECT ON TABLE silver.messages TO scientists; GRANT SELECT (text) ON TABLE silver.messages TO scientists;
"""


@pytest.fixture
def corrected(lines: Home, clock: Clock) -> Home:
    """Accepted corrections of 1001, whose texter agreed to training, and of 1002, whose texter did not."""
    change(lines, GRANTED)
    for number in (1, 2):
        take_in(lines, f"100{number}", None, clock.now)
        found = correct(lines, f"100{number}", f"100{number}0", "risk", 1, "It is passive risk.", by=SAM, clock=clock)
        review_correction(lines, found.id, accepted=True, by=TESS, clock=clock)
    return lines


def test_only_conversations_with_consent_train(corrected: Home, broker: Broker) -> None:
    found = training_corrections(corrected, broker, principal="dana", purpose="train_labeller")
    assert [(row["conversation"], row["text"], row["new"]) for row in found.rows] == [("1001", "hi, i cant sleep", 1)]
    assert found.left_out == 1
    assert "agreed" in found.why
    assert all(row["is_synthetic"] is False for row in found.rows)
    record = tail(corrected, 1)[0]
    assert (record["action"], record["principal"], record["purpose"]) == (
        "training corrections",
        "dana",
        "train_labeller",
    )


def test_another_kind_of_purpose_trains_nothing(corrected: Home, broker: Broker) -> None:
    for purpose in ("plan_service", "quality_review", "no such purpose"):
        with pytest.raises(NightlightError, match="purpose of training"):
            training_corrections(corrected, broker, principal="dana", purpose=purpose)
    with pytest.raises(NightlightError, match="purpose of training"):
        training_corrections(corrected, broker, principal="otto", purpose="train_labeller")


def test_without_a_readable_record_of_consent_there_are_none_and_it_says_so(corrected: Home, broker: Broker) -> None:
    change(corrected, "DENY SELECT (consent_training) ON TABLE silver.conversations TO scientists;")
    found = training_corrections(corrected, broker, principal="dana", purpose="train_labeller")
    assert (found.rows, found.left_out) == ((), 2)
    assert "consent" in found.why


def test_without_the_text_there_are_none_and_it_says_so(corrected: Home, broker: Broker) -> None:
    change(corrected, "DENY SELECT (text) ON TABLE silver.messages TO scientists;")
    found = training_corrections(corrected, broker, principal="dana", purpose="train_labeller")
    assert (found.rows, found.left_out) == ((), 2)
    assert "may not read" in found.why


def test_what_nobody_accepted_trains_nothing(lines: Home, broker: Broker, clock: Clock) -> None:
    change(lines, GRANTED)
    take_in(lines, "1001", "v1", clock.now)
    correct(lines, "1001", "10010", "risk", 1, "It is passive risk.", by=SAM, clock=clock)
    found = training_corrections(lines, broker, principal="dana", purpose="train_labeller")
    assert (found.rows, found.left_out, found.why) == ((), 0, "")
