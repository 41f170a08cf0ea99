"""The bars of data status: what each day shows, and says."""

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest

from rates_api.pages.charts.status_bars import (
    FLOOR,
    LEAST,
    SHORT,
    TALL,
    DataDay,
    status_bars,
    status_key,
)
from rates_api.pages.language import Language

SEEN = datetime(2026, 8, 14, 18, 3, 40, tzinfo=UTC)
GOOD = DataDay(SEEN.date(), 86_400, 0, 0, SEEN, is_banking_day=True)
CLOSED = dataclasses.replace(GOOD, fix_seen_at=None, is_banking_day=False)
HALF = dataclasses.replace(GOOD, verified_seconds=43_200, unverified_seconds=43_200)
MOMENT = dataclasses.replace(GOOD, verified_seconds=86_399, unverified_seconds=1)
LOST = dataclasses.replace(GOOD, verified_seconds=0, unverified_seconds=86_400, fix_seen_at=None)
NOT_ASKED = dataclasses.replace(GOOD, breaker_open_seconds=61)
IDLE = dataclasses.replace(CLOSED, verified_seconds=0)
UNRECORDED = dataclasses.replace(GOOD, verified_seconds=0, fix_seen_at=None)


def bar(day: DataDay, language: Language = "en") -> Element:
    """Return the bar of a day."""
    return next(iter(fromstring(status_bars([day], language)).iter("g")))


def parts(day: DataDay) -> dict[str, float]:
    """Return the classes that a day is drawn with, and the heights of rectangles."""
    shapes = [each for each in bar(day) if each.tag != "title"]
    return {each.get("class") or "": float(each.get("height") or 0) for each in shapes}


@pytest.mark.parametrize(
    ("day", "drawn"),
    [
        (GOOD, {"status-verified": TALL}),
        (CLOSED, {"status-verified": SHORT}),
        (HALF, {"status-verified": TALL / 2, "status-unverified": TALL / 2}),
        (MOMENT, {"status-verified": TALL - LEAST, "status-unverified": LEAST}),
        (LOST, {"status-unverified": TALL, "status-no-fix": 0}),
        (NOT_ASKED, {"status-verified": TALL, "status-breaker": 0}),
        (UNRECORDED, {"status-unrecorded": TALL}),
        (IDLE, {"status-closed": SHORT}),
    ],
    ids=["good", "closed", "half", "moment", "lost", "not-asked", "unrecorded", "idle"],
)
def test_states_differ_in_form(day: DataDay, drawn: dict[str, float]) -> None:
    """Height, pattern, outline and marks tell them apart, however short they were."""
    assert parts(day) == drawn


def test_all_stand_on_one_floor() -> None:
    """Solid parts reach down to it."""
    for day in (GOOD, CLOSED, HALF):
        solid = next(each for each in bar(day) if each.get("class") == "status-verified")
        assert float(solid.get("y") or 0) + float(solid.get("height") or 0) == FLOOR


@pytest.mark.parametrize(
    ("day", "language", "said"),
    [
        (GOOD, "es", "14 ago 2026, día bancario: verificado 24 h, FIX visto a las 12:03"),
        (GOOD, "en", "14 Aug 2026, banking day: verified 24 h, FIX seen at 12:03"),
        (CLOSED, "en", "14 Aug 2026, banks closed: verified 24 h"),
        (
            LOST,
            "en",
            "14 Aug 2026, banking day: verified 0 min, unverified 24 h, FIX not seen",
        ),
        (
            NOT_ASKED,
            "en",
            "14 Aug 2026, banking day: verified 24 h, source not asked 2 min, FIX seen at 12:03",
        ),
        (UNRECORDED, "es", "14 ago 2026, día bancario: sin registro"),
        (IDLE, "es", "14 ago 2026, día inhábil bancario"),
    ],
)
def test_each_bar_has_a_title_in_words(day: DataDay, language: Language, said: str) -> None:
    """It says all that is drawn, times in Mexico City."""
    assert bar(day, language)[0].text == said


def test_the_picture_says_which_days_were_not_verified() -> None:
    """By day and duration, and how many are not recorded at all."""
    days = [
        dataclasses.replace(day, day=date(2026, 8, 10) + timedelta(days=number))
        for number, day in enumerate((UNRECORDED, GOOD, HALF, IDLE))
    ]
    said = fromstring(status_bars(days, "en"))[1].text
    assert said == (
        "4 days, from 10 August 2026 to 13 August 2026. Days with unverified data: "
        "12 Aug 2026 (12 h). Days without a record: 1."
    )
    assert "No day with unverified data." in (fromstring(status_bars([GOOD], "en"))[1].text or "")
    assert "No day is recorded yet." in (fromstring(status_bars([], "en"))[1].text or "")


def test_ninety_days_have_room_beside_each_other() -> None:
    """The last is at the right; none overlaps another or leaves the picture."""
    days = [dataclasses.replace(GOOD, day=SEEN.date() + timedelta(days=n)) for n in range(90)]
    root = fromstring(status_bars(days, "es"))
    lefts = [
        float(each.get("x") or 0) for each in root.iter("rect") if "verified" in str(each.attrib)
    ]
    widths = [later - sooner for later, sooner in pairwise(lefts)]
    assert len(lefts) == 90
    assert (max(lefts), set(widths)) == (713, {8})
    assert min(lefts) >= 0


def test_a_picture_of_few_days_is_as_wide_as_they_are() -> None:
    """Nothing but the days is in it."""
    days = [dataclasses.replace(GOOD, day=SEEN.date() + timedelta(days=n)) for n in range(3)]
    root = fromstring(status_bars(days, "es"))
    lefts = [each.get("x") for each in root.iter("rect") if "verified" in str(each.attrib)]
    assert (root.get("viewBox"), sorted(map(str, lefts))) == ("0 0 24 84", ["1", "17", "9"])


def test_it_has_neither_style_nor_script() -> None:
    """A page's policy blocks both."""
    text = status_bars([GOOD, LOST, NOT_ASKED], "es") + status_key("es")
    assert not re.search(r"<style|<script|\bstyle=|\bon\w+=|href", text)


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_key_explains_every_form(language: Language) -> None:
    """Each part and mark of a bar stands in it, once in its own state."""
    root = fromstring(status_key(language))
    assert len(root) == 6
    assert all((item[0].tail or "").strip() for item in root)
    shown = {each.get("class") for each in root.iter() if each.tag in ("rect", "path", "circle")}
    assert shown == {
        "status-verified",
        "status-unverified",
        "status-breaker",
        "status-no-fix",
        "status-unrecorded",
        "status-closed",
    }
