"""`python -m banxico_simulator`: the simulator on Granian, one process, until it is told to end.

The only place that reads the environment: `BANXICO_SIM_HOST` (127.0.0.1), `BANXICO_SIM_PORT` (8002)
and `BANXICO_SIM_TOKEN` (64 times `s`). One worker, because the state is in its memory.
"""

import os

from granian import Granian
from granian.constants import Interfaces
from litestar import Litestar

from banxico_simulator.app import DEVELOPMENT_TOKEN, create_app


def application() -> Litestar:
    """What Granian calls in its worker."""
    return create_app(token=os.environ.get("BANXICO_SIM_TOKEN") or DEVELOPMENT_TOKEN)


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    Granian(
        "banxico_simulator.__main__:application",
        address=os.environ.get("BANXICO_SIM_HOST") or "127.0.0.1",
        port=int(os.environ.get("BANXICO_SIM_PORT") or "8002"),
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        websockets=False,
        workers_kill_timeout=2,
    ).serve()


if __name__ == "__main__":
    main()
