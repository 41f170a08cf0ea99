"""What the relay needs of the record; the store implements it, `bootstrap` hands it over."""

from collections.abc import Sequence
from typing import Protocol

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import Head, Position, StoredEvent
from rates_contracts.observation import Observation
from rates_contracts.status import SyncStatus


class RecordView(Protocol):
    """One state of the record, as far as the stream and the documents need it."""

    @property
    def head(self) -> Head:
        """Where the record stands."""
        ...

    @property
    def first(self) -> Position | None:
        """The oldest outbox row, null without any."""
        ...

    @property
    def count(self) -> int:
        """How many outbox rows there are."""
        ...

    @property
    def event_id_at_cursor(self) -> str | None:
        """The `event_id` of the outbox row at the cursor, null without such a row."""
        ...

    @property
    def events(self) -> Sequence[StoredEvent]:
        """The outbox after the cursor, ascending, as it was recorded."""
        ...

    @property
    def status(self) -> SyncStatus | None:
        """The newest status, null before the first event."""
        ...

    @property
    def calendar(self) -> BankCalendar | None:
        """The bank calendar, null before the first."""
        ...

    @property
    def history_version(self) -> str:
        """The version that the history document must have."""
        ...

    @property
    def averages_version(self) -> str:
        """The version that the averages document must have."""
        ...

    @property
    def averages(self) -> Sequence[Average] | None:
        """The averages, ascending by window and `at`; null where the asked version is theirs."""
        ...

    @property
    def history(self) -> Sequence[Observation] | None:
        """All revisions, ascending by series, date, revision; null where the version is theirs."""
        ...


class RecordPort(Protocol):
    """The record, for the instance that holds the lease."""

    async def read(
        self, cursor: Position | None, *, history: str | None, averages: str | None
    ) -> RecordView:
        """Return one consistent state; all events without a cursor.

        `history` and `averages` are the versions that Redis holds. Raises `StoreUnavailable`.
        """
        ...

    async def restart_timeline(self, above: int) -> None:
        """Go on in a timeline above `above` and announce it, in a fenced transaction.

        Raises `LeaseLost`, `StoreUnavailable`.
        """
        ...
