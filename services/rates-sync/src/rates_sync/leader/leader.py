"""What the instance that holds the lease does: all its tasks, from its first transaction on.

`leadership` runs one per lease taken. The tasks share a group: a lost lease or a bug in one ends
all. The database, Redis or Banxico being away ends none: it is counted, warned of and tried again.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rates_sync.cycle.recorder import Recorder
from rates_sync.leader.poller import Poller

log = structlog.get_logger(__name__)

Task = Callable[[], Awaitable[None]]


class Leader:
    """One lease's work; `tasks` are the coroutines that run until the lease is lost."""

    def __init__(self, recorder: Recorder, poller: Poller, tasks: dict[str, Task]) -> None:
        self.recorder, self.poller = recorder, poller
        self._tasks = {"poll": poller.run, **tasks}

    async def run(self) -> None:
        """Run all tasks until one fails. Raises an ExceptionGroup."""
        async with asyncio.TaskGroup() as group:
            for name, task in self._tasks.items():
                group.create_task(_named(task), name=name)


async def _named(task: Task) -> None:
    await task()
