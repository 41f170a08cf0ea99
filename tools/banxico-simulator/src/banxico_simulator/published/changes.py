"""What replaces something from an instant on: an earlier one still shows what it did."""

from collections import defaultdict
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ALWAYS, FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""Instants before and after all others."""


class Changes(Generic[K, V]):
    """Values by key, each from its instant (aware) on; those of one instant in their order."""

    def __init__(self) -> None:
        self._made: defaultdict[K, list[tuple[datetime, V]]] = defaultdict(list)

    def make(self, key: K, value: V, since: datetime) -> None:
        """Puts `value` in the place of the one before, from `since` on."""
        self._made[key].append((since, value))
        self._made[key].sort(key=lambda change: change[0])

    def at(self, key: K, instant: datetime) -> V | None:
        """The value of `key` at `instant`; None before the first."""
        made = self._made.get(key, ())
        return next((value for since, value in reversed(made) if since <= instant), None)

    def clear(self) -> None:
        """Forgets every value."""
        self._made.clear()
