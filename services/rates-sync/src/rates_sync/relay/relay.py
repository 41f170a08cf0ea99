"""The relay: synchronizes the stream and the documents with the record, step by step.

Redis holds derived state only: losing it loses nothing (rule R1). Never writes the record, except
to start a new timeline.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from rates_contracts.documents import TTL_OF
from rates_contracts.events import Head, Position
from rates_contracts.signatures.carrier import SIGNATURES, encode_signatures
from rates_contracts.stream import EVENTS, entry_fields
from rates_sync.clock import Monotonic
from rates_sync.committed_state import CommittedState
from rates_sync.errors import RelayError, StoreUnavailable
from rates_sync.liveness import wait_for_wake
from rates_sync.relay.document_ttl import StoredDocuments, keep_documents, read_documents
from rates_sync.relay.documents import DocumentWrite, manifest_of, signatures_after, writes
from rates_sync.relay.repair import RepairAction, decide_repair, must_trim
from rates_sync.relay.scrub import ScrubTimer, scrub_stream
from rates_sync.relay.signing import UNSIGNED, CarrierSigning
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
class RelayStep:
    """What a step did: events added, documents set, and how the stream was repaired.

    `foreign` says why the stream was deleted as nobody's, None if it was ours; `unreadable` names
    the documents that were found in pieces, or forged.
    """

    relayed: int
    documents: tuple[str, ...]
    refilled: bool = False
    restarted: bool = False
    foreign: str | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """Tell whether nothing was new."""
        return not (self.relayed or self.documents or self.refilled)


class Relay:
    """One leader's relay; `on_step` is called with each step, or with the error it failed with.

    `on_restart` is called once a new timeline is committed, even if the step then fails in Redis.
    At most `interval` seconds pass between two steps (protocol rule 8).
    """

    def __init__(
        self,
        redis: Redis,
        source: RelaySource,
        *,
        interval: float,
        on_step: Callable[[RelayStep | RelayError | StoreUnavailable], None] = lambda _: None,
        on_restart: Callable[[], None] = lambda: None,
        signing: CarrierSigning = UNSIGNED,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._redis, self._source, self._signing = redis, source, signing
        self._on_step, self._on_restart, self._interval = on_step, on_restart, interval
        self._relayed: Position | None = None
        self._scrubs = ScrubTimer(monotonic)

    async def run(self, wake: asyncio.Event) -> None:
        """Step whenever `wake` is set and at least every interval, until cancelled.

        An unavailable Redis or database is logged and retried. Raises `LeaseLost`.
        """
        while True:
            wake.clear()
            await self._try_step()
            await wait_for_wake(wake, self._interval)

    async def step(self) -> RelayStep:
        """Synchronize Redis once. Raises `RelayError`, `StoreUnavailable`, `LeaseLost`.

        Protocol rule 7: all on one connection that watches the stream, so that any write of another
        relay meanwhile makes this whole step fail, documents included.
        """
        scrub = self._signing.kid is not None and self._scrubs.is_due
        with translated():
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(EVENTS)
                tail, stored = await self._tail(pipe, scrub), await self._stored(pipe, scrub)
                if stored.unreadable:
                    log.warning("documents_unreadable", documents=stored.unreadable)
                self._relayed = tail.cursor
                if scrub and tail.is_sound and not stored.unreadable:
                    self._scrubs.on_done()
                action, committed = await self._read(tail, stored)
                step = await _write(pipe, tail, stored, action, committed, self._signing)
        self._relayed = committed.head.at
        if scrub:
            self._scrubs.on_done()
        return step

    async def cursor(self) -> Position | None:
        """Return the stream's current cursor, None without a stream. Raises `RelayError`."""
        with translated():
            async with self._redis.pipeline(transaction=True) as pipe:
                await pipe.watch(EVENTS)
                return (await read_tail(pipe, self._signing)).cursor

    def lag(self, head: Head) -> int:
        """Return how many events of the record the stream lacked at the last step."""
        return head.position - (self._relayed.position if self._relayed else 0)

    async def _tail(self, pipe: Pipeline, scrub: bool) -> Tail:
        tail = await read_tail(pipe, self._signing)
        return await scrub_stream(pipe, tail, self._signing) if scrub else tail

    async def _stored(self, pipe: Pipeline, scrub: bool) -> StoredDocuments:
        """Read the documents; those that the current key has not signed are written again."""
        stored = await read_documents(pipe, self._signing, scrub=scrub)
        kid = self._signing.kid
        return stored if kid is None or stored.are_signed_by(kid) else stored.forgotten()

    async def _read(
        self, tail: Tail, stored: StoredDocuments
    ) -> tuple[RepairAction, CommittedState]:
        """Read the record after the stream; all of it unless appending is enough."""
        committed = await self._source.read(
            tail.cursor, history=stored.history_version, averages=stored.averages_version
        )
        action = decide_repair(tail, committed)
        if action is RepairAction.NEW_TIMELINE:
            await self._start_timeline(tail, committed)
        if action is RepairAction.FOREIGN:
            log.error("foreign_stream", reason=_foreign(tail))
        if action is not RepairAction.APPEND:
            committed = await self._source.read(None, history=None, averages=None)
        return action, committed

    async def _start_timeline(self, tail: Tail, committed: CommittedState) -> None:
        """Log and start a new timeline: the record was restored or replaced (protocol rule 9)."""
        log.error("timeline_restarted", stream=tail.cursor, record=committed.head.at)
        await self._source.restart_timeline(tail.cursor.timeline if tail.cursor else 0)
        self._on_restart()

    async def _try_step(self) -> None:
        outcome: RelayStep | RelayError | StoreUnavailable
        try:
            outcome = await self.step()
        except RelayError as error:
            log.warning("relay_failed", error=str(error))
            outcome = error
        except StoreUnavailable as error:
            log.warning("relay_without_record", error=str(error))
            await keep_documents(self._redis)
            outcome = error
        self._on_step(outcome)


async def _write(
    pipe: Pipeline,
    tail: Tail,
    stored: StoredDocuments,
    action: RepairAction,
    committed: CommittedState,
    signing: CarrierSigning,
) -> RelayStep:
    """Send one transaction, or nothing if nothing is due."""
    appends = action is RepairAction.APPEND
    pipe.multi()  # type: ignore[no-untyped-call]
    if not appends:
        pipe.delete(EVENTS)
    for event in committed.events:
        fields: dict[Any, Any] = dict(entry_fields(event, signing.sign(EVENTS, event.body)))
        pipe.xadd(EVENTS, fields, id=event.at.stream_id)
    if appends and committed.first is not None and must_trim(tail, committed):
        pipe.xtrim(EVENTS, minid=committed.first.stream_id, approximate=False)
    due = writes(stored, committed)
    _put(pipe, due)
    _put_signatures(pipe, stored, due, signing)
    if stored.manifest is not None and manifest_of(committed) is None:
        pipe.delete(*TTL_OF, SIGNATURES)
    if pipe.command_stack:
        await pipe.execute()
    documents = tuple(write.key for write in due if write.body is not None)
    return RelayStep(
        len(committed.events),
        documents,
        refilled=not appends,
        restarted=action is RepairAction.NEW_TIMELINE,
        foreign=_foreign(tail) if action is RepairAction.FOREIGN else None,
        unreadable=stored.unreadable,
    )


def _foreign(tail: Tail) -> str:
    if tail.cursor is None:
        return str(tail.foreign)
    return f"its end, {tail.cursor.stream_id}, is too far ahead of the record"


def _put(pipe: Pipeline, due: list[DocumentWrite]) -> None:
    for write in due:
        if write.body is None:
            pipe.pexpire(write.key, TTL_OF[write.key])
        else:
            pipe.set(write.key, write.body, px=TTL_OF[write.key])


def _put_signatures(
    pipe: Pipeline, stored: StoredDocuments, due: list[DocumentWrite], signing: CarrierSigning
) -> None:
    """Write the signatures of all documents with those that are due; they live the longest."""
    signatures = signatures_after(stored.signatures, due, signing.sign)
    if signatures and due:
        pipe.set(SIGNATURES, encode_signatures(signatures), px=max(TTL_OF.values()))
    elif stored.signatures and not signatures:
        pipe.delete(SIGNATURES)
