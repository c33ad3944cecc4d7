"""What a dataset reads, column by column: everything its SQL names, and all where that cannot be told."""

from pathlib import Path

import pyarrow as pa
import pytest

from nightlight.pipelines.columns_read import columns_read
from nightlight.pipelines.lineage import column_lineage
from nightlight.pipelines.project import Project
from nightlight.pipelines.sql_files import read_sql_file

SCHEMAS = {
    "s.m": pa.schema([(name, pa.string()) for name in ("id", "text", "author", "topics")]),
    "s.c": pa.schema([(name, pa.string()) for name in ("id", "name", "k")]),
}
ALL = None
TOLD: dict[str, dict[str, str | None]] = {
    "SELECT count(*) AS n FROM s.m": {"s.m": ""},
    "SELECT 1 AS n FROM s.m": {"s.m": ""},
    "SELECT id FROM s.m WHERE text LIKE 'x%'": {"s.m": "id text"},
    "SELECT ID FROM S.M ORDER BY `Text`": {"s.m": "id text"},
    "SELECT * FROM s.m": {"s.m": "author id text topics"},
    "SELECT m.* FROM s.m m JOIN s.c c ON m.id = c.id": {"s.m": "author id text topics", "s.c": "id"},
    "SELECT id FROM s.m JOIN s.c USING (id)": {"s.m": "id", "s.c": "id"},
    "SELECT (SELECT max(text) FROM s.m) AS x FROM s.c": {"s.m": "text", "s.c": ""},
    "SELECT k FROM s.c WHERE EXISTS (SELECT 1 FROM s.m WHERE s.m.id = s.c.id AND text = 'a')": {
        "s.m": "id text",
        "s.c": "id k",
    },
    "SELECT id IN (SELECT id FROM s.m WHERE author = 'a') AS x FROM s.c": {"s.m": "author id", "s.c": "id"},
    "SELECT topic FROM s.m LATERAL VIEW explode(split(topics, ',')) t AS topic": {"s.m": "topics"},
    "SELECT row_number() OVER (PARTITION BY author ORDER BY text) AS r FROM s.m": {"s.m": "author text"},
    "WITH a AS (SELECT id, text AS t FROM s.m), b AS (SELECT * FROM a) SELECT id FROM b WHERE t = ''": {
        "s.m": "id text"
    },
    "SELECT id FROM s.m UNION ALL SELECT name FROM s.c": {"s.m": "id", "s.c": "name"},
    "SELECT transform(split(text, ','), x -> x || author) AS z FROM s.m": {"s.m": "author text"},
    "SELECT c.k FROM s.c c LEFT ANTI JOIN s.m m ON m.text = c.name": {"s.m": "text", "s.c": "k name"},
    "SELECT count(*) FILTER (WHERE text = 'a') AS n FROM s.m": {"s.m": "text"},
    "SELECT id FROM s.m GROUP BY id HAVING max(text) > 'a'": {"s.m": "id text"},
    # What follows names no column, or none that can be followed.
    "SELECT to_json(struct(*)) AS j FROM s.m": {"s.m": ALL},
    "SELECT hash(*) AS h FROM s.m": {"s.m": ALL},
    "SELECT count(DISTINCT m.*) AS n FROM s.m m": {"s.m": ALL},
    "SELECT m FROM s.m m": {"s.m": ALL},
    "SELECT a.id FROM s.m a NATURAL JOIN s.c b": {"s.m": ALL, "s.c": ALL},
    "SELECT * FROM s.m PIVOT (count(id) FOR author IN ('a', 'b'))": {"s.m": ALL},
    "SELECT id FROM s.c, s.m": {"s.m": ALL, "s.c": ALL},
    "SELECT nothing FROM s.m": {"s.m": ALL},
    "SELECT * FROM s.unknown": {"s.unknown": ALL},
}


def project_of(folder: Path, query: str) -> Project:
    file = folder / "a.sql"
    file.write_text(f"CREATE MATERIALIZED VIEW g.v AS {query};")
    datasets, flows, _ = read_sql_file(file)
    return Project("trial", folder, tuple(datasets), {"g.v": tuple(flows)}, {})


@pytest.mark.parametrize(("query", "expected"), TOLD.items())
def test_the_columns_of_a_query(tmp_path: Path, query: str, expected: dict[str, str | None]) -> None:
    project = project_of(tmp_path, query.replace("S.M", "s.m"))
    for _ in range(2):  # the second answer comes from memory
        found = columns_read(project, project.datasets[0], SCHEMAS)
        told = {table: names if names is None else " ".join(sorted(names)) for table, names in found.items()}
        assert told == expected


EVERYTHING = ["to_json(struct(*))", "hash(*)", "count(DISTINCT m.*)", "max(struct(m.*))"]


@pytest.mark.parametrize("expression", EVERYTHING)
def test_a_star_inside_a_function_has_no_lineage_that_could_be_told(tmp_path: Path, expression: str) -> None:
    project = project_of(tmp_path, f"SELECT {expression} AS x, count(*) AS n FROM s.m m")
    assert column_lineage(project, project.datasets[0], ["x", "n"], SCHEMAS) == {"x": None, "n": frozenset()}
