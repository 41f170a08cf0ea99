"""The page's HTML from the record: each part by the pure functions that answer the API."""

import dataclasses
from collections.abc import Iterator

from rates_api.pages.guides.catalogue import guide_links
from rates_api.pages.handlers import Page, Views
from rates_api.pages.home import meanings
from rates_api.pages.home.converter import Converted, converted
from rates_api.pages.home.history import Charted, Verified, charted, verified
from rates_api.pages.home.means import Mean, means
from rates_api.pages.home.purposes import PURPOSES
from rates_api.pages.home.query import QUERIES, HomeQuery
from rates_api.pages.home.question import Answered, answered
from rates_api.pages.home.standing import Standing, standing
from rates_api.pages.home.texts import TEXTS
from rates_api.pages.home.wording import Wording
from rates_api.pages.language import LANGUAGES, Language, home
from rates_api.pages.templates import render_html
from rates_api.resolution.knowledge import WARNING_OF
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

    @property
    def warnings(self) -> set[str]:
        """Return what to be careful about in any of it."""
        means = (code for mean in self.means for code in mean.warnings)
        return {*self.standing.warnings, *self.charted.warnings, *means}

    @property
    def known(self) -> bool:
        """Tell whether each missing value in it is known to be none."""
        return self.charted.known and all(mean.known for mean in self.means)


def write(query: HomeQuery, views: Views) -> Page:
    """Return the page."""
    unasked = _unasked(query.language, views)
    asked, amount = answered(query, views), converted(query, views)
    codes = {*_problems(unasked, asked, amount)}
    return Page(
        html=_html(query, views.whole, unasked, asked, amount),
        warnings={*unasked.warnings, *_warnings(asked, amount)},
        codes=codes,
        known=unasked.known and codes.isdisjoint(WARNING_OF),
    )


def _warnings(asked: Answered | None, amount: Converted | None) -> Iterator[str]:
    """Yield what to be careful about in what was asked."""
    yield from () if asked is None else asked.warnings
    yield from () if amount is None else amount.warnings


def _problems(unasked: Unasked, asked: Answered | None, amount: Converted | None) -> Iterator[str]:
    """Yield the code of each problem that the page tells."""
    parts = () if asked is None else asked.parts
    told = [part.problem for part in parts]
    told += [unasked.standing.problem, None if amount is None else amount.problem]
    return (code for code in told if code is not None)


def _html(
    query: HomeQuery,
    view: View,
    unasked: Unasked,
    asked: Answered | None,
    amount: Converted | None,
) -> bytes:
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
        answered=asked,
        converted=amount,
        charted=unasked.charted,
        means=unasked.means,
        verified=unasked.verified,
        all_guides=guide_links(query.language),
    )


def _unasked(language: Language, views: Views) -> Unasked:
    """Return it, made once while the view holds: a converter is asked with each key."""
    view = views.whole
    drawn: Unasked | None = view.memo.drawn.get(language)
    if drawn is None:
        drawn = Unasked(
            standing(views), charted(language, view), means(view), verified(language, view)
        )
        view.memo.drawn[language] = drawn
    return drawn


def is_malformed(query: HomeQuery) -> bool:
    """Tell whether a field of a form holds what can't be read."""
    return any(query.malformed.values())


def write_unavailable(query: HomeQuery) -> bytes:
    """Return the page without any data, as HTML."""
    return render_html("unavailable.html", query.language, PATHS, t=TEXTS[query.language])
