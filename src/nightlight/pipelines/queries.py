"""A dataset's query over the rows it should see: every table it reads is given as a frame, nothing is registered."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import DataFile, Lake
from nightlight.pipelines.definitions import Dataset, Flow, Kind, SqlQuery
from nightlight.pipelines.engines.plans import view_name
from nightlight.pipelines.engines.session import Session
from nightlight.pipelines.project import Project
from nightlight.pipelines.sql_files import substitute

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


class Queries:
    """The queries of one dataset in one session."""

    def __init__(self, project: Project, dataset: Dataset, lake: Lake, session: Session) -> None:
        self.project, self.dataset, self.lake, self.session = project, dataset, lake, session

    def rows(self, table: str, files: Sequence[DataFile] | None = None) -> "DataFrame":
        """The rows of some files of a table, by default of all."""
        source = self.lake.table(table)
        chosen = source.files() if files is None else files
        if any(not os.path.exists(file.path) for file in chosen):  # an engine would read on without it
            raise NightlightError(
                f"a file of {table} is missing", where=str(source.path), remedy="restore the folder from a backup"
            )
        return self.session.frame_of_files([file.path for file in chosen], source.schema)

    def values(self, rows: "pa.Table") -> "DataFrame":
        return self.session.frame_of_rows(rows)

    def sql(self, text: str, **views: "DataFrame") -> "DataFrame":
        return self.session.frame_of_sql(text, views)

    def collect(self, text: str, **views: "DataFrame") -> "pa.Table":
        """The rows of a small result."""
        return self.session.collect(self.sql(text, **views))

    def result(self, flow: Flow, sources: "Mapping[tuple[str, bool], DataFrame]") -> "DataFrame":
        """What the flow's query gives when its (table, streaming) sources hold these rows."""
        return query_frame(self.project, flow, self.session, sources)


def query_frame(
    project: Project, flow: Flow, session: Session, sources: "Mapping[tuple[str, bool], DataFrame]"
) -> "DataFrame":
    """A flow's query over `sources`; the temporary views it reads are queries over them too."""
    frames = {}
    for name, streaming in project.references(flow):
        view = project.dataset(name)
        if view is not None and view.kind is Kind.TEMPORARY_VIEW:
            (view_flow,) = project.flows[name]
            frames[name, streaming] = query_frame(project, view_flow, session, sources)
        else:
            frames[name, streaming] = sources[name, streaming]
    if not isinstance(flow.query, SqlQuery):
        return session.frame_of_plan(project.python_plans[flow.name], frames)
    names = {reference: view_name(*reference) for reference in frames}
    return session.frame_of_sql(
        substitute(flow.query, names), {names[reference]: frame for reference, frame in frames.items()}
    )
