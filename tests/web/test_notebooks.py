"""The notebooks page: who may enter which workspace, and how a definition from a notebook becomes part of a project."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.web.conftest import NOW, As

from nightlight.accounts.tokens import create_token
from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.catalog.workspaces import Entrance, Workspace, add_workspace
from nightlight.errors import NightlightError
from nightlight.operations.notebooks.servers import Pages
from nightlight.operations.proposals import list_proposals
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

# ana and dora may enter; sam reads more than they and may not; otto may nothing. dario may change what they propose.
POLICIES = """
CREATE SERVICE PRINCIPAL workspace_analysis; ADD USER workspace_analysis TO GROUP analysts;
CREATE GROUP data_scientists; ADD GROUP data_scientists TO GROUP analysts; ADD USER dario TO GROUP data_scientists;
ADD USER dora TO GROUP data_scientists; CREATE GROUP owners; ADD USER olga TO GROUP owners;
GRANT EXECUTE ON WORKSPACE analysis TO analysts; GRANT MODIFY ON SCHEMA lab TO data_scientists;
GRANT MODIFY ON SCHEMA lab TO workspace_analysis; GRANT MODIFY ON SCHEMA lab TO owners;
CREATE SERVICE PRINCIPAL other; ADD USER other TO GROUP analysts;
"""
DEFINITION = (
    "CREATE MATERIALIZED VIEW lab.weeks TBLPROPERTIES ('owner' = 'workspace_analysis') AS\n"
    "SELECT partner, sum(conversations) AS conversations FROM gold.volume_daily GROUP BY partner"
)
PLACE = "/notebooks/definitions/trial/lab_weeks.sql"
Call = Callable[..., Response]


class Servers:
    """Stands where the notebook servers would: says where somebody would enter."""

    can_confine = True

    def __init__(self) -> None:
        self.opened: list[tuple[str, Entrance, str]] = []
        self.refusal: NightlightError | None = None

    def open(self, workspace: Workspace, entrance: Entrance, pages: Pages, *, notebook: str = "") -> str:
        if self.refusal:
            raise self.refusal
        self.opened.append((workspace.name, entrance, notebook))
        return "http://127.0.0.1:9999/login?ticket=once"

    def people(self, workspace: str) -> list[str]:
        return ["dora"]


@pytest.fixture
def room(line: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("RUST_LOG", "off")
    apply_policies(line, list(read_statements(POLICIES, "room.sql")), by="ada", text=POLICIES)
    add_workspace(line.database_url, Workspace("analysis", "workspace_analysis", "improve_service"), by="ada")
    (line.notebooks / "analysis" / "weekly").mkdir(parents=True)
    (line.notebooks / "analysis" / "weekly" / "waits.ipynb").write_text("{}")
    (line.notebooks / "care").mkdir()
    (line.notebooks / "care" / "other.ipynb").write_text("{}")
    root = line.pipelines / "trial"
    (root / "transformations").mkdir(parents=True)
    (root / "spark-pipeline.yml").write_text("name: trial\nlibraries:\n  - glob:\n      include: transformations/**\n")
    return line


@pytest.fixture
def servers(room: Home, sign_in: As) -> Servers:
    servers, app = Servers(), sign_in("").app
    assert isinstance(app, FastAPI)
    app.state.notebooks = servers
    return servers


@pytest.fixture
def call(room: Home, sign_in: As, servers: Servers) -> Call:
    """The API with a token of a service principal, as a kernel calls it."""

    def send(
        method: str, path: str, body: Any = None, *, principal: str = "workspace_analysis", person: str = "ana"
    ) -> Response:
        secret = create_token(room, principal=principal, purpose="improve_service", days=1, by="ada", clock=lambda: NOW)
        program = TestClient(sign_in("").app)
        return program.request(
            method, path, json=body, headers={"Authorization": f"Bearer {secret}", "X-Nightlight-Person": person}
        )

    return send


def save(call: Call, text: str = DEFINITION) -> Response:
    return call("POST", "/api/datasets", {"name": "lab.weeks", "text": text})


def digest_on(browser: TestClient) -> str:
    return browser.get(PLACE).text.split('name="digest" value="')[1].split('"')[0]


def test_a_member_sees_the_workspace_who_is_in_it_and_its_notebooks(sign_in: As, servers: Servers) -> None:
    page = sign_in("ana").get("/notebooks").text
    assert "workspace_analysis" in page
    assert "dora" in page
    assert "weekly/waits.ipynb" in page
    assert "other.ipynb" not in page


@pytest.mark.parametrize("name", ["sam", "otto"])
def test_a_colleague_and_a_stranger_see_no_workspace_and_may_not_enter(
    sign_in: As, servers: Servers, name: str
) -> None:
    page = sign_in(name).get("/notebooks").text
    assert "No workspace is open to you" in page
    assert "workspace_analysis" not in page
    assert sign_in(name).post("/notebooks/analysis/open").status_code == 404
    assert sign_in(name).post("/notebooks/nothing/open").status_code == 404
    assert servers.opened == []


def test_a_member_is_led_into_the_workspace_and_the_audit_has_it(room: Home, sign_in: As, servers: Servers) -> None:
    answer = sign_in("ana").post("/notebooks/analysis/open", data={"notebook": "weekly/waits.ipynb"})
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0; url=http://127.0.0.1:9999/login?ticket=once"' in answer.text
    [(workspace, entrance, notebook)] = servers.opened
    assert (workspace, entrance.principal, notebook) == ("analysis", "ana", "weekly/waits.ipynb")
    assert entrance.session
    record = tail(room, 1)[0]
    assert (record["action"], record["principal"], record["outcome"]) == ("notebooks open", "ana", "done")
    assert "once" not in json.dumps(record, default=str)


@pytest.mark.parametrize("notebook", ["../care/other.ipynb", "nothing.ipynb", "/etc/passwd"])
def test_a_notebook_that_is_not_in_the_workspace_is_not_opened(sign_in: As, servers: Servers, notebook: str) -> None:
    assert sign_in("ana").post("/notebooks/analysis/open", data={"notebook": notebook}).status_code == 404


def test_why_a_workspace_does_not_open_is_said_and_recorded(room: Home, sign_in: As, servers: Servers) -> None:
    servers.refusal = NightlightError("notebooks are not installed", remedy="pip install ..")
    answer = sign_in("ana").post("/notebooks/analysis/open")
    assert answer.status_code == 400
    assert "notebooks are not installed" in answer.text
    assert tail(room, 1)[0]["outcome"] == "failed"


def test_a_definition_goes_from_a_notebook_into_the_project_past_two_people(
    room: Home, sign_in: As, call: Call
) -> None:
    root = room.pipelines / "trial"
    saved = save(call)
    assert saved.status_code == 200
    assert PLACE in saved.json()["next"]
    assert not list(root.glob("transformations/*"))
    dora, dario = sign_in("dora"), sign_in("dario")
    assert "lab.weeks" in dora.get("/notebooks").text
    assert "Approve" not in dario.get(PLACE).text  # nobody has signed for it yet
    assert dora.post(f"{PLACE}/hand-in", data={"digest": digest_on(dora)}).status_code == 303
    digest = digest_on(dario)
    own = dora.post(f"{PLACE}/approve", data={"digest": digest})
    assert own.status_code == 400
    assert "approved by somebody else" in own.text
    assert not list(root.glob("transformations/*"))
    assert dario.post(f"{PLACE}/approve", data={"digest": digest}).status_code == 303
    [file] = root.glob("transformations/*")
    assert (file.name, file.read_text()) == ("lab_weeks.sql", DEFINITION + "\n")
    assert list_proposals(room) == []
    told = [(each["action"], each["principal"], each["outcome"]) for each in tail(room, 4)]
    assert told == [
        ("dataset save", "workspace_analysis", "done"),
        ("dataset hand in", "dora", "done"),
        ("dataset approve", "dora", "refused"),
        ("dataset approve", "dario", "done"),
    ]
    assert tail(room, 4)[0]["person"] == "ana"


def test_a_text_that_changed_since_it_was_looked_at_is_not_approved(sign_in: As, call: Call) -> None:
    save(call)
    ana, dario = sign_in("ana"), sign_in("dario")
    seen = digest_on(ana)
    save(call, DEFINITION + " -- and more")
    assert "has changed since you looked" in ana.post(f"{PLACE}/hand-in", data={"digest": seen}).text
    ana.post(f"{PLACE}/hand-in", data={"digest": digest_on(ana)})
    seen = digest_on(dario)
    save(call, DEFINITION + " -- and yet more")  # takes back that it was handed in
    answer = dario.post(f"{PLACE}/approve", data={"digest": seen})
    assert answer.status_code == 400
    assert "has changed since you looked" in answer.text


def test_who_may_change_the_schema_approves_and_others_do_not_even_see_it(sign_in: As, call: Call) -> None:
    save(call)
    ana, olga = sign_in("ana"), sign_in("olga")
    digest = digest_on(ana)
    for name in ("sam", "otto"):
        assert sign_in(name).get(PLACE).status_code == 404
        assert "lab.weeks" not in sign_in(name).get("/notebooks").text
        for act in ("hand-in", "approve", "withdraw"):
            assert sign_in(name).post(f"{PLACE}/{act}", data={"digest": digest}).status_code == 404
    assert "lab.weeks" in olga.get("/notebooks").text
    assert olga.post(f"{PLACE}/hand-in", data={"digest": digest}).status_code == 404  # she may not enter
    assert ana.post(f"{PLACE}/hand-in", data={"digest": digest}).status_code == 303
    assert ana.post(f"{PLACE}/approve", data={"digest": digest}).status_code == 404  # she may not change the schema
    assert olga.post(f"{PLACE}/approve", data={"digest": digest}).status_code == 303


def test_a_definition_that_replaces_a_file_shows_the_difference(room: Home, sign_in: As, call: Call) -> None:
    file = room.pipelines / "trial" / "transformations" / "lab_weeks.sql"
    file.write_text(DEFINITION.replace("sum(conversations)", "max(conversations)"))
    save(call)
    page = sign_in("ana").get(PLACE).text
    assert "<del>-SELECT partner, max(conversations)" in page
    assert "<ins>+SELECT partner, sum(conversations)" in page


def test_a_definition_that_would_not_run_is_not_saved(room: Home, call: Call) -> None:
    answer = save(call, DEFINITION.replace("conversations)", "conversation)"))
    assert answer.status_code == 400
    assert "conversation" in answer.json()["error"]
    assert list_proposals(room) == []


def test_a_withdrawn_definition_is_gone(room: Home, sign_in: As, call: Call) -> None:
    save(call)
    assert sign_in("ana").post(f"{PLACE}/withdraw").status_code == 303
    assert list_proposals(room) == []
    assert sign_in("ana").get(PLACE).status_code == 404


def test_a_dry_run_over_the_api_gives_columns_and_is_recorded(room: Home, call: Call) -> None:
    answer = call("POST", "/api/datasets/dry-run", {"text": DEFINITION}).json()
    assert answer == {
        "datasets": [{"name": "lab.weeks", "columns": {"partner": "string", "conversations": "int64"}}],
        "problems": [],
    }
    record = tail(room, 1)[0]
    assert (record["action"], record["principal"], record["person"]) == (
        "dataset dry run",
        "workspace_analysis",
        "ana",
    )


def test_runs_are_kept_for_the_workspace_of_the_token(room: Home, call: Call) -> None:
    made = call("POST", "/api/runs", {"experiment": "waits", "metrics": {"mean": 2.5}}).json()["run"]
    [run] = call("GET", "/api/runs?experiment=waits").json()["runs"]
    assert (run["run"], run["person"], run["mean"]) == (made, "ana", 2.5)
    assert tail(room, 1, action="run log")[0]["person"] == "ana"


def test_a_token_of_somebody_else_and_a_stranger_reach_no_workspace(sign_in: As, call: Call) -> None:
    body = {"text": DEFINITION, "name": "lab.weeks"}
    for path, content in (("datasets", body), ("datasets/dry-run", body), ("runs", {"experiment": "waits"})):
        assert call("POST", f"/api/{path}", content, principal="other").status_code == 404
        for name in ("sam", "otto"):
            named = {**content, "workspace": "analysis"}
            assert sign_in(name).post(f"/api/{path}", json=named).status_code == 404
    assert call("GET", "/api/runs?experiment=waits", principal="other").status_code == 404


def test_a_member_may_ask_from_the_browser_too_for_the_workspace_they_name(sign_in: As, servers: Servers) -> None:
    ana = sign_in("ana")
    body = {"text": DEFINITION, "workspace": "analysis"}
    assert ana.post("/api/datasets/dry-run", json=body).json()["problems"] == []
    assert ana.post("/api/datasets/dry-run", json={"text": DEFINITION}).status_code == 404


def test_a_name_that_is_nobodys_does_not_reach_the_audit(call: Call) -> None:
    answer = call("POST", "/api/runs", {"experiment": "waits"}, person="a b\tc")
    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN"])
def test_numbers_beyond_numbers_are_no_failure_of_ours(sign_in: As, servers: Servers, number: str) -> None:
    body = '{"experiment": "waits", "workspace": "analysis", "metrics": {"mean": %s}}' % number  # noqa: UP031
    answer = sign_in("ana").post("/api/runs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


def test_definitions_are_read_from_nowhere_else(room: Home, sign_in: As, servers: Servers, tmp_path: Path) -> None:
    ana = sign_in("ana")
    for project, file in (("..", "catalog.db"), ("trial", "..%2F..%2Fx.sql"), ("nothing", "a.sql")):
        assert ana.get(f"/notebooks/definitions/{project}/{file}").status_code == 404
