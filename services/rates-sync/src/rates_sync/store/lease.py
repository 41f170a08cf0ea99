"""The lease: which instance asks Banxico, writes and relays (rule R2, protocol rule 3).

No two clocks are compared: a contender watches the row with its own monotonic clock. A leader that
can't renew keeps running for a while; the fence rejects its writes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_sync.clock import Monotonic, Sleep
from rates_sync.errors import StoreUnavailable
from rates_sync.store.engine import DatabaseUtc, reading, utc_of, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.schema import lease

log = structlog.get_logger(__name__)

# Built once: every instance runs one of these every other second.
_SELECT = select(lease)
_ADVANCE = update(lease).values(holder=bindparam("next_holder"), renewals=lease.c.renewals + 1)


@dataclass(frozen=True, slots=True)
class LeaseState:
    """The lease row as it was read; without a holder it is free."""

    holder: str
    token: int
    renewals: int

    @property
    def free(self) -> bool:
        """Tell whether the lease was released, or never held."""
        return not self.holder


async def _nothing() -> None:
    """Do nothing."""


class Lease:
    """One instance's access to the lease; `holder` is unique to it, also across its restarts.

    `poll` is the seconds between checks; a lease that was not renewed for `patience` seconds may be
    taken over. `database_utc` reads the database's clock, a witness of the time (protocol rule 33).
    `on_outcome` is called with the error of each access that failed, and with None once the lease
    moves: then the database takes writes, of whichever instance.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        holder: str,
        *,
        monotonic: Monotonic,
        sleep: Sleep,
        poll: float,
        patience: float,
        database_utc: DatabaseUtc = utc_of,
    ) -> None:
        if not holder:
            raise ValueError("a holder needs a name: the empty one marks a free lease")
        self._engine, self._holder = engine, holder
        self._monotonic, self._sleep = monotonic, sleep
        self._poll, self._patience = poll, patience
        self._database_utc = database_utc
        self.on_outcome: Callable[[StoreUnavailable | None], None] = lambda _: None
        self._moved_at = monotonic()

    @property
    def age(self) -> float:
        """The seconds since this instance last saw the lease taken, renewed or released."""
        return self._monotonic() - self._moved_at

    @property
    def is_overdue(self) -> bool:
        """Tell whether a renewal is missing, long before the lease may be taken over."""
        return self.age > self._patience / 2

    async def observe(self) -> LeaseState:
        """Return the row as it is. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(_SELECT)).one()
        return LeaseState(row.holder, row.token, row.renewals)

    async def take(self, seen: LeaseState) -> Fence | None:
        """Take the lease; None if it has changed since `seen`. Raises `StoreUnavailable`."""
        taking = (
            update(lease)
            .where(lease.c.token == seen.token, lease.c.renewals == seen.renewals)
            .values(holder=self._holder, token=seen.token + 1, renewals=0)
        )
        async with writing(self._engine) as connection:
            taken = (await connection.execute(taking)).rowcount == 1
        if not taken:
            return None
        self._on_move()
        return Fence(self._holder, seen.token + 1)

    async def utc(self) -> datetime | None:
        """Return the database's clock, None if it has none. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await self._database_utc(connection)

    async def renew(self, fence: Fence) -> datetime | None:
        """Renew the lease; return the database's clock, None if it has none.

        Raises `LeaseLost` or `StoreUnavailable`.
        """
        return await self._advance(fence, holder=fence.holder)

    async def release(self, fence: Fence) -> None:
        """Free the lease, so that the next contender takes it at once.

        Raises `LeaseLost` or `StoreUnavailable`.
        """
        await self._advance(fence, holder="")

    async def contend(self, on_unavailable: Callable[[], Awaitable[None]] = _nothing) -> Fence:
        """Wait until the lease is this instance's and return its fence (protocol rule 3).

        Takes it at once when it is free or was this instance's own, else after the same (token,
        renewals) was read for `patience` seconds. An unavailable database restarts that wait, since
        nobody could renew; `on_unavailable` is awaited then. So does a pause of this instance.
        """
        watched = _Watched(self._patience, self._monotonic)
        while True:
            seen = await self._look()
            if seen is None:
                await on_unavailable()
            unmoved = self._note(watched, seen)
            if seen is not None and self._may_take(seen, unmoved):
                fence = await self._try(seen)
                if fence is not None:
                    return fence
            await self._sleep(self._poll)

    def _may_take(self, seen: LeaseState, unmoved: float) -> bool:
        return seen.free or seen.holder == self._holder or unmoved >= self._patience

    def _note(self, watched: "_Watched", seen: LeaseState | None) -> float:
        """Note what was seen; return for how many seconds the lease has not moved."""
        before = watched.seen
        if before is not None and seen is not None and seen != before:
            self._on_move()
        return watched.look(seen)

    def _on_move(self) -> None:
        self._moved_at = self._monotonic()
        self.on_outcome(None)

    async def _look(self) -> LeaseState | None:
        try:
            return await self.observe()
        except StoreUnavailable as error:
            log.warning("lease_not_seen", error=str(error))
            self.on_outcome(error)
            return None

    async def _try(self, seen: LeaseState) -> Fence | None:
        try:
            fence = await self.take(seen)
        except StoreUnavailable as error:
            log.warning("lease_not_taken", error=str(error))
            self.on_outcome(error)
            return None
        if fence is not None:
            log.info("lease_taken", token=fence.token, after=seen.holder or "nobody")
        return fence

    async def _advance(self, fence: Fence, *, holder: str) -> datetime | None:
        try:
            async with writing(self._engine) as connection:
                await lock_and_verify(connection, fence)
                await connection.execute(_ADVANCE, {"next_holder": holder})
                now_there = await self._database_utc(connection)
        except StoreUnavailable as error:
            self.on_outcome(error)
            raise
        self._on_move()
        return now_there


class _Watched:
    """What a contender sees of the lease, and since when without a change or a gap.

    After a gap longer than `patience` the same says nothing of the time between: a restored lease
    that is renewed comes by where it stood before.
    """

    def __init__(self, patience: float, monotonic: Monotonic) -> None:
        self._patience, self._monotonic = patience, monotonic
        self._since = self._looked_at = monotonic()
        self.seen: LeaseState | None = None

    def look(self, seen: LeaseState | None) -> float:
        """Note what is seen now, None without a database; return for how many seconds it is so."""
        now = self._monotonic()
        is_gap = now - self._looked_at > self._patience
        if seen is None or seen != self.seen or is_gap:
            self.seen, self._since = seen, now
        self._looked_at = now
        return now - self._since
