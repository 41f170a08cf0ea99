"""The page's HTML from the record: each part by the pure functions that answer the API."""

import dataclasses

from rates_api.pages.guides.catalogue import guide_links
from rates_api.pages.home import meanings
from rates_api.pages.home.converter import converted
from rates_api.pages.home.history import Charted, Verified, charted, verified
from rates_api.pages.home.means import Mean, means
from rates_api.pages.home.purposes import PURPOSES
from rates_api.pages.home.query import QUERIES, HomeQuery
from rates_api.pages.home.question import answered
from rates_api.pages.home.standing import Standing, standing
from rates_api.pages.home.texts import TEXTS
from rates_api.pages.home.wording import Wording
from rates_api.pages.language import LANGUAGES, Language, home
from rates_api.pages.templates import render_html
from rates_api.resolution.view import View

__all__ = ["PATHS", "QUERIES", "is_malformed", "write", "write_unavailable"]

PATHS = {language: home(language) for language in LANGUAGES}


@dataclasses.dataclass(frozen=True)
class Unasked:
    """What the page shows whatever it is asked: most of what it takes to make it."""

    standing: Standing
    charted: Charted
    means: tuple[Mean, ...]
    verified: Verified


def write(query: HomeQuery, view: View) -> bytes:
    """Return the page, as HTML."""
    unasked = _unasked(query.language, view)
    return render_html(
        "home.html",
        query.language,
        PATHS,
        t=TEXTS[query.language],
        say=Wording(query.language, view.today),
        meanings=meanings,
        purposes={code: said[query.language] for code, said in PURPOSES.items()},
        fields=query.in_forms(view.today),
        query=query,
        view=view,
        now=unasked.standing,
        answered=answered(query, view),
        converted=converted(query, view),
        charted=unasked.charted,
        means=unasked.means,
        verified=unasked.verified,
        all_guides=guide_links(query.language),
    )


def _unasked(language: Language, view: View) -> Unasked:
    """Return it, made once while the view holds: a converter is asked with each key."""
    drawn: Unasked | None = view.memo.drawn.get(language)
    if drawn is None:
        drawn = Unasked(
            standing(view), charted(language, view), means(view), verified(language, view)
        )
        view.memo.drawn[language] = drawn
    return drawn


def is_malformed(query: HomeQuery) -> bool:
    """Tell whether a field of a form holds what can't be read."""
    return any(query.malformed.values())


def write_unavailable(query: HomeQuery) -> bytes:
    """Return the page without any data, as HTML."""
    return render_html("unavailable.html", query.language, PATHS, t=TEXTS[query.language])
