"""How much of each raw answer is kept, so that garbage can't fill the record (protocol rule 34)."""

from datetime import date as Day
from typing import Final

MAX_KEPT_A_DAY: Final = 8 * 1024 * 1024
"""Bytes of different answers that are kept whole: those of a real day are less than 1 MiB."""
BEGINNING: Final = 4 * 1024
"""Bytes that are kept of each answer beyond that."""


class RawAnswers:
    """What one leader has kept of a day's answers; only their beginnings once it was too much.

    Also of one that brings an observation: it is charged, and kept whole all the same.
    """

    def __init__(self) -> None:
        self._day = Day.min
        self._kept: dict[str, int] = {}

    def bounded(self, sha256: str, body: bytes, day: Day, *, needed: bool = False) -> bytes:
        """Return what to keep of the answer `body` of `day`; the same answer costs once."""
        if day != self._day:
            self._day, self._kept = day, {}
        spent = sum(self._kept.values())
        kept = body
        if not needed and spent - self._kept.get(sha256, 0) + len(body) > MAX_KEPT_A_DAY:
            kept = body[:BEGINNING]
        self._kept[sha256] = len(kept)
        return kept
