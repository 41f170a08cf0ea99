"""Which guides there are, in the order in which they are read, and their text."""

import dataclasses
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from rates_api.pages.guides.markdown import Article, read_markdown
from rates_api.pages.guides.problem_texts import explain_all
from rates_api.pages.language import Language, guide


@dataclasses.dataclass(frozen=True)
class GuideGroup:
    """Guides for readers with one kind of task: what it is called, and each guide's slugs."""

    title: Mapping[Language, str]
    guides: tuple[Mapping[Language, str], ...]


GROUPS = (
    GuideGroup(
        {"es": "Contabilidad", "en": "Accounting"},
        (
            {"es": "que-tipo-de-cambio", "en": "which-rate"},
            {"es": "google-sheets", "en": "google-sheets"},
            {"es": "excel", "en": "excel"},
            {"es": "odoo", "en": "odoo"},
            {"es": "erpnext", "en": "erpnext"},
        ),
    ),
    GuideGroup(
        {"es": "Desarrollo", "en": "Development"},
        (
            {"es": "inicio-rapido", "en": "quick-start"},
            {"es": "python", "en": "python"},
            {"es": "javascript", "en": "javascript"},
            {"es": "asistentes", "en": "assistants"},
        ),
    ),
    GuideGroup(
        {"es": "Referencia", "en": "Reference"},
        (
            {"es": "estado", "en": "status"},
            {"es": "errores", "en": "errors"},
            {"es": "limites", "en": "limits"},
            {"es": "glosario", "en": "glossary"},
        ),
    ),
)
GUIDES = tuple(slugs for group in GROUPS for slugs in group.guides)
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
    return tuple(_link(language, slug) for slug in slugs(language))


@cache
def grouped_links(language: Language) -> tuple[tuple[str, tuple[GuideLink, ...]], ...]:
    """Return the title of each group, and its guides."""
    return tuple(
        (group.title[language], tuple(_link(language, slug[language]) for slug in group.guides))
        for group in GROUPS
    )


def _link(language: Language, slug: str) -> GuideLink:
    found = article(language, slug)
    return GuideLink(guide(language, slug), found.title, found.lead)
