"""The relay: brings the stream and the documents in line with the record, step by step.

`bootstrap` runs it beside the cycle of the lease holder and wakes it after each commit. Derived
state only: losing all of Redis loses nothing (rule R1). Never writes the record, but for asking it
to start a new timeline.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from rates_contracts.documents import TTL_OF
from rates_contracts.events import Head, Position
from rates_contracts.stream import EVENTS, entry_fields
from rates_sync.errors import RelayError, StoreUnavailable
from rates_sync.relay.document_ttl import Held, lengthen, read_held
from rates_sync.relay.documents import Write, manifest_of, writes
from rates_sync.relay.plan import Course, course, must_trim
from rates_sync.relay.port import RecordPort, RecordView
from rates_sync.relay.stream import Tail, read_tail, translated

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 5.0
"""A step is never longer ago (protocol rule 8)."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: events added, documents set, and whether it was an ordinary one."""

    relayed: int
    documents: tuple[str, ...]
    refilled: bool = False
    restarted: bool = False


class Relay:
    """The relay of one instance; `observe` is told of each step, or of what it failed with."""

    def __init__(
        self,
        redis: Redis,
        record: RecordPort,
        *,
        observe: Callable[[Step | RelayError | StoreUnavailable], None] = lambda _: None,
        interval: float = INTERVAL_SECONDS,
    ) -> None:
        self._redis, self._record = redis, record
        self._observe, self._interval = observe, interval
        self._relayed: Position | None = None

    async def run(self, wake: asyncio.Event) -> None:
        """Step whenever `wake` is set and at least every interval, until cancelled.

        Redis and the database may be away: that is warned of and tried again. Raises `LeaseLost`.
        """
        while True:
            wake.clear()
            await self._try_step()
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets the wake,
            # and a lost lease would leave this loop running.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await wake.wait()

    async def step(self) -> Step:
        """Bring Redis in line once. Raises `RelayError`, `StoreUnavailable`, `LeaseLost`.

        Protocol rule 7: all on one connection that watches the stream, so that whatever another
        relay does meanwhile makes this step fail as a whole, its documents included.
        """
        with translated():
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(EVENTS)
                tail, held = await read_tail(pipe), await read_held(pipe)
                self._relayed = tail.cursor
                way, view = await self._read(tail, held)
                step = await _write(pipe, tail, held, way, view)
        self._relayed = view.head.at
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

    async def _read(self, tail: Tail, held: Held) -> tuple[Course, RecordView]:
        """Read the record after the stream; all of it where the stream can't go on as it is."""
        view = await self._record.read(
            tail.cursor, history=held.history_version, averages=held.averages_version
        )
        way = course(tail, view)
        if way is Course.RESTART:
            await self._restart(tail, view)
        if way is not Course.APPEND:
            view = await self._record.read(None, history=None, averages=None)
        return way, view

    async def _restart(self, tail: Tail, view: RecordView) -> None:
        """Protocol rule 9, loudly: the record was restored to an earlier time, or is another."""
        log.error("timeline_restarted", stream=tail.cursor, record=view.head.at)
        await self._record.restart_timeline(tail.cursor.timeline if tail.cursor else 0)

    async def _try_step(self) -> None:
        outcome: Step | RelayError | StoreUnavailable
        try:
            outcome = await self.step()
        except RelayError as error:
            log.warning("relay_failed", error=str(error))
            outcome = error
        except StoreUnavailable as error:
            log.warning("relay_without_record", error=str(error))
            await self._lengthen()
            outcome = error
        self._observe(outcome)

    async def _lengthen(self) -> None:
        """Protocol rule 11: without a database nothing renews the documents."""
        try:
            await lengthen(self._redis)
        except RelayError as error:
            log.warning("documents_not_lengthened", error=str(error))


async def _write(pipe: Pipeline, tail: Tail, held: Held, way: Course, view: RecordView) -> Step:
    """Send one transaction; nothing where nothing is due."""
    pipe.multi()  # type: ignore[no-untyped-call]
    if way is not Course.APPEND:
        pipe.delete(EVENTS)
    for event in view.events:
        fields: dict[Any, Any] = dict(entry_fields(event))
        pipe.xadd(EVENTS, fields, id=event.at.stream_id)
    if way is Course.APPEND and view.first is not None and must_trim(tail, view):
        pipe.xtrim(EVENTS, minid=view.first.stream_id, approximate=False)
    due = writes(held, view)
    _put(pipe, due)
    if held.manifest is not None and manifest_of(view) is None:
        pipe.delete(*TTL_OF)
    if pipe.command_stack:
        await pipe.execute()
    documents = tuple(write.key for write in due if write.body is not None)
    return Step(len(view.events), documents, way is not Course.APPEND, way is Course.RESTART)


def _put(pipe: Pipeline, due: list[Write]) -> None:
    for write in due:
        if write.body is None:
            pipe.pexpire(write.key, TTL_OF[write.key])
        else:
            pipe.set(write.key, write.body, px=TTL_OF[write.key])
