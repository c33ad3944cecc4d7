"""The commands of "The whole way, command by command" in docs/models.md, so that tests run what the page says."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from nightlight.cli.app import with_commands

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
SECTION = re.compile(r"^## The whole way, command by command$(.*?)^## ", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A line of the page; `refused`: the words it is refused with, "" where it is not."""

    words: tuple[str, ...]
    refused: str

    def run(self, app: object) -> str:
        """What it prints; fails where it ends otherwise than the page says."""
        done = CliRunner().invoke(app, list(self.words))  # type: ignore[arg-type]
        said = f"{done.output}{done.exception or ''}"
        assert (done.exit_code != 0) is bool(self.refused), f"{' '.join(self.words)}: {said}"
        assert self.refused in said
        return said


def commands() -> list[Command]:
    found = SECTION.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    lines = [line for line in found[1].splitlines() if line.startswith("nightlight ")]
    return [_command(line) for line in lines]


def _command(line: str) -> Command:
    written, _, comment = line.partition("#")
    return Command(tuple(shlex.split(written)[1:]), comment.strip().removeprefix("refused: "))


APP = with_commands()
