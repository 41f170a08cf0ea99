"""A bar a day: how long the data were verified, and what kept them from being, inline in a page.

A bar grows with the share of the time that was verified, and what is missing is hatched; a day on
which banks are closed is half as high, an outline where nothing was to be verified. Marks tell of a
source that was not asked and of a FIX that was not seen. No state is told by colour alone, and each
bar has a title in words. Pure.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from datetime import date as Day
from xml.etree.ElementTree import Element, SubElement

from rates_api.pages.charts import svg
from rates_api.pages.charts.words import (
    WORDS,
    Words,
    clock_time,
    duration,
    long_day,
    short_date,
)
from rates_api.pages.language import Language

WIDTH, HEIGHT = 720, 84
STEP, BAR = 8, 6
"""Units from bar to bar, and of a bar's width."""
FLOOR, TALL, SHORT = 68, 52, 26
"""Where bars stand; their heights on banking days and on others."""
ENOUGH = 7
"""Days; the picture of fewer is as wide as they are: a bar alone in a wide one is lost."""
LEAST = 3
"""The height of the shortest part: a minute of ten hours must be seen."""
BREAKER_AT, NO_FIX_AT = 10, 76
"""Above and below the bars, the middles of their marks."""
MARK = 2.5
HATCH = "status-hatch"
DAY_SECONDS = 86_400


@dataclasses.dataclass(frozen=True)
class DataDay:
    """How good the data were on a day in Mexico City, in seconds of the time that counts.

    All are 0 where nothing is recorded, and where banks are closed and nothing was to be verified.
    While the breaker is open the source is not asked; data may be verified still. `fix_seen_at` is
    the instant (UTC) at which the FIX of the day was first seen, None if it was not (yet).
    """

    day: Day
    verified_seconds: int
    unverified_seconds: int
    breaker_open_seconds: int
    fix_seen_at: datetime | None
    is_banking_day: bool
    fix_is_due: bool = True
    """A banking day's FIX should have been seen by now."""

    @property
    def is_recorded(self) -> bool:
        """Tell whether anything is known of the day."""
        return self.verified_seconds + self.unverified_seconds > 0

    @property
    def unverified_share(self) -> float:
        """Return the share of the recorded time without verified data, 0 without a record."""
        recorded = self.verified_seconds + self.unverified_seconds
        return self.unverified_seconds / recorded if recorded else 0.0

    @property
    def lacks_fix(self) -> bool:
        """Tell whether it should have a FIX and none was seen."""
        is_expected = self.is_banking_day and self.fix_is_due
        return is_expected and self.is_recorded and self.fix_seen_at is None


def status_bars(days: Sequence[DataDay], language: Language) -> str:
    """Return the bars of `days`, ascending and 90 at most, the last at the right."""
    words = WORDS[language]
    width = WIDTH if len(days) >= ENOUGH else max(len(days), 1) * STEP
    root = svg.image("status", (width, HEIGHT), words.status_title, _summary(words, days))
    root.set("class", "status-bars")
    root.set("lang", language)
    _define_hatch(root)
    for number, day in enumerate(reversed(days), start=1):
        _draw_day(root, words, day, width - number * STEP + (STEP - BAR) / 2)
    return svg.written(root)


def status_key(language: Language) -> str:
    """Return a list that shows what bars and marks mean, for the page that has the bars."""
    words = WORDS[language]
    root = Element("ul", {"class": "status-key"})
    for name, day in _examples(words):
        item = SubElement(root, "li")
        size = {"viewBox": f"0 0 {STEP} {HEIGHT}", "width": f"{STEP}", "height": f"{HEIGHT}"}
        example = {"class": "status-bars", "fill": "currentColor", "aria-hidden": "true"}
        bar = SubElement(item, "svg", {**example, **size})
        _draw_bar(bar, day, (STEP - BAR) / 2)
        bar.tail = f" {name}"
    return svg.written(root)


def _examples(words: Words) -> Iterator[tuple[str, DataDay]]:
    """Yield what each state of a day is called, and a day in that state."""
    seen = datetime(2026, 1, 5, 18, tzinfo=UTC)
    good = DataDay(seen.date(), DAY_SECONDS, 0, 0, seen, is_banking_day=True)
    yield words.key_verified, good
    half = DAY_SECONDS // 2
    yield (
        words.key_unverified,
        dataclasses.replace(good, verified_seconds=half, unverified_seconds=half),
    )
    yield words.key_breaker, dataclasses.replace(good, breaker_open_seconds=DAY_SECONDS)
    yield words.key_no_fix, dataclasses.replace(good, fix_seen_at=None)
    unrecorded = dataclasses.replace(good, verified_seconds=0)
    yield words.key_closed, dataclasses.replace(unrecorded, is_banking_day=False)
    yield words.key_unrecorded, unrecorded


def _summary(words: Words, days: Sequence[DataDay]) -> str:
    """Return in words which days are shown, and on which of them data were not verified."""
    if not days:
        return words.status_empty
    ends = {"first": long_day(words, days[0].day), "last": long_day(words, days[-1].day)}
    flawed = [
        f"{short_date(words, day.day)} ({duration(day.unverified_seconds)})"
        for day in days
        if day.unverified_seconds
    ]
    said = words.status_flawed.format(days=", ".join(flawed)) if flawed else words.status_flawless
    unrecorded = sum(day.is_banking_day and not day.is_recorded for day in days)
    known = words.status_unrecorded.format(count=unrecorded) if unrecorded else ""
    return f"{words.status_span.format(days=len(days), **ends)} {said} {known}".strip()


def day_in_words(words: Words, day: DataDay) -> str:
    """Return all that a bar shows: 14 ago 2026, día bancario: verificado 9 h 58 min, …"""
    kind = words.banking_day if day.is_banking_day else words.closed_day
    name, said = f"{short_date(words, day.day)}, {kind}", ", ".join(_facts(words, day))
    return f"{name}: {said}" if said else name


def _facts(words: Words, day: DataDay) -> Iterator[str]:
    if day.is_recorded:
        yield words.verified.format(time=duration(day.verified_seconds))
    elif day.is_banking_day:
        yield words.unrecorded
    if day.unverified_seconds:
        yield words.unverified.format(time=duration(day.unverified_seconds))
    if day.breaker_open_seconds:
        yield words.breaker_open.format(time=duration(day.breaker_open_seconds))
    if day.fix_seen_at is not None:
        yield words.fix_seen.format(time=clock_time(day.fix_seen_at))
    elif day.lacks_fix:
        yield words.fix_not_seen


def _define_hatch(root: Element) -> None:
    """Define the pattern of what was not verified: diagonal lines, in the text's colour."""
    size = {"width": "4", "height": "4", "patternUnits": "userSpaceOnUse"}
    turned = {"patternTransform": "rotate(45)"}
    pattern = SubElement(SubElement(root, "defs"), "pattern", {"id": HATCH, **size, **turned})
    _bar(pattern, "status-hatch-line", (0, 0), (1.6, 4))


def _draw_day(root: Element, words: Words, day: DataDay, x: float) -> None:
    group = SubElement(root, "g")
    SubElement(group, "title").text = day_in_words(words, day)
    _draw_bar(group, day, x)


def _draw_bar(group: Element, day: DataDay, x: float) -> None:
    height = TALL if day.is_banking_day else SHORT
    if not day.is_recorded:
        empty = {"fill": "none", "stroke": "currentColor", "stroke-opacity": ".6"}
        name = "status-unrecorded" if day.is_banking_day else "status-closed"
        _bar(group, name, (x, FLOOR - height), (BAR, height), **empty)
        return
    missing = _missing_height(day, height)
    if missing < height:
        _bar(group, "status-verified", (x, FLOOR - height + missing), (BAR, height - missing))
    if missing:
        hatched = {"fill": f"url(#{HATCH})", "stroke": "currentColor"}
        _bar(group, "status-unverified", (x, FLOOR - height), (BAR, missing), **hatched)
    _draw_marks(group, day, x + BAR / 2)


def _missing_height(day: DataDay, height: float) -> float:
    """Return the height of the hatched part: both parts are seen where they are not nothing."""
    if not day.unverified_seconds:
        return 0
    if not day.verified_seconds:
        return height
    return min(max(day.unverified_share * height, LEAST), height - LEAST)


def _draw_marks(group: Element, day: DataDay, x: float) -> None:
    """Draw a triangle above where the source was not asked, a ring below where no FIX was seen."""
    if day.breaker_open_seconds:
        data = f"M{svg.number(x - MARK)} {BREAKER_AT - MARK}h{2 * MARK}l{-MARK} {2 * MARK}z"
        SubElement(group, "path", {"class": "status-breaker", "d": data})
    if day.lacks_fix:
        svg.ring(group, "status-no-fix", (x, NO_FIX_AT), MARK)


def _bar(
    parent: Element, name: str, place: svg.Coordinates, size: svg.Coordinates, **attributes: str
) -> None:
    """Draw a rectangle of class `name` from its top left corner."""
    numbers = map(svg.number, (*place, *size))
    named = dict(zip(("x", "y", "width", "height"), numbers, strict=True))
    SubElement(parent, "rect", {"class": name, **named, **attributes})
