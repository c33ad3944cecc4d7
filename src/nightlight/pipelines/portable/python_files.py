"""The linter of Python definitions: what a dataset's function may not call, found in the file's syntax tree.

The file is parsed, never run. Functions banned in SQL are banned as `F.name(..)`, and SQL in strings is linted too."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.pipelines.portable.findings import Finding, Rule
from nightlight.pipelines.portable.sql import SQL_RULES, UNREADABLE, lint_query

RESULTS = ("collect", "toPandas", "toArrow", "toLocalIterator", "take", "tail", "show", "head", "isEmpty")
WRITES = ("save", "saveAsTable", "insertInto", "toTable", "foreachBatch", "foreach", "foreachPartition", "writeTo")
VIEWS = ("createTempView", "createOrReplaceTempView", "createGlobalTempView", "createOrReplaceGlobalTempView")
STATES = (
    *("dropDuplicates", "drop_duplicates", "dropDuplicatesWithinWatermark", "distinct", "groupBy", "groupby", "rollup"),
    *("cube", "agg", "orderBy", "sort", "limit", "withWatermark", "applyInPandasWithState"),
    *("transformWithStateInPandas", "transformWithState"),
)
SESSION = (
    *("conf.set", "conf.unset", "udf.register", "catalog.setCurrentDatabase", "catalog.setCurrentCatalog"),
    *("catalog.createTable", "catalog.dropTempView", "spark.sparkContext", "spark.stop"),
)
GROUPED = {"groupBy", "groupby", "rollup", "cube", "groupingSets", "pivot"}
SQL_STRINGS = {"sql": "", "expr": "SELECT ", "selectExpr": "SELECT ", "filter": "SELECT ", "where": "SELECT "}

RESULT = Rule(
    name="result-in-definition",
    unportable="collect(), count(), first(), toPandas(), toArrow(), show() ..",
    instead="an aggregate in the dataset itself, or a notebook that reads the finished table",
    because="definitions describe tables; nothing may run while they are read",
)
WRITE = Rule(
    name="write-in-definition",
    unportable="write, writeStream, save(), saveAsTable(), foreachBatch(), start() ..",
    instead="return the DataFrame",
    because="the update writes what the function returns, and commits it once",
)
SESSION_CHANGE = Rule(
    name="session-change",
    unportable="spark.conf.set(), createOrReplaceTempView(), spark.udf.register() ..",
    instead="the configuration in spark-pipeline.yml, @dp.temporary_view, F.udf",
    because="a definition may not change the session others share",
)
PANDAS = Rule(
    name="pandas",
    unportable="import pandas, import pyspark.pandas",
    instead="DataFrame functions",
    because="rows would leave the engine to be worked on one by one",
)
CLUSTER_ONLY = Rule(
    name="rdd",
    unportable="df.rdd, spark._jvm, sc.parallelize()",
    instead="DataFrame functions",
    because="neither Sail nor Spark Connect has them",
)
PIVOT = Rule(
    name="dataframe-pivot",
    unportable="groupBy(..).pivot(..)",
    instead="F.count_if(F.col('author') == 'texter') for each value",
    because="pipelines refuse it: its columns would depend on the data",
)
STATEFUL = Rule(
    name="stateful-dataframe",
    unportable="dropDuplicates(), groupBy(), orderBy(), limit(), withWatermark() on readStream",
    instead="a materialized view over the streaming table",
    because="it would have to remember rows of earlier updates, which Sail cannot",
)
STREAM_JOIN = Rule(
    name="stream-join",
    unportable="readStream joined to readStream",
    instead="one stream and one table (spark.read), or a materialized view over both",
    because="matches in other updates would be missed",
)
STREAM_IN_VIEW = Rule(
    name="read-stream-in-view",
    unportable="readStream under @dp.materialized_view",
    instead="spark.read, or @dp.table",
    because="a materialized view reads whole tables",
)
EXPECTATIONS = Rule(
    name="expect-decorator",
    unportable="@dp.expect(..), @dp.expect_or_drop(..)",
    instead="table_properties={'expect.name': 'DROP x IS NOT NULL'}",
    because="Spark does not have them; properties pass on every engine",
)
PYTHON_RULES: tuple[Rule, ...] = (
    *(RESULT, WRITE, SESSION_CHANGE, PANDAS, CLUSTER_ONLY, PIVOT),
    *(STATEFUL, STREAM_JOIN, STREAM_IN_VIEW, EXPECTATIONS),
)
FUNCTIONS = {name: rule for rule in SQL_RULES for name in rule.functions}


def lint_python(path: Path) -> list[Finding]:
    """What in a Python definition file is not portable. Raises NightlightError where the file cannot be read."""
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except (OSError, UnicodeDecodeError) as error:
        raise NightlightError(
            "definition file cannot be read", where=str(path), remedy="is it there, in UTF-8?"
        ) from error
    except SyntaxError as error:
        wrong = replace(UNREADABLE, unportable="text that is not Python", instead="valid Python")
        return [wrong.finding(file=str(path), line=error.lineno or 1, column=error.offset or 1)]
    found = {(line, column, rule.name): rule for rule, line, column in _hits(tree, source)}
    ordered = sorted(found.items(), key=lambda each: each[0])
    return [rule.finding(file=str(path), line=line, column=column) for (line, column, _), rule in ordered]


Hit = tuple[Rule, int, int]


def _hits(tree: ast.Module, source: str) -> Iterator[Hit]:
    spark = _spark_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node)
        elif isinstance(node, ast.Attribute):
            yield from _attributes(node)
        elif isinstance(node, ast.Call):
            yield from _calls(node)
            yield from _functions(node, spark)
            yield from _strings(node, source)
        elif isinstance(node, ast.FunctionDef):
            yield from _streams(node)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Hit]:
    module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    names = [f"{module}.{alias.name}".strip(".") for alias in node.names]
    if any(f"{name}.".startswith(("pandas.", "pyspark.pandas.")) for name in names):
        yield PANDAS, node.lineno, node.col_offset + 1


def _attributes(node: ast.Attribute) -> Iterator[Hit]:
    if node.attr in {"writeStream", "write"}:
        yield WRITE, *_place(node)
    elif node.attr in {"rdd", "_jvm", "_jdf", "parallelize"}:
        yield CLUSTER_ONLY, *_place(node)
    elif f"{_last_name(node.value)}.{node.attr}" in SESSION:
        yield SESSION_CHANGE, *_place(node)


def _calls(node: ast.Call) -> Iterator[Hit]:
    name, place = _name(node), _place(node.func)
    method = isinstance(node.func, ast.Attribute)
    bare = method and not node.args and not node.keywords
    if method and (name in RESULTS or (bare and name == "first") or (bare and name == "count" and not _grouped(node))):
        yield RESULT, *place
    elif method and (name in WRITES or (name == "start" and bare)):
        yield WRITE, *place
    elif method and name in VIEWS:
        yield SESSION_CHANGE, *place
    elif method and name == "pivot":
        yield PIVOT, *place


def _functions(node: ast.Call, spark: set[str]) -> Iterator[Hit]:
    """Calls of pyspark's own functions, as F.window(..), dp.expect(..) or, imported by name, window(..)."""
    owner = _last_name(node.func.value) if isinstance(node.func, ast.Attribute) else _name(node)
    if owner in spark and _name(node) in FUNCTIONS:
        yield FUNCTIONS[_name(node)], *_place(node.func)
    elif owner in spark and _name(node).split("_")[0] == "expect":
        yield EXPECTATIONS, *_place(node.func)


def _spark_names(tree: ast.Module) -> set[str]:
    """The names a file gives to pyspark's functions and pipelines modules, and to what it takes from them."""
    modules = ("pyspark.sql.functions", "pyspark.pipelines")
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            for alias in node.names:
                if module in modules or ".".join(filter(None, (module, alias.name))) in modules:
                    found.add(alias.asname or alias.name)
    return found


def _name(node: ast.Call) -> str:
    return _last_name(node.func)


def _last_name(node: ast.expr) -> str:
    """`c` of a.b.c and of a plain c; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _place(node: ast.expr) -> tuple[int, int]:
    """Where a name stands: for `a.b`, the place of b."""
    if isinstance(node, ast.Attribute):
        return node.end_lineno or node.lineno, (node.end_col_offset or 0) - len(node.attr) + 1
    return node.lineno, node.col_offset + 1


def _grouped(node: ast.Call) -> bool:
    """Whether count() counts groups, as in groupBy(..).count(), which makes a table."""
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(inner, ast.Call) and _name(inner) in GROUPED


def _strings(node: ast.Call, source: str) -> Iterator[Hit]:
    """SQL in spark.sql(".."), F.expr(".."), selectExpr(".."), filter("..") and where("..")."""
    prefix = SQL_STRINGS.get(_name(node), "")
    for argument in node.args if _name(node) in SQL_STRINGS else []:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            for rule, offset in lint_query(prefix + argument.value):
                yield rule, *_within(argument, max(offset - len(prefix), 0), source)


def _within(literal: ast.Constant, offset: int, source: str) -> tuple[int, int]:
    """The line and column of a character of a string literal, exact where the string has no escapes."""
    before = str(literal.value)[:offset]
    if "\n" in before:
        return literal.lineno + before.count("\n"), len(before) - before.rfind("\n")
    written = source.split("\n")[literal.lineno - 1].encode()[literal.col_offset :].decode()
    opening = re.match(r"[rRuUbBfF]*(\"\"\"|'''|.)", written)
    return literal.lineno, literal.col_offset + (opening.end() if opening else 1) + offset + 1


def _streams(function: ast.FunctionDef) -> Iterator[Hit]:
    """Stateful work on a stream in one dataset's function, followed through the names it is given."""
    named: set[str] = set()
    for node in sorted((each for each in ast.walk(function) if isinstance(each, ast.stmt | ast.Call)), key=_order):
        if isinstance(node, ast.Assign) and _is_stream(node.value, named):
            named |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_stream(node.func.value, named):
            if node.func.attr in STATES:
                yield STATEFUL, *_place(node.func)
            if node.func.attr == "join" and node.args and _is_stream(node.args[0], named):
                yield STREAM_JOIN, *_place(node.func)
    yield from _stream_under_view(function)


def _order(node: ast.stmt | ast.Call) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _is_stream(node: ast.expr, named: set[str]) -> bool:
    """Whether a chain of calls begins with readStream or with a name that holds such a chain."""
    if isinstance(node, ast.Name):
        return node.id in named
    if isinstance(node, ast.Attribute):
        return node.attr == "readStream" or _is_stream(node.value, named)
    return isinstance(node, ast.Call) and _is_stream(node.func, named)


def _stream_under_view(function: ast.FunctionDef) -> Iterator[Hit]:
    decorators = [each.func if isinstance(each, ast.Call) else each for each in function.decorator_list]
    if any(isinstance(each, ast.Attribute) and each.attr == "materialized_view" for each in decorators):
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and node.attr == "readStream":
                yield STREAM_IN_VIEW, *_place(node)
