"""`python -m nightlight` and the `nightlight` command."""

import sys


def main() -> None:
    from nightlight.cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
