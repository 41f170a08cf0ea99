"""The golden bytes of every shipped edition decode forever, and today's are those of the newest."""

from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import msgspec
import pytest

from rates_contracts import stream
from rates_contracts.documents import (
    AveragesDocument,
    CurrentDocument,
    DocumentUndecodable,
    HistoryDocument,
    decode_document,
    encode_document,
)
from rates_contracts.events import (
    Event,
    EventUndecodable,
    Position,
    decode_event,
    encode_event,
    status_in,
    stored_event,
)

GOLDEN = Path(__file__).parent / "golden"
EVENT_FILES = sorted(GOLDEN.glob("v*/event_*.json"))
DOCUMENT_FILES = sorted(GOLDEN.glob("v*/document_*.json"))
DOCUMENT_KINDS: dict[str, Any] = {
    "document_current": CurrentDocument,
    "document_averages": AveragesDocument,
    "document_history": HistoryDocument,
}


def keeps(today: Any, golden: Any) -> bool:
    """Tell whether all that `golden` says is in `today`, where members may have been added."""
    if isinstance(golden, dict):
        return all(key in today and keeps(today[key], golden[key]) for key in golden)
    if isinstance(golden, list):
        return len(today) >= len(golden) and all(map(keeps, today, golden))
    return bool(today == golden)


def name_of(path: Path) -> str:
    """Return a golden file's name in the report: its edition and what it holds."""
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", EVENT_FILES, ids=name_of)
def test_an_event_of_a_shipped_edition_is_read_whole(path: Path) -> None:
    """Everything that golden event bytes say is in the event that they decode to."""
    golden = path.read_bytes()
    today = encode_event(decode_event(golden))
    assert keeps(msgspec.json.decode(today), msgspec.json.decode(golden))


@pytest.mark.parametrize("path", DOCUMENT_FILES, ids=name_of)
def test_a_document_of_a_shipped_edition_is_read_whole(path: Path) -> None:
    """Everything that golden document bytes say is in the document that they decode to."""
    golden = path.read_bytes()
    today = encode_document(decode_document(golden, DOCUMENT_KINDS[path.stem]))
    assert keeps(msgspec.json.decode(today), msgspec.json.decode(golden))


@pytest.mark.parametrize("path", EVENT_FILES, ids=name_of)
def test_fields_of_a_later_edition_are_ignored(path: Path) -> None:
    """An event with unknown extra fields, nested ones too, decodes as if they were not there."""
    raw = msgspec.json.decode(path.read_bytes())
    raw["invented"] = {"later": True}
    raw["status"]["invented"] = 1
    raw["previous"]["invented"] = 1
    assert decode_event(msgspec.json.encode(raw)) == decode_event(path.read_bytes())


@pytest.mark.parametrize("path", EVENT_FILES, ids=name_of)
def test_an_envelope_is_read_whatever_the_type(path: Path) -> None:
    """What only travels keeps its bytes: place and status are read, also under an unknown tag."""
    raw = msgspec.json.decode(path.read_bytes())
    body = msgspec.json.encode({**raw, "type": "invented.v9", "invented": [1]})
    stored, known = stored_event(body), decode_event(path.read_bytes())
    assert stored.body == body
    assert stored.at == known.at
    assert status_in(stored) == known.status
    assert msgspec.structs.asdict(stored.envelope).items() <= msgspec.structs.asdict(known).items()


def test_a_status_that_cannot_be_read_is_none() -> None:
    """Whatever a later version made of the status, the event itself still travels."""
    body = (
        b'{"type":"invented.v9","event_id":"a","timeline":2,"position":7,"status":"fine",'
        b'"previous":{"timeline":2,"position":6,"event_id":"b"},'
        b'"recorded_at":"2026-08-13T18:00:00Z"}'
    )
    assert stored_event(body).at == Position(2, 7)
    assert status_in(stored_event(body)) is None


def test_what_has_no_envelope_is_said_to_be_undecodable() -> None:
    """Bytes without a place in the record are no event of any version."""
    with pytest.raises(EventUndecodable):
        stored_event(b'{"type":"status_changed.v1"}')


def test_every_event_type_has_golden_bytes(samples: ModuleType) -> None:
    """A new event type without a golden file fails here."""
    assert {type(event) for event in samples.EVENTS.values()} == set(get_args(Event))


def test_the_newest_edition_is_the_one_that_is_written(samples: ModuleType) -> None:
    """No folder is newer than the one that today's code is held against."""
    assert samples.NEWEST in GOLDEN.iterdir()
    assert all(int(path.name[1:]) <= int(samples.NEWEST.name[1:]) for path in GOLDEN.iterdir())


def test_the_bytes_of_today_are_those_of_the_newest_edition(
    samples: ModuleType, tmp_path: Path
) -> None:
    """Whoever changes what is sent sees it here, and ships a new edition."""
    samples.write(tmp_path)
    for kind in ("event", "document"):
        today = {path.name: path.read_bytes() for path in tmp_path.glob(f"{kind}_*")}
        assert today == {path.name: path.read_bytes() for path in samples.NEWEST.glob(f"{kind}_*")}


def test_an_unknown_event_is_said_to_be_undecodable() -> None:
    """A tag of a later version raises EventUndecodable, whose answer is to load the record."""
    with pytest.raises(EventUndecodable):
        decode_event(b'{"type":"invented.v9"}')
    with pytest.raises(EventUndecodable):
        decode_event(b"\xff{")


def test_a_document_of_another_shape_is_said_to_be_undecodable() -> None:
    """Foreign bytes under a document's key raise DocumentUndecodable."""
    with pytest.raises(DocumentUndecodable):
        decode_document(b'{"version":1}', AveragesDocument)


def test_an_entry_gives_back_its_event(samples: ModuleType) -> None:
    """Protocol rule 6: an entry carries the event, its event_id, previous and trace context."""
    for event in samples.EVENTS.values():
        fields = stream.entry_fields(stored_event(encode_event(event)))
        assert stream.event_of(fields) == event
        assert stream.event_id_of(fields) == event.event_id
        assert fields[b"previous"] == b"1-41 77aa"
        assert (b"traceparent" in fields) == (event.traceparent is not None)


def test_a_foreign_entry_is_undecodable() -> None:
    """An entry that is not ours raises instead of passing for an event."""
    with pytest.raises(EventUndecodable):
        stream.event_of({b"hello": b"world"})
    assert stream.event_id_of({b"hello": b"world"}) == ""
