"""The part of the record that the stream and the documents are made from, at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import Head, Position, StoredEvent
from rates_contracts.observation import Observation
from rates_contracts.status import DataStatusDay, SyncStatus


@dataclass(frozen=True, slots=True)
class CommittedState:
    """One consistent state of the record, seen from a cursor in its outbox.

    `first` and `count` are of all outbox rows, `event_id_at_cursor` of the row at the cursor, None
    without one; `events` come after the cursor, ascending, as they were recorded. `status` and
    `calendar` are None before their first recording. The versions are those that the documents
    must have; `averages` (ascending by window and `at`) and `history` (all revisions, ascending by
    series, date, revision) are None where Redis has that version already; `ended_days`, ascending,
    come with the averages. `lost` tells that this process has written more than the record holds
    (protocol rule 42).
    """

    head: Head
    first: Position | None
    count: int
    event_id_at_cursor: str | None
    events: Sequence[StoredEvent]
    status: SyncStatus | None
    calendar: BankCalendar | None
    history_version: str
    averages_version: str
    averages: Sequence[Average] | None
    history: Sequence[Observation] | None
    ended_days: Sequence[DataStatusDay] = ()
    lost: bool = False
