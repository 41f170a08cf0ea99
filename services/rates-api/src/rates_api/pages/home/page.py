"""The page's HTML from the record: each part by the pure functions that answer the API."""

from rates_api.pages.home import meanings
from rates_api.pages.home.converter import converted
from rates_api.pages.home.history import charted, verified
from rates_api.pages.home.means import means
from rates_api.pages.home.purposes import DEFAULT_PURPOSE, PURPOSES
from rates_api.pages.home.query import QUERIES, HomeQuery
from rates_api.pages.home.question import answered
from rates_api.pages.home.standing import standing
from rates_api.pages.home.texts import TEXTS
from rates_api.pages.home.wording import Wording
from rates_api.pages.language import LANGUAGES, home
from rates_api.pages.templates import render_html
from rates_api.resolution.view import View

__all__ = ["PATHS", "QUERIES", "is_malformed", "write", "write_unavailable"]

PATHS = {language: home(language) for language in LANGUAGES}


def write(query: HomeQuery, view: View) -> bytes:
    """Return the page, as HTML."""
    return render_html(
        "home.html",
        query.language,
        PATHS,
        t=TEXTS[query.language],
        say=Wording(query.language, view.today),
        meanings=meanings,
        purposes={code: said[query.language] for code, said in PURPOSES.items()},
        default_purpose=DEFAULT_PURPOSE,
        query=query,
        view=view,
        now=standing(view),
        answered=answered(query, view),
        converted=converted(query, view),
        charted=charted(query.language, view),
        means=means(view),
        verified=verified(query.language, view),
    )


def is_malformed(query: HomeQuery) -> bool:
    """Tell whether a field of a form holds what can't be read."""
    return any(query.malformed.values())


def write_unavailable(query: HomeQuery) -> bytes:
    """Return the page without any data, as HTML."""
    return render_html("unavailable.html", query.language, PATHS, t=TEXTS[query.language])
