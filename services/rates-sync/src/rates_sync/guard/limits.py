"""The guards' numbers."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """`deadline` of a request and mean `retry_pause` in seconds, the other numbers in requests.

    `fail_max` failures in a row open the breaker, `reset_after` that it admits a trial; `reserve`
    of the `daily_requests` are kept for trials and operators.
    """

    deadline: float
    fail_max: int
    reset_after: timedelta
    daily_requests: int
    reserve: int
    retry_pause: float
