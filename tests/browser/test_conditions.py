"""The page without scripts, and where there is nothing that may pass as current."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Open
from browser.site import Site

Show = Callable[[Site, Any], None]


def test_without_scripts_the_page_is_complete(visit: Open) -> None:
    """Everything is there, both forms work, nothing is offered that would not."""
    with visit(scripts=False) as page:
        expect(page.locator("#rate-in-force")).to_have_text("17.0627")
        page.locator("#date").fill("2026-08-12")
        page.locator("#purpose").select_option("obligation")
        page.locator("#which-rate button[type=submit]").click()
        expect(page.locator("#rate-answer")).to_have_text("17.1408")
        page.locator("#amount").fill("2")
        page.locator("#converter button[type=submit]").click()
        expect(page.locator("#result")).to_have_text("34.28")
        assert page.locator(".copy:visible").count() == 0
        page.locator("#as-table summary").click()
        expect(page.locator("#as-table tbody tr").first).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_nothing_old_passes_as_current(visit: Open, site: Site, world: Any, scripts: bool) -> None:
    """Three publications were missed: in the place of a rate stands what is the matter."""
    site.show(series=world.known_series(fresh_until=None, usable_until=None))
    with visit(scripts=scripts) as page:
        expect(page.locator("#in-force")).to_contain_text("No podemos decirle")
        expect(page.locator("#state-now")).to_contain_text("Ningún valor puede pasar por vigente")
        assert page.locator("#rate-in-force, #rate-newest, #rate-answer, #result").count() == 0
        page.goto(f"{site.url}/?date=2026-08-12")
        expect(page.locator("#rate-answer")).to_have_text("17.1408")


@pytest.mark.parametrize("scripts", [True, False])
def test_without_any_data_it_is_said(visit: Open, site: Site, world: Any, scripts: bool) -> None:
    """A page in words, not a problem document."""
    site.become(None, world.NOW)
    with visit("/en", scripts=scripts, refused=("/en", "/api/v1/stream")) as page:
        expect(page.locator("h1")).to_have_text("There is no data yet")


def test_a_worker_that_loses_all_takes_its_numbers_with_it(
    visit: Open, site: Site, world: Any
) -> None:
    """An open page that is told so shows no number any more."""
    with visit(refused=("/",)) as page:
        expect(page.locator("#rate-in-force")).to_be_visible()
        site.become(None, world.NOW)
        page.locator("#amount").fill("3")
        expect(page.locator("h1")).to_have_text("Todavía no hay datos")
        assert "17.0627" not in page.locator("main").inner_text()


def test_a_simulator_is_named_loudly(visit: Open, site: Site) -> None:
    """Before everything else, beside each number, and among the causes."""
    site.show(source="simulator")
    with visit() as page:
        expect(page.locator("#simulated")).to_contain_text("Datos simulados")
        for part in ("#in-force", "#newest", "#answer"):
            expect(page.locator(part)).to_contain_text("simulado")


def test_what_matters_most_is_seen_without_scrolling(visit: Open, site: Site) -> None:
    """The rate, the FIX, the state and the question with its answer, at 1280 × 800."""
    for path in ("/", "/en"):
        with visit(path) as page:
            assert bottom(page, "#which-rate") <= 800


def bottom(page: Page, selector: str) -> float:
    """Return where an element ends, in pixels from the top."""
    return float(
        page.locator(selector).evaluate("(element) => element.getBoundingClientRect().bottom")
    )
