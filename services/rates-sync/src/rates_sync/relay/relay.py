"""The relay: brings the stream and the documents in line with the record, step by step.

Derived state only: losing all of Redis loses nothing (rule R1). Never writes the record, except for
asking it to start a new timeline.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from rates_contracts.documents import TTL_OF
from rates_contracts.events import Head, Position
from rates_contracts.stream import EVENTS, entry_fields
from rates_sync.committed import CommittedState
from rates_sync.errors import RelayError, StoreUnavailable
from rates_sync.liveness import wait_for_wake
from rates_sync.relay.document_ttl import StoredDocuments, extend_ttls, read_documents
from rates_sync.relay.documents import Write, manifest_of, writes
from rates_sync.relay.plan import RepairAction, decide_repair, must_trim
from rates_sync.relay.stream import Tail, read_tail, translated

log = structlog.get_logger(__name__)


class RelaySource(Protocol):
    """The record, for the instance that holds the lease."""

    async def read(
        self, cursor: Position | None, *, history: str | None, averages: str | None
    ) -> CommittedState:
        """Return one consistent state; all events without a cursor.

        `history` and `averages` are the versions that Redis holds. Raises `StoreUnavailable`.
        """
        ...

    async def restart_timeline(self, above: int) -> None:
        """Continue in a timeline above `above` and announce it, in a fenced transaction.

        Raises `LeaseLost`, `StoreUnavailable`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: events added, documents set, and whether it had to repair the stream."""

    relayed: int
    documents: tuple[str, ...]
    refilled: bool = False
    restarted: bool = False


class Relay:
    """One leader's relay; `on_step` is called with each step, or with the error it failed with.

    No step is longer ago than `interval` seconds (protocol rule 8).
    """

    def __init__(
        self,
        redis: Redis,
        source: RelaySource,
        *,
        interval: float,
        on_step: Callable[[Step | RelayError | StoreUnavailable], None] = lambda _: None,
    ) -> None:
        self._redis, self._source = redis, source
        self._on_step, self._interval = on_step, interval
        self._relayed: Position | None = None

    async def run(self, wake: asyncio.Event) -> None:
        """Step whenever `wake` is set and at least every interval, until cancelled.

        Redis and the database may be away: that is logged and tried again. Raises `LeaseLost`.
        """
        while True:
            wake.clear()
            await self._try_step()
            await wait_for_wake(wake, self._interval)

    async def step(self) -> Step:
        """Bring Redis in line once. Raises `RelayError`, `StoreUnavailable`, `LeaseLost`.

        Protocol rule 7: all on one connection that watches the stream, so that whatever another
        relay does meanwhile makes this step fail as a whole, its documents included.
        """
        with translated():
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(EVENTS)
                tail, stored = await read_tail(pipe), await read_documents(pipe)
                self._relayed = tail.cursor
                action, committed = await self._read(tail, stored)
                step = await _write(pipe, tail, stored, action, committed)
        self._relayed = committed.head.at
        return step

    async def cursor(self) -> Position | None:
        """Return how far the stream is now, None without a stream. Raises `RelayError`."""
        with translated():
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(EVENTS)
                return (await read_tail(pipe)).cursor

    def lag(self, head: Head) -> int:
        """Return how many events of the record the stream lacked when it was last seen."""
        return head.position - (self._relayed.position if self._relayed else 0)

    async def _read(
        self, tail: Tail, stored: StoredDocuments
    ) -> tuple[RepairAction, CommittedState]:
        """Read the record after the stream; all of it where appending won't do."""
        committed = await self._source.read(
            tail.cursor, history=stored.history_version, averages=stored.averages_version
        )
        action = decide_repair(tail, committed)
        if action is RepairAction.RESTART:
            await self._restart(tail, committed)
        if action is not RepairAction.APPEND:
            committed = await self._source.read(None, history=None, averages=None)
        return action, committed

    async def _restart(self, tail: Tail, committed: CommittedState) -> None:
        """Protocol rule 9, loudly: the record was restored to an earlier time, or is another."""
        log.error("timeline_restarted", stream=tail.cursor, record=committed.head.at)
        await self._source.restart_timeline(tail.cursor.timeline if tail.cursor else 0)

    async def _try_step(self) -> None:
        outcome: Step | RelayError | StoreUnavailable
        try:
            outcome = await self.step()
        except RelayError as error:
            log.warning("relay_failed", error=str(error))
            outcome = error
        except StoreUnavailable as error:
            log.warning("relay_without_record", error=str(error))
            await self._extend_ttls()
            outcome = error
        self._on_step(outcome)

    async def _extend_ttls(self) -> None:
        """Protocol rule 11: without a database nothing renews the documents."""
        try:
            await extend_ttls(self._redis)
        except RelayError as error:
            log.warning("documents_not_lengthened", error=str(error))


async def _write(
    pipe: Pipeline,
    tail: Tail,
    stored: StoredDocuments,
    action: RepairAction,
    committed: CommittedState,
) -> Step:
    """Send one transaction; nothing where nothing is due."""
    appends = action is RepairAction.APPEND
    pipe.multi()  # type: ignore[no-untyped-call]
    if not appends:
        pipe.delete(EVENTS)
    for event in committed.events:
        fields: dict[Any, Any] = dict(entry_fields(event))
        pipe.xadd(EVENTS, fields, id=event.at.stream_id)
    if appends and committed.first is not None and must_trim(tail, committed):
        pipe.xtrim(EVENTS, minid=committed.first.stream_id, approximate=False)
    due = writes(stored, committed)
    _put(pipe, due)
    if stored.manifest is not None and manifest_of(committed) is None:
        pipe.delete(*TTL_OF)
    if pipe.command_stack:
        await pipe.execute()
    documents = tuple(write.key for write in due if write.body is not None)
    return Step(len(committed.events), documents, not appends, action is RepairAction.RESTART)


def _put(pipe: Pipeline, due: list[Write]) -> None:
    for write in due:
        if write.body is None:
            pipe.pexpire(write.key, TTL_OF[write.key])
        else:
            pipe.set(write.key, write.body, px=TTL_OF[write.key])
