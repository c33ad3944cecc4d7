"""Trying a version out: only the challenger of production, by a second person, in the audit, and over in time."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import copy_home
from tests.registry.conftest import Trained, measured
from tests.registry.models import NOW, add_people, clock, write_model

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.registry.history import history
from nightlight.registry.promotion import promote, rollback
from nightlight.registry.rollout import TAGS, Rollout, rollout_of, start_rollout, stop_rollout
from nightlight.registry.store import PROD, open_store
from nightlight.registry.versions import get_version, register
from nightlight.settings import Home


def up(home: Home, version: int, alias: str) -> int:
    staged = promote(home, "pocket", version, to="staging", alias=alias, by="clara", clock=clock)
    return promote(home, "pocket", staged.version, to="prod", alias=alias, by="clara", clock=clock).version


def start(home: Home, version: int, kind: str = "shadow", value: str = "", by: str = "clara") -> Rollout:
    return start_rollout(home, "pocket", version, kind=kind, value=value, by=by, clock=clock)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, make_home: Callable[[Path], Home], empty_registry: Path) -> Home:
    folder = tmp_path_factory.mktemp("rollout")
    home = make_home(folder / "home")
    shutil.copytree(empty_registry, home.registry)
    add_people(home)
    for number, (word, alias) in enumerate((("first", "champion"), ("second", "challenger")), 1):
        measured(
            home, register(home, "pocket", write_model(folder / word, word), author="dario", clock=clock), 0.0, 0.8
        )
        up(home, number, alias)
    return home


@pytest.fixture
def line(made: Home, tmp_path: Path) -> Home:
    """A champion of production and a challenger, both trained by dario."""
    return copy_home(made, tmp_path / "line")


def test_who_tries_what_out_is_told_by_plain_sql_and_by_mlflows_own_client(line: Home) -> None:
    assert rollout_of(line, "pocket") is None
    started = start(line, 2, "percentage", "10")
    assert rollout_of(line, "pocket") == started
    assert (started.version.label, started.value, started.by, started.since) == ("prod/pocket/2", "10", "clara", NOW)
    with open_store(line, PROD) as client:
        tags = client.get_model_version("pocket", "2").tags
    assert tuple(tags[key] for key in TAGS) == ("percentage", "10", "clara", NOW.isoformat())


def test_it_is_in_the_audit_and_in_the_model_s_story(line: Home) -> None:
    start(line, 2, "cohort", "spring")
    stop_rollout(line, "pocket", by="clara", reason="enough seen", clock=clock)
    told = [(event.action, event.what, event.outcome, event.detail) for event in history(line, "pocket")[-2:]]
    files = get_version(line, "pocket", 2, workspace="prod").digest[:12]
    assert told == [
        ("roll out model", "pocket 2 by cohort", "done", f"prod/pocket/2, cohort spring, files {files}"),
        ("stop rollout", "pocket", "done", "prod/pocket/2, cohort spring: enough seen"),
    ]


def test_the_author_lets_nobody_meet_what_they_made_and_may_end_it(line: Home) -> None:
    with pytest.raises(NightlightError, match="'dario' trained or registered prod/pocket/2; a second person tries it"):
        start(line, 2, by="dario")
    assert tail(line, 1)[0]["outcome"] == "refused"
    start(line, 2)
    stop_rollout(line, "pocket", by="dario", clock=clock)
    assert rollout_of(line, "pocket") is None


@pytest.mark.parametrize("person", ["otto", "ada", "nobody"])
def test_a_stranger_and_whoever_only_manages_the_catalog_try_nothing_out(line: Home, person: str) -> None:
    with pytest.raises(NightlightError, match=f"'{person}' does not have EXECUTE on MODEL pocket"):
        start(line, 2, by=person)
    start(line, 2)
    with pytest.raises(NightlightError, match=f"'{person}' does not have EXECUTE on MODEL pocket"):
        stop_rollout(line, "pocket", by=person, clock=clock)
    assert rollout_of(line, "pocket") is not None


def test_another_way_takes_the_place_of_the_one_before(line: Home) -> None:
    start(line, 2)
    start(line, 2, "percentage", "25")
    found = rollout_of(line, "pocket")
    assert found is not None
    assert (found.kind, found.value) == ("percentage", "25")


def test_a_new_champion_a_rollback_and_a_new_challenger_end_it(line: Home, trained: Trained) -> None:
    start(line, 2)
    trained("third", at=line)
    third = up(line, 3, "challenger")
    assert rollout_of(line, "pocket") is None
    start(line, third)
    up(line, 3, "champion")
    assert rollout_of(line, "pocket") is None
    up(line, 2, "challenger")
    assert rollout_of(line, "pocket") is None, "what was tried before is not tried again by itself"
    start(line, 2)
    rollback(line, "pocket", by="clara", clock=lambda: NOW + timedelta(days=1))
    assert rollout_of(line, "pocket") is None


@pytest.mark.parametrize(
    ("version", "kind", "value", "why"),
    [
        (1, "shadow", "", "prod/pocket/1 is not the challenger; the challenger is version 2"),
        (7, "shadow", "", "prod has no version 7 of 'pocket'"),
        (2, "percentage", "0", "'0' is no percentage; write a whole number from 1 to 99"),
        (2, "percentage", "100", "'100' is no percentage"),
        (2, "percentage", "ten", "'ten' is no percentage"),
        (2, "percentage", "9" * 5000, "'99999999999999999999' is no percentage"),
        (2, "cohort", " ", "no cohort is named"),
        (2, "shade", "", r"'shade' is no way to try a version out; did you mean 'shadow'\?"),
    ],
)
def test_what_cannot_be_tried_out_is_one_clear_line(line: Home, version: int, kind: str, value: str, why: str) -> None:
    with pytest.raises(NightlightError, match=why):
        start(line, version, kind, value)
    assert rollout_of(line, "pocket") is None


def test_what_is_kept_is_the_number_and_what_is_refused_fills_no_audit(line: Home) -> None:
    assert start(line, 2, "percentage", "07").value == "7"
    with pytest.raises(NightlightError, match="is no way to try a version out"):
        start(line, 2, "shadow" * 10_000)
    stop_rollout(line, "pocket", by="clara", reason="too\nmuch " * 10_000, clock=clock)
    assert all(len(str(value)) < 1000 for record in tail(line, 2) for value in record.values())


def test_a_promotion_that_ends_it_says_so_in_the_audit(line: Home) -> None:
    start(line, 2, "percentage", "10")
    up(line, 2, "champion")
    ended = tail(line, 1, action="stop rollout")[0]
    assert (ended["principal"], ended["detail"]) == (
        "clara",
        "prod/pocket/2, 10 % of people: prod/pocket/2 is champion",
    )


def test_without_a_challenger_the_way_to_one_is_told(home: Home, trained: Trained) -> None:
    trained()
    with pytest.raises(NightlightError, match="is not the challenger; promote one: `nightlight model promote pocket"):
        start(home, up(home, 1, "champion"))
    with pytest.raises(NightlightError, match="no version of 'pocket' is being tried out"):
        stop_rollout(home, "pocket", by="clara", clock=clock)


def test_a_labeller_is_not_tried_out_on_people(home: Home) -> None:
    from nightlight.catalog.statements import read_statements
    from nightlight.sql.policies import apply_policies

    grants = "GRANT EXECUTE ON MODEL labeller TO deciders; GRANT MANAGE ON MODEL labeller TO deciders;"
    apply_policies(home, read_statements(grants, "test.sql"), by="test")
    with pytest.raises(NightlightError, match=r"'labeller' talks with nobody: .*`nightlight model compare labeller"):
        start_rollout(home, "labeller", 1, kind="shadow", by="clara", clock=clock)


def test_tags_that_somebody_wrote_by_hand_let_nobody_meet_a_version(line: Home) -> None:
    with open_store(line, PROD) as client:
        for key, value in zip(TAGS, ("percentage", "all", "otto", "yesterday"), strict=True):
            client.set_model_version_tag("pocket", "2", key, value)
    assert rollout_of(line, "pocket") is None
