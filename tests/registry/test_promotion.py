"""Promotion and rollback: two people up, one back, nothing past its gate, everything in the audit."""

from datetime import datetime

import pytest
from tests.registry.conftest import Trained
from tests.registry.models import NOW, STARTER, clock

from nightlight.catalog.audit import tail, verify
from nightlight.catalog.principals import disable
from nightlight.errors import NightlightError
from nightlight.registry.gates import get_report
from nightlight.registry.history import history
from nightlight.registry.promotion import promote, rollback
from nightlight.registry.serving import Followed
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import files_of, get_version, holder, list_versions
from nightlight.settings import Home


def up(home: Home, version: int, to: str, *, by: str = "clara", alias: str = "champion") -> ModelVersion:
    return promote(home, "pocket", version, to=to, alias=alias, by=by, clock=clock)


def to_prod(home: Home, version: ModelVersion) -> ModelVersion:
    return up(home, up(home, version.version, "staging").version, "prod")


def champion(home: Home, workspace: str = "prod") -> str:
    found = holder(home, "pocket", "champion", workspace=workspace)
    return found.label if found else ""


def test_a_version_goes_from_dev_to_staging_to_prod_with_its_files_its_report_and_its_source(
    home: Home, trained: Trained
) -> None:
    trained("first"), trained("second")
    staged = up(home, 2, "staging")
    assert (staged.label, staged.source, staged.author) == ("staging/pocket/1", "dev/pocket/2", "dario")
    live = up(home, staged.version, "prod")
    assert (live.label, live.source, live.aliases) == ("prod/pocket/1", "staging/pocket/1", ("champion",))
    assert (live.gate, live.tags["approved_by"], live.tags["champion_since"]) == ("passed", "clara", NOW.isoformat())
    assert (files_of(home, live) / "weights.safetensors").read_bytes() == b"second"
    report = get_report(home, live)
    assert report is not None
    assert (report.workspace, report.version, report.passed) == ("prod", 1, True)


def test_the_author_cannot_promote_what_they_trained(home: Home, trained: Trained) -> None:
    trained()
    with pytest.raises(NightlightError, match="'dario' trained or registered dev/pocket/1; a second person"):
        up(home, 1, "staging", by="dario")
    with pytest.raises(NightlightError, match="'dario' trained or registered staging/pocket/1"):
        up(home, up(home, 1, "staging").version, "prod", by="dario")


@pytest.mark.parametrize("person", ["otto", "ada", "nobody"])
def test_a_stranger_and_whoever_only_manages_the_catalog_promote_nothing(
    home: Home, trained: Trained, person: str
) -> None:
    trained()
    with pytest.raises(NightlightError, match=f"'{person}' does not have EXECUTE on MODEL pocket"):
        up(home, 1, "staging", by=person)
    with pytest.raises(NightlightError, match=f"'{person}' does not have EXECUTE on MODEL pocket"):
        rollback(home, "pocket", by=person, clock=clock)
    assert champion(home, "staging") == ""


def test_somebody_who_left_decides_nothing_any_more(home: Home, trained: Trained) -> None:
    trained()
    disable(home.database_url, "clara", by="test")
    with pytest.raises(NightlightError, match="'clara' does not have EXECUTE"):
        up(home, 1, "staging")


def test_a_version_that_was_not_evaluated_stays_where_it_is(home: Home, trained: Trained) -> None:
    trained(leaks=None)
    with pytest.raises(NightlightError, match="dev/pocket/1 has not been evaluated; run `nightlight model evaluate"):
        up(home, 1, "staging")


def test_a_version_whose_gate_refused_it_stays_where_it_is(home: Home, trained: Trained) -> None:
    trained(leaks=0.3)
    with pytest.raises(NightlightError, match=r"the gate refuses dev/pocket/1: leaks facts told too early: 0.3"):
        up(home, 1, "staging")
    assert list_versions(home, "pocket")[-1].workspace == "dev"


def test_bars_that_were_raised_since_the_evaluation_count(home: Home, trained: Trained) -> None:
    trained(fluency=0.8)
    file = home.root / "gates.toml"
    file.write_text(file.read_text().replace("at_least = 0.5", "at_least = 0.9"))
    with pytest.raises(NightlightError, match=r"the gate refuses .*fluency lines that read well: 0.8, has to be at l"):
        up(home, 1, "staging")


def test_a_version_that_lowered_bars_let_in_carries_today_s_verdict(home: Home, trained: Trained) -> None:
    refused = trained(fluency=0.4)
    file = home.root / "gates.toml"
    file.write_text(file.read_text().replace("at_least = 0.5", "at_least = 0.3"))
    staged = up(home, 1, "staging")
    report = get_report(home, staged)
    assert report is not None
    assert (refused.gate, staged.gate, report.refused_because) == ("refused", "passed", ())
    assert {each.id: each.bar for each in report.measures}["fluency"] == 0.3
    assert up(home, staged.version, "prod").gate == "passed"


def test_a_version_worse_than_the_champion_it_would_follow_stays_where_it_is(home: Home, trained: Trained) -> None:
    trained("first", fluency=0.9), trained("second", fluency=0.7)
    up(home, 1, "staging")
    with pytest.raises(NightlightError, match=r"fluency lines that read well: 0.7, the champion has 0.9"):
        up(home, 2, "staging")


def test_prod_refuses_what_learned_from_starters_and_says_why(home: Home, trained: Trained) -> None:
    trained(documents=(STARTER,))
    staged = up(home, 1, "staging")
    why = r"trained on 1 starter documents that nobody here has approved \(exam-week\); have them approved"
    with pytest.raises(NightlightError, match=why):
        up(home, staged.version, "prod")
    approved = [str(STARTER["sha256"])]
    done = promote(home, "pocket", 1, to="prod", alias="champion", by="clara", approved=approved, clock=clock)
    assert done.is_starter  # what it learned from is not forgotten


def test_nothing_skips_a_workspace(home: Home, trained: Trained) -> None:
    trained()
    with pytest.raises(NightlightError, match="staging has no version 1 of 'pocket'; there is none of it in staging"):
        up(home, 1, "prod")


@pytest.mark.parametrize(
    ("to", "alias", "why"),
    [
        ("production", "champion", "there is no workspace 'production'"),
        ("staging", "previous", "the alias 'previous' cannot be given"),
        ("staging", "champoin", r"cannot be given; did you mean 'champion'\?"),
    ],
)
def test_a_place_that_is_not_there_is_one_clear_line(
    home: Home, trained: Trained, to: str, alias: str, why: str
) -> None:
    trained()
    with pytest.raises(NightlightError, match=why):
        up(home, 1, to, alias=alias)


def test_files_changed_since_they_were_registered_are_not_promoted(home: Home, trained: Trained) -> None:
    (files_of(home, trained()) / "weights.safetensors").write_bytes(b"others")
    with pytest.raises(NightlightError, match="not what the manifest says"):
        up(home, 1, "staging")
    assert champion(home, "staging") == ""


def test_a_challenger_is_tried_beside_the_champion_and_takes_its_place_without_another_copy(
    home: Home, trained: Trained
) -> None:
    to_prod(home, trained("first"))
    trained("second")
    staged = up(home, 2, "staging")
    tried = up(home, staged.version, "prod", alias="challenger")
    assert (champion(home), tried.aliases) == ("prod/pocket/1", ("challenger",))
    done = up(home, staged.version, "prod")
    assert (done.label, done.aliases) == (tried.label, ("champion",))
    assert get_version(home, "pocket", 1, workspace="prod").aliases == ("previous",)


def test_a_rollback_swaps_and_a_running_server_follows_within_ten_seconds(home: Home, trained: Trained) -> None:
    seconds = [0.0]
    followed = Followed(home, "pocket", clock=lambda: seconds[0])
    assert followed.current() is None
    to_prod(home, trained("first"))
    to_prod(home, trained("second"))
    seconds[0] = 6.0
    begun_with = followed.current()
    assert begun_with is not None
    assert begun_with.label == "prod/pocket/2"
    back = rollback(home, "pocket", by="dario", reason="told a plan unasked", clock=clock)
    assert (back.label, back.aliases) == ("prod/pocket/1", ("champion",))
    seconds[0] = 15.9
    now = followed.current()
    assert now is not None
    assert now.label == "prod/pocket/1"
    assert (files_of(home, begun_with) / "weights.safetensors").read_bytes() == b"second"  # a session goes on with it
    assert rollback(home, "pocket", by="clara", clock=clock).label == "prod/pocket/2"


def test_without_a_version_before_there_is_nothing_to_go_back_to(home: Home, trained: Trained) -> None:
    to_prod(home, trained())
    with pytest.raises(NightlightError, match="prod has no version of 'pocket' to go back to"):
        rollback(home, "pocket", by="clara", clock=clock)


def test_the_audit_tells_the_whole_story(home: Home, trained: Trained) -> None:
    trained("first", leaks=0.5)
    with pytest.raises(NightlightError):
        up(home, 1, "staging")
    to_prod(home, trained("second"))
    to_prod(home, trained("third"))
    rollback(home, "pocket", by="clara", reason="too wordy", clock=clock)
    told = [(event.by, event.action, event.what, event.outcome) for event in history(home, "pocket")]
    assert told[:4] == [
        ("dario", "register model", "pocket", "done"),
        ("dario", "evaluate model", "dev/pocket/1", "done"),
        ("clara", "promote model", "pocket 1 to staging as champion", "refused"),
        ("dario", "register model", "pocket", "done"),
    ]
    assert told[-1] == ("clara", "roll back model", "pocket in prod", "done")
    assert history(home, "pocket")[-1].detail == "prod/pocket/2 to prod/pocket/1: too wordy"
    assert history(home, "labeller") == []
    assert verify(home).ok
    assert isinstance(tail(home, 1)[0]["at"], datetime)


def test_without_the_audit_nothing_moves(home: Home, trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    trained()

    def full(*_: object, **__: object) -> int:
        raise NightlightError("the audit cannot be written")

    monkeypatch.setattr("nightlight.registry.promotion.append", full)
    with pytest.raises(NightlightError, match="the audit cannot be written"):
        up(home, 1, "staging")
    assert champion(home, "staging") == ""


def test_what_was_taken_back_its_author_does_not_let_in_again_alone(home: Home, trained: Trained) -> None:
    to_prod(home, trained("first"))
    to_prod(home, trained("second"))
    rollback(home, "pocket", by="clara", clock=clock)
    why = "'dario' trained or registered prod/pocket/2, which was taken back; a second person lets it in again"
    with pytest.raises(NightlightError, match=why):
        rollback(home, "pocket", by="dario", clock=clock)
    with pytest.raises(NightlightError, match="'otto' does not have EXECUTE"):
        rollback(home, "pocket", by="otto", clock=clock)
    assert champion(home) == "prod/pocket/1"
    rollback(home, "pocket", by="clara", clock=clock)
    assert champion(home) == "prod/pocket/2"
    rollback(home, "pocket", by="dario", clock=clock)  # taking their own away is anybody's who decides
    assert champion(home) == "prod/pocket/1"
    up(home, 2, "prod")  # anew, by a second person
    up(home, 1, "prod")
    rollback(home, "pocket", by="dario", clock=clock)
    assert champion(home) == "prod/pocket/2"
