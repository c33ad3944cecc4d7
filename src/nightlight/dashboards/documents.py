"""YAML files that people write: every value knows the line it stands on, and nothing unknown passes unseen."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError, suggest

if TYPE_CHECKING:
    import yaml

SIZE_LIMIT = 200_000  # bytes


@dataclass(frozen=True)
class Node:
    """A value of a file: a text, a list, a mapping; its readers raise NightlightError at `file:line`."""

    file: str
    node: "yaml.Node"

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def error(self, what: str, remedy: str | None = None) -> NightlightError:
        return NightlightError(what, where=f"{self.file}:{self.line}", remedy=remedy)

    def mapping(self, known: Collection[str] = (), needed: Iterable[str] = ()) -> "dict[str, Node]":
        """The values by key; with `known`, another key is an error, and so is one of `needed` that is missing."""
        import yaml

        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("here belong keys with values", "write `key: value` lines, indented alike")
        found: dict[str, Node] = {}
        for key, value in self.node.value:
            at = Node(self.file, key)
            name = at.text()
            if known and name not in known:
                raise at.error(f"unknown key '{name}'", suggest(name, known))
            if name in found:
                raise at.error(f"'{name}' stands here twice")
            found[name] = Node(self.file, value)
        for name in needed:
            if name not in found:
                raise self.error(f"'{name}' is missing")
        return found

    def items(self) -> "list[Node]":
        import yaml

        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("here belongs a list", "write `- value` lines, or [one, two]")
        return [Node(self.file, value) for value in self.node.value]

    def text(self) -> str:
        import yaml

        if not isinstance(self.node, yaml.ScalarNode) or not str(self.node.value).strip():
            raise self.error("here belongs a text")
        return str(self.node.value).strip()

    def texts(self) -> tuple[str, ...]:
        """A list of texts; a single text is a list of one."""
        import yaml

        if isinstance(self.node, yaml.ScalarNode):
            return (self.text(),)
        return tuple(item.text() for item in self.items())

    def flag(self) -> bool:
        if self.node.tag != "tag:yaml.org,2002:bool":
            raise self.error("here belongs true or false")
        return str(self.node.value).lower() in ("true", "yes", "on")

    def one_of(self, choices: Collection[str]) -> str:
        chosen = self.text()
        if chosen not in choices:
            raise self.error(f"'{chosen}' is not possible here", suggest(chosen, choices))
        return chosen

    def word(self) -> str:
        """A name that can stand in URLs and SQL: lower-case letters, digits, _."""
        name = self.text()
        if not (name.isascii() and name.isidentifier() and name == name.lower()):
            raise self.error(f"'{name}' cannot be a name", "use lower-case letters, digits and _")
        return name

    def plain(self) -> Any:
        """The value as Python's own lists, mappings, texts and numbers."""
        import yaml

        match self.node:
            case yaml.MappingNode():
                return {name: value.plain() for name, value in self.mapping().items()}
            case yaml.SequenceNode():
                return [item.plain() for item in self.items()]
        return _scalar(self)


def _scalar(node: Node) -> Any:
    import yaml

    kind, text = node.node.tag.rpartition(":")[2], str(node.node.value)
    if kind not in ("null", "bool", "int", "float"):  # dates stay the text they are
        return text
    try:
        return yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        raise node.error("this value cannot be read") from None


def read_document(file: Path) -> Node:
    """The file as a node; errors name it by its folder and name, not by where the home lies."""
    import yaml

    shown = f"{file.parent.name}/{file.name}"
    try:
        if file.stat().st_size > SIZE_LIMIT:
            raise NightlightError("this file is too large", where=shown, remedy=f"{SIZE_LIMIT:,} bytes is the most")
        found = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{shown}:{mark.line + 1}" if mark else shown
        raise NightlightError(f"not valid YAML: {error.problem or error.context}", where=where) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise NightlightError("not valid YAML in UTF-8", where=shown) from None
    except OSError as error:
        raise NightlightError(f"cannot be read: {error.strerror}", where=shown) from None
    if found is None:
        raise NightlightError("this file is empty", where=shown)
    _check_aliases(found, shown)
    return Node(shown, found)


def _check_aliases(root: "yaml.Node", shown: str) -> None:
    """One value in two places is a small file's way to become an endless one."""
    import yaml

    seen: set[int] = set()
    waiting: list[yaml.Node] = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            line = node.start_mark.line + 1
            raise NightlightError("'&' and '*' are not possible here", where=f"{shown}:{line}", remedy="repeat it")
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
