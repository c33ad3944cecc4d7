"""Writes the example line's exports from a shell: in the folder above, `python -m harbour FOLDER`."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from nightlight.errors import NightlightError

from .exports import write_exports
from .line import Line


def main() -> int:
    parser = argparse.ArgumentParser(prog="harbour", description="Write the raw exports of an invented crisis line.")
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument("--conversations", type=int, default=2_000, help="default 2000")
    parser.add_argument("--until", type=datetime.fromisoformat, help="with a time zone; default now")
    parser.add_argument("--days", type=int, default=365, help="default 365")
    parser.add_argument("--seed", type=int, default=7, help="default 7")
    given = vars(parser.parse_args())
    folder = given.pop("folder")
    try:
        manifest = write_exports(Line(**{name: value for name, value in given.items() if value is not None}), folder)
    except NightlightError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(asdict(manifest), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
