"""Answers kept in memory under their ETag, so that asking again costs no body, or no request."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from usdmxn.http.steps import Reply

MAX_BYTES = 16 * 1024 * 1024
OVERHEAD = 512
"""About what an entry costs beside its body, in bytes."""


@dataclass(frozen=True)
class CachedAnswer:
    """An answer, the ETag to ask with, and whether the server says that it never changes."""

    reply: Reply
    etag: str | None
    immutable: bool


class Cache:
    """The answers asked for last, up to `max_bytes`; clients and threads may share it.

    Answers with an `ETag` are asked for again with `If-None-Match`, `immutable` ones never again;
    `no-store` is obeyed. An answer that is larger than all of it is not kept.

    >>> cache = Cache(max_bytes=1_000_000)
    >>> rates, others = Client(cache=cache), Client(cache=cache)
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        """Begin empty."""
        self._max_bytes = max_bytes
        self._bytes = 0
        self._answers: OrderedDict[str, CachedAnswer] = OrderedDict()
        self._lock = Lock()

    def get(self, url: str) -> CachedAnswer | None:
        """Return what is kept of `url`, None without it."""
        with self._lock:
            answer = self._answers.get(url)
            if answer:
                self._answers.move_to_end(url)
            return answer

    def keep(self, url: str, reply: Reply) -> None:
        """Keep a good answer of `url` instead of the one before, as far as it allows that."""
        directives = _directives(reply)
        answer = CachedAnswer(reply, reply.headers.get("ETag"), "immutable" in directives)
        with self._lock:
            self._drop(url)
            is_kept = "no-store" not in directives and (answer.etag or answer.immutable)
            if is_kept and _size(answer) <= self._max_bytes:
                self._put(url, answer)

    def _put(self, url: str, answer: CachedAnswer) -> None:
        self._answers[url] = answer
        self._bytes += _size(answer)
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, url: str) -> None:
        answer = self._answers.pop(url, None)
        self._bytes -= _size(answer) if answer else 0


def _size(answer: CachedAnswer) -> int:
    return len(answer.reply.body) + OVERHEAD


def _directives(reply: Reply) -> set[str]:
    text = str(reply.headers.get("Cache-Control", ""))
    return {directive.strip().lower() for directive in text.split(",")}
