"""How days, instants and numbers are written for people, in each language.

Both languages write numbers as Mexico does: a point before the decimals, commas between thousands.
Instants are wall times of Mexico City, which the page says once.
"""

import dataclasses
from datetime import date as Day
from datetime import datetime
from decimal import Decimal

from rates_api.pages.language import Language
from rates_contracts.calendar import MEXICO_CITY

MONTHS: dict[Language, tuple[str, ...]] = {
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
SHORT = 3
"""Letters of a short weekday or month."""


@dataclasses.dataclass(frozen=True)
class Wording:
    """Writes for readers of `language`, to whom it is `today`."""

    language: Language
    today: Day

    def day(self, day: Day) -> str:
        """Return a day with its year: «14 de agosto de 2026»."""
        month = MONTHS[self.language][day.month - 1]
        if self.language == "es":
            return f"{day.day} de {month} de {day.year}"
        return f"{day.day} {month} {day.year}"

    def begin(self, first: Day, last: Day) -> str:
        """Return the first day of a span without what the last one says, too: «28»."""
        if first.year != last.year:
            return self.day(first)
        named = "" if first.month == last.month else MONTHS[self.language][first.month - 1]
        joined = " de " if self.language == "es" else " "
        return f"{first.day}{joined}{named}" if named else str(first.day)

    def weekday(self, day: Day) -> str:
        """Return the name of its weekday."""
        return WEEKDAYS[self.language][day.weekday()]

    def full_day(self, day: Day) -> str:
        """Return a day with its weekday and year: «viernes 14 de agosto de 2026»."""
        comma = "" if self.language == "es" else ","
        return f"{self.weekday(day)}{comma} {self.day(day)}"

    def short_day(self, day: Day) -> str:
        """Return a day in few letters, its year only where it is not this one: «vie 14 ago»."""
        return f"{self.weekday(day)[:SHORT]} {self._day_of_month(day)}"

    def span(self, first: Day, last: Day) -> str:
        """Return a span of days in few letters: «31 jul – 14 ago»."""
        return f"{self._day_of_month(first)} – {self._day_of_month(last)}"

    def _day_of_month(self, day: Day) -> str:
        month = MONTHS[self.language][day.month - 1][:SHORT]
        year = "" if day.year == self.today.year else f" {day.year}"
        return f"{day.day} {month}{year}"

    def instant(self, instant: datetime) -> str:
        """Return the wall time of an instant, with its day where that is not today."""
        local = instant.astimezone(MEXICO_CITY)
        clock = f"{local:%H:%M}"
        return clock if local.date() == self.today else f"{self.short_day(local.date())}, {clock}"

    @staticmethod
    def number(value: Decimal | str) -> str:
        """Return a number with all its digits, commas between the thousands."""
        return f"{Decimal(value):,f}"

    @staticmethod
    def signed(value: Decimal) -> str:
        """Return a change with its sign, a true minus where it is negative."""
        return f"{value:+f}".replace("-", "\N{MINUS SIGN}")
