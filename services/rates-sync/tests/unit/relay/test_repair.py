"""Append, refill or a new timeline, from the tail and the record alone (protocol rules 8, 9)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rates_contracts.events import Envelope, Head, Position, Previous, StoredEvent
from rates_sync.assembly import follow_restart
from rates_sync.committed_state import CommittedState
from rates_sync.relay.repair import (
    CONTEST_SECONDS,
    RepairAction,
    Restarts,
    decide_repair,
    must_trim,
)
from rates_sync.relay.stream import Tail

NOW = datetime(2026, 8, 13, 18, tzinfo=UTC)


def _state(
    head: Head,
    first: Position | None,
    count: int,
    event_id_at_cursor: str | None,
    events: tuple[StoredEvent, ...],
) -> CommittedState:
    """A record that holds `first` to `head` of one timeline, seen from a cursor."""
    return CommittedState(
        head=head,
        first=first,
        count=count,
        event_id_at_cursor=event_id_at_cursor,
        events=events,
        status=None,
        calendar=None,
        history_version="",
        averages_version="",
        averages=None,
        history=None,
    )


def _committed(
    head: str, *, cursor: str | None, first: int = 1, event_id: str | None = "same"
) -> CommittedState:
    at = Position.of_stream_id(head)
    seen = None if cursor is None else Position.of_stream_id(cursor)
    after = 0 if seen is None or seen < Position(at.timeline, first) else seen.position
    events = tuple(_event(at.timeline, n) for n in range(max(first, after + 1), at.position + 1))
    return _state(
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
    ("tail", "committed", "expected"),
    [
        pytest.param(
            _tail("1-5"), _committed("1-5", cursor="1-5"), RepairAction.APPEND, id="level"
        ),
        pytest.param(
            _tail("1-3"), _committed("1-5", cursor="1-3"), RepairAction.APPEND, id="behind"
        ),
        pytest.param(Tail(), _committed("1-5", cursor=None), RepairAction.REFILL, id="gone"),
        pytest.param(
            _tail("1-3", length=2),
            _committed("1-5", cursor="1-3"),
            RepairAction.REFILL,
            id="with a hole",
        ),
        pytest.param(
            replace(_tail("1-5"), is_signed=False),
            _committed("1-5", cursor="1-5"),
            RepairAction.REFILL,
            id="not signed by the current key",
        ),
        pytest.param(
            replace(_tail("1-9"), is_signed=False),
            _committed("1-5", cursor="1-9", event_id=None),
            RepairAction.NEW_TIMELINE,
            id="ahead, and not signed by the current key",
        ),
        pytest.param(
            Tail(Position(1, 5), None, None, 0),
            _committed("1-5", cursor="1-5"),
            RepairAction.REFILL,
            id="trimmed to nothing",
        ),
        pytest.param(
            _tail("1-2"),
            _committed("1-9", cursor="1-2", first=5, event_id=None),
            RepairAction.REFILL,
            id="behind what the outbox keeps",
        ),
        pytest.param(
            _tail("1-9"),
            _committed("1-5", cursor="1-9", event_id=None),
            RepairAction.NEW_TIMELINE,
            id="ahead by position",
        ),
        pytest.param(
            _tail("2-1"),
            _committed("1-5", cursor="2-1", event_id=None),
            RepairAction.NEW_TIMELINE,
            id="ahead by timeline",
        ),
        pytest.param(
            _tail("1-3", event_id="other"),
            _committed("1-5", cursor="1-3"),
            RepairAction.NEW_TIMELINE,
            id="another history",
        ),
        pytest.param(
            _tail("1-9"),
            _committed("2-6", cursor="1-9", event_id=None),
            RepairAction.REFILL,
            id="the record has turned away already",
        ),
        pytest.param(
            _tail("1-3", event_id="other"),
            _committed("2-6", cursor="1-3"),
            RepairAction.REFILL,
            id="another history, turned away already",
        ),
    ],
)
def test_the_repair_follows_from_the_tail(
    tail: Tail, committed: CommittedState, expected: RepairAction
) -> None:
    """Protocol rules 8 and 9: timeline first, then position, then event_id, then the length."""
    assert decide_repair(tail, committed) is expected


@pytest.mark.parametrize("tail", [Tail(), _tail("1-3")], ids=["no stream", "a stream behind"])
def test_what_this_process_has_written_is_a_witness_too(tail: Tail) -> None:
    """Protocol rule 42: a record behind it was restored, whatever the stream has."""
    cursor = None if tail.cursor is None else tail.cursor.stream_id
    committed = replace(_committed("1-5", cursor=cursor), lost=True)
    assert decide_repair(tail, committed) is RepairAction.NEW_TIMELINE


def test_an_empty_stream_of_an_empty_record_needs_nothing() -> None:
    """Before the first event there is nothing to fill."""
    empty = _state(Head(1, 0, "", NOW), None, 0, None, ())
    assert decide_repair(Tail(), empty) is RepairAction.APPEND


def test_pruning_ahead_of_the_stream_is_a_trim_not_a_loss() -> None:
    """Protocol rule 8: a stream longer than the outbox at its old end is only trimmed."""
    tail, committed = _tail("1-5"), _committed("1-5", cursor="1-5", first=3)
    assert must_trim(tail, committed)
    assert decide_repair(tail, committed) is RepairAction.APPEND
    assert not must_trim(_tail("1-5", first=3), committed)


class Noted:
    """A dispatcher and a poller that note what they are called for, and a clock that is set."""

    def __init__(self) -> None:
        self.alerts: list[str] = []
        self.questions = 0
        self.now = 1000.0

    def on_foreign_stream(self, reason: str) -> None:
        """Note an alert."""
        self.alerts.append(reason)

    def ask_now(self) -> None:
        """Note a question to Banxico."""
        self.questions += 1

    def monotonic(self) -> float:
        """Return the seconds that were set."""
        return self.now


def _restart(noted: Any, restarts: Restarts, *, times: int, seconds: float) -> None:
    for _ in range(times):
        noted.now += seconds
        follow_restart(restarts, noted, noted)


def test_two_records_on_one_redis_are_alerted_once_and_ask_banxico_once() -> None:
    """Rule 38: each began a new timeline every 15 s for ever, and Banxico was asked after each."""
    noted = Noted()

    _restart(noted, Restarts(noted.monotonic), times=50, seconds=15)

    assert noted.questions == 1
    assert noted.alerts == ["another record relays to this Redis, by turns with ours"]


def test_a_restore_long_after_another_asks_banxico_again() -> None:
    """Protocol rule 42: after each restore Banxico is asked at once."""
    noted = Noted()

    _restart(noted, Restarts(noted.monotonic), times=2, seconds=CONTEST_SECONDS)

    assert noted.questions == 2
    assert noted.alerts == []
