"""The golden bytes of every shipped version decode forever."""

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
)
from rates_contracts.events import (
    Event,
    EventUndecodable,
    decode_event,
    encode_event,
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


@pytest.mark.parametrize("path", EVENT_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_of_a_shipped_version_decodes_to_what_was_sent(
    path: Path, samples: ModuleType
) -> None:
    """Golden event bytes decode to the sample they were written from."""
    assert decode_event(path.read_bytes()) == samples.EVENTS[path.stem.removeprefix("event_")]


@pytest.mark.parametrize("path", DOCUMENT_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_document_of_a_shipped_version_decodes_to_what_was_written(
    path: Path, samples: ModuleType
) -> None:
    """Golden document bytes decode to the sample they were written from."""
    document = decode_document(path.read_bytes(), DOCUMENT_KINDS[path.stem])
    assert document == samples.DOCUMENTS[path.stem.removeprefix("document_")]


@pytest.mark.parametrize("path", EVENT_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fields_of_a_later_version_are_ignored(path: Path, samples: ModuleType) -> None:
    """An event with unknown extra fields, nested ones too, decodes as if they were not there."""
    raw = msgspec.json.decode(path.read_bytes())
    raw["invented"] = {"later": True}
    raw["status"]["invented"] = 1
    raw["previous"]["invented"] = 1
    later = msgspec.json.encode(raw)
    assert decode_event(later) == samples.EVENTS[path.stem.removeprefix("event_")]


def test_every_event_type_has_golden_bytes(samples: ModuleType) -> None:
    """A new event type without a golden file fails here."""
    assert {type(event) for event in samples.EVENTS.values()} == set(get_args(Event))
    assert {path.stem.removeprefix("event_") for path in EVENT_FILES} == set(samples.EVENTS)


def test_the_bytes_of_today_are_those_of_the_newest_golden(samples: ModuleType) -> None:
    """Whoever changes what is sent sees it here, and ships a new golden version."""
    newest = max(GOLDEN.iterdir())
    for name, event in samples.EVENTS.items():
        assert encode_event(event) + b"\n" == (newest / f"event_{name}.json").read_bytes()


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
