"""Every path of a page, as it is mounted. They are no part of the API's contract.

A new page touches these places:

    pages/<page>…                    its query, what it says, pure; a template in pages/templates/
    pages/endpoints.py               its entry here, one for each language
    pages/language.py                its address in each language
"""

from rates_api.http.endpoint import Endpoint
from rates_api.pages import assets, handlers
from rates_api.pages.guides import page as guides
from rates_api.pages.home import page as home
from rates_api.pages.language import LANGUAGES, guide
from rates_api.pages.reference import page as api_reference

PAGES: tuple[Endpoint, ...] = (
    *(
        Endpoint(
            name=f"home_{language}",
            path=home.PATHS[language],
            summary="The page for people",
            query=home.QUERIES[language],
            handler=handlers.page(home.write, home.write_unavailable, home.is_malformed),
            answers=None,
        )
        for language in LANGUAGES
    ),
    *(
        Endpoint(
            name=f"guide_{language}",
            path=guide(language, "{slug}"),
            summary="How the rates are used, by task",
            query=guides.QUERIES[language],
            handler=handlers.static_page(guides.write),
            answers=None,
            problems=("not-found",),
        )
        for language in LANGUAGES
    ),
    *(
        Endpoint(
            name=f"guides_{language}",
            path=guides.ALL_GUIDES[language],
            summary="All guides",
            query=guides.LIST_QUERIES[language],
            handler=handlers.static_page(guides.write_list),
            answers=None,
        )
        for language in LANGUAGES
    ),
    *(
        Endpoint(
            name=f"reference_{language}",
            path=api_reference.PATHS[language],
            summary="The API reference",
            query=api_reference.QUERIES[language],
            handler=handlers.static_page(api_reference.write),
            answers=None,
        )
        for language in LANGUAGES
    ),
    Endpoint(
        name="asset",
        path="/assets/{name}",
        summary="A file of the pages",
        query=assets.AssetQuery,
        handler=handlers.asset,
        answers=None,
        problems=("not-found",),
    ),
)
