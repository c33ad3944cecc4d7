"""Defects: small text files that turn a whole, well-formed file into a broken one and say which problems it must show.

`replace:` names one line of the whole file (indentation apart) and the `with:` lines after it stand in its place;
`expect:` holds one problem, without the file's name. Problems are expected in the order of their lines.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

Broken: TypeAlias = tuple[str, list[str]]


@pytest.fixture
def break_file() -> Callable[[Path, Path], Broken]:
    """From the whole file and the defect: the broken text, and the problems expected of it."""

    def apply(whole: Path, defect: Path) -> Broken:
        lines, expected, at = whole.read_text().splitlines(), [], -1
        for entry in defect.read_text().splitlines():
            keyword, _, rest = entry.partition(": ")
            if keyword == "replace":
                places = [place for place, line in enumerate(lines) if line.strip() == rest]
                assert len(places) == 1, f"{defect.name}: '{rest}' stands {len(places)} times in {whole.name}"
                at = places[0]
                indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
                del lines[at]
            elif keyword == "with":
                lines.insert(at, indent + rest)
                at += 1
            else:
                assert keyword == "expect", f"{defect.name}: {entry}"
                expected.append(rest)
        return "\n".join(lines) + "\n", expected

    return apply
