"""The example line's policies, in force in a home made anew around the lake that is there; datasets need their owners.

`python -m benchmarks.policies HOME`"""

import shutil
import sys
from pathlib import Path

from benchmarks.measure import report
from nightlight.catalog.statements import read_statements
from nightlight.db import open_database
from nightlight.settings import Home, shipped
from nightlight.sql.policies import apply_policies

BY = "benchmark"


def settle(root: Path) -> int:
    """Make the home at `root` anew, but for its lake, and put the policies into force; how many statements."""
    aside = root.with_name(f"{root.name}.lake")
    if not aside.exists():  # left by a run that was interrupted
        (root / "lake").rename(aside)
    shutil.rmtree(root, ignore_errors=True)
    home = Home.create(root)
    home.lake.rmdir()
    aside.rename(home.lake)
    open_database(home.database_url)
    files = sorted(shipped("examples/line/policies").glob("*.sql"))
    statements = [statement for file in files for statement in read_statements(file.read_text(), str(file))]
    apply_policies(home, statements, by=BY)
    return len(statements)


if __name__ == "__main__":
    report(statements=settle(Path(sys.argv[1])))
