"""Shapes of a query that fail or answer differently on the two engines, found in its syntax tree."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nightlight.pipelines.portable.findings import Rule, phrase
from nightlight.pipelines.portable.statements import Statement, offset_of

if TYPE_CHECKING:
    from sqlglot import exp

ARITHMETIC = ("add", "sub", "mul", "div", "mod", "intdiv")
CHOICES = ("case", "if", "coalesce", "greatest", "least", "array")
DATE_KEYS = {"tsordstodate", "tsordsadd", "datetrunc", "lastday", "nextday", "addmonths", "currentdate"}
DATE_NAME = re.compile(r"(^|_)(day|date|week|month|quarter|on)$", re.IGNORECASE)
MOMENT_NAME = re.compile(r"(_at|_ts|time|timestamp)$", re.IGNORECASE)
SHORT_UNITS = ("HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")


def cast_type(node: "exp.Expr") -> str:
    """The type a CAST makes, as 'DATE'; empty for intervals."""
    return str(getattr(node.args["to"].this, "value", ""))


def is_date(node: "exp.Expr") -> bool:
    """Whether an expression is a date for sure: date(x), a DATE cast or literal, trunc(x, 'MM') and the like."""
    if node.key in {"cast", "trycast"}:
        return cast_type(node) == "DATE"
    if node.key == "paren":
        return is_date(node.this)
    return node.key in DATE_KEYS or (node.key == "anonymous" and str(node.this).lower() == "make_date")


def is_decimal(node: "exp.Expr") -> bool:
    """Whether a node is a decimal as written: 1.5 (not 1.5D, which is a cast), or CAST(x AS DECIMAL(..))."""
    if node.key == "cast":
        return cast_type(node) == "DECIMAL"
    written = node.key == "literal" and not node.is_string and re.fullmatch(r"\d*\.\d*", str(node.this)) is not None
    return written and (node.parent is None or node.parent.key != "cast")


def operands(node: "exp.Expr") -> Iterator["exp.Expr"]:
    """The leaves of an arithmetic tree: what is added, multiplied, divided; sums stand for what they sum."""
    inside = (*ARITHMETIC, "paren", "neg", "round", "sum", "avg", "window", "case", "if")
    if node.key in inside:
        for child in node.iter_expressions():
            yield from operands(child)
    else:
        yield node


def divided_decimals(statement: Statement) -> Iterator[int]:
    for node in statement.of("div", "avg"):
        if any(map(is_decimal, operands(node))):
            yield offset_of(node)


def counted_decimals(statement: Statement) -> Iterator[int]:
    for node in filter(is_decimal, statement.of("literal")):
        above = node.parent
        while above is not None and above.key in {"neg", "paren"}:
            above = above.parent
        if above is not None and above.key in (*ARITHMETIC, *CHOICES):
            yield offset_of(node)


def short_decimals(statement: Statement) -> Iterator[int]:
    """Casts to a decimal of few digits; a literal or a text keeps its digits on both engines."""
    for node in statement.of("cast", "trycast"):
        scale = [int(each.name) for each in node.args["to"].expressions if each.name.isdigit()]
        if cast_type(node) == "DECIMAL" and node.this.key in (*ARITHMETIC, "avg", "sum", "cast"):
            yield from [offset_of(node)] if (scale[1:] or [0])[0] < 6 else []


def kind_of(node: "exp.Expr") -> str:
    if node.key == "neg":
        return kind_of(node.this)
    if node.key == "literal" and not node.is_string:
        return "integer" if str(node.this).isdigit() else "decimal"
    return node.key


def branches(node: "exp.Expr") -> list["exp.Expr"]:
    """What a CASE, an if() or a UNION column may answer, in the order written."""
    if node.key == "case":
        chosen = [each.args["true"] for each in node.args["ifs"]]
        return chosen + ([node.args["default"]] if node.args.get("default") else [])
    return [each for each in (node.args.get("true"), node.args.get("false")) if each]


def columns_of_union(node: "exp.Expr") -> Iterator[list["exp.Expr"]]:
    sides = [node.this, node.args["expression"]]
    while sides[0].key in {"union", "paren"}:
        sides[:1] = [sides[0].this, sides[0].args["expression"]] if sides[0].key == "union" else [sides[0].this]
    selects = [side for side in sides if side.key == "select"]
    yield from map(list, zip(*([each.unalias() for each in side.expressions] for side in selects), strict=False))


def first_branch_decides(statement: Statement) -> Iterator[int]:
    """Where the first branch is a bare integer (in a UNION also NULL) and a later one is something else."""
    for node in statement.of("case", "if"):
        if node.key == "if" and node.parent and node.parent.key == "case":
            continue
        found = branches(node)
        if found and kind_of(found[0]) == "integer" and {*map(kind_of, found)} - {"integer", "null"}:
            yield offset_of(found[0])
    for node in statement.of("union"):
        for column in columns_of_union(node):
            kinds = [kind_of(each) for each in column]
            if kinds[0] in {"integer", "null"} and set(kinds) - {kinds[0], "null" if kinds[0] == "integer" else ""}:
                yield offset_of(column[0]) or statement.start


def truncated_dates(statement: Statement) -> Iterator[int]:
    for node in statement.of("timestamptrunc"):
        zoneless = node.this.key == "cast" and cast_type(node.this) == "TIMESTAMPNTZ"
        named = node.this.key == "column" and DATE_NAME.search(node.this.name) is not None
        made_date = node.parent is not None and is_date(node.parent)
        if not made_date and (is_date(node.this) or zoneless or named):
            yield offset_of(node)


def date_arithmetic(statement: Statement) -> Iterator[int]:
    for node in statement.of("sub", "add"):
        left, right = node.this, node.args["expression"]
        hours = right.key == "interval" and str(right.args.get("unit") or "").upper().rstrip("S") in SHORT_UNITS
        if is_date(left) and (hours or (node.key == "sub" and is_date(right))):
            yield offset_of(node)


def date_frames(statement: Statement) -> Iterator[int]:
    for node in statement.of("window"):
        spec, order = node.args.get("spec"), node.args.get("order")
        if not spec or not order or str(spec.args.get("kind")).upper() != "RANGE":
            continue
        bounds = [each for each in (spec.args.get("start"), spec.args.get("end")) if not isinstance(each, str) and each]
        if any(_days(each, order.expressions[0].this) for each in bounds):
            yield offset_of(node)


def _days(bound: "exp.Expr", by: "exp.Expr") -> bool:
    """Whether a frame's bound counts days over what may be a date: by its function, else by its column's name."""
    if by.key != "column":
        return is_date(by)
    if bound.key == "interval":
        long = str(bound.args.get("unit") or "").upper().rstrip("S") not in SHORT_UNITS
        return long and MOMENT_NAME.search(by.name) is None
    return bound.key == "literal" and DATE_NAME.search(by.name) is not None


def lateral_aliases(statement: Statement) -> Iterator[int]:
    """A select item that uses an alias made earlier in the same list. An alias that its own item reads is a column
    of the table too, and both engines take the column."""
    for select in statement.of("select"):
        made: set[str] = set()
        for item in select.expressions:
            read = [each for each in item.find_all(_column()) if each.parent_select is select and not _in_lambda(each)]
            yield from (offset_of(each) for each in read if not each.table and each.name.lower() in made)
            if item.key == "alias" and item.alias.lower() not in {each.name.lower() for each in read}:
                made.add(item.alias.lower())


def _column() -> "type[exp.Column]":
    from sqlglot import exp

    return exp.Column


def _in_lambda(node: "exp.Expr") -> bool:
    from sqlglot import exp

    return node.find_ancestor(exp.Lambda) is not None


def aggregates_in_order(statement: Statement) -> Iterator[int]:
    for select in statement.of("select"):
        order = select.args.get("order")
        if not order or not (select.args.get("group") or select.args.get("having")):
            continue
        shown = [] if select.args.get("having") else [item.unalias() for item in select.expressions]
        for ordered in order.expressions:
            found = [each for each in ordered.walk() if is_aggregate(each) and each not in shown]
            yield from [offset_of(ordered)] if found else []


def is_aggregate(node: "exp.Expr") -> bool:
    from sqlglot import exp

    return isinstance(node, exp.AggFunc) and not isinstance(node.parent, exp.Window)


def qualified_using(statement: Statement) -> Iterator[int]:
    for select in statement.of("select"):
        joined = {name.name.lower() for join in select.args.get("joins") or [] for name in join.args.get("using") or []}
        for column in select.find_all(_column()) if joined else []:
            if column.table and column.name.lower() in joined and column.parent_select is select:
                yield offset_of(column)


def windows_over(statement: Statement, *inside: str) -> Iterator[int]:
    for node in statement.of("window"):
        if node.this.key in inside or any(each.key in inside for each in node.this.iter_expressions()):
            yield offset_of(node)


def lateral_joins(statement: Statement) -> Iterator[int]:
    return (offset_of(node) for node in statement.of("lateral") if not node.args.get("view"))


def capital_tables(statement: Statement) -> Iterator[int]:
    named = {node.alias.lower() for node in statement.of("cte")}
    for node in statement.of("table"):
        if node.name != node.name.lower() and node.name.lower() not in named and node.this.key == "identifier":
            yield offset_of(node)


def computed_index(statement: Statement) -> Iterator[int]:
    for node in statement.of("bracket"):
        if any(each.key not in {"literal", "neg", "cast"} for each in node.expressions):
            yield offset_of(node)


def pivots(statement: Statement) -> Iterator[int]:
    return (offset_of(node) for node in statement.of("pivot"))


def star_excepts(statement: Statement) -> Iterator[int]:
    for node in statement.of("star"):
        if node.args.get("except_"):
            yield min(offset_of(each) for each in node.args["except_"])


def outer_selects(node: "exp.Expr | None") -> Iterator["exp.Expr"]:
    """The select lists that decide a dataset's columns: the outermost SELECT, or those of a UNION."""
    if node is not None and node.key == "union":
        yield from outer_selects(node.this)
        yield from outer_selects(node.args["expression"])
    elif node is not None and node.key == "select":
        yield node


def stars(statement: Statement) -> Iterator[int]:
    written = [token.start for token in statement.body if token.text == "*"]
    for select in outer_selects(statement.tree) if statement.kind != "temporary view" else ():
        if any(_is_star(item) for item in select.expressions):
            source = offset_of(select.args["from_"]) if select.args.get("from_") else len(statement.text)
            yield max((at for at in written if at < source), default=statement.start)


def _is_star(item: "exp.Expr") -> bool:
    return item.key == "star" or (item.key == "column" and item.this.key == "star")


def unnamed_columns(statement: Statement) -> Iterator[int]:
    named = ("alias", "aliases", "column", "star", "dot")
    for select in [*outer_selects(statement.tree)][:1] if statement.kind != "temporary view" else ():
        yield from (offset_of(item) for item in select.expressions if item.key not in named)


QUERY_RULES: tuple[Rule, ...] = (
    Rule(
        name="group-by-all",
        unportable="GROUP BY ALL, ORDER BY ALL",
        instead="GROUP BY 1, 2, or the columns' names",
        because="not on Sail",
        find=lambda s: (at for by in ("GROUP BY", "ORDER BY") for at in s.phrases(by, "ALL")),
    ),
    Rule(
        name="qualify",
        unportable="QUALIFY",
        instead="SELECT .. FROM (SELECT .., row_number() OVER (..) AS n FROM ..) WHERE n = 1",
        because="not on Sail",
        find=phrase("QUALIFY"),
    ),
    Rule(
        name="lateral-alias",
        unportable="SELECT a + 1 AS b, b * 2 AS c",
        instead="the expression again, or a WITH query that names it first",
        because="an alias is not visible to its neighbors on Sail",
        find=lateral_aliases,
    ),
    Rule(
        name="star-except",
        unportable="SELECT * EXCEPT (..)",
        instead="the columns' names",
        because="not on Sail",
        find=star_excepts,
    ),
    Rule(
        name="pivot",
        unportable="PIVOT, UNPIVOT",
        instead="count_if(author = 'texter') AS texter, ..; to unpivot: stack(2, 'a', a, 'b', b) AS (k, v)",
        because="PIVOT is not on Sail nor in pipelines, and UNPIVOT keeps NULL rows there",
        find=pivots,
    ),
    Rule(
        name="pipe",
        unportable="|> and FROM before SELECT",
        instead="SELECT .. FROM ..",
        because="not on Sail",
        find=lambda s: (
            token.start
            for before, token in zip((None, *s.body), s.body, strict=False)
            if token.text == "|>" or (token.text.upper() == "FROM" and (before is None or before.text == "("))
        ),
    ),
    Rule(
        name="like-any",
        unportable="LIKE ANY (..), LIKE ALL (..)",
        instead="x LIKE 'a%' OR x LIKE 'b%'",
        because="not on Sail",
        find=lambda s: (at for like in ("LIKE", "ILIKE") for many in ("ANY", "ALL") for at in s.phrases(like, many)),
    ),
    Rule(
        name="intersect-all",
        unportable="INTERSECT ALL",
        instead="LEFT SEMI JOIN",
        because="Sail counts repeated rows differently",
        find=phrase("INTERSECT", "ALL"),
    ),
    Rule(
        name="recursive",
        unportable="WITH RECURSIVE",
        instead="explode(sequence(1, n)), or a join per step",
        because="not on Sail",
        find=phrase("WITH", "RECURSIVE"),
    ),
    Rule(
        name="lateral-join",
        unportable="LATERAL explode(..), LATERAL (SELECT ..)",
        instead="LATERAL VIEW explode(..) t AS x; a join for a subquery",
        because="Sail keeps rows of empty arrays and refuses subqueries",
        find=lateral_joins,
    ),
    Rule(
        name="sample",
        unportable="TABLESAMPLE",
        instead="WHERE pmod(xxhash64(key), 100) < 5",
        because="the engines draw different rows",
        find=phrase("TABLESAMPLE"),
    ),
    Rule(
        name="distribute-by",
        unportable="DISTRIBUTE BY, CLUSTER BY in a query",
        instead="nothing; the platform lays the files out",
        because="not on Sail",
        find=lambda s: (token.start for token in s.body if token.text.upper() in {"DISTRIBUTE BY", "CLUSTER BY"}),
    ),
    Rule(
        name="first-branch",
        unportable="CASE WHEN .. THEN 1 ELSE x END, if(.., 1, x), SELECT 1 .. UNION ALL SELECT x",
        instead="THEN 1.0D or CAST(1 AS BIGINT), CAST(NULL AS STRING) in a UNION: the type of all branches",
        because="Sail announces the type of the first branch, whatever the others hold",
        severity="warning",
        find=first_branch_decides,
    ),
    Rule(
        name="decimal-division",
        unportable="100.0 * a / b, avg(1.0)",
        instead="100.0D * a / b, or CAST(a AS DOUBLE) / b",
        because="dividing decimals keeps other digits on each engine",
        find=divided_decimals,
    ),
    Rule(
        name="decimal-literal",
        unportable="x * 1.5",
        instead="x * 1.5D",
        because="1.5 is a decimal, and the engines give the result different precision",
        severity="warning",
        find=counted_decimals,
    ),
    Rule(
        name="decimal-cast",
        unportable="CAST(x / y AS DECIMAL(9, 2))",
        instead="round(CAST(x / y AS DECIMAL(18, 6)), 2)",
        because="0.285 becomes 0.29 on Spark, 0.28 on Sail; other numbers agree",
        severity="warning",
        find=short_decimals,
    ),
    Rule(
        name="truncated-date",
        unportable="date_trunc('MONTH', d) of a date",
        instead="trunc(d, 'MONTH'), or date_trunc('MONTH', CAST(d AS TIMESTAMP))",
        because="Sail answers a timestamp without time zone, which changes the table's format",
        find=truncated_dates,
    ),
    Rule(
        name="date-arithmetic",
        unportable="date - date, date - INTERVAL 1 HOUR",
        instead="datediff(a, b), CAST(d AS TIMESTAMP) - INTERVAL 1 HOUR",
        because="a number on Sail and an interval on Spark; Sail drops hours from a date",
        find=date_arithmetic,
    ),
    Rule(
        name="date-frame",
        unportable="OVER (ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND ..)",
        instead="ORDER BY unix_date(day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW",
        because="Sail counts rows outside the frame when a date is ordered",
        find=date_frames,
    ),
    Rule(
        name="filter-over",
        unportable="sum(x) FILTER (WHERE ..) OVER (..)",
        instead="sum(CASE WHEN .. THEN x END) OVER (..)",
        because="not on Sail",
        find=lambda s: windows_over(s, "filter"),
    ),
    Rule(
        name="distinct-over",
        unportable="count(DISTINCT x) OVER (..)",
        instead="size(collect_set(x) OVER (..))",
        because="not on Spark",
        find=lambda s: windows_over(s, "distinct"),
    ),
    Rule(
        name="aggregate-in-order",
        unportable="ORDER BY count(*) after HAVING, or of an aggregate not selected",
        instead="ORDER BY the select item's alias",
        because="not on Sail",
        find=aggregates_in_order,
    ),
    Rule(
        name="qualified-using",
        unportable="SELECT a.id FROM a JOIN b USING (id)",
        instead="SELECT id, or JOIN b ON a.id = b.id",
        because="Sail knows the joined column only without its table",
        find=qualified_using,
    ),
    Rule(
        name="table-case",
        unportable="FROM Messages",
        instead="FROM messages",
        because="table names have one spelling on Sail, and ours are lower case",
        find=capital_tables,
    ),
    Rule(
        name="computed-index",
        unportable="tags[i], map[column]",
        instead="get(tags, i), try_element_at(map, column)",
        because="Sail wants a literal in the brackets",
        severity="warning",
        find=computed_index,
    ),
    Rule(
        name="unnamed-column",
        unportable="SELECT count(*) without a name",
        instead="count(*) AS conversations",
        because="each engine invents another name",
        find=unnamed_columns,
    ),
    Rule(
        name="star",
        unportable="SELECT * in a dataset",
        instead="the columns' names",
        because="a new column of the source would change the dataset unseen",
        severity="warning",
        find=stars,
    ),
)
