"""The linter of SQL definitions: every rule over every statement, findings in the order of the file."""

from collections.abc import Iterable, Iterator

from nightlight.pipelines.portable.datasets import DATASET_RULES
from nightlight.pipelines.portable.findings import Finding, Rule
from nightlight.pipelines.portable.functions import FUNCTION_RULES
from nightlight.pipelines.portable.queries import QUERY_RULES
from nightlight.pipelines.portable.statements import Statement, Unreadable, read_statements, tokenize

UNREADABLE = Rule(
    name="unreadable",
    unportable="text that is not Spark SQL",
    instead="the statement as Spark's SQL reference writes it",
    because="it cannot be read",
)
SQL_RULES: tuple[Rule, ...] = (UNREADABLE, *DATASET_RULES, *QUERY_RULES, *FUNCTION_RULES)


def lint_sql(text: str, *, file: str, first_line: int = 1) -> list[Finding]:
    """What in a SQL file of definitions is not portable; `first_line` is the line of `file` where `text` begins."""
    try:
        found = [hit for statement in read_statements(text) for hit in hits(statement)]
    except Unreadable as error:
        found = [(UNREADABLE, error.offset)]
    return [_finding(text, rule, offset, file=file, first_line=first_line) for rule, offset in in_order(found)]


def lint_query(text: str) -> list[tuple[Rule, int]]:
    """The rules a lone query breaks, with character offsets: SQL inside a Python definition."""
    try:
        tokens = tuple(tokenize(text))
        return in_order(hits(Statement(text, "temporary view", tokens, tokens))) if tokens else []
    except Unreadable as error:
        return [(UNREADABLE, error.offset)]


def hits(statement: Statement) -> Iterator[tuple[Rule, int]]:
    """One (rule, offset) for each place; that a query cannot be read is said where no other rule says why."""
    found = [(rule, offset) for rule in SQL_RULES for offset in rule.find(statement)]
    yield from found
    if statement.unreadable and not any(rule.severity == "error" for rule, _ in found):
        yield UNREADABLE, statement.unreadable.offset


def in_order(found: Iterable[tuple[Rule, int]]) -> list[tuple[Rule, int]]:
    unique = {(rule.name, offset): rule for rule, offset in found}
    return [(rule, offset) for (name, offset), rule in sorted(unique.items(), key=lambda item: item[0][::-1])]


def _finding(text: str, rule: Rule, offset: int, *, file: str, first_line: int) -> Finding:
    before = text[:offset]
    column = offset - (before.rfind("\n") + 1) + 1
    return rule.finding(file=file, line=first_line + before.count("\n"), column=column)
