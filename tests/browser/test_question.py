"""Task 4, «¿Qué tipo de cambio pongo?», the converter, copying and the chart, by hand."""

import re

from playwright.sync_api import Page, expect

from browser.conftest import Open
from browser.site import Site

ANSWER = "#rate-answer"


def test_the_question_is_answered_by_keyboard_alone(visit: Open) -> None:
    """From the top of the page to the answer: no pointer, and the focus is always seen."""
    with visit("/") as page:
        tab_to(page, "#date")
        page.keyboard.type("08082026")  # whichever comes first, day or month
        tab_to(page, "#purpose")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#answer")).to_contain_text("Complemento de pago, sábado 8 de agosto")
        expect(page.locator(ANSWER)).to_have_text("17.2195")
        tab_to(page, "#answer .copy")
        page.keyboard.press("Enter")
        expect(page.locator("#announced")).to_have_text("Copiado: 17.2195")
        assert page.evaluate("navigator.clipboard.readText()") == "17.2195"
        page.keyboard.press("Enter")
        expect(page.locator("#answer .copy").first).to_have_text("Copiar 17.2195")


FOCUS = """
() => {
  const { outlineStyle } = getComputedStyle(document.activeElement);
  return [document.activeElement.outerHTML.slice(0, 80), outlineStyle];
}
"""


def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until an element has the focus, which shows at each step."""
    page.bring_to_front()
    way = []
    for _ in range(30):
        page.keyboard.press("Tab")
        element, outline = page.evaluate(FOCUS)
        way.append(element)
        assert outline != "none", way
        if page.locator(selector).first.evaluate("(each) => each === document.activeElement"):
            return
    raise AssertionError(way)


def test_an_answer_has_an_address(visit: Open, site: Site) -> None:
    """What is asked stands in the address: loaded again, or sent, it asks the same."""
    with visit("/en") as page:
        page.locator("#purpose").select_option("tax")
        page.locator("#date").fill("2026-08-12")
        expect(page.locator(ANSWER)).to_have_text("17.1408")
        assert re.search(r"/en\?.*date=2026-08-12.*#which-rate$", page.url)
        page.reload()
        expect(page.locator(ANSWER)).to_have_text("17.1408")
        link = page.locator("#answer .links a").get_attribute("href")
        assert link == "/en?date=2026-08-12&purpose=tax#which-rate"


def test_what_is_copied_has_the_address_of_this_service(visit: Open, site: Site) -> None:
    """The service does not know it; the browser does."""
    with visit() as page:
        page.locator("#snippets summary").click()
        page.locator(".snippet", has_text="Sheets").locator(".copy").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        path = "/api/v1/rates/2026-08-14?kind=settlement&format=txt"
        assert copied == f'=IMPORTDATA("{site.url}{path}", ",", "en_US")'


def test_the_converter_goes_both_ways(visit: Open) -> None:
    """As the amount is typed, with a comma between thousands; nobody presses anything."""
    with visit(refused=("/?amount=doce",)) as page:
        page.locator("#amount").fill("1,234.56")
        expect(page.locator("#result")).to_have_text("21,064.93")
        page.locator("#from").select_option("MXN")
        expect(page.locator("#result")).to_have_text("72.35")
        page.locator("#amount").fill("doce")
        expect(page.locator("#wrong-amount")).to_contain_text("«doce» no es una cantidad")
        expect(page.locator("#amount")).to_have_attribute("aria-invalid", "true")
        page.locator("#amount").fill("12")
        expect(page.locator("#wrong-amount")).to_be_empty()


def test_the_chart_is_read_by_arrow_keys_and_by_pointer(visit: Open) -> None:
    """Each day in words, beside the chart, announced to those who press keys."""
    with visit() as page:
        reading = page.locator("#reading")
        page.locator("#plot").focus()
        page.keyboard.press("ArrowLeft")
        expect(reading).to_contain_text("13 de agosto de 2026: FIX 17.0530, vigente 17.1092")
        page.keyboard.press("Home")
        expect(reading).to_contain_text("17 de mayo de 2026: FIX –, vigente 17.2130")
        page.locator("#plot svg").hover(position={"x": 200, "y": 120})
        expect(reading).not_to_contain_text("17 de mayo")
        expect(page.locator("#announced")).to_contain_text("17 de mayo")


def test_the_chart_has_other_spans(visit: Open) -> None:
    """A year is another picture of the service's, with a name in words."""
    with visit() as page:
        page.locator("#ranges a", has_text="1 año").click()
        picture = page.locator("#plot img")
        expect(picture).to_have_attribute("alt", "FIX y tipo de cambio vigente, 1 año")
        assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth > 0)")
        page.locator("#ranges a", has_text="90 días").click()
        expect(page.locator("#plot svg")).to_be_visible()
