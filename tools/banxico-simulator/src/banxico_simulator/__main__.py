"""`python -m banxico_simulator`: the simulator on Granian, one process, until a signal.

One worker, because the state is in its memory.
"""

import os
import sys

from granian import Granian
from granian.constants import Interfaces
from litestar import Litestar

from banxico_simulator.app import create_app
from banxico_simulator.errors import SettingsError
from banxico_simulator.settings import from_environment


def application() -> Litestar:
    """What Granian calls in its worker."""
    settings = from_environment(os.environ)
    return create_app(token=settings.token, announced_at=settings.announced_at)


def main() -> None:
    """Serves until SIGINT or SIGTERM; ends with one line and status 2 if a setting is wrong."""
    try:
        settings = from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"banxico-simulator: {error}\n")
        sys.exit(2)
    Granian(
        "banxico_simulator.__main__:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        websockets=False,
        workers_kill_timeout=2,
    ).serve()


if __name__ == "__main__":
    main()
