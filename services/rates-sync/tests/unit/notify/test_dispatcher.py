"""Alerts and purges (protocol rule 21)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from rates_contracts.events import Position, StoredEvent, encode_event, stored_event
from rates_contracts.observation import FIX
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.errors import HoleCause, NotificationFailed, StoreUnavailable, Unconfirmed
from rates_sync.leader.clock_check import clock_wrong
from rates_sync.notify.alerts import MAX_REFUSALS, Alert, AlertSender
from rates_sync.notify.dispatcher import AlertDispatcher, AlertRecord, PurgeDispatcher
from rates_sync.notify.pairs import DatabaseOutage
from rates_sync.notify.rules import alerts_of
from rates_sync.store.schema import outbox
from rates_sync.upstream import Query, Rejected

SERIES = ("SF43718", "SF60653")

Dispatchers = Callable[[], AlertDispatcher]
"""Makes a dispatcher of alerts, as each new leader does."""
Purges = Callable[[], PurgeDispatcher]
"""Makes a dispatcher of purges, as each new leader does."""


class FakeAlerts:
    """Alerts that went out; `failures` refuses so many first, `poisoned` is never accepted."""

    def __init__(self) -> None:
        self.sent: list[Alert] = []
        self.failures = 0
        self.poisoned = ""
        self.arrived = asyncio.Event()

    async def publish(self, alert: Alert) -> None:
        if alert.name == self.poisoned:
            raise NotificationFailed("invalid parameter")
        if self.failures:
            self.failures -= 1
            raise NotificationFailed("throttled")
        self.sent.append(alert)
        self.arrived.set()

    @property
    def names(self) -> list[str]:
        return [alert.name for alert in self.sent]


class FakeEdge:
    """An edge that counts its purges."""

    configured = True

    def __init__(self) -> None:
        self.purged: list[tuple[str, ...]] = []
        self.failures = 0

    async def purge(self, paths: Sequence[str]) -> None:
        if self.failures:
            self.failures -= 1
            raise NotificationFailed("throttled")
        self.purged.append(tuple(paths))


@pytest.fixture
def alerts() -> FakeAlerts:
    return FakeAlerts()


@pytest.fixture
def edge() -> FakeEdge:
    return FakeEdge()


@pytest.fixture
def dispatcher_of(desk: Any, alerts: FakeAlerts) -> Dispatchers:
    """Return a function that makes a dispatcher of alerts."""
    return lambda: desk.dispatcher(alerts)


@pytest.fixture
def purges_of(desk: Any, edge: FakeEdge) -> Purges:
    """Return a function that makes a dispatcher of purges."""
    return lambda: desk.purges(edge)


@pytest.fixture
async def recorder(
    desk: Any,
    dispatcher_of: Dispatchers,
    purges_of: Purges,
    alerts: FakeAlerts,
    edge: FakeEdge,
) -> Recorder:
    """A recorder whose first events have been dealt with."""
    recorder: Recorder = desk.recorder()
    await recorder.begin()
    desk.clock.now += timedelta(minutes=1)
    await dispatcher_of().step()
    await purges_of().step()
    alerts.sent.clear()
    edge.purged.clear()
    return recorder


async def _publish(recorder: Recorder, banxico: Any) -> None:
    day = banxico.clock.now.date()
    query = Query(SERIES, day - timedelta(days=3), day)
    await recorder.record(await banxico.ask(query), AnnounceMode.POLL)


async def test_they_look_seldom_while_nothing_is_pending(
    recorder: Recorder, banxico: Any, desk: Any, dispatcher_of: Dispatchers, purges_of: Purges
) -> None:
    """An idle leader costs little; a purge that is still due is never waited for so long."""
    dispatcher, purges = dispatcher_of(), purges_of()
    await _publish(recorder, banxico)
    after_news = [await dispatcher.step(), await purges.step()]
    await dispatcher.step()
    await purges.step()
    desk.clock.now += timedelta(seconds=17)
    waiting = await purges.step()
    desk.clock.now += timedelta(seconds=waiting)
    await purges.step()

    assert (after_news, waiting) == ([1.0, 1.0], 3.0)
    assert [await dispatcher.step(), await purges.step()] == [10.0, 10.0]


async def test_publication_is_purged_twice(
    recorder: Recorder,
    desk: Any,
    banxico: Any,
    purges_of: Purges,
    edge: FakeEdge,
) -> None:
    """Protocol rule 21: at once and 20 s later, or a worker not yet there refills the edge."""
    purges = purges_of()
    await _publish(recorder, banxico)
    await purges.step()
    assert edge.purged == [("/api/v1/*", "/", "/?*", "/en", "/en?*", "/charts/*")]
    await purges.step()
    assert len(edge.purged) == 1
    desk.clock.now += timedelta(seconds=20)
    await purges.step()
    await purges.step()
    assert len(edge.purged) == 2


async def test_second_purge_follows_no_wall_clock(
    recorder: Recorder,
    desk: Any,
    banxico: Any,
    purges_of: Purges,
    edge: FakeEdge,
) -> None:
    """Protocol rule 32: set ahead it is not early, set back it is not late."""
    purges = purges_of()
    await _publish(recorder, banxico)
    await purges.step()
    desk.clock.jump(timedelta(hours=1))
    await purges.step()
    assert len(edge.purged) == 1
    desk.clock.jump(timedelta(hours=-3))
    desk.clock.now += timedelta(seconds=20)
    await purges.step()
    assert len(edge.purged) == 2


async def test_clock_that_jumped_is_an_alert(
    dispatcher_of: Dispatchers, recorder: Recorder, alerts: FakeAlerts
) -> None:
    """Protocol rule 32: people hear how far the clock moved, whatever the record says."""
    dispatcher = dispatcher_of()
    dispatcher.on_clock_jump(timedelta(hours=-1))
    await dispatcher.step()
    assert alerts.names == ["clock_jumped"]
    assert "-3600.0 s" in alerts.sent[0].summary


async def test_freshness_alone_purges_nothing(
    recorder: Recorder,
    desk: Any,
    purges_of: Purges,
    edge: FakeEdge,
) -> None:
    """Protocol rule 21: a status that only moved freshness leaves the edge alone."""
    await recorder.note(upstream="failing")
    desk.clock.now += timedelta(minutes=1)
    await purges_of().step()
    assert edge.purged == []


async def test_opened_and_closed_alert_and_purge_but_no_trial(
    recorder: Recorder,
    desk: Any,
    dispatcher_of: Dispatchers,
    purges_of: Purges,
    alerts: FakeAlerts,
    edge: FakeEdge,
) -> None:
    """Protocol rule 21: of open, half-open, open, half-open, closed people hear two."""
    dispatcher, purges = dispatcher_of(), purges_of()
    for state in ("open", "half_open", "open", "half_open", "closed"):
        await recorder.note(breaker=state, upstream="ok" if state == "closed" else "failing")
        await dispatcher.step()
        await purges.step()
    assert alerts.names == ["breaker_opened", "breaker_closed"]
    assert len(edge.purged) == 2


async def test_new_leader_tells_the_end_once_banxico_answers(
    recorder: Recorder,
    desk: Any,
    dispatcher_of: Dispatchers,
    alerts: FakeAlerts,
) -> None:
    """Protocol rule 44: its breaker begins closed, which is no answer of Banxico's."""
    await recorder.note(breaker="open", upstream="failing")
    await dispatcher_of().step()
    successor, dispatcher = desk.recorder(), dispatcher_of()
    await successor.begin()
    await dispatcher.step()
    await successor.note(breaker="open")
    await dispatcher.step()
    assert alerts.names == ["breaker_opened"]
    await successor.note(breaker="closed", upstream="ok")
    for _ in range(2):
        await dispatcher_of().step()
    assert alerts.names == ["breaker_opened", "breaker_closed"]


async def test_bad_token_alerts_once(
    recorder: Recorder, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """A token that stays bad is one alert, not one for each poll."""
    dispatcher = dispatcher_of()
    await recorder.note(upstream="bad_token")
    await recorder.note(upstream="bad_token", breaker="open")
    await dispatcher.step()
    assert alerts.names == ["bad_token", "breaker_opened"]


async def test_stream_reset_alerts(
    recorder: Recorder,
    desk: Any,
    dispatcher_of: Dispatchers,
    purges_of: Purges,
    alerts: FakeAlerts,
    edge: FakeEdge,
) -> None:
    """Protocol rule 9 is loud: a new timeline is an alert and a purge."""
    await desk.record.restart_timeline(desk.fence, 5)
    await dispatcher_of().step()
    await purges_of().step()
    assert alerts.names == ["stream_reset"]
    assert len(edge.purged) == 1


async def test_notice_goes_out_at_least_once(
    recorder: Recorder, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """What did not go out is sent by a later step, or by the next leader."""
    alerts.failures = 1
    await recorder.note(breaker="open")
    await dispatcher_of().step()
    assert alerts.names == []
    await dispatcher_of().step()
    await dispatcher_of().step()
    assert alerts.names == ["breaker_opened"]


async def test_failed_purge_is_repeated(
    recorder: Recorder,
    banxico: Any,
    purges_of: Purges,
    edge: FakeEdge,
) -> None:
    """A purge that the edge did not accept is asked for again."""
    edge.failures = 1
    await _publish(recorder, banxico)
    purges = purges_of()
    await purges.step()
    await purges.step()
    assert len(edge.purged) == 1


async def test_refused_purge_shortens_what_the_edge_keeps_until_one_is_accepted(
    recorder: Recorder, desk: Any, banxico: Any, edge: FakeEdge
) -> None:
    """Protocol rule 44: `edge_purged` is false meanwhile, also for the next leader."""
    purged = [(await desk.record.status()).edge_purged]
    edge.failures = 2
    await _publish(recorder, banxico)
    await desk.purges(edge, recorder).step()
    purged.append((await desk.record.status()).edge_purged)
    successor = desk.recorder()
    await successor.begin()
    purged.append((await desk.record.status()).edge_purged)
    purges = desk.purges(edge, successor)
    for _ in range(2):
        await purges.step()
        purged.append((await desk.record.status()).edge_purged)
    assert purged == [True, False, False, False, True]


async def test_purge_is_refused_for_hours_and_still_owed(
    recorder: Recorder, desk: Any, banxico: Any, purges_of: Purges, edge: FakeEdge
) -> None:
    """Protocol rule 44: unlike an alert it is never set aside."""
    edge.failures = 600
    await _publish(recorder, banxico)
    purges = purges_of()
    for _ in range(601):
        await purges.step()
    assert len(edge.purged) == 1


async def test_alert_that_is_always_refused_is_set_aside(
    recorder: Recorder, desk: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """Protocol rule 44: after ten refusals, in some minutes; those after it go out."""
    alerts.poisoned = "bad_token"
    await recorder.note(upstream="bad_token")
    await recorder.note(breaker="open")
    dispatcher = dispatcher_of()
    for _ in range(600):
        await dispatcher.step()
        desk.clock.now += timedelta(seconds=1)
    assert alerts.names == ["breaker_opened"]
    assert desk.outcomes.count(("alert", "failed")) == MAX_REFUSALS
    assert desk.outcomes.count(("alert", "set_aside")) == 1


async def test_alert_before_a_refused_one_is_not_sent_again(
    recorder: Recorder, desk: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """Protocol rule 44: the cursor moves after each alert, not after a batch (fault 13)."""
    await recorder.note(upstream="bad_token")
    await recorder.note(upstream="ok")
    alerts.poisoned = "stream_reset"
    await desk.record.restart_timeline(desk.fence, 5)
    for _ in range(120):
        await dispatcher_of().step()
        desk.clock.now += timedelta(seconds=5)
    assert alerts.names == ["bad_token"]


async def test_redis_that_answers_again_is_told_once_whoever_leads(
    recorder: Recorder, desk: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """Protocol rule 44: it fails, the leader changes, it answers (fault 13)."""
    for away in (True, True, False, False):
        dispatcher = dispatcher_of()
        for _ in range(3):
            dispatcher.on_redis_step(unavailable=away)
            await dispatcher.step()
            desk.clock.now += timedelta(seconds=8)
    assert alerts.names == ["redis_unavailable", "redis_available"]


async def test_refused_end_is_left_to_the_next_leader(
    recorder: Recorder, desk: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """It stays open in the record until its end is accepted."""
    dispatcher = dispatcher_of()
    for _ in range(3):
        dispatcher.on_redis_step(unavailable=True)
        await dispatcher.step()
        desk.clock.now += timedelta(seconds=8)
    alerts.failures = 1
    for leader in (dispatcher, dispatcher_of()):
        leader.on_redis_step(unavailable=False)
        await leader.step()
    assert alerts.names == ["redis_unavailable", "redis_available"]


async def test_unconfirmed_series_is_told_once_whoever_leads(
    recorder: Recorder, desk: Any, banxico: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """Protocol rules 27 and 44: neither its beginning nor its end a second time."""
    await _publish(recorder, banxico)
    banxico.age = timedelta(hours=1)
    query = Query(
        SERIES, Day(2026, 8, 10), Day(2026, 8, 13), confirms=await recorder.newest_known()
    )
    with pytest.raises(Unconfirmed) as caught:
        await banxico.ask(query)
    await recorder.record(caught.value.answer, AnnounceMode.POLL)
    for _ in range(2):
        dispatcher = dispatcher_of()
        for _ in range(2):
            await dispatcher.step()
            desk.clock.now += timedelta(minutes=6)
    banxico.age = timedelta()
    await _publish(recorder, banxico)
    for _ in range(2):
        await dispatcher_of().step()
    told = [name for name in alerts.names if name.startswith("fix_")]
    assert told == ["fix_unconfirmed", "fix_confirmed"]


async def test_wrong_clock_is_told_once_whoever_leads(
    recorder: Recorder, desk: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """Protocol rules 33 and 44: a new leader finds the same, then it is over."""
    for _ in range(2):
        dispatcher = dispatcher_of()
        dispatcher.on_clock_wrong(clock_wrong(desk.clock(), "It is ahead by 90 s."))
        await dispatcher.step()
        desk.clock.now += timedelta(minutes=1)
    for _ in range(2):
        dispatcher = dispatcher_of()
        await dispatcher.step()
        dispatcher.on_clock_right()
        await dispatcher.step()
    assert alerts.names == ["clock_wrong", "clock_right"]
    assert alerts.sent[0].summary == "It is ahead by 90 s."


async def test_a_lost_signing_key_is_told_once_and_so_is_its_end(
    desk: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """Whoever leads finds the same each night, until there is a key again."""
    for reason in ("its file can't be read", "its file can't be read", None, None):
        dispatcher = dispatcher_of()
        dispatcher.on_signing_key(reason)
        await dispatcher.step()
        desk.clock.now += timedelta(days=1)
    assert alerts.names == ["signing_key_unusable", "signing_key_usable"]
    assert "its file can't be read" in alerts.sent[0].summary


async def test_database_outage_is_told_once_and_so_is_its_end(
    alerts: FakeAlerts, hand_clock: Any
) -> None:
    """Protocol rule 44: the record can't hold it, so that each instance tells both by itself."""
    sender = AlertSender(alerts, hand_clock.monotonic, lambda _: None)
    outage = DatabaseOutage(sender, hand_clock, hand_clock.monotonic)
    away = StoreUnavailable("away")
    for error in (away, None, *[away] * 5, None, None):
        outage.on_outcome(error)
        await outage.step()
        hand_clock.now += timedelta(seconds=8)
    assert alerts.names == ["database_unavailable", "database_available"]


async def test_short_outage_is_no_alert(
    recorder: Recorder, desk: Any, dispatcher_of: Dispatchers, alerts: FakeAlerts
) -> None:
    """A failover of seconds wakes nobody."""
    dispatcher = dispatcher_of()
    for away in (True, True, False, True, True, False):
        dispatcher.on_redis_step(unavailable=away)
        await dispatcher.step()
        desk.clock.now += timedelta(seconds=4)
    assert alerts.names == []


class Rewriter:
    """Makes the newest events ones of a later version, as after a rollback."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk

    async def __call__(self, kind: str, **members: Any) -> None:
        """Let the newest event be of an unknown type."""
        event = self._desk.announced[-1]
        later = msgspec.json.decode(encode_event(event)) | {"type": kind, **members}
        here = outbox.c.position == event.position
        document = msgspec.json.encode(later).decode()
        async with self._desk.engine.begin() as connection:
            await connection.execute(update(outbox).where(here).values(document=document))


@pytest.fixture
def rewrite(desk: Any) -> Rewriter:
    return Rewriter(desk)


async def test_unknown_event_makes_the_edge_old(
    recorder: Recorder,
    rewrite: Rewriter,
    dispatcher_of: Dispatchers,
    purges_of: Purges,
    alerts: FakeAlerts,
    edge: FakeEdge,
) -> None:
    """After a rollback: what a later version changed is not known, so the edge is purged, once."""
    await recorder.note(upstream="failing")
    await rewrite("status_changed.v9")
    dispatcher, purges = dispatcher_of(), purges_of()
    await dispatcher.step()
    await purges.step()
    await dispatcher.step()
    await purges.step()
    assert len(edge.purged) == 1
    assert alerts.names == []


async def test_breaker_is_heard_of_through_unknown_events(
    recorder: Recorder,
    rewrite: Rewriter,
    dispatcher_of: Dispatchers,
    alerts: FakeAlerts,
    desk: Any,
) -> None:
    """Every event carries the status: what an unknown one opened, the next leader closes."""
    await recorder.note(breaker="open")
    await rewrite("status_changed.v9")
    await dispatcher_of().step()
    await recorder.note(breaker="closed", upstream="ok")
    await rewrite("status_changed.v9")
    await dispatcher_of().step()
    assert alerts.names == ["breaker_opened", "breaker_closed"]


async def test_unreadable_status_stops_nothing(
    recorder: Recorder,
    rewrite: Rewriter,
    dispatcher_of: Dispatchers,
    purges_of: Purges,
    alerts: FakeAlerts,
    edge: FakeEdge,
) -> None:
    """An event whose status can't be read either is purged for and passed by."""
    await recorder.note(upstream="failing")
    await rewrite("status_changed.v9", status="fine")
    dispatcher, purges = dispatcher_of(), purges_of()
    await dispatcher.step()
    await purges.step()
    await recorder.note(breaker="open")
    await dispatcher.step()
    await purges.step()
    assert len(edge.purged) == 2
    assert alerts.names == ["breaker_opened"]


async def test_unknown_type_is_warned_of_once(
    recorder: Recorder, rewrite: Rewriter, dispatcher_of: Dispatchers
) -> None:
    """A type that only a later version knows is one warning, however many events are of it."""
    dispatcher = dispatcher_of()
    with capture_logs() as lines:
        for upstream in ("failing", "ok"):
            await recorder.note(upstream=upstream)
            await rewrite("status_changed.v9")
            await dispatcher.step()
    (line,) = [line for line in lines if line["event"] == "event_undecodable"]
    assert "status_changed.v9" in line["error"]


async def test_data_without_a_day_are_one_direct_alert(
    dispatcher_of: Dispatchers,
    desk: Any,
    recorder: Recorder,
    alerts: FakeAlerts,
) -> None:
    """Many unreadable rows of an answer are one alert, sent again until it is accepted."""
    alerts.failures = 1
    dispatcher = dispatcher_of()
    rows = [Rejected("SF43718", None, text, "no date", "undated") for text in ("a", "b")]
    dispatcher.on_quarantined(rows)
    for _ in range(3):
        await dispatcher.step()
        desk.clock.now += timedelta(seconds=1)
    assert alerts.names == ["quarantined"]


async def test_data_of_a_kind_are_an_alert_an_hour_at_most(
    dispatcher_of: Dispatchers, desk: Any, recorder: Recorder, alerts: FakeAlerts
) -> None:
    """Protocol rule 34: however they differ; the next alert says how many they were."""
    dispatcher = dispatcher_of()
    for number in range(242):
        data = [Rejected("", None, f"{number}", f"garbage {number}", "undated")]
        dispatcher.on_quarantined(data)
        await dispatcher.step()
        desk.clock.now += timedelta(seconds=15)
    dispatcher.on_quarantined([Rejected(FIX, None, "", "too many are missing", "answer")])
    await dispatcher.step()
    first, second, of_another_kind = (alert.summary for alert in alerts.sent)
    assert "garbage 0" in first
    assert second.endswith("garbage 240. The last of 240 since the alert before.")
    assert "too many are missing" in of_another_kind


async def test_value_under_review_is_alerted_through_the_outbox(
    dispatcher_of: Dispatchers,
    desk: Any,
    banxico: Any,
    recorder: Recorder,
    alerts: FakeAlerts,
) -> None:
    """Protocol rule 28: a leader that dies before the alert went out leaves it to the next."""
    await _publish(recorder, banxico)
    day = max(day for day in banxico.fix if day <= Day(2026, 8, 12))
    banxico.changed[FIX, day] = banxico.fix[day] * 2
    await _publish(recorder, banxico)
    alerts.failures = 1
    await dispatcher_of().step()
    assert alerts.names == []
    await dispatcher_of().step()
    assert "value_under_review" in alerts.names


def _over(cursor: Any, alerts: FakeAlerts, clock: Any) -> AlertDispatcher:
    """Return a dispatcher over another cursor than the record's."""
    sender = AlertSender(alerts, clock.monotonic, lambda _: None)
    return AlertDispatcher(
        AlertRecord(cursor, NoOpenAlerts()),
        sender,
        clock,
        clock.monotonic,
        interval=3600,
    )


class NoOpenAlerts:
    """A record without open alerts that keeps none."""

    async def read(self) -> dict[str, datetime]:
        """Return none."""
        return {}

    async def replace(self, opened: Mapping[str, datetime]) -> None:
        """Forget them."""


class QueueCursor:
    """A cursor over a list."""

    def __init__(self) -> None:
        self.events: list[StoredEvent] = []

    async def pending(self) -> list[StoredEvent]:
        """Return the list."""
        return self.events

    async def passed(self) -> StoredEvent | None:
        """Nothing came before."""
        return None

    async def advance(self, to: Position) -> None:
        """Empty the list."""
        self.events = []


async def test_dispatcher_steps_when_woken(
    desk: Any, recorder: Recorder, alerts: FakeAlerts
) -> None:
    """A relayed event is dealt with at once, not at the next interval."""
    cursor, wake = QueueCursor(), asyncio.Event()
    dispatcher = _over(cursor, alerts, desk.clock)
    running = asyncio.create_task(dispatcher.run(wake))
    await asyncio.sleep(0)
    await recorder.note(breaker="open")
    cursor.events = [stored_event(encode_event(desk.announced[-1]))]
    wake.set()
    await alerts.arrived.wait()
    running.cancel()
    await asyncio.wait({running})
    assert alerts.names == ["breaker_opened"]


async def _poll_at(recorder: Recorder, banxico: Any, instant: datetime) -> None:
    """Let Banxico, which never has the day's FIX, be asked at `instant`."""
    banxico.clock.now = instant
    day = instant.date()
    query = Query(SERIES, day - timedelta(days=9), day)
    await recorder.record(await banxico.ask(query), AnnounceMode.POLL)


async def test_missing_fix_is_one_alert_at_the_closing(
    recorder: Recorder,
    banxico: Any,
    mexico: Callable[[str], datetime],
    dispatcher_of: Dispatchers,
    alerts: FakeAlerts,
) -> None:
    """Protocol rule 29: told once, at 17:00, by whoever leads then; not again on the weekend."""
    missing = (Day(2026, 8, 14), Day(2026, 8, 17))
    banxico.fix = {day: value for day, value in banxico.fix.items() if day not in missing}
    names = []
    for at in (
        "2026-08-13 16:59",
        "2026-08-13 17:00:01",
        "2026-08-14 12:59",
        "2026-08-14 13:01",
        "2026-08-14 16:59",
        "2026-08-14 17:00:01",
        "2026-08-14 17:15:01",
        "2026-08-15 17:00:01",
        "2026-08-16 17:00:01",
        "2026-08-17 16:59",
        "2026-08-17 20:00:01",
        "2026-08-18 12:10",
        "2026-08-18 17:00:01",
    ):
        await _poll_at(recorder, banxico, mexico(at))
        await dispatcher_of().step()
        names += [(at, alert.name, alert.summary[:10]) for alert in alerts.sent]
        alerts.sent.clear()
    assert names == [
        ("2026-08-14 17:00:01", "late_fix", "2026-08-14"),
        ("2026-08-17 20:00:01", "late_fix", "2026-08-17"),
    ]


async def test_table_that_begins_after_its_event_stops_nothing(
    recorder: Recorder, desk: Any, mexico: Callable[[str], datetime]
) -> None:
    """A recording begun just before midnight, whose table was made just after it."""
    desk.clock.now = mexico("2026-08-14 23:00")
    await recorder.begin()
    before = stored_event(encode_event(desk.announced[-1]))
    desk.clock.now = mexico("2026-08-15 00:00")
    await recorder.note(upstream="bad_token")
    early = desk.clock() - timedelta(milliseconds=2)
    event = msgspec.structs.replace(desk.announced[-1], recorded_at=early)
    alerts = alerts_of(before, stored_event(encode_event(event)))
    assert [alert.name for alert in alerts] == ["bad_token"]


async def test_long_pause_is_one_alert(
    dispatcher_of: Dispatchers, recorder: Recorder, alerts: FakeAlerts
) -> None:
    """Protocol rule 35: a rate limit above 15 min is told once, until a poll meets none."""
    dispatcher = dispatcher_of()
    for asked in (900, 901, 999_999_999, None, 2**31):
        dispatcher.on_pause(None if asked is None else timedelta(seconds=asked))
    await dispatcher.step()
    assert alerts.names == ["long_pause", "long_pause"]
    assert "901 s" in alerts.sent[0].summary
    assert "every 15 min" in alerts.sent[0].summary


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("implausible", "rates-sync history accept 2009-03-03 2009-03-31"),
        ("contradictory", "lack more than two FIX that it published before"),
        ("timeout", "rates-sync backfill --from 2009-03-03 --to 2009-03-31, in parts"),
        ("refused", "Check the token and who else uses it"),
        ("bad_token", "Check the token and who else uses it"),
        ("store_refused", "The database does not take the values"),
        ("html", "asked for again at least every hour"),
    ],
)
async def test_hole_is_told_with_its_cause_and_what_to_do(
    dispatcher_of: Dispatchers,
    alerts: FakeAlerts,
    cause: HoleCause,
    words: str,
) -> None:
    """Days that time out, are refused or have no plausible values need different hands."""
    dispatcher = dispatcher_of()
    dispatcher.on_history_hole(Day(2009, 3, 3), Day(2009, 3, 31), cause)
    await dispatcher.step()
    (alert,) = alerts.sent
    assert alert.name == "history_hole"
    assert alert.details == {"from": "2009-03-03", "to": "2009-03-31", "cause": cause}
    assert words in alert.summary
