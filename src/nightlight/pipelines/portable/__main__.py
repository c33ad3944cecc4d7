"""Prints the portable subset as Markdown tables; docs/portable-sql.md holds this output, and a test compares them."""

import sys
from collections.abc import Iterable

from nightlight.pipelines.portable.datasets import DATASET_RULES
from nightlight.pipelines.portable.findings import Rule
from nightlight.pipelines.portable.functions import FUNCTION_RULES
from nightlight.pipelines.portable.python_files import PYTHON_RULES
from nightlight.pipelines.portable.queries import QUERY_RULES
from nightlight.pipelines.portable.sql import UNREADABLE

SECTIONS: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("Statements and streams", (UNREADABLE, *DATASET_RULES)),
    ("Queries", QUERY_RULES),
    ("Functions", FUNCTION_RULES),
    ("Python files", PYTHON_RULES),
)


def markdown() -> str:
    """The subset, one table for each kind of rule; warnings are marked."""
    return "\n\n".join(f"### {title}\n\n{table(rules)}" for title, rules in SECTIONS) + "\n"


def table(rules: Iterable[Rule]) -> str:
    rows = [(cell(rule.unportable), cell(rule.instead), rule.because + mark(rule), rule.name) for rule in rules]
    head = ("instead of", "write", "because", "rule")
    lines = [head, ("---",) * len(head), *((one, two, cell(three), f"`{four}`") for one, two, three, four in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def mark(rule: Rule) -> str:
    return " *(warning)*" if rule.severity == "warning" else ""


def cell(text: str) -> str:
    """Text that a Markdown table shows as it is."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


if __name__ == "__main__":
    sys.stdout.write(markdown())
