"""`python -m rates_dev.suite.check_locks`: the stage "locks"; says each problem in a line."""

import sys
from pathlib import Path

from rates_dev.locks import problems


def main() -> None:
    """Exit 1 with the problems of the locks, 0 without any."""
    found = problems(Path.cwd())
    sys.exit("\n".join([*found, "./dev lock compiles them again"]) if found else 0)


if __name__ == "__main__":
    main()
