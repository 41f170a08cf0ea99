"""Finished answers, kept with the snapshot they were rendered from (rule R6, protocol rule 16).

A request finds or stores them only in the table of the snapshot it took, so that a rendering that
began before a swap can't be served after it. Bytes hold no clock, host or worker: two workers with
the same record render the same. The table is bounded in number and bytes; the oldest leave first.
"""

import dataclasses
import gzip
import hashlib
from collections.abc import Hashable
from datetime import datetime

from rates_api.serve.caching import Lifetime
from rates_api.snapshot.snapshot import Snapshot

GZIP_ABOVE = 1024
"""Bytes from which on compressing pays."""
GZIP_LEVEL = 6
"""Level 9 takes three times as long for 0.3 % less."""
MOST_ANSWERS = 4096
MOST_BYTES = 32 * 1024 * 1024
"""Per worker; the whole history as JSON takes 0.9 MB."""


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
    """The table on one snapshot: from a request in canonical form to its finished answer."""

    def __init__(self, most_answers: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES) -> None:
        """Start empty."""
        self._answers: dict[Hashable, Rendered] = {}
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
        while len(self._answers) > self._most_answers or self.size > self._most_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Hashable) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self.size -= dropped.size


def answers_of(snapshot: Snapshot) -> RenderedAnswers:
    """Return the table that hangs off `snapshot`."""
    table: RenderedAnswers | None = snapshot.rendered.get(RenderedAnswers)
    if table is None:
        table = snapshot.rendered[RenderedAnswers] = RenderedAnswers()
    return table
