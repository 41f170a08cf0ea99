"""Fixtures of the simulator's tests; their types are in `simulator_stage`."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient

from banxico_simulator.app import create_app
from banxico_simulator.published.series import History, load
from support.clocks import HandClock

sys.path.append(str(Path(__file__).parent))

from simulator_stage import TOKEN, Banxico


@pytest.fixture(scope="session")
def history() -> History:
    """Both series, replayed through 2031."""
    return load(date(2031, 12, 31))


@pytest.fixture
def real_time() -> HandClock:
    """Sunday 2026-11-22, noon in Mexico City."""
    return HandClock(datetime(2026, 11, 22, 18, 0, tzinfo=UTC))


@pytest.fixture
def banxico(real_time: HandClock) -> Iterator[Banxico]:
    """A running simulator."""
    app = create_app(
        clock=real_time, token=TOKEN, monotonic=real_time.monotonic, sleep=real_time.sleep
    )
    with TestClient(app) as client:
        yield Banxico(client)
