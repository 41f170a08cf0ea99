"""Fixtures of the simulator's tests; their types are in `simulator_stage`."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from litestar.testing import TestClient

from banxico_simulator.app import create_app
from banxico_simulator.series import History, load

sys.path.append(str(Path(__file__).parent))

from simulator_stage import TOKEN, Banxico, RealTime, Sleeps


@pytest.fixture(scope="session")
def history() -> History:
    """Both series, replayed through 2031."""
    return load(date(2031, 12, 31))


@pytest.fixture
def real_time() -> RealTime:
    """Sunday 2026-11-22, noon in Mexico City."""
    return RealTime()


@pytest.fixture
def sleeps() -> Sleeps:
    """What the application slept."""
    return Sleeps()


@pytest.fixture
def banxico(real_time: RealTime, sleeps: Sleeps) -> Iterator[Banxico]:
    """A running simulator."""
    app = create_app(clock=real_time, token=TOKEN, monotonic=real_time.monotonic, sleep=sleeps)
    with TestClient(app) as client:
        yield Banxico(client)
