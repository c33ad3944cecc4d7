"""Lineage: each column's origins are traced through whatever SQL does; what cannot be traced counts as text."""

from typing import TYPE_CHECKING, Any

from nightlight.catalog.lineage import trace_lineage
from nightlight.db import transaction
from nightlight.pipelines.plan import Selection

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline


def origins(pipeline: "Pipeline", table: str, column: str) -> set[str]:
    """The direct sources of a column, as table.column."""
    rows = trace_lineage(pipeline.home.database_url, table, column)
    return {f"{row['source_table']}.{row['source_column']}" for row in rows if row["depth"] == 1}


def tables_before(pipeline: "Pipeline", table: str) -> list[tuple[Any, ...]]:
    rows = trace_lineage(pipeline.home.database_url, table)
    return [(row["depth"], row["target_table"], row["source_table"]) for row in rows]


def update(pipeline: "Pipeline", text: str) -> None:
    pipeline.define(text)
    for table in ("bronze.messages", "bronze.people"):
        if not pipeline.table(table).exists:
            pipeline.deliver(table, [{"message_id": 1, "author": "a", "text": "x"}])
    pipeline.update_well()


def test_columns_are_traced_through_expressions_and_streams(pipeline: "Pipeline") -> None:
    update(
        pipeline,
        "CREATE STREAMING TABLE silver.m AS SELECT message_id AS id, upper(text) AS shout, "
        "concat(author, text) AS both, length(text) AS characters, 1 AS one FROM STREAM bronze.messages;",
    )
    assert origins(pipeline, "silver.m", "id") == {"bronze.messages.message_id"}
    assert origins(pipeline, "silver.m", "both") == {"bronze.messages.author", "bronze.messages.text"}
    assert origins(pipeline, "silver.m", "characters") == {"bronze.messages.text"}
    assert origins(pipeline, "silver.m", "one") == set()
    assert pipeline.tags("silver.m") == {"shout": "text", "both": "text"}


def test_columns_are_traced_through_common_tables_joins_unions_and_views(pipeline: "Pipeline") -> None:
    update(
        pipeline,
        """
        CREATE TEMPORARY VIEW people AS SELECT author AS who, text AS name FROM bronze.people;
        CREATE TEMPORARY VIEW named AS SELECT p.who, p.name FROM people p WHERE p.name IS NOT NULL;
        CREATE MATERIALIZED VIEW silver.j AS
        WITH m AS (SELECT message_id, author, text FROM bronze.messages),
        counts AS (SELECT author, count(*) AS n, max(message_id) AS newest FROM m GROUP BY author)
        SELECT m.message_id AS id, n.name AS name, c.n AS n, c.newest AS newest, m.text AS body
        FROM m LEFT JOIN named n ON m.author = n.who JOIN counts c ON c.author = m.author;
        CREATE MATERIALIZED VIEW gold.u AS
        SELECT author AS label FROM bronze.messages UNION ALL SELECT text FROM bronze.people;
        """,
    )
    assert origins(pipeline, "silver.j", "name") == {"bronze.people.text"}
    assert origins(pipeline, "silver.j", "newest") == {"bronze.messages.message_id"}
    assert origins(pipeline, "silver.j", "body") == {"bronze.messages.text"}
    assert origins(pipeline, "gold.u", "label") == {"bronze.messages.author", "bronze.people.text"}
    assert pipeline.tags("silver.j") == {"name": "text", "body": "text"}
    assert pipeline.tags("gold.u") == {"label": "text"}
    assert tables_before(pipeline, "silver.j") == [
        (1, "silver.j", "bronze.messages"),
        (1, "silver.j", "bronze.people"),
    ]


def test_stars_are_traced_too(pipeline: "Pipeline") -> None:
    update(pipeline, "CREATE MATERIALIZED VIEW silver.s AS SELECT * FROM (SELECT m.* FROM bronze.messages m) q;")
    assert origins(pipeline, "silver.s", "text") == {"bronze.messages.text"}
    assert pipeline.tags("silver.s") == {"author": "identity", "text": "text"}


def test_lineage_goes_back_to_the_sources_step_by_step(pipeline: "Pipeline") -> None:
    update(
        pipeline,
        """
        CREATE STREAMING TABLE silver.m AS SELECT author, text FROM STREAM bronze.messages;
        CREATE MATERIALIZED VIEW gold.longest AS
        SELECT author AS who, max(length(text)) AS n FROM silver.m GROUP BY author;
        CREATE MATERIALIZED VIEW gold.best AS SELECT max(n) AS n FROM gold.longest;
        """,
    )
    rows = trace_lineage(pipeline.home.database_url, "gold.best", "n")
    assert [(row["depth"], f"{row['source_table']}.{row['source_column']}") for row in rows] == [
        (1, "gold.longest.n"),
        (2, "silver.m.text"),
        (3, "bronze.messages.text"),
    ]
    assert [step[0] for step in tables_before(pipeline, "gold.best")] == [1, 2, 3]
    assert pipeline.tags("gold.longest") == {"who": "identity"}
    assert pipeline.tags("gold.best") == {}


def test_text_stays_text_inside_lists_and_structs(pipeline: "Pipeline") -> None:
    update(
        pipeline,
        "CREATE MATERIALIZED VIEW silver.n AS SELECT author, collect_list(text) AS texts, "
        "max(struct(message_id, text)) AS latest, count(text) AS n FROM bronze.messages GROUP BY author;",
    )
    assert pipeline.tags("silver.n") == {"author": "identity", "texts": "text", "latest": "text"}


def test_a_string_of_unknown_origin_counts_as_text_and_a_number_tells_nothing(pipeline: "Pipeline") -> None:
    pipeline.define(
        """\
        from pyspark import pipelines as dp
        from pyspark.sql import functions as F

        @dp.materialized_view(name="gold.p")
        def p():
            return spark.table("bronze.messages").select(F.upper("author").alias("a"), F.length("text").alias("n"))
        """,
        "p.py",
    )
    update(pipeline, "")
    assert pipeline.tags("gold.p") == {"a": "text"}
    assert origins(pipeline, "gold.p", "a") == set()
    assert tables_before(pipeline, "gold.p") == [(1, "gold.p", "bronze.messages")]


def test_a_python_view_in_between_makes_origins_unknown(pipeline: "Pipeline") -> None:
    pipeline.define(
        """\
        from pyspark import pipelines as dp

        @dp.temporary_view
        def v():
            return spark.table("bronze.messages").selectExpr("text AS label", "message_id")
        """,
        "v.py",
    )
    update(pipeline, "CREATE MATERIALIZED VIEW gold.v AS SELECT label, message_id FROM v;")
    assert pipeline.tags("gold.v") == {"label": "text"}
    assert tables_before(pipeline, "gold.v") == [(1, "gold.v", "bronze.messages")]


def test_append_flows_add_up(pipeline: "Pipeline") -> None:
    update(
        pipeline,
        """
        CREATE STREAMING TABLE silver.both;
        CREATE FLOW a AS INSERT INTO silver.both BY NAME SELECT author AS label FROM STREAM bronze.messages;
        CREATE FLOW b AS INSERT INTO silver.both BY NAME SELECT text AS label FROM STREAM bronze.people;
        """,
    )
    assert origins(pipeline, "silver.both", "label") == {"bronze.messages.author", "bronze.people.text"}
    assert pipeline.tags("silver.both") == {"label": "text"}


def test_a_changed_query_replaces_lineage_and_tags(pipeline: "Pipeline") -> None:
    update(pipeline, "CREATE MATERIALIZED VIEW gold.c AS SELECT text AS x FROM bronze.messages;")
    update(pipeline, "CREATE MATERIALIZED VIEW gold.c AS SELECT author AS x FROM bronze.people;")
    assert origins(pipeline, "gold.c", "x") == {"bronze.people.author"}
    assert tables_before(pipeline, "gold.c") == [(1, "gold.c", "bronze.people")]
    assert pipeline.tags("gold.c") == {"x": "identity"}


def test_a_source_that_becomes_sensitive_makes_what_comes_from_it_sensitive(pipeline: "Pipeline") -> None:
    import pyarrow as pa

    pipeline.define(
        "CREATE MATERIALIZED VIEW silver.n AS SELECT note FROM bronze.notes;"
        "CREATE MATERIALIZED VIEW gold.n AS SELECT note FROM silver.n;"
    )
    pipeline.deliver_as("bronze.notes", [{"note": "x"}], pa.schema({"note": pa.string()}))
    pipeline.update_well()
    assert pipeline.tags("gold.n") == {}
    tagged = pa.schema([pa.field("note", pa.string(), metadata={b"nightlight.sensitivity": b"text"})])
    pipeline._deliver(pipeline.home, "bronze.notes", [{"note": "y"}], tagged, overwrite=True)
    pipeline.update_well()
    assert pipeline.tags("silver.n") == pipeline.tags("gold.n") == {"note": "text"}


STREAM = "CREATE STREAMING TABLE silver.s AS SELECT message_id, {} AS label FROM STREAM bronze.messages;"
PYTHON_STREAM = """\
from pyspark import pipelines as dp

@dp.table(name="silver.s")
def s():
    return spark.readStream.table("bronze.messages").selectExpr("message_id", "author AS label")
"""


def append_with(pipeline: "Pipeline", label: str) -> None:
    """Deliver a row and have it appended by a query that makes the label in this way."""
    pipeline.define(STREAM.format(label))
    number = pipeline.table("bronze.messages").version + 1 if pipeline.table("bronze.messages").exists else 0
    pipeline.deliver("bronze.messages", [{"message_id": number, "author": "a", "text": "x"}])
    pipeline.update_well()


def test_rows_that_stay_keep_their_origin_when_a_streaming_tables_query_changes(pipeline: "Pipeline") -> None:
    append_with(pipeline, "author")
    append_with(pipeline, "'none'")
    assert pipeline.values("silver.s", "label") == ["a", "none"]
    assert origins(pipeline, "silver.s", "label") == {"bronze.messages.author"}
    append_with(pipeline, "text")
    assert origins(pipeline, "silver.s", "label") == {"bronze.messages.author", "bronze.messages.text"}
    pipeline.define(STREAM.format("'none'"))
    pipeline.refresh_in_full()
    assert origins(pipeline, "silver.s", "label") == set()
    assert pipeline.tags("silver.s") == {}


def test_a_source_that_a_streaming_table_no_longer_reads_still_counts(pipeline: "Pipeline") -> None:
    append_with(pipeline, "author")
    pipeline.deliver("bronze.people", [{"message_id": 7, "author": "b", "text": "y"}])
    pipeline.define(STREAM.format("author").replace("bronze.messages", "bronze.people"))
    pipeline.update_well()
    assert pipeline.values("silver.s", "label") == ["a", "b"]
    assert {source for _, _, source in tables_before(pipeline, "silver.s")} == {"bronze.messages", "bronze.people"}
    assert origins(pipeline, "silver.s", "label") == {"bronze.messages.author", "bronze.people.author"}


def test_a_column_that_a_streaming_query_gives_up_keeps_its_origin_and_a_new_one_has_its_own(
    pipeline: "Pipeline",
) -> None:
    append_with(pipeline, "author")
    pipeline.define("CREATE STREAMING TABLE silver.s AS SELECT message_id, text AS body FROM STREAM bronze.messages;")
    pipeline.deliver("bronze.messages", [{"message_id": 2, "author": "a", "text": "x"}])
    pipeline.update_well()
    assert pipeline.rows("silver.s", "label", "body") == [("a", None), (None, "x")]
    assert origins(pipeline, "silver.s", "label") == {"bronze.messages.author"}
    assert origins(pipeline, "silver.s", "body") == {"bronze.messages.text"}
    assert pipeline.tags("silver.s") == {"label": "identity", "body": "text"}


def test_a_full_refresh_that_fails_forgets_no_origin(pipeline: "Pipeline") -> None:
    append_with(pipeline, "author")
    pipeline.define(STREAM.format("raise_error('no')"))
    update = pipeline.update(Selection(full_all=True))
    assert [event.dataset for event in update.failed] == ["silver.s"]
    pipeline.define(
        STREAM.format("'none'").replace(" AS", " TBLPROPERTIES ('expect.no' = 'FAIL message_id < 0') AS", 1)
    )
    update = pipeline.update(Selection(full_all=True))
    assert [event.dataset for event in update.failed] == ["silver.s"]
    assert pipeline.values("silver.s", "label") == ["a"]
    assert origins(pipeline, "silver.s", "label") == {"bronze.messages.author"}


def test_a_column_of_unknown_origin_stays_unknown_until_a_full_refresh(pipeline: "Pipeline") -> None:
    path = pipeline.define(PYTHON_STREAM, "s.py")
    pipeline.deliver("bronze.messages", [{"message_id": 1, "author": "a", "text": "x"}])
    pipeline.update_well()
    path.unlink()
    append_with(pipeline, "'none'")
    assert pipeline.values("silver.s", "label") == ["a", "none"]
    assert not is_traced(pipeline, "silver.s", "label")
    assert pipeline.tags("silver.s") == {"label": "text"}
    pipeline.refresh_in_full()
    assert is_traced(pipeline, "silver.s", "label")
    assert pipeline.tags("silver.s") == {}


def test_a_traced_column_becomes_unknown_when_a_function_appends_to_it(pipeline: "Pipeline") -> None:
    append_with(pipeline, "author")
    assert is_traced(pipeline, "silver.s", "label")
    pipeline.define("")
    pipeline.define(PYTHON_STREAM, "s.py")
    pipeline.deliver("bronze.messages", [{"message_id": 9, "author": "a", "text": "x"}])
    pipeline.update_well()
    assert not is_traced(pipeline, "silver.s", "label")
    assert pipeline.tags("silver.s") == {"label": "text"}


def test_no_append_weakens_the_tag_of_a_column_and_a_stricter_one_arrives(pipeline: "Pipeline") -> None:
    append_with(pipeline, "'none'")
    assert pipeline.tags("silver.s") == {}
    for label, tag in [("author", "identity"), ("'none'", "identity"), ("text", "text"), ("author", "text")]:
        append_with(pipeline, label)
        assert pipeline.tags("silver.s") == {"label": tag}
    append_with(pipeline, "'none'")
    assert pipeline.tags("silver.s") == {"label": "text"}
    assert len(pipeline.values("silver.s", "label")) == 6


def test_refused_rows_are_tagged_as_strictly_as_those_that_are_kept(pipeline: "Pipeline") -> None:
    rule = " TBLPROPERTIES ('expect.odd' = 'DROP message_id < 0') AS"
    for label, tag in [("'none'", None), ("author", "identity"), ("text", "text"), ("author", "text")]:
        pipeline.define(STREAM.format(label).replace(" AS", rule, 1))
        pipeline.deliver("bronze.messages", [{"message_id": 1, "author": "a", "text": "x"}])
        pipeline.update_well()
        assert pipeline.tags("quarantine.silver_s").get("label") == tag
    assert len(pipeline.values("quarantine.silver_s", "label")) == 4


def is_traced(pipeline: "Pipeline", table: str, column: str) -> bool:
    from sqlalchemy import text

    with transaction(pipeline.home.database_url) as connection:
        query = text("SELECT count(*) FROM lineage WHERE target_table = :t AND target_column = :c")
        return bool(connection.execute(query, {"t": table, "c": column}).scalar_one())
