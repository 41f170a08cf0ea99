"""What the page at `/` and `/en` says, in each state, and that its digits are the API's."""

import dataclasses
import gzip
import itertools
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any, get_args

import httpx
import pytest

from rates_api.pages.assets import all_assets
from rates_api.pages.home import meanings
from rates_api.pages.home.purposes import PURPOSES
from rates_api.pages.home.query import read_peoples_amount
from rates_api.pages.home.texts import TEXTS
from rates_api.pages.home.wording import Wording
from rates_api.pages.language import LANGUAGES
from rates_api.rates.days import USES
from rates_api.resolution.knowledge import Absence
from rates_contracts.answers import Level
from rates_contracts.status import CountedDay, DataStatusDay, FreshnessState
from rates_contracts.warnings import WARNINGS

Ask = Callable[..., Awaitable[httpx.Response]]

PATHS = {"es": "/", "en": "/en"}
MAX_HTML, MAX_EVERYTHING = 20_000, 60_000
"""Bytes as they are sent, compressed."""


def shown(page: str, name: str) -> str:
    """Return the value of an element that holds a number."""
    found = re.search(rf'<data id="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def part(page: str, name: str) -> str:
    """Return the text of a section, without tags."""
    (section,) = re.findall(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", section)))


@pytest.mark.parametrize("path", PATHS.values())
async def test_its_digits_are_those_of_the_api(ask: Ask, path: str) -> None:
    """The rate in force, the FIX, the answer of the question and the conversion, to the digit."""
    page = (await ask(f"{path}?date=2026-08-12&purpose=tax&amount=1,234.56&from=MXN")).text
    rates = "/api/v1/rates"
    assert shown(page, "rate-in-force") == await rate(ask, f"{rates}/current?kind=settlement")
    assert shown(page, "rate-newest") == await rate(ask, f"{rates}/current")
    assert shown(page, "rate-answer") == await rate(ask, f"{rates}/2026-08-12?kind=settlement")
    asked = "from=MXN&to=USD&amount=1234.56&date=2026-08-12&kind=settlement"
    assert shown(page, "result") == (await ask(f"/api/v1/convert?{asked}")).json()["result"]


async def rate(ask: Ask, path: str) -> str:
    """Return the rate of an answer of the API."""
    found: str = (await ask(path)).json()["rate"]
    return found


async def test_its_means_are_those_of_the_api(ask: Ask) -> None:
    """Each row links to the answer that it repeats."""
    means = part_html((await ask("/")).text, "means")
    rows = re.findall(r'<a href="([^"]*)">.*?<data value="([^"]*)">', means, re.DOTALL)
    assert len(rows) == 5
    for path, mean in rows:
        assert (await ask(unescape(path))).json()["mean"] == mean


def part_html(page: str, name: str) -> str:
    """Return a section with its tags."""
    (section,) = re.findall(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    return str(section)


async def test_its_table_has_the_values_of_the_chart(ask: Ask) -> None:
    """Each day of the last ninety, as `historical` lists them."""
    table = part_html((await ask("/")).text, "history")
    rows = re.findall(r"<tr><th scope=\"row\">.*?</th><td>(.*?)</td><td>(.*?)</td>", table)
    for column, kind in enumerate(("fix", "settlement")):
        listed = (await ask(f"/api/v1/rates/historical?days=90&kind={kind}")).json()
        values = [row["rate"] for row in reversed(listed["observations"])]
        assert [row[column] for row in rows if row[column] != "–"] == values


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", ("Vigente solo el viernes 14 de agosto de 2026", "Todo en orden", "12:00")),
        ("/en", ("In force on Friday, 14 August 2026 only", "All is well", "12:00")),
    ],
)
async def test_all_is_well(ask: Ask, path: str, said: tuple[str, ...]) -> None:
    """Since when and until when the rate is in force, the state, the next publication."""
    page = (await ask(path)).text
    text = part(page, "in-force") + part(page, "state")
    assert [words for words in said if words not in text] == []
    assert "09:59" in text
    assert "<ul class" not in part_html(page, "state")


async def test_the_newest_fix_has_its_three_legal_dates(ask: Ask) -> None:
    """Determined, published, in force; today is said in words."""
    text = part((await ask("/")).text, "newest")
    steps = "Se determina jue 13 ago Se publica en el DOF vie 14 ago hoy Está vigente sáb 15 ago"
    assert f"{steps} al lun 17 ago" in text
    assert "−0.0097 (−0.0568 %) respecto del mié 12 ago" in text


STATES: Mapping[str, tuple[Callable[[Any], Mapping[str, Any]], str, str]] = {
    "late": (
        lambda world: {"now": world.mexico(world.TODAY, 14)},
        "El FIX se ha retrasado",
        "The FIX is late",
    ),
    "awaited": (
        lambda world: {"now": world.mexico(world.TODAY, 12, 5)},
        "en cualquier momento",
        "at any moment",
    ),
    "unverified": (
        lambda world: {
            "now": world.mexico(world.TODAY, 12, 30),
            "series": world.known_series(
                world.mexico(world.TODAY, 12, 30), fresh_until=world.mexico(world.TODAY, 12)
            ),
        },
        "Con reservas. Banco de México no ha confirmado estos valores",
        "With reservations. Banco de México has not confirmed these values",
    ),
    "breaker": (
        lambda world: {"breaker": "open"},
        "ha fallado varias veces",
        "has failed repeatedly",
    ),
    "simulated": (
        lambda world: {"source": "simulator"},
        "vienen de un simulador",
        "come from a simulator",
    ),
}


@pytest.mark.parametrize("state", STATES)
async def test_the_state_is_said_in_words(ask: Ask, worker: Any, world: Any, state: str) -> None:
    """With its cause, in both languages; the numbers stay, since they are the newest there are."""
    changes, spanish, english = STATES[state]
    become(worker, world, **changes(world))
    for path, words in (("/", spanish), ("/en", english)):
        page = (await ask(path)).text
        assert words in part(page, "state")
        assert shown(page, "rate-newest") == "17.0530"


def become(worker: Any, world: Any, **changes: Any) -> None:
    """Have the worker answer from another record, or at another time."""
    now = changes.pop("now", world.NOW)
    changes.setdefault("series", world.known_series(now))
    worker.now = now
    worker.current.replace(world.snapshot(now=now, **changes))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_where_nothing_passes_as_current_no_number_does(
    ask: Ask, worker: Any, world: Any, language: Any
) -> None:
    """Past `usable_until` it says what is the matter and since when; past days are answered."""
    become(worker, world, series=world.known_series(fresh_until=None, usable_until=None))
    path = PATHS[language]
    for query in ("", "?date=2026-08-14", "?date=2026-08-15"):
        page = (await ask(path + query)).text
        assert re.search('id="(rate-in-force|rate-newest|rate-answer|result)"', page) is None
        assert "17.0627" not in part(page, "in-force") + part(page, "which-rate")
        text = part(page, "in-force")
        assert TEXTS[language].none_in_force in text
        assert "09:59" in text
        assert meanings.LEVELS["limited"][language] in part(page, "state")
    page = (await ask(f"{path}?date=2026-08-12")).text
    assert shown(page, "rate-answer") == "17.1408"


async def test_a_simulator_is_named_before_all_numbers(ask: Ask, worker: Any, world: Any) -> None:
    """And beside each of the large ones."""
    become(worker, world, source="simulator")
    page = (await ask("/en")).text
    assert page.index("Simulated data. These values are not") < page.index("17.0")
    for name in ("in-force", "newest", "which-rate"):
        assert "simulated" in part(page, name)


async def test_a_friday_has_three_numbers(ask: Ask, worker: Any, world: Any) -> None:
    """All three of a day stand beside each other, and the one that counts is the largest."""
    become(worker, world, now=world.mexico(world.TODAY, 15), newest=world.TODAY)
    text = part((await ask("/?date=2026-08-14")).text, "which-rate")
    assert "Vigente ese día 17.0627" in text
    assert "Publicado en el DOF 17.0530" in text
    assert "FIX determinado 17.0218" in text
    assert "CFF, art. 20; RMF y guías de llenado del SAT. No es asesoría fiscal." in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.purpose)
async def test_each_purpose_is_answered(ask: Ask, language: Any, use: Any) -> None:
    """By the day sheet's `use`: a rate where it names a kind, else all three without a choice."""
    page = (await ask(f"{PATHS[language]}?date=2026-08-12&purpose={use.purpose}")).text
    words = PURPOSES[use.purpose][language]
    text = part(page, "which-rate")
    assert words.rule in text
    assert words.source in text
    assert words.unless in text
    assert ('id="rate-answer"' in page) == (use.kind is not None)


async def test_a_day_without_a_rate_says_why(ask: Ask) -> None:
    """In words, without a number."""
    for asked, words in (
        ("2026-12-24", "todavía no se conoce"),
        ("1980-01-01", "No hay valores tan antiguos"),
    ):
        page = (await ask(f"/?date={asked}")).text
        assert 'id="rate-answer"' not in page
        assert words in part(page, "which-rate")


async def test_what_an_old_rate_is_is_said(ask: Ask) -> None:
    """Before 2020 the rate in force is derived, before 1993 all are in new pesos."""
    for asked, derived, new_pesos in (
        ("1992-06-01", True, True),
        ("2005-06-01", True, False),
        ("2026-08-12", False, False),
    ):
        text = part((await ask(f"/en?date={asked}")).text, "which-rate")
        assert ("follows from the FIX by the rule" in text) == derived
        assert ("In new pesos" in text) == new_pesos


MALFORMED = {
    "date": ("ayer", "31/12/2026", "2026-02-30", "2026-08-12&date=2026-08-13", "%", "%FF"),
    "purpose": ("regalo", "TAX", "tax&purpose=tax"),
    "amount": ("doce", "1.234,56", "1e3", "1,23", "0.1234567", "9" * 16),
    "from": ("EUR", "usd"),
}


@pytest.mark.parametrize(
    ("name", "sent"), [(name, sent) for name, texts in MALFORMED.items() for sent in texts]
)
async def test_what_is_malformed_is_said_beside_its_field(ask: Ask, name: str, sent: str) -> None:
    """Not in a problem document: the page, which nobody keeps, with the status of what is wrong."""
    answer = await ask(f"/?{name}={sent}")
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
    assert re.search(f'<span id="wrong-{name}"[^>]*>«', answer.text)
    assert len(re.findall(r'aria-invalid="true"', answer.text)) == 1
    assert shown(answer.text, "rate-in-force") == "17.0627"


async def test_what_is_right_stays_in_the_forms(ask: Ask) -> None:
    """A mistake in one field costs nobody what the others hold."""
    page = (await ask("/?date=ayer&purpose=tax&amount=12&from=MXN")).text
    assert '<option value="tax" selected>' in page
    assert '<option value="MXN" selected>' in page
    assert 'value="12"' in page


async def test_what_was_sent_is_no_markup(ask: Ask) -> None:
    """It is repeated as text, and no more of it than a value would have."""
    page = (await ask("/?date=%3Cscript%3Ealert(1)%3C/script%3E" + "x" * 200)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;xxx" in page
    assert "x" * 64 not in page


async def test_an_empty_field_is_none(ask: Ask) -> None:
    """A form that is sent with an emptied field asks what the page asks by itself."""
    assert (await ask("/?date=&purpose=&amount=&from=")).content == (await ask("/")).content


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("$1,234,567", "1234567"),
        (" $ 12.50 ", "12.50"),
        ("-5", "-5"),
    ],
)
def test_amounts_are_read_as_mexicans_write_them(written: str, read: str) -> None:
    """With commas between thousands and a peso sign."""
    assert read_peoples_amount(written) == read


@pytest.mark.parametrize("path", PATHS.values())
async def test_the_page_and_all_it_loads_are_small(
    ask: Ask, worker: Any, world: Any, path: str
) -> None:
    """With ninety days counted: HTML within 20 kB, with style and modules within 60 kB."""
    worker.current.replace(counted(world))
    page = await ask(path, accept_encoding="gzip")
    html = int(page.headers["content-length"])
    loaded = set(re.findall(r'"(/assets/[^"]+)"', page.text))
    modules = [each for each in loaded if each.endswith(".js")]
    while modules:
        imported = re.findall(r'from "\./([^"]+)"', (await ask(modules.pop())).text)
        new = {f"/assets/{name}" for name in imported} - loaded
        loaded |= new
        modules += new
    sizes = [len(gzip.compress(all_assets()[name.rpartition("/")[2]].body)) for name in loaded]
    assert len(loaded) > 8
    assert html <= MAX_HTML
    assert html + sum(sizes) <= MAX_EVERYTHING


def counted(world: Any, number: int = 90) -> Any:
    """Return the record with the days that rates-sync has counted, each with a flaw."""
    if not number:
        return world.snapshot()
    first = world.TODAY - timedelta(days=number - 1)
    days = [DataStatusDay(first + timedelta(days=n), 35_000, 1_000, 900) for n in range(number)]
    found = world.snapshot(counted=CountedDay(days[-1], world.NOW))
    return dataclasses.replace(found, ended_days=tuple(days[:-1]))


async def test_each_counted_day_has_its_bar(ask: Ask, worker: Any, world: Any) -> None:
    """With a title in words."""
    worker.current.replace(counted(world))
    bars = part_html((await ask("/")).text, "data-status")
    assert bars.count("<g>") == 90
    assert '"status-no-fix"' not in bars.partition("status-key")[0], "today's is not due yet"
    assert "13 ago 2026, día bancario: verificado 9 h 44 min, sin verificar 17 min" in bars


@pytest.mark.parametrize("days", [0, 1, 6, 7])
async def test_a_new_record_is_said_to_be_too_short(
    ask: Ask, worker: Any, world: Any, days: int
) -> None:
    """Beside the bars of the days there are, until they are seven."""
    worker.current.replace(counted(world, days))
    status = part_html((await ask("/")).text, "data-status")
    assert status.count("<g>") == days
    assert ("Aún no hay registro suficiente." in status) == (days < 7)


@pytest.mark.parametrize("query", ["", "?date=x&amount=x"])
@pytest.mark.parametrize("path", PATHS.values())
async def test_nothing_is_inline_and_nothing_is_elsewhere(ask: Ask, path: str, query: str) -> None:
    """The policy would block it: no style, no script, no handler; every address is its own."""
    page = (await ask(path + query)).text
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) == []
    assert re.findall(r"<script(?![^>]* src=)[^>]*>", page) == []
    addresses = re.findall(r'\s(?:href|src|action)="([^"]*)"', page)
    assert [each for each in addresses if not each.startswith(("/", "#"))] == []


async def test_each_language_names_the_other(ask: Ask) -> None:
    """`lang` of the document, `hreflang` of both, and a link that says the other's own name."""
    for path, language, other in (("/", "es", "English"), ("/en", "en", "Español")):
        page = (await ask(path)).text
        assert f'<html lang="{language}">' in page
        assert '<link rel="alternate" hreflang="es" href="/">' in page
        assert '<link rel="alternate" hreflang="en" href="/en">' in page
        assert re.search(rf'<a href="[^"]*" lang="\w\w" hreflang="\w\w">{other}</a>', page)


def test_every_code_has_words_in_both_languages() -> None:
    """Levels, states, warnings, purposes, and why a day has no rate."""
    listed: list[tuple[Mapping[Any, Any], set[str]]] = [
        (meanings.LEVELS, set(get_args(Level))),
        (meanings.STATES, set(get_args(FreshnessState))),
        (meanings.WARNED, set(WARNINGS)),
        (PURPOSES, {use.purpose for use in USES}),
        (
            meanings.PROBLEMS,
            {*get_args(Absence), "no-current-rate"} - set(NOT_ASKED_FOR),
        ),
    ]
    for said, codes in listed:
        assert codes <= set(said)
        assert all(set(words) == set(LANGUAGES) for words in said.values())


NOT_ASKED_FOR = ("no-fix-on-closed-day", "no-publication-on-closed-day", "not-known-then")
"""The page rolls, and asks about the present alone."""


def test_a_new_warning_is_said_in_the_contracts_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is open: nothing is hidden because nobody has translated it."""
    monkeypatch.delitem(meanings.WARNED, "breaker_open")
    assert meanings.warning("breaker_open", "es") == WARNINGS["breaker_open"].explanation


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 8, 15), date(2026, 8, 17), "Vigente del 15 al 17 de agosto de 2026"),
        (
            date(2026, 8, 29),
            date(2026, 9, 1),
            "Vigente del 29 de agosto al 1 de septiembre de 2026",
        ),
        (
            date(2026, 12, 31),
            date(2027, 1, 4),
            "Vigente del 31 de diciembre de 2026 al 4 de enero de 2027",
        ),
    ],
)
def test_a_span_of_days_is_written_as_people_do(first: date, last: date, said: str) -> None:
    """Month and year once where they are the same."""
    say = Wording("es", first)
    written = TEXTS["es"].from_to.format(first=say.begin(first, last), last=say.day(last))
    assert written == said


def test_numbers_are_never_rounded() -> None:
    """Grouping digits changes none of them."""
    say = Wording("es", date(2026, 8, 14))
    assert say.number("1234567890123456.123456") == "1,234,567,890,123,456.123456"
    assert say.signed(Decimal("-0.0097")) == "\N{MINUS SIGN}0.0097"


@pytest.mark.parametrize("query", ["date=2010-03-03", "date=2010-03-03&purpose=regalo"])
async def test_a_doubtful_rate_is_said_to_be_beside_each_value(
    ask: Ask, worker: Any, world: Any, query: str
) -> None:
    """In the answer and in the conversion, which stands alone where the question is malformed."""
    become(worker, world, series=world.known_series(withdrawn=(date(2010, 3, 1),)))
    page = (await ask(f"/?{query}")).text
    words = meanings.warning("withdrawn_at_source", "es")
    assert words in part(page, "converter")
    assert (words in part(page, "which-rate")) == ("purpose" not in query)
    assert words not in part(page, "means") + part(page, "history") + part(page, "state")


async def test_a_days_own_warning_is_said_though_the_newest_value_has_it(
    ask: Ask, worker: Any, world: Any
) -> None:
    """That of today says nothing about the day that was asked for."""
    days = (date(2010, 3, 1), world.NEWEST)
    become(worker, world, series=world.known_series(withdrawn=days))
    words = meanings.warning("withdrawn_at_source", "es")
    page = (await ask("/?date=2010-03-03")).text
    assert words in part(page, "state")
    assert words in part(page, "which-rate")
    assert words not in part((await ask("/?date=2012-03-05")).text, "which-rate")


@pytest.mark.parametrize("purpose", ["tax", "regalo"])
async def test_a_conversion_of_then_is_said_to_be_in_new_pesos(ask: Ask, purpose: str) -> None:
    """Also where the question beside it is malformed."""
    for day, is_said in (("1992-06-01", True), ("1993-06-01", False)):
        text = part((await ask(f"/en?date={day}&purpose={purpose}")).text, "converter")
        assert ("In new pesos" in text) == is_said


async def test_doubtful_means_and_days_are_said_to_be(ask: Ask, worker: Any, world: Any) -> None:
    """Beside the means that rest on the value, and in its row of the table."""
    become(
        worker,
        world,
        series=world.known_series(settlement={}, withdrawn=(date(2026, 7, 20),)),
    )
    page = (await ask("/en")).text
    words = meanings.warning("withdrawn_at_source", "en")
    rows = part_html(page, "means").split("<tr>")
    warned = [before for before, row in itertools.pairwise(rows) if words in row]
    spans = [re.search(r'rates/([^"]*)"', row) for row in warned]
    paths = [found and found[1] for found in spans]
    assert paths == ["average/30d", "summary?month=2026-07", "summary?year=2026"]
    days = re.findall(r"<tr>.*?</tr>", part_html(page, "history"), re.DOTALL)
    assert ["Mon 20 Jul" in day for day in days if words in day] == [True]


EDGE: Mapping[str, tuple[Callable[[Any], Mapping[str, Any]], str, int]] = {
    "all is well": (lambda _: {}, "/?date=2026-08-12", 240),
    "late publication": (
        lambda world: {"now": world.mexico(world.TODAY, 14)},
        "/?date=2026-08-12",
        240,
    ),
    "simulated data": (lambda _: {"source": "simulator"}, "/?date=2026-08-12", 240),
    "withdrawn, in the answer": (
        lambda world: {"series": world.known_series(withdrawn=(date(2010, 3, 3),))},
        "/?date=2010-03-03",
        15,
    ),
    "withdrawn, elsewhere": (
        lambda world: {"series": world.known_series(withdrawn=(date(2010, 3, 3),))},
        "/?date=2012-03-05",
        240,
    ),
    "withdrawn, in the conversion": (
        lambda world: {"series": world.known_series(withdrawn=(date(2010, 3, 3),))},
        "/?date=2010-03-03&amount=7",
        15,
    ),
    "withdrawn, in the chart": (
        lambda world: {"series": world.known_series(withdrawn=(date(2026, 6, 8),))},
        "/?date=2012-03-05",
        15,
    ),
    "under review": (
        lambda world: {"series": world.known_series(under_review=(date(2010, 3, 3),))},
        "/?date=2010-03-03",
        15,
    ),
    "not yet known": (lambda _: {}, "/?date=2026-12-24", 15),
}


@pytest.mark.parametrize("case", EDGE)
async def test_what_may_end_soon_is_kept_shortly(
    ask: Ask, worker: Any, world: Any, case: str
) -> None:
    """By shared caches, as the same answers of the API are: for fifteen seconds (rule 21)."""
    changes, path, longest = EDGE[case]
    become(worker, world, **changes(world))
    assert edge_seconds(await ask(path)) == longest


@pytest.mark.parametrize("path", ["/", "/?date=2003-03-03"])
async def test_a_page_of_unknown_days_is_kept_shortly(
    ask: Ask, worker: Any, world: Any, path: str
) -> None:
    """While the history loads, whatever day is asked for."""
    begun = date(2010, 1, 1)
    loading = world.snapshot(series=world.known_series(complete_from=begun))
    worker.current.replace(world.since(loading, begun))
    assert edge_seconds(await ask(path)) == 15


def edge_seconds(answer: httpx.Response) -> int:
    """Return how long shared caches keep an answer."""
    return int(answer.headers["cache-control"].rpartition("s-maxage=")[2])


UNUSABLE = {"fresh_until": None, "usable_until": None}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_rate_passes_as_current_by_its_own_series(
    ask: Ask, worker: Any, world: Any, language: Any
) -> None:
    """As the API answers: each kind by the series that it rests on (rule 27)."""
    for unusable in ("fix", "settlement"):
        become(worker, world, series=world.series(**{unusable: UNUSABLE}))
        page = (await ask(PATHS[language])).text
        for kind, name in (("fix", "rate-newest"), ("settlement", "rate-in-force")):
            is_answered = (await ask(f"/api/v1/rates/current?kind={kind}")).status_code == 200
            assert is_answered == (kind != unusable)
            assert (f'id="{name}"' in page) == is_answered
        for name in ("rate-answer", "result"):
            assert (f'id="{name}"' in page) == (unusable == "fix")
        parts = part(page, "which-rate")
        assert ("17.0627" in parts) == (unusable == "fix")
        assert ("17.0530" in parts) == (unusable == "settlement")


async def test_where_no_rate_passes_as_todays_the_chart_has_none(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Nor its table, nor the picture to embed; the day before has its own."""
    for series, is_shown in (
        (world.series(settlement=UNUSABLE), False),
        (world.series(fix=UNUSABLE), True),
    ):
        become(worker, world, series=series)
        page = part_html((await ask("/")).text, "history")
        picture = (await ask("/charts/fix.svg")).text
        settled = (await ask("/api/v1/rates/2026-08-14?kind=settlement")).json()["rate"]
        (points,) = re.findall(r'data-points="([^"]*)"', page)
        assert points.endswith(f",{settled if is_shown else ''};")
        assert ("vie 14 ago" in page.partition("<tbody>")[2]) == is_shown
        assert (f">{settled}<" in picture) == is_shown
        assert "jue 13 ago" in page
