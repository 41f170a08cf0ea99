"""Every path of a page, as it is mounted. They are no part of the API's contract.

A new page touches these places:

    pages/<page>…                    its query, what it says, pure; a template in pages/templates/
    pages/endpoints.py               its entry here, one for each language
    pages/language.py                its address in each language
"""

from rates_api.http.endpoint import Endpoint
from rates_api.pages import assets, handlers
from rates_api.pages.home import page as home
from rates_api.pages.language import LANGUAGES

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
