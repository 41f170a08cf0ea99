"""What rates-sync reads from its environment: `RATES_SYNC_…`, validated as a whole.

The only module that reads the environment. No configurable number has a default elsewhere.
"""

import dataclasses
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from rates_contracts.environment import (
    DATABASES,
    REDISES,
    EnvironmentInvalid,
    Secret,
    at_least,
    http_url,
    one_of,
    read,
    server_url,
    setting,
    tcp_port,
)
from rates_contracts.observation import Source
from rates_sync.guard.limits import GuardLimits
from rates_sync.timetable.poll_intervals import PollIntervals
from rates_telemetry import TRACE_SHARE

PREFIX = "RATES_SYNC"

BANXICO_DOMAIN = "banxico.org.mx"
BANXICO_HOST = f"www.{BANXICO_DOMAIN}"
BANXICO_URL = f"https://{BANXICO_HOST}/SieAPIRest/service/v1"


def _number(doc: str, default: float, *, minimum: float = 0.001) -> Any:
    return at_least(doc, default, minimum)


def _count(doc: str, default: int, *, minimum: int = 1) -> Any:
    return at_least(doc, default, minimum)


def is_header_value(token: Secret) -> bool:
    """Tell whether `token` can be sent in a header: errors about one that can't would quote it."""
    text = token.reveal()
    return text.isascii() and text.isprintable() and " " not in text


def is_issuer(address: str) -> bool:
    """Tell whether `address` can sign: an operator's, never Banxico's."""
    parts = urlsplit(address)
    is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return is_address and not str(parts.hostname).endswith(BANXICO_DOMAIN)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one rates-sync instance; times are in seconds."""

    # RUF009: these calls only declare, they return a dataclass field.
    database_url: Secret = server_url("The record.", DATABASES)  # noqa: RUF009
    redis_url: Secret = server_url("Where the stream and the documents go.", REDISES)  # noqa: RUF009
    banxico_token: Secret = setting(
        "The token for Banco de México's SIE API (64 letters and digits).",
        check=is_header_value,
        allowed="printable ASCII without blanks",
    )
    operator_token: Secret = setting(
        "The bearer token of the operator actions, 16 characters or more.",
        check=lambda token: is_header_value(token) and len(token.reveal()) >= 16,
        allowed="16 or more printable ASCII characters without blanks",
    )
    banxico_url: str = http_url(
        "Banxico's SIE API; another host than Banxico's counts as a simulator.", BANXICO_URL
    )
    host: str = setting("The address of the internal port.", default="127.0.0.1")
    port: int = tcp_port("The internal port: probes, metrics, operator actions.", 8001)
    daily_quota: int = _count("Requests to Banxico per Mexico City day.", 1_000)
    quota_reserve: int = _count("Of these, kept for trial requests and operators.", 60, minimum=0)
    backfill_quota: int = _count(
        "Requests per Mexico City day for missing history and the nightly check, beside the quota.",
        100,
    )
    breaker_fail_max: int = _count("Consecutive failures that open the breaker.", 3)
    breaker_reset: float = _number("Seconds until an open breaker allows a trial request.", 60.0)
    request_timeout: float = _number("Seconds for a whole request to Banxico.", 20.0)
    retry_pause: float = _number(
        "Seconds before the one retry, on average; 0.5 to 1.5 times this.", 1.0, minimum=0
    )
    poll_regular: float = _number(
        "Seconds between polls on banking days from 07:00 to 17:00.", 240.0
    )
    poll_noon: float = _number(
        "Seconds between polls from 11:59:30 to 12:15 until the FIX is seen.", 15.0
    )
    poll_awaiting: float = _number(
        "Seconds between polls from 12:15 to 17:00 until the FIX; by day before any answer.",
        60.0,
    )
    poll_closing: float = _number(
        "Seconds between retries of the day's last poll, until 17:30.", 60.0
    )
    poll_late: float = _number(
        "Seconds between polls from 17:00 to 21:00 without the FIX; at night before any answer;"
        " at any hour while a series is unconfirmed or a clock suspect.",
        900.0,
    )
    poll_overdue: float = _number(
        "Seconds between polls from 21:00 on, closed days included, until the FIX.", 3600.0
    )
    store_retry: float = _number("Seconds until a poll is retried after a database failure.", 15.0)
    lease_poll: float = _number("Seconds between a standby's checks of the lease.", 2.0)
    lease_patience: float = _number(
        "Seconds without renewal until the lease may be taken over.", 10.0
    )
    lease_renewal: float = _number("Seconds between a leader's renewals.", 2.0)
    lease_max_age: float = _number(
        "Seconds without a renewal after which a leader lets go of the lease.", 30.0
    )
    relay_interval: float = _number("Seconds at most between two relay steps.", 5.0)
    redis_timeout: float = _number("Seconds until a request to Redis times out.", 2.0)
    notice_interval: float = _number(
        "Seconds between checks for alerts and purges to send; ten times that while idle.", 1.0
    )
    second_purge: float = _number("Seconds from a purge to its repetition.", 20.0)
    signing_key_file: str = setting(
        "The PEM file of the Ed25519 private key that receipts are signed with; none if empty.",
        default="",
    )
    issuer: str = setting(
        "Who signs: the public address of this platform; a simulator's values are the simulator's.",
        default="",
        check=is_issuer,
        allowed="a URL of yours that begins with https:// or http://, never Banxico's",
    )
    sns_topic_arn: str = setting("Where alerts go; to the log if empty.", default="")
    cloudfront_distribution_id: str = setting("The edge to purge; none if empty.", default="")
    aws_region: str = setting("The region of both.", default="us-east-1")
    log_level: str = one_of("The lowest level to log.", "info", "debug", "warning", "error")
    log_format: str = one_of("The format of log lines.", "json", "console")
    otlp_endpoint: str = http_url("Where traces go (OTLP over HTTP); nowhere if empty.", "")
    trace_share: float = setting(
        "The share of traces that are kept.",
        default=TRACE_SHARE,
        check=lambda value: 0 <= value <= 1,
        allowed="from 0 to 1",
    )

    @property
    def source(self) -> Source:
        """Whose values these are: Banco de México's only if they come from Banxico's own host."""
        is_banxico = urlsplit(self.banxico_url).hostname == BANXICO_HOST
        return "Banco de México" if is_banxico else "simulator"

    @property
    def signs_as(self) -> str:
        """Who signs: the operator, or the simulator whose values these are; empty for nobody."""
        return "simulator" if self.source == "simulator" else self.issuer

    def guard_limits(self) -> GuardLimits:
        """Return the limits of the guards around Banxico."""
        return GuardLimits(
            deadline=self.request_timeout,
            fail_max=self.breaker_fail_max,
            reset_after=timedelta(seconds=self.breaker_reset),
            daily_requests=self.daily_quota,
            reserve=self.quota_reserve,
            backfill_requests=self.backfill_quota,
            retry_pause=self.retry_pause,
        )

    def poll_intervals(self) -> PollIntervals:
        """Return the intervals between polls."""
        return PollIntervals(
            regular=timedelta(seconds=self.poll_regular),
            noon_rush=timedelta(seconds=self.poll_noon),
            awaiting=timedelta(seconds=self.poll_awaiting),
            closing=timedelta(seconds=self.poll_closing),
            late=timedelta(seconds=self.poll_late),
            overdue=timedelta(seconds=self.poll_overdue),
        )


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, by default from the process's environment.

    Raises `EnvironmentInvalid`, which names every bad variable.
    """
    settings = read(Settings, PREFIX, os.environ if environ is None else environ)
    if settings.lease_patience < 2 * settings.lease_renewal:
        raise EnvironmentInvalid(
            [f"{PREFIX}_LEASE_PATIENCE: must be at least twice {PREFIX}_LEASE_RENEWAL"]
        )
    return settings
