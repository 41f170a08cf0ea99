"""The languages of the pages, and the addresses that say the same in each."""

from typing import Literal, get_args

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def home(language: Language) -> str:
    """Return the path of the page itself."""
    return "/" if language == "es" else "/en"


def reference(language: Language) -> str:
    """Return the path of the API reference."""
    return "/docs" if language == "es" else "/en/docs"


def guide(language: Language, slug: str) -> str:
    """Return the path of a guide, whose `slug` is that of its language."""
    return f"/guia/{slug}" if language == "es" else f"/en/guide/{slug}"


def guides(language: Language) -> str:
    """Return the path of the list of all guides."""
    return "/guia" if language == "es" else "/en/guide"
