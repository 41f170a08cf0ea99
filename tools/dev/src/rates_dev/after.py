"""Starts a process after those it needs: `python -m rates_dev.after redis simulator -- COMMAND`.

Only the Procfile uses it. The services do not need it: they would try again, but the first start on
a slow machine would begin with a counted failure and a pause. Waits 15 s at most, then starts the
command anyway.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from rates_dev import ports

PATIENCE_SECONDS = 15
VARIABLES = {"redis": "RATES_REDIS_PORT", "simulator": "BANXICO_SIM_PORT"}


def wait_for(condition: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Ask `condition` until it holds; false when it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def awaited(names: Sequence[str], environ: Mapping[str, str]) -> list[int]:
    """Return the ports of `names`; one whose variable is not set does not run here."""
    return [int(environ[VARIABLES[name]]) for name in names if VARIABLES[name] in environ]


def main() -> None:
    """Wait for the named processes, then become the command."""
    split = sys.argv.index("--")
    listening = awaited(sys.argv[1:split], os.environ)
    wait_for(lambda: all(map(ports.answers, listening)), PATIENCE_SECONDS)
    command = sys.argv[split + 1 :]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
