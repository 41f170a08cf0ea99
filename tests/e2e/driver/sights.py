"""What scenarios look at again and again: each tells whether something is so right now.

Whatever is said of "the platform" is said of all of it: of every instance, or of every worker.
"""

import csv
from datetime import date as Day
from itertools import count, pairwise
from pathlib import Path

from driver.answers import Answer
from driver.plan import YESTERDAY
from driver.platform import Platform
from rates_contracts.observation import FIRST_FIX_DAY

DATA = Path(__file__).parents[3] / "tools/banxico-simulator/src/banxico_simulator/data"
CURRENT = "/api/v1/rates/current"
_corrections = count(1001)


def fill(platform: Platform) -> None:
    """Start an empty platform and end it with a record that holds the whole history.

    It is nobody's scenario: a busy machine may take its time.
    """
    try:
        platform.launch()
        platform.until(lambda: whole(platform) and well(platform), within=90)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{platform.report()}") from error
    assert platform.sync[0].stop() == 0


def rate(platform: Platform) -> str | None:
    """Return the current FIX, None while there is none or the instances differ."""
    return _agreed([answer.json.get("rate") for answer in platform.api.every_instance(CURRENT)])


def correct(platform: Platform) -> str:
    """Have Banxico correct the newest FIX to a value it never had, and return that."""
    value = f"17.{next(_corrections):04d}"
    platform.banxico.correct(YESTERDAY, value)
    return value


def level(platform: Platform) -> str | None:
    """Return the level of every instance, None while they differ."""
    return _agreed([answer["level"] for answer in platform.api.every_instance("/health")])


def dependency(platform: Platform, name: str) -> str | None:
    """Return how every instance says that a dependency is, None while they differ."""
    health = platform.api.every_instance("/health")
    return _agreed([answer["dependencies"][name] for answer in health])


def whole(platform: Platform) -> bool:
    """Tell whether every worker serves the history from its first day on."""
    first = f"/api/v1/rates/{FIRST_FIX_DAY}"
    return all(answer.status == 200 for answer in platform.api.every_worker(first))


def everywhere(platform: Platform, value: str) -> bool:
    """Tell whether `value` is the current FIX in every worker."""
    return all(answer.json.get("rate") == value for answer in platform.api.every_worker(CURRENT))


def warned(platform: Platform) -> Answer | None:
    """Return the current rate if all serve it, `degraded` and with a warning; else None."""
    answers = platform.api.every_instance(CURRENT)
    degraded = all(answer.status == 200 and answer["level"] == "degraded" for answer in answers)
    return answers[0] if degraded else None


def followed(platform: Platform) -> bool:
    """Tell whether every worker stands at the record's head."""
    head = platform.database.at
    return all(
        metrics.value("rates_api_snapshot_timeline") == head.timeline
        and metrics.value("rates_api_snapshot_position") == head.position
        for metrics in (instance.metrics() for instance in platform.api.instances)
    )


def relayed(platform: Platform) -> bool:
    """Tell whether the stream holds every event of the record exactly once, in order."""
    return platform.redis.answers() and platform.redis.events() == platform.database.events()


def unbroken(platform: Platform) -> bool:
    """Tell whether each event of the record names the one before it: none is lost, none doubled."""
    events = platform.database.events()
    return all(
        (later.previous.at, later.previous.event_id) == (earlier.at, earlier.event_id)
        for earlier, later in pairwise(events)
    )


def published(before: Day) -> dict[str, str]:
    """Return every FIX that Banco de México has published for the days before that one."""
    with (DATA / "usd_mxn_fix.csv").open() as file:
        rows = [row for row in csv.reader(file) if row[0][:1].isdigit()]
    return {day: value for day, value, *_ in rows if day < before.isoformat()}


def well(platform: Platform) -> bool:
    """Tell whether all is as it should be: led, relayed, every worker ready and at the head."""
    led = any(sync.leads() for sync in platform.sync)
    healthy = led and level(platform) == "healthy"
    serving = healthy and platform.api.every_worker_ready()
    return serving and relayed(platform) and followed(platform) and calm(platform)


def calm(platform: Platform) -> bool:
    """Tell whether no worker speaks of trouble any more: they hear of each other once a second."""
    health = platform.api.every_worker("/health")
    return {answer["level"] for answer in health} == {"healthy"}


def _agreed(said: list[str | None]) -> str | None:
    return said[0] if len(set(said)) == 1 else None
