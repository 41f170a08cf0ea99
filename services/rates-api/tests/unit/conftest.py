"""Loads the real record's world by path, since test folders are no packages."""

import importlib.util
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

NAME = "rates_api_world"


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """Give the real record and workers around it."""
    if NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(NAME, Path(__file__).parent / "world.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]


@pytest.fixture(scope="session")
def friday(world: ModuleType) -> Any:
    """Give the record on Friday 2026-08-14 at ten, for those who leave it as it is."""
    return world.snapshot()


@pytest.fixture
def worker(world: ModuleType, friday: Any) -> Any:
    """Give a healthy worker at that moment."""
    return world.Worker(friday.with_feed("database").with_feed("redis"))


@pytest.fixture
def ask(world: ModuleType, worker: Any) -> Callable[..., Awaitable[httpx.Response]]:
    """Give a function that asks the worker's public handlers."""

    async def ask(path: str, method: str = "GET", **headers: str) -> httpx.Response:
        async with world.client(worker) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            answer: httpx.Response = await client.request(method, path, headers=named)
            return answer

    return ask
