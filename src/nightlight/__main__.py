"""`python -m nightlight` and the `nightlight` command."""

import os
import sys


def main() -> None:
    # Our products of arrays are small: threads of the linear algebra would cost more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from nightlight.cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
