"""`GET /api/v1/stream`: what changes, as it does, by Server-Sent Events."""

import dataclasses
from typing import Annotated

from rates_api.following.messages import read_id
from rates_api.http.parameters import Parameter, Query
from rates_contracts.events import Position

LAST_EVENT_ID = Parameter(
    "last_event_id",
    "Continue after this change, for clients that can't send the header `Last-Event-ID`, which "
    "takes precedence.",
    "the `id` of a change",
    read_id,
    {"type": "string"},
    unbounded=True,
)
UNREADABLE = Position(0, 0)
"""No change has it: it is answered with `reset`."""


@dataclasses.dataclass(frozen=True)
class StreamQuery(Query):
    """What the stream can be asked."""

    last_event_id: Annotated[Position | None, LAST_EVENT_ID] = None


def read_last_event_id(sent: str, query: StreamQuery) -> Position | None:
    """Return the last change that a client has, by its header as `sent` or its query.

    What is sent and is no id is a change that nobody keeps.
    """
    if not sent:
        return query.last_event_id
    try:
        return read_id(sent)
    except ValueError:
        return UNREADABLE
