"""The history document says what the record says."""

from datetime import UTC, datetime, timedelta
from datetime import date as Day

from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.calendar import BankCalendar
from rates_contracts.documents import HistoryDocument, decode_document, encode_document
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_sync.relay.documents import history_document

BEGIN = datetime(2026, 8, 13, 18, tzinfo=UTC)
CALENDAR = BankCalendar("test/1", Day(2001, 1, 1), Day(2028, 12, 31), ())

observations = st.builds(
    Observation,
    series=st.sampled_from([FIX, SETTLEMENT]),
    date=st.dates(Day(1991, 11, 12), Day(2026, 12, 31)),
    revision=st.integers(1, 3),
    value=st.decimals(min_value=1, max_value=99, places=4),
    recorded_at=st.integers(0, 3).map(lambda n: BEGIN + timedelta(minutes=n)),
    payload_sha256=st.sampled_from(["ab" * 32, "cd" * 32]),
)


def _rows(document: HistoryDocument) -> list[Observation]:
    return [
        Observation(
            name, row.date, row.revision, row.value, batch.recorded_at, batch.payload_sha256
        )
        for name, rows in document.series.items()
        for row in rows
        for batch in [document.batches[row.batch]]
    ]


@given(st.lists(observations, unique_by=lambda row: (row.series, row.date, row.revision)))
def test_every_observation_comes_back_as_recorded(found: list[Observation]) -> None:
    """Nothing is lost, merged or reordered, whatever the recordings share; digits stay."""
    found.sort(key=lambda row: (row.series, row.date, row.revision))
    body = encode_document(history_document("1-1", CALENDAR, found))
    read = decode_document(body, HistoryDocument)
    assert _rows(read) == found
    assert [str(row.value) for row in _rows(read)] == [str(row.value) for row in found]
    assert len(read.batches) == len({(row.recorded_at, row.payload_sha256) for row in found})
