"""Options that commands share, and how a command gets its home."""

from pathlib import Path
from typing import Annotated

import typer

from nightlight.settings import Home, home_folder

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of the home (default: NIGHTLIGHT_HOME, else ./nightlight-home).", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def open_home(home: Path | None) -> Home:
    return Home.open(home_folder(home))
