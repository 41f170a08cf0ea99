"""Collects what is rejected of an answer, so that it stays bounded (protocol rule 34).

Pure. A few data that are rejected alike are kept one by one; of more, number and hash. Otherwise
an answer of 8 MiB could put a million rows into the transaction that records the FIX beside them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date as Day

from rates_sync.upstream import MAX_RAW, Rejected, RejectedKind

MAX_ALIKE = 10
"""Data of a series that are rejected for the same kind of reason, or of one day."""


class _Alike:
    """The first data of a group, its size, and the hash of all of it."""

    def __init__(self) -> None:
        self.first: list[Rejected] = []
        self.count = 0
        self.sha256 = hashlib.sha256()


class Rejections:
    """What is rejected of one answer."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, RejectedKind, Day | None], _Alike] = {}

    def add(self, datum: Rejected) -> None:
        """Add a datum; its texts are cut to `MAX_RAW`."""
        # A value that can't be used puts its day under review, so each day is kept.
        day = datum.date if datum.kind == "unusable" else None
        alike = self._groups.setdefault((datum.series, datum.kind, day), _Alike())
        if alike.count < MAX_ALIKE:
            alike.first.append(_cut(datum))
        alike.count += 1
        alike.sha256.update(datum.raw.encode())

    def all(self) -> tuple[Rejected, ...]:
        """Return the data, in the order of their groups."""
        return tuple(
            datum for (_, _, day), alike in self._groups.items() for datum in _kept(alike, day)
        )


def _kept(alike: _Alike, day: Day | None) -> Iterator[Rejected]:
    if alike.count <= MAX_ALIKE:
        yield from alike.first
    else:
        first = alike.first[0]
        raw = f"{alike.count} data, sha256 {alike.sha256.hexdigest()}, the first: {first.raw}"
        yield _cut(replace(first, date=day, raw=raw))


def _cut(datum: Rejected) -> Rejected:
    return replace(datum, raw=datum.raw[:MAX_RAW], reason=datum.reason[:MAX_RAW])
