"""The data status that recordings keep: today's in the status, ended days in rows (rule 47)."""

from datetime import date as Day
from datetime import timedelta
from typing import Any

import msgspec

from rates_contracts.calendar import mexico_day
from rates_contracts.events import StatusChanged, TimelineChanged
from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import CountedDay, DataStatusDay
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.upstream import Query

AUGUST = Query((FIX, SETTLEMENT), Day(2026, 8, 1), Day(2026, 8, 20))
THURSDAY, FRIDAY = Day(2026, 8, 13), Day(2026, 8, 14)
ROWS = "SELECT * FROM data_status_days ORDER BY date"


async def _leading(desk: Any, banxico: Any) -> Recorder:
    """Return a recorder at 10:00 of Thursday that has just been answered."""
    recorder: Recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    return recorder


async def _count(desk: Any) -> CountedDay:
    status = await desk.record.status()
    assert status is not None
    counted: CountedDay | None = status.counted
    assert counted is not None
    return counted


async def test_each_recording_counts_the_time_since_the_last(desk: Any, banxico: Any) -> None:
    """An answer each four minutes verifies all; one that comes late leaves a hole."""
    recorder = await _leading(desk, banxico)
    for minutes in (4, 4, 20):
        desk.clock.now += timedelta(minutes=minutes)
        await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert (await _count(desk)).day == DataStatusDay(THURSDAY, 13 * 60, 15 * 60)
    assert await desk.rows(ROWS) == []


async def test_a_poll_that_is_no_event_writes_no_count(desk: Any, banxico: Any) -> None:
    """Its time is counted by the next event: nothing is written more often than before."""
    recorder = await _leading(desk, banxico)
    before = await _count(desk)
    desk.clock.now += timedelta(seconds=30)
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert await _count(desk) == before
    desk.clock.now += timedelta(seconds=30)
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert (await _count(desk)).day == DataStatusDay(THURSDAY, 60)


async def test_the_first_event_of_a_day_writes_the_row_of_the_one_before(
    desk: Any, banxico: Any
) -> None:
    """It carries that row, too, and renews the averages' version: their document has the rows."""
    recorder = await _leading(desk, banxico)
    version = "SELECT averages_version FROM sync_status"
    before = await desk.rows(version)
    desk.clock.now += timedelta(hours=17)  # 03:00 of Friday
    await recorder.note(upstream="failing")
    event = desk.announced[-1]
    assert isinstance(event, StatusChanged)
    assert event.ended_days == (DataStatusDay(THURSDAY, 300, 7 * 3600 - 300),)
    assert event.status.counted == CountedDay(DataStatusDay(FRIDAY), desk.clock())
    assert await desk.rows(ROWS) == [("2026-08-13", 300, 7 * 3600 - 300, 0)]
    assert await desk.rows(version) != before


async def test_a_new_leader_goes_on_with_the_count(desk: Any, banxico: Any) -> None:
    """The time without a leader is what the dead one's last status said of it."""
    await _leading(desk, banxico)
    desk.clock.now += timedelta(minutes=7)
    await desk.recorder().begin()
    assert (await _count(desk)).day == DataStatusDay(THURSDAY, 300, 120)


async def test_open_breaker_is_counted_until_it_closes(desk: Any, banxico: Any) -> None:
    """By the instants of its changes, which are recorded a moment later."""
    recorder = await _leading(desk, banxico)
    began = desk.clock()
    desk.clock.now += timedelta(minutes=1, seconds=5)
    await recorder.note(breaker="open", breaker_since=began + timedelta(minutes=1))
    desk.clock.now += timedelta(minutes=3)
    await recorder.note(breaker="closed", breaker_since=began + timedelta(minutes=4))
    assert (await _count(desk)).day.breaker_open_seconds == 180


async def test_a_new_timeline_neither_counts_nor_loses_time(desk: Any, banxico: Any) -> None:
    """Its event repeats the restored status; the next one counts all since that (rule 9)."""
    recorder = await _leading(desk, banxico)
    desk.clock.now += timedelta(minutes=3)
    await desk.record.restart_timeline(desk.fence, 1)
    assert isinstance((await desk.events())[-1], TimelineChanged)
    desk.clock.now += timedelta(minutes=3)
    await recorder.note(upstream="failing")
    assert (await _count(desk)).day == DataStatusDay(THURSDAY, 300, 60)


async def test_clock_that_was_ahead_counts_no_second_twice(desk: Any, banxico: Any) -> None:
    """What the wrong clock has counted stands; the count goes on once its time has come."""
    recorder = await _leading(desk, banxico)
    desk.clock.now += timedelta(minutes=30)
    await recorder.note(upstream="failing")
    desk.clock.now -= timedelta(minutes=26)
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert (await _count(desk)).day == DataStatusDay(THURSDAY, 300, 1500)


async def test_who_counts_after_an_older_release_tells_all_ended_days(
    desk: Any, banxico: Any
) -> None:
    """A status without a count is an older leader's; workers have heard of no days from it."""
    recorder = await _leading(desk, banxico)
    desk.clock.now += timedelta(days=1)
    await recorder.note(upstream="failing")
    (thursday,) = desk.announced[-1].ended_days
    status = await desk.record.status()
    older = msgspec.structs.replace(status, counted=None)
    async with desk.record.recording(desk.fence) as recording:
        await recording.announce(StatusChanged, status=older)
    desk.clock.now += timedelta(minutes=1)
    await desk.recorder().begin()
    event = desk.announced[-1]
    assert event.ended_days == (thursday,)
    assert event.status.counted == CountedDay(DataStatusDay(FRIDAY), desk.clock())


async def test_row_of_each_day_is_in_the_view(desk: Any, banxico: Any) -> None:
    """Whoever reads the view has every day until yesterday, the weekend too."""
    recorder = await _leading(desk, banxico)
    desk.clock.now += timedelta(days=4)
    await recorder.note(upstream="failing")
    found = await desk.rows("SELECT date FROM data_status_v1 ORDER BY date")
    days = [THURSDAY + timedelta(days=ahead) for ahead in range(4)]
    assert found == [(str(day),) for day in days]
    assert (await _count(desk)).day.date == mexico_day(desk.clock())
