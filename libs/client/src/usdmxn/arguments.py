"""What callers write, as the API spells it; what can't be meant is refused before it is sent."""

from datetime import UTC, datetime
from datetime import date as Day
from decimal import Decimal
from importlib import resources
from zoneinfo import ZoneInfo

from usdmxn.errors import InvalidArgument


def _packaged_zone(area: str, city: str) -> ZoneInfo:
    """Read a zone from the package `tzdata`: `ZoneInfo(key)` prefers what the host has."""
    with (resources.files("tzdata.zoneinfo") / area / city).open("rb") as file:
        return ZoneInfo.from_file(file, key=f"{area}/{city}")


MEXICO_CITY = _packaged_zone("America", "Mexico_City")
"""Where the days of the rates are; a host's old data may still have summer time there."""


def day_text(day: Day | str) -> str:
    """Return a day as `YYYY-MM-DD`. Raises `InvalidArgument`, for a datetime too."""
    if isinstance(day, datetime):
        raise InvalidArgument(
            f"{day!r} is an instant, whose day depends on the zone: write "
            "instant.astimezone(zone).date() with the zone that is meant"
        )
    if isinstance(day, Day):
        return day.isoformat()
    try:
        return Day.fromisoformat(day).isoformat()
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"{day!r} is no day: write a date, or 2026-08-16") from error


def optional_day(day: Day | str | None) -> str | None:
    """Return a day as `YYYY-MM-DD`, None for None. Raises `InvalidArgument`."""
    return None if day is None else day_text(day)


def month_text(month: Day | str | None) -> str | None:
    """Return a month as `YYYY-MM`, a day as its month, None for None."""
    return f"{month:%Y-%m}" if isinstance(month, Day) else month


def instant_text(instant: datetime | None) -> str | None:
    """Return an instant in UTC with `Z`, None for None. Raises `InvalidArgument` if naive."""
    if instant is None:
        return None
    if instant.tzinfo is None:
        raise InvalidArgument(f"{instant!r} is no instant: write a datetime with its time zone")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def amount_text(amount: Decimal | int | str) -> str:
    """Return an amount without an exponent. Raises `InvalidArgument`, for a float too."""
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int | str):
        raise InvalidArgument(f"{amount!r} is no exact amount: write Decimal('1234.56')")
    return f"{amount:f}" if isinstance(amount, Decimal) else str(amount)


def today() -> str:
    """Return the day that it is in Mexico City."""
    return datetime.now(MEXICO_CITY).date().isoformat()
