"""Every failure that rates-sync expects, one tree; whatever lies outside it is a bug.

Edges (HTTP client, database, Redis, AWS) translate once into an error of this tree, `from` the
cause.

    RatesSyncError
    ├── UpstreamError                Banxico gave no usable answer
    │   ├── UpstreamFailure          counts for the breaker, may be retried
    │   ├── NeutralOutcome           neither success nor failure, never retried
    │   │   ├── QuotaExhausted       our own budget for the day
    │   │   ├── UpstreamRateLimited  Banxico's limit; wait `seconds_to_reset`
    │   │   └── BadToken             Banxico refuses the token; raises an alert
    │   └── BreakerOpen              refused without asking; wait until `retry_at`
    ├── StoreError
    │   ├── StoreUnavailable         the database can't be reached or is locked
    │   └── LeaseLost                another instance writes now
    ├── RelayError                   the stream can't be brought in line with the record
    ├── NotificationFailed           an alert or a purge was not sent
    └── WrongUpstream                the database was fed by another upstream
"""

from datetime import datetime
from typing import Literal, get_args

FailureKind = Literal[
    "timeout", "connection", "server_error", "html", "malformed", "redirect", "refused"
]
"""Why an attempt failed; `refused` is an error of Banxico's about the request itself."""

Outcome = Literal[
    FailureKind, "success", "quota_exhausted", "rate_limited", "bad_token", "breaker_open"
]
"""How an attempt to ask Banxico ended: the label of the metric that counts them."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class RatesSyncError(Exception):
    """Anything that rates-sync expects to go wrong."""


class UpstreamError(RatesSyncError):
    """Banxico did not give a usable answer; `outcome` names it for the metric."""

    outcome: Outcome


class UpstreamFailure(UpstreamError):
    """Banxico failed: it counts for the breaker, and the next attempt may follow at once.

    `body` is what came and could not be used, for the quarantine; empty where nothing came.
    """

    body: bytes = b""

    def __init__(self, message: str, *, kind: FailureKind = "malformed") -> None:
        super().__init__(message)
        self.outcome = kind


class NeutralOutcome(UpstreamError):
    """Says nothing about Banxico's health (protocol rule 19): not counted, never retried."""


class QuotaExhausted(NeutralOutcome):
    """The day's own request budget is spent; it begins again at midnight in Mexico City."""

    outcome = "quota_exhausted"


class UpstreamRateLimited(NeutralOutcome):
    """Banxico's own limit was hit; ask again after `seconds_to_reset`."""

    outcome = "rate_limited"

    def __init__(self, seconds_to_reset: int) -> None:
        super().__init__(f"Banxico's rate limit was hit, {seconds_to_reset} s to its reset")
        self.seconds_to_reset = seconds_to_reset


class BadToken(NeutralOutcome):
    """Banxico does not accept the token: only an operator can repair it."""

    outcome = "bad_token"


class BreakerOpen(UpstreamError):
    """The breaker refused without asking; `retry_at` (aware UTC) is when a trial may be made."""

    outcome = "breaker_open"

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"the breaker is open until {retry_at.isoformat()}")
        self.retry_at = retry_at


class StoreError(RatesSyncError):
    """The database did not do what was asked."""


class StoreUnavailable(StoreError):
    """The database is away, locked or too slow; nothing was recorded."""


class LeaseLost(StoreError):
    """The fencing token is no longer the lease's: another instance writes now."""


class RelayError(RatesSyncError):
    """The stream could not be brought in line with the record."""


class NotificationFailed(RatesSyncError):
    """An alert or a purge was not sent; its cursor stays, so that it is tried again."""


class WrongUpstream(RatesSyncError):
    """The database belongs to another upstream: simulated and real values must not mix."""
