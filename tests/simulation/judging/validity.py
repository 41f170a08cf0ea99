"""For how long what was confirmed counts: by true time, and while the polling window is open."""

from datetime import datetime, time, timedelta

from contract.sweeping import published

OPENS, CLOSES = time(7), time(17)
VERIFIED_SECONDS = 300.0
CLOCK_SECONDS = 60.0
"""How far a clock may be wrong before it counts as wrong (protocol rule 33)."""


def open_seconds(since: datetime, until: datetime) -> float:
    """Return how many seconds of polling windows (07:00-17:00 of banking days) lie between."""
    total, day = 0.0, published.local(since).date()
    while published.wall(day, time()) < until:
        if published.may_open(day):
            begin, end = published.wall(day, OPENS), published.wall(day, CLOSES)
            total += max((min(end, until) - max(begin, since)).total_seconds(), 0.0)
        day += timedelta(days=1)
    return total
