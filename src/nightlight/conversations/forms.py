"""Forms: what a YAML file must hold, key by key. Filling one in reports every problem of the file at its line.

A reader turns a YAML node into a value, or returns None after it has said why in the page's findings.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

import yaml

from nightlight.conversations.problems import Findings, choose_from, shown

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TEXT = "tag:yaml.org,2002:str"
KINDS = {"int": "a number", "float": "a number", "bool": "yes or no", "timestamp": "a date"}


@dataclass(frozen=True)
class Page:
    """One YAML file being read: its source lines, what was found wrong, and the entries read so far by name
    (`facts[2].gate`), each with its node, for checks across entries."""

    lines: list[str]
    findings: Findings
    entries: dict[str, tuple[yaml.Node, Any]] = field(default_factory=dict)

    def report(self, node: yaml.Node, what: str, remedy: str) -> None:
        self.findings.add(node.start_mark.line + 1, what, remedy)


Reader: TypeAlias = Callable[[Page, yaml.Node, str], T | None]


def fill(form: Reader[T], source: str, findings: Findings, *, across: Callable[[Page], None]) -> T | None:
    """The value that the YAML text holds; None if anything of it is wrong. `across` checks entries against others."""
    root = _compose(source, findings)
    if root is None:
        return None
    page = Page(source.splitlines(), findings)
    value = form(page, root, "the file")
    across(page)
    return None if findings.problems else value


def _compose(source: str, findings: Findings) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(source, LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(filter(None, (error.context, error.problem)))
        remedy = "check indentation and quotes; a text with ': ' or ' #' stands in quotes"
        findings.add(mark.line + 1 if mark else 1, f"not YAML: {said}", remedy)
        return None
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        findings.add(line, "a character that YAML does not allow", "delete the control character")
        return None
    if root is None:
        findings.add(1, "the file is empty", "fill in the form of corpus/FORMAT.md")
    return root


def text(page: Page, node: yaml.Node, name: str) -> str | None:
    """Words, not something YAML takes for a number, a date or yes and no."""
    if not isinstance(node, yaml.ScalarNode):
        page.report(node, f"{name} must be text", "write one text; if it holds ': ', put it in quotes")
    elif not node.value.strip():
        page.report(node, f"{name} is empty", "write the text or delete the line")
    elif node.tag != TEXT:
        kind = KINDS.get(node.tag.rpartition(":")[2], "something else")
        page.report(node, f"{name} is read as {kind}, not as text", "put it in quotes")
    else:
        return str(node.value)
    return None


def line(page: Page, node: yaml.Node, name: str) -> str | None:
    """A text that is sent as it stands: on one line, and not cut short by a YAML comment."""
    value = text(page, node, name)
    if value is None:
        return None
    if "\n" in value:
        page.report(node, f"{name} has a line break", "write one line; ' / ' separates the messages of a burst")
        return None
    end = node.end_mark
    if not getattr(node, "style", None) and page.lines[end.line][end.column :].lstrip().startswith("#"):
        page.report(node, f"{name} is cut at ' #'", "put the text in quotes")
        return None
    return value


def number(page: Page, node: yaml.Node, name: str, *, low: float, high: float, whole: bool) -> float | None:
    kinds = ("int",) if whole else ("int", "float")
    if isinstance(node, yaml.ScalarNode) and node.tag.rpartition(":")[2] in kinds:
        value = _number(node.value)
        if value is not None and low <= value <= high:
            return value
    what = "a whole number" if whole else "a number"
    page.report(node, f"{name} must be {what} from {low:g} to {high:g}", "write it in digits, without quotes")
    return None


def _number(digits: str) -> float | None:
    """None for what YAML 1.1 also takes for numbers: 1:30, 0x1f, .inf."""
    try:
        return float(digits)
    except ValueError:
        return None


def fraction(page: Page, node: yaml.Node, name: str) -> float | None:
    return number(page, node, name, low=0, high=1, whole=False)


def count(low: int, high: int) -> Reader[int]:
    def read(page: Page, node: yaml.Node, name: str) -> int | None:
        value = number(page, node, name, low=low, high=high, whole=True)
        return None if value is None else int(value)

    return read


def choice(vocabulary: type[E]) -> Reader[E]:
    def read(page: Page, node: yaml.Node, name: str) -> E | None:
        word = text(page, node, name)
        if word is None:
            return None
        if word in set(vocabulary):
            return vocabulary(word)
        page.report(node, f"{name} is {shown(word)}", choose_from(word, vocabulary))
        return None

    return read


def yes_or_no(page: Page, node: yaml.Node, name: str) -> bool | None:
    """The quoted words "yes" and "no", so that every value of a ladder is a word."""
    word = text(page, node, name)
    if word is not None and word not in {"yes", "no"}:
        page.report(node, f"{name} must be yes or no", 'write "yes" or "no", in quotes')
    return {"yes": True, "no": False}.get(word or "")


def several(reader: Reader[T], at_least: int) -> Reader[tuple[T, ...]]:
    """A list of at least so many values, none of them twice."""

    def read(page: Page, node: yaml.Node, name: str) -> tuple[T, ...] | None:
        if not isinstance(node, yaml.SequenceNode):
            page.report(node, f"{name} must be a list", "write '- ' before each value, or [a, b]")
            return None
        if len(node.value) < at_least:
            page.report(node, f"{name} has {len(node.value)} of at least {at_least}", "write more of them")
        values = [reader(page, child, f"{name}[{place}]") for place, child in enumerate(node.value, 1)]
        for place, value in enumerate(values):
            if value is not None and value in values[:place]:
                page.report(node.value[place], f"{name}[{place + 1}] repeats an earlier one", "write another wording")
        return None if None in values else tuple(value for value in values if value is not None)

    return read


def record(make: Callable[..., T], **fields: Reader[Any]) -> Reader[T]:
    """Keys with a reader each, all of them needed and no others; `make` takes the values by the keys' names."""

    def read(page: Page, node: yaml.Node, name: str) -> T | None:
        children = _keys(page, node, name, fields)
        if children is None:
            return None
        inside = "" if name == "the file" else f"{name}."
        values = {key: fields[key](page, child, inside + key) for key, child in children.items()}
        page.entries.update({inside + key: (child, values[key]) for key, child in children.items()})
        complete = len(values) == len(fields) and None not in values.values()
        return make(**values) if complete else None

    return read


def table(vocabulary: type[E], reader: Reader[T]) -> Reader[dict[E, T]]:
    """One value for every word of the vocabulary."""

    def make(**values: T) -> dict[E, T]:
        return {word: values[word] for word in vocabulary}

    return record(make, **{str(word): reader for word in vocabulary})


def _keys(page: Page, node: yaml.Node, name: str, fields: dict[str, Reader[Any]]) -> dict[str, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        page.report(node, f"{name} must be keys and values", f"write 'key: value' for {', '.join(fields)}")
        return None
    children: dict[str, yaml.Node] = {}
    for key, child in node.value:
        word = str(key.value)
        if word not in fields:
            page.report(key, f"unknown key {shown(word)} in {name}", choose_from(word, fields))
        elif word in children:
            page.report(key, f"'{word}' stands twice in {name}", "keep one of them")
        else:
            children[word] = child
    for word in fields.keys() - children.keys():
        page.report(node, f"{name} lacks '{word}'", "add it; corpus/FORMAT.md shows the whole form")
    return children
