"""Days as people and programs write them: ISO, 16/08/2026, 16-ago-2026, with a time behind.

03/04/2026 is 3 April in Mexico and 4 March for a program set to US English. Only an order that is
given, or that other days of the same column prove, decides between them; a guess never does.

    DayUnreadable         it is no day, or can't be read as one
      DayAmbiguous        it is either of two days
"""

import re
from collections.abc import Iterable
from datetime import date as Day
from typing import Literal

from usdmxn.cli.language import LONG_MONTHS, MONTHS, Language, Text, short_day

Order = Literal["dmy", "mdy"]

CLOCK = r"(?:T|,?\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
TIME = rf"(?:{CLOCK}(?:\s*[AaPp]\.?\s?[Mm]\.?|-06:?00)?)?"
"""An offset is Mexico City's, or the day may be another one there."""
ISO = re.compile(rf"(\d{{4}})-(\d{{2}})-(\d{{2}}){TIME}")
NUMBERS = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}){TIME}")
NAMED = re.compile(
    rf"(\d{{1,2}})(?:[/\s.-]|\sde\s)+([^\W\d]+)\.?(?:[/\s.-]|\sde\s)+(\d{{4}}){TIME}"
)
INSTANT = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}{CLOCK}\s*(Z|[+-]\d{{2}}:?\d{{2}})")
SHORT_YEAR = re.compile(r"\d{1,2}[/.-](\d{1,2}|[^\W\d]+)[/.-]\d{2}")
SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?")

EMPTY = Text("no hay fecha", "there is no date")
UNREADABLE = Text(
    "«{written}» no es una fecha: escríbala como 16/08/2026 o 2026-08-16",
    '"{written}" is no date: write it as 16/08/2026 or 2026-08-16',
)
NO_SUCH_DAY = Text("«{written}» no existe en el calendario", '"{written}" is not in the calendar')
TWO_DIGITS = Text(
    "«{written}» trae el año con dos dígitos: escríbalo con cuatro",
    '"{written}" has a year of two digits: write four',
)
OF_A_ZONE = Text(
    "«{written}» es una hora de otra zona, donde el día puede ser otro: escriba el día de México",
    '"{written}" is a time of another zone, where the day may be another: write the day in Mexico',
)
NUMBER = Text(
    "«{written}» es el número de serie con el que Excel guarda un día: dé a la columna formato de "
    "fecha antes de exportarla",
    '"{written}" is the serial number that Excel keeps a day as: format the column as a date '
    "before you export it",
)
AMBIGUOUS = Text(
    "«{written}» puede ser {dmy} o {mdy}: escríbalo como {iso_dmy} o {iso_mdy}",
    '"{written}" may be {dmy} or {mdy}: write {iso_dmy} or {iso_mdy}',
)


class DayUnreadable(ValueError):
    """A text is no day; `text` says why, and what to write, with `values` put in."""

    def __init__(self, text: Text, written: str) -> None:
        """Refuse `written`."""
        super().__init__(text.en.partition(":")[0])
        self.text, self.written = text, written

    def sentence(self, lang: Language) -> str:
        """Return the reason, in a language."""
        return self.text.to(lang, written=self.written)


class DayAmbiguous(DayUnreadable):
    """A text is either of two days."""

    def __init__(self, written: str, dmy: Day, mdy: Day) -> None:
        """Refuse `written`, which is `dmy` or `mdy`."""
        super().__init__(AMBIGUOUS, written)
        self.dmy, self.mdy = dmy, mdy

    def sentence(self, lang: Language, text: Text = AMBIGUOUS) -> str:
        """Return the reason with both days, in a language; `text` may say what else to do."""
        return text.to(
            lang,
            written=self.written,
            dmy=short_day(self.dmy, lang),
            mdy=short_day(self.mdy, lang),
            iso_dmy=self.dmy,
            iso_mdy=self.mdy,
        )


def read_day(written: str, order: Order | None = None) -> Day:
    """Return the day that a text means; the time behind it is left out.

    `order` decides where day and month may be either. Raises `DayUnreadable`.
    """
    text = written.strip()
    if match := ISO.fullmatch(text):
        return _day(text, *match.groups())
    if match := NUMBERS.fullmatch(text):
        first, _, second, year = match.groups()
        return _numbered(text, first, second, year, order)
    if match := NAMED.fullmatch(text):
        day, name, year = match.groups()
        return _day(text, year, _month(text, name), day)
    raise DayUnreadable(_reason(text), text)


def proven_order(written: Iterable[str]) -> Order | None:
    """Return the order that days of a column prove by a number above 12.

    None where none does, or where some prove the one and some the other.
    """
    orders = {order for text in written if (order := _proof(text.strip()))}
    return orders.pop() if len(orders) == 1 else None


def _proof(text: str) -> Order | None:
    match = NUMBERS.fullmatch(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if first > 12 >= second:
        return "dmy"
    return "mdy" if second > 12 >= first else None


def _numbered(text: str, first: str, second: str, year: str, order: Order | None) -> Day:
    if order is None and max(int(first), int(second)) <= 12 and int(first) != int(second):
        raise DayAmbiguous(text, _day(text, year, second, first), _day(text, year, first, second))
    if order is None:
        order = _proof(text) or "dmy"
    return _day(text, year, *((second, first) if order == "dmy" else (first, second)))


def _day(text: str, year: str, month: str, day: str) -> Day:
    try:
        return Day(int(year), int(month), int(day))
    except ValueError as error:
        raise DayUnreadable(NO_SUCH_DAY, text) from error


def _month(text: str, name: str) -> str:
    """Return the number of a month's name, short or long, in either language."""
    for names in (*MONTHS.values(), *LONG_MONTHS.values()):
        if name.lower() in names.lower().split():
            return str(names.lower().split().index(name.lower()) + 1)
    if name.lower() == "sept":
        return "9"
    raise DayUnreadable(UNREADABLE, text)


def _reason(text: str) -> Text:
    if not text:
        return EMPTY
    if INSTANT.fullmatch(text):
        return OF_A_ZONE
    if SHORT_YEAR.fullmatch(text):
        return TWO_DIGITS
    return NUMBER if SERIAL.fullmatch(text) else UNREADABLE
