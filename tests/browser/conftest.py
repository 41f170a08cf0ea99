"""A browser, and the pages it opens: over a worker whose record is set, or a real platform."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from browser.opened import opened
from browser.site import Site
from rates_dev.chromium import program
from rates_dev.screenshots import launched

ROOT = Path(__file__).parents[2]
WORLD = ROOT / "services/rates-api/tests/unit/world.py"
NAME = "rates_api_world"

Open = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give a running Chromium."""
    executable = program()
    if executable is None:
        pytest.skip("no chromium on PATH")
    with sync_playwright() as playwright:
        browser = launched(playwright, executable)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """Give the real record and workers around it."""
    spec = importlib.util.spec_from_file_location(NAME, WORLD)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def _site(world: ModuleType) -> Iterator[Site]:
    with Site(world).served() as site:
        yield site


@pytest.fixture
def site(_site: Site) -> Site:
    """Give the pages of a healthy worker on Friday 2026-08-14 at ten."""
    _site.restart()
    return _site


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Open:
    """Give what opens a page of the site in the browser."""
    return partial(opened, chromium, site.url)
