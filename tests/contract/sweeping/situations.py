"""What the record holds at an instant, in a situation: all known, half loaded, Banxico away, ….

`Facts` is what a judge may look at; `snapshot` is the same as a worker holds it, with the status as
rates-sync makes it. Pure.
"""

import dataclasses
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from contract.sweeping import published
from contract.sweeping.published import (
    DAY,
    FIRST_DAY,
    REAL,
    Calendar,
    Series,
    banking_day_before,
    is_banking_day,
    local,
    may_open,
    settled_by,
    wall,
)
from rates_api.snapshot.history import SeriesHistory
from rates_api.snapshot.snapshot import Feed, Snapshot
from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, DeclaredClosure
from rates_contracts.environment import Secret
from rates_contracts.events import Head
from rates_contracts.observation import FIX, SETTLEMENT, Observation, SeriesKind
from rates_contracts.status import SyncStatus
from rates_sync.settings import Settings
from rates_sync.timetable.averages import averages_ahead
from rates_sync.timetable.status import (
    SeriesKnowledge,
    StatusOrigin,
    UpstreamHealth,
    Verification,
    status_of,
)

OPENS, CLOSES = time(7), time(17)
RUSH_FROM, RUSH_TO = time(11, 59, 30), time(12, 15)
REGULAR, RUSH, LATE, OVERDUE = (timedelta(seconds=n) for n in (240, 15, 900, 3600))
OVERDUE_FROM = time(21)
CLOSED_WEEKDAY_POLLS = (time(12, 15), time(13, 15), time(15), time(17))
WHOLE = ((FIRST_DAY, date.max),)
NEVER: frozenset[date] = frozenset()
BEGAN_AT = wall(FIRST_DAY, published.SHOWN_AT)
CORRECTION = Decimal("0.1111")
BEHIND = timedelta(seconds=40)


@dataclasses.dataclass(frozen=True)
class Known:
    """What is recorded and heard of one series.

    All that showed `until` then is recorded, as far as it was `loaded` (spans of days, ascending)
    and is not `reviewed`; `heard_at` is the last confirmation. The source never publishes what is
    in `never`, and has given a day in `corrected` another value from an instant on.
    """

    series: Series
    until: datetime
    heard_at: datetime | None
    loaded: tuple[tuple[date, date], ...] = WHOLE
    complete_from: date | None = FIRST_DAY
    complete_at: datetime | None = BEGAN_AT
    never: frozenset[date] = NEVER
    reviewed: frozenset[date] = NEVER
    withdrawn: frozenset[date] = NEVER
    corrected: Mapping[date, tuple[Decimal, datetime]] = dataclasses.field(default_factory=dict)

    def shown(self, day: date, instant: datetime) -> Decimal | None:
        """Return the value that the source has for `day` at `instant`."""
        if day in self.never:
            return None
        value = self.series.shown(day, instant)
        correction = self.corrected.get(day)
        return correction[0] if correction is not None and correction[1] <= instant else value

    def recorded(self, day: date, by: datetime) -> Decimal | None:
        """Return the value of `day` as recorded by then."""
        if day in self.reviewed or not any(first <= day <= last for first, last in self.loaded):
            return None
        return self.shown(day, min(self.until, by))

    def newest(self, by: datetime) -> date | None:
        """Return the newest day recorded by then."""
        at = self.series.count_by(min(self.until, by)) if self.loaded else 0
        while at and self.recorded(self.series.days[at - 1], by) is None:
            at -= 1
        return self.series.days[at - 1] if at else None

    def first(self, by: datetime) -> date | None:
        """Return the first day recorded by then."""
        days, newest = self.series.days, self.newest(by)
        if newest is None:
            return None
        at = bisect_left(days, self.loaded[0][0])
        while self.recorded(days[at], by) is None:
            at += 1
        return days[at]


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is so at `now`; the status that a worker has was made at `told_at`.

    `is_plain` if the record holds all that showed until `told_at`, each value since it shows: what
    was known at an instant is then the same in all such situations. An older rates-sync says
    nothing of single series.

    `calendar` is the one that rates-sync ships. Of its closed days the newest may be one that was
    declared at `declared_at`, or one that the FIX of the day `refuted` proves wrong; `truth` is
    when banks did open.
    """

    situation: str
    now: datetime
    told_at: datetime
    fix: Known
    settlement: Known
    feed: Feed = "redis"
    is_plain: bool = False
    by_older_sync: bool = False
    calendar: Calendar = REAL
    truth: Calendar = REAL
    declared_at: datetime | None = None
    refuted: date | None = None

    def known(self, kind: SeriesKind) -> Known:
        """Return what is known of the series of `kind`."""
        return self.fix if kind == "fix" else self.settlement

    @property
    def today(self) -> date:
        """Return the day in Mexico City."""
        return local(self.now).date()


def last_poll(now: datetime, missing: date | None = None, calendar: Calendar = REAL) -> datetime:
    """Return when Banxico was last asked, while the FIX of the day `missing` does not come."""
    at = local(now)
    day = at.date()
    is_open = may_open(day, calendar)
    if is_open and OPENS <= at.time() <= CLOSES:
        rushed = RUSH_FROM <= at.time() <= RUSH_TO
        return _floor(now, wall(day, OPENS), RUSH if rushed else REGULAR)
    if missing is not None and now > wall(missing, CLOSES):
        evening = is_open and CLOSES < at.time() < OVERDUE_FROM
        return _floor(now, wall(day, time()), LATE if evening else OVERDUE)
    while not may_open(day, calendar) or wall(day, CLOSES) > now:
        day -= DAY
    return wall(day, CLOSES)


def _floor(now: datetime, start: datetime, step: timedelta) -> datetime:
    return start + (now - start) // step * step


def situations(now: datetime, number: int) -> Iterator[Facts]:
    """Yield all known, and one of half loaded, Banxico away, odd, another calendar.

    `number` rotates which.
    """
    yield whole(now)
    yield HALF_LOADED[number % len(HALF_LOADED)](now)
    yield AWAY[number % len(AWAY)](now)
    yield ODD[number % len(ODD)](now)
    yield CALENDARS[number % len(CALENDARS)](now)


def whole(now: datetime) -> Facts:
    """All is known."""
    return dataclasses.replace(_facts("all known", now, last_poll(now)), is_plain=True)


def _changed(facts: Facts, situation: str, **changes: Any) -> Facts:
    return dataclasses.replace(facts, situation=situation, is_plain=False, **changes)


def _facts(name: str, now: datetime, heard_at: datetime, told_at: datetime | None = None) -> Facts:
    fix = Known(published.fix(), heard_at, heard_at)
    settlement = Known(published.settlement(), heard_at, heard_at)
    if not settlement.series.count_by(heard_at):
        # A series without any value has never been confirmed (protocol rule 27).
        settlement = dataclasses.replace(settlement, heard_at=None)
    return Facts(name, now, told_at or heard_at, fix, settlement)


def _loading(now: datetime, name: str, fix_days: int | None, settlement_days: int | None) -> Facts:
    """Both series are known since so many days ago; None: the series is whole, 0: nothing is."""
    facts = whole(now)
    return _changed(
        facts,
        f"history half loaded: {name}",
        fix=_since(facts.fix, facts.today, fix_days),
        settlement=_since(facts.settlement, facts.today, settlement_days),
    )


def _since(known: Known, today: date, days: int | None) -> Known:
    if days is None:
        return known
    if days == 0:
        return dataclasses.replace(
            known, loaded=(), heard_at=None, complete_from=None, complete_at=None
        )
    since = today - days * DAY
    return dataclasses.replace(
        known, loaded=((since, date.max),), complete_from=since, complete_at=None
    )


def since_400_days(now: datetime) -> Facts:
    """Both series are known for 400 days."""
    return _loading(now, "400 days", 400, 400)


def since_ten_days(now: datetime) -> Facts:
    """The first poll has brought ten days."""
    return _loading(now, "10 days", 10, 10)


def fix_alone(now: datetime) -> Facts:
    """The FIX is whole, nothing of the settlements is there."""
    return _loading(now, "the FIX alone", None, 0)


def fix_first(now: datetime) -> Facts:
    """The FIX is whole, the settlements are known for 40 days."""
    return _loading(now, "the FIX, settlements of 40 days", None, 40)


def settlement_first(now: datetime) -> Facts:
    """The settlements are whole, the FIX is known for 4 days."""
    return _loading(now, "settlements, the FIX of 4 days", 4, None)


def nothing(now: datetime) -> Facts:
    """Nothing has been heard since the first start."""
    return _loading(now, "nothing", 0, 0)


def islands(now: datetime) -> Facts:
    """Before a hole of a hundred days lie recorded years that nothing tells to be complete."""
    facts = _loading(now, "with a hole", 300, 200)
    hole = facts.today - 400 * DAY
    island = (hole - 700 * DAY, hole)
    fix, settlement = (
        dataclasses.replace(known, loaded=(island, *known.loaded))
        for known in (facts.fix, facts.settlement)
    )
    return dataclasses.replace(facts, fix=fix, settlement=settlement)


def _away(now: datetime, days: int, *, alive: bool) -> Facts:
    heard_at = last_poll(now - days * DAY)
    name = f"Banxico away for {days} days" + ("" if alive else ", rates-sync too")
    facts = _facts(name, now, heard_at, now if alive else None)
    return dataclasses.replace(facts, is_plain=not alive)


def away_1(now: datetime) -> Facts:
    """Banxico has not been heard for a day."""
    return _away(now, 1, alive=True)


def away_3(now: datetime) -> Facts:
    """Banxico and rates-sync have not been heard for three days."""
    return _away(now, 3, alive=False)


def away_12(now: datetime) -> Facts:
    """Banxico has not been heard for twelve days."""
    return _away(now, 12, alive=True)


def dead_1(now: datetime) -> Facts:
    """Banxico and rates-sync have not been heard for a day."""
    return _away(now, 1, alive=False)


def away_minutes(now: datetime) -> Facts:
    """Banxico has not been heard for nine minutes."""
    return _facts("Banxico away for 9 minutes", now, last_poll(now - timedelta(minutes=9)), now)


def dead_12(now: datetime) -> Facts:
    """Banxico and rates-sync have not been heard for twelve days."""
    return _away(now, 12, alive=False)


def settlements_away(now: datetime) -> Facts:
    """Only the settlements have not been confirmed for three days."""
    facts = whole(now)
    then = _away(now, 3, alive=True).settlement
    return _changed(facts, "settlements away for 3 days", settlement=then)


def _never(now: datetime, back: int) -> Facts:
    """The FIX of a recent banking day never comes, nor what rests on it."""
    missing = _banking_day(local(now).date(), back)
    due = now >= wall(missing, published.SHOWN_AT)
    following = wall(published.open_day_after(missing), published.SHOWN_AT)
    heard_at = last_poll(now, missing if due and now < following else None)
    facts = _facts(f"the FIX of {missing} never comes", now, heard_at)
    return dataclasses.replace(
        facts,
        fix=dataclasses.replace(facts.fix, never=frozenset({missing})),
        settlement=dataclasses.replace(facts.settlement, never=frozenset(settled_by(missing))),
    )


def _banking_day(day: date, back: int) -> date:
    """Return the last banking day up to `day`, or one so many before it."""
    found = day if is_banking_day(day) else banking_day_before(day) or FIRST_DAY
    for _ in range(back):
        found = banking_day_before(found) or FIRST_DAY
    return found


def late_today(now: datetime) -> Facts:
    """The newest FIX never comes."""
    return _never(now, 0)


def late_before(now: datetime) -> Facts:
    """The FIX before the newest never came."""
    return _never(now, 1)


def missed(now: datetime) -> Facts:
    """A FIX of some days ago never came."""
    return _never(now, 4)


def late_and_away(now: datetime) -> Facts:
    """The newest FIX never comes, and Banxico has not been heard for two hours."""
    facts = _never(now, 0)
    then = _never(now - timedelta(hours=2), 0).fix.heard_at
    assert then is not None
    fix, settlement = (
        dataclasses.replace(known, until=then, heard_at=known.heard_at and then)
        for known in (facts.fix, facts.settlement)
    )
    name = f"{facts.situation}, and Banxico is away for two hours"
    return _changed(facts, name, fix=fix, settlement=settlement)


def _withdrawn(now: datetime, back: int) -> Facts:
    facts = whole(now)
    day = facts.fix.newest(now) or FIRST_DAY
    for _ in range(back):
        day = banking_day_before(day) or FIRST_DAY
    gone = [each for each in settled_by(day) if facts.settlement.recorded(each, now)]
    return _changed(
        facts,
        f"{day} is withdrawn",
        fix=dataclasses.replace(facts.fix, withdrawn=frozenset({day})),
        settlement=dataclasses.replace(facts.settlement, withdrawn=frozenset(gone)),
    )


def newest_withdrawn(now: datetime) -> Facts:
    """The newest FIX is withdrawn."""
    return _withdrawn(now, 0)


def older_withdrawn(now: datetime) -> Facts:
    """An older FIX is withdrawn."""
    return _withdrawn(now, 3)


def _reviewed(now: datetime, back: int) -> Facts:
    facts = whole(now)
    day = facts.fix.newest(now) or FIRST_DAY
    for _ in range(back):
        day = banking_day_before(day) or FIRST_DAY
    aside = [each for each in settled_by(day) if facts.settlement.recorded(each, now)]
    return _changed(
        facts,
        f"{day} is under review",
        fix=dataclasses.replace(facts.fix, reviewed=frozenset({day})),
        settlement=dataclasses.replace(facts.settlement, reviewed=frozenset(aside)),
    )


def newest_reviewed(now: datetime) -> Facts:
    """The newest FIX is under review."""
    return _reviewed(now, 0)


def older_reviewed(now: datetime) -> Facts:
    """An older FIX is under review."""
    return _reviewed(now, 2)


def corrected(now: datetime) -> Facts:
    """A FIX was corrected in the morning after, its settlements were not."""
    facts = whole(now)
    day = _banking_day(facts.today, 4)
    old = facts.fix.series.values.get(day)
    assert old is not None
    correction = (old + CORRECTION, wall(published.open_day_after(day), time(9)))
    fix = dataclasses.replace(facts.fix, corrected={day: correction})
    return _changed(facts, f"the FIX of {day} is corrected alone", fix=fix)


def lately_complete(now: datetime) -> Facts:
    """The whole history was first recorded three days ago, the settlements a day later."""
    facts = whole(now)
    fix, settlement = (
        dataclasses.replace(known, complete_at=wall(facts.today - ago * DAY, time(10)))
        for known, ago in ((facts.fix, 3), (facts.settlement, 2))
    )
    return _changed(facts, "complete for two days", fix=fix, settlement=settlement)


def fed_by_the_database(now: datetime) -> Facts:
    """The stream is not read."""
    return dataclasses.replace(whole(now), situation="fed by the database", feed="database")


def by_older_sync(now: datetime) -> Facts:
    """The status is of the first edition: what it says of the FIX holds for both series."""
    facts = whole(now)
    settlement = dataclasses.replace(facts.settlement, heard_at=facts.fix.heard_at)
    return dataclasses.replace(
        facts, situation="an older rates-sync", settlement=settlement, by_older_sync=True
    )


def clock_behind(now: datetime) -> Facts:
    """The worker's clock is 40 s behind the record's."""
    facts = _facts("the worker's clock is behind", now, last_poll(now), now + BEHIND)
    return dataclasses.replace(facts, is_plain=True)


def _ends(now: datetime, ahead: int, heard_at: datetime | None = None) -> Facts:
    """The calendar that is shipped ends so many days after today."""
    last = local(now).date() + ahead * DAY
    calendar = Calendar(REAL.closed, last)
    facts = _facts(f"the calendar ends on {last}", now, heard_at or last_poll(now, None, calendar))
    return dataclasses.replace(facts, calendar=calendar)


def ended_yesterday(now: datetime) -> Facts:
    """The calendar ended yesterday."""
    return _ends(now, -1)


def ended_last_week(now: datetime) -> Facts:
    """The calendar ended a week ago."""
    return _ends(now, -7)


def ends_tomorrow(now: datetime) -> Facts:
    """The calendar ends tomorrow, before the settlements that are known."""
    return _ends(now, 1)


def ended_and_away(now: datetime) -> Facts:
    """The calendar ended three days ago, and Banxico has not been heard for two days."""
    facts = _ends(now, -3, last_poll(now - 2 * DAY))
    return dataclasses.replace(facts, situation=f"{facts.situation}, Banxico away for 2 days")


def _declared(now: datetime, back: int) -> Facts:
    """Banks were closed on a recent day by decree, which an operator declared at nine."""
    day = _banking_day(local(now - timedelta(hours=9)).date(), back)
    declared_at = wall(day, time(9))
    calendar = Calendar(REAL.closed | {day}, REAL.last)
    heard_at = last_poll(now, None, calendar)
    facts = _facts(f"{day} is declared closed", now, heard_at, max(heard_at, declared_at))
    series = published.settlement_after_closure(day)
    return dataclasses.replace(
        facts,
        calendar=calendar,
        truth=calendar,
        declared_at=declared_at,
        fix=dataclasses.replace(facts.fix, never=frozenset({day})),
        settlement=dataclasses.replace(facts.settlement, series=series),
    )


def declared_today(now: datetime) -> Facts:
    """The newest banking day is declared closed."""
    return _declared(now, 0)


def declared_before(now: datetime) -> Facts:
    """The banking day two before is declared closed."""
    return _declared(now, 2)


def _wrongly_closed(now: datetime, back: int) -> Facts:
    """The calendar closes a recent weekday on which banks opened; its FIX is recorded."""
    day = _banking_day(local(now).date(), back)
    calendar = Calendar(REAL.closed | {day}, REAL.last)
    polls = [wall(day, at) for at in CLOSED_WEEKDAY_POLLS]
    heard_at = max([last_poll(now, None, calendar), *(at for at in polls if at <= now)])
    facts = _facts(f"{day} is closed by mistake", now, heard_at)
    return dataclasses.replace(facts, calendar=calendar, refuted=day)


def wrongly_closed(now: datetime) -> Facts:
    """The calendar closes the newest banking day."""
    return _wrongly_closed(now, 0)


def wrongly_closed_before(now: datetime) -> Facts:
    """The calendar closes the banking day before the newest."""
    return _wrongly_closed(now, 1)


def wrongly_closed_and_reviewed(now: datetime) -> Facts:
    """The calendar closes a banking day, and what was published for it is set aside."""
    facts = _wrongly_closed(now, 1)
    day = facts.refuted
    assert day is not None
    aside = [each for each in settled_by(day) if facts.settlement.recorded(each, now)]
    return dataclasses.replace(
        facts,
        situation=f"{facts.situation} and under review",
        fix=dataclasses.replace(facts.fix, reviewed=frozenset({day})),
        settlement=dataclasses.replace(facts.settlement, reviewed=frozenset(aside)),
    )


HALF_LOADED = (
    since_400_days,
    fix_alone,
    since_ten_days,
    settlement_first,
    islands,
    fix_first,
    nothing,
)
AWAY = (away_1, away_3, away_12, dead_1, away_minutes, dead_12, settlements_away)
ODD = (
    late_today,
    newest_withdrawn,
    late_before,
    newest_reviewed,
    missed,
    corrected,
    late_and_away,
    older_reviewed,
    older_withdrawn,
    lately_complete,
    fed_by_the_database,
    clock_behind,
    by_older_sync,
)
CALENDARS = (
    ended_yesterday,
    declared_today,
    wrongly_closed,
    ended_and_away,
    declared_before,
    wrongly_closed_and_reviewed,
    ends_tomorrow,
    wrongly_closed_before,
    ended_last_week,
)


def snapshot(facts: Facts) -> Snapshot:
    """Return what a worker holds, fed by the stream."""
    status = _status(facts)
    histories = {FIX: _history(FIX, facts.fix), SETTLEMENT: _history(SETTLEMENT, facts.settlement)}
    return Snapshot(
        head=Head(1, 42, "5b1f", facts.told_at),
        status=status,
        averages=_averages(facts, histories[FIX]),
        calendar=shipped(facts),
        series=histories,
        feed=facts.feed,
    )


def shipped(facts: Facts) -> BankCalendar:
    """Return the bank calendar as rates-sync ships it."""
    closed = facts.calendar.closed
    declared: tuple[DeclaredClosure, ...] = ()
    if facts.declared_at is not None:
        closed = REAL.closed
        day = local(facts.declared_at).date()
        declared = (DeclaredClosure(day, "decree", facts.declared_at),)
    return BankCalendar(
        "holidays-0.109/XMEX",
        date(2001, 1, 1),
        facts.calendar.last,
        _ascending(closed),
        declared,
    )


@cache
def _ascending(days: frozenset[date]) -> tuple[date, ...]:
    return tuple(sorted(days))


@cache
def _origin() -> StatusOrigin:
    unused = Secret("0123456789abcdef")
    settings = Settings(unused, unused, unused, unused)
    return StatusOrigin("Banco de México", edge_purged=True, intervals=settings.poll_intervals())


def _status(facts: Facts) -> SyncStatus:
    by_name = {FIX: facts.fix, SETTLEMENT: facts.settlement}
    heard = {name: Verification(known.heard_at) for name, known in by_name.items()}
    known = {name: _knowledge(each) for name, each in by_name.items()}
    health = UpstreamHealth(heard, upstream="ok")
    status = status_of(_origin(), health, shipped(facts), known, facts.told_at)
    return msgspec.structs.replace(status, series={}) if facts.by_older_sync else status


def _knowledge(known: Known) -> SeriesKnowledge:
    recorded = known.newest(known.until)
    kept = recorded
    while kept is not None and kept in known.withdrawn:
        kept = banking_day_before(kept)
    return SeriesKnowledge(
        newest_day=kept,
        newest_seen_day=max(filter(None, (recorded, *known.reviewed)), default=None),
        complete_from=known.complete_from,
        complete_at=known.complete_at,
        under_review=tuple(sorted(known.reviewed, reverse=True)),
        withdrawn=tuple(sorted(known.withdrawn, reverse=True)),
    )


def _averages(facts: Facts, fix: SeriesHistory) -> tuple[Average, ...]:
    """Return what rates-sync sends ahead, at every third hour: workers compute the rest."""
    if local(facts.told_at).hour % 3:
        return ()
    last = local(facts.told_at).date()
    observed = [(row.date, row.value) for row in fix.between(last - 29 * DAY, last)]
    return averages_ahead(shipped(facts), observed, facts.told_at)


@cache
def _real_observations(name: str) -> list[Observation]:
    return _observations(name, published.fix() if name == FIX else published.settlement())


def _observations(name: str, series: Series) -> list[Observation]:
    return [
        _observation(name, day, series.values[day], shown_at)
        for day, shown_at in zip(series.days, series.shown_at, strict=True)
    ]


def _observation(
    name: str, day: date, value: Decimal, at: datetime, revision: int = 1
) -> Observation:
    sha256 = hashlib.sha256(f"{name} {day} {revision}".encode()).hexdigest()
    return Observation(name, day, revision, value, at, sha256)


def _history(name: str, known: Known) -> SeriesHistory:
    days, end = known.series.days, known.series.count_by(known.until)
    rows: list[Observation] = []
    is_real = known.series is (published.fix() if name == FIX else published.settlement())
    every = _real_observations(name) if is_real else _observations(name, known.series)
    for first, last in known.loaded:
        rows += every[bisect_left(days, first) : min(bisect_right(days, last), end)]
    if known.never or known.reviewed:
        absent = known.never | known.reviewed
        rows = [row for row in rows if row.date not in absent]
    instants = [rows[0].recorded_at, rows[-1].recorded_at] if rows else []
    superseded: dict[date, tuple[Observation, ...]] = {}
    for day, (value, at) in known.corrected.items():
        if at <= known.until:
            index = bisect_left(rows, day, key=lambda row: row.date)
            superseded[day] = (rows[index],)
            rows[index] = _observation(name, day, value, at, revision=2)
            instants.append(at)
    return SeriesHistory(rows, superseded, instants)
