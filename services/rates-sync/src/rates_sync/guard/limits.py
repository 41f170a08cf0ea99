"""The limits that the guards enforce."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """`deadline` of a request and mean `retry_pause` in seconds; the counts are requests.

    `fail_max` consecutive failures open the breaker, `reset_after` later it allows a trial request;
    `reserve` of the `daily_requests` are kept for trial requests and operators; backfills and
    slices have `backfill_requests` of their own.
    """

    deadline: float
    fail_max: int
    reset_after: timedelta
    daily_requests: int
    reserve: int
    backfill_requests: int
    retry_pause: float
