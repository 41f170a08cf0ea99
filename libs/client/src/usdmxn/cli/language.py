"""Spanish and English: a text in both, the choice between them, days and instants as people say."""

import locale
from collections.abc import Mapping, Sequence
from datetime import date as Day
from datetime import datetime
from importlib import resources
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

Language = Literal["es", "en"]


def _packaged_zone() -> ZoneInfo:
    """Read the zone from the package `tzdata`: an old host still has summer time there."""
    with (resources.files("tzdata.zoneinfo.America") / "Mexico_City").open("rb") as file:
        return ZoneInfo.from_file(file, key="America/Mexico_City")


MEXICO_CITY = _packaged_zone()
WEEKDAYS = {"es": "lun mar mié jue vie sáb dom", "en": "Mon Tue Wed Thu Fri Sat Sun"}
MONTHS = {
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}
LONG_MONTHS = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "en": "January February March April May June July August September October November December",
}


class Text(NamedTuple):
    """A text in both languages; `{name}` stands for what is put in."""

    es: str
    en: str

    def to(self, lang: Language, **values: Any) -> str:
        """Return the text in a language, with `values` put in."""
        return (self.es if lang == "es" else self.en).format(**values)


def choose(arguments: Sequence[str], environ: Mapping[str, str]) -> Language:
    """Return the language that `--lang` asks for, else the locale's: Spanish or English.

    A `--lang` that is neither is refused later, where the arguments are parsed.
    """
    asked = _asked(arguments) or _of_locale(environ)
    return "es" if asked.lower().startswith(("es", "spanish")) else "en"


def _asked(arguments: Sequence[str]) -> str | None:
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument == "--lang":
            return following
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return None


def _of_locale(environ: Mapping[str, str]) -> str:
    """Return the locale's name: POSIX's variables in their order, else what the system says."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return environ[name]
    return locale.getlocale()[0] or ""


def capitalized(text: str) -> str:
    """Return a text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def say_day(day: Day, lang: Language) -> str:
    """Return a day with its weekday: `dom 16 ago 2026`."""
    return f"{WEEKDAYS[lang].split()[day.weekday()]} {short_day(day, lang)}"


def short_day(day: Day, lang: Language) -> str:
    """Return a day: `16 ago 2026`."""
    return f"{day.day} {MONTHS[lang].split()[day.month - 1]} {day.year}"


def say_month(year: int, month: int, lang: Language) -> str:
    """Return a month: `agosto de 2026`."""
    name = LONG_MONTHS[lang].split()[month - 1]
    return f"{name} de {year}" if lang == "es" else f"{name} {year}"


def say_span(first: Day, last: Day | None, lang: Language) -> str:
    """Return the days from `first` to `last`; None is an end that is not known yet."""
    if last is None:
        return SINCE.to(lang, first=say_day(first, lang))
    if first == last:
        return ONE_DAY.to(lang, day=say_day(first, lang))
    return SPAN.to(lang, first=say_day(first, lang), last=say_day(last, lang))


def say_instant(at: datetime, lang: Language) -> str:
    """Return an instant in Mexico City's time: `14 ago 2026, 12:01 (CDMX)`."""
    local = at.astimezone(MEXICO_CITY)
    return CLOCK.to(lang, day=short_day(local.date(), lang), time=f"{local:%H:%M}")


SINCE = Text("desde el {first}", "from {first} on")
ONE_DAY = Text("el {day}", "on {day}")
SPAN = Text("del {first} al {last}", "from {first} to {last}")
CLOCK = Text("{day}, {time} (hora de CDMX)", "{day}, {time} (Mexico City)")
