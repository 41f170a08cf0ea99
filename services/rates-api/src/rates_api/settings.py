"""What rates-api reads from its environment: `RATES_API_…`, validated as a whole.

The only module that looks at the environment; `bootstrap` and `__main__` get the result.
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any, cast

from rates_contracts.environment import EnvironmentInvalid, Secret, read, setting
from rates_telemetry.logging import Style

PREFIX = "RATES_API"


DATABASES = ("mysql+asyncmy://", "sqlite+aiosqlite:///")
REDISES = ("redis://", "rediss://", "unix://")


def _positive(doc: str, default: float) -> Any:
    return setting(doc, default=default, check=lambda value: value > 0, allowed="above 0")


def _port(doc: str, default: int) -> Any:
    allowed = "a port from 1 to 65535"
    return setting(doc, default=default, check=lambda value: 0 < value < 65536, allowed=allowed)


def _one_of(doc: str, *allowed: str) -> Any:
    """Declare a choice; the first is the default."""
    names = ", ".join(allowed)
    return setting(
        doc, default=allowed[0], check=lambda value: value in allowed, allowed=f"one of {names}"
    )


def _url(doc: str, schemes: tuple[str, ...], default: Any = dataclasses.MISSING) -> Any:
    def check(value: Secret) -> bool:
        return value.reveal().startswith(schemes)

    allowed = "a URL that begins with " + " or ".join(schemes)
    return setting(doc, default=default, check=check, allowed=allowed)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one rates-api instance; times are in seconds."""

    # RUF009: these calls only declare, they return a dataclass field.
    database_url: Secret = _url("The record; a read-only user.", DATABASES)  # noqa: RUF009
    redis_url: Secret = _url("Where stream and documents lie.", REDISES)  # noqa: RUF009
    database_primary_url: Secret | None = _url(  # noqa: RUF009
        "The record's writer endpoint with the same read-only user, asked last.", DATABASES, None
    )
    host: str = setting("The address to listen on.", default="127.0.0.1")
    port: int = _port("The public port.", 8000)
    admin_port: int = _port("The internal port, for /metrics.", 8010)
    workers: int = _positive("Worker processes.", 2)
    drain: float = setting(
        "Seconds between not being ready and closing the port, at SIGTERM.",
        default=1.0,
        check=lambda value: value >= 0,
        allowed="0 or more",
    )
    database_pool: int = _positive("Pooled connections per worker.", 20)
    database_timeout: float = _positive("Seconds that a question to the database may take.", 5.0)
    redis_timeout: float = _positive(
        "Seconds without a byte from Redis until it counts as hung; above the stream's block.", 5.0
    )
    redis_answer_timeout: float = _positive(
        "Seconds for connecting to Redis, and for an answer that it need not wait for.", 2.0
    )
    stream_block: float = _positive("Seconds that a read of the stream waits for news.", 2.0)
    watch_interval: float = _positive("Seconds at most between two looks at the head.", 15.0)
    watch_lag: float = _positive("Seconds that the stream may lag behind the head.", 5.0)
    retry_pause: float = _positive(
        "Seconds, on average, until a source that failed is asked again.", 0.5
    )
    reload_spread: float = _positive("Seconds over which workers scatter a reload.", 1.0)
    log_level: str = _one_of("The least level to log.", "info", "debug", "warning", "error")
    log_format: str = _one_of("How log lines look.", "json", "console")
    otlp_endpoint: str = setting("Where traces go (OTLP over HTTP); nowhere if empty.", default="")
    instance_dir: str = setting(
        "The directory that the workers share; made at start if empty.", default=""
    )

    @property
    def log_style(self) -> Style:
        """Return `log_format` as the type that the log's set-up takes."""
        return cast("Style", self.log_format)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, by default from the process's environment.

    Raises `EnvironmentInvalid`, which names every bad variable.
    """
    settings = read(Settings, PREFIX, os.environ if environ is None else environ)
    if settings.redis_timeout <= settings.stream_block:
        raise EnvironmentInvalid(
            [f"{PREFIX}_REDIS_TIMEOUT: must be above {PREFIX}_STREAM_BLOCK, or each wait fails"]
        )
    return settings
