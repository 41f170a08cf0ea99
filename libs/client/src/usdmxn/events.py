"""What `Client.watch` yields: `State`, `Changed`, `LevelChanged`, `Reset`, `Disconnected`."""

from typing import TypeAlias

from usdmxn.answers import Answer, Change, CurrentRate, Freshness


class State(Answer, frozen=True, kw_only=True):
    """The current rate of each kind, None where none may pass as current, and how good they are.

    Comes first, and whenever one of them is another: at midnight without a publication, too.
    """

    current: dict[str, CurrentRate | None]
    level: str
    freshness: Freshness
    warnings: tuple[str, ...] = ()


class Changed(Answer, frozen=True, kw_only=True):
    """What was recorded at once; `id` is where `watch(last_event_id=…)` goes on after it."""

    id: str
    changes: tuple[Change, ...]


class LevelChanged(Answer, frozen=True, kw_only=True):
    """The level of the service has changed."""

    level: str
    warnings: tuple[str, ...] = ()


class Reset(Answer, frozen=True, kw_only=True):
    """What was read is not continued: read it anew (`Client.changes`). A `State` follows.

    `reason` is the server's, or `reconnected`: the connection was made again before any `Changed`
    had told an `id` to go on from, so that changes may have been missed.
    """

    reason: str


class Disconnected(Answer, frozen=True, kw_only=True):
    """The connection has ended, for `reason`; until a `State` comes, what was told may be old."""

    reason: str


Event: TypeAlias = State | Changed | LevelChanged | Reset | Disconnected
