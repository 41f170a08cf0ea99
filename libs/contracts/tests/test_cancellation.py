"""A cancelled task ends, whatever a library makes of it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from rates_contracts.cancellation import cancellation_prevails


async def swallow() -> None:
    """Lose a cancellation, as `asyncio.wait_for` of Python 3.11 does at the wrong moment."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


async def fail() -> None:
    """Meet a failure while it cleans up after its cancellation, as a rollback may."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise ConnectionError("the clean-up failed") from None


async def repeat(call: Callable[[], Awaitable[None]]) -> None:
    """Go on, as a loop that expects outages does."""
    for _ in range(2):
        with contextlib.suppress(ConnectionError), cancellation_prevails():
            await call()


@pytest.mark.parametrize("call", [swallow, fail])
async def test_a_lost_cancellation_still_ends_the_loop(call: Callable[[], Awaitable[None]]) -> None:
    """Whether a library drops a cancellation or replaces it by an error, the loop ends."""
    task = asyncio.create_task(repeat(call))
    await asyncio.sleep(0)

    task.cancel()
    await asyncio.wait({task}, timeout=2)

    assert task.cancelled()


async def test_an_error_without_a_cancellation_stays_itself() -> None:
    """Nothing is cancelled by an outage."""
    with pytest.raises(ConnectionError), cancellation_prevails():
        raise ConnectionError("away")


async def test_a_timeout_inside_stays_a_timeout() -> None:
    """Its expiry is its own affair."""
    with pytest.raises(TimeoutError), cancellation_prevails():
        async with asyncio.timeout(0):
            await asyncio.Event().wait()


async def test_a_timeout_outside_is_not_lost_either() -> None:
    """Its expiry is kept where the library inside would have lost it."""

    async def ask() -> None:
        with cancellation_prevails():
            await swallow()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await ask()


async def test_a_cancelled_task_may_still_clean_up() -> None:
    """An edge that is entered after the cancellation works, as for the release of the lease."""

    async def release() -> str:
        await swallow()
        with cancellation_prevails():
            await asyncio.sleep(0)
        return "released"

    task = asyncio.create_task(release())
    await asyncio.sleep(0)

    task.cancel()

    assert await task == "released"


def test_outside_of_a_task_there_is_nothing_to_keep() -> None:
    """It says so rather than to guard nothing."""
    with pytest.raises(RuntimeError), cancellation_prevails():
        pass
