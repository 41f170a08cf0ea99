"""One sample of everything that travels: what the newest golden bytes were written from.

`python libs/contracts/tests/samples.py` writes events and documents, `tests/contract/golden_views`
the rows of the read views. A folder is an edition: all that one state of the contracts writes. A
file that the main branch has is never written again (a contract test holds it against the history):
whoever changes what is sent raises `NEWEST` and writes the next edition.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, CalendarVersion, DeclaredClosure
from rates_contracts.documents import (
    AveragesDocument,
    CurrentDocument,
    HistoryBatch,
    HistoryDocument,
    HistoryRow,
    encode_document,
)
from rates_contracts.events import (
    CalendarChanged,
    Event,
    Head,
    HistoryReload,
    ObservationsRecorded,
    Previous,
    StatusChanged,
    TimelineChanged,
    encode_event,
)
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_contracts.status import (
    CountedDay,
    DataStatusDay,
    SeriesStatus,
    SyncStatus,
    Transition,
)

GOLDEN = Path(__file__).parent / "golden"
NEWEST = GOLDEN / "v5"

SEEN = datetime(2026, 8, 13, 18, 1, 7, 123456, tzinfo=UTC)
NOON = datetime(2026, 8, 14, 18, 0, tzinfo=UTC)
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

STATUS = SyncStatus(
    source="Banco de México",
    transitions=(
        Transition(datetime(2026, 8, 13, 6, 0, tzinfo=UTC), "fresh", NOON, True, 3600),
        Transition(
            datetime(2026, 8, 14, 17, 59, tzinfo=UTC), "awaiting_publication", NOON, True, 15
        ),
    ),
    verified_at=SEEN,
    fresh_until=datetime(2026, 8, 13, 18, 6, 7, 123456, tzinfo=UTC),
    usable_until=datetime(2026, 8, 18, 19, 0, tzinfo=UTC),
    breaker="half_open",
    breaker_since=SEEN,
    upstream="ok",
    edge_purged=True,
    series={
        FIX: SeriesStatus(
            verified_at=SEEN,
            fresh_until=datetime(2026, 8, 13, 18, 6, 7, 123456, tzinfo=UTC),
            usable_until=datetime(2026, 8, 18, 19, 0, tzinfo=UTC),
            complete_from=date(1991, 11, 12),
            complete_at=datetime(2026, 6, 30, 15, 0, tzinfo=UTC),
            withdrawn=(date(2026, 8, 11),),
            withdrawn_count=1,
        ),
        SETTLEMENT: SeriesStatus(
            verified_at=datetime(2026, 8, 13, 17, 58, tzinfo=UTC),
            fresh_until=datetime(2026, 8, 13, 18, 3, tzinfo=UTC),
            usable_until=datetime(2026, 8, 18, 19, 0, tzinfo=UTC),
            unconfirmed_since=SEEN,
            complete_from=date(2026, 6, 30),
            under_review=(date(2026, 8, 18),),
            under_review_count=1,
        ),
    },
    clock_suspect=True,
    counted=CountedDay(DataStatusDay(date(2026, 8, 13), 17640, 240, 1500), SEEN),
)
ENDED_DAYS = (
    DataStatusDay(date(2026, 8, 11), 35000, 1000, 600),
    DataStatusDay(date(2026, 8, 12), 36000),
)
AVERAGE = Average(
    window="15d",
    at=datetime(2026, 8, 13, 6, 0, tzinfo=UTC),
    from_day=date(2026, 7, 30),
    to_day=date(2026, 8, 13),
    count=11,
    expected=11,
    mean=Decimal("17.052300"),
    low=Decimal("17.0010"),
    high=Decimal("17.0990"),
    first_used=date(2026, 7, 30),
    last_used=date(2026, 8, 13),
)
CALENDAR = BankCalendar(
    version="holidays-0.109/XMEX",
    first=date(2001, 1, 1),
    last=date(2028, 12, 31),
    closed=(date(2026, 9, 16), date(2026, 11, 2)),
    declared=(DeclaredClosure(date(2026, 9, 18), "decree", SEEN),),
    known_from=datetime(2026, 8, 1, 9, 0, tzinfo=UTC),
    earlier=(
        CalendarVersion(
            None, "holidays-0.108/XMEX", date(2001, 1, 1), date(2027, 12, 31), (date(2026, 9, 16),)
        ),
    ),
    reopened=(DeclaredClosure(date(2026, 8, 12), "by mistake", SEEN, SEEN),),
    names=("Día de la Independencia", "Día de Muertos"),
)
HEAD = Head(1, 42, "5b1f", SEEN)

_shared: dict[str, Any] = {
    "event_id": "5b1f",
    "timeline": 1,
    "position": 42,
    "previous": Previous(1, 41, "77aa"),
    "recorded_at": SEEN,
    "status": STATUS,
}

EVENTS: dict[str, Event] = {
    "observations_recorded": ObservationsRecorded(
        **_shared,
        averages=(AVERAGE,),
        ended_days=ENDED_DAYS,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        observations=(
            Observation(FIX, date(2026, 8, 13), 1, Decimal("17.0530"), SEEN, SHA, 42),
            Observation(SETTLEMENT, date(2026, 8, 15), 2, Decimal("17.0530"), SEEN, SHA, 42),
        ),
    ),
    "status_changed": StatusChanged(**_shared),
    "calendar_changed": CalendarChanged(**_shared, calendar=CALENDAR),
    "history_reload": HistoryReload(**_shared),
    "timeline_changed": TimelineChanged(**_shared),
}

DOCUMENTS: dict[str, CurrentDocument | AveragesDocument | HistoryDocument] = {
    "current": CurrentDocument(HEAD, STATUS, "1-42", "1-40"),
    "averages": AveragesDocument("1-40", (AVERAGE,), ENDED_DAYS),
    "history": HistoryDocument(
        "1-42",
        CALENDAR,
        (HistoryBatch(SEEN, SHA, 42),),
        {FIX: (HistoryRow(date(2026, 8, 13), 1, Decimal("17.0530"), 0),)},
    ),
}


def write(folder: Path) -> None:
    """Write the golden events and documents of an edition."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, event in EVENTS.items():
        (folder / f"event_{name}.json").write_bytes(encode_event(event) + b"\n")
    for name, document in DOCUMENTS.items():
        (folder / f"document_{name}.json").write_bytes(encode_document(document) + b"\n")


if __name__ == "__main__":
    write(NEWEST)
