"""The portable subset: SQL and Python definitions that mean the same on Apache Spark and on Sail, and its linter.

Errors fail or answer differently on one engine; warnings differ in rare values or between runs. Nothing here runs
a query. `python -m nightlight.pipelines.portable` prints the subset as a Markdown table."""

from nightlight.pipelines.portable.findings import Finding, Rule
from nightlight.pipelines.portable.python_files import PYTHON_RULES, lint_python
from nightlight.pipelines.portable.sql import SQL_RULES, lint_sql

RULES: tuple[Rule, ...] = (*SQL_RULES, *PYTHON_RULES)

__all__ = ["RULES", "Finding", "Rule", "lint_python", "lint_sql"]
