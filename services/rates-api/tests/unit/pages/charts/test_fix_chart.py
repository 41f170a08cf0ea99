"""`/charts/fix.svg` as clients get it, and the same drawing inline: what it shows and says."""

import itertools
import re
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, get_args
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from rates_api.handlers import view_of
from rates_api.pages.charts import fix_chart
from rates_api.pages.charts.lines import ChartRange, chart_of
from rates_api.pages.charts.style import Theme
from rates_api.pages.language import Language
from rates_api.resolution.view import View
from rates_contracts.observation import FIX, SETTLEMENT

Ask = Callable[..., Awaitable[httpx.Response]]
PATH = "/charts/fix.svg"
SVG = "{http://www.w3.org/2000/svg}"
RANGES = get_args(ChartRange)
THEMES = get_args(Theme)
LANGUAGES = get_args(Language)
EVERY_PICTURE = [*itertools.product(RANGES, THEMES, LANGUAGES)]


def view(world: Any, snapshot: Any) -> View:
    """Return what is known now."""
    cache = world.current_snapshot(snapshot).cache
    return view_of(cache, snapshot, fix_chart.ChartQuery(), world.NOW)


def inline(world: Any, snapshot: Any, *, range_: ChartRange = "90d") -> Element:
    """Return the inline chart, in Spanish."""
    return fromstring(fix_chart.inline_chart(chart_of(view(world, snapshot), range_), "es"))


async def picture(ask: Ask, query: str = "") -> Element:
    """Return the standalone chart."""
    return fromstring((await ask(f"{PATH}?{query}")).content)


def texts(root: Element) -> set[str]:
    """Return all that is written, but the style."""
    return {each.text or "" for each in root.iter() if not each.tag.endswith("style")}


def described(root: Element) -> str:
    """Return the description in words."""
    return next(each.text or "" for each in root.iter() if each.tag.endswith("desc"))


def drawn(root: Element, css: str) -> list[Element]:
    """Return the elements of a class."""
    return [each for each in root.iter() if each.get("class") == css]


@pytest.mark.parametrize(
    ("range_", "theme", "lang"), [*itertools.product(RANGES, THEMES, LANGUAGES)]
)
async def test_every_picture_is_well_formed_and_named(
    ask: Ask, range_: str, theme: str, lang: str
) -> None:
    """Each has a title and a description, and both the wide and the narrow texts."""
    answer = await ask(f"{PATH}?range={range_}&theme={theme}&lang={lang}")
    assert answer.headers["content-type"] == "image/svg+xml"
    root = fromstring(answer.content)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    named = [root[0].get("id"), root[1].get("id")]
    assert named == [root.get("aria-labelledby"), root.get("aria-describedby")]
    assert root[0].text
    assert "17.0530" in described(root)
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == lang
    assert [len(drawn(root, css)) for css in ("chart-wide", "chart-narrow")] == [1, 1]


async def test_it_has_a_policy_of_its_own_and_may_be_embedded(ask: Ask) -> None:
    """It loads and runs nothing; any page may show it; a 304 says so, too."""
    answer = await ask(PATH)
    again = await ask(PATH, if_none_match=answer.headers["etag"])
    assert (answer.status_code, again.status_code) == (200, 304)
    for response in (answer, again):
        policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        assert response.headers["content-security-policy"] == policy
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert response.headers["access-control-allow-origin"] == "*"


async def test_it_is_drawn_once_and_compressed(ask: Ask, worker: Any) -> None:
    """Another request for the same picture finds it; the other spelling of the defaults, too."""
    first = await ask(f"{PATH}?range=90d&theme=auto&lang=es", accept_encoding="gzip")
    second = await ask(PATH, accept_encoding="gzip")
    assert first.headers["content-encoding"] == "gzip"
    assert first.content == second.content
    assert worker.counters.lookups == ["miss", "hit"]


async def test_long_ranges_are_drawn_in_a_thread(ask: Ask, worker: Any) -> None:
    """What takes long keeps no other request waiting."""
    threaded = []
    for range_ in RANGES:
        before = worker.threaded
        await ask(f"{PATH}?range={range_}")
        threaded.append(worker.threaded - before)
    assert threaded == [0, 0, 1, 1]


async def test_the_edge_keeps_it_for_minutes_and_not_past_midnight(
    world: Any, worker: Any, ask: Ask
) -> None:
    """No purge reaches it; at midnight another day is in force."""
    worker.current.replace(world.snapshot(fresh_until=world.NOW + timedelta(hours=1)))
    assert (await ask(PATH)).headers["cache-control"].endswith("s-maxage=300")
    worker.now = world.mexico(world.TODAY, 23, 59)
    worker.current.replace(world.snapshot(now=worker.now))
    assert (await ask(PATH)).headers["cache-control"].endswith("s-maxage=60")


@pytest.mark.parametrize(
    "query",
    [
        "range=10y",
        "range=1Y",
        "range=",
        "theme=blue",
        "lang=fr",
        "lang=es-MX",
        "range=1y&range=1y",
        "width=4000",
        "as_of=2024-01-02T18:30:00Z",
    ],
)
async def test_what_is_in_no_list_is_refused_and_never_drawn(
    ask: Ask, worker: Any, query: str
) -> None:
    """Another value, a doubled or an unknown parameter is 422."""
    answer = await ask(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-parameters")
    assert worker.counters.lookups == []


async def test_two_workers_draw_the_same_bytes(world: Any, friday: Any) -> None:
    """Nothing in a picture depends on who draws it, or when it was asked for."""
    bodies = set()
    for now in (world.NOW, world.NOW + timedelta(minutes=3)):
        async with world.client(world.Worker(friday, now)) as client:
            bodies.add((await client.get(f"{PATH}?range=all")).content)
    assert len(bodies) == 1


@pytest.mark.parametrize("range_", ["1y", "5y", "all"])
async def test_its_figures_are_those_of_the_summary(ask: Ask, range_: str) -> None:
    """Exact digits and days of first, last, lowest and highest, in the picture and in words."""
    root = await picture(ask, f"range={range_}&lang=en")
    first, last = root.get("data-first"), root.get("data-last")
    summary = (await ask(f"/api/v1/rates/summary?from={first}&to={last}")).json()
    for figure in ("first", "last", "low", "high"):
        day = date.fromisoformat(summary[figure]["date"])
        words = f"{figure} {summary[figure]['rate']} ({day.day} {day:%B} {day.year})"
        assert words in described(root)
    low, high = summary["low"], summary["high"]
    assert {f"low {low['rate']}", f"high {high['rate']}"} <= texts(root)
    assert summary["last"]["rate"] in texts(root)


async def test_the_rate_in_force_is_todays(ask: Ask) -> None:
    """The settlement ahead of today is not drawn: the last value is what applies today."""
    root = await picture(ask)
    current = (await ask("/api/v1/rates/current?kind=settlement")).json()
    assert current["rate"] == "17.0627"
    assert {"Vigente", "17.0627", "14 ago 2026"} <= texts(root)
    assert "último 17.0627 (14 de agosto de 2026)" in described(root)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("es", ("Antes de 1993, en nuevos pesos", "vigente: desde 1996")),
        ("en", ("Before 1993 in new pesos", "in force: from 1996 on")),
    ],
)
async def test_the_whole_history_says_what_its_values_are(
    ask: Ask, lang: str, said: tuple[str, ...]
) -> None:
    """New pesos before 1993, a rate in force from 1996 on: in the picture and in words."""
    root = await picture(ask, f"range=all&lang={lang}")
    for words in said:
        assert words in described(root)
        assert any(words in text for text in texts(root) - {described(root)})
        assert words not in described(await picture(ask, f"range=5y&lang={lang}"))


def test_the_rule_before_1996_is_not_drawn(world: Any, friday: Any) -> None:
    """Nobody knows which rate was in force then, though `historical` derives one."""
    chart = fix_chart.answer(fix_chart.ChartQuery("all"), view(world, friday))
    assert chart.in_force.first is not None
    assert chart.in_force.first.day == date(1996, 1, 1)


async def test_simulated_values_are_named_loudly(world: Any, worker: Any, ask: Ask) -> None:
    """In the title first of all, in the description and twice in the picture."""
    worker.current.replace(world.snapshot(source="simulator"))
    root = await picture(ask, "lang=en")
    assert (root[0].text or "").startswith("Simulated data, not Banco de México's.")
    assert "Simulated data: not Banco de México's." in described(root)
    assert len(drawn(root, "chart-simulated")) == 2
    assert "Source: Banco de México" not in "".join(texts(root))


def test_inline_it_has_neither_style_nor_script(world: Any, friday: Any) -> None:
    """A page's policy blocks both: classes and presentation attributes are all there is."""
    for range_ in RANGES:
        for language in LANGUAGES:
            text = fix_chart.inline_chart(chart_of(view(world, friday), range_), language)
            assert not re.search(r"<style|<script|\bstyle=|\bon\w+=|href|url\(", text)
            ids = re.findall(r' id="([^"]+)"', text)
            assert len(ids) == len(set(ids))


def test_charts_of_one_page_share_no_id(world: Any, friday: Any) -> None:
    """Each range has ids of its own."""
    charts = [chart_of(view(world, friday), range_) for range_ in RANGES]
    text = "".join(fix_chart.inline_chart(chart, "es") for chart in charts)
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)) == 2 * len(RANGES)


async def test_inline_it_has_each_days_exact_values(world: Any, friday: Any, ask: Ask) -> None:
    """A cursor finds what `historical` answers, by the number of the day; and it is small."""
    root = inline(world, friday)
    begins, days = date.fromisoformat(root.get("data-first") or ""), (root.get("data-points") or "")
    entries = [entry.split(",") for entry in days.removesuffix(";").split(";")]
    assert len(entries) == 90
    for place, kind in enumerate(("fix", "settlement")):
        path = f"/api/v1/rates/historical?days=90&kind={kind}"
        listed = (await ask(path)).json()["observations"]
        found = {
            str(begins + timedelta(days=number)): entry[place]
            for number, entry in enumerate(entries)
            if entry[place]
        }
        assert found == {row["date"]: row["rate"] for row in listed}
    assert "data-points" not in inline(world, friday, range_="1y").attrib


def test_a_missing_value_is_a_gap(world: Any, friday: Any) -> None:
    """A banking day without its FIX breaks the line, a weekend does not."""
    whole = drawn(inline(world, friday), "chart-line-fix")[0].get("d") or ""
    holed = world.snapshot(without=(date(2026, 7, 8),))
    broken = drawn(inline(world, holed), "chart-line-fix")[0].get("d") or ""
    assert (whole.count("M"), broken.count("M")) == (1, 2)


def test_a_value_between_gaps_is_a_dot(world: Any) -> None:
    """What has no neighbours is seen all the same."""
    holed = world.snapshot(without=(date(2026, 7, 7), date(2026, 7, 9)))
    chart = fix_chart.answer(fix_chart.ChartQuery(), view(world, holed))
    assert [point.day for run in chart.fix.runs if len(run) == 1 for point in run] == [
        date(2026, 7, 8)
    ]
    dots = [each for each in drawn(inline(world, holed), "chart-fix") if each.tag == "circle"]
    assert len(dots) == 2


def test_values_that_are_not_loaded_yet_are_said_to_be_unknown(world: Any, friday: Any) -> None:
    """The chart begins with what there is, and may be kept for seconds only."""
    begun = date(2010, 1, 1)
    loading = world.since(world.snapshot(series=world.known_series(complete_from=begun)), begun)
    chart = fix_chart.answer(fix_chart.ChartQuery("all"), view(world, loading))
    assert (chart.first >= begun, chart.known) == (True, False)
    assert chart.warnings == ("history_loading",)
    assert "aún no se sabe" in described(inline(world, loading, range_="all"))
    assert "aún no se sabe" not in described(inline(world, friday, range_="all"))


@pytest.mark.parametrize(("day", "is_said"), [(date(2026, 7, 8), True), (date(2025, 7, 8), False)])
def test_doubtful_values_are_said_to_be(world: Any, day: date, is_said: bool) -> None:
    """Where the source no longer publishes a value that is drawn, the chart says so."""
    doubted = world.snapshot(series=world.known_series(withdrawn=(day,)))
    root = inline(world, doubted)
    assert any("retirado por la fuente" in text for text in texts(root)) == is_said
    chart = fix_chart.answer(fix_chart.ChartQuery(), view(world, doubted))
    assert ("withdrawn_at_source" in chart.warnings) == is_said


@pytest.mark.parametrize("range_", ["90d", "1y", "5y"])
def test_a_span_without_values_says_so(world: Any, range_: ChartRange) -> None:
    """No rate is named, nor any axis of rates."""
    empty = world.snapshot(kept=lambda row: row.date < date(2000, 1, 1))
    root = inline(world, empty, range_=range_)
    assert "Sin valores en este periodo" in texts(root)
    assert described(root).count("sin valores en este periodo") == 2
    assert not drawn(root, "chart-line-fix") + drawn(root, "chart-line-in-force")
    assert not any(re.fullmatch(r"\d+\.\d+", text) for text in texts(root))


@pytest.mark.parametrize("range_", RANGES)
@pytest.mark.parametrize("series", [FIX, SETTLEMENT])
def test_a_single_value_is_drawn(world: Any, series: str, range_: ChartRange) -> None:
    """As a dot with its exact digits; nothing is its own extreme."""
    day = world.TODAY if series == SETTLEMENT else world.NEWEST
    single = world.snapshot(kept=lambda row: (row.series, row.date) == (series, day))
    root = inline(world, single, range_=range_)
    css, rate = ("chart-fix", "17.0530") if series == FIX else ("chart-in-force", "17.0627")
    assert len([each for each in drawn(root, css) if each.tag == "circle"]) >= 1
    assert rate in texts(root)
    assert not any("mín." in text for text in texts(root) - {described(root)})


async def test_what_is_drawn_is_found_once_for_all_themes(world: Any, friday: Any) -> None:
    """The record is read once for a range, a language drawn once; the style alone differs."""
    same = view(world, friday)
    light, dark = (fix_chart.ChartQuery("all", theme, "en") for theme in ("light", "dark"))
    chart = fix_chart.answer(light, same)
    assert fix_chart.answer(dark, same) is chart
    pictures = [fix_chart.to_svg(query, chart).decode() for query in (light, dark)]
    assert [*chart.drawings] == ["en"]
    styled = re.compile("<style>.+?</style>")
    assert pictures[0] != pictures[1]
    assert len({styled.sub("", each) for each in pictures}) == 1
    assert all(len(styled.findall(each)) == 1 for each in pictures)


def test_of_thirty_years_what_pixels_show_is_kept(world: Any) -> None:
    """A third of the values, a dent of one day and both ends among them."""
    dented = world.snapshot(
        extra=(world.observation(FIX, date(2003, 3, 4), "1.2345", date(2003, 3, 4), 2),)
    )
    line = chart_of(view(world, dented), "all").fix
    kept = [point for run in line.runs for point in run]
    assert len(kept) < 3000
    assert kept == sorted(kept)
    assert [str(line.low.rate) if line.low else "", kept[0].day, kept[-1].day] == [
        "1.2345",
        date(1991, 11, 12),
        world.NEWEST,
    ]
    assert len([*itertools.chain(*chart_of(view(world, dented), "5y").fix.runs)]) > 1200
