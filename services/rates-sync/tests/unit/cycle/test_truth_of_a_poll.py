"""What one poll means: each row of the truth table `what was in the answer -> what follows`.

Protocol rules 19, 27, 28, 31, 33 and 34. It is Thursday, 10:00; the newest known FIX is K, of
Wednesday; a failure came before, so that the breaker's count tells success (0), neutral (1) and
failure (2) apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import SyncStatus
from rates_sync.cycle.cycle import Cycle, CycleResult
from rates_sync.cycle.decisions import (
    QuarantineDecision,
    decide_quarantined,
    decide_withdrawn,
    open_quarantine,
)
from rates_sync.cycle.recorder import Recorder
from rates_sync.errors import (
    BadToken,
    NothingToDecide,
    Undecidable,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.guard.breaker import Breaker
from rates_sync.notify.alerts import Alert
from rates_sync.settings import Settings
from rates_sync.store.review import WithdrawalDecision
from rates_sync.upstream import Rejected, RejectedKind

FRIDAY_BEFORE, MONDAY, TUESDAY = Day(2026, 8, 7), Day(2026, 8, 10), Day(2026, 8, 11)
K, TODAY, SATURDAY = Day(2026, 8, 12), Day(2026, 8, 13), Day(2026, 8, 8)
KS = Day(2026, 8, 14)
"""The newest settlement day on Thursday morning: the one that K applies to."""
OUTCOME_OF_BREAKER = {0: "success", 1: "neutral", 2: "failure"}

Verified = tuple[bool, bool]
"""Whether `verified_at` of the FIX and of the settlement series is the answer's."""
BOTH, NEITHER, FIX_ONLY = (True, True), (False, False), (True, False)


class World:
    """A leader's cycle behind a breaker, with its alerts."""

    def __init__(self, desk: Any, banxico: Any) -> None:
        self.desk, self.banxico, self.clock = desk, banxico, desk.clock
        self.alerts: list[str] = []
        self.recorder: Recorder = desk.recorder()
        self.breaker = Breaker(
            banxico,
            clock=desk.clock,
            monotonic=desk.clock.monotonic,
            on_change=lambda *_: None,
            fail_max=Settings.breaker_fail_max,
            reset_after=timedelta(seconds=Settings.breaker_reset),
        )
        self.cycle = Cycle(self.breaker, self.recorder, desk.clock)
        self.dispatcher = desk.dispatcher(self)

    async def publish(self, alert: Alert) -> None:
        """Keep an alert's name."""
        self.alerts.append(alert.name)

    async def begin(self) -> None:
        """Know everything up to K; then let a poll fail."""
        await self.recorder.begin()
        assert (await self.poll()).outcome == "success"
        self.banxico.script = [UpstreamFailure("before", kind="timeout")]
        await self.poll()
        self.alerts.clear()

    async def poll(self, minutes: float = 1) -> CycleResult:
        """Ask after some minutes and send what is to be told."""
        self.clock.now += timedelta(minutes=minutes)
        result = await self.cycle.run()
        self.dispatcher.on_quarantined(result.additions.quarantined)
        await self.dispatcher.step()
        return result

    @property
    def status(self) -> SyncStatus:
        """The status that was announced last."""
        status: SyncStatus = self.desk.announced[-1].status
        return status

    def verified(self, at: datetime) -> Verified:
        """Tell which series an answer of `at` has verified."""
        health = self.recorder.health
        return tuple(health.of(name).verified_at == at for name in (FIX, SETTLEMENT))  # type: ignore[return-value]

    def published_until(self, day: Day) -> None:
        """Let the FIX of `day` be out, at 12:30 of it."""
        self.clock.now = datetime.combine(day, datetime.min.time(), self.clock.now.tzinfo)
        self.clock.now += timedelta(hours=18, minutes=30)


Arrange = Callable[[Any], None]


@dataclass(frozen=True)
class Row:
    """A row of the table: what Banxico answers, poll by poll, and what the last poll means.

    `minutes` lie between the polls. `recorded` are the new rows of all polls, `listed` the days
    under review or withdrawn afterwards.
    """

    name: str
    arrange: Sequence[Arrange]
    outcome: str
    breaker: str
    verified: Verified
    recorded: int = 0
    alerts: Sequence[str] = ()
    under_review: Sequence[tuple[str, Day]] = ()
    withdrawn: Sequence[tuple[str, Day]] = ()
    minutes: float = 1


def nothing(_: Any) -> None:
    """Leave Banxico as it is."""


def fails_with(error: Exception) -> Arrange:
    """Let the answer be an error."""
    return lambda banxico: banxico.script.append(error)


def lacks(*days: tuple[str, Day]) -> Arrange:
    """Let days be published no more."""
    return lambda banxico: banxico.withdrawn.update(days)


def shows_all(banxico: Any) -> None:
    """Let every day be published as it was."""
    banxico.withdrawn.clear()
    banxico.changed.clear()
    banxico.rejected = ()


def lacks_series(series: str) -> Arrange:
    """Let a series have nothing usable."""
    return lambda banxico: setattr(banxico, "missing", (series,))


def moved(factor: str, *days: tuple[str, Day]) -> Arrange:
    """Let days have another value."""

    def arrange(banxico: Any) -> None:
        values = {FIX: banxico.fix, SETTLEMENT: banxico.settlement}
        for series, day in days:
            value = values[series][day] * Decimal(factor)
            banxico.changed[series, day] = value.quantize(Decimal("0.0001"))

    return arrange


def unusable(series: str, day: Day | None, kind: RejectedKind = "unusable") -> Arrange:
    """Let a day's row be one that can't be used."""

    def arrange(banxico: Any) -> None:
        banxico.rejected += (Rejected(series, day, '"?"', "can't be read", kind),)
        if day is not None:
            banxico.withdrawn.add((series, day))

    return arrange


def all_of(*parts: Arrange) -> Arrange:
    """Arrange several things."""

    def arrange(banxico: Any) -> None:
        for part in parts:
            part(banxico)

    return arrange


def publishes_today(banxico: Any) -> None:
    """Let it be Thursday, 12:30, with the day's FIX published."""
    banxico.clock.now += timedelta(hours=2, minutes=30)


def dated(ahead: timedelta = timedelta(), age: timedelta = timedelta()) -> Arrange:
    """Let the answer's `Date` and `Age` be those of another time."""

    def arrange(banxico: Any) -> None:
        banxico.date_ahead, banxico.age = ahead, age

    return arrange


def adds(series: str, day: Day, factor: str) -> Arrange:
    """Let a value appear for a day that has none, by the newest known FIX."""

    def arrange(banxico: Any) -> None:
        value = (banxico.fix[K] * Decimal(factor)).quantize(Decimal("0.0001"))
        banxico.fix = {**banxico.fix, day: value}

    return arrange


def adds_settled_fix(day: Day, settled: Day) -> Arrange:
    """Let a FIX appear that is equal to the settlement rate of another day."""

    def arrange(banxico: Any) -> None:
        banxico.fix = {**banxico.fix, day: banxico.settlement[settled]}

    return arrange


TODAYS = [(FIX, TODAY), *((SETTLEMENT, Day(2026, 8, day)) for day in (15, 16, 17))]
"""What Thursday's FIX brings: itself and the settlement days that it applies to."""
KS_DAYS = [(SETTLEMENT, KS)]
ALL_FIX = [(FIX, Day(2026, 7, 1) + timedelta(days=n)) for n in range(60)]
TIMEOUT = UpstreamFailure("no answer", kind="timeout")

ROWS = [
    Row(
        "no answer",
        [fails_with(UpstreamFailure("", kind="timeout"))],
        "timeout",
        "failure",
        NEITHER,
    ),
    Row(
        "status >= 500, HTML, not JSON",
        [fails_with(UpstreamFailure("", kind="html"))],
        "html",
        "failure",
        NEITHER,
    ),
    Row("rate limit", [fails_with(UpstreamRateLimited(90))], "rate_limited", "neutral", NEITHER),
    Row(
        "bad token",
        [fails_with(BadToken(""))],
        "bad_token",
        "neutral",
        NEITHER,
        alerts=["bad_token"],
    ),
    Row("now; K and KS usable; no news", [nothing], "success", "success", BOTH),
    Row("the same with new days", [publishes_today], "success", "success", BOTH, recorded=4),
    Row(
        "the same with corrections",
        [moved("1.01", (FIX, TUESDAY))],
        "success",
        "success",
        BOTH,
        recorded=1,
    ),
    Row(
        "now; K usable; SF60653 missing",
        [lacks_series(SETTLEMENT)] * 2,
        "success",
        "success",
        FIX_ONLY,
        alerts=["settlement_unconfirmed"],
        minutes=6,
    ),
    Row(
        "now; K usable; SF60653 without KS",
        [lacks(*KS_DAYS)] * 2,
        "success",
        "success",
        FIX_ONLY,
        alerts=["settlement_unconfirmed"],
        minutes=6,
    ),
    Row(
        "settlement days of more than two FIX missing, KS there: nothing withdrawn, unconfirmed",
        [lacks(*((SETTLEMENT, Day(2026, 8, day)) for day in (7, 11, 12, 13))), nothing],
        "success",
        "success",
        FIX_ONLY,
        alerts=["settlement_unconfirmed"],
        minutes=6,
    ),
    Row(
        "now; SF43718 without anything usable: more than two known FIX days are missing",
        [lacks_series(FIX)] * 2,
        "unconfirmed",
        "neutral",
        NEITHER,
        alerts=["quarantined", "fix_unconfirmed", "settlement_unconfirmed"],
        minutes=6,
    ),
    Row(
        "now; K missing, none later, first time",
        [lacks((FIX, K), *KS_DAYS)],
        "unconfirmed",
        "neutral",
        NEITHER,
    ),
    Row(
        "now; K missing, the settlement series by its own",
        [lacks((FIX, K))],
        "unconfirmed",
        "neutral",
        (False, True),
    ),
    Row(
        "the same, 5 min after the first: K withdrawn, the day before is K",
        [lacks((FIX, K), *KS_DAYS), nothing],
        "success",
        "success",
        BOTH,
        alerts=["withdrawn_at_source"],
        withdrawn=[(FIX, K), *KS_DAYS],
        minutes=5,
    ),
    Row(
        "K missing, a later day usable: noted",
        [all_of(publishes_today, lacks((FIX, K)))],
        "success",
        "success",
        BOTH,
        recorded=4,
    ),
    Row(
        "K missing, a later day usable: second time withdrawn",
        [all_of(publishes_today, lacks((FIX, K))), nothing],
        "success",
        "success",
        BOTH,
        recorded=4,
        alerts=["withdrawn_at_source"],
        withdrawn=[(FIX, K)],
        minutes=5,
    ),
    Row(
        "1-2 older known FIX days missing, second time",
        [lacks((FIX, MONDAY), (FIX, TUESDAY)), nothing],
        "success",
        "success",
        BOTH,
        alerts=["withdrawn_at_source"],
        withdrawn=[(FIX, MONDAY), (FIX, TUESDAY)],
        minutes=5,
    ),
    Row(
        "1-2 older known FIX days missing, but an answer between shows them",
        [lacks((FIX, MONDAY)), shows_all, lacks((FIX, MONDAY))],
        "success",
        "success",
        BOTH,
        minutes=5,
    ),
    Row(
        "more than two FIX days missing, K usable: nothing is withdrawn, new days alone recorded",
        [
            all_of(
                publishes_today,
                moved("1.01", (FIX, K)),
                lacks((FIX, FRIDAY_BEFORE), (FIX, MONDAY), (FIX, TUESDAY)),
            ),
            nothing,
        ],
        "unconfirmed",
        "success",
        NEITHER,
        recorded=4,
        alerts=["quarantined", "fix_unconfirmed", "settlement_unconfirmed"],
        minutes=6,
    ),
    Row(
        "a withdrawn day is back, same value",
        [lacks((FIX, MONDAY)), nothing, shows_all],
        "success",
        "success",
        BOTH,
        alerts=["withdrawn_at_source", "withdrawal_ended"],
        minutes=5,
    ),
    Row(
        "K usable; new day D moved more than 10 %: set aside, both series",
        [all_of(publishes_today, moved("1.2", *TODAYS))],
        "success",
        "success",
        BOTH,
        alerts=["value_under_review"],
        under_review=TODAYS,
    ),
    Row(
        "correction of K by more than 10 %, none later",
        [moved("1.2", (FIX, K))] * 2,
        "unconfirmed",
        "success",
        (False, True),
        alerts=["value_under_review", "fix_unconfirmed"],
        under_review=[(FIX, K)],
        minutes=6,
    ),
    Row(
        "correction of an older day by more than 10 %",
        [moved("1.2", (FIX, TUESDAY))],
        "success",
        "success",
        BOTH,
        alerts=["value_under_review"],
        under_review=[(FIX, TUESDAY)],
    ),
    Row(
        "a row of day D unusable; K usable",
        [unusable(FIX, TUESDAY)],
        "success",
        "success",
        BOTH,
        alerts=["value_under_review"],
        under_review=[(FIX, TUESDAY)],
    ),
    Row(
        "the same, D = K, none later",
        [unusable(FIX, K)] * 1,
        "unconfirmed",
        "neutral",
        (False, True),
        alerts=["value_under_review"],
        under_review=[(FIX, K)],
    ),
    Row(
        "a row whose day can't be read: quarantined once, no day under review",
        [unusable(FIX, None, "undated"), nothing],
        "success",
        "success",
        BOTH,
        alerts=["quarantined"],
    ),
    Row(
        "set-aside value again, 5 min after the first, FIX = its settlement: released",
        [all_of(publishes_today, moved("1.2", *TODAYS)), nothing],
        "success",
        "success",
        BOTH,
        recorded=4,
        alerts=["value_under_review", "review_ended"],
        minutes=5,
    ),
    Row(
        "set-aside value again, less than 5 min after the first",
        [all_of(publishes_today, moved("1.2", *TODAYS)), nothing],
        "success",
        "success",
        BOTH,
        alerts=["value_under_review"],
        under_review=TODAYS,
        minutes=4,
    ),
    Row(
        "set-aside value again, FIX without its settlement: not released",
        [all_of(publishes_today, moved("1.2", (FIX, TODAY))), nothing],
        "success",
        "success",
        BOTH,
        recorded=3,
        alerts=["value_under_review"],
        under_review=[(FIX, TODAY)],
        minutes=6,
    ),
    Row(
        "set-aside value replaced by a plausible one: closed",
        [all_of(publishes_today, moved("1.2", *TODAYS)), shows_all],
        "success",
        "success",
        BOTH,
        recorded=4,
        alerts=["value_under_review", "review_ended"],
    ),
    Row(
        "FIX of a Saturday: set aside, never released by itself",
        [adds(FIX, SATURDAY, "1.07"), nothing],
        "success",
        "success",
        BOTH,
        alerts=["value_under_review"],
        under_review=[(FIX, SATURDAY)],
        minutes=6,
    ),
    Row(
        "FIX of a Saturday that a settlement day equals: not released either",
        [adds_settled_fix(SATURDAY, settled=Day(2026, 8, 11)), nothing],
        "success",
        "success",
        BOTH,
        alerts=["value_under_review"],
        under_review=[(FIX, SATURDAY)],
        minutes=6,
    ),
    Row(
        "answer not of now (Age): only days without a value",
        [all_of(publishes_today, moved("1.01", (FIX, K)), dated(age=timedelta(hours=2)))] * 1,
        "unconfirmed",
        "neutral",
        NEITHER,
        recorded=4,
    ),
    Row(
        "answer not of now (Date), for more than 5 min",
        [dated(ahead=timedelta(days=-1)), nothing],
        "unconfirmed",
        "neutral",
        NEITHER,
        alerts=["fix_unconfirmed", "settlement_unconfirmed"],
        minutes=6,
    ),
    Row(
        "our clock against Date by more than 60 s: not of now",
        [dated(ahead=timedelta(seconds=75))],
        "unconfirmed",
        "neutral",
        NEITHER,
    ),
    Row(
        "a Date within 60 s is of now",
        [dated(ahead=timedelta(seconds=-45))],
        "success",
        "success",
        BOTH,
    ),
]


@pytest.fixture
async def world(desk: Any, banxico: Any) -> World:
    """A leader that knows everything up to Wednesday's FIX."""
    world = World(desk, banxico)
    await world.begin()
    return world


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_poll_means_what_the_table_says(world: World, banxico: Any, row: Row) -> None:
    """Outcome, breaker, verified series, what is recorded, alerts, and what is said afterwards."""
    before = await _count(world)
    for number, arrange in enumerate(row.arrange):
        arrange(banxico)
        result = await world.poll(row.minutes if number else 1)
    assert result.outcome == row.outcome
    assert OUTCOME_OF_BREAKER[min(world.breaker.failures, 2)] == row.breaker
    assert world.verified(world.clock()) == row.verified
    assert await _count(world) - before == row.recorded
    assert sorted(world.alerts) == sorted(row.alerts)
    assert _listed(world.status, "under_review") == sorted(row.under_review)
    assert _listed(world.status, "withdrawn") == sorted(row.withdrawn)


async def test_fix_of_a_closed_weekday_is_released_with_an_alert(
    world: World, banxico: Any
) -> None:
    """Protocol rule 28: a weekday that only a declaration closes is under review until released."""
    await world.recorder.declare_closed(TODAY, "by mistake", "operator")
    publishes_today(banxico)
    await world.poll()
    assert _listed(world.status, "under_review") == [(FIX, TODAY)]
    await world.poll(minutes=5)
    assert _listed(world.status, "under_review") == []
    assert sorted(world.alerts) == ["calendar_wrong", "review_ended", "value_under_review"]
    assert await world.recorder.newest_known() == {FIX: TODAY, SETTLEMENT: Day(2026, 8, 17)}


async def test_fix_of_a_saturday_does_not_end_the_lateness_of_friday(
    world: World, banxico: Any
) -> None:
    """Line P11, protocol rule 29: it is set aside, and Friday's FIX has not come."""
    friday, saturday = Day(2026, 8, 14), Day(2026, 8, 15)
    value = banxico.fix[friday]
    banxico.fix = {day: rate for day, rate in banxico.fix.items() if day != friday}
    world.published_until(saturday)
    await world.poll()
    banxico.fix[saturday] = value
    await world.poll()
    settled = (SETTLEMENT, Day(2026, 8, 18))
    assert _listed(world.status, "under_review") == [(FIX, saturday), settled]
    assert world.recorder.schedule_inputs.newest_fix_day == TODAY
    assert world.status.transitions[0].state == "late"


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_operator_decides_on_fix_and_settlement_together(
    world: World, banxico: Any, decision: QuarantineDecision
) -> None:
    """Protocol rule 28: accepted, both series are recorded, days ahead too; rejected, neither."""
    publishes_today(banxico)
    moved("1.2", *TODAYS)(banxico)
    await world.poll()
    before = await _count(world)
    fix = next(row for row in await open_quarantine(world.recorder) if row.series == FIX)
    await decide_quarantined(world.recorder, fix.id[:8], decision, "operator")
    assert _listed(world.status, "under_review") == []
    result = await world.poll(minutes=6)
    assert result.outcome == "success"
    assert await _count(world) - before == {"accept": 4, "reject": 0}[decision]
    assert _listed(world.status, "under_review") == []
    assert "review_ended" in world.alerts


async def test_fix_of_a_weekend_cannot_be_accepted(world: World, banxico: Any) -> None:
    """Protocol rule 28: Banxico determines none there, so that it can only be rejected."""
    adds(FIX, SATURDAY, "1.07")(banxico)
    await world.poll()
    (row,) = await open_quarantine(world.recorder)
    with pytest.raises(Undecidable):
        await decide_quarantined(world.recorder, row.id, "accept", "operator")
    await decide_quarantined(world.recorder, row.id, "reject", "operator")
    assert _listed(world.status, "under_review") == []


async def test_settlement_that_rests_on_a_weekends_fix_is_set_aside_with_it(
    world: World, banxico: Any
) -> None:
    """Protocol rule 28: a settlement rate that follows a FIX in doubt revises nothing."""
    adds(FIX, SATURDAY, "1.03")(banxico)
    settled = Day(2026, 8, 11)
    banxico.changed[SETTLEMENT, settled] = banxico.fix[SATURDAY]
    before = await _count(world)
    await world.poll()
    await world.poll(minutes=6)
    assert _listed(world.status, "under_review") == [(FIX, SATURDAY), (SETTLEMENT, settled)]
    assert await _count(world) == before


async def test_rejected_correction_leaves_the_recorded_value_confirmed(
    world: World, banxico: Any
) -> None:
    """Protocol rule 28: whoever rejected a correction of K stands by the value that is recorded."""
    moved("1.2", (FIX, K))(banxico)
    assert (await world.poll()).outcome == "unconfirmed"
    (row,) = await open_quarantine(world.recorder)
    await decide_quarantined(world.recorder, row.id, "reject", "operator")
    assert (await world.poll()).outcome == "success"


async def test_later_value_makes_no_unasked_day_known(world: World, banxico: Any) -> None:
    """Protocol rule 25: an answer with an undated row covers nothing, though a later day came."""
    world.published_until(Day(2026, 8, 18))
    unusable(FIX, None, "undated")(banxico)
    lacks((FIX, Day(2026, 8, 17)))(banxico)
    assert (await world.poll()).outcome == "success"
    assert world.status.series[FIX].complete_from == Day(2026, 8, 18)
    shows_all(banxico)
    await world.poll()
    complete_from = world.status.series[FIX].complete_from
    assert complete_from is not None
    assert complete_from < K


async def test_rejected_value_gives_way_to_another(world: World, banxico: Any) -> None:
    """Protocol rule 28: a rejected value counts as never published, until another one comes."""
    publishes_today(banxico)
    moved("1.2", *TODAYS)(banxico)
    await world.poll()
    for row in await open_quarantine(world.recorder):
        await decide_quarantined(world.recorder, row.id, "reject", "operator")
    shows_all(banxico)
    result = await world.poll()
    assert (result.outcome, result.additions.new) == ("success", 4)


async def test_several_days_are_released_in_their_order(world: World, banxico: Any) -> None:
    """Protocol rule 28: after a jump to another level the first day decides on those after it."""
    days = [TUESDAY, K]
    moved("1.2", *((FIX, day) for day in days))(banxico)
    await world.poll()
    await world.poll(minutes=6)
    assert _listed(world.status, "under_review") == [(FIX, TUESDAY), (FIX, K)]
    settlement = [(SETTLEMENT, Day(2026, 8, day)) for day in (13, 14)]
    moved("1.2", *settlement)(banxico)
    await world.poll()
    assert _listed(world.status, "under_review") == settlement
    await world.poll(minutes=5)
    assert _listed(world.status, "under_review") == []


async def test_no_day_is_released_before_the_one_before_it(world: World, banxico: Any) -> None:
    """Protocol rule 28: a day that both series agree on waits for an earlier one in doubt."""
    moved("1.2", (FIX, TUESDAY), (FIX, K), (SETTLEMENT, KS))(banxico)
    await world.poll()
    await world.poll(minutes=6)
    assert _listed(world.status, "under_review") == [(FIX, TUESDAY), (FIX, K), (SETTLEMENT, KS)]


async def test_rejected_datum_stays_rejected_when_it_is_seen_again(
    world: World, banxico: Any
) -> None:
    """Protocol rule 28: what an operator rejected puts its day under review no more."""
    unusable(FIX, TUESDAY)(banxico)
    await world.poll()
    (row,) = await open_quarantine(world.recorder)
    await decide_quarantined(world.recorder, row.id, "reject", "operator")
    await world.poll()
    assert _listed(world.status, "under_review") == []


@pytest.mark.parametrize(("decision", "left"), [("keep", []), ("accept", [(FIX, MONDAY)])])
async def test_operator_settles_a_withdrawn_day(
    world: World, banxico: Any, decision: WithdrawalDecision, left: list[tuple[str, Day]]
) -> None:
    """Protocol rule 27: a day that is kept is withdrawn no more; one that is accepted stays so."""
    lacks((FIX, MONDAY))(banxico)
    await world.poll()
    await world.poll(minutes=5)
    await decide_withdrawn(world.recorder, MONDAY, decision, "operator")
    await world.poll(minutes=6)
    assert _listed(world.status, "withdrawn") == left
    with pytest.raises(NothingToDecide):
        await decide_withdrawn(world.recorder, TUESDAY, decision, "operator")


@pytest.mark.parametrize("decision", ["keep", "accept"])
async def test_series_is_confirmed_after_its_newest_day_is_settled(
    world: World, banxico: Any, decision: WithdrawalDecision
) -> None:
    """Protocol rule 27: whoever stands by a withdrawn value does not make the series unverified."""
    lacks((FIX, K), (SETTLEMENT, KS))(banxico)
    await world.poll()
    await world.poll(minutes=5)
    await decide_withdrawn(world.recorder, K, decision, "operator")
    assert (await world.poll()).outcome == "success"
    assert world.verified(world.clock()) == BOTH


async def test_two_weeks_of_unreadable_dates_verify_nothing(world: World, banxico: Any) -> None:
    """Protocol rule 27: an exchange is no confirmation; the FIX grows unverified, with an alert."""
    verified_at = world.recorder.health.verified_at
    lacks_series(FIX)(banxico)
    for _ in range(14):
        await world.poll(minutes=24 * 60)
    assert world.recorder.health.verified_at == verified_at
    assert world.status.fresh_until is not None
    assert world.status.fresh_until < world.clock()
    assert "fix_unconfirmed" in world.alerts


async def _count(world: World) -> int:
    ((count,),) = await world.desk.rows("SELECT COUNT(*) FROM observations")
    return int(count)


def _listed(status: SyncStatus, name: str) -> list[tuple[str, Day]]:
    return sorted(
        (series, day) for series, known in status.series.items() for day in getattr(known, name)
    )
