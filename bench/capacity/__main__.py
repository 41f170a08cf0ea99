"""`python -m bench.capacity [--write]`: print the study, or write it into `docs/capacity.md`."""

import argparse
import sys

from bench.capacity import page
from bench.capacity.inputs import load
from bench.capacity.study import Study


def main() -> None:
    """Run the study on the inputs beside this module."""
    parser = argparse.ArgumentParser(prog="bench.capacity", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/capacity.md and its plots")
    study = Study(load())
    if parser.parse_args().write:
        page.write(study)
    else:
        sys.stdout.write("\n\n".join(page.blocks(study).values()) + "\n")


if __name__ == "__main__":
    main()
