"""The edge cache in front of rates-api: the port to purge it, and the adapter for having none."""

from collections.abc import Sequence
from typing import Protocol


class EdgeCache(Protocol):
    """A cache that can be purged."""

    @property
    def configured(self) -> bool:
        """Whether there is an edge to purge."""
        ...

    async def purge(self, paths: Sequence[str]) -> None:
        """Purge `paths` (from `/`, `*` at the end allowed).

        Returns once the edge accepted it, not once it is done. Raises `NotificationFailed` when
        that is not certain: then it may be asked again.
        """
        ...


class NoEdge:
    """No edge is configured: nothing to purge, never fails."""

    configured = False

    async def purge(self, paths: Sequence[str]) -> None:
        """Do nothing."""
