"""Which guides there are, in the order in which they are read, and their text."""

import dataclasses
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from rates_api.pages.guides.markdown import Article, read_markdown
from rates_api.pages.guides.problem_texts import explain_all
from rates_api.pages.language import Language, guide

GUIDES: tuple[Mapping[Language, str], ...] = (
    {"es": "que-tipo-de-cambio", "en": "which-rate"},
    {"es": "inicio-rapido", "en": "quick-start"},
    {"es": "google-sheets", "en": "google-sheets"},
    {"es": "excel", "en": "excel"},
    {"es": "python", "en": "python"},
    {"es": "javascript", "en": "javascript"},
    {"es": "odoo", "en": "odoo"},
    {"es": "erpnext", "en": "erpnext"},
    {"es": "asistentes", "en": "assistants"},
    {"es": "limites", "en": "limits"},
    {"es": "errores", "en": "errors"},
    {"es": "estado", "en": "status"},
    {"es": "glosario", "en": "glossary"},
)
"""The slugs of each guide by language; its text is `<language>/<slug>.md` beside this module."""
GENERATED = re.compile(r"^\{problems\}$", re.MULTILINE)
"""A line of a text in whose place the table of problems stands."""


@dataclasses.dataclass(frozen=True)
class GuideLink:
    """A guide as lists of guides name it: its title is the one that the guide itself has."""

    path: str
    title: str
    lead: str


def slugs(language: Language) -> list[str]:
    """Return the slugs of a language, in the order of the guides."""
    return [slug[language] for slug in GUIDES]


@cache
def article(language: Language, slug: str) -> Article:
    """Return the guide `slug`, one of `slugs`."""
    file = resources.files(__package__) / language / f"{slug}.md"
    text = file.read_text(encoding="utf-8")
    return read_markdown(GENERATED.sub(lambda _: explain_all(language), text), language)


@cache
def guide_links(language: Language) -> tuple[GuideLink, ...]:
    """Return all guides of a language, in their order."""
    articles = ((slug, article(language, slug)) for slug in slugs(language))
    return tuple(
        GuideLink(guide(language, slug), found.title, found.lead) for slug, found in articles
    )
