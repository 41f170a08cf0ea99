"""What scenarios look at again and again: each tells whether something is so right now."""

from itertools import count

from driver.answers import Answer
from driver.platform import YESTERDAY, Platform
from rates_contracts.observation import FIRST_FIX_DAY

CURRENT = "/api/v1/rates/current"
_corrections = count(1001)


def rate(platform: Platform) -> str | None:
    """Return the current FIX, None while there is none."""
    found: str | None = platform.api.get(CURRENT).json.get("rate")
    return found


def correct(platform: Platform) -> str:
    """Have Banxico correct the newest FIX to a value it never had, and return that."""
    value = f"17.{next(_corrections):04d}"
    platform.banxico.correct(YESTERDAY, value)
    return value


def level(platform: Platform) -> str:
    """Return the level of the whole instance, the worst of its workers."""
    found: str = platform.api.health()["level"]
    return found


def whole(platform: Platform) -> bool:
    """Tell whether every worker serves the history from its first day on."""
    first = f"/api/v1/rates/{FIRST_FIX_DAY}"
    return all(answer.status == 200 for answer in platform.api.every_worker(first))


def warned(platform: Platform) -> Answer | None:
    """Return the current rate if it is served, `degraded` and with a warning; else None."""
    answer = platform.api.get(CURRENT)
    return answer if answer.status == 200 and answer["level"] == "degraded" else None


def followed(platform: Platform) -> bool:
    """Tell whether every worker stands at the record's head."""
    metrics, head = platform.api.metrics(), platform.database.at
    return (
        metrics.value("rates_api_snapshot_timeline") == head.timeline
        and metrics.value("rates_api_snapshot_position") == head.position
    )


def relayed(platform: Platform) -> bool:
    """Tell whether the stream holds every event of the record exactly once, in order."""
    return platform.redis.answers() and platform.redis.events() == platform.database.events()


def well(platform: Platform) -> bool:
    """Tell whether all is as it should be: healthy, relayed, and every worker at the head."""
    return level(platform) == "healthy" and relayed(platform) and followed(platform)
