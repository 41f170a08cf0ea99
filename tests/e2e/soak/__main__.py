"""`./dev soak`: the platform in containers, faults for as many minutes as asked for."""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from driver.compose import ComposeDriver
from driver.stack import stack

from soak.faults import faults, lasting
from soak.footprint import Footprints
from soak.soak import SOAKED, Soak

MINUTES = 30.0
say = partial(print, flush=True)


def main() -> int:
    """Soak; print what happens and what was found; return 1 for a violation or a leak."""
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long (default: 30)")
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as directory, stack(Path(directory)) as containers:
        driver = ComposeDriver(containers)
        with driver.platform(SOAKED) as platform:
            platform.start()
            soak = Soak(platform, faults(platform, driver), Footprints(lasting(platform)))
            found = soak.run(minutes, say)
    say(found)
    return 1 if found.violations or found.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
