"""The time between polls, by the hour of the day."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """The time between polls; `settings` describes when each applies."""

    regular: timedelta
    noon_rush: timedelta
    awaiting: timedelta
    closing: timedelta
    late: timedelta
    overdue: timedelta
