"""No barrier that axe-core finds, at any width, in both languages and colour schemes."""

from pathlib import Path
from typing import Any

import pytest

from browser.conftest import Open
from browser.site import Site
from support.toolbox import node_modules

AXE = Path(__file__).parent / "axe"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 768, 1280)
RUN = """
(tags) => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
    `${id}: ${html.slice(0, 160)} ${failureSummary}`)))
"""


@pytest.fixture(scope="session")
def axe() -> str:
    """Give axe-core's script."""
    return (node_modules(AXE) / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def barriers(page: Any, axe: str) -> Any:
    """Return what axe-core finds on a page."""
    page.evaluate(axe)
    return page.evaluate(RUN, TAGS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/en"])
def test_axe_finds_no_barrier(visit: Open, axe: str, path: str, scheme: str) -> None:
    """At each width, with all that opens opened; and nothing has to be scrolled sideways."""
    with visit(path, scheme=scheme) as page:
        for summary in page.locator("summary").all():
            summary.click()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert barriers(page, axe) == []
            assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("path", ["/?date=ayer&purpose=x&amount=doce&from=EUR", "/en?date=nope"])
def test_axe_finds_no_barrier_where_something_is_wrong(visit: Open, axe: str, path: str) -> None:
    """Each field says in words what is wrong with it."""
    with visit(path, width=320, refused=(path,)) as page:
        assert barriers(page, axe) == []


def test_axe_finds_no_barrier_without_a_current_rate(
    visit: Open, site: Site, world: Any, axe: str
) -> None:
    """Nor in the page without any data."""
    site.show(series=world.known_series(fresh_until=None, usable_until=None), source="simulator")
    with visit("/", scheme="dark") as page:
        assert barriers(page, axe) == []
        site.become(None, world.NOW)
        page.reload()
        assert barriers(page, axe) == []
