"""What lies between two parts: delays, cuts, an instance that is paused, and one that dies."""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from simulation.world.clock import InstanceClock, VirtualTime

Part = Literal["database", "redis", "banxico", "alerts", "edge"]
Cut = Literal["refused", "silent", "answers_lost"]
"""How a way is cut: it says so, it says nothing, or only the answers are lost."""

SHARE_DELAYED = 0.12
"""Of all requests: the others take no time, which keeps a run short and its order various."""
MAX_DELAY = 0.02
HEARTBEAT = 1.0


class Unreachable(Exception):
    """A part can't be reached; each part raises its own driver's error from it."""


@dataclass
class Machine:
    """Where one instance runs: it may be paused, cut off from a part, or dead."""

    name: str
    clock: InstanceClock
    time: VirtualTime
    random: Random
    cuts: dict[Part, Cut] = field(default_factory=dict)
    dead: bool = False
    dies_in: int | None = None
    """After so many more requests to other parts it dies, between a request and its answer too."""
    stops_at: Part | None = None
    """Within the next request to this part it is stopped."""
    requests: int = 0
    _paused: asyncio.Event | None = None

    def pause(self) -> None:
        """Stop it, as SIGSTOP does."""
        self._paused = self._paused or asyncio.Event()

    def resume(self) -> None:
        """Let it run on."""
        if self._paused is not None:
            self._paused.set()
        self._paused = None

    @property
    def paused(self) -> bool:
        """Tell whether it is stopped."""
        return self._paused is not None

    async def runs(self) -> None:
        """Wait until it is not paused. Raises `Unreachable` where it is dead."""
        while self._paused is not None and not self.dead:
            await self._paused.wait()
        if self.dead:
            raise Unreachable(f"{self.name} is dead")

    async def sleep(self, seconds: float) -> None:
        """Sleep in virtual time; a paused instance wakes up later."""
        await asyncio.sleep(seconds)
        while self._paused is not None and not self.dead:
            await self._paused.wait()
        if self.dead:
            await asyncio.Event().wait()


class Outages:
    """The parts that are away for everybody, and how slow they are."""

    def __init__(self) -> None:
        """Begin with none."""
        self.cuts: list[tuple[Part, Cut]] = []
        self.delays: dict[Part, float] = {}

    def cut_of(self, part: Part) -> Cut | None:
        """Return how a part is cut off from everybody; outages may overlap."""
        return next((cut for name, cut in self.cuts if name == part), None)


@dataclass
class Link:
    """The way from one instance to one part."""

    machine: Machine
    part: Part
    outages: Outages

    def send_at_once(self) -> bool:
        """Bring a request there if nothing is in the way; tell whether it was brought.

        Raises `Unreachable` where the instance dies with it.
        """
        if self._is_disturbed or self.machine.random.random() < SHARE_DELAYED:
            return False
        self._count()
        return True

    async def send(self) -> None:
        """Bring a request there, after a delay. Raises `Unreachable`."""
        delay = self.machine.random.random() * MAX_DELAY
        await asyncio.sleep(self.outages.delays.get(self.part, 0.0) + delay)
        await self._pass({"refused", "silent"})
        self._count()

    def receive_at_once(self) -> bool:
        """Bring an answer back if nothing is in the way; tell whether it was brought."""
        if self._is_disturbed:
            return False
        self._count()
        return True

    async def receive(self) -> None:
        """Bring the answer back. Raises `Unreachable`."""
        self._count()
        await self._pass({"refused", "silent", "answers_lost"})

    def stop_within(self) -> bool:
        """Stop the instance within this request if that is planned; tell whether it was."""
        if self.machine.stops_at != self.part:
            return False
        self.machine.stops_at = None
        self.machine.pause()
        return True

    @property
    def cut(self) -> Cut | None:
        """Return how it is cut now."""
        return self.machine.cuts.get(self.part) or self.outages.cut_of(self.part)

    @property
    def _is_disturbed(self) -> bool:
        machine, outages = self.machine, self.outages
        return bool(
            machine.paused or machine.dead or machine.cuts or outages.cuts or outages.delays
        )

    async def _pass(self, cuts: set[Cut]) -> None:
        await self.machine.runs()
        cut = self.cut
        if cut not in cuts:
            return
        while cut != "refused" and self.cut in cuts:
            # A time-out of the one who waits ends this; or the way is whole again, too late.
            await asyncio.sleep(HEARTBEAT)
            await self.machine.runs()
        raise Unreachable(f"{self.machine.name} does not reach {self.part}")

    def _count(self) -> None:
        machine = self.machine
        machine.requests += 1
        if machine.dies_in is not None:
            machine.dies_in -= 1
            if machine.dies_in <= 0:
                machine.dead = True
                raise Unreachable(f"{machine.name} dies")
