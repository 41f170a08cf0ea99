"""The page follows what changes, without being loaded again, and says so where it can't."""

import time
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect

from browser.conftest import Open
from browser.site import Site

IN_FORCE, NEWEST = "#rate-in-force", "#rate-newest"


def newer(world: Any) -> tuple[Any, Any]:
    """Return the record once Friday's FIX is seen, and the instant."""
    now = world.mexico(world.TODAY, 12, 2)
    series = world.known_series(now)
    return world.snapshot(now=now, newest=world.TODAY, series=series), now


def test_a_publication_appears_and_what_is_typed_stays(visit: Open, site: Site, world: Any) -> None:
    """Within two seconds, politely announced; the focus and a half-typed amount stay."""
    with visit() as page:
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        page.locator("#amount").fill("12")
        site.become(*newer(world))
        begun = time.monotonic()
        expect(page.locator(NEWEST)).to_have_text("17.0218", timeout=2_000)
        assert time.monotonic() - begun < 2
        expect(page.locator("#announced")).to_contain_text("17.0218")
        expect(page.locator("#amount")).to_be_focused()
        expect(page.locator("#amount")).to_have_value("12")


def test_midnight_changes_the_rate_in_force_and_the_day_that_is_asked_for(
    visit: Open, site: Site, world: Any
) -> None:
    """Nothing is recorded, and another rate is in force; an untouched date follows."""
    saturday = world.TODAY + timedelta(days=1)
    with visit() as page:
        expect(page.locator(IN_FORCE)).to_have_text("17.0627")
        site.show(world.mexico(saturday, 0, 1))
        expect(page.locator(IN_FORCE)).to_have_text("17.0530")
        expect(page.locator("#date")).to_have_value(saturday.isoformat())
        expect(page.locator("#rate-answer")).to_have_text("17.0530")


def test_it_says_how_far_the_next_publication_is_away(visit: Open, world: Any) -> None:
    """By the reader's clock, and never in the HTML, which caches keep."""
    with visit(at=world.NOW) as page:
        expect(page.locator("[data-relative]")).to_have_text("(en 2 h)")


def test_without_a_place_on_the_stream_it_says_since_when(
    visit: Open, site: Site, world: Any
) -> None:
    """A 503 ends a browser's own attempts: the page makes new ones, and is current again."""
    site.away = ("/api/v1/stream",)
    with visit(at=world.NOW) as page:
        expect(page.locator("#offline")).to_contain_text("Sin conexión desde las 10:00")
        site.become(*newer(world))
        site.away = ()
        page.clock.fast_forward(91_000)
        expect(page.locator(NEWEST)).to_have_text("17.0218")
        expect(page.locator("#offline")).to_be_empty()


def test_without_a_stream_it_asks_when_a_publication_is_due(
    visit: Open, site: Site, world: Any
) -> None:
    """At `next_publication_at`, somewhat later, so that not everybody asks at once."""
    site.away = ("/api/v1/stream",)
    with visit(at=world.NOW) as page:
        expect(page.locator("#offline")).not_to_be_empty()
        site.become(*newer(world))
        page.clock.fast_forward(int(timedelta(hours=2, seconds=66).total_seconds() * 1000))
        expect(page.locator(NEWEST)).to_have_text("17.0218")


def test_while_the_service_is_away_it_says_so_and_keeps_what_it_has(
    visit: Open, site: Site, world: Any
) -> None:
    """What it shows is said to be of then; asked again later, it is current."""
    with visit(at=world.NOW) as page:
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        site.away = ("/",)
        page.locator("#amount").fill("25")
        expect(page.locator("#converted")).to_be_empty()
        expect(page.locator("#announced")).to_contain_text("Sin conexión")
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        site.away = ()
        page.locator("#amount").fill("26")
        expect(page.locator("#result")).to_have_text("443.63")


def test_data_that_come_late_make_the_page_whole(visit: Open, site: Site, world: Any) -> None:
    """Opened before there was anything, it becomes the page by itself."""
    site.become(None, world.NOW)
    site.away = ("/api/v1/stream",)
    with visit(at=world.NOW) as page:
        expect(page.locator("h1")).to_have_text("Todavía no hay datos")
        site.restart()
        page.clock.fast_forward(91_000)
        expect(page.locator(IN_FORCE)).to_have_text("17.0627")
