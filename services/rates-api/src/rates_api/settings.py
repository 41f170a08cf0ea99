"""What rates-api reads from its environment: `RATES_API_…`, validated as a whole.

The only module that reads the environment. No configurable number has a default elsewhere.
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import cast

from rates_contracts.environment import (
    DATABASES,
    REDISES,
    EnvironmentInvalid,
    Secret,
    at_least,
    http_url,
    one_of,
    positive,
    read,
    server_url,
    setting,
    tcp_port,
)
from rates_contracts.signatures.jose import base64url, from_base64url
from rates_telemetry.logging import Style

PREFIX = "RATES_API"


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def are_public_keys(text: str) -> bool:
    """Tell whether each of a list is an Ed25519 public key in base64url, without padding.

    Its name is a hash of its text: in another spelling the same key would verify nothing.
    """
    try:
        return all(
            len(key := from_base64url(x)) == 32 and base64url(key) == x for x in _listed(text)
        )
    except ValueError:
        return False


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one rates-api instance; times are in seconds."""

    # RUF009: these calls only declare, they return a dataclass field.
    database_url: Secret = server_url("The record; a read-only user.", DATABASES)  # noqa: RUF009
    redis_url: Secret = server_url("Where stream and documents lie.", REDISES)  # noqa: RUF009
    database_primary_url: Secret | None = server_url(  # noqa: RUF009
        "The record's writer endpoint with the same read-only user, asked last.", DATABASES, None
    )
    database_role: str = one_of(
        "What the record's URL reaches; only a writer tells that the record was restored.",
        "replica",
        "writer",
    )
    host: str = setting("The address to listen on.", default="127.0.0.1")
    port: int = tcp_port("The public port.", 8000)
    tls_certificate: str = setting(
        "A PEM file of a certificate and its key, for TLS on the public port; plain HTTP if empty.",
        default="",
    )
    admin_port: int = tcp_port("The internal port, for /metrics.", 8010)
    workers: int = positive("Worker processes.", 2)
    max_connections: int = positive(
        "Connections that a worker holds at a time, idle ones included, without its streams; more "
        "wait unanswered.",
        2048,
    )
    edge_limit: int = at_least(
        "Requests that an edge before the service lets an address send in a window, for clients "
        "to know; 0 where none limits them.",
        0,
        0,
    )
    edge_limit_window: int = positive("That window, in seconds.", 60)
    streams: int = positive("Streams that a worker has at a time, beside its connections.", 2000)
    drain: float = at_least(
        "Seconds between not being ready and closing the port, at SIGTERM.", 1.0, 0
    )
    database_pool: int = positive("Pooled connections per worker.", 20)
    database_timeout: float = positive("Seconds that a question to the database may take.", 5.0)
    redis_timeout: float = positive(
        "Seconds without a byte from Redis until it counts as hung; above the stream's block.", 5.0
    )
    redis_answer_timeout: float = positive(
        "Seconds for connecting to Redis, and for an answer that it need not wait for.", 2.0
    )
    stream_block: float = positive("Seconds that a read of the stream waits for news.", 2.0)
    watch_interval: float = positive("Seconds at most between two looks at the head.", 14.0)
    watch_lag: float = positive("Seconds that the stream may lag behind the head.", 5.0)
    retry_pause: float = positive(
        "Seconds, on average, until a source that failed is asked again.", 0.5
    )
    reload_spread: float = positive("Seconds over which workers scatter a reload.", 1.0)
    signing_keys: str = setting(
        "Public keys of rates-sync beside the record's, by comma; with one a worker that warms up"
        " while the database is down takes nothing unsigned.",
        default="",
        check=are_public_keys,
        allowed="Ed25519 public keys of 32 bytes in base64url, separated by commas",
    )
    log_level: str = one_of("The least level to log.", "info", "debug", "warning", "error")
    log_format: str = one_of("How log lines look.", "json", "console")
    otlp_endpoint: str = http_url("Where traces go (OTLP over HTTP); nowhere if empty.", "")
    instance_dir: str = setting(
        "The directory that the workers share; made at start if empty.", default=""
    )

    @property
    def public_keys(self) -> list[str]:
        """Return `signing_keys` one by one."""
        return _listed(self.signing_keys)

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
