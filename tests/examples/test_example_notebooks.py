"""The example line's notebooks run from the first cell to the last, in their workspace, on the demo's data."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.notebook_guest import Guest, served

from nightlight.accounts.sessions import find_session, start_session
from nightlight.catalog.workspaces import Entrance
from nightlight.ingestion import ingest
from nightlight.operations.example import WORKSPACE, open_demo_home, write_exports
from nightlight.operations.notebooks.servers import NotebookServers, Pages
from nightlight.operations.proposals import list_proposals
from nightlight.pipelines.engines import open_session
from nightlight.pipelines.project import find_projects, read_project
from nightlight.pipelines.update import run_update
from nightlight.settings import Home, shipped
from nightlight.web.app import create_app

pytestmark = [pytest.mark.notebooks, pytest.mark.timeout(280)]
NOTEBOOKS = sorted(file.name for file in (shipped("examples/line") / "notebooks" / "analysis").glob("*.ipynb"))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_demo_home(tmp_path_factory.mktemp("demo") / "home")
    write_exports(home, 150)
    ingest.run(home)
    session = open_session("sail", settings=home.settings)
    for root in find_projects(home.pipelines):
        run_update(read_project(root, session), home, session)
    session.spark.stop()
    return home


@pytest.fixture(scope="module")
def guest(line: Home) -> Iterator[Guest]:
    app, servers, now = create_app(line), NotebookServers(line), datetime.now(UTC)
    session = find_session(line.database_url, start_session(line.database_url, "dario", now=now, client="t"), now=now)
    assert session is not None
    with served(app) as port:
        pages = Pages(("127.0.0.1", port), "http", "127.0.0.1", "")
        yield Guest(servers.open(WORKSPACE, Entrance("dario", session.id), pages))
        servers.close()
    app.state.site.broker.close()


def cells(file: Path, kind: str = "code") -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(file.read_text())["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_example_notebook_runs_as_it_is(guest: Guest, line: Home, name: str) -> None:
    outputs = guest.run(guest.start_kernel(), *cells(line.notebooks / "analysis" / name))
    assert [output.error for output in outputs] == [""] * len(outputs)
    assert all(output.text for output in outputs)


def test_the_second_notebook_leaves_a_definition_for_review(guest: Guest, line: Home) -> None:
    guest.run(guest.start_kernel(), *cells(line.notebooks / "analysis" / "02_define_a_dataset.ipynb"))
    [proposal] = list_proposals(line)
    assert (proposal.datasets, proposal.said_by) == (("lab.waits_weekly",), "dario")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_example_notebook_is_shipped_without_outputs(name: str) -> None:
    notebook = json.loads((shipped("examples/line") / "notebooks" / "analysis" / name).read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
    assert notebook["metadata"]["kernelspec"]["name"] == "nightlight"
