"""Plan messages come from a process that ran somebody's code: what is not on the list is refused, whoever made it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Location, PythonQuery
from nightlight.pipelines.engines.pieces import cut, join
from nightlight.pipelines.engines.plans import PythonPlan, read_plan

if TYPE_CHECKING:
    from pyspark.sql.connect.proto import Relation

HERE = Location(Path("a.py"), 7)


def relation(**fields: Any) -> "Relation":
    from pyspark.sql.connect.proto import Relation

    return Relation(**fields)


def table(name: str = "b.t") -> "Relation":
    from pyspark.sql.connect.proto import Read

    return relation(read=Read(named_table=Read.NamedTable(unparsed_identifier=name)))


def read(plan: "Relation") -> PythonPlan:
    return read_plan(PythonQuery(tuple(cut(plan))), HERE)


def forged() -> dict[str, "Relation"]:
    from google.protobuf.any_pb2 import Any as AnyMessage  # type: ignore[import-untyped]
    from pyspark.sql.connect import proto

    files = proto.Read(data_source=proto.Read.DataSource(format="parquet", paths=["/x"]))
    java = proto.CommonInlineUserDefinedFunction(java_udf=proto.JavaUDF(class_name="x.Y"))
    scala = proto.CommonInlineUserDefinedFunction(scalar_scala_udf=proto.ScalarScalaUDF(payload=b"x"))
    column = proto.Expression(common_inline_user_defined_function=java)
    source = proto.CommonInlineUserDefinedDataSource(name="x")
    text = proto.Expression(
        expression_string=proto.Expression.ExpressionString(expression="(SELECT 1 FROM parquet.`/x`)")
    )
    return {
        "files": relation(read=files),
        "files below others": relation(limit=proto.Limit(input=relation(read=files), limit=1)),
        "files beside SQL": relation(
            with_relations=proto.WithRelations(
                root=relation(sql=proto.SQL(query="SELECT * FROM x")), references=[relation(read=files)]
            )
        ),
        "files in a value of SQL": relation(sql=proto.SQL(query="SELECT :x", named_arguments={"x": text})),
        "an extension": relation(extension=AnyMessage(type_url="x/y", value=b"z")),
        "the catalog": relation(catalog=proto.Catalog(list_tables=proto.ListTables())),
        "a cached relation": relation(cached_remote_relation=proto.CachedRemoteRelation(relation_id="x")),
        "cached rows": relation(cached_local_relation=proto.CachedLocalRelation(hash="x")),
        "a data source in Python": relation(common_inline_user_defined_data_source=source),
        "a Java function": relation(project=proto.Project(input=table(), expressions=[column])),
        "a Scala function": relation(map_partitions=proto.MapPartitions(input=table(), func=scala)),
        "machine learning": relation(ml_relation=proto.MlRelation()),
        "nothing": relation(),
        "unknown": relation(unknown=proto.Unknown()),
    }


def test_what_is_not_on_the_list_is_refused_at_the_datasets_line() -> None:
    refused = {}
    for name, plan in forged().items():
        with pytest.raises(NightlightError) as error:
            read(plan)
        refused[name] = str(error.value)
    assert all(line.startswith("a.py:7: ") and "\n" not in line for line in refused.values())
    assert set(refused) == set(forged())


def test_bytes_that_are_no_plan_are_refused() -> None:
    for pieces in ((), (b"\xff\xff",), (b"", b""), tuple(b"x" for _ in range(9))):
        with pytest.raises(NightlightError):
            read_plan(PythonQuery(pieces), HERE)


def test_tables_in_sql_become_ordinary_readings_and_given_frames_stay() -> None:
    from pyspark.sql.connect.proto import SQL, SubqueryAlias, WithRelations

    sql = relation(sql=SQL(query="SELECT * FROM given JOIN silver.messages m USING (x)"))
    given = relation(subquery_alias=SubqueryAlias(input=table("bronze.t"), alias="given"))
    plan = read(relation(with_relations=WithRelations(root=sql, references=[given])))
    assert sorted(plan.references) == [("bronze.t", False), ("silver.messages", False)]
    assert read(relation(sql=SQL(query="SELECT * FROM STREAM a.b"))).references == (("a.b", True),)


def test_a_frame_cannot_pass_for_a_table() -> None:
    from pyspark.sql.connect.proto import SQL, SubqueryAlias, WithRelations

    sql = relation(sql=SQL(query="SELECT * FROM silver.messages"))
    given = relation(subquery_alias=SubqueryAlias(input=table("bronze.t"), alias="silver.messages"))
    plan = read(relation(with_relations=WithRelations(root=sql, references=[given])))
    assert ("silver.messages", False) in plan.references


def deep(steps: int) -> "Relation":
    from pyspark.sql.connect.proto import Limit

    plan = table()
    for step in range(steps):
        above = relation()
        above.limit.CopyFrom(Limit(limit=step))
        above.limit.input.CopyFrom(plan)
        plan = above
    return plan


@pytest.mark.parametrize("steps", [0, 1, 10, 49, 50, 150])
def test_a_plan_of_any_depth_comes_back_as_it_was(steps: int) -> None:
    plan = deep(steps)
    pieces = cut(plan)
    assert join(pieces, type(plan)).SerializeToString(deterministic=True) == plan.SerializeToString(deterministic=True)
    assert (len(pieces) > 1) == (steps > 20)


def test_pieces_that_do_not_fit_together_are_refused() -> None:
    pieces = cut(deep(100))
    kind = type(table())
    for wrong in (pieces[1:], pieces[:-1] + pieces[-2:], [*pieces, pieces[-1]], pieces[::-1], [pieces[-1]], []):
        with pytest.raises(ValueError, match=r"piece"):
            join(wrong, kind)
