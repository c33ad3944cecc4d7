"""SQL definition files: statements, their header (kind, name, comment, properties) and the tables a query reads.

The text between is kept as the user wrote it: engines get that text, so that nothing is lost in a translation and
an error's line is the user's line. The parser (sqlglot, `databricks` dialect: it alone knows STREAM) only reads."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Dataset, Flow, Kind, Location, Reference, SqlQuery
from nightlight.pipelines.tables_only import find_outside

if TYPE_CHECKING:
    from sqlglot import exp

DIALECT = "databricks"
SETTINGS = (
    "spark.sql.ansi.enabled",
    "spark.sql.autoBroadcastJoinThreshold",
    "spark.sql.mapKeyDedupPolicy",
    "spark.sql.session.timeZone",
    "spark.sql.shuffle.partitions",
)
_APPEND_FLOW = re.compile(r"\s*CREATE\s+FLOW\s+([\w.`]+)\s+AS\s+INSERT\s+INTO\s+([\w.`]+)\s+BY\s+NAME\s+", re.I)
_STREAM_BEFORE = re.compile(r"\bSTREAM\s*(\()?\s*$", re.I)


def read_sql_file(file: Path) -> tuple[list[Dataset], list[Flow], dict[str, str]]:
    """The datasets, flows and `SET` configuration of one file; errors name the file and the line."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NightlightError("not UTF-8 text", where=str(file), remedy="save the file as UTF-8") from error
    datasets: list[Dataset] = []
    flows: list[Flow] = []
    configuration: dict[str, str] = {}
    for statement, line in split_statements(text, file):
        location = Location(file, line)
        if setting := re.fullmatch(r"SET\s+([\w.]+)\s*=\s*'?(.*?)'?", statement, re.I | re.S):
            configuration[_setting(setting[1], location)] = setting[2]
        elif header := _APPEND_FLOW.match(statement):
            flow_query = _query(statement, header.end(), location)
            flows.append(Flow(_plain(header[1]), _plain(header[2]), flow_query, location))
        else:
            dataset, query = _dataset(statement, location)
            datasets.append(dataset)
            if query is not None:
                flows.append(Flow(dataset.name, dataset.name, query, location))
    return datasets, flows, configuration


def _setting(name: str, location: Location) -> str:
    """A name that SET may change: others decide how a text is read, or what lies behind a name."""
    if name not in SETTINGS:
        raise NightlightError(
            f"a pipeline cannot SET {name}", where=str(location), remedy=f"settings: {', '.join(SETTINGS)}"
        )
    return name


def split_statements(text: str, file: Path) -> Iterator[tuple[str, int]]:
    """Each statement without comments around it, and the line on which it begins."""
    start: int | None = None
    for token in _tokens(text, file):
        if token.token_type.name == "SEMICOLON":
            if start is not None:
                yield text[start : token.start].strip(), text.count("\n", 0, start) + 1
            start = None
        elif start is None:
            start = token.start
    if start is not None:
        yield text[start:].strip(), text.count("\n", 0, start) + 1


def find_references(query: "exp.Expression", text: str) -> tuple[Reference, ...]:
    """The tables that `query` reads, in order; `text` is the text the query was parsed from."""
    from sqlglot import exp

    references = [
        _reference(table, text)
        for table in query.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and not _is_common(table)
    ]
    return tuple(sorted(references, key=lambda reference: reference.start))


def _is_common(table: "exp.Table") -> bool:
    """Whether a name stands for a query of a WITH around it: of a WITH elsewhere, it would be a table."""
    from sqlglot import exp

    if table.db:
        return False
    inside: exp.Expr = table
    node: exp.Expr | None = table.parent
    while node is not None:
        if isinstance(node, exp.With):
            before = node.expressions if node.recursive else node.expressions[: node.expressions.index(inside)]
            common = [cte.alias.lower() for cte in before]
        else:
            found = node.args.get("with_")
            common = [cte.alias.lower() for cte in found.expressions] if found and found is not inside else []
        if table.name.lower() in common:
            return True
        inside, node = node, node.parent
    return False


def read_query(text: str, location: Location) -> SqlQuery:
    """A lone query, the text of `spark.sql(..)`; raises NightlightError for one that reads more than tables."""
    from sqlglot import exp

    tree = parse_within(text, location)
    if not isinstance(tree, exp.Query):
        raise NightlightError("only a query can stand in spark.sql(..)", where=str(location))
    if outside := find_outside(tree, text):
        raise outside.error(str(location))
    return SqlQuery(text, find_references(tree, text), location.line)


def parse_within(text: str, location: Location) -> "exp.Expression":
    """The tree of SQL that stands in a text of its own, somewhere at `location`."""
    try:
        return _parse(text, location)
    except NightlightError as error:  # the line it names is one of the text, not of the file
        raise NightlightError(error.what, where=str(location), remedy=error.remedy) from error


def substitute(query: SqlQuery, names: dict[tuple[str, bool], str]) -> str:
    """The query's text with each table replaced by the view that stands for it: `names[name, streaming]`."""
    text, shift = query.text, 0
    for reference in query.references:
        view = names[reference.name, reference.streaming]
        if not reference.alias:  # columns may be qualified with the table's own name
            view = f"{view} AS {reference.name.split('.')[-1]}"
        text = text[: reference.start + shift] + view + text[reference.end + shift :]
        shift += len(view) - (reference.end - reference.start)
    return text


def _reference(table: "exp.Table", text: str) -> Reference:
    from sqlglot import exp

    identifiers = [part for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part is not None]
    start = min(part.meta["start"] for part in identifiers)
    end = max(part.meta["end"] for part in identifiers) + 1
    start, end = start - (text[start - 1 : start] == "`"), end + (text[end : end + 1] == "`")
    alias = bool(table.alias)
    streaming = _STREAM_BEFORE.search(text[:start])
    if streaming:
        start = streaming.start()
        alias = alias or (isinstance(table.parent, exp.Subquery) and bool(table.parent.alias))
        end += len((streaming[1] and re.match(r"\s*\)?", text[end:])[0]) or "")  # type: ignore[index]
    return Reference(_full_name(table), bool(streaming), start, end, alias)


def _full_name(table: "exp.Table") -> str:
    return ".".join(part for part in (table.catalog, table.db, table.name) if part)


def _query(statement: str, start: int, location: Location) -> SqlQuery:
    text, line = statement[start:], location.line + statement.count("\n", 0, start)
    return SqlQuery(text, find_references(_parse(text, Location(location.file, line)), text), line)


def _part(query: "exp.Expression", statement: str, start: int, location: Location) -> SqlQuery:
    """The query inside a statement that has been parsed as a whole."""
    references = tuple(
        replace(reference, start=reference.start - start, end=reference.end - start)
        for reference in find_references(query, statement)
    )
    return SqlQuery(statement[start:], references, location.line + statement.count("\n", 0, start))


def _dataset(statement: str, location: Location) -> tuple[Dataset, SqlQuery | None]:
    from sqlglot import exp

    parsed = _parse(statement, location)
    properties = parsed.args["properties"].expressions if parsed.args.get("properties") else []
    classes = {type(prop).__name__ for prop in properties}
    if not isinstance(parsed, exp.Create) or parsed.kind not in ("VIEW", "TABLE"):
        raise _unknown_statement(location)
    if isinstance(parsed.this, exp.Schema):
        raise NightlightError(
            "a list of columns is not part of the portable subset", where=str(location), remedy="name them in the query"
        )
    if "StreamingTableProperty" in classes:
        kind = Kind.STREAMING_TABLE
    elif "MaterializedProperty" in classes:
        kind = Kind.MATERIALIZED_VIEW
    elif "TemporaryProperty" in classes and parsed.kind == "VIEW":
        kind = Kind.TEMPORARY_VIEW
    else:
        raise _unknown_statement(location)
    name = parsed.find(exp.Table)
    comment = next((prop.this.name for prop in properties if isinstance(prop, exp.SchemaCommentProperty)), "")
    values = {prop.name: _string(prop.args["value"]) for prop in properties if type(prop) is exp.Property}
    dataset = Dataset(_full_name(name) if name else "", kind, location, " ".join(comment.split()), values)
    query = parsed.expression
    if not query and kind is not Kind.STREAMING_TABLE:
        raise NightlightError(f"{dataset.name}: a {kind} needs AS and a query", where=str(location))
    return dataset, _part(query, statement, _query_start(statement), location) if query else None


def _string(value: "exp.Expression") -> str:
    """A string literal's value; the parser takes a doubled quote ('' in Spark 4: one quote) for two literals."""
    from sqlglot import exp

    return "'".join(part.name for part in value.expressions) if isinstance(value, exp.Concat) else value.name


def _query_start(statement: str) -> int:
    """Where the query begins: after the first AS outside parentheses that SELECT, WITH, FROM or VALUES follows."""
    depth = 0
    tokens = _tokens(statement, Path())
    for token, following in itertools.pairwise(tokens):
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(token.token_type.name, 0)
        if (
            depth == 0
            and token.text.upper() == "AS"
            and following.text.upper() in ("SELECT", "WITH", "FROM", "VALUES", "(")
        ):
            return int(following.start)
    raise NightlightError("the statement has no query after AS")


def _tokens(text: str, file: Path) -> list[Any]:
    import sqlglot
    from sqlglot.errors import TokenError

    try:
        return list(sqlglot.tokenize(text, dialect=DIALECT))
    except TokenError as error:
        line = int(found[1]) if (found := re.search(r"[Ll]ine:? (\d+)", str(error))) else 1
        raise NightlightError("a quote or comment is not closed", where=f"{file}:{line}") from error


def _parse(text: str, location: Location) -> "exp.Expression":
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError

    try:
        parsed = sqlglot.parse_one(text, dialect=DIALECT)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        line = location.line + int(first.get("line") or 1) - 1
        raise NightlightError(
            f"not valid SQL near '{first.get('highlight') or '?'}': {first.get('description') or 'cannot be parsed'}",
            where=str(Location(location.file, line)),
        ) from error
    if isinstance(parsed, exp.Command):  # what the parser gives up on
        raise _unknown_statement(location)
    return parsed  # type: ignore[return-value]


def _unknown_statement(location: Location) -> NightlightError:
    return NightlightError(
        "not a statement of a pipeline",
        where=str(location),
        remedy="use CREATE MATERIALIZED VIEW, CREATE STREAMING TABLE, CREATE TEMPORARY VIEW, "
        "CREATE FLOW .. AS INSERT INTO .. BY NAME, or SET",
    )


def _plain(name: str) -> str:
    return name.replace("`", "")
