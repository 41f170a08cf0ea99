"""Recording: one fenced transaction per event, and what is believed afterwards."""

import dataclasses
import math
from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import update

from rates_contracts.calendar import BankCalendar, DeclaredClosure
from rates_contracts.events import (
    CalendarChanged,
    HistoryReload,
    ObservationsRecorded,
    StatusChanged,
)
from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.cycle.decisions import decide_quarantined, decide_withdrawn, open_quarantine
from rates_sync.cycle.raw_answers import BEGINNING, MAX_KEPT_A_DAY
from rates_sync.cycle.recorder import AnnounceMode
from rates_sync.errors import (
    AlreadyClosed,
    HasFix,
    LeaseLost,
    NotDeclared,
    NotFinal,
    StoreUnavailable,
)
from rates_sync.store.coverage import Span
from rates_sync.store.lease import Lease
from rates_sync.store.record import Record
from rates_sync.store.schema import bank_calendar
from rates_sync.upstream import Query, Rejected

BOTH = (FIX, SETTLEMENT)
AUGUST = Query(BOTH, Day(2026, 8, 1), Day(2026, 8, 20))
JULY = Query(BOTH, Day(2026, 7, 1), Day(2026, 7, 31))
WEDNESDAY = Day(2026, 8, 12)


async def test_first_transaction_records_calendar_and_whole_status(desk: Any, banxico: Any) -> None:
    """Protocol rule 3: on an empty record the first event brings the calendar and the status."""
    await desk.recorder().begin()
    (event,) = await desk.events()
    assert isinstance(event, CalendarChanged)
    assert event.calendar == await desk.calendar()
    assert event.status.source == "simulator"
    assert event.averages is not None


async def test_new_leader_clears_what_the_dead_one_left(desk: Any, banxico: Any) -> None:
    """Protocol rule 3: the first transaction is announced, and the dead leader's breaker gone."""
    dead = desk.recorder()
    await dead.begin()
    await dead.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    await dead.note(breaker="open", breaker_since=desk.clock(), upstream="failing")
    await desk.recorder().begin()
    event = (await desk.events())[-1]
    assert isinstance(event, StatusChanged)
    assert (event.status.breaker, event.status.upstream) == ("closed", "failing")
    assert event.status.verified_at is not None


async def test_answer_is_recorded_and_announced_as_one_event(desk: Any, banxico: Any) -> None:
    """Rule R3: observations, status, averages and the event commit together."""
    recorder = desk.recorder()
    await recorder.begin()
    recorded = await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    event = desk.announced[-1]
    assert isinstance(event, ObservationsRecorded)
    assert recorded.new == len(event.observations) == 8 + 14
    assert event.status.verified_at == desk.clock()
    assert event.averages is not None
    assert recorder.schedule_inputs.newest_fix_day == WEDNESDAY
    assert (await desk.record.status()) == event.status


async def test_values_are_recorded_as_published(
    desk: Any, banxico: Any, real_fix: dict[Day, Decimal]
) -> None:
    """Rule R8: each digit that came is in the database, the last zero too."""
    recorder = desk.recorder()
    await recorder.begin()
    banxico.changed[FIX, WEDNESDAY] = Decimal("17.0530")
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    query = f"SELECT value FROM observations WHERE series = '{FIX}' AND date = '{WEDNESDAY}'"
    assert await desk.rows(query) == [("17.0530",)]


async def test_correction_is_a_revision_and_an_event(
    desk: Any, banxico: Any, real_fix: dict[Day, Decimal]
) -> None:
    """A corrected value becomes revision 2 beside revision 1."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    banxico.changed[FIX, WEDNESDAY] = real_fix[WEDNESDAY] + Decimal("0.0100")
    recorded = await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    (row,) = desk.announced[-1].observations
    assert (recorded.new, recorded.corrections) == (0, 1)
    assert (row.date, row.revision) == (WEDNESDAY, 2)


async def test_poll_without_news_is_silent(desk: Any, banxico: Any) -> None:
    """Protocol rule 5: the same answer half a minute later is verified but no event."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    events = len(desk.announced)
    desk.clock.now += timedelta(seconds=30)
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert len(desk.announced) == events
    assert recorder.health.verified_at == desk.clock()


async def _with_rows_that_wait(desk: Any, banxico: Any) -> Any:
    """Return a recorder whose record has a correction that no event has told of."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    banxico.changed[FIX, WEDNESDAY] = banxico.fix[WEDNESDAY] + Decimal("0.0100")
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.CHUNK)
    return recorder


async def test_quiet_poll_announces_rows_that_wait(desk: Any, banxico: Any) -> None:
    """Protocol rule 35: whatever a dropped backfill left is told by the next recording."""
    recorder = await _with_rows_that_wait(desk, banxico)
    desk.clock.now += timedelta(seconds=15)
    recorded = await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert (recorded.new, recorded.corrections) == (0, 0)
    assert isinstance(desk.announced[-1], HistoryReload)
    assert await desk.rows("SELECT unannounced_at FROM head") == [(None,)]


async def test_failed_poll_announces_rows_that_wait(desk: Any, banxico: Any) -> None:
    """Protocol rule 35: also one that brought no answer."""
    recorder = await _with_rows_that_wait(desk, banxico)
    await recorder.note_failure("ok", b"", desk.clock())
    assert isinstance(desk.announced[-1], HistoryReload)


async def test_calendar_changes_beside_rows_that_wait(desk: Any, banxico: Any) -> None:
    """The reload that announces them brings the closure, and the reopening, with it."""
    recorder = await _with_rows_that_wait(desk, banxico)
    friday = Day(2026, 8, 14)
    await recorder.declare_closed(friday, "decree", "operator")
    assert isinstance(desk.announced[-1], HistoryReload)
    assert not (await desk.calendar()).is_banking_day(friday)
    assert not recorder.schedule_inputs.calendar.is_banking_day(friday)
    banxico.changed[FIX, WEDNESDAY] += Decimal("0.0100")
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.CHUNK)
    await recorder.reopen(friday, "mistake", "operator")
    assert (await desk.calendar()).is_banking_day(friday)


async def test_suspicious_and_unusable_data_are_set_aside_once(desk: Any, banxico: Any) -> None:
    """Rule R10: both are kept with the reason; the same again counts no more."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(JULY), AnnounceMode.POLL)
    banxico.changed[FIX, WEDNESDAY] = Decimal("71.0530")
    banxico.rejected = (Rejected(FIX, None, '{"fecha":"?"}', "no date"),)
    recorded = await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert [row.date for row in recorded.quarantined] == [None, WEDNESDAY]
    again = await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert again.quarantined == ()
    assert len(await desk.rows("SELECT reason FROM quarantine")) == 2


async def test_unusable_answer_is_kept(desk: Any) -> None:
    """Rule R10: what came instead of an answer is kept as a payload; it puts nothing in review."""
    recorder = desk.recorder()
    await recorder.begin()
    body = b"<html>Mantenimiento</html>"
    await recorder.note_failure("failing", body, desk.clock())
    await recorder.note_failure("failing", body, desk.clock())
    assert await desk.rows("SELECT body FROM payloads") == [(body,)]
    assert await desk.rows("SELECT raw FROM quarantine") == []
    assert desk.announced[-1].status.upstream == "failing"


async def test_chunks_are_announced_as_one_reload(desk: Any, banxico: Any) -> None:
    """Protocol rule 2: a backfill of several chunks makes one `history_reload`."""
    recorder = desk.recorder()
    await recorder.begin()
    events = len(await desk.events())
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.CHUNK)
    await recorder.record(await banxico.ask(JULY), AnnounceMode.LAST_CHUNK)
    (event,) = (await desk.events())[events:]
    assert isinstance(event, HistoryReload)
    assert event.averages is not None


async def test_rows_of_a_dead_leaders_chunks_are_announced(desk: Any, banxico: Any) -> None:
    """What an interrupted backfill left unannounced is in the next leader's first event."""
    dead = desk.recorder()
    await dead.begin()
    await dead.record(await banxico.ask(JULY), AnnounceMode.CHUNK)
    await desk.recorder().begin()
    assert isinstance((await desk.events())[-1], HistoryReload)


async def test_chunk_without_news_announces_nothing(desk: Any, banxico: Any) -> None:
    """An operator's backfill that finds nothing wakes nobody."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(JULY), AnnounceMode.POLL)
    events = len(desk.announced)
    await recorder.record(await banxico.ask(JULY), AnnounceMode.CHUNK)
    await recorder.record(await banxico.ask(JULY), AnnounceMode.LAST_CHUNK)
    assert len(desk.announced) == events


async def test_lost_lease_records_nothing(desk: Any, banxico: Any) -> None:
    """Protocol rule 2: once another holds the lease a recording fails and leaves no trace."""
    recorder = desk.recorder()
    await recorder.begin()
    clock = desk.clock
    other = Lease(
        desk.engine, "other", monotonic=clock.monotonic, sleep=clock.sleep, poll=2, patience=10
    )
    await other.take(await other.observe())
    before = recorder.health
    with pytest.raises(LeaseLost):
        await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert await desk.rows("SELECT count(*) FROM observations") == [(0,)]
    assert recorder.health == before


async def test_failed_recording_verifies_nothing(desk: Any, banxico: Any) -> None:
    """A status never claims an answer whose values were not recorded."""
    recorder = desk.recorder()
    await recorder.begin()
    before = len(desk.announced)
    desk.record.working = 0
    with pytest.raises(StoreUnavailable):
        await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert (recorder.health.verified_at, recorder.schedule_inputs.newest_fix_day) == (None, None)
    assert len(desk.announced) == before
    desk.record.working = math.inf
    await recorder.note(upstream="failing")
    assert (await desk.record.status()).verified_at is None


async def test_answer_recorded_after_midnight_covers_no_more_than_when_it_came(
    desk: Any, banxico: Any, mexico: Any
) -> None:
    """Protocol rule 37: a FIX that came after the answer did is still asked for."""
    recorder = desk.recorder()
    await recorder.begin()
    banxico.withdrawn = {(FIX, Day(2026, 8, 13))}
    desk.clock.now = mexico("2026-08-13 23:59:50")
    answer = await banxico.ask(AUGUST)
    desk.clock.now = mexico("2026-08-14 00:00:05")
    await recorder.record(answer, AnnounceMode.POLL)
    assert (await desk.record.coverage())[FIX][-1].last == WEDNESDAY


async def test_answer_recorded_late_withdraws_nothing_too_early(desk: Any, banxico: Any) -> None:
    """Protocol rule 37: two answers a minute apart stay that, however late one is recorded."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    banxico.withdrawn = {(FIX, WEDNESDAY)}
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    desk.clock.now += timedelta(minutes=1)
    answer = await banxico.ask(AUGUST)
    desk.clock.now += timedelta(minutes=10)
    await recorder.record(answer, AnnounceMode.POLL)
    missed = await desk.record.withdrawals()
    assert [row.withdrawn_at for row in missed if row.series == FIX] == [None]


async def test_declared_closure_is_audited_and_announced(desk: Any) -> None:
    """A closure changes the calendar, its event says so, the audit says who and why."""
    recorder = desk.recorder()
    await recorder.begin()
    day = Day(2026, 8, 14)
    await recorder.declare_closed(day, "decree", "operator")
    event = desk.announced[-1]
    assert isinstance(event, CalendarChanged)
    assert event.calendar.declared == (DeclaredClosure(day, "decree", event.recorded_at),)
    assert not recorder.schedule_inputs.calendar.is_banking_day(day)
    assert await desk.rows("SELECT actor, action, detail FROM audit") == [
        ("operator", "close-day", "2026-08-14: decree")
    ]


async def test_closed_day_is_not_declared_again(desk: Any) -> None:
    """A day that the calendar has closed needs no declaration."""
    recorder = desk.recorder()
    await recorder.begin()
    with pytest.raises(AlreadyClosed):
        await recorder.declare_closed(Day(2026, 8, 15), "weekend", "operator")


async def test_day_with_a_fix_is_not_declared_closed(desk: Any, banxico: Any) -> None:
    """Protocol rule 29: banks were open; nothing is declared, announced or audited."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    events = len(desk.announced)
    with pytest.raises(HasFix):
        await recorder.declare_closed(Day(2026, 8, 12), "mistake", "operator")
    assert len(desk.announced) == events
    assert await desk.rows("SELECT * FROM audit") == []


async def test_day_whose_fix_was_withdrawn_can_be_closed(desk: Any, banxico: Any) -> None:
    """Protocol rule 29: once an operator has accepted the withdrawal, and not before; audited."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    day = Day(2026, 8, 11)
    banxico.withdrawn = {(FIX, day), (SETTLEMENT, Day(2026, 8, 13))}
    for _ in range(2):
        desk.clock.now += timedelta(minutes=6)
        await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    with pytest.raises(HasFix):
        await recorder.declare_closed(day, "decree", "operator")
    await decide_withdrawn(recorder, day, "accept", "operator")
    await recorder.declare_closed(day, "decree", "operator")
    event = desk.announced[-1]
    assert not event.calendar.is_banking_day(day)
    assert day in event.status.series[FIX].withdrawn
    assert await desk.rows("SELECT action FROM audit ORDER BY at") == [
        ("withdrawal accept",),
        ("close-day",),
    ]


async def test_closure_declared_during_a_backfill_is_recorded(desk: Any, banxico: Any) -> None:
    """The reload that announces the chunks carries it: workers read the calendar, too."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(JULY), AnnounceMode.CHUNK)
    await recorder.declare_closed(Day(2026, 8, 14), "decree", "operator")
    assert isinstance(desk.announced[-1], HistoryReload)
    assert [row.date for row in (await desk.calendar()).declared] == [Day(2026, 8, 14)]
    assert not recorder.schedule_inputs.calendar.is_banking_day(Day(2026, 8, 14))


@pytest.mark.parametrize("last", [Day(2026, 8, 13), Day(2026, 8, 14), Day(2026, 9, 30)])
async def test_days_that_may_still_be_published_are_not_accepted(
    desk: Any, banxico: Any, last: Day
) -> None:
    """Protocol rule 25: neither today nor later, nor a day after the newest known FIX."""
    recorder = desk.recorder()
    await recorder.begin()
    with pytest.raises(NotFinal):
        await recorder.accept_history(Span(Day(2026, 8, 3), WEDNESDAY), "operator")
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    with pytest.raises(NotFinal):
        await recorder.accept_history(Span(Day(2026, 8, 3), last), "operator")
    await recorder.accept_history(Span(Day(2026, 7, 1), WEDNESDAY), "operator")


async def test_operators_backfill_covers_nothing_if_too_much_is_missing(
    desk: Any, banxico: Any
) -> None:
    """Protocol rule 27: more than two known FIX days; what one or two are missing is noted."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    banxico.withdrawn = {(FIX, Day(2026, 8, day)) for day in (5, 6, 7)}
    since = Query(BOTH, JULY.first, AUGUST.last)
    await recorder.record(await banxico.ask(since), AnnounceMode.LAST_CHUNK, trusted=True)
    assert (await desk.record.coverage())[FIX] == (Span(Day(2026, 8, 1), WEDNESDAY),)
    banxico.withdrawn = {(FIX, Day(2026, 8, 5))}
    await recorder.record(await banxico.ask(since), AnnounceMode.LAST_CHUNK, trusted=True)
    assert [row.date for row in await desk.record.withdrawals()] == [Day(2026, 8, 5)]


async def test_answer_of_a_clock_in_doubt_verifies_as_of_the_time_that_is_recorded(
    desk: Any, banxico: Any
) -> None:
    """Protocol rule 33: an answer without a `Date`, received by a clock that is an hour ahead."""
    right = desk.clock()
    desk.record = Record(desk.engine, lambda: right, lambda: uuid4().hex)
    desk_clock, desk.clock = desk.clock, lambda: right
    recorder = desk.recorder()
    await recorder.begin()
    desk_clock.jump(timedelta(hours=1))
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    assert recorder.health.verified_at == right
    assert desk.announced[-1].recorded_at - right < timedelta(seconds=1)
    (received,) = await desk.rows("SELECT received_at FROM payloads")
    assert received == (right.strftime("%Y-%m-%d %H:%M:%S.%f"),)


async def test_closure_declared_by_mistake_is_undone(desk: Any) -> None:
    """Protocol rule 29: the day is awaited again; what was known in between stays known."""
    recorder = desk.recorder()
    await recorder.begin()
    today = Day(2026, 8, 13)
    await recorder.declare_closed(today, "decree", "operator")
    between = desk.announced[-1]
    assert between.status.transitions[0].state == "closed_day"
    desk.clock.now += timedelta(hours=3)
    await recorder.reopen(today, "wrong day", "operator")
    undone = desk.announced[-1]
    assert undone.status.transitions[0].state == "late"
    assert undone.calendar.is_banking_day(today)
    assert not undone.calendar.as_of(between.recorded_at).is_banking_day(today)
    assert undone.calendar.as_of(undone.recorded_at).is_banking_day(today)
    assert await desk.rows("SELECT action, detail FROM audit ORDER BY at") == [
        ("close-day", "2026-08-13: decree"),
        ("reopen-day", "2026-08-13: wrong day"),
    ]


async def test_day_that_nobody_closed_is_not_reopened(desk: Any) -> None:
    """Protocol rule 29: a holiday of the calendar is no declaration."""
    recorder = desk.recorder()
    await recorder.begin()
    with pytest.raises(NotDeclared):
        await recorder.reopen(Day(2026, 9, 16), "mistake", "operator")


async def test_answer_of_a_wrong_clock_is_not_ahead(desk: Any, banxico: Any) -> None:
    """Protocol rule 32: once the clock is right again, the next recording takes the future back."""
    recorder = desk.recorder()
    await recorder.begin()
    desk.clock.jump(timedelta(days=1))
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    desk.clock.jump(timedelta(days=-1))
    await recorder.note(upstream="failing")
    assert recorder.health.verified_at == desk.clock()
    desk.clock.now += timedelta(minutes=1)
    await recorder.note(upstream="ok")
    status = await desk.record.status()
    assert status.verified_at == desk.clock() - timedelta(minutes=1)
    assert status.fresh_until == desk.clock() + timedelta(minutes=4)


async def test_new_leader_takes_no_future_over(desk: Any, banxico: Any) -> None:
    """Protocol rule 32: what the last leader's wrong clock verified is not ahead any more."""
    recorder = desk.recorder()
    await recorder.begin()
    desk.clock.jump(timedelta(days=1))
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    desk.clock.jump(timedelta(days=-1))
    successor = desk.recorder()
    await successor.begin()
    assert successor.schedule_inputs.verified_at <= desk.clock()


async def test_next_years_version_keeps_declared_closures(desk: Any) -> None:
    """Protocol rule 31: it is announced, forgets no declaration, and `as_of` has the one before."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.declare_closed(Day(2026, 8, 14), "decree", "operator")
    desk.clock.now += timedelta(days=150)
    await recorder.renew_calendar()
    calendar = desk.announced[-1].calendar
    assert calendar.last == Day(2029, 12, 31)
    assert [row.date for row in calendar.declared] == [Day(2026, 8, 14)]
    assert calendar.known_from == desk.announced[-1].recorded_at
    assert [version.last for version in calendar.earlier] == [Day(2028, 12, 31)]
    assert calendar.as_of(desk.announced[-2].recorded_at).last == Day(2028, 12, 31)
    events = len(desk.announced)
    await recorder.renew_calendar()
    assert len(desk.announced) == events


async def test_versions_that_an_older_release_dropped_are_restored(desk: Any) -> None:
    """Protocol rule 31: `as_of` keeps the version that was known, and an undone closure."""
    recorder = desk.recorder()
    await recorder.begin()
    await recorder.declare_closed(Day(2026, 8, 14), "decree", "operator")
    await recorder.reopen(Day(2026, 8, 14), "mistake", "operator")
    desk.clock.now += timedelta(days=150)
    await recorder.renew_calendar()
    whole = desk.announced[-1].calendar
    closure = DeclaredClosure(Day(2027, 1, 18), "decree", desk.clock())
    await _record_as_an_older_release(desk, replace(whole, declared=(closure,)))
    await desk.recorder().begin()
    calendar = await desk.calendar()
    assert calendar == replace(whole, declared=(closure,))
    assert len(calendar.earlier) == len(calendar.reopened) == 1


async def test_version_of_an_older_release_is_one_of_them(desk: Any) -> None:
    """It is known from when the newer release finds it, until that has recorded its own."""
    recorder = desk.recorder()
    await recorder.begin()
    whole = await desk.calendar()
    await _record_as_an_older_release(desk, replace(whole, version="holidays-0.1/XMEX"))
    desk.clock.now += timedelta(hours=1)
    await desk.recorder().begin()
    calendar = await desk.calendar()
    assert [row.version for row in calendar.versions] == [
        whole.version,
        "holidays-0.1/XMEX",
        whole.version,
    ]


async def test_names_that_an_older_release_does_not_know_come_back(desk: Any) -> None:
    """What closed days are called makes no other version of the calendar."""
    recorder = desk.recorder()
    await recorder.begin()
    whole = await desk.calendar()
    assert whole.name_of(Day(2026, 9, 16)) == "Día de la Independencia"
    await _record_as_an_older_release(desk, replace(whole, names=()))
    await desk.recorder().begin()
    assert await desk.calendar() == whole


async def _record_as_an_older_release(desk: Any, calendar: BankCalendar) -> None:
    """Record a calendar without versions and undone closures, where an older release does."""
    narrow = replace(calendar, earlier=(), reopened=(), known_from=None)
    row = {"version": narrow.version, "document": msgspec.json.encode(narrow).decode()}
    async with desk.engine.begin() as connection:
        await connection.execute(update(bank_calendar).values(row))


async def test_garbage_that_differs_each_time_is_one_row_in_quarantine(
    desk: Any, banxico: Any
) -> None:
    """Protocol rule 34: what is no value of a day is known by its series and kind."""
    recorder = desk.recorder()
    await recorder.begin()
    new = []
    for number in range(3):
        banxico.rejected = (Rejected("", None, f"{number}", "not a series", "undated"),)
        answer = await banxico.ask(AUGUST)
        new.append((await recorder.record(answer, AnnounceMode.POLL)).quarantined)
    assert [len(quarantined) for quarantined in new] == [1, 0, 0]
    assert await desk.rows("SELECT state FROM quarantine") == [("open",)]


async def test_answers_of_a_day_are_kept_up_to_a_bound(desk: Any, banxico: Any) -> None:
    """Protocol rule 34: beyond it by their beginnings, until the next day; its values are kept."""
    recorder = desk.recorder()
    await recorder.begin()
    kept, size = [], MAX_KEPT_A_DAY // 8
    for number in range(12):
        body = b"%02d" % number + bytes(size - 2)
        answer = dataclasses.replace(await banxico.ask(AUGUST), body=body, sha256=f"{number:064}")
        if number == 11:
            desk.clock.now += timedelta(days=1)
        await recorder.record(answer, AnnounceMode.POLL)
        (row,) = await desk.rows(f"SELECT LENGTH(body) FROM payloads WHERE sha256 = '{number:064}'")
        kept.append(row[0])
    assert kept == [size] * 8 + [BEGINNING] * 3 + [size]


async def test_fix_of_a_day_declared_closed_is_accepted_with_its_settlement_rate(
    desk: Any, banxico: Any
) -> None:
    """Protocol rules 28 and 29: it refutes the closure, so that Friday's rate rests on it."""
    recorder, friday = desk.recorder(), Day(2026, 8, 14)
    await recorder.begin()
    await recorder.declare_closed(WEDNESDAY, "by mistake", "ana")
    for day in ((FIX, WEDNESDAY), (SETTLEMENT, friday)):
        banxico.changed[day] = Decimal("20.0000")
    await recorder.record(await banxico.ask(AUGUST), AnnounceMode.POLL)
    fix = next(row for row in await open_quarantine(recorder) if row.series == FIX)
    accepted = await decide_quarantined(recorder, fix.id, "accept", "ana")
    assert {(row.series, row.date) for row in accepted} == {(FIX, WEDNESDAY), (SETTLEMENT, friday)}
