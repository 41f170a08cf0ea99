"""The page follows what changes, without being loaded again, and says so where it can't."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.conftest import Open
from browser.site import Site

IN_FORCE, NEWEST = "#rate-in-force", "#rate-newest"


def newer(world: Any) -> tuple[Any, Any]:
    """Return the record once Friday's FIX is seen, and the instant."""
    now = world.mexico(world.TODAY, 12, 2)
    series = world.known_series(now)
    return world.snapshot(now=now, newest=world.TODAY, series=series), now


def wait_until_asked(page: Page, site: Site) -> None:
    """Let the page's clock run until it has asked for the page and got no answer."""
    site.asked.clear()
    while "/" not in site.asked:
        page.clock.run_for(100)


def test_a_publication_appears_and_what_is_typed_stays(visit: Open, site: Site, world: Any) -> None:
    """Within two seconds, politely announced; the focus and a half-typed amount stay."""
    with visit() as page:
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        page.locator("#amount").fill("12")
        site.become(*newer(world))
        expect(page.locator(NEWEST)).to_have_text("17.0218", timeout=2_000)
        expect(page.locator("#announced")).to_contain_text("17.0218")
        expect(page.locator("#amount")).to_be_focused()
        expect(page.locator("#amount")).to_have_value("12")


def test_a_publication_leaves_a_reader_where_they_are(visit: Open, site: Site, world: Any) -> None:
    """The button that has the focus keeps it, and the span of the chart; what is new is drawn."""
    with visit() as page:
        page.locator("#ranges a", has_text="1 año").click()
        image = page.locator("#plot img")
        old = image.get_attribute("src")
        page.locator("#newest .copy").focus()
        site.become(*newer(world))
        expect(page.locator(NEWEST)).to_have_text("17.0218")
        expect(page.locator("#newest .copy")).to_be_focused()
        expect(image).not_to_have_attribute("src", str(old))
        page.locator("#ranges a", has_text="90 días").click()
        expect(page.locator("#plot svg")).to_contain_text("17.0218")


def test_what_is_rendered_alike_stays_and_what_becomes_of_the_data_is_announced(
    visit: Open, site: Site, world: Any
) -> None:
    """Nothing passes as current any more: that is said aloud."""
    with visit() as page:
        page.locator(NEWEST).evaluate("(rate) => rate.dataset.same = 'yes'")
        for amount, result in (("1", "17.06"), ("2", "34.13")):
            page.locator("#amount").fill(amount)
            expect(page.locator("#result")).to_have_text(result)
        expect(page.locator(NEWEST)).to_have_attribute("data-same", "yes")
        site.show(series=world.known_series(fresh_until=None, usable_until=None))
        expect(page.locator("#announced")).to_contain_text("Ningún valor puede pasar por vigente")


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
    with visit(at=world.NOW, refused=("/api/v1/stream",)) as page:
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
    with visit(at=world.NOW, refused=("/api/v1/stream",)) as page:
        expect(page.locator("#offline")).not_to_be_empty()
        site.become(*newer(world))
        page.clock.fast_forward(int(timedelta(hours=2, seconds=66).total_seconds() * 1000))
        expect(page.locator(NEWEST)).to_have_text("17.0218")


def test_while_the_service_is_away_it_says_so_and_keeps_what_it_has(
    visit: Open, site: Site, world: Any
) -> None:
    """What it shows is said to be of then; asked again later, it is current."""
    with visit(at=world.NOW, refused=("/",)) as page:
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        site.away = ("/",)
        page.locator("#amount").fill("25")
        expect(page.locator("#converted")).to_have_text(re.compile("^Sin conexión desde las 10:00"))
        expect(page.locator("#answer")).to_be_empty()
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        site.away = ()
        expect(page.locator("#result")).to_have_text("426.57")
        expect(page.locator("#rate-answer")).to_have_text("17.0627")


def test_a_change_that_cannot_be_fetched_is_not_passed_over(
    visit: Open, site: Site, world: Any
) -> None:
    """The stream is up and the page is not: what it shows is said to be of then."""
    with visit(at=world.NOW, refused=("/",)) as page:
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        site.away = ("/",)
        page.clock.pause_at(world.NOW + timedelta(minutes=1))
        site.become(*newer(world))
        wait_until_asked(page, site)
        page.clock.fast_forward(6_000)
        expect(page.locator("#offline")).to_contain_text(re.compile("desde las 10:0[01]"))
        site.away = ()
        page.clock.resume()
        expect(page.locator(NEWEST)).to_have_text("17.0218")
        expect(page.locator("#offline")).to_be_empty()


SILENT = """
window.EventSource = class extends EventTarget {
  constructor() {
    super();
    setTimeout(() => this.dispatchEvent(new Event("open")));
  }
};
Math.random = () => 0;
"""


@pytest.mark.parametrize("passes", ["a publication is due", "midnight", "a computer sleeps"])
def test_a_stream_that_has_fallen_silent_keeps_nothing_from_the_page(
    visit: Open, site: Site, world: Any, passes: str
) -> None:
    """It asks by itself when a publication is due and when a day begins, and after a sleep."""
    day = world.TODAY
    begins, moves = {
        "a publication is due": (
            world.mexico(day, 11, 59),
            lambda page: page.clock.run_for(66_000),
        ),
        "midnight": (world.mexico(day, 23, 59), lambda page: page.clock.run_for(66_000)),
        "a computer sleeps": (
            world.mexico(day, 10, 0),
            lambda page: page.clock.fast_forward(120_000),
        ),
    }[passes]
    site.show(begins)
    with visit(at=begins, prepare=lambda page: page.add_init_script(SILENT)) as page:
        expect(page.locator(NEWEST)).to_have_text("17.0530")
        site.become(*newer(world))
        moves(page)
        expect(page.locator(NEWEST)).to_have_text("17.0218")


HEARS = """
let heard = 0;
new EventSource("/api/v1/stream").addEventListener("state", () => document.title = ++heard);
Math.random = () => 0;
"""


def test_a_question_is_answered_though_something_changes(
    visit: Open, site: Site, world: Any
) -> None:
    """What refreshes the page waits for the answer, and comes after it."""
    held: list[Route] = []
    with visit() as page:
        page.evaluate(HEARS)
        expect(page).to_have_title("1")
        page.route("**/?*amount=25*", lambda route: held.append(route), times=1)  # noqa: PLW0108
        with page.expect_request("**/?*amount=25*"):
            page.locator("#amount").fill("25")
        expect(page.locator("#converted")).to_have_attribute("aria-busy", "true")
        site.asked.clear()
        site.become(*newer(world))
        expect(page).to_have_title("2")
        page.evaluate("new Promise((done) => setTimeout(done, 50))")
        assert "/" not in site.asked
        held[0].continue_()
        expect(page.locator("#result")).to_have_text("426.57")
        expect(page.locator(NEWEST)).to_have_text("17.0218")
        expect(page.locator("#converted")).not_to_have_attribute("aria-busy", "true")


def test_no_answer_stands_beside_a_question_that_is_none(visit: Open) -> None:
    """A day that is not filled in has no answer; filled in again, it has the same one."""
    with visit() as page:
        asked = page.locator("#date").input_value()
        page.locator("#date").fill("")
        expect(page.locator("#answer")).to_be_empty()
        page.locator("#date").fill(asked)
        expect(page.locator("#rate-answer")).to_have_text("17.0627")


def test_data_that_come_late_make_the_page_whole(visit: Open, site: Site, world: Any) -> None:
    """Opened before there was anything, it becomes the page by itself."""
    site.become(None, world.NOW)
    site.away = ("/api/v1/stream",)
    with visit(at=world.NOW, refused=("/",)) as page:
        expect(page.locator("h1")).to_have_text("Todavía no hay datos")
        site.restart()
        page.clock.fast_forward(91_000)
        expect(page.locator(IN_FORCE)).to_have_text("17.0627")
