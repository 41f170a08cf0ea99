"""The guides and the reference as browsers get them: complete, in both languages, no dead link."""

import gzip
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from rates_api.http.problems import PROBLEMS
from rates_api.pages.guides.catalogue import GUIDES
from rates_api.pages.guides.markdown import read_markdown
from rates_api.pages.guides.problem_texts import IN_SPANISH
from rates_api.pages.language import LANGUAGES, Language, guide, guides, reference
from rates_api.pages.reference import spanish
from rates_api.pages.reference.golden import operations
from rates_api.pages.reference.requests import PLACEHOLDER, snippets
from rates_api.rates.days import USES
from rates_contracts.answers import Level
from rates_contracts.status import State
from rates_contracts.warnings import WARNINGS

Ask = Callable[..., Awaitable[httpx.Response]]

ROOT = Path(__file__).parents[5]
GUIDE_PATHS = [guide(language, slugs[language]) for slugs in GUIDES for language in LANGUAGES]
LIST_PATHS = [guides(language) for language in LANGUAGES]
REFERENCE_PATHS = [reference(language) for language in LANGUAGES]
PATHS = [*GUIDE_PATHS, *LIST_PATHS, *REFERENCE_PATHS]
RATE = re.compile(r"\b\d\d\.\d{4}\b")
MAX_GUIDE, MAX_REFERENCE = 20_000, 60_000
"""Bytes, compressed."""


@pytest.fixture(scope="module")
def _pages() -> dict[str, httpx.Response]:
    """Give what was asked for in this module, by its path."""
    return {}


@pytest.fixture
def read(ask: Ask, _pages: dict[str, httpx.Response]) -> Ask:
    """Give a function that asks for a page once for all tests."""

    async def read(path: str) -> httpx.Response:
        if path not in _pages:
            _pages[path] = await ask(path)
        return _pages[path]

    return read


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_stands_in_both_languages_that_name_each_other(read: Ask, path: str) -> None:
    """Each names itself and the other by `hreflang`; the other one names the same two."""
    page = await read(path)
    assert page.status_code == 200
    named = alternates(page.text)
    assert path in named.values()
    for language, other in named.items():
        translated = (await read(other)).text
        assert f'<html lang="{language}">' in translated
        assert alternates(translated) == named


@pytest.mark.parametrize("path", PATHS)
async def test_no_link_of_a_page_is_dead(read: Ask, path: str) -> None:
    """Each link within the service leads to something, and each anchor to a place in it."""
    text = (await read(path)).text
    for link in set(re.findall(r'(?:href|src)="([^"]*)"', text)):
        address, _, anchor = link.partition("#")
        assert address.startswith("/") or link.startswith("#"), link
        answer = await read(address or path)
        assert answer.status_code == 200, link
        assert not anchor or f'id="{anchor}"' in answer.text, link


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_has_nothing_that_its_policy_blocks(read: Ask, path: str) -> None:
    """No style and no script stands in the page itself."""
    text = (await read(path)).text
    assert not re.findall(
        r"<[^>]+\sstyle=|<[^>]+\son[a-z]+=|<style|<script(?! type=\"module\" src)", text
    )


@pytest.mark.parametrize("path", PATHS)
async def test_headings_of_a_page_are_in_order(read: Ask, path: str) -> None:
    """One first heading, none is skipped, and no two places have one name."""
    text = (await read(path)).text
    levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    anchors = re.findall(r'\sid="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_is_small(read: Ask, path: str) -> None:
    """People read it on a phone."""
    limit = MAX_REFERENCE if path in REFERENCE_PATHS else MAX_GUIDE
    assert len(gzip.compress((await read(path)).content)) <= limit


async def test_a_guide_that_does_not_exist_is_404(read: Ask) -> None:
    """A slug of the other language, too; the problem names those that exist."""
    for path in ("/guia/python3", "/guia/which-rate", "/en/guide/que-tipo-de-cambio"):
        answer = await read(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert len(answer.json()["known"]) == len(GUIDES)


@pytest.mark.parametrize("path", ["/guia/errores", "/en/guide/errors"])
async def test_every_problem_is_explained(read: Ask, path: str) -> None:
    """Each code is a place of its own, with its status."""
    text = (await read(path)).text
    for code, problem in PROBLEMS.items():
        part = text.partition(f'id="{code}"')[2].partition("<h3")[0]
        assert f'href="/problems/{code}">{problem.status}</a>' in part


def test_every_problem_is_explained_in_spanish() -> None:
    """A new code needs its words, an old one has them no longer."""
    assert IN_SPANISH.keys() == PROBLEMS.keys()


@pytest.mark.parametrize("path", ["/guia/estado", "/en/guide/status"])
async def test_every_state_level_and_warning_is_explained(read: Ask, path: str) -> None:
    """Each has a line of its own."""
    text = (await read(path)).text
    for word in (*get_args(State), *get_args(Level), *WARNINGS):
        assert f"<td><code>{word}</code></td>" in text, word


@pytest.mark.parametrize("path", ["/guia/que-tipo-de-cambio", "/en/guide/which-rate"])
async def test_every_purpose_is_explained_with_its_kind(read: Ask, path: str) -> None:
    """The table says of each purpose what the day sheet says."""
    rows = re.findall(r"<tr>\n(.*?)</tr>", (await read(path)).text, re.DOTALL)
    for use in USES:
        row = next(row for row in rows if f"<code>{use.purpose}</code>" in row)
        kinds = re.findall(r"<td><code>(fix|dof|settlement)</code>", row)
        assert kinds == ([] if use.kind is None else [use.kind])


async def test_the_glossary_has_the_terms_of_the_source(read: Ask) -> None:
    """What the project's own glossary says of the source, clients read, too."""
    text = (await read("/en/guide/glossary")).text.lower()
    section = (ROOT / "docs/glossary.md").read_text().partition("## The source")[2]
    for terms in re.findall(r"^\| \*\*(.+?)\*\*", section.partition("## ")[0], re.MULTILINE):
        for term in terms.lower().split(", "):
            assert term in text


@pytest.mark.parametrize("path", ["/guia/que-tipo-de-cambio", "/en/guide/which-rate"])
async def test_every_rate_in_a_guide_is_one_of_its_days(read: Ask, world: Any, path: str) -> None:
    """They are Banco de México's: of the Friday, the Sunday, the month-end and the payment."""
    days = [world.date(2026, 8, day) for day in (14, 16, 21)] + [world.date(2026, 7, 31)]
    settled = {world.settlement()[day] for day in days}
    determined = {world.fix()[world.date(2026, 8, day)] for day in (13, 14)}
    month_end = {world.fix()[world.date(2026, 7, day)] for day in (30, 31)}
    assert set(RATE.findall((await read(path)).text)) == settled | determined | month_end


def test_every_sentence_of_the_document_is_in_spanish() -> None:
    """A changed sentence needs its translation, and no translation is left over."""
    assert set(sentences()) == spanish.IN_SPANISH.keys()


@pytest.mark.parametrize("path", REFERENCE_PATHS)
async def test_the_reference_has_every_operation_whole(read: Ask, path: str) -> None:
    """Each with its parameters, its problems and a request in three languages."""
    text = (await read(path)).text
    for operation in operations().values():
        part = text.partition(f'<h3 id="{operation.name}">')[2].partition("</section>")[0]
        assert f"GET {operation.path}<" in part
        for parameter in operation.parameters:
            assert f"<dt><code>{parameter.name}</code>" in part
        for _, code in operation.problems:
            assert f"<code>{code}</code>" in part
        if operation.examples:
            assert re.findall(r"<label[^>]*>(\w+)<", part) == ["curl", "Python", "JavaScript"]


def test_examples_of_the_reference_ask_what_was_recorded() -> None:
    """Python's address and parameters make the request again, as the other languages write it."""
    for operation in operations().values():
        for example in operation.examples:
            curl, python, javascript = snippets(example.request, example.media_type)
            assert f"{PLACEHOLDER}{example.request}" in curl.code
            assert f"{PLACEHOLDER}{example.request}" in javascript.code
            assert PLACEHOLDER + example.request.partition("?")[0] in python.code


def test_shortened_answers_are_still_json() -> None:
    """Whoever copies one has a valid answer with fewer rows."""
    for operation in operations().values():
        for example in (*operation.examples, *operation.refusals):
            if example.media_type.endswith("json"):
                assert isinstance(json.loads(example.answer.text), dict)


@pytest.mark.parametrize(
    ("language", "said"), [("es", "lunes 17 de agosto de 2026"), ("en", "Monday 17 August 2026")]
)
async def test_a_guide_with_answers_says_of_which_day_they_are(
    read: Ask, language: Language, said: str
) -> None:
    """Once, under its first paragraph; a guide without any says nothing of it."""
    for slugs in GUIDES:
        text = (await read(guide(language, slugs[language]))).text
        dated = re.findall(r'<p class="dated">(.*?)</p>', text)
        assert len(dated) == (slugs["en"] != "glossary")
        assert all(said in sentence for sentence in dated)


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/guia", ["Contabilidad", "Desarrollo", "Referencia"]),
        ("/en/guide", ["Accounting", "Development", "Reference"]),
    ],
)
async def test_the_list_has_each_guide_in_one_group(
    read: Ask, path: str, titles: list[str]
) -> None:
    """For the books, for programs, and to look things up; the reference ends the last one."""
    main = (await read(path)).text.partition("<main")[2]
    assert re.findall(r"<h2>(.*?)</h2>", main) == titles
    language: Language = "es" if path == "/guia" else "en"
    listed = [guide(language, slugs[language]) for slugs in GUIDES]
    assert re.findall(r'<li><a href="([^"]+)"', main) == [*listed, reference(language)]


@pytest.mark.parametrize(
    ("code", "name"), [("curl -s 'https://x'", "curl"), ("usdmxn today", "Terminal")]
)
def test_a_command_is_named_curl_only_where_it_is(code: str, name: str) -> None:
    """Above a block for the shell stands what the reader runs."""
    body = read_markdown(f"# Title\n\nLead.\n\n```sh\n{code}\n```\n", "en").body
    assert f"<figcaption>{name}</figcaption>" in body


def test_html_in_a_guide_is_text() -> None:
    """Guides are Markdown alone: a tag is shown, never obeyed."""
    article = read_markdown("# Title\n\nLead.\n\n<script>1</script>\n", "en")
    assert "&lt;script&gt;" in article.body


def alternates(text: str) -> dict[str, str]:
    """Return the addresses of a page by language, as its head has them."""
    return dict(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', text))


def sentences() -> Iterable[str]:
    """Yield every sentence of the document that the reference shows."""
    for operation in operations().values():
        yield from (operation.summary, operation.description)
        yield from (parameter.description for parameter in operation.parameters)
        yield from (text for text in operation.headers.values() if not text.startswith("`"))
