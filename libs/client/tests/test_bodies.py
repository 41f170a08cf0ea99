"""Bodies that would not end, or not fit in memory, are given up."""

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from usdmxn import UnexpectedAnswer
from usdmxn.errors import DeadlineExceeded
from usdmxn.http import drivers

BOMB = gzip.compress(bytes(100_000_000))
PART = 4096
USES = [lambda rates: rates.capabilities(), lambda rates: rates.watch()]


def parts(taken: list[int]) -> Iterator[bytes]:
    """Yield the bomb, and note what is taken of it."""
    for start in range(0, len(BOMB), PART):
        taken.append(start)
        yield BOMB[start : start + PART]


@pytest.mark.parametrize("use", USES, ids=["call", "stream"])
def test_a_body_that_unpacks_to_too_much_is_not_read_on(
    asking: Any, server: Any, chunks: Any, use: Any
) -> None:
    """A packed body of 100 kB may have 100 MB; 32 MiB are read of it, a part at a time."""
    taken: list[int] = []
    status = 200 if use is USES[0] else 404
    headers = {"content-encoding": "gzip"}
    server.says(lambda _: httpx.Response(status, headers=headers, stream=chunks(parts(taken))))
    with pytest.raises(UnexpectedAnswer, match="more than 33,554,432 bytes"):
        asking(use, first=1, timeout=60)
    assert taken[-1] < len(BOMB) / 2


@pytest.mark.parametrize("use", USES, ids=["call", "stream"])
def test_a_body_that_drips_ends_with_the_deadline(
    asking: Any, server: Any, chunks: Any, use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part comes in time, all of them don't: of a refused stream, too."""
    clock = iter(range(1000))
    monkeypatch.setattr(drivers, "monotonic", lambda: float(next(clock)))
    drips = chunks(b"x" for _ in range(100))
    server.says(lambda _: httpx.Response(503, stream=drips))
    with pytest.raises(DeadlineExceeded, match="in time"):
        asking(use, first=1, timeout=10, retries=0)
