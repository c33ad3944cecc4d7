"""What notebooks ask beyond SQL: dry runs of definitions, definitions for review, runs of experiments.

A token of a workspace's service principal asks for that workspace; somebody who has signed in names theirs."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import Field

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.tokens import PRINCIPAL
from nightlight.errors import NightlightError
from nightlight.operations.dataset_check import dry_run, file_name, find_project
from nightlight.operations.proposals import save_proposal
from nightlight.registry.runs import list_runs, log_run
from nightlight.web.access import SIGNED_IN, Person, PersonOf
from nightlight.web.notebooks import workspace_of
from nightlight.web.site import SiteOf

router = APIRouter()

Text = Annotated[str, Field(max_length=100_000)]
Name = Annotated[str, Field(max_length=200)]
PersonNamed = Annotated[str, Header(alias="X-Nightlight-Person", max_length=200)]


@dataclass(frozen=True)
class Definition:
    """A definition of datasets, SQL or Python; `name` is the file's when it is saved."""

    text: Text
    name: Name = "notebook"
    project: Name | None = None
    workspace: Name | None = None


@dataclass(frozen=True)
class Run:
    """A run of an experiment; `artifacts` are texts by file name."""

    experiment: Name
    parameters: dict[Name, Annotated[str, Field(max_length=1000)]] = field(default_factory=dict)
    metrics: dict[Name, float] = field(default_factory=dict)
    artifacts: dict[Name, Annotated[str, Field(max_length=1_000_000)]] = field(default_factory=dict)
    workspace: Name | None = None


@router.post("/api/datasets/dry-run", dependencies=[SIGNED_IN])
def check_definition(site: SiteOf, person: PersonOf, definition: Definition, named: PersonNamed = "") -> dict[str, Any]:
    """Check a definition as if it were a file of the project: its columns, and what is wrong with it."""
    workspace = workspace_of(site, person, definition.workspace)
    who = _who(person, named)
    file = file_name(definition.name, definition.text)
    checked = dry_run(
        site.home, find_project(site.home, definition.project), file, definition.text, asker=workspace.principal
    )
    entry = Entry("dataset dry run", workspace.principal, workspace.purpose, "done", statement=file, person=who)
    append(site.home, entry, clock=site.clock)
    return {
        "datasets": [{"name": name, "columns": columns} for name, columns in checked.datasets.items()],
        "problems": [{"severity": each.severity, "text": each.text} for each in checked.findings],
    }


@router.post("/api/datasets", dependencies=[SIGNED_IN])
def save_definition(site: SiteOf, person: PersonOf, definition: Definition, named: PersonNamed = "") -> dict[str, Any]:
    """Save a definition for review; it runs nowhere until somebody has handed it in and somebody else approved it."""
    workspace = workspace_of(site, person, definition.workspace)
    saved = save_proposal(
        site.home,
        workspace=workspace.name,
        asker=workspace.principal,
        person=_who(person, named),
        name=definition.name,
        text=definition.text,
        project=definition.project,
        clock=site.clock,
    )
    path = f"/notebooks/definitions/{saved.project}/{saved.file}"
    return {
        "file": saved.file,
        "datasets": list(saved.datasets),
        "next": f"saved; hand it in on the pages, at {site.home.settings.public_url.rstrip('/')}{path}",
    }


@router.post("/api/runs", dependencies=[SIGNED_IN])
def keep_run(site: SiteOf, person: PersonOf, run: Run, named: PersonNamed = "") -> dict[str, str]:
    """Keep a run of an experiment in the registry."""
    workspace = workspace_of(site, person, run.workspace)
    who = _who(person, named)
    statement = f"{workspace.name}/{run.experiment}"
    entry = Entry("run log", workspace.principal, workspace.purpose, "done", statement=statement, person=who)
    append(site.home, entry, clock=site.clock)
    made = log_run(
        site.home,
        run.experiment,
        workspace=workspace.name,
        person=who,
        parameters=run.parameters,
        metrics=run.metrics,
        artifacts=run.artifacts,
    )
    return {"run": made}


@router.get("/api/runs", dependencies=[SIGNED_IN])
def runs(
    site: SiteOf,
    person: PersonOf,
    experiment: Annotated[str, Query(max_length=200)],
    workspace: Annotated[str | None, Query(max_length=200)] = None,
) -> dict[str, Any]:
    """The runs of an experiment, the newest first."""
    return {"runs": list_runs(site.home, experiment, workspace=workspace_of(site, person, workspace).name)}


def _who(person: Person, named: str) -> str:
    """Who asks, for the audit alone: a workspace's notebooks say it, everybody else is who they are."""
    if not person.token:
        return person.name
    if named and not PRINCIPAL.fullmatch(named):
        raise NightlightError("X-Nightlight-Person holds a user's name")
    return named
