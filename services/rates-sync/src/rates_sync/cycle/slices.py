"""Checks a slice of the history each night, the whole of it once a month (protocol rule 30).

So that a correction of any day shows, however old the day. A slice verifies nothing, and its values
are trusted as little as a poll's.
"""

from datetime import date as Day

import structlog

from rates_contracts.calendar import ONE_DAY
from rates_sync.banxico.series import SERIES
from rates_sync.cycle.recorder import Additions, AnnounceMode, Recorder
from rates_sync.store.coverage import Span
from rates_sync.upstream import Banxico, Query

log = structlog.get_logger(__name__)

SLICES = 28
"""As many as the shortest month has nights."""


def slice_of(night: Day, first: Day) -> Span | None:
    """Return the days since `first` that are checked on `night`, by its day of the month.

    The last slice reaches up to yesterday, so that no day waits for more than a month. None after
    it, and where the history is too short to have that many slices.
    """
    if night.day > SLICES:
        return None
    begun = max(0, (night.replace(day=1) - first).days)
    start = first + ONE_DAY * (begun * (night.day - 1) // SLICES)
    end = first + ONE_DAY * (begun * night.day // SLICES) if night.day < SLICES else night
    return Span(start, end - ONE_DAY) if start < end else None


class SliceCheck:
    """One leader's nightly check of a history that begins on `first_fix_day`."""

    def __init__(self, banxico: Banxico, recorder: Recorder, first_fix_day: Day) -> None:
        self._banxico, self._recorder = banxico, recorder
        self._first_fix_day = first_fix_day

    async def run(self, night: Day) -> Additions:
        """Ask for the slice of `night`, and record and return what it changes.

        Raises `UpstreamError`, `LeaseLost`, `StoreUnavailable`, `StoreRefused`.
        """
        span = slice_of(night, self._first_fix_day)
        if span is None:
            return Additions()
        answer = await self._banxico.ask(Query(tuple(SERIES), span.first, span.last))
        additions = await self._recorder.record(answer, AnnounceMode.SLICE)
        log.info(
            "slice_checked",
            first=span.first.isoformat(),
            last=span.last.isoformat(),
            new=additions.new,
            corrections=additions.corrections,
        )
        return additions
