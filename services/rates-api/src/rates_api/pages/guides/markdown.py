"""Renders the Markdown of a guide: raw HTML is off, headings have anchors, wide parts scroll."""

import dataclasses
import re
import unicodedata
from collections.abc import Mapping, MutableMapping, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from rates_api.pages.language import Language

NAMES: Mapping[str, str | Mapping[Language, str]] = {
    "sh": "Terminal",
    "python": "Python",
    "js": "JavaScript",
    "html": "HTML",
    "json": "JSON",
    "text": {"es": "Respuesta", "en": "Answer"},
    "csv": "CSV",
    "sheets": "Google Sheets",
    "excel": "Excel",
    "powerquery": "Power Query",
}
"""What stands above a block of code, by its language; one that asks with curl is named so."""
CURL = re.compile(r"\bcurl ")
ANSWERS = ("text", "csv")
"""What an example answers, in these languages: nobody copies it."""
TABLE = {"es": "Tabla", "en": "Table"}
SEPARATORS = re.compile(r"[^a-z0-9_]+")


@dataclasses.dataclass(frozen=True)
class ArticleSection:
    """A part of an article: its heading as plain text, and the anchor of that."""

    anchor: str
    title: str


@dataclasses.dataclass(frozen=True)
class Article:
    """A rendered guide: its first paragraph as text and as `opening`, and the `body` after it.

    `shows_answers` where a block of code follows another: it is what the other one answers.
    """

    title: str
    lead: str
    opening: str
    body: str
    shows_answers: bool
    sections: tuple[ArticleSection, ...]


class _Renderer(RendererHTML):
    """Tables and code in regions that scroll and take the focus; a name above the code."""

    def fence(
        self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]
    ) -> str:
        language = tokens[idx].info
        name = code_name(language, env["language"], tokens[idx].content)
        code = RendererHTML.fence(self, tokens, idx, options, env)
        code = code.replace("<pre>", f'<pre tabindex="0" role="group" aria-label="{name}">', 1)
        kind = "code answer" if language in ANSWERS else "code"
        return f'<figure class="{kind}"><figcaption>{name}</figcaption>{code}</figure>\n'

    def table_open(
        self, _: Sequence[Token], __: int, ___: Any, env: MutableMapping[str, Any]
    ) -> str:
        name = TABLE[env["language"]]
        return f'<div class="table" tabindex="0" role="group" aria-label="{name}"><table>\n'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"

    def th_open(
        self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]
    ) -> str:
        tokens[idx].attrSet("scope", "col")
        return self.renderToken(tokens, idx, options, env)


_PARSER = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


def code_name(language: str, of_page: Language, code: str) -> str:
    """Return what a block of `code` in `language` is called on a page."""
    is_curl = language == "sh" and CURL.search(code)
    name = "curl" if is_curl else NAMES[language]
    return name if isinstance(name, str) else name[of_page]


def read_markdown(text: str, language: Language) -> Article:
    """Return the article that `text` is: a heading, a paragraph, and the rest."""
    tokens = _PARSER.parse(text)
    title, lead, rest = tokens[:3], tokens[3:6], tokens[6:]
    _add_anchors(rest)
    sections = tuple(
        ArticleSection(str(token.attrs["id"]), _plain(inline))
        for token, inline in pairwise(rest)
        if token.type == "heading_open" and token.tag == "h2"
    )
    opening, body = (
        _PARSER.renderer.render(part, _PARSER.options, {"language": language})
        for part in (lead, rest)
    )
    shows_answers = any(code.type == answer.type == "fence" for code, answer in pairwise(rest))
    return Article(_plain(title[1]), _plain(lead[1]), opening, body, shows_answers, sections)


def render_inline(text: str) -> str:
    """Return the HTML of a sentence in Markdown."""
    return str(_PARSER.renderInline(text, {}))


def _add_anchors(tokens: Sequence[Token]) -> None:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(inline))


def _anchor(heading: Token) -> str:
    """Return the anchor of a heading: the code that it begins with, else all of its words."""
    first = (heading.children or [heading])[0]
    if first.type == "code_inline":
        return first.content
    words = unicodedata.normalize("NFKD", _plain(heading).lower())
    ascii_words = words.encode("ascii", "ignore").decode()
    return SEPARATORS.sub("-", ascii_words).strip("-")


def _plain(inline: Token) -> str:
    return "".join(
        " " if token.type == "softbreak" else token.content for token in inline.children or ()
    )
