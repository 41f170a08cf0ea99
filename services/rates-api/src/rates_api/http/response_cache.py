"""Rendered answers, kept with the snapshot they were rendered from (rule R6, protocol rule 16).

A request finds or stores them only in the table of the snapshot it took, so that a rendering that
began before a swap can't be served after it. Bytes hold no clock, host or worker: two workers with
the same record render the same. The tables are bounded in number and bytes; the oldest leave first.
What can be asked for in endlessly many ways has a table of its own, so that it crowds out nothing.
"""

import dataclasses
import gzip
import hashlib
from collections.abc import Hashable
from datetime import datetime
from typing import Any

from rates_api.http.caching import Lifetime
from rates_api.http.parameters import Query, is_endless
from rates_api.snapshot.snapshot import Snapshot

GZIP_ABOVE = 1024
"""Bytes from which on compressing pays."""
GZIP_LEVEL = 6
"""Level 9 takes three times as long for 0.3 % less."""
MOST_ANSWERS = 4096
MOST_BYTES = 24 * 1024 * 1024
"""Per snapshot; the whole history as JSON takes 0.9 MB."""
MOST_ENDLESS_BYTES = 8 * 1024 * 1024
FINISHED_SIZE = 8 * 1024
"""Bytes that a finished answer takes beside its bodies: messages and headers of six forms."""

Spelling = tuple[str, bytes]
"""Path and query string as they come in a request."""


@dataclasses.dataclass(frozen=True)
class Variant:
    """The bytes of one content coding and their strong entity tag."""

    body: bytes
    etag: str


@dataclasses.dataclass(frozen=True)
class Rendered:
    """An answer ready to leave, as it is and compressed."""

    status: int
    media_type: str
    lifetime: Lifetime
    plain: Variant
    gzipped: Variant | None

    @property
    def size(self) -> int:
        """Return the bytes it takes in memory."""
        return len(self.plain.body) + (len(self.gzipped.body) if self.gzipped else 0)


def render(body: bytes, media_type: str, lifetime: Lifetime, status: int = 200) -> Rendered:
    """Tag `body` by its content and compress it once, without a time stamp, if it is large."""
    digest = hashlib.sha256(body).hexdigest()[:32]
    gzipped = None
    if len(body) > GZIP_ABOVE:
        gzipped = Variant(gzip.compress(body, GZIP_LEVEL, mtime=0), f'"{digest}-gzip"')
    return Rendered(status, media_type, lifetime, Variant(body, f'"{digest}"'), gzipped)


class RenderedAnswers:
    """A table on one snapshot: from a query to its rendered answer, and what is finished of it."""

    def __init__(
        self,
        most_answers: int = MOST_ANSWERS,
        most_bytes: int = MOST_BYTES,
        finished: dict[Spelling, Any] | None = None,
    ) -> None:
        """Start empty; finished answers come into `finished` and leave it with their rendering."""
        self._answers: dict[Hashable, Rendered] = {}
        self._spellings: dict[Hashable, list[Spelling]] = {}
        self._finished = {} if finished is None else finished
        self._most_answers = most_answers
        self._most_bytes = most_bytes
        self.size = 0

    def __len__(self) -> int:
        """Return the number of answers kept."""
        return len(self._answers)

    def find(self, key: Hashable, now: datetime) -> Rendered | None:
        """Return the answer, unless it stands no longer at `now`."""
        found = self._answers.get(key)
        return found if found is not None and now < found.lifetime.valid_until else None

    def keep(self, key: Hashable, rendered: Rendered) -> None:
        """Keep the answer if it may be kept, dropping the oldest where there is no room."""
        if rendered.lifetime.policy == "no-store" or rendered.size > self._most_bytes:
            return
        self._drop(key)
        self._answers[key] = rendered
        self.size += rendered.size
        self._make_room()

    def finish(self, key: Hashable, spelling: Spelling, finished: object) -> None:
        """Keep a finished answer for requests spelled so, as long as its rendering is kept."""
        if key not in self._answers:
            return
        if spelling not in self._finished:
            self._spellings.setdefault(key, []).append(spelling)
            self.size += FINISHED_SIZE
        self._finished[spelling] = finished
        self._make_room()

    def _make_room(self) -> None:
        while len(self._answers) > self._most_answers or self.size > self._most_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Hashable) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is None:
            return
        self.size -= dropped.size
        for spelling in self._spellings.pop(key, ()):
            del self._finished[spelling]
            self.size -= FINISHED_SIZE


def answers_of(snapshot: Snapshot, query: Query) -> RenderedAnswers:
    """Return the table that hangs off `snapshot` for queries like this one."""
    endless = is_endless(query)
    table: RenderedAnswers | None = snapshot.rendered.get(endless)
    if table is None:
        most_bytes = MOST_ENDLESS_BYTES if endless else MOST_BYTES
        table = RenderedAnswers(most_bytes=most_bytes, finished=snapshot.finished)
        snapshot.rendered[endless] = table
    return table
