"""The process of an engine that runs Python functions: it reads and writes the folders it is given and no other, but
for Python's own and the models that come with the product."""

import json
import os
import sys
from pathlib import Path

from nightlight.pipelines.engines.product_functions import giving
from nightlight.pipelines.engines.sail import start_server
from nightlight.sandbox.confinement import python_folders, restrict_calls
from nightlight.sandbox.landlock import restrict_files
from nightlight.settings import shipped


def main() -> None:
    """Take `{"read": [..], "write": [..], "temporary": "..", "memory_mb": .., "folders": {..}}`, say the port, end with
    the asker."""
    question = json.loads(sys.stdin.readline())
    read, write = ([Path(path) for path in question[name]] for name in ("read", "write"))
    folders = {name: Path(path) for name, path in question["folders"].items()}
    kept = [*python_folders(), shipped("models"), *folders.values(), *read]
    restrict_files(kept, [*write, Path(question["temporary"])], listens=True)
    _, port = start_server(question["memory_mb"], question["temporary"])
    restrict_calls()
    with giving(folders):
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        sys.stdin.read()
        os._exit(0)


if __name__ == "__main__":
    main()
