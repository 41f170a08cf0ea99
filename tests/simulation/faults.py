"""What a seed plans: the background, and the faults with their times.

All is drawn before the run begins, so that a fault can be left out and the others stay as they are.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from contract.sweeping import published

MINUTES = 45
HEALING_MINUTES = 14
"""The faults end so long before the end: by then all has to be well again."""

HOURS: Mapping[str, time] = MappingProxyType(
    {
        "publication": time(11, 45),
        "opening": time(6, 50),
        "afternoon": time(14, 0),
        "closing": time(16, 45),
        "night": time(2, 45),
        "midnight": time(23, 40),
    }
)
"""When a run begins in Mexico City."""
ZONES = ("UTC", "America/Mexico_City", "Asia/Kolkata", "Pacific/Auckland")
"""The host's time zones: nothing may depend on them."""
LATE_PUBLICATION = time(14, 12)
"""When the FIX of an afternoon's run shows, at the earliest: until then it is late."""
WEIGHTS: Mapping[str, int] = MappingProxyType(dict(zip(HOURS, (10, 2, 2, 3, 2, 1), strict=True)))

LONG = frozenset(
    {
        "banxico_mood",
        "banxico_slow",
        "range_lost",
        "correction",
        "withdrawal",
        "database_long_away",
        "deployment",
    }
)
KINDS: Mapping[str, int] = MappingProxyType(
    {
        "kill_leader": 4,
        "kill_all_sync": 1,
        "stop_leader": 1,
        "pause_leader": 3,
        "pause_standby": 1,
        "pause_worker": 2,
        "suspend_leader": 1,
        "die_at_request": 4,
        "restart_worker": 2,
        "cut": 6,
        "database_away": 3,
        "database_slow": 1,
        "database_read_only": 2,
        "database_locked": 1,
        "database_restored": 2,
        "both_lost": 1,
        "redis_away": 3,
        "redis_flushed": 2,
        "redis_replica": 2,
        "redis_trimmed": 1,
        "redis_full": 1,
        "redis_foreign": 1,
        "documents_lost": 1,
        "banxico_away": 2,
        "banxico_mood": 5,
        "banxico_slow": 1,
        "range_lost": 1,
        "correction": 3,
        "withdrawal": 1,
        "clock_step": 2,
        "clock_drift": 1,
        "alerts_away": 1,
        "edge_away": 1,
        "deployment": 2,
        "pause_in_request": 1,
        "restored_while_stopped": 1,
        "database_long_away": 1,
        "documents_spoilt": 1,
        "banxico_relapse": 1,
        "banxico_unconfirmed": 1,
        "large_correction": 1,
        "history_late": 1,
        "banxico_old_at_first": 1,
        "operator_range": 1,
        "entries_missed": 1,
        "redis_forged": 1,
        "history_reread": 1,
        "clock_unwitnessed": 1,
        "clock_wrong": 1,
    }
)
"""The kinds of faults, and how often each is drawn."""
AT_FIRST = frozenset({"history_late", "banxico_old_at_first"})
"""The kinds that begin with the run."""
MIN_SECONDS: Mapping[str, float] = MappingProxyType(
    {
        "banxico_relapse": 480,
        "banxico_unconfirmed": 600,
        "large_correction": 420,
        "history_late": 300,
        "banxico_old_at_first": 60,
    }
)
"""How long a fault lasts at least."""
ELSEWHERE = frozenset(
    {
        "banxico_away",
        "banxico_mood",
        "banxico_slow",
        "range_lost",
        "correction",
        "withdrawal",
        "alerts_away",
        "edge_away",
    }
)
"""The kinds of faults that concern neither the database, nor Redis, nor any instance."""
PACES: tuple[tuple[Mapping[str, float], Mapping[str, float]], ...] = (
    ({"poll_late": 300.0}, {}),
    *(
        (
            {
                "poll_late": 300.0,
                "lease_poll": 6.0,
                "lease_renewal": 6.0,
                "lease_patience": 25.0,
                "lease_max_age": 75.0,
                "relay_interval": 12.0,
                "notice_interval": 2.0,
            },
            {"stream_block": 9.0, "redis_timeout": 15.0},
        ),
    )
    * 7,
)
"""The settings of rates-sync and rates-api: a run in eight looks as often as in production. The
others look less often, which takes half of the time and leaves the order of things as it is. In all
of them what is in doubt is asked about within the time for healing."""
HISTORIES, LONG_HISTORIES = (20, 60, 200), (2600, 2900)
LONG_HISTORY = "long_history"
"""An emphasis on it gives the run a history of two chunks, and faults while it is loaded."""
DURATIONS = (0.5, 3, 8, 15, 40, 120, 300)


@dataclass(frozen=True)
class Fault:
    """One fault: what, when and for how many seconds; `number` decides the rest (whom, how)."""

    at: float
    kind: str
    seconds: float
    number: int

    def __str__(self) -> str:
        """Say it as `--trace` and a kept seed show it."""
        return f"{self.kind} at {self.at:.0f} s for {self.seconds:g} s"


@dataclass(frozen=True)
class Background:
    """The world before any fault: a real day of Banco de México's, when, and on which database."""

    hour: str
    day: date
    begins: datetime
    minutes: float
    first_fix_day: date
    shown: Mapping[date, datetime]
    mysql: bool
    zone: str
    sync_settings: Mapping[str, Any]
    api_settings: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        """Return how long the run takes."""
        return self.minutes * 60


@dataclass(frozen=True)
class Plan:
    """What a seed plans."""

    seed: int
    background: Background
    faults: tuple[Fault, ...]

    def without(self, fault: Fault) -> "Plan":
        """Return the plan without a fault."""
        return dataclasses.replace(self, faults=tuple(x for x in self.faults if x is not fault))


def plan(seed: int, minutes: float = MINUTES, emphasis: Sequence[str] = ()) -> Plan:
    """Return what `seed` plans; `emphasis` are hours and kinds of faults to be drawn rather."""
    random = Random(seed)
    background = _background(random, minutes, emphasis)
    return Plan(seed, background, tuple(_faults(random, background, emphasis)))


def _emphasised(weights: Mapping[str, int], emphasis: Sequence[str]) -> list[int]:
    """Return the weights, those of `emphasis` so large that two draws in three are of it."""
    share = 2 * sum(weights.values()) if any(name in emphasis for name in weights) else 0
    chosen = sum(name in emphasis for name in weights) or 1
    return [weight + share // chosen * (name in emphasis) for name, weight in weights.items()]


def _background(random: Random, minutes: float, emphasis: Sequence[str]) -> Background:
    name = random.choices(list(HOURS), _emphasised(WEIGHTS, emphasis))[0]
    day = _day(random, banking=name == "publication" or random.random() < 0.5)
    begins = published.wall(day, HOURS[name])
    sync_settings, api_settings = random.choice(PACES)
    due = LATE_PUBLICATION if name == "afternoon" else time(12)
    shown_at = published.wall(day, due) + timedelta(seconds=random.choice([5, 40, 200, 600]))
    return Background(
        hour=name,
        day=day,
        begins=begins,
        minutes=minutes,
        first_fix_day=day - timedelta(days=random.choice(_histories(emphasis))),
        shown=MappingProxyType({day: shown_at}),
        mysql=random.random() < 0.5,
        zone=random.choice(ZONES),
        sync_settings=MappingProxyType(sync_settings),
        api_settings=MappingProxyType(api_settings),
    )


def _histories(emphasis: Sequence[str]) -> tuple[int, ...]:
    """Return how many days of history there may be before the run's; one of those is drawn."""
    return LONG_HISTORIES if LONG_HISTORY in emphasis else HISTORIES


def _day(random: Random, *, banking: bool) -> date:
    """Return a day since 2021; not one near today's end of the data."""
    while True:
        day = date(2021, 1, 4) + timedelta(days=random.randrange(5 * 365))
        if random.random() < 0.2:
            day = day.replace(month=12, day=random.choice([12, 24, 30, 31]))
        if published.is_banking_day(day) == banking:
            return day


def _faults(random: Random, background: Background, emphasis: Sequence[str]) -> list[Fault]:
    """Draw the faults; a quiet start lets most runs begin with a whole record."""
    last = background.seconds - HEALING_MINUTES * 60
    weights = _emphasised(KINDS, emphasis)
    at = random.choice([0.0] if LONG_HISTORY in emphasis else [0.0, 90.0, 150.0])
    faults: list[Fault] = []
    while True:
        at += random.choice([1, 5, 20, 60, 200]) * (0.5 + random.random())
        kind = random.choices(list(KINDS), weights)[0]
        seconds = random.choice(DURATIONS) * (4 if kind in LONG else 1)
        seconds = max(seconds, MIN_SECONDS.get(kind, 0))
        if at + seconds >= last:
            return faults
        begins = 0.0 if kind in AT_FIRST else at
        faults.append(Fault(begins, kind, seconds, random.getrandbits(32)))
