"""Ensures that a cancelled task ends, even where a client library swallows the cancellation.

A loop that tolerates outages would otherwise run forever: a leader that lost its lease would keep
working, a worker would never shut down.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cancellation_prevails() -> Iterator[None]:
    """Raise CancelledError at the end of the block if the task was cancelled inside it.

    Libraries lose a cancellation in two ways. redis-py sends within `asyncio.wait_for`, which
    before Python 3.12 drops a cancellation that arrives just as the awaited call completes. And an
    interrupted driver rolls back or unwatches, and an error there replaces the cancellation.

    An `asyncio.timeout` around the block still turns its own expiry into TimeoutError.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("there is no task to be cancelled")
    before = task.cancelling()
    try:
        yield
    except Exception as error:
        if task.cancelling() > before:
            raise asyncio.CancelledError from error
        raise
    if task.cancelling() > before:
        raise asyncio.CancelledError
