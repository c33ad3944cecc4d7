"""A dataset reads tables and nothing else: no file by its path, no name computed as it runs, no code of the machine.

Engines take `` parquet.`/a/path` `` for a table. What a query's tree shows is refused by its kind; that an engine
could read the text otherwise than our parser is met by a look at the plain text, comments and strings included."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlglot import exp

# Formats that engines take for a schema whose tables are files.
FORMATS = (
    *("parquet", "csv", "json", "text", "binaryfile", "delta", "iceberg", "hudi", "avro", "orc", "xml", "arrow"),
    *("vortex", "lance", "jdbc", "kafka", "libsvm"),
)
TABLE_FUNCTIONS = frozenset(
    {
        *("range", "explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer"),
        *("stack", "json_tuple"),
    }
)
# Functions of Spark that call any method of the Java machine, read a file, or take a text for a table's name.
FUNCTIONS_REFUSED = frozenset({"reflect", "java_method", "try_reflect", "identifier", "from_protobuf", "to_protobuf"})

FILES = "declare the files as a source and ingest them"
_AS_FILES = re.compile(rf"\b({'|'.join(FORMATS)})`?\s*\.\s*`", re.I)
_COMPUTED_NAME = re.compile(r"\bidentifier\s*\(", re.I)
_SUBSTITUTED = re.compile(r"[$][{]")
_PATH = re.compile(r"[/\\:*]")


@dataclass(frozen=True)
class Outside:
    """What in a text is no table; `offset` is where it stands (0 where that is not known)."""

    what: str
    offset: int = 0
    remedy: str | None = None

    def error(self, where: str) -> NightlightError:
        return NightlightError(f"a dataset reads tables only: {self.what}", where=where, remedy=self.remedy)


def find_outside(tree: "exp.Expr", text: str) -> Outside | None:
    """The first thing in a query or an expression that is neither a table by its name nor computed from rows."""
    from sqlglot import exp

    if found := _COMPUTED_NAME.search(text) or _SUBSTITUTED.search(text):  # Spark puts values in the place of ${..}
        return Outside("a name cannot be computed", found.start(), "write the name itself")
    if found := _AS_FILES.search(text):
        return Outside(f"{found[1].lower()}.`..` names files", found.start(), FILES)
    for table in tree.find_all(exp.Table):
        if outside := _outside_table(table):
            return outside
    for node in tree.find_all(exp.Func, exp.QueryTransform, exp.Command):
        name = function_name(node)
        if name in FUNCTIONS_REFUSED or isinstance(node, exp.QueryTransform | exp.Command):
            return Outside(f"'{name}' reaches beyond them", _start(node))
    return None


def _outside_table(table: "exp.Table") -> Outside | None:
    from sqlglot import exp

    function = table.this
    if isinstance(function, exp.Identifier):
        if table.db.lower() in FORMATS or _PATH.search(f"{table.catalog}{table.db}{table.name}"):
            return Outside("a path names files", _start(table), FILES)
        return None
    if function_name(function) == "table" and function.expressions:  # TABLE(f(..))
        function = function.expressions[0]
    if table.db or function_name(function) not in TABLE_FUNCTIONS:
        known = f"functions in place of a table: {', '.join(sorted(TABLE_FUNCTIONS))}"
        return Outside(f"'{function_name(function)}' is none", _start(table), known)
    return None


def _start(node: "exp.Expr") -> int:
    return min((found.meta["start"] for found in node.walk() if "start" in found.meta), default=0)


def function_name(node: "exp.Expr") -> str:
    """A function's name in lower case; for other nodes, what kind they are."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    if isinstance(node, exp.Func):
        return node.sql_name().lower()
    return "transform" if isinstance(node, exp.QueryTransform) else type(node).__name__.lower()
