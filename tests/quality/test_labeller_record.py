"""What speaks for the labels: mia who manages sees it, sam and otto do not."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from tests.labelling.registered import let_people_decide, looked_up_at_once, to_production, write_other
from tests.quality.conftest import ASKED, HARD, MIA, OTTO, SAM, TESS, Talk
from tests.registry.models import NOW, clock

from nightlight.db import insert_row, transaction
from nightlight.errors import NightlightError
from nightlight.labelling.model import shipped_model
from nightlight.labelling.serving import _following, weights_in, weights_of
from nightlight.quality.access import Reach
from nightlight.quality.corrections import correct, review_correction
from nightlight.quality.labeller_record import labeller_record
from nightlight.registry.promotion import rollback
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home


@pytest.fixture
def promoted(talk: Talk, empty_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """Another labeller in production, after the shipped one has read three messages of which one was corrected."""
    looked_up_at_once(monkeypatch)
    talk.say("T: hi", f"T: {HARD}", f"C: {ASKED}")
    for axis, value in (("phase", "exploration"), ("risk", 3)):
        made = correct(talk.home, "live-1", "m2", axis, value, "It was said plainly.", by=SAM, clock=talk.clock)
        review_correction(talk.home, made.id, accepted=True, by=TESS, clock=talk.clock)
    correct(talk.home, "live-1", "m1", "phase", "exploration", "It was said plainly.", by=SAM, clock=talk.clock)
    count_read(talk.home, shipped_model().version, 3)
    shutil.copytree(empty_registry, talk.home.registry)
    let_people_decide(talk.home)
    return to_production(talk.home, write_other(tmp_path / "other"))


def count_read(home: Home, version: str, number: int) -> None:
    key = {"source": "live", "week": date(2026, 3, 2), "labeller": version, "axis": "read", "label": "assessed"}
    with transaction(home.database_url) as connection:
        insert_row(connection, "quality_label_weeks", {**key, "number": number, "probability": None})


def test_the_one_that_works_comes_first_with_who_let_it_in_and_what_its_gate_measured(
    talk: Talk, promoted: ModelVersion
) -> None:
    found = labeller_record(talk.home, by=MIA)
    first, shipped = found.worked
    assert (first.labels, first.works_now, first.messages) == (weights_of(talk.home, promoted), True, 0)
    assert [(each.since, each.until, each.by) for each in first.tenures] == [(NOW, None, "clara")]
    assert {each.id: each.value for each in found.measures} == {
        "acts_exact": 0.81,
        "rungs_recall": 0.86,
        "rungs_precision": 0.92,
        "alarm_recall": 0.9,
    }
    assert (shipped.labels, shipped.works_now, shipped.tenures) == (weights_in(shipped_model().version), False, ())


def test_a_message_counts_once_however_many_of_its_labels_two_people_corrected(
    talk: Talk, promoted: ModelVersion
) -> None:
    shipped = labeller_record(talk.home, by=MIA).worked[1]
    assert (shipped.messages, shipped.corrected) == (3, 1)
    assert shipped.in_thousand == pytest.approx(333.3, abs=0.1)


def test_one_that_was_promoted_again_has_all_its_times(talk: Talk, promoted: ModelVersion, tmp_path: Path) -> None:
    second = to_production(talk.home, write_other(tmp_path / "second", alarm=0.5))
    rollback(talk.home, "labeller", by="clara", clock=clock)
    first, other = labeller_record(talk.home, by=MIA).worked[:2]
    assert [each.version.label for each in first.tenures] == [promoted.label] * 2
    assert [each.until for each in first.tenures] == [None, NOW]
    assert [each.version.label for each in other.tenures] == [second.label]


def test_a_registry_that_cannot_be_read_leaves_the_shipped_one_and_says_so(talk: Talk, promoted: ModelVersion) -> None:
    (talk.home.registry / "registry.db").write_bytes(b"no database, " * 200)
    _following.cache_clear()
    found = labeller_record(talk.home, by=MIA)
    assert found.now.problem
    assert (found.worked[0].labels, found.measures) == (weights_in(shipped_model().version), ())


@pytest.mark.parametrize("who", [SAM, OTTO])
def test_nobody_else_is_told(talk: Talk, who: Reach) -> None:
    with pytest.raises(NightlightError, match="does not have MANAGE on APP quality"):
        labeller_record(talk.home, by=who)
