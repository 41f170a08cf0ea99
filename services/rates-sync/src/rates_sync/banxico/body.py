"""Reads the body of an answer as a stream, decompressed and bounded (protocol rule 34).

httpx's own decompression is not used: it inflates each part as a whole, and a part of 64 kB can
hold 64 MB.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator

import httpx

MAX_BODY = 8 * 1024 * 1024
"""Bytes after decompression: the whole history of both series is less than 1 MiB."""
MAX_PIECE = 256 * 1024
"""Bytes that are decompressed at a time, between which the event loop takes its turn."""
GZIP = "gzip"
"""The only compression that is asked for and understood."""
GZIP_BITS = 16 + zlib.MAX_WBITS


class BodyUnreadable(Exception):
    """The body is too long, or is not what its headers announce."""


async def read_body(response: httpx.Response) -> bytes:
    """Return the decompressed body of an open `response`.

    Raises `BodyUnreadable`, for one above `MAX_BODY` as soon as that shows, or httpx's errors.
    """
    body = bytearray()
    try:
        async for piece in _pieces(response):
            body += piece
            if len(body) > MAX_BODY:
                raise BodyUnreadable(f"above {MAX_BODY} bytes")
    except zlib.error as error:
        raise BodyUnreadable(f"not the gzip that it is said to be: {error}") from error
    return bytes(body)


def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "identity":
        return response.aiter_raw()
    if encoding == GZIP:
        return _decompressed(response.aiter_raw())
    raise BodyUnreadable(f"compressed as {encoding[:20]!r}")


async def _decompressed(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield at most `MAX_PIECE` bytes at a time; other tasks run between two of them."""
    gzip = zlib.decompressobj(GZIP_BITS)
    async for part in parts:
        left = part
        while left:
            yield gzip.decompress(left, MAX_PIECE)
            left = gzip.unconsumed_tail
            await asyncio.sleep(0)
    yield gzip.flush()
