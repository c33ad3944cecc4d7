"""The home of the web benchmark: what `nightlight demo` makes.

`python -m benchmarks.web_home HOME CONVERSATIONS`"""

import subprocess
import sys

from benchmarks.measure import measured, report

if __name__ == "__main__":
    command = [sys.executable, "-m", "nightlight", "demo", "--no-serve", "--home", sys.argv[1]]
    with measured() as used:
        subprocess.run([*command, "--conversations", sys.argv[2]], check=True, stdout=sys.stderr)
    report(work_seconds=used.cpu_seconds)
