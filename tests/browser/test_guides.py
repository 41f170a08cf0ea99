"""The guides and the reference in a browser: no barrier, examples with the own address."""

from pathlib import Path

import pytest

from browser.conftest import Open
from browser.site import Site
from browser.test_accessibility import AXE, RUN, TAGS, WIDTHS
from support.toolbox import node_modules

PATHS = ("/guia", "/guia/que-tipo-de-cambio", "/en/guide/javascript", "/docs", "/en/docs")
PLACEHOLDER = "https://api.example"


@pytest.fixture(scope="session")
def axe() -> str:
    """Give axe-core's script."""
    return Path(node_modules(AXE) / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_barrier(visit: Open, axe: str, path: str, scheme: str) -> None:
    """At each width, with all examples opened; and nothing has to be scrolled sideways."""
    with visit(path, scheme=scheme) as page:
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        page.evaluate(axe)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(RUN, TAGS) == []
            assert page.evaluate("document.documentElement.scrollWidth") == width


def test_an_example_has_the_services_own_address(visit: Open, site: Site) -> None:
    """It is written in and copied; the sentence that explains the placeholder keeps it."""
    with visit("/guia/inicio-rapido") as page:
        assert site.url in page.locator("pre").first.inner_text()
        assert PLACEHOLDER in page.locator("p code").first.inner_text()
        page.get_by_role("button", name="Copiar").first.click()
        page.get_by_text("Copiado").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == page.locator("pre").first.inner_text().strip()


def test_without_scripts_examples_have_the_placeholder(visit: Open) -> None:
    """Nothing is missing but the address, and nothing offers what can't be done."""
    with visit("/en/docs", scripts=False) as page:
        assert PLACEHOLDER in page.locator("pre:visible").first.inner_text()
        assert page.get_by_role("button").count() == 0


def test_languages_of_an_example_are_chosen_by_keyboard(visit: Open) -> None:
    """Arrow keys go through them, as through all radio buttons; what is shown is copied."""
    with visit("/en/docs") as page:
        tabs = page.locator(".tabs").first
        tabs.get_by_role("radio", name="curl").focus()
        page.keyboard.press("ArrowRight")
        assert tabs.locator("pre:visible").inner_text().startswith("import httpx")
        page.keyboard.press("ArrowRight")
        assert tabs.locator("pre:visible").inner_text().startswith("const answer")
        tabs.get_by_role("button", name="Copy").click()
        tabs.get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").startswith("const answer")
