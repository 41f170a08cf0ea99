"""Every failure that rates-sync expects, as one tree; any other exception is a bug.

The adapters (HTTP client, database, Redis, AWS) raise an error of this tree `from` its cause.

    RatesSyncError
    ├── UpstreamError                Banxico gave no usable answer
    │   ├── UpstreamFailure          counts for the breaker, may be retried
    │   ├── NeutralOutcome           neither success nor failure, never retried
    │   │   ├── QuotaExhausted       rates-sync's own budget for the day
    │   │   ├── UpstreamRateLimited  Banxico's limit; wait `seconds_to_reset`
    │   │   ├── BadToken             Banxico refuses the token; raises an alert
    │   │   └── Unconfirmed          an answer that confirms nothing; carries it
    │   ├── BreakerOpen              refused without asking; wait until `retry_at`
    │   └── FixAwaited               refused without asking: Banxico is the polls' alone
    ├── StoreError
    │   ├── StoreUnavailable         the database can't be reached or is locked
    │   ├── StoreRefused             the database does not take what is to be written
    │   └── LeaseLost                another instance is the leader now
    ├── NothingToDecide              no such value in quarantine, or the day is not withdrawn
    ├── Undecidable                  a datum in quarantine that is no value
    ├── NotFinal                     days whose values may still be published
    ├── RelayError                   the stream can't be synchronized with the record
    ├── NotificationFailed           an alert or a purge was not accepted
    ├── ClosureRefused               a day can't be declared closed, or reopened
    │   ├── AlreadyClosed            banks are closed on it as it is
    │   ├── HasFix                   a FIX of it is recorded
    │   └── NotDeclared              nobody declared it closed
    ├── SigningKeyUnusable           the key for receipts is missing, broken or revoked
    ├── ClockWrong                   both witnesses of the time disagree with this clock
    └── WrongUpstream                the database was fed by another upstream
"""

from datetime import datetime
from typing import Literal, get_args

from rates_sync.upstream import Answer

FailureKind = Literal[
    "timeout", "connection", "server_error", "html", "malformed", "redirect", "refused"
]
"""Why an attempt failed; `refused` is Banxico's error about the request itself."""

Outcome = Literal[
    FailureKind,
    "success",
    "unconfirmed",
    "quota_exhausted",
    "rate_limited",
    "bad_token",
    "breaker_open",
    "fix_awaited",
]
"""How a request to Banxico ended: the label of the metric that counts them."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

HoleCause = Literal[Outcome, "implausible", "contradictory", "store_refused"]
"""Why days of the history stay unknown: how questions for them end, no FIX where there must be some
(`implausible`), answers that lack what was published before (`contradictory`), or a database that
does not take them.
"""


class RatesSyncError(Exception):
    """Any failure that rates-sync expects."""


class UpstreamError(RatesSyncError):
    """Banxico did not give a usable answer; `outcome` names it for the metric."""

    outcome: Outcome


class UpstreamFailure(UpstreamError):
    """Banxico failed: it counts for the breaker, and may be retried.

    `body` is the unusable answer, for the quarantine; empty without an answer. `retry_after` is
    how many seconds Banxico asks to wait before the next question; None if it doesn't say.
    """

    body: bytes = b""

    def __init__(
        self, message: str, *, kind: FailureKind = "malformed", retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.outcome, self.retry_after = kind, retry_after


class NeutralOutcome(UpstreamError):
    """No sign of Banxico's health (protocol rule 19): not counted, never retried."""


class QuotaExhausted(NeutralOutcome):
    """The day's request budget is spent; it resets at midnight in Mexico City."""

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


class Unconfirmed(NeutralOutcome):
    """An answer that is not of now or does not show the newest known FIX (protocol rule 27).

    What is usable of `answer` is recorded all the same.
    """

    outcome = "unconfirmed"

    def __init__(self, reason: str, answer: Answer) -> None:
        super().__init__(reason)
        self.answer = answer


class BreakerOpen(UpstreamError):
    """The breaker refused without asking; `retry_at` (aware UTC) is when it allows a trial."""

    outcome = "breaker_open"

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"the breaker is open until {retry_at.isoformat()}")
        self.retry_at = retry_at


class FixAwaited(UpstreamError):
    """What can wait is refused without asking while the day's FIX is awaited (protocol rule 35)."""

    outcome = "fix_awaited"


class StoreError(RatesSyncError):
    """A database operation failed."""


class StoreUnavailable(StoreError):
    """The database is unavailable, locked or too slow; nothing was recorded."""


class StoreRefused(StoreError):
    """The database does not take a value: it does not fit its column, or breaks a constraint.

    Nothing was recorded, and the same values will be refused again.
    """


class LeaseLost(StoreError):
    """The fencing token is outdated: another instance took the lease."""


class NothingToDecide(RatesSyncError):
    """What an operator would decide is not there, or its ID is not unique."""


class Undecidable(RatesSyncError):
    """The datum in quarantine has no value that could be recorded."""


class NotFinal(RatesSyncError):
    """The days can't be accepted as they are: their values may still be published."""


class RelayError(RatesSyncError):
    """The stream could not be synchronized with the record."""


class EntryForeign(RatesSyncError):
    """No relay has written this entry of the stream where it stands; the text says why."""


class NotificationFailed(RatesSyncError):
    """An alert or a purge was not sent; its cursor does not advance, so it is sent again."""


class ClosureRefused(RatesSyncError):
    """A day can't be declared closed, or can't be reopened."""


class AlreadyClosed(ClosureRefused):
    """The calendar or a declaration closes the day already."""


class HasFix(ClosureRefused):
    """The day has a FIX, so banks were open."""


class NotDeclared(ClosureRefused):
    """No declaration closes the day, so there is none to undo."""


class SigningKeyUnusable(RatesSyncError):
    """The key for receipts is missing, broken or revoked; the message never quotes it."""


class ClockWrong(RatesSyncError):
    """This instance's clock differs from Banxico's and from the database's (protocol rule 33)."""


class WrongUpstream(RatesSyncError):
    """The database belongs to another upstream: simulated and real values must not mix."""
