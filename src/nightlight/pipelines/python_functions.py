"""Python functions in a dataset's plan (F.udf, pandas_udf ..): code that the engine runs beside the rows it computes.

Where that can be confined, it runs in an engine that reaches the dataset's sources alone, which its owner may read.
Elsewhere it could read the whole lake: not in production, and only for owners who manage the catalog anyway, unless it
is the product's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.definitions import OWNER, Dataset
from nightlight.pipelines.engines.confined import can_confine_functions, confined_session
from nightlight.pipelines.engines.product_functions import Folders, folders_for, giving
from nightlight.pipelines.engines.session import Session
from nightlight.pipelines.project import Project
from nightlight.settings import Home

if TYPE_CHECKING:
    from nightlight.pipelines.engines.plans import PythonPlan


def has_functions(project: Project, dataset: Dataset) -> bool:
    """Whether Python code is part of the dataset's query, or of a temporary view that it reads."""
    return any(plan.has_functions for plan in _plans(project, dataset))


def _calls_product_only(project: Project, dataset: Dataset) -> bool:
    """Whether that code is the product's own, which looks at the rows it is given and no further."""
    return all(plan.calls_product_only for plan in _plans(project, dataset) if plan.has_functions)


def _plans(project: Project, dataset: Dataset) -> "list[PythonPlan]":
    flows = [flow for name in [*project.views(dataset.name), dataset.name] for flow in project.flows[name]]
    return [project.python_plans[flow.name] for flow in flows if flow.name in project.python_plans]


def check_functions(project: Project, dataset: Dataset, home: Home, session: Session) -> None:
    """Raise NightlightError where the dataset's Python functions could reach what its owner may not."""
    if not has_functions(project, dataset) or can_confine_functions(home, session):
        return
    if _calls_product_only(project, dataset):
        return
    owner = dataset.properties.get(OWNER)
    if home.settings.production or (owner and not _manages(home, owner)):
        raise NightlightError(
            f"{dataset.name} runs Python functions, which cannot be kept from the rest of the lake here",
            where=str(dataset.location),
            remedy="write it with SQL or DataFrame functions, or run it with the engine sail on Linux with Landlock",
        )


def _manages(home: Home, owner: str) -> bool:
    with transaction(home.database_url) as connection:
        try:
            check_privilege(connection, owner, "MANAGE", "CATALOG")
        except NightlightError:
            return False
    return True


@contextmanager
def engine_for(project: Project, dataset: Dataset, home: Home, lake: Lake, session: Session) -> Iterator[Session]:
    """The session that computes a dataset: this one, or one that reaches no more than the dataset's own tables."""
    folders = _folders(project, dataset, home)
    if not has_functions(project, dataset) or not can_confine_functions(home, session):
        with giving(folders):
            yield session
        return
    target = lake.table(dataset.name).path
    read = [*(lake.table(name).path for name in project.sources(dataset.name)), target]
    if (quarantine := lake.table(dataset.quarantine)).exists:
        read.append(quarantine.path)
    with confined_session(
        home, read=read, target=target, configuration=project.configuration, folders=folders
    ) as confined:
        yield confined


def _folders(project: Project, dataset: Dataset, home: Home) -> Folders:
    """What the product's own functions read beside rows: nothing where other people's run next to them."""
    if not has_functions(project, dataset) or not _calls_product_only(project, dataset):
        return {}
    return folders_for([function for plan in _plans(project, dataset) for function in plan.product_functions], home)


@contextmanager
def engine_for_analysis(project: Project, dataset: Dataset, home: Home, session: Session) -> Iterator[Session]:
    """The session that analyzes a dataset's query over no rows: one that reaches nothing when it holds functions."""
    if not has_functions(project, dataset) or not can_confine_functions(home, session):
        yield session
        return
    with confined_session(home, configuration=project.configuration) as confined:
        yield confined
