"""Renders the templates beside this module: everything is escaped unless it says otherwise."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from rates_api.pages import assets
from rates_api.pages.language import Language, guide, guides, home, reference


@cache
def _environment() -> Environment:
    """Return the environment of all templates; what a template names must be there."""
    environment = Environment(
        loader=PackageLoader("rates_api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        asset=assets.path_of,
        home=home,
        reference=reference,
        guide=guide,
        guides=guides,
    )
    return environment


def render_html(
    template: str,
    language: Language,
    paths: Mapping[Language, str],
    **content: Any,
) -> bytes:
    """Return the HTML of `template` in a language, with `content` by name.

    `paths` has the page's address in each language.
    """
    page = _environment().get_template(template)
    return page.render(language=language, paths=paths, **content).encode()
