"""Tags travel along lineage to what is made from a column, until somebody declassifies it; unknown is strictest."""

from collections.abc import Callable

import pytest

from nightlight.catalog.access import read_access
from nightlight.catalog.columns import forget_table
from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.policies import Applied
from nightlight.catalog.tags import effective_tags
from nightlight.db import transaction

Apply = Callable[..., Applied]
Register = Callable[..., None]
Tags = Callable[..., dict[str, str]]


@pytest.fixture
def tags(url: str) -> Tags:
    """The values of a key on each column of a table that has any, several joined by `+`."""

    def of(table: str, key: str = "sensitivity") -> dict[str, str]:
        with transaction(url) as connection:
            columns = read_access(connection, "pipelines", [table])[table].columns
        return {column.name: "+".join(sorted(column.tags[key])) for column in columns if key in column.tags}

    return of


@pytest.fixture(autouse=True)
def lake(url: str, register: Register) -> None:
    """bronze.m is read by silver.m (traced column by column), which gold.m is made from."""
    register("bronze.m", "id:int64", "who:int64", "note:string", "text:string:text")
    register("silver.m", "id:int64", "who:int64", "note:string", "size:int64", "one:int64")
    register("gold.m", "who:int64", "label:string", "total:int64", "share:double")
    origins = {"id": ["id"], "who": ["who"], "note": ["note"], "size": ["text"], "one": []}
    traced = {column: [("bronze.m", name) for name in names] for column, names in origins.items()}
    record_lineage(url, "silver.m", traced, ["bronze.m"])
    record_lineage(
        url, "gold.m", {"who": [("silver.m", "who")], "label": [("silver.m", "note")], "total": []}, ["silver.m"]
    )


def test_a_tag_reaches_what_comes_from_the_column(apply: Apply, tags: Tags) -> None:
    apply("SET TAG ON COLUMN bronze.m.note sensitivity = 'text'; SET TAG ON COLUMN bronze.m.note topic = 'health';")
    assert tags("bronze.m") == {"note": "text", "text": "text"}
    assert tags("silver.m") == {"note": "text"}
    assert tags("gold.m") == {"label": "text"}
    assert tags("gold.m", "topic") == {"label": "health", "share": "health"}  # of share nothing is known
    apply("UNSET TAG ON COLUMN bronze.m.note sensitivity;")
    assert tags("gold.m") == {}


def test_a_number_that_is_no_copy_tells_no_text(apply: Apply, tags: Tags) -> None:
    apply("SET TAG ON COLUMN bronze.m.who sensitivity = 'identity';")
    assert tags("silver.m") == {"who": "identity"}  # size comes from text, but holds none
    assert tags("gold.m") == {"who": "identity"}


def test_a_string_made_from_an_identity_is_one(url: str, register: Register, apply: Apply, tags: Tags) -> None:
    register("gold.s", "key:string", "half:double")
    record_lineage(url, "gold.s", {"key": [("silver.m", "who")], "half": [("silver.m", "who")]}, ["silver.m"])
    apply("SET TAG ON COLUMN bronze.m.who sensitivity = 'identity';")
    assert tags("gold.s") == {"key": "identity"}


def test_a_column_of_unknown_origin_has_the_tags_of_all_that_the_table_reads(
    url: str, register: Register, apply: Apply, tags: Tags
) -> None:
    register("gold.python", "a:string", "b:int64", "c:double")
    record_lineage(url, "gold.python", {}, ["silver.m"])
    apply("SET TAG ON COLUMN bronze.m.who sensitivity = 'identity'; SET TAG ON COLUMN bronze.m.note topic = 'health';")
    assert tags("gold.python") == {"a": "identity+text", "b": "identity"}
    assert tags("gold.python", "topic") == {"a": "health", "b": "health", "c": "health"}


def test_a_column_traced_to_nothing_has_no_tags_but_its_own(apply: Apply, tags: Tags) -> None:
    apply("SET TAG ON COLUMN bronze.m.who sensitivity = 'identity'; SET TAG ON COLUMN bronze.m.text topic = 'a';")
    assert "one" not in tags("silver.m") | tags("silver.m", "topic")
    assert "total" not in tags("gold.m") | tags("gold.m", "topic")
    apply("SET TAG ON COLUMN silver.m.one topic = 'b';")
    assert tags("silver.m", "topic")["one"] == "b"


def test_a_tag_on_a_table_counts_for_all_its_columns_and_travels(apply: Apply, tags: Tags) -> None:
    apply("SET TAG ON TABLE bronze.m sensitivity = 'identity'; SET TAG ON TABLE bronze.m owner = 'roster';")
    assert tags("bronze.m") == {"id": "identity", "who": "identity", "note": "identity", "text": "identity+text"}
    assert tags("silver.m") == {"id": "identity", "who": "identity", "note": "identity"}
    assert tags("gold.m", "owner") == {"who": "roster", "label": "roster", "share": "roster"}


def test_declassifying_a_column_ends_its_sensitivity_and_all_inheritance(apply: Apply, tags: Tags) -> None:
    apply("SET TAG ON COLUMN bronze.m.note sensitivity = 'text'; SET TAG ON COLUMN bronze.m.note topic = 'health';")
    apply("SET TAG ON COLUMN silver.m.note sensitivity = 'none';")
    assert tags("bronze.m") == {"note": "text", "text": "text"}
    assert tags("silver.m") == tags("gold.m") == {}
    assert tags("gold.m", "topic") == {"label": "health", "share": "health"}  # other tags travel on
    apply("UNSET TAG ON COLUMN silver.m.note sensitivity;")
    assert tags("gold.m") == {"label": "text"}


def test_what_the_lakes_schema_says_can_be_declassified(apply: Apply, tags: Tags) -> None:
    apply("SET TAG ON COLUMN bronze.m.text sensitivity = 'none'; SET TAG ON TABLE bronze.m sensitivity = 'text';")
    assert tags("bronze.m") == {"id": "text", "who": "text", "note": "text"}


def test_a_declassified_column_between_is_passed_by_no_unknown_origin_either(
    url: str, register: Register, apply: Apply, tags: Tags
) -> None:
    register("silver.p", "a:string")
    register("gold.p", "b:string")
    record_lineage(url, "silver.p", {}, ["bronze.m"])
    record_lineage(url, "gold.p", {}, ["silver.p"])
    assert tags("gold.p") == {"b": "text"}
    apply("SET TAG ON COLUMN silver.p.a sensitivity = 'none';")
    assert tags("silver.p") == tags("gold.p") == {}
    register("silver.p", "a:string", "c:string")
    assert tags("gold.p") == {"b": "text"}  # through c


def test_what_reads_a_table_gets_no_more_than_its_columns_have(
    url: str, register: Register, apply: Apply, tags: Tags
) -> None:
    register("silver.counts", "n:int64", "label:string")
    register("gold.python", "a:string")
    record_lineage(url, "silver.counts", {"n": [], "label": []}, ["bronze.m"])
    record_lineage(url, "gold.python", {}, ["silver.counts"])
    apply("SET TAG ON TABLE bronze.m topic = 'health';")
    assert tags("gold.python") == tags("gold.python", "topic") == {}


def test_tags_travel_through_tables_that_are_not_in_the_lake_any_more(
    url: str, register: Register, apply: Apply, tags: Tags
) -> None:
    register("gold.late", "x:string")
    record_lineage(url, "silver.gone", {"n": [("bronze.m", "who")]}, ["bronze.m"])
    record_lineage(url, "gold.late", {}, ["silver.gone"])
    assert tags("gold.late") == {"x": "text"}
    apply("SET TAG ON COLUMN silver.gone.q topic = 'old';")
    assert tags("gold.late", "topic") == {"x": "old"}


@pytest.fixture
def copied(url: str, register: Register) -> None:
    """silver.c is made from bronze.c column by column, gold.p from bronze.c in a way that is not known."""
    register("bronze.c", "texter:int64:identity", "key:string:identity", "text:string:text", "n:int64", "note:string")
    register("silver.c", "texter:int64", "key:string", "text:string", "n:int64", "note:string", "size:double")
    register("gold.p", "label:string", "number:int64", "share:double")
    names = ["texter", "key", "text", "n", "note"]
    record_lineage(
        url, "silver.c", {n: [("bronze.c", n)] for n in names} | {"size": [("bronze.c", "texter")]}, ["bronze.c"]
    )
    record_lineage(url, "gold.p", {}, ["bronze.c"])


COPIES = {"texter": "identity", "key": "identity", "text": "text"}


@pytest.mark.usefixtures("copied")
def test_what_was_made_from_a_table_outlives_it_with_its_tags(url: str, tags: Tags, apply: Apply) -> None:
    apply("SET TAG ON COLUMN bronze.c.note topic = 'health'; SET TAG ON COLUMN bronze.c.n sensitivity = 'identity';")
    before = tags("silver.c"), tags("gold.p"), tags("silver.c", "topic"), tags("gold.p", "topic")
    assert before[0] == COPIES | {"n": "identity"}
    assert before[1] == {"label": "identity+text", "number": "identity"}
    forget_table(url, "bronze.c")
    assert (tags("silver.c", "topic"), tags("gold.p", "topic")) == before[2:]
    assert tags("silver.c") == before[0]
    apply("UNSET TAG ON COLUMN bronze.c.n sensitivity;")
    assert tags("silver.c") == COPIES
    assert tags("gold.p") == before[1]


@pytest.mark.usefixtures("copied")
def test_what_was_made_from_a_column_outlives_it_with_its_tags(register: Register, tags: Tags, apply: Apply) -> None:
    register("bronze.c", "n:int64", "other:string", version=1)
    assert tags("silver.c") == COPIES
    assert tags("gold.p") == {"label": "identity+text", "number": "identity"}
    apply("SET TAG ON COLUMN bronze.c.texter sensitivity = 'none'; SET TAG ON COLUMN bronze.c.text topic = 'old';")
    assert tags("silver.c") == {"key": "identity", "text": "text"}  # it can be declassified all the same
    assert tags("gold.p") == {"label": "identity+text"}
    assert tags("gold.p", "topic") == {"label": "old", "number": "old", "share": "old"}


@pytest.mark.usefixtures("copied")
def test_a_column_that_is_gone_counts_as_it_was_last(url: str, register: Register, tags: Tags) -> None:
    register("bronze.c", "texter:int64", "key:string:text", "text:string:text", "n:int64", "note:string", version=1)
    forget_table(url, "bronze.c")
    assert tags("silver.c") == {"key": "text", "text": "text"}
    register("bronze.c", "texter:int64", "key:string", "text:string", "n:int64", "note:string", version=2)
    assert tags("silver.c") == {}  # it is there again, and says what it is


def test_a_string_from_what_was_never_in_the_lake_counts_as_text(url: str, register: Register, tags: Tags) -> None:
    register("silver.d", "a:string", "b:int64", "c:string")
    record_lineage(url, "silver.d", {"a": [("bronze.d", "a")], "b": [("bronze.d", "b")], "c": []}, ["bronze.d"])
    assert tags("silver.d") == {"a": "text"}
    record_lineage(url, "silver.d", {"c": []}, ["bronze.d"])
    assert tags("silver.d") == {"a": "text"}


@pytest.mark.usefixtures("copied")
def test_a_grant_on_the_table_and_a_mask_on_the_tag_outlive_the_source(url: str, apply: Apply) -> None:
    apply(
        "CREATE GROUP a; ADD USER owner TO GROUP a; ADD USER colleague TO GROUP a; ADD USER stranger TO GROUP a;"
        "GRANT USE SCHEMA, SELECT ON SCHEMA silver TO owner; GRANT USE SCHEMA, SELECT ON SCHEMA silver TO colleague;"
        "GRANT SELECT (texter) ON TABLE silver.c TO owner; SET MASK ON TAG sensitivity = 'identity' hash;"
    )
    for _ in range(2):
        assert readable(url, "owner") == {"texter": "hash", "n": None, "note": None, "size": None}
        assert readable(url, "colleague") == {"n": None, "note": None, "size": None}
        assert readable(url, "stranger") == {}
        forget_table(url, "bronze.c")


def readable(url: str, principal: str) -> dict[str, str | None]:
    """The columns of silver.c that somebody may read, each with the mask on it."""
    with transaction(url) as connection:
        columns = read_access(connection, principal, ["silver.c"])["silver.c"].columns
    return {column.name: column.mask.function if column.mask else None for column in columns if column.allowed}


def test_a_ring_of_tables_ends(url: str, register: Register, apply: Apply, tags: Tags) -> None:
    register("a.x", "c:string")
    register("a.y", "c:string:identity")
    record_lineage(url, "a.x", {"c": [("a.y", "c")]}, ["a.y"])
    record_lineage(url, "a.y", {}, ["a.x"])
    assert tags("a.x") == tags("a.y") == {"c": "identity"}


def test_an_unknown_sensitivity_in_the_lakes_schema_counts_as_text(register: Register, tags: Tags) -> None:
    register("a.x", "c:string:secret", "d:string:none")
    assert tags("a.x") == {"c": "text"}


def test_each_tag_tells_where_it_comes_from(url: str, apply: Apply) -> None:
    apply("SET TAG ON TABLE silver.m topic = 'calls'; SET TAG ON COLUMN bronze.m.note sensitivity = 'text';")
    with transaction(url) as connection:
        rows = effective_tags(connection, "gold.m")
    assert [tuple(row.values()) for row in rows] == [
        ("who", "topic", "calls", "silver.m", ""),
        ("label", "sensitivity", "text", "bronze.m", "note"),
        ("label", "topic", "calls", "silver.m", ""),
        ("share", "topic", "calls", "silver.m", ""),
    ]
