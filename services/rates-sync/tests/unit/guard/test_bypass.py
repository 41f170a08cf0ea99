"""The way beside the breaker, for work that can wait (protocol rule 35)."""

from datetime import timedelta
from typing import Any

import pytest

from rates_sync.errors import BreakerOpen, FixAwaited, UpstreamFailure
from rates_sync.guard.breaker import Breaker
from rates_sync.guard.bypass import Bypass
from rates_sync.upstream import Query

QUERY = Query(("SF43718",))


@pytest.fixture
def breaker(banxico: Any, clock: Any, changes: Any) -> Breaker:
    """A breaker that opens at the first failure."""
    return Breaker(
        banxico,
        clock=clock,
        monotonic=clock.monotonic,
        on_change=changes,
        fail_max=1,
        reset_after=timedelta(seconds=60),
    )


async def test_failure_beside_the_breaker_does_not_count(
    breaker: Breaker, banxico: Any, clock: Any
) -> None:
    """A range that Banxico can't answer leaves the day's polls alone."""
    banxico.script = [UpstreamFailure("a range that never comes")]
    with pytest.raises(UpstreamFailure):
        await Bypass(banxico, breaker, clock, lambda: False).ask(QUERY)
    assert (breaker.state, breaker.failures) == ("closed", 0)


async def test_success_beside_the_breaker_does_not_count(
    breaker: Breaker, banxico: Any, clock: Any
) -> None:
    """It resets no count of failures."""
    tolerant = Breaker(
        banxico,
        clock=clock,
        monotonic=clock.monotonic,
        on_change=lambda *_: None,
        fail_max=3,
        reset_after=timedelta(seconds=60),
    )
    banxico.script = [UpstreamFailure("away")]
    with pytest.raises(UpstreamFailure):
        await tolerant.ask(QUERY)
    await Bypass(banxico, tolerant, clock, lambda: False).ask(QUERY)
    assert tolerant.failures == 1


async def test_open_breaker_is_not_tried(breaker: Breaker, banxico: Any, clock: Any) -> None:
    """While it is open nothing goes beside it, not even when a trial request is due."""
    banxico.script = [UpstreamFailure("away")]
    with pytest.raises(UpstreamFailure):
        await breaker.ask(QUERY)
    bypass, asked = Bypass(banxico, breaker, clock, lambda: False), len(banxico.asked)
    clock.advance(61)
    with pytest.raises(BreakerOpen):
        await bypass.ask(QUERY)
    assert len(banxico.asked) == asked


async def test_nothing_goes_beside_it_while_a_fix_is_awaited(
    breaker: Breaker, banxico: Any, clock: Any
) -> None:
    """A range that times out would delay the poll that sees the FIX."""
    bypass = Bypass(banxico, breaker, clock, awaited=lambda: True)
    assert not bypass.admits
    with pytest.raises(FixAwaited):
        await bypass.ask(QUERY)
    assert banxico.asked == []
