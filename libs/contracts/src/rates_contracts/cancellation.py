"""A cancelled task ends, whatever a client library makes of its cancellation.

Both services wrap their edges to Redis, the database and Banxico in it. A loop that expects
outages would otherwise go on for good: a leader that never notices that it lost the lease, a
worker that does not end.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cancellation_prevails() -> Iterator[None]:
    """Raise CancelledError at the end of the block if the task was cancelled inside it.

    Two ways in which a library loses one: redis-py sends within `asyncio.wait_for`, which before
    Python 3.12 drops a cancellation that meets the end of what it waits for; and a driver that is
    interrupted rolls back or unwatches, and the error of that takes the cancellation's place.

    Inside an `asyncio.timeout` its expiry counts as well, and leaves it as TimeoutError as ever.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("nothing can be cancelled outside of a task")
    before = task.cancelling()
    try:
        yield
    except Exception as error:
        if task.cancelling() > before:
            raise asyncio.CancelledError from error
        raise
    if task.cancelling() > before:
        raise asyncio.CancelledError
