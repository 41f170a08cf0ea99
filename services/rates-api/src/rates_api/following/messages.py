"""What a stream says, as Server-Sent Events: the bytes of each message, the ids of changes.

Only a `change` has an id, `<timeline>-<position>`: where a client continues after it was cut off.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

import msgspec
from msgspec import UNSET

from rates_api.following.changes import change
from rates_api.http.problems import Refused
from rates_api.rates import current
from rates_api.resolution.view import View, present
from rates_api.snapshot.level import assess, assess_whole
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.answers import CurrentRate, StreamLevel, StreamReset, StreamState
from rates_contracts.events import Position
from rates_contracts.observation import RESTS_ON, SERIES_OF, Kind, Observation

EVENT_STREAM = "text/event-stream; charset=utf-8"
COMMENT = b":\n\n"
"""Shows clients and proxies that the connection is alive."""
ID = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")

ResetReason = Literal["restored", "not_kept"]
encode = msgspec.json.Encoder().encode


def read_id(text: str) -> Position:
    """Read the id of a change. Raises ValueError."""
    if not ID.fullmatch(text):
        raise ValueError("is no id of a change")
    return Position.of_stream_id(text)


def state_of(snapshot: Snapshot, now: datetime) -> StreamState:
    """Return the current rate of each kind, and how good they are, at `now`."""
    whole = assess_whole(snapshot, now)
    return StreamState(
        current={kind: _current(snapshot, kind, now) for kind in get_args(Kind)},
        level=whole.level,
        freshness=current.freshness(whole),
        warnings=whole.warnings or UNSET,
    )


def _current(snapshot: Snapshot, kind: Kind, now: datetime) -> CurrentRate | None:
    """Return the rate that passes as current, None without one."""
    view = present(snapshot, assess(snapshot, now, (SERIES_OF[RESTS_ON[kind]],)), now)
    try:
        return current.answer(current.CurrentQuery(kind=kind), view)
    except Refused:
        return None


def state_message(state: StreamState) -> bytes:
    """Return the message `state`."""
    return _message("state", encode(state))


def level_message(state: StreamState) -> bytes:
    """Return the message `level`."""
    return _message("level", encode(StreamLevel(state.level, state.warnings)))


def reset_message(reason: ResetReason) -> bytes:
    """Return the message `reset`: what was read is not continued."""
    return _message("reset", encode(StreamReset(reason)))


def change_message(view: View, at: Position, rows: Sequence[Observation]) -> bytes:
    """Return the message `change` with what was recorded at a position."""
    body = encode([change(view, row) for row in rows])
    return b"id: %b\n%b" % (at.stream_id.encode(), _message("change", body))


def retry_message(milliseconds: int) -> bytes:
    """Return the line that says when to connect again after a cut."""
    return b"retry: %d\n\n" % milliseconds


def _message(event: str, body: bytes) -> bytes:
    """Return a message; JSON has no line feeds."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), body)
