"""Loading a whole snapshot, from the first source that has one.

The order of the sources is that of protocol rules 12 and 13: Redis' documents, the database's
reader, its writer endpoint.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from rates_api.errors import BehindEvent, SourceUnavailable
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.events import Position

log = structlog.get_logger(__name__)


class SnapshotSource(Protocol):
    """A source of the whole record as of one event."""

    name: str

    async def load(self) -> Snapshot:
        """Return one consistent snapshot. Raises `SourceUnavailable` if there is none now."""
        ...


class SnapshotSources:
    """Several sources, asked in order until one answers well enough."""

    def __init__(
        self,
        sources: Sequence[SnapshotSource],
        *,
        on_loaded: Callable[[str, str], None],
        on_refused: Callable[[str, SourceUnavailable], None],
    ) -> None:
        """Ask `sources` in their order.

        `on_loaded` gets source and reason of each success, `on_refused` the source that had none,
        and why.
        """
        self._sources = sources
        self._on_loaded, self._on_refused = on_loaded, on_refused

    async def load(self, reason: str, at_least: Position | None = None) -> Snapshot:
        """Return the first snapshot at `at_least` or later (protocol rule 13).

        Raises `SourceUnavailable` with the error of each source, as `BehindEvent` where the last
        one answers and is behind.
        """
        refusals: list[SourceUnavailable] = []
        for source in self._sources:
            try:
                snapshot = await _load(source, at_least)
            except SourceUnavailable as error:
                self._on_refused(source.name, error)
                refusals.append(type(error)(f"{source.name}: {error}"))
                continue
            self._on_loaded(source.name, reason)
            log.info(
                "snapshot_loaded", source=source.name, reason=reason, at=snapshot.head.at.stream_id
            )
            return snapshot
        is_behind = bool(refusals) and isinstance(refusals[-1], BehindEvent)
        raise (BehindEvent if is_behind else SourceUnavailable)("; ".join(map(str, refusals)))


async def _load(source: SnapshotSource, at_least: Position | None) -> Snapshot:
    snapshot = await source.load()
    if at_least is not None and snapshot.head.at < at_least:
        raise BehindEvent(f"is at {snapshot.head.at.stream_id}, before {at_least.stream_id}")
    return snapshot
