"""Letting a version in and taking one back: what the registry decides is what the pages do, in the audit each time."""

import pytest
from tests.web.conftest import NOW, browsers
from tests.web.models.conftest import As

from nightlight.catalog.audit import tail, verify
from nightlight.registry.versions import holder
from nightlight.settings import Home

BACK = {"workspace": "prod", "champion": "prod/pocket/2", "reason": "lines were cut off"}


def champion(line: Home, workspace: str = "prod") -> str:
    found = holder(line, "pocket", "champion", workspace=workspace)
    assert found is not None
    return found.label


def test_a_second_person_lets_a_version_in_through_staging_to_prod(line: Home, sign_in: As) -> None:
    clara = sign_in("clara")
    staged = clara.post("/models/pocket/dev/4/promotion", data={"to": "staging", "alias": "champion"})
    assert (staged.status_code, staged.headers["location"]) == (303, "/models/pocket/staging/4?done=champion")
    page = clara.get(staged.headers["location"]).text
    assert "It is champion now. Servers follow within ten seconds." in page
    live = clara.post("/models/pocket/staging/4/promotion", data={"to": "prod", "alias": "champion"})
    assert live.headers["location"] == "/models/pocket/prod/3?done=champion"
    assert champion(line) == "prod/pocket/3"
    entry = tail(line, 1, action="promote model")[0]
    assert (entry["principal"], entry["statement"]) == ("clara", "pocket 4 to prod as champion")
    assert verify(line).ok


def test_the_challenger_of_prod_becomes_champion_from_its_own_page(line: Home, sign_in: As) -> None:
    clara = sign_in("clara")
    for source in ("dev", "staging"):
        to = {"dev": "staging", "staging": "prod"}[source]
        clara.post(f"/models/pocket/{source}/4/promotion", data={"to": to, "alias": "challenger"})
    page = clara.get("/models/pocket/prod/3").text
    assert 'action="/models/pocket/staging/4/promotion"' in page
    clara.post("/models/pocket/staging/4/promotion", data={"to": "prod", "alias": "champion"})
    assert champion(line) == "prod/pocket/3"


@pytest.mark.parametrize(
    ("who", "number", "status", "told"),
    [
        ("dario", 4, 400, "&#39;dario&#39; trained or registered dev/pocket/4"),
        ("uma", 4, 400, "&#39;uma&#39; does not have MANAGE on MODEL pocket"),
        ("ada", 4, 400, "&#39;ada&#39; does not have EXECUTE on MODEL pocket"),
        ("clara", 3, 400, "the gate refuses dev/pocket/3"),
        ("vera", 4, 404, "there is nothing here that you may open"),
    ],
)
def test_a_refusal_is_one_clear_line_and_moves_nothing(
    line: Home, sign_in: As, who: str, number: int, status: int, told: str
) -> None:
    before = champion(line, "staging")
    answer = sign_in(who).post(f"/models/pocket/dev/{number}/promotion", data={"to": "staging", "alias": "champion"})
    assert answer.status_code == status
    assert told in answer.text
    assert champion(line, "staging") == before
    if status == 400:
        assert tail(line, 1, action="promote model")[0]["outcome"] == "refused"


def test_who_takes_back_sees_which_version_speaks_again(sign_in: As) -> None:
    page = sign_in("clara").get("/models/pocket/rollback").text
    assert page.index("Champion now") < page.index("prod/pocket/2") < page.index("prod/pocket/1")
    assert "<button>Take prod/pocket/2 back</button>" in page


def test_one_person_takes_the_champion_back_and_the_reason_is_in_the_audit(line: Home, sign_in: As) -> None:
    answer = sign_in("dario").post("/models/pocket/rollback", data=BACK)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models/pocket?done=rollback")
    assert champion(line) == "prod/pocket/1"
    entry = tail(line, 1, action="roll back model")[0]
    assert (entry["principal"], entry["detail"]) == ("dario", "prod/pocket/2 to prod/pocket/1: lines were cut off")
    page = sign_in("clara").get(answer.headers["location"]).text
    assert "Taken back." in page


def test_nobody_takes_back_what_somebody_has_taken_back_already(line: Home, sign_in: As) -> None:
    sign_in("dario").post("/models/pocket/rollback", data=BACK)
    answer = sign_in("clara").post("/models/pocket/rollback", data=BACK)
    assert answer.status_code == 409
    assert "another version is champion by now" in answer.text
    assert champion(line) == "prod/pocket/1"


@pytest.mark.parametrize("who", ["uma", "ada"])
def test_who_may_not_take_back_reads_who_can(line: Home, sign_in: As, who: str) -> None:
    page = sign_in(who).get("/models/pocket/rollback").text
    assert "<button disabled>Take prod/pocket/2 back</button>" in page
    assert "Who can: clara, cleo, dario." in page
    assert sign_in(who).post("/models/pocket/rollback", data=BACK).status_code == 400
    assert champion(line) == "prod/pocket/2"


def test_a_stranger_takes_nothing_back(line: Home, sign_in: As) -> None:
    assert sign_in("vera").post("/models/pocket/rollback", data=BACK).status_code == 404
    assert champion(line) == "prod/pocket/2"


def test_without_a_version_before_there_is_nothing_to_go_back_to(sign_in: As) -> None:
    page = sign_in("clara").get("/models/pocket/rollback?workspace=dev")
    assert "There is no version in dev to go back to." in page.text
    assert sign_in("clara").get("/models/pocket/rollback?workspace=moon").status_code == 404


def test_a_slip_in_the_bars_takes_nobody_the_way_back(line: Home) -> None:
    (line.root / "gates.toml").write_text("[pocket.live]\np95 = 1\n")
    (line.root / "nightlight.toml").write_text('[wording]\nkind = "pocket"\n')
    with browsers(Home.open(line.root), lambda: NOW) as sign_in:
        told = sign_in("clara").get("/models/pocket")
        assert told.status_code == 200
        assert "What it does while it is used cannot be told:" in told.text
        assert "<button>Take prod/pocket/2 back</button>" in sign_in("clara").get("/models/pocket/rollback").text
        assert sign_in("clara").post("/models/pocket/rollback", data=BACK).status_code == 303
    assert champion(line) == "prod/pocket/1"


def test_an_author_does_not_let_in_again_what_was_taken_back(line: Home, sign_in: As) -> None:
    sign_in("clara").post("/models/pocket/rollback", data=BACK)
    again = BACK | {"champion": "prod/pocket/1"}
    page = sign_in("dario").get("/models/pocket/rollback").text
    assert "<button disabled>" in page
    assert "You trained or registered prod/pocket/2, and it was taken back" in page
    assert sign_in("dario").post("/models/pocket/rollback", data=again).status_code == 400
    assert sign_in("cleo").post("/models/pocket/rollback", data=again).status_code == 303
    assert champion(line) == "prod/pocket/2"


def test_a_version_goes_to_the_next_workspace_and_no_other(line: Home, sign_in: As) -> None:
    answer = sign_in("clara").post("/models/pocket/dev/2/promotion", data={"to": "prod", "alias": "champion"})
    assert answer.status_code == 400
    assert "dev/pocket/2 does not go to &#39;prod&#39;" in answer.text
    assert champion(line) == "prod/pocket/2"
