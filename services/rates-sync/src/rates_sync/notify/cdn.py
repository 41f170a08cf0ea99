"""The edge cache in front of rates-api: the port to purge it, and the adapter for having none.

Called by whoever follows the outbox, twice for each change (protocol rule 21). Knows no routes:
the caller names the paths.
"""

from collections.abc import Sequence
from typing import Protocol


class EdgeCache(Protocol):
    """A cache that can be told to forget."""

    @property
    def configured(self) -> bool:
        """Whether there is an edge to purge."""
        ...

    async def purge(self, paths: Sequence[str]) -> None:
        """Ask the edge to forget `paths` (from `/`, `*` at the end allowed).

        Returns once the edge accepted it, not once it is done. Raises `NotificationFailed` when
        that is not known: then it may be asked again.
        """
        ...


class NoEdge:
    """No edge is configured: nothing to forget, never fails."""

    configured = False

    async def purge(self, paths: Sequence[str]) -> None:
        """Do nothing."""
