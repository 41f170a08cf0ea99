"""Draws the consequences of what the witnesses say: an alert, a warning, the end of a leadership.

Protocol rule 33: one that disagrees makes the clock suspect, until Banxico was heard and none does;
if both do, the leader lets go, and contends again only once its clock agrees with the database's.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from rates_contracts.status import MAX_CLOCK_OFFSET
from rates_sync.clock import Clock, Sleep
from rates_sync.cycle.recorder import Recorder
from rates_sync.errors import NotificationFailed, StoreUnavailable
from rates_sync.leader.witnesses import Witness, Witnesses
from rates_sync.notify.alerts import Alert, Alerts

log = structlog.get_logger(__name__)


class ClockCheck:
    """One leader's check; `on_offset` is called with each offset, `on_alert` must not block.

    `on_suspect` is called once workers were told that the clock is suspect.
    """

    def __init__(
        self,
        witnesses: Witnesses,
        recorder: Recorder,
        on_offset: Callable[[Witness, timedelta], None],
        on_alert: Callable[[Alert], None],
        on_suspect: Callable[[], None],
    ) -> None:
        self._witnesses, self._recorder = witnesses, recorder
        self._on_offset, self._on_alert, self._on_suspect = on_offset, on_alert, on_suspect
        self._alerted = False

    async def run(self, now_there: datetime | None) -> None:
        """Hear the database, None if it has no clock, and judge.

        Raises `ClockWrong`, `LeaseLost`, `StoreUnavailable`.
        """
        if now_there is not None:
            self._witnesses.observe_database(now_there)
        for witness, offset in self._witnesses.offsets.items():
            self._on_offset(witness, offset)
        self._witnesses.require_one()
        self._alert(self._witnesses.disagreeing)
        await self._tell(suspect=bool(self._witnesses.disagreeing))

    def _alert(self, disagreeing: tuple[Witness, ...]) -> None:
        """Tell operators, once, that there is something to repair."""
        if disagreeing and not self._alerted:
            seconds = self._witnesses.offsets[disagreeing[0]].total_seconds()
            summary = f"This clock differs from that of {disagreeing[0]} by {seconds:+.0f} s."
            self._on_alert(clock_wrong(self._witnesses.now(), summary))
        self._alerted = bool(disagreeing)

    async def _tell(self, *, suspect: bool) -> None:
        """Tell workers of a change; a suspicion does not end before Banxico was heard."""
        recorder = self._recorder
        can_tell = recorder.begun and (suspect or "banxico" in self._witnesses.offsets)
        if can_tell and suspect != recorder.health.clock_suspect:
            await recorder.note(clock_suspect=suspect)
            if suspect:
                self._on_suspect()


class Abstention:
    """Keeps an instance whose clock is wrong from contending for the lease.

    `database_utc` returns the database's clock (aware UTC), None if it has none, and may raise
    `StoreUnavailable`; it is read every `interval` seconds. `now` dates the alert; its
    end is dated by this clock, which is right by then.
    """

    def __init__(
        self,
        database_utc: Callable[[], Awaitable[datetime | None]],
        clock: Clock,
        sleep: Sleep,
        alerts: Alerts,
        *,
        interval: float,
        now: Clock,
    ) -> None:
        self._database_utc, self._clock, self._sleep = database_utc, clock, sleep
        self._alerts, self._interval, self._now = alerts, interval, now

    async def wait(self) -> None:
        """Alert, directly, and wait until this clock agrees with the database's; tell that too."""
        summary = "This clock differs from Banxico's and the database's: the lease was released."
        alert, sent = clock_wrong(self._now(), summary), False
        while True:
            sent = sent or await self._publish(alert)
            if await self._agrees():
                break
            await self._sleep(self._interval)
        if sent:
            await self._publish(_clock_right(self._clock()))

    async def _publish(self, alert: Alert) -> bool:
        try:
            await self._alerts.publish(alert)
        except NotificationFailed as error:
            log.warning("notice_not_sent", notice="alert", error=str(error))
            return False
        return True

    async def _agrees(self) -> bool:
        try:
            now_there = await self._database_utc()
        except StoreUnavailable as error:
            log.warning("database_clock_not_read", error=str(error))
            return False
        return now_there is None or abs(self._clock() - now_there) <= MAX_CLOCK_OFFSET


def clock_wrong(at: datetime, summary: str) -> Alert:
    """Return the alert that this instance's clock can't be trusted."""
    return Alert(f"clock_wrong-{at.isoformat()}", "clock_wrong", at, summary)


def _clock_right(at: datetime) -> Alert:
    summary = "The clock of the instance that released the lease agrees with the database's again."
    return Alert(f"clock_right-{at.isoformat()}", "clock_right", at, summary)
