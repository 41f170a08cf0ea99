"""Time that a test moves: a wall clock, a monotonic one and sleeping, all of one instant."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class HandClock:
    """The time, moved by hand or by sleeping; `sleep` also lets other tasks run.

    From `stop_at` on a sleep never ends and says so by `asleep`: a loop can be cancelled there.
    """

    now: datetime
    slept: list[float] = field(default_factory=list)
    stop_at: datetime | None = None
    asleep: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self) -> datetime:
        """Return the instant, aware UTC."""
        return self.now

    def monotonic(self) -> float:
        """Return the same instant in seconds."""
        return self.now.timestamp()

    def advance(self, seconds: float) -> None:
        """Move the time on."""
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Move the time on at once, and note for how long."""
        if self.stop_at is not None and self.now >= self.stop_at:
            self.asleep.set()
            await asyncio.Event().wait()
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)
