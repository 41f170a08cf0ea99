"""The page: what it can be asked, and its HTML from the record."""

import dataclasses
from typing import ClassVar

from rates_api.pages.language import LANGUAGES, Language, home
from rates_api.pages.templates import render_html
from rates_api.rates import current
from rates_api.rates.query_parameters import RateQuery
from rates_api.resolution.view import View

PATHS = {language: home(language) for language in LANGUAGES}


@dataclasses.dataclass(frozen=True)
class HomeQuery(RateQuery):
    """What the page can be asked."""

    language: ClassVar[Language]
    ignores_unknown = True


class SpanishHome(HomeQuery):
    """The page at `/`."""

    language = "es"


class EnglishHome(HomeQuery):
    """The page at `/en`."""

    language = "en"


QUERIES: dict[Language, type[HomeQuery]] = {"es": SpanishHome, "en": EnglishHome}


def write(query: HomeQuery, view: View) -> bytes:
    """Return the page, as HTML."""
    in_force = current.answer(current.CurrentQuery(kind="settlement"), view)
    return render_html("home.html", query.language, PATHS, in_force=in_force)


def write_unavailable(query: HomeQuery) -> bytes:
    """Return the page without any data, as HTML."""
    return render_html("unavailable.html", query.language, PATHS)
