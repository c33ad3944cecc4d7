"""A dataset's query over views: each table it reads is registered as a view that holds just the rows it should see."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nightlight.lakehouse.tables import DataFile, Lake
from nightlight.pipelines.definitions import Dataset, Flow, SqlQuery
from nightlight.pipelines.engines.session import Session
from nightlight.pipelines.project import Project
from nightlight.pipelines.sql_files import substitute

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


class Queries:
    """The queries of one dataset in one session. Queries are resolved when they run: a view must stay till then."""

    def __init__(self, project: Project, dataset: Dataset, lake: Lake, session: Session) -> None:
        self.project, self.dataset, self.lake, self.session = project, dataset, lake, session

    def rows(self, table: str, files: Sequence[DataFile] | None = None) -> "DataFrame":
        """The rows of some files of a table, by default of all."""
        source = self.lake.table(table)
        chosen = source.files() if files is None else files
        return self.session.frame_of_files([file.path for file in chosen], source.schema)

    def register(self, view: str, frame: "DataFrame") -> str:
        self.session.register(view, frame)
        return view

    def sql(self, text: str) -> "DataFrame":
        return self.session.frame_of_sql(text)

    def collect(self, text: str) -> "pa.Table":
        """The rows of a small result."""
        return self.session.collect(self.sql(text))

    def result(self, flow: Flow, sources: Mapping[tuple[str, bool], "DataFrame"]) -> "DataFrame":
        """What the flow's query gives when each of its (table, streaming) sources holds these rows."""
        for (table, streaming), frame in sources.items():
            self.register(view_name(table, streaming=streaming), frame)
        return query_frame(self.project, flow, self.session)


def view_name(table: str, *, streaming: bool = False) -> str:
    """The session view that stands for a table in queries."""
    return "_t_" + table.replace(".", "__") + ("__new" if streaming else "")


def query_frame(project: Project, flow: Flow, session: Session) -> "DataFrame":
    """A flow's query over the registered views, with the temporary views it reads registered first."""
    for view in project.views(flow.target):
        (view_flow,) = project.flows[view]
        frame = _frame_of(project, view_flow, session)
        for streaming in (False, True):
            session.register(view_name(view, streaming=streaming), frame)
    return _frame_of(project, flow, session)


def _frame_of(project: Project, flow: Flow, session: Session) -> "DataFrame":
    names = {(name, stream): view_name(name, streaming=stream) for name, stream in project.references(flow)}
    if isinstance(flow.query, SqlQuery):
        return session.frame_of_sql(substitute(flow.query, names))
    return session.frame_of_plan(project.python_plans[flow.name], names)
