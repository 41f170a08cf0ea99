"""The page of a guide, and the list of all guides."""

import dataclasses
from functools import partial
from typing import Annotated, ClassVar

from rates_api.http.parameters import Parameter, Query
from rates_api.http.problems import Refused
from rates_api.pages.guides.catalogue import GUIDES, article, grouped_links, guide_links, slugs
from rates_api.pages.language import LANGUAGES, Language, guide, guides
from rates_api.pages.templates import render_html

ALL_GUIDES = {language: guides(language) for language in LANGUAGES}


def _read_slug(language: Language, text: str) -> str:
    if text not in slugs(language):
        known = tuple(guide(language, slug) for slug in slugs(language))
        raise Refused("not-found", "There is no such guide.", known=known)
    return text


def _slug(language: Language) -> Parameter:
    read = partial(_read_slug, language)
    return Parameter("slug", "A guide's name.", "a guide's name", read, {"type": "string"})


@dataclasses.dataclass(frozen=True)
class GuideQuery(Query):
    """Which guide is asked for; `slug` is one of its language's."""

    language: ClassVar[Language]
    slug: str
    ignores_unknown = True


@dataclasses.dataclass(frozen=True)
class SpanishGuide(GuideQuery):
    """A guide at `/guia/`."""

    language = "es"
    slug: Annotated[str, _slug("es")]


@dataclasses.dataclass(frozen=True)
class EnglishGuide(GuideQuery):
    """A guide at `/en/guide/`."""

    language = "en"
    slug: Annotated[str, _slug("en")]


QUERIES: dict[Language, type[GuideQuery]] = {"es": SpanishGuide, "en": EnglishGuide}


class GuideListQuery(Query):
    """The list of all guides."""

    language: ClassVar[Language]
    ignores_unknown = True


class SpanishGuideList(GuideListQuery):
    """The list at `/guia`."""

    language = "es"


class EnglishGuideList(GuideListQuery):
    """The list at `/en/guide`."""

    language = "en"


LIST_QUERIES: dict[Language, type[GuideListQuery]] = {
    "es": SpanishGuideList,
    "en": EnglishGuideList,
}


def write(query: GuideQuery) -> bytes:
    """Return the guide, as HTML."""
    language, slug = query.language, query.slug
    position = slugs(language).index(slug)
    links = guide_links(language)
    return render_html(
        "guide.html",
        language,
        {other: guide(other, GUIDES[position][other]) for other in LANGUAGES},
        article=article(language, slug),
        all_guides=links,
        before=links[position - 1] if position else None,
        after=links[position + 1] if position + 1 < len(links) else None,
    )


def write_list(query: GuideListQuery) -> bytes:
    """Return the list of all guides, as HTML."""
    return render_html(
        "guides.html", query.language, ALL_GUIDES, groups=grouped_links(query.language)
    )
