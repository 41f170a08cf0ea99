"""Does to the platform what a plan says, and undoes it when its time is over."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, get_args

from contract.sweeping import published
from rates_contracts.observation import FIX
from rates_sync.leader.backfills import BackfillRun
from rates_sync.store.coverage import Span
from simulation.faults import Fault
from simulation.history import History
from simulation.judging.lease import PATIENCE_SECONDS
from simulation.world.banxico import FAILING, Mood
from simulation.world.editions import Edition, older
from simulation.world.network import Cut, Machine, Part
from simulation.world.platform import ApiInstance, Platform, SyncInstance
from simulation.world.stream import DOCUMENTS

MOODS = tuple(mood for mood in get_args(Mood) if mood != "well")
FAILING_MOODS = tuple(sorted(FAILING))
UNCONFIRMED_MOODS: tuple[Mood, ...] = ("stale_dated", "one_series", "lacks_newest")
NEUTRAL_MOODS: tuple[Mood, ...] = ("limited", *UNCONFIRMED_MOODS)
CUTS: tuple[Cut, ...] = ("refused", "silent", "answers_lost")
RESTART_SECONDS = 4.0
REQUEST_WITHIN = 60
"""Seconds within which a leader asks Banxico, and its relay sends something; not at night."""
SPOILT_SECONDS = 600
POLLED = timedelta(days=45)
"""How far back a poll asks at most."""
UNPOLLED = timedelta(days=13)
"""So far back no poll asks: it begins ten days before the newest known day."""
SURELY_POLLED = timedelta(days=10)
"""The days since then each poll asks for: the newest known day is today at the latest."""
MISSED_SECONDS = 65.0
"""Around a publication a correction is recorded meanwhile."""
UNRECORDED, UNRECORDED_SECONDS = 2, 12.0
"""One time in four an answer of Banxico's can't be recorded, before the next attempt it can."""
DRIFT = 0.02
"""In five minutes more than rates-sync takes for a jump, and less than it takes for wrong."""
HEARD_SECONDS = 150.0
REREAD_SECONDS = 300.0
"""Within so many an operator knows whether the whole history was read again."""
LARGE_MOVE_OF = 7
"""One correction in so many is so large that it is set aside."""


def cut_of(fault: Fault) -> Cut:
    """Return how one instance is cut off from a part: both ways, or only the answers are lost."""
    return CUTS[fault.number // 64 % len(CUTS)]


@dataclass
class Injector:
    """Injects faults into `platform`; `on_restore` is called when the record is an older one."""

    platform: Platform
    history: History
    on_restore: Callable[[], None]

    async def inject(self, fault: Fault) -> None:
        """Wait for the fault's time, let it last, and end it."""
        await asyncio.sleep(fault.at)
        self._tell(f"{fault.kind} begins ({fault.seconds:g} s)")
        self.platform.begin(fault.kind)
        await self.INJECTIONS[fault.kind](self, fault)
        self.platform.end(fault.kind)
        self._tell(f"{fault.kind} ends")

    async def keep_house(self) -> None:
        """Replace what has died, and end the sessions that a server would end."""
        while True:
            await asyncio.sleep(1.0)
            self.platform.database.end_idle_sessions()
            for instance in self.platform.instances:
                if instance.machine.dead:
                    self._tell(f"{instance.machine.name} is dead")
                    self.platform.begin("death")
                    await self._replace(instance, RESTART_SECONDS)
                    self.platform.end("death")

    def _lasts_on(self, fault: Fault) -> bool:
        """Tell whether another fault of the kind lasts, beside this one."""
        return self.platform.lasting.count(fault.kind) > 1

    def _tell(self, what: str) -> None:
        self.history.tell(self.platform.time.now, what)

    # Instances

    def _leader(self) -> SyncInstance | None:
        alive = [instance for instance in self.platform.sync if not instance.machine.dead]
        leading = [instance for instance in alive if instance.leads]
        return next(iter(leading or alive), None)

    async def _replace(self, instance: SyncInstance | ApiInstance | None, after: float) -> None:
        if instance is None:
            return
        is_sync = isinstance(instance, SyncInstance)
        if instance in self.platform.instances:
            await self.platform.kill(instance)
            await asyncio.sleep(after)
            (self.platform.start_sync if is_sync else self.platform.start_worker)()

    async def _kill_leader(self, fault: Fault) -> None:
        await self._replace(self._leader(), min(fault.seconds, 60))

    async def _kill_all_sync(self, fault: Fault) -> None:
        both = list(self.platform.sync)
        await asyncio.gather(*(self._replace(each, min(fault.seconds, 120)) for each in both))

    async def _stop_leader(self, fault: Fault) -> None:
        if leader := self._leader():
            await self.platform.stop(leader)
            await asyncio.sleep(min(fault.seconds, 15))
            self.platform.start_sync()

    async def _die_at_request(self, fault: Fault) -> None:
        victims = [instance.machine for instance in self.platform.sync]
        victims += [instance.machine for instance in self.platform.workers][:1]
        if victims:
            victims[fault.number % len(victims)].dies_in = fault.number % 60 + 1

    async def _restart_worker(self, fault: Fault) -> None:
        if workers := list(self.platform.workers):
            await self._replace(workers[fault.number % len(workers)], min(fault.seconds, 15))

    async def _deploy(self, fault: Fault) -> None:
        """Let an older edition take an instance's place, and the present one its place again."""
        syncs, workers = self.platform.sync, self.platform.workers
        if fault.number % 2 and syncs:
            sync = self._leader() if fault.number // 2 % 2 else syncs[-1]
            await self._exchange(sync, self.platform.start_sync, fault.seconds)
        elif workers:
            worker = workers[fault.number // 2 % len(workers)]
            await self._exchange(worker, self.platform.start_worker, fault.seconds)

    async def _exchange(
        self,
        stopped: SyncInstance | ApiInstance | None,
        start: Callable[..., SyncInstance | ApiInstance],
        seconds: float,
    ) -> None:
        if stopped is None:
            return
        await self.platform.stop(stopped)
        other = start(older())
        self._tell(f"{other.machine.name}, of the older edition, for {stopped.machine.name}")
        await asyncio.sleep(seconds)
        if other in self.platform.instances:
            await self.platform.stop(other)
            start()

    async def _pause(self, machine: Machine | None, fault: Fault, *, suspend: bool = False) -> None:
        if machine is None:
            return
        machine.pause()
        await asyncio.sleep(fault.seconds)
        if suspend:
            machine.clock.suspended += fault.seconds
        machine.resume()

    async def _pause_leader(self, fault: Fault) -> None:
        leader = self._leader()
        await self._pause(leader.machine if leader else None, fault)

    async def _suspend_leader(self, fault: Fault) -> None:
        leader = self._leader()
        await self._pause(leader.machine if leader else None, fault, suspend=True)

    async def _pause_standby(self, fault: Fault) -> None:
        standbys = [instance for instance in self.platform.sync if not instance.leads]
        await self._pause(standbys[0].machine if standbys else None, fault)

    async def _pause_worker(self, fault: Fault) -> None:
        workers = self.platform.workers
        await self._pause(workers[fault.number % len(workers)].machine if workers else None, fault)

    async def _pause_in_request(self, fault: Fault) -> None:
        """Stop the leader within a request: its answer arrives when another one leads.

        It is the next to Banxico, whose answer then lacks what was corrected meanwhile, or the next
        transaction of the relay's.
        """
        leader = self._leader()
        if leader is None:
            return
        machine = leader.machine
        machine.stops_at = "redis" if fault.number % 2 else "banxico"
        for _ in range(REQUEST_WITHIN):
            await asyncio.sleep(1.0)
            if machine.paused:
                break
        machine.stops_at = None
        if fault.number % 4 == UNRECORDED:
            await self._cut_off(machine)
            return
        if fault.number % 2 == 0:
            await self._correct_meanwhile(fault)
        patience = self.platform.sync_settings.get("lease_patience", PATIENCE_SECONDS)
        await asyncio.sleep(patience + 3 + fault.number // 2 % 5)
        machine.resume()

    async def _cut_off(self, machine: Machine) -> None:
        """Let it run on, and not reach the database: what it was answered is recorded later."""
        machine.cuts["database"] = "refused"
        machine.resume()
        await asyncio.sleep(UNRECORDED_SECONDS)
        machine.cuts.pop("database", None)

    async def _correct_meanwhile(self, fault: Fault) -> None:
        await asyncio.sleep(1.0)  # Its request has its answer by then.
        day, value = self._known(fault)
        self._change(day, (value * Decimal("1.004")).quantize(value))

    # The ways between them

    async def _cut(self, fault: Fault) -> None:
        machines = self.platform.machines
        if not machines:
            return
        machine = machines[fault.number % len(machines)]
        parts: tuple[Part, ...] = ("database", "redis", "banxico")
        part = parts[fault.number // 8 % 3]
        machine.cuts[part] = cut_of(fault)
        self._tell(f"{machine.name} loses {part} ({machine.cuts[part]})")
        await asyncio.sleep(fault.seconds)
        machine.cuts.pop(part, None)

    async def _away(self, part: Part, fault: Fault) -> None:
        outage = (part, CUTS[fault.number % 2])
        self.platform.outages.cuts.append(outage)
        await asyncio.sleep(fault.seconds)
        self.platform.outages.cuts.remove(outage)

    async def _database_away(self, fault: Fault) -> None:
        self.platform.database.end_sessions()
        await self._away("database", fault)

    async def _redis_away(self, fault: Fault) -> None:
        await self._away("redis", fault)

    async def _banxico_away(self, fault: Fault) -> None:
        await self._away("banxico", fault)

    async def _alerts_away(self, fault: Fault) -> None:
        await self._away("alerts", fault)

    async def _edge_away(self, fault: Fault) -> None:
        await self._away("edge", fault)

    async def _database_slow(self, fault: Fault) -> None:
        self.platform.outages.delays["database"] = 0.05
        await asyncio.sleep(fault.seconds)
        self.platform.outages.delays.pop("database", None)

    # The database

    async def _database_read_only(self, fault: Fault) -> None:
        self.platform.database.read_only = True
        await asyncio.sleep(fault.seconds)
        self.platform.database.read_only = self._lasts_on(fault)

    async def _database_locked(self, fault: Fault) -> None:
        self.platform.database.lock()
        await asyncio.sleep(min(fault.seconds, 40))
        self.platform.database.unlock()

    async def _database_restored(self, fault: Fault) -> None:
        saved = self.platform.database.save()
        await asyncio.sleep(fault.seconds)
        self._restore(saved)

    async def _both_lost(self, fault: Fault) -> None:
        saved = self.platform.database.save()
        await asyncio.sleep(fault.seconds)
        self.platform.stream.flush()
        self._restore(saved)

    async def _restored_while_stopped(self, fault: Fault) -> None:
        """As `_database_restored`, by an operator: no process is left that knew more."""
        saved = self.platform.database.save()
        await asyncio.sleep(fault.seconds)
        stopped = list(self.platform.sync)
        for instance in stopped:
            await self.platform.kill(instance)
        self._restore(saved)
        for _ in stopped:
            self.platform.start_sync()

    def _restore(self, saved: Path) -> None:
        self.platform.database.restore(saved)
        self.platform.restored = True
        self._forget_old_days()
        self.on_restore()

    def _forget_old_days(self) -> None:
        """No poll asks again for what was lost of them; the nights do, slice by slice (rule 46)."""
        self.platform.api.heard.forget_before(self.platform.time.now.date() - SURELY_POLLED)

    # Redis

    async def _redis_flushed(self, fault: Fault) -> None:
        del fault
        self.platform.stream.flush()

    async def _redis_replica(self, fault: Fault) -> None:
        saved = self.platform.stream.save()
        await asyncio.sleep(min(fault.seconds, 60))
        self.platform.stream.restore(saved)

    async def _redis_trimmed(self, fault: Fault) -> None:
        self.platform.stream.trim(fault.number % 30)

    async def _redis_full(self, fault: Fault) -> None:
        self.platform.stream.full = True
        await asyncio.sleep(fault.seconds)
        self.platform.stream.full = self._lasts_on(fault)

    async def _redis_foreign(self, fault: Fault) -> None:
        self.platform.stream.write_foreign(fault.number)
        if self.platform.stream.is_foreign:
            self.platform.foreign_at = self.platform.time.now

    async def _redis_forged(self, fault: Fault) -> None:
        del fault
        self.platform.stream.write_forged()

    async def _entries_missed(self, fault: Fault) -> None:
        """Correct a day while a worker is stopped; then all entries are gone but the last.

        It still gets the first, which answers what it had asked before it was stopped. It has no
        database for a moment, which would tell it what it lacks. One time in two somebody has
        written back documents of before.
        """
        stream, workers = self.platform.stream, list(self.platform.workers)
        if not workers:
            return
        machine, before = workers[fault.number % len(workers)].machine, stream.save_documents()
        self._correct(*self._known(fault))
        await asyncio.sleep(MISSED_SECONDS)
        machine.pause()
        for _ in range(3):
            self._correct(*self._known(fault))
            await asyncio.sleep(MISSED_SECONDS)
        stream.trim(1)
        stream.put(before if fault.number // 8 % 2 else {})
        machine.cuts["database"] = "refused"
        machine.resume()
        await asyncio.sleep(12.0)
        machine.cuts.pop("database", None)

    async def _documents_lost(self, fault: Fault) -> None:
        lost = [key for bit, key in enumerate(DOCUMENTS) if fault.number >> bit & 1]
        self.platform.stream.lose_documents(lost or [DOCUMENTS[0]])

    async def _documents_spoilt(self, fault: Fault) -> None:
        self.platform.stream.spoil_document(DOCUMENTS[1 + fault.number % 2], SPOILT_SECONDS)

    # Banxico

    async def _banxico_mood(self, fault: Fault) -> None:
        api = self.platform.api
        api.mood = MOODS[fault.number % len(MOODS)]
        self._tell(f"Banxico's mood: {api.mood}")
        await asyncio.sleep(fault.seconds)
        api.mood = "well"

    async def _banxico_relapse(self, fault: Fault) -> None:
        """Fail until the breaker opens, and then answer nothing that confirms."""
        await self._moody(FAILING_MOODS[fault.number % len(FAILING_MOODS)], fault.seconds / 2)
        neutral = NEUTRAL_MOODS[fault.number // 4 % len(NEUTRAL_MOODS)]
        await self._moody(neutral, fault.seconds / 2)

    async def _banxico_unconfirmed(self, fault: Fault) -> None:
        await self._moody(UNCONFIRMED_MOODS[fault.number % len(UNCONFIRMED_MOODS)], fault.seconds)

    async def _banxico_old_at_first(self, fault: Fault) -> None:
        await self._moody("stale_dated", fault.seconds)

    async def _moody(self, mood: Mood, seconds: float) -> None:
        self.platform.api.mood = mood
        self._tell(f"Banxico's mood: {mood}")
        await asyncio.sleep(seconds)
        self.platform.api.mood = "well"

    async def _banxico_slow(self, fault: Fault) -> None:
        self.platform.api.slowness = 3.0 if fault.number % 2 else 25.0
        await asyncio.sleep(fault.seconds)
        self.platform.api.slowness = 0.0

    async def _range_lost(self, fault: Fault) -> None:
        first = self.platform.first_fix_day
        self.platform.api.lost_before = first + timedelta(days=fault.number % 15)
        await asyncio.sleep(fault.seconds)
        self.platform.api.lost_before = None

    async def _history_late(self, fault: Fault) -> None:
        """Lose the older history from the beginning on, but no poll."""
        self.platform.api.lost_before = published.local(self.platform.time.now).date() - POLLED
        await asyncio.sleep(fault.seconds)
        self.platform.api.lost_before = None

    async def _large_correction(self, fault: Fault) -> None:
        """Correct a day by so much that it is set aside; every other time correct it back."""
        day, value = self._known(fault)
        self._change(day, (value * Decimal("1.13")).quantize(value))
        await asyncio.sleep(fault.seconds)
        if fault.number % 2:
            self._change(day, value)

    async def _correction(self, fault: Fault) -> None:
        """Correct a day, and correct it back when the fault ends."""
        day, value = self._known(fault)
        large = fault.number % LARGE_MOVE_OF == 0
        change = (value * (Decimal("1.13") if large else Decimal("1.004"))).quantize(value)
        self._change(day, change)
        await asyncio.sleep(fault.seconds)
        if fault.number % 2:
            self._change(day, value)

    async def _withdrawal(self, fault: Fault) -> None:
        """Withdraw a day, and show it again when the fault ends."""
        day, value = self._known(fault)
        self._change(day, None)
        await asyncio.sleep(fault.seconds)
        self._change(day, value)

    async def _operator_range(self, fault: Fault) -> None:
        """Let an operator ask for old days, one of which may have been corrected (rule 30)."""
        shown = self.platform.api.truth.shows(FIX, self.platform.time.now)
        day = published.open_day_after(self.platform.first_fix_day)
        if fault.number % 4 and day in shown:
            self._correct(day, shown[day])
        _ask_for(self._leader(), Span(day, day + timedelta(days=9)))
        await asyncio.sleep(fault.seconds)

    async def _history_reread(self, fault: Fault) -> None:
        """Let an operator ask for the whole history, in slow pieces; the documents end meanwhile.

        One of its newest days was corrected, which no poll has seen.
        """
        now = self.platform.time.now
        shown = self.platform.api.truth.shows(FIX, now)
        day = [day for day in shown if day < now.date() - UNPOLLED][-1]
        self._correct(day, shown[day])
        self.platform.api.slowness = 3.0
        leader = self._leader()
        reread = _ask_for(leader, Span(self.platform.first_fix_day, now.date() - timedelta(days=2)))
        await asyncio.sleep(4.0)
        self.platform.stream.lose_documents(list(DOCUMENTS))
        await asyncio.sleep(max(fault.seconds, 20.0))
        self.platform.api.slowness = 0.0
        if leader is None or reread is None or not await _is_done(reread, leader.edition):
            # The operator knows that it failed, and on a closed day nobody asks again.
            self.platform.api.heard.forget_before(date.max)

    def _known(self, fault: Fault) -> tuple[Any, Decimal]:
        shown = list(self.platform.api.truth.shows(FIX, self.platform.time.now).items())
        return shown[-1 - fault.number % min(8, len(shown))]

    def _correct(self, day: Any, value: Decimal) -> None:
        self._change(day, (value * Decimal("1.004")).quantize(value))

    def _change(self, day: Any, value: Decimal | None) -> None:
        self.platform.api.truth.change(self.platform.time.now, day, value)
        self._tell(f"Banxico shows {value} for {day}")

    # Clocks

    async def _clock_step(self, fault: Fault) -> None:
        machines = self.platform.machines
        if not machines:
            return
        clock = machines[fault.number % len(machines)].clock
        step = (-7200, -300, -40, 40, 300, 7200)[fault.number // 8 % 6]
        clock.step(timedelta(seconds=step))
        await asyncio.sleep(fault.seconds)
        clock.step(timedelta(seconds=-step))

    async def _clock_drift(self, fault: Fault) -> None:
        if machines := self.platform.machines:
            clock = machines[fault.number % len(machines)].clock
            clock.drift(DRIFT)
            await asyncio.sleep(fault.seconds)
            clock.drift(0.0)

    async def _clock_wrong(self, fault: Fault) -> None:
        """Let the leader's clock be wrong for long enough that each witness is heard."""
        if leader := self._leader():
            step = timedelta(seconds=(-7200, -300, 300, 7200)[fault.number % 4])
            leader.machine.clock.step(step)
            await asyncio.sleep(max(fault.seconds, HEARD_SECONDS))
            leader.machine.clock.step(-step)

    async def _clock_unwitnessed(self, fault: Fault) -> None:
        """Set the leader's clock while Banxico is away: ahead of the truth, or back to it."""
        leader, cuts = self._leader(), self.platform.outages.cuts
        if leader is None:
            return
        clock, is_ahead = leader.machine.clock, fault.number % 2 == 1
        step = timedelta(seconds=300 if is_ahead else 50)
        if not is_ahead:
            clock.step(step)
            await asyncio.sleep(20.0)
        cuts.append(("banxico", "refused"))
        clock.step(step if is_ahead else -step)
        await asyncio.sleep(40.0)
        cuts.remove(("banxico", "refused"))
        if is_ahead:
            clock.step(-step)

    INJECTIONS: ClassVar[Mapping[str, Callable[["Injector", Fault], Awaitable[None]]]] = {
        "kill_leader": _kill_leader,
        "kill_all_sync": _kill_all_sync,
        "stop_leader": _stop_leader,
        "pause_leader": _pause_leader,
        "pause_standby": _pause_standby,
        "pause_worker": _pause_worker,
        "suspend_leader": _suspend_leader,
        "die_at_request": _die_at_request,
        "restart_worker": _restart_worker,
        "cut": _cut,
        "database_away": _database_away,
        "database_slow": _database_slow,
        "database_read_only": _database_read_only,
        "database_locked": _database_locked,
        "database_restored": _database_restored,
        "both_lost": _both_lost,
        "redis_away": _redis_away,
        "redis_flushed": _redis_flushed,
        "redis_replica": _redis_replica,
        "redis_trimmed": _redis_trimmed,
        "redis_full": _redis_full,
        "redis_foreign": _redis_foreign,
        "documents_lost": _documents_lost,
        "banxico_away": _banxico_away,
        "banxico_mood": _banxico_mood,
        "banxico_slow": _banxico_slow,
        "range_lost": _range_lost,
        "correction": _correction,
        "withdrawal": _withdrawal,
        "clock_step": _clock_step,
        "clock_drift": _clock_drift,
        "alerts_away": _alerts_away,
        "edge_away": _edge_away,
        "deployment": _deploy,
        "pause_in_request": _pause_in_request,
        "restored_while_stopped": _restored_while_stopped,
        "database_long_away": _database_away,
        "documents_spoilt": _documents_spoilt,
        "banxico_relapse": _banxico_relapse,
        "banxico_unconfirmed": _banxico_unconfirmed,
        "large_correction": _large_correction,
        "history_late": _history_late,
        "banxico_old_at_first": _banxico_old_at_first,
        "operator_range": _operator_range,
        "entries_missed": _entries_missed,
        "redis_forged": _redis_forged,
        "history_reread": _history_reread,
        "clock_unwitnessed": _clock_unwitnessed,
        "clock_wrong": _clock_wrong,
    }
    """What each kind of fault does."""


def _ask_for(leader: SyncInstance | None, span: Span) -> BackfillRun | None:
    """Let an operator ask a leader to read a range again, if there is one."""
    if leader is None or leader.service.leader is None:
        return None
    try:
        return leader.service.leader.backfills.request(span)
    except leader.edition.errors.LeaseLost:
        return None


async def _is_done(reread: BackfillRun, edition: Edition) -> bool:
    """Wait for the end of what an operator has asked for; tell whether all of it was recorded.

    An answer that is set aside, which its progress shows, was not.
    """
    try:
        async with asyncio.timeout(REREAD_SECONDS):
            return not any([each.additions.quarantined async for each in reread.watch()])
    except (edition.errors.RatesSyncError, TimeoutError):
        return False
