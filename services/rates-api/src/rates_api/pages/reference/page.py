"""The page of the API reference, in each language."""

import dataclasses
from typing import ClassVar

from markupsafe import Markup

from rates_api.http.parameters import Query
from rates_api.pages.guides.markdown import render_inline
from rates_api.pages.guides.problem_texts import explain
from rates_api.pages.language import LANGUAGES, Language, guide, reference
from rates_api.pages.reference.golden import common_problems, operations, order
from rates_api.pages.reference.requests import snippets
from rates_api.pages.reference.spanish import IN_SPANISH
from rates_api.pages.templates import render_html

PATHS = {language: reference(language) for language in LANGUAGES}


@dataclasses.dataclass(frozen=True)
class Group:
    """Operations that belong together, by their names."""

    anchor: str
    title: dict[Language, str]
    names: tuple[str, ...]


GROUPS = (
    Group(
        "one-day",
        {"es": "El tipo de cambio de un día", "en": "The rate of a day"},
        ("current", "day", "day_sheet", "batch", "convert"),
    ),
    Group(
        "spans",
        {"es": "Periodos y calendario", "en": "Spans and the calendar"},
        ("historical", "summary", "monthly", "average", "gaps", "calendar", "chart"),
    ),
    Group(
        "following",
        {"es": "Seguir los cambios", "en": "Following changes"},
        ("changes", "stream", "feed"),
    ),
    Group(
        "evidence",
        {"es": "Comprobar un dato", "en": "Checking a value"},
        ("revisions", "receipt", "keys", "payload"),
    ),
    Group(
        "service",
        {"es": "El servicio", "en": "The service itself"},
        ("capabilities", "health", "openapi", "llms", "problem_page", "robots", "favicon"),
    ),
)


class ReferenceQuery(Query):
    """The reference takes no parameters."""

    language: ClassVar[Language]
    ignores_unknown = True


class SpanishReference(ReferenceQuery):
    """The reference at `/docs`."""

    language = "es"


class EnglishReference(ReferenceQuery):
    """The reference at `/en/docs`."""

    language = "en"


QUERIES: dict[Language, type[ReferenceQuery]] = {"es": SpanishReference, "en": EnglishReference}


def write(query: ReferenceQuery) -> bytes:
    """Return the reference, as HTML."""
    language = query.language
    ordered = order(operations(), [group.names for group in GROUPS])
    return render_html(
        "reference.html",
        language,
        PATHS,
        groups=list(zip(GROUPS, ordered, strict=True)),
        common_problems=common_problems(),
        say=lambda text: Markup(render_inline(_said(text, language))),  # noqa: S704
        title_of=lambda code: explain(code, language).title,
        problem_path=lambda code: _problem_path(code, language),
        snippets=snippets,
    )


def _said(text: str, language: Language) -> str:
    """Return a sentence of the document in a language."""
    return IN_SPANISH.get(text, text) if language == "es" else text


def _problem_path(code: str, language: Language) -> str:
    """Return where a problem is explained: its own page is in English."""
    return f"{guide('es', 'errores')}#{code}" if language == "es" else f"/problems/{code}"
