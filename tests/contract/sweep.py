"""Looks for false claims on every day from 2001 on: `python` this file, with `--help` for a part.

Each day × eight instants × {all known, history half loaded, Banxico away, an odd situation, another
calendar}: what rates-api answers, with the status that rates-sync makes, is held against what could
be known. It prints what it asked and every contradiction; without any it exits with 0.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from contract.sweeping.run import main

    sys.exit(main())
