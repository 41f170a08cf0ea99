"""What the witnesses of the time say, and what follows from it (protocol rule 33)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from rates_sync.cycle.recorder import Recorder
from rates_sync.errors import ClockWrong, NotificationFailed, StoreUnavailable
from rates_sync.leader.clock_check import Abstention, ClockCheck
from rates_sync.leader.witnesses import Witness, Witnesses
from rates_sync.notify.alerts import Alert
from rates_sync.upstream import Answer

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def answer(asked: datetime, received: datetime, date: datetime | None, age: int = 0) -> Answer:
    """Return an empty answer with these instants."""
    held = timedelta(seconds=age)
    return Answer(
        b"", "", received, (), (), (), {}, asked_at=asked, answered_at=date, age=held, query=None
    )


async def no_utc() -> None:
    """The clock of a database that has none."""


@pytest.fixture
def witnesses(hand_clock: Any) -> Witnesses:
    """Witnesses that have said nothing yet."""
    return Witnesses(hand_clock, hand_clock.monotonic, no_utc)


def test_silent_witnesses_agree(witnesses: Witnesses, hand_clock: Any) -> None:
    """An answer without a `Date` says nothing, and SQLite has no clock."""
    witnesses.observe_answer(answer(hand_clock(), hand_clock(), None))
    assert (witnesses.verdict, witnesses.offsets) == ("agree", {})


@pytest.mark.parametrize(("seconds", "verdict"), [(60, "agree"), (61, "one_disagrees")])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_minute_is_tolerated(
    witnesses: Witnesses, hand_clock: Any, seconds: int, verdict: str, sign: int
) -> None:
    """Of either witness, in either direction."""
    theirs = hand_clock() + sign * seconds * SECOND
    witnesses.observe_database(theirs)
    assert (witnesses.verdict, witnesses.offsets["database"]) == (verdict, hand_clock() - theirs)


def test_slow_answer_is_no_wrong_clock(witnesses: Witnesses, hand_clock: Any) -> None:
    """A `Date` anywhere in the time of asking agrees, however long that took."""
    asked = hand_clock()
    hand_clock.now += 90 * SECOND
    witnesses.observe_answer(answer(asked, hand_clock(), asked + 2 * SECOND))
    assert witnesses.offsets == {"banxico": timedelta()}


def test_answer_of_a_cache_is_no_wrong_clock(witnesses: Witnesses, hand_clock: Any) -> None:
    """A `Date` of ten minutes ago in an answer that was held for ten minutes agrees."""
    now = hand_clock()
    witnesses.observe_answer(answer(now, now, now - 600 * SECOND, age=600))
    assert witnesses.verdict == "agree"


def test_verdict_counts_who_disagrees(witnesses: Witnesses, hand_clock: Any) -> None:
    """Banxico alone, then both, then none."""
    now = hand_clock()
    witnesses.observe_answer(answer(now, now, now - HOUR))
    witnesses.observe_database(now)
    assert (witnesses.verdict, witnesses.disagreeing) == ("one_disagrees", ("banxico",))
    witnesses.require_one()
    witnesses.observe_database(now - HOUR)
    with pytest.raises(ClockWrong):
        witnesses.require_one()
    witnesses.observe_answer(answer(now, now, now))
    witnesses.observe_database(now)
    assert witnesses.verdict == "agree"


def test_jump_of_the_clock_is_a_new_case(witnesses: Witnesses, hand_clock: Any) -> None:
    """Protocol rule 32: what was said of a clock before it was set is not held against it."""
    witnesses.observe_database(hand_clock() - HOUR)
    hand_clock.jump(HOUR)
    assert (witnesses.verdict, witnesses.offsets) == ("agree", {})


def test_record_is_dated_by_this_clock_while_a_witness_agrees(
    witnesses: Witnesses, hand_clock: Any
) -> None:
    """Protocol rule 33: also if the other one does not, or nobody was heard yet."""
    assert witnesses.now() == hand_clock()
    witnesses.observe_database(hand_clock() - HOUR)
    now = hand_clock()
    witnesses.observe_answer(answer(now, now, now))
    assert witnesses.now() == hand_clock()


@pytest.mark.parametrize("jump", [HOUR, -3 * HOUR, timedelta(days=1)])
def test_record_is_dated_by_the_database_if_this_clock_is_wrong(
    witnesses: Witnesses, hand_clock: Any, jump: timedelta
) -> None:
    """Protocol rule 33: a head dated ahead would date the day's FIX after it (rule 4)."""
    right = hand_clock()
    hand_clock.jump(jump)
    witnesses.observe_database(right)
    assert witnesses.now() == right


@pytest.mark.parametrize("jump", [HOUR, -3 * HOUR])
def test_clock_that_was_set_is_believed_once_a_witness_agrees(
    witnesses: Witnesses, hand_clock: Any, jump: timedelta
) -> None:
    """Without any, on SQLite and without Banxico, the time runs on from before."""
    now = hand_clock()
    witnesses.observe_answer(answer(now, now, now))
    assert witnesses.now() == now
    hand_clock.jump(jump)
    hand_clock.now += 30 * SECOND
    assert witnesses.now() == now + 30 * SECOND
    set_to = hand_clock()
    witnesses.observe_answer(answer(set_to, set_to, set_to))
    assert witnesses.now() == set_to


def test_old_answer_does_not_set_the_time_back(witnesses: Witnesses, hand_clock: Any) -> None:
    """A cache's `Date` of yesterday contradicts a clock that was right and was not set."""
    now = hand_clock()
    witnesses.observe_answer(answer(now, now, now))
    assert witnesses.now() == now
    witnesses.observe_answer(answer(now, now, now - timedelta(days=1)))
    assert abs(witnesses.now() - now) < SECOND


def test_answer_that_is_recorded_later_says_no_more(witnesses: Witnesses, hand_clock: Any) -> None:
    """Protocol rule 37: it came before the clock was set, and tells nothing of the clock now."""
    now = hand_clock()
    kept = answer(now, now, now)
    witnesses.observe_answer(kept)
    hand_clock.jump(HOUR)
    for _ in range(2):
        witnesses.observe_answer(kept)
    assert witnesses.offsets == {}


def test_clock_that_was_never_right_dates_nothing_ahead(
    witnesses: Witnesses, hand_clock: Any
) -> None:
    """Of two that disagree from the start the earlier counts."""
    now = hand_clock()
    witnesses.observe_answer(answer(now, now, now - HOUR))
    assert witnesses.now() == now - HOUR
    witnesses.observe_answer(answer(now, now, now + HOUR))
    assert witnesses.now() == now


def test_answer_during_which_the_clock_was_set_says_nothing(
    witnesses: Witnesses, hand_clock: Any
) -> None:
    """Its `Date` lies within the time of asking, by a clock that moved an hour in it."""
    asked = hand_clock()
    hand_clock.jump(HOUR)
    witnesses.observe_answer(answer(asked, hand_clock(), asked))
    assert witnesses.offsets == {}


def test_clock_is_confirmed_only_by_a_witness_that_was_heard(
    witnesses: Witnesses, hand_clock: Any
) -> None:
    """Silence confirms nothing, nor does what was said before the clock was set."""
    now = hand_clock()
    said = [witnesses.confirmed]
    witnesses.observe_database(now)
    said.append(witnesses.confirmed)
    hand_clock.jump(HOUR)
    now = hand_clock()
    said.append(witnesses.confirmed)
    witnesses.observe_answer(answer(now, now, now))
    witnesses.observe_database(now - HOUR)
    said.append(witnesses.confirmed)
    assert said == [False, True, False, False]


@pytest.fixture
async def recorder(desk: Any) -> Recorder:
    """A recorder that has begun."""
    recorder: Recorder = desk.recorder()
    await recorder.begin()
    return recorder


class Heard:
    """What a check exported and alerted."""

    def __init__(self) -> None:
        self.offsets: dict[Witness, float] = {}
        self.alerts: list[Alert] = []
        self.asked = 0

    def on_suspect(self) -> None:
        """Count that Banxico is asked."""
        self.asked += 1

    def on_offset(self, witness: Witness, offset: timedelta) -> None:
        """Keep the newest offset."""
        self.offsets[witness] = offset.total_seconds()


@pytest.fixture
def heard() -> Heard:
    """Nothing yet."""
    return Heard()


@pytest.fixture
def check(witnesses: Witnesses, recorder: Recorder, desk: Any, heard: Heard) -> ClockCheck:
    """The check of a leader."""
    return ClockCheck(witnesses, recorder, heard.on_offset, heard.alerts.append, heard.on_suspect)


async def test_database_alone_makes_the_clock_suspect_until_banxico_was_heard(
    check: ClockCheck, witnesses: Witnesses, desk: Any, heard: Heard
) -> None:
    """Protocol rule 33: an alert, and in the status, both once; then Banxico is asked."""
    for _ in range(3):
        await check.run(desk.clock() - HOUR)
    assert [alert.name for alert in heard.alerts] == ["clock_wrong"]
    assert heard.alerts[0].at == desk.clock() - HOUR
    await check.run(desk.clock())
    assert (await desk.record.status()).clock_suspect
    witnesses.observe_answer(answer(desk.clock(), desk.clock(), desk.clock()))
    await check.run(desk.clock())
    assert not (await desk.record.status()).clock_suspect
    assert heard.asked == 1


async def test_one_witness_of_two_makes_the_clock_suspect(
    check: ClockCheck, witnesses: Witnesses, desk: Any, heard: Heard
) -> None:
    """It is an alert, once, and in the status until the witness agrees again."""
    now = desk.clock()
    witnesses.observe_answer(answer(now, now, now))
    for _ in range(3):
        await check.run(desk.clock() - HOUR)
    assert heard.offsets == {"banxico": 0, "database": 3600}
    assert [alert.name for alert in heard.alerts] == ["clock_wrong"]
    assert (await desk.record.status()).clock_suspect
    await check.run(desk.clock())
    assert not (await desk.record.status()).clock_suspect
    assert len(heard.alerts) == 1


async def test_both_witnesses_end_the_leadership(
    check: ClockCheck, witnesses: Witnesses, desk: Any
) -> None:
    """Nothing more is recorded, not even that."""
    now, events = desk.clock(), len(desk.announced)
    witnesses.observe_answer(answer(now, now, now - HOUR))
    with pytest.raises(ClockWrong):
        await check.run(now - HOUR)
    assert len(desk.announced) == events


async def test_nothing_is_told_before_the_leader_has_begun(
    witnesses: Witnesses, desk: Any, heard: Heard
) -> None:
    """Protocol rule 3: its first transaction records the whole status; alerts don't wait for it."""
    recorder = desk.recorder()
    check = ClockCheck(witnesses, recorder, heard.on_offset, heard.alerts.append, heard.on_suspect)
    now = desk.clock()
    witnesses.observe_answer(answer(now, now, now))
    await check.run(now - HOUR)
    assert (desk.announced, len(heard.alerts)) == ([], 1)


@pytest.mark.parametrize("database_utc", [timedelta(), None])
async def test_new_leader_trusts_no_suspect_clock_before_it_has_heard_banxico(
    witnesses: Witnesses, desk: Any, heard: Heard, database_utc: timedelta | None
) -> None:
    """Protocol rule 33: a takeover settles nothing, nor does a database that agrees."""
    before = desk.recorder()
    await before.begin()
    await before.note(clock_suspect=True)
    leader = desk.recorder()
    await leader.begin()
    check = ClockCheck(witnesses, leader, heard.on_offset, heard.alerts.append, heard.on_suspect)
    now_there = None if database_utc is None else desk.clock() + database_utc
    await check.run(now_there)
    suspect = [(await desk.record.status()).clock_suspect]
    witnesses.observe_answer(answer(desk.clock(), desk.clock(), desk.clock()))
    await check.run(now_there)
    suspect.append((await desk.record.status()).clock_suspect)
    assert suspect == [True, False]


async def test_database_without_a_clock_is_no_witness(check: ClockCheck, heard: Heard) -> None:
    """On SQLite only Banxico can disagree, so that nobody lets go of the lease."""
    await check.run(None)
    assert (heard.offsets, heard.alerts) == ({}, [])


class FakeAlerts:
    """Alerts that went out; `failures` refuses so many first."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[Alert] = []
        self.failures = failures

    async def publish(self, alert: Alert) -> None:
        """Keep or refuse it."""
        if self.failures:
            self.failures -= 1
            raise NotificationFailed("throttled")
        self.sent.append(alert)


async def test_abstention_ends_when_the_clock_is_right(hand_clock: Any) -> None:
    """It alerts directly, until that is accepted, and outlasts a database that is away."""
    alerts = FakeAlerts(failures=1)
    theirs = [hand_clock() - HOUR, StoreUnavailable("away"), hand_clock() - HOUR, hand_clock()]

    async def database_utc() -> datetime:
        shown = theirs.pop(0)
        if not isinstance(shown, datetime):
            raise shown
        return shown

    await Abstention(
        database_utc, hand_clock, hand_clock.sleep, alerts, interval=2, now=hand_clock
    ).wait()
    assert (theirs, hand_clock.slept) == ([], [2, 2, 2])
    assert [alert.name for alert in alerts.sent] == ["clock_wrong", "clock_right"]


@pytest.fixture
async def abstaining(hand_clock: Any) -> AsyncIterator["asyncio.Task[None]"]:
    """An abstention from a database that never answers."""

    async def database_utc() -> datetime:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    abstention = Abstention(
        database_utc, hand_clock, hand_clock.sleep, FakeAlerts(), interval=2, now=hand_clock
    )
    task = asyncio.create_task(abstention.wait())
    yield task
    task.cancel()


async def test_abstention_is_cancelled_cleanly(abstaining: "asyncio.Task[None]") -> None:
    """A shutdown waits for no database."""
    await asyncio.sleep(0)
    abstaining.cancel()
    await asyncio.wait({abstaining})
    assert abstaining.cancelled()
