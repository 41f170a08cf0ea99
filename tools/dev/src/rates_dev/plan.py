"""What `./dev up` is going to run, read from the environment (and .env, which it overrides) once.

`commands` makes a Plan and everything else takes it. Touches no socket and starts nothing.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from honcho.environ import parse

from rates_dev import ports
from rates_dev.redis import Kind, choose

Upstream = Literal["simulator", "banxico"]
UPSTREAMS: tuple[Upstream, ...] = ("simulator", "banxico")


@dataclass(frozen=True)
class Plan:
    """One platform: where its state lies, who feeds it, which Redis, which ports."""

    root: Path
    upstream: Upstream
    redis: Kind
    ports: Mapping[str, int]

    @property
    def state(self) -> Path:
        """The folder of everything that outlives the processes."""
        return state_folder(self.root, self.upstream)

    @property
    def processes(self) -> tuple[str, ...]:
        """The lines of the Procfile that run, in the order of starting."""
        simulator = ("simulator",) if self.upstream == "simulator" else ()
        return ("redis", *simulator, "sync", "api")

    def url(self, variable: str) -> str:
        """Return the HTTP address behind a port variable."""
        return f"http://{ports.HOST}:{self.ports[variable]}"


def state_folder(root: Path, upstream: Upstream) -> Path:
    """Return the state folder: one per upstream, so that simulated values never meet real ones."""
    return root / ".data" / upstream


def with_dotenv(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` over the values of `.env`, if there is one."""
    path = root / ".env"
    told = parse(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {**told, **environ}


def read(root: Path, environ: Mapping[str, str] = os.environ) -> Plan:
    """Return the plan that `environ` asks for. Raises `Refused` naming the variables at fault."""
    upstream: Upstream = "banxico" if environ.get("BANXICO_TOKEN") else "simulator"
    wanted = ports.read(environ)
    if upstream == "banxico":
        del wanted["BANXICO_SIM_PORT"]
    return Plan(root, upstream, choose(environ.get("RATES_REDIS") or "auto"), wanted)
