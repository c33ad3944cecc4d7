"""Datasets run as their owners: what an owner may not read or write is refused at a dry run and at an update."""

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

# olga may do what she owns, carl what does not concern it, and sten nothing at all.
PEOPLE = """
CREATE GROUP writers; CREATE GROUP staff; CREATE SERVICE PRINCIPAL olga; CREATE SERVICE PRINCIPAL carl;
CREATE SERVICE PRINCIPAL sten;
GRANT USE SCHEMA ON SCHEMA bronze TO olga; GRANT SELECT ON TABLE bronze.messages TO olga;
GRANT MODIFY ON SCHEMA gold TO olga;
GRANT USE SCHEMA ON SCHEMA bronze TO carl; GRANT SELECT ON TABLE bronze.other TO carl;
GRANT MODIFY ON SCHEMA gold TO carl;
"""
COUNTED = """\
CREATE MATERIALIZED VIEW gold.{name} TBLPROPERTIES ('owner' = '{owner}')
AS
SELECT conversation_id, count(*) AS n
FROM bronze.messages GROUP BY conversation_id;
"""
TEXTS = """\
CREATE MATERIALIZED VIEW gold.texts TBLPROPERTIES ('owner' = 'olga')
AS SELECT message_id, length(text) AS characters
FROM bronze.messages;
"""
NAMED = "GRANT SELECT (text) ON TABLE bronze.messages TO olga;"


@pytest.fixture
def granted(pipeline: "Pipeline") -> "Pipeline":
    pipeline.apply(PEOPLE)
    for table in ("bronze.messages", "bronze.other"):
        pipeline.deliver(table, [{"message_id": 1, "conversation_id": 7, "author": "ann", "text": "hello"}])
    return pipeline


def test_an_owner_reads_what_was_granted_a_colleague_and_a_stranger_do_not(granted: "Pipeline") -> None:
    granted.define("".join(COUNTED.format(name=owner, owner=owner) for owner in ("olga", "carl", "sten")))
    found = granted.problems()
    assert [text.split(": ")[0] for text in found] == ["datasets.sql:8", "datasets.sql:12", "datasets.sql:9"]
    carl = "gold.carl reads bronze.messages.conversation_id, which its owner 'carl' may not read; "
    assert found[0] == f"datasets.sql:8: {carl}GRANT SELECT (conversation_id) ON TABLE bronze.messages TO carl"
    assert found[1].endswith("GRANT USE SCHEMA ON SCHEMA bronze TO sten")
    assert found[2].endswith("GRANT MODIFY ON TABLE gold.sten TO sten")
    assert granted.errors() == {"gold.carl": found[0], "gold.sten": found[1]}
    assert granted.rows("gold.olga") == [(7, 1)]
    assert not granted.table("gold.carl").exists
    assert not granted.table("gold.sten").exists


def test_following_the_advice_of_each_error_leads_to_a_dataset_that_runs(granted: "Pipeline") -> None:
    granted.define(TEXTS.replace("olga", "sten"))
    grants = []
    while found := granted.problems():
        grants += [re.split("; (?=GRANT)", text)[1] for text in found]
        granted.apply(f"{grants[-1]};")
        assert len(grants) < 10
    assert "GRANT SELECT (message_id, text) ON TABLE bronze.messages TO sten" in grants
    assert granted.errors() == {}
    assert granted.rows("gold.texts") == [(1, 5)]


def test_text_and_identity_need_a_grant_that_names_them(granted: "Pipeline") -> None:
    granted.define(TEXTS)
    missing = "gold.texts reads bronze.messages.text, which its owner 'olga' may not read"
    line = f"datasets.sql:3: {missing}; {NAMED[:-1]}"
    assert granted.problems() == [line]
    assert granted.errors() == {"gold.texts": line}
    granted.apply(NAMED)
    assert granted.problems() == []
    assert granted.errors() == {}


HIDDEN_READS = {
    "a condition": "SELECT message_id FROM bronze.messages WHERE text LIKE 'h%'",
    "a join": "SELECT m.message_id FROM bronze.messages m JOIN bronze.messages o ON m.text = o.text",
    "an order": "SELECT message_id FROM bronze.messages ORDER BY text LIMIT 1",
    "a group": "SELECT count(*) AS n FROM bronze.messages GROUP BY text",
    "a window": "SELECT row_number() OVER (ORDER BY text) AS n FROM bronze.messages",
    "a subquery": "SELECT 1 AS n FROM bronze.messages m WHERE EXISTS (SELECT 1 WHERE m.text = 'h')",
    "a star": "SELECT * FROM bronze.messages",
    "a star in a function": "SELECT to_json(struct(*)) AS row FROM bronze.messages",
    "an unused column of a subquery": "SELECT message_id FROM (SELECT message_id, text FROM bronze.messages) m",
    "upper case": "SELECT max(TEXT) AS n FROM bronze.messages",
    "quotes": "SELECT max(`text`) AS n FROM bronze.messages",
    "an ordinal": "SELECT text FROM bronze.messages ORDER BY 1",
    "a union": "SELECT message_id AS n FROM bronze.messages UNION ALL SELECT length(text) FROM bronze.messages",
    "a temporary view": "SELECT n FROM words",
}


@pytest.mark.parametrize("query", HIDDEN_READS.values(), ids=HIDDEN_READS)
def test_whatever_part_of_a_query_looks_at_a_column_it_is_read(granted: "Pipeline", query: str) -> None:
    granted.define(
        "CREATE TEMPORARY VIEW words AS SELECT length(text) AS n FROM bronze.messages;\n"
        f"CREATE MATERIALIZED VIEW gold.v TBLPROPERTIES ('owner' = 'olga') AS {query};"
    )
    granted.apply("GRANT SELECT (author) ON TABLE bronze.messages TO olga;")
    (problem,) = granted.problems()
    assert "reads bronze.messages.text, which its owner 'olga' may not read" in problem
    assert list(granted.errors()) == ["gold.v"]
    assert not granted.table("gold.v").exists


def test_counting_rows_reads_no_column_but_needs_a_table_that_may_be_read(granted: "Pipeline") -> None:
    counts = "CREATE MATERIALIZED VIEW gold.n TBLPROPERTIES ('owner' = '{}') AS "
    counts += "SELECT count(*) AS n FROM bronze.messages;"
    granted.define(counts.format("olga"))
    assert granted.problems() == []
    granted.define(counts.format("carl"))
    assert "gold.n reads bronze.messages, which its owner 'carl' may not read" in granted.problems()[0]
    assert list(granted.errors()) == ["gold.n"]


def test_a_denial_is_named_since_no_grant_would_help(granted: "Pipeline") -> None:
    granted.define(COUNTED.format(name="v", owner="olga"))
    granted.apply("DENY SELECT (conversation_id) ON TABLE bronze.messages TO olga;")
    (problem,) = granted.problems()
    assert "may not read; denied" in problem
    assert granted.errors() == {"gold.v": problem}


def test_a_dataset_is_not_fed_by_masked_values_or_by_some_of_the_rows(granted: "Pipeline") -> None:
    granted.apply(f"{NAMED} ADD GROUP writers TO GROUP staff; ADD USER olga TO GROUP writers;")
    granted.define(TEXTS)
    assert granted.problems() == []
    granted.apply("SET MASK ON COLUMN bronze.messages.text redact TO staff;")
    (mask,) = granted.problems()
    assert "gold.texts reads bronze.messages.text, which a mask hides from its owner 'olga'" in mask
    assert granted.errors() == {"gold.texts": mask}
    granted.apply("UNSET MASK ON COLUMN bronze.messages.text;")
    granted.apply("SET ROW FILTER ON TABLE bronze.messages (author = 'ann') TO staff;")
    (row_filter,) = granted.problems()
    assert "reads bronze.messages, of which a row filter hides rows from its owner 'olga'" in row_filter
    assert granted.errors() == {"gold.texts": row_filter}
    granted.apply("DROP ROW FILTER ON TABLE bronze.messages;")
    assert granted.errors() == {}


def test_a_mask_on_a_column_that_is_not_read_does_not_matter(granted: "Pipeline") -> None:
    granted.apply(f"{NAMED} SET MASK ON COLUMN bronze.messages.text null;")
    granted.define(COUNTED.format(name="v", owner="olga"))
    assert granted.errors() == {}


def test_a_group_can_own_a_dataset_with_its_own_grants_and_those_of_groups_around_it(granted: "Pipeline") -> None:
    granted.define(COUNTED.format(name="v", owner="writers"))
    assert list(granted.errors()) == ["gold.v"]
    granted.apply(
        "ADD GROUP writers TO GROUP staff; GRANT MODIFY ON TABLE gold.v TO writers;"
        "GRANT USE SCHEMA ON SCHEMA bronze TO staff; GRANT SELECT ON TABLE bronze.messages TO staff;"
    )
    assert granted.problems() == []
    assert granted.errors() == {}


def test_a_members_own_grants_are_not_the_groups(granted: "Pipeline") -> None:
    granted.define(COUNTED.format(name="v", owner="writers"))
    granted.apply("ADD USER olga TO GROUP writers;")
    assert list(granted.errors()) == ["gold.v"]


def test_an_owner_nobody_knows_or_who_left_is_refused_in_the_same_words(granted: "Pipeline") -> None:
    from nightlight.catalog.principals import add_principal, disable

    add_principal(granted.home.database_url, "left", "user", by="ada")
    granted.apply("GRANT USE SCHEMA, SELECT, MODIFY ON CATALOG TO left;")
    granted.define(COUNTED.format(name="v", owner="left"))
    assert granted.errors() == {}
    disable(granted.home.database_url, "left", by="ada")
    granted.deliver("bronze.messages", [{"message_id": 2}])
    granted.define(COUNTED.format(name="v", owner="left") + COUNTED.format(name="w", owner="nobody"))
    left, nobody = granted.problems()
    assert left.startswith("datasets.sql:1: the owner 'left' of gold.v is no principal of the catalog; ")
    assert nobody == left.replace("left", "nobody").replace("gold.v", "gold.w").replace(":1:", ":5:")
    assert granted.errors() == {"gold.v": left, "gold.w": nobody}


def test_without_an_owner_a_dataset_runs_as_the_homes_own_pipelines_but_not_in_production(granted: "Pipeline") -> None:
    granted.define("CREATE MATERIALIZED VIEW gold.v AS SELECT text FROM bronze.messages;")
    assert granted.problems() == []
    assert granted.errors() == {}
    granted.in_production()
    granted.deliver("bronze.messages", [{"text": "more"}])
    needs = "datasets.sql:1: gold.v needs an owner; add 'owner' = '<a user, group or service principal>'"
    assert granted.problems() == [needs]
    assert granted.errors() == {"gold.v": needs}
    assert granted.values("gold.v", "text") == ["hello"]


def test_nobody_becomes_the_homes_own_pipelines_by_writing_their_name(granted: "Pipeline") -> None:
    granted.define(COUNTED.format(name="v", owner="pipelines"))
    (problem,) = granted.problems()
    assert problem.startswith("datasets.sql:1: gold.v needs an owner; ")
    assert granted.errors() == {"gold.v": problem}


def test_an_owner_who_may_read_may_not_write_for_that(granted: "Pipeline") -> None:
    granted.define(COUNTED.format(name="v", owner="olga").replace("gold.v", "silver.v"))
    line = "datasets.sql:1: silver.v is written by its owner 'olga', who may not write it; "
    assert granted.problems() == [f"{line}GRANT MODIFY ON TABLE silver.v TO olga"]
    assert granted.errors() == {"silver.v": f"{line}GRANT MODIFY ON TABLE silver.v TO olga"}


CHAIN = """\
CREATE STREAMING TABLE gold.first TBLPROPERTIES ('owner' = 'olga') AS
SELECT message_id, text AS words FROM STREAM bronze.messages;
CREATE MATERIALIZED VIEW gold.second TBLPROPERTIES ('owner' = 'carl') AS
SELECT max(words) AS words FROM gold.first;
"""


def test_a_dataset_of_the_project_is_a_source_like_any_other_and_its_text_stays_text(granted: "Pipeline") -> None:
    granted.define(CHAIN)
    granted.apply(f"{NAMED} GRANT USE SCHEMA ON SCHEMA gold TO carl;")
    (before,) = granted.problems()
    assert before == (
        "datasets.sql:4: gold.second reads gold.first, which its owner 'carl' may not read; "
        "GRANT SELECT ON TABLE gold.first TO carl"
    )
    granted.apply("GRANT SELECT ON TABLE gold.first TO carl;")
    assert granted.problems() == []  # the columns of a table that is not there yet are not known
    errors = granted.errors()
    assert list(errors) == ["gold.second"]
    assert "gold.second reads gold.first.words, which its owner 'carl' may not read" in errors["gold.second"]
    granted.apply("GRANT SELECT (words) ON TABLE gold.first TO carl;")
    assert granted.errors() == {}


def test_a_grant_that_ends_ends_the_dataset(granted: "Pipeline") -> None:
    granted.define(COUNTED.format(name="v", owner="olga"))
    assert granted.errors() == {}
    granted.apply("REVOKE SELECT ON TABLE bronze.messages FROM olga;")
    granted.deliver("bronze.messages", [{"conversation_id": 8}])
    assert list(granted.errors()) == ["gold.v"]
    assert granted.rows("gold.v") == [(7, 1)]


def test_what_depends_on_a_refused_dataset_is_not_run_and_the_rest_is(granted: "Pipeline") -> None:
    granted.define(
        COUNTED.format(name="refused", owner="sten")
        + "CREATE MATERIALIZED VIEW gold.after AS SELECT sum(n) AS n FROM gold.refused;\n"
        + "CREATE MATERIALIZED VIEW gold.beside AS SELECT count(*) AS n FROM bronze.other;\n"
    )
    outcomes = {event.dataset: str(event.outcome) for event in granted.update().events}
    assert outcomes == {"gold.refused": "failed", "gold.after": "not run", "gold.beside": "done"}


def test_what_the_catalog_could_not_look_at_is_not_decided_by_the_tables_name(
    granted: "Pipeline", monkeypatch: pytest.MonkeyPatch
) -> None:
    granted.deliver("bronze.late", [{"message_id": 1, "text": "hello"}])
    granted.apply("GRANT SELECT ON TABLE bronze.late TO olga;")
    granted.define(TEXTS.replace("bronze.messages", "bronze.late"))
    monkeypatch.setattr("nightlight.pipelines.access.register_tables", lambda url, lake, names: None)
    (problem,) = granted.problems()
    assert "gold.texts reads bronze.late, whose columns the catalog does not know" in problem
    assert granted.errors() == {"gold.texts": problem}


PYTHON = """\
from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.materialized_view(name="gold.v", table_properties={"owner": "olga"})
def v():
    return spark.table("bronze.messages").agg(F.max("message_id").alias("newest"))
"""


def test_a_python_dataset_needs_all_columns_since_nobody_can_tell_which_it_reads(granted: "Pipeline") -> None:
    granted.define(PYTHON, "datasets.py")
    (problem,) = granted.problems()
    assert problem.startswith("datasets.py:5: gold.v reads author, text of bronze.messages, which its owner 'olga'")
    assert granted.errors() == {"gold.v": problem}
    granted.apply("GRANT SELECT (author, text) ON TABLE bronze.messages TO olga;")
    assert granted.errors() == {}
    assert granted.rows("gold.v") == [(1,)]
