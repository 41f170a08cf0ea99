"""One open recording and what it says: the status and the averages that go with its event.

`recorder` opens it for each transaction. It reads all it compares with through the recording, under
the fence (protocol rule 2); it never opens or commits one.
"""

from datetime import datetime
from typing import Any, TypeVar

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.events import (
    CalendarChanged,
    Event,
    HistoryReload,
    ObservationsRecorded,
    StatusChanged,
)
from rates_contracts.observation import FIX
from rates_contracts.status import SyncStatus
from rates_sync.store.record import Recording
from rates_sync.timetable.averages import averages_ahead, first_day_needed
from rates_sync.timetable.calendar import bank_calendar
from rates_sync.timetable.schedule import Known
from rates_sync.timetable.status import Health, Origin, new_day, status_of, worth_an_event

K = TypeVar("K", ObservationsRecorded, StatusChanged, CalendarChanged)


class Entry:
    """A recording under way; `health` is what will be known of Banxico once it is committed."""

    def __init__(self, recording: Recording, origin: Origin, health: Health, now: datetime) -> None:
        self.recording, self.health, self.now = recording, health, now
        self.event: Event | None = None
        self._origin = origin

    async def edition(self) -> BankCalendar:
        """Return the newest edition of the bank calendar with the closures that are declared."""
        stored = await self.recording.calendar()
        return bank_calendar(mexico_day(self.now), stored.declared if stored else ())

    async def calendar(self) -> BankCalendar:
        """Return the recorded calendar, or what will be the first."""
        return await self.recording.calendar() or await self.edition()

    async def known(self) -> Known:
        """Return what decides the next poll."""
        newest = await self.recording.newest_day(FIX)
        return Known(await self.calendar(), newest, self.health.verified_at)

    async def announce(self, kind: type[K], **fields: Any) -> None:
        """Announce an event of `kind` with the whole status (rule R3).

        Rows that an interrupted backfill left unannounced turn it into a reload, which tells of
        them and of everything else but a calendar: that one is announced on its own.
        """
        calendar = fields.get("calendar") or await self.calendar()
        status = await self._status(calendar)
        averages = await self._averages(calendar, status, kind)
        if self.recording.unannounced:
            await self.reload(status)
        else:
            self.event = await self.recording.announce(
                kind, status=status, averages=averages, **fields
            )

    async def announce_if_worth(self) -> None:
        """Announce the status alone, if workers need to hear of it (protocol rule 5)."""
        status = await self._status(await self.calendar())
        if worth_an_event(await self.recording.status(), status):
            await self.announce(StatusChanged)

    async def reload(self, status: SyncStatus | None = None) -> None:
        """Announce that more was recorded than an event should carry (protocol rule 2)."""
        calendar = await self.calendar()
        self.event = await self.recording.announce(
            HistoryReload,
            status=status or await self._status(calendar),
            averages=await self._ahead(calendar),
        )

    async def _status(self, calendar: BankCalendar) -> SyncStatus:
        newest = await self.recording.newest_day(FIX)
        return status_of(self._origin, self.health, calendar, newest, self.now)

    async def _averages(
        self, calendar: BankCalendar, status: SyncStatus, kind: type[K]
    ) -> tuple[Average, ...] | None:
        """Return the table where it may have changed: a new day lengthens it, too."""
        old = await self.recording.status()
        if kind is StatusChanged and old is not None and not new_day(old, status):
            return None
        return await self._ahead(calendar)

    async def _ahead(self, calendar: BankCalendar) -> tuple[Average, ...]:
        first, last = first_day_needed(self.now), mexico_day(self.now)
        newest = await self.recording.newest(FIX, first, last)
        return averages_ahead(calendar, [(one.date, one.value) for one in newest], self.now)
