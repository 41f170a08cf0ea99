"""Append, refill or a new timeline, from the tail and the record alone (protocol rules 8, 9)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from rates_contracts.events import Envelope, Head, Position, Previous, StoredEvent
from rates_sync.relay.plan import Course, course, must_trim
from rates_sync.relay.stream import Tail

NOW = datetime(2026, 8, 13, 18, tzinfo=UTC)


@dataclass
class View:
    """A record that holds `first` to `head` of one timeline, seen from a cursor."""

    head: Head
    first: Position | None
    count: int
    event_id_at_cursor: str | None
    events: tuple[StoredEvent, ...]
    status: Any = None
    calendar: Any = None
    history_version: str = ""
    averages_version: str = ""
    averages: Any = None
    history: Any = None


def _view(head: str, *, cursor: str | None, first: int = 1, event_id: str | None = "same") -> View:
    at = Position.of_stream_id(head)
    seen = None if cursor is None else Position.of_stream_id(cursor)
    after = 0 if seen is None or seen < Position(at.timeline, first) else seen.position
    events = tuple(_event(at.timeline, n) for n in range(max(first, after + 1), at.position + 1))
    return View(
        Head(at.timeline, at.position, "head", NOW),
        Position(at.timeline, first),
        at.position - first + 1,
        None if cursor is None else event_id,
        events,
    )


def _event(timeline: int, position: int) -> StoredEvent:
    envelope = Envelope(
        event_id=f"e{position}",
        timeline=timeline,
        position=position,
        previous=Previous(timeline, position - 1, f"e{position - 1}"),
        recorded_at=NOW,
    )
    return StoredEvent(b"", envelope)


def _tail(
    cursor: str, *, first: int = 1, length: int | None = None, event_id: str = "same"
) -> Tail:
    at = Position.of_stream_id(cursor)
    entries = at.position - first + 1 if length is None else length
    return Tail(at, event_id, Position(at.timeline, first), entries)


@pytest.mark.parametrize(
    ("tail", "view", "expected"),
    [
        pytest.param(_tail("1-5"), _view("1-5", cursor="1-5"), Course.APPEND, id="level"),
        pytest.param(_tail("1-3"), _view("1-5", cursor="1-3"), Course.APPEND, id="behind"),
        pytest.param(Tail(), _view("1-5", cursor=None), Course.REFILL, id="gone"),
        pytest.param(
            _tail("1-3", length=2), _view("1-5", cursor="1-3"), Course.REFILL, id="with a hole"
        ),
        pytest.param(
            Tail(Position(1, 5), None, None, 0),
            _view("1-5", cursor="1-5"),
            Course.REFILL,
            id="trimmed to nothing",
        ),
        pytest.param(
            _tail("1-2"),
            _view("1-9", cursor="1-2", first=5, event_id=None),
            Course.REFILL,
            id="behind what the outbox keeps",
        ),
        pytest.param(
            _tail("1-9"),
            _view("1-5", cursor="1-9", event_id=None),
            Course.RESTART,
            id="ahead by position",
        ),
        pytest.param(
            _tail("2-1"),
            _view("1-5", cursor="2-1", event_id=None),
            Course.RESTART,
            id="ahead by timeline",
        ),
        pytest.param(
            _tail("1-3", event_id="other"),
            _view("1-5", cursor="1-3"),
            Course.RESTART,
            id="another history",
        ),
        pytest.param(
            _tail("1-9"),
            _view("2-6", cursor="1-9", event_id=None),
            Course.REFILL,
            id="the record has turned away already",
        ),
        pytest.param(
            _tail("1-3", event_id="other"),
            _view("2-6", cursor="1-3"),
            Course.REFILL,
            id="another history, turned away already",
        ),
    ],
)
def test_the_course_follows_from_the_tail(tail: Tail, view: View, expected: Course) -> None:
    """Protocol rules 8 and 9: timeline first, then position, then event_id, then the length."""
    assert course(tail, view) is expected


def test_an_empty_stream_of_an_empty_record_needs_nothing() -> None:
    """Before the first event there is nothing to fill."""
    empty = View(Head(1, 0, "", NOW), None, 0, None, ())
    assert course(Tail(), empty) is Course.APPEND


def test_pruning_ahead_of_the_stream_is_a_trim_not_a_loss() -> None:
    """Protocol rule 8: a stream longer than the outbox at its old end is only trimmed."""
    tail, view = _tail("1-5"), _view("1-5", cursor="1-5", first=3)
    assert must_trim(tail, view)
    assert course(tail, view) is Course.APPEND
    assert not must_trim(_tail("1-5", first=3), view)
