"""One simulator: its state, all of it, and how a valid request is answered from it.

Several can live in one process. Never touches a socket.
"""

import hmac
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from banxico_simulator import sie
from banxico_simulator.ask import Ask, Group, day_of, known, series_ids
from banxico_simulator.clock import MEXICO_CITY, Clock, SettableClock
from banxico_simulator.errors import SimulatorError
from banxico_simulator.faults import Faults
from banxico_simulator.journal import Journal
from banxico_simulator.limits import Limits, Monotonic
from banxico_simulator.published.publication import ANNOUNCED_AT, Publication
from banxico_simulator.published.series import History, load
from banxico_simulator.sie import Answer, Refusal

REPLAYED = timedelta(days=10 * 366)
"""How far past the start the replay reaches; the clock can't be set beyond."""


class Simulator:
    """The data, what of it shows, the clock, the faults, the limits and the counts."""

    def __init__(
        self, clock: Clock, monotonic: Monotonic, token: str, announced_at: time = ANNOUNCED_AT
    ) -> None:
        self._token = token
        self.clock = SettableClock(clock)
        self.history: History = load(clock().date() + REPLAYED)
        self.publication = Publication(self.history, announced_at)
        self.limits = Limits(monotonic)
        self.faults = Faults()
        self.journal = Journal()

    def answer(self, ask: Ask, tokens: Iterable[str], at: datetime) -> Answer:
        """Banxico's answer of the instant `at` to `ask`, sent with `tokens` (header and query)."""
        try:
            if ask.group is Group.UNKNOWN:
                return sie.not_found("unknown_path")
            self._admit(ask, tokens, at)
            return self._observe(ask, at)
        except Refusal as refusal:
            return refusal.answer

    def set_clock(self, now: datetime, *, frozen: bool) -> None:
        """Moves the clock. Raises SimulatorError for an instant without data."""
        day = now.astimezone(MEXICO_CITY).date()
        first, last = self.history.first_day, self.history.last_day
        if not first <= day <= last:
            raise SimulatorError(f"the clock must lie between {first} and {last}, not on {day}")
        self.clock.set(now, frozen=frozen)

    def reset(self) -> None:
        """Everything as it was at the start."""
        self.clock.reset()
        self.publication.reset()
        self.limits.reset()
        self.faults.switch([])
        self.journal.reset()

    def _admit(self, ask: Ask, tokens: Iterable[str], at: datetime) -> None:
        if not any(hmac.compare_digest(self._token.encode(), token.encode()) for token in tokens):
            raise Refusal(sie.BAD_TOKEN)
        wait = self.limits.spend(ask.group)
        if wait is not None:
            raise Refusal(sie.rate_limited(at, wait))

    def _observe(self, ask: Ask, at: datetime) -> Answer:
        asked = series_ids(ask.ids)
        first, last = _span(ask)
        series = known(asked)
        if ask.group is Group.OPORTUNO:
            latest = {name: self.publication.latest(name, at) for name in series}
            return sie.datos({name: [row] if row else [] for name, row in latest.items()})
        seen = {name: self.publication.observations(name, at, first, last) for name in series}
        if ask.group is Group.METADATA:
            return sie.metadata({name: (rows[0], rows[-1]) for name, rows in seen.items() if rows})
        return sie.datos(seen)


def _span(ask: Ask) -> tuple[date, date]:
    if ask.group is not Group.RANGE:
        return date.min, date.max
    first, last = day_of(ask.first), day_of(ask.last)
    if first > last:
        raise Refusal(sie.BAD_DATE)
    return first, last
