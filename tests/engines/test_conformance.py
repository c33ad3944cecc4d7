"""What Spark answers, Sail answers: recorded results of Apache Spark, asked again of the engine that runs here.

Each file of conformance/ is a topic. A case that Sail is known to miss says so ("sail": "differs" or "fails") with the
reason, and must keep missing it: when Sail learns it, the test fails and the mark and its linter rule go.
To record anew: NIGHTLIGHT_SPARK_REMOTE=sc://.. NIGHTLIGHT_RECORD=1 pytest -m spark tests/engines"""

import datetime as dt
import json
import math
import os
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.pipelines.portable import lint_sql

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FOLDER = Path(__file__).parent / "conformance"
# How the cases of a section become queries; the answers stand in this order.
SECTIONS = {
    "values": "SELECT {sql} AS x",
    "messages": "SELECT {sql} AS x FROM messages ORDER BY message_id",
    "authors": "SELECT {sql} AS x FROM messages GROUP BY author ORDER BY author",
    "queries": "{sql}",
}


@dataclass(frozen=True)
class Case:
    topic: str
    section: str
    fields: dict[str, Any]

    @property
    def query(self) -> str:
        return SECTIONS[self.section].format(sql=self.fields["sql"])

    @property
    def recorded(self) -> dict[str, Any]:
        return {key: self.fields[key] for key in ("type", "expected", "error") if key in self.fields}


def read_topics() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


TOPICS = read_topics()
CASES = [
    Case(topic, section, fields)
    for topic, content in TOPICS.items()
    for section in SECTIONS
    for fields in content.get(section, [])
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.topic}: {case.fields['sql']}")


def answer(session: "SparkSession", case: Case) -> dict[str, Any]:
    """An engine's answer in the form of the record: the type and the values, or the name of the error."""
    try:
        frame = session.sql(case.query)
        rows = [[plain(value) for value in row.values()] for row in frame.toArrow().to_pylist()]
    except Exception as error:  # the engines raise what they like: Spark, Arrow and gRPC errors
        named = re.search(r"\[([A-Z_]+)", str(error))
        return {"error": named.group(1) if named else type(error).__name__}
    if case.section == "queries":
        return {"type": frame.schema.simpleString(), "expected": rows}
    values = [value for (value,) in rows]
    return {
        "type": frame.schema.fields[0].dataType.simpleString(),
        "expected": values[0] if case.section == "values" else values,
    }


def plain(value: Any) -> Any:
    """A value as JSON holds it; moments in UTC, decimals as text with all their digits."""
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value.astimezone(dt.UTC).isoformat(sep=" ")
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return str(value) if isinstance(value, dt.date | dt.timedelta | Decimal) else value


def agree(case: Case, answered: dict[str, Any]) -> bool:
    """Same type and values, doubles to nine digits, row order where the query orders; any error meets an error."""
    if "error" in case.recorded or "error" in answered:
        return case.recorded.keys() == answered.keys()
    expected, found = case.recorded["expected"], answered["expected"]
    if case.section == "queries" and not re.search(r"ORDER BY [^)]*$", case.query):
        expected, found = sorted(expected, key=json.dumps), sorted(found, key=json.dumps)
    return bool(case.recorded["type"] == answered["type"] and close(expected, found))


def close(expected: Any, found: Any) -> bool:
    if isinstance(expected, dict) and isinstance(found, dict):
        return list(expected) == list(found) and close(list(expected.values()), list(found.values()))
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(close, expected, found))
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(expected, found, rel_tol=1e-9, abs_tol=1e-12)
    return type(expected) is type(found) and bool(expected == found)


@each_case
def test_sail_answers_what_spark_answered(case: Case, sail_session: "SparkSession") -> None:
    answered = answer(sail_session, case)
    match case.fields.get("sail"):
        case None:
            assert agree(case, answered), f"Spark {case.recorded}, Sail {answered}"
        case "fails":
            assert "error" in answered, "Sail has learned this: remove the mark and the linter's rule"
        case "differs":
            assert "error" not in answered, "Sail now fails here: mark it so"
            assert not agree(case, answered), "Sail has learned this: remove the mark and the linter's rule"


@pytest.mark.spark
@pytest.mark.skipif("NIGHTLIGHT_RECORD" in os.environ, reason="the record is being made")
@each_case
def test_spark_still_answers_what_was_recorded(case: Case, spark_session: "SparkSession") -> None:
    answered = answer(spark_session, case)
    assert agree(case, answered), f"recorded {case.recorded}, Spark {answered}"


@pytest.mark.parametrize("case", [each for each in CASES if "sail" in each.fields], ids=lambda case: case.query)
def test_the_linter_sees_every_known_difference(case: Case) -> None:
    findings = lint_sql(f"CREATE TEMPORARY VIEW cases AS {case.query}", file="cases.sql")
    assert bool(findings) != ("harmless" in case.fields), "either the linter warns, or the case says why it need not"
    assert case.fields.get("why") or case.fields.get("harmless")


def test_the_linter_has_no_error_for_what_both_engines_answer_alike() -> None:
    wrong = [
        (finding.rule, case.query)
        for case in CASES
        if "sail" not in case.fields
        for finding in lint_sql(f"CREATE TEMPORARY VIEW cases AS {case.query}", file="cases.sql")
        if finding.severity == "error"
    ]
    assert wrong == []


@pytest.mark.spark
@pytest.mark.skipif("NIGHTLIGHT_RECORD" not in os.environ, reason="NIGHTLIGHT_RECORD=1 writes the record anew")
def test_the_record_is_made_anew(spark_session: "SparkSession") -> None:
    for topic, content in TOPICS.items():
        for section in SECTIONS:
            for fields in content.get(section, []):
                answered = answer(spark_session, Case(topic, section, fields))
                kept = {key: fields[key] for key in fields if key not in {"type", "expected", "error"}}
                fields.clear()
                fields |= {"sql": kept.pop("sql")} | answered | kept
        (FOLDER / f"{topic}.json").write_text(written(content | {"spark": spark_session.version}), encoding="utf-8")


def written(content: dict[str, Any]) -> str:
    """A topic as JSON with one case a line, so that a changed answer is one changed line."""
    parts = [
        f'  "{section}": [\n' + ",\n".join(f"    {json.dumps(each, ensure_ascii=False)}" for each in cases) + "\n  ]"
        for section in SECTIONS
        if (cases := content.get(section))
    ]
    return "{\n" + ",\n".join([f'  "spark": "{content["spark"]}"', *parts]) + "\n}\n"
