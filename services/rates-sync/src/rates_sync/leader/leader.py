"""What the instance that holds the lease does: all its tasks, from its first transaction on.

The tasks share a group: a lost lease or a bug in one ends all. The database, Redis or Banxico being
away ends none: it is counted, logged and tried again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from rates_sync.cycle.recorder import Recorder
from rates_sync.leader.poller import Poller

Task = Callable[[], Coroutine[Any, Any, None]]


class Leader:
    """The work of one lease; `tasks` run beside the poll loop."""

    def __init__(self, recorder: Recorder, poller: Poller, tasks: dict[str, Task]) -> None:
        self.recorder, self.poller = recorder, poller
        self._tasks = {"poll": poller.run, **tasks}

    async def run(self) -> None:
        """Run all tasks until one fails. Raises an ExceptionGroup."""
        async with asyncio.TaskGroup() as group:
            for name, task in self._tasks.items():
                group.create_task(task(), name=name)
