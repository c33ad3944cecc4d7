"""What waits for somebody: the newest of what was trained, and what is tried out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nightlight.registry.rollout import Rollout
from nightlight.registry.stored import ModelVersion
from nightlight.web.models.waiting import EVALUATE, LET_IN, MEND, NOBODY_YET, STAGED, TRIED_OUT, waiting

AT = datetime(2026, 11, 2, tzinfo=UTC)
OLD = ModelVersion("pocket", 1, "dev", "dario", AT, (), "passed", "", False, "", {"digest": "one"})
LIVE = replace(OLD, workspace="prod", aliases=("champion",))
NEW = replace(OLD, version=2, tags={"digest": "two"})


@pytest.mark.parametrize(("gate", "word"), [("passed", LET_IN), ("refused", MEND), ("not evaluated", EVALUATE)])
def test_the_newest_version_that_was_trained_waits_for_what_its_gate_says(gate: str, word: str) -> None:
    newest = replace(NEW, gate=gate)
    assert [(each.version, each.word) for each in waiting([OLD, newest, LIVE], None)] == [(newest, word)]


def test_what_went_on_to_the_next_workspace_and_what_came_with_the_product_wait_no_longer() -> None:
    assert waiting([OLD, LIVE], None) == []
    assert waiting([replace(NEW, tags={"digest": "two", "shipped": "true"})], None) == []


def test_a_version_in_staging_waits_for_prod() -> None:
    staged = replace(NEW, workspace="staging", version=1)
    assert [each.word for each in waiting([OLD, NEW, staged, LIVE], None)] == [STAGED]


def test_a_challenger_is_met_by_nobody_before_it_is_tried_out() -> None:
    tried = replace(NEW, workspace="prod", aliases=("challenger",))
    assert [each.word for each in waiting([NEW, tried], None)] == [NOBODY_YET]
    found = waiting([NEW, tried], Rollout(tried, "percentage", "10", "clara", AT))
    assert [each.word for each in found] == [TRIED_OUT]
