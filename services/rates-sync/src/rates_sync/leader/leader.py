"""All tasks of the instance that holds the lease.

The tasks share a group: a lost lease or a bug in one ends all. An unavailable database, Redis or
Banxico ends none: it is counted, logged and retried.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from rates_sync.cycle.recorder import Recorder
from rates_sync.leader.backfills import BackfillRunner
from rates_sync.leader.poller import Poller

Task = Callable[[], Coroutine[Any, Any, None]]


class Leader:
    """The work of one lease; `tasks` run next to the poll loop and the backfills."""

    def __init__(
        self,
        recorder: Recorder,
        poller: Poller,
        backfills: BackfillRunner,
        tasks: dict[str, Task],
    ) -> None:
        self.recorder, self.poller, self.backfills = recorder, poller, backfills
        self._tasks = {"poll": poller.run, "backfills": backfills.run, **tasks}

    async def run(self) -> None:
        """Run all tasks until one fails. Raises an ExceptionGroup."""
        async with asyncio.TaskGroup() as group:
            for name, task in self._tasks.items():
                group.create_task(task(), name=name)
