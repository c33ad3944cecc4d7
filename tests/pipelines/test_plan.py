"""What the plan says is what an update does, in every state a project can be in."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.plan import Action, Selection

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

PROJECT = """
CREATE STREAMING TABLE silver.a AS SELECT message_id, author FROM STREAM bronze.a;
CREATE STREAMING TABLE silver.b TBLPROPERTIES ('expect.good' = 'DROP message_id > 0')
AS SELECT message_id FROM STREAM silver.a;
CREATE TEMPORARY VIEW v AS SELECT message_id FROM silver.a UNION ALL SELECT message_id FROM bronze.c;
CREATE MATERIALIZED VIEW silver.k TBLPROPERTIES ('refresh.key' = 'message_id')
AS SELECT message_id, count(*) AS n FROM v GROUP BY message_id;
CREATE MATERIALIZED VIEW gold.q AS SELECT count(*) AS n FROM quarantine.silver_b;
CREATE MATERIALIZED VIEW gold.t AS SELECT sum(n) AS n FROM silver.k;
"""
NAMES = ["silver.a", "silver.b", "silver.k", "gold.q", "gold.t"]


@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_what_the_update_does(pipeline: "Pipeline", seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    pipeline.define(PROJECT)

    def deliver() -> None:
        table = chance.choice(["bronze.a", "bronze.c"])
        pipeline.deliver(table, [{"message_id": chance.randint(0, 5)} for _ in range(chance.randint(0, 4))])

    def compact() -> None:
        name = chance.choice(["bronze.a", *NAMES])
        if pipeline.table(name).rows:
            pipeline.compact(name)

    def redefine() -> None:
        pipeline.define(PROJECT.replace("sum(n)", f"sum(n) + {chance.randint(1, 9)}"))

    happenings: list[Callable[[], None]] = [deliver, deliver, deliver, compact, redefine, lambda: None]
    for name in ("bronze.a", "bronze.c"):
        pipeline.deliver(name, [{"message_id": 1}])
    if chance.random() < 0.5:
        pipeline.update_well()
    for _ in range(8):
        for happening in chance.choices(happenings, k=chance.randint(0, 2)):
            happening()
        chosen = frozenset(chance.sample(NAMES, chance.randint(1, 2)))
        selection = chance.choice([Selection(), Selection(), Selection(refresh=chosen), Selection(full=chosen)])
        planned = [(step.dataset.name, step.action, step.reason) for step in pipeline.plan(selection)]
        before = pipeline.versions()
        update = pipeline.update(selection)  # some selections cannot work: reading what was never computed
        assert [(event.dataset, event.action, event.reason) for event in update.events] == planned
        skipped = [name for name, action, _ in planned if action is Action.SKIP]
        assert [name for name in skipped if before.get(name) != pipeline.versions().get(name)] == []


def test_planning_changes_nothing(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    pipeline.deliver("bronze.a", [{"message_id": 1}])
    before = pipeline.versions()
    pipeline.plan()
    pipeline.plan(Selection(full_all=True))
    assert pipeline.versions() == before


def test_a_second_update_does_nothing_and_the_plan_says_so(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    for name in ("bronze.a", "bronze.c"):
        pipeline.deliver(name, [{"message_id": 1}, {"message_id": 0}])
    pipeline.update_well()
    before = pipeline.versions()
    assert {(step.action, step.reason) for step in pipeline.plan()} == {(Action.SKIP, "inputs unchanged")}
    assert pipeline.update_well().changed == []
    assert pipeline.versions() == before


def test_compaction_gives_no_lasting_work(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    for name in ("bronze.a", "bronze.c"):
        for number in (1, 2):
            pipeline.deliver(name, [{"message_id": number}])
    pipeline.limit_batches(1)
    pipeline.update_well()
    for name in ("bronze.a", "bronze.c", "silver.a", "silver.k"):
        pipeline.compact(name)
    pipeline.update_well()
    assert {step.action for step in pipeline.plan()} == {Action.SKIP}
    before = pipeline.versions()
    assert pipeline.update_well().changed == []
    assert pipeline.versions() == before


def test_only_what_is_selected_is_touched(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    for name in ("bronze.a", "bronze.c"):
        pipeline.deliver(name, [{"message_id": 1}])
    pipeline.update_well()
    pipeline.deliver("bronze.a", [{"message_id": 2}])
    update = pipeline.update_well(Selection(refresh=frozenset(["silver.a", "gold.t"])))
    assert [event.dataset for event in update.changed] == ["silver.a"]
    assert {event.reason for event in update.events if event.dataset in ("silver.b", "silver.k")} == {"not selected"}
    later = [event.dataset for event in pipeline.update_well().changed]
    assert set(later) >= {"silver.b", "silver.k", "gold.t"}
    assert "silver.a" not in later


def test_an_unknown_selection_suggests_what_was_meant(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    for selection in (Selection(refresh=frozenset(["silver.aa"])), Selection(full=frozenset(["silver.aa"]))):
        with pytest.raises(
            NightlightError, match=r"no dataset 'silver\.aa' in this project; did you mean 'silver\.a'\?"
        ):
            pipeline.plan(selection)
    with pytest.raises(NightlightError, match="no dataset 'v'"):  # a view is not stored
        pipeline.plan(Selection(refresh=frozenset(["v"])))


CHANGES = {
    "query": ("sum(n)", "max(n)"),
    "a view's query": ("FROM bronze.c", "FROM bronze.c WHERE message_id > 1"),
    "key": (" TBLPROPERTIES ('refresh.key' = 'message_id')\n", " "),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_a_changed_definition_is_computed_anew(pipeline: "Pipeline", old: str, new: str) -> None:
    pipeline.define(PROJECT)
    for name in ("bronze.a", "bronze.c"):
        pipeline.deliver(name, [{"message_id": 1}])
    pipeline.update_well()
    pipeline.define(PROJECT.replace(old, new))
    anew = [step.dataset.name for step in pipeline.plan() if step.reason == "its definition changed"]
    assert anew == (["gold.t"] if old == "sum(n)" else ["silver.k"])
    pipeline.update_well()
    assert pipeline.update_well().changed == []


def test_moving_a_definition_to_another_place_is_no_change(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    for name in ("bronze.a", "bronze.c"):
        pipeline.deliver(name, [{"message_id": 1}])
    pipeline.update_well()
    pipeline.define("-- nothing here")
    pipeline.define("\n\n-- moved\n" + PROJECT, "moved.sql")
    assert {step.action for step in pipeline.plan()} == {Action.SKIP}
