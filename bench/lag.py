"""Publication-to-answer lag: from an event on the stream to an answer that shows it, per worker.

It begins when a reader beside the workers has the entry from Redis (`bench.stream`) and ends when
a client has read the first `current` with the new rate. One client per worker asks again half a
millisecond after each answer, so that what is measured includes up to one such pause.
"""

import asyncio
import time
from collections.abc import Sequence

from bench.cases import CURRENT
from bench.errors import BenchRefused
from bench.latency import figure, latency, spelled
from bench.platform import Platform
from bench.report import Section, Table
from bench.stream import StreamWatch
from bench.workers import Streams, connections_to_each, get

PAUSE_SECONDS = 0.0005
SEEN_SECONDS = 5.0
RATE = b'"rate":"'

Sightings = dict[str, float]
"""The instant at which a worker first showed each value."""


def measure(platform: Platform, publications: int) -> Section:
    """Publish that often, one after the other, and measure the lag of each worker."""
    with StreamWatch(platform.plan.port("redis")) as watch:
        values, seen = asyncio.run(_publish_and_look(platform, publications))
    lags = [
        max(0.0, sightings[value] - arrived)
        for value in values
        if (arrived := watch.first_with(value)) is not None
        for sightings in seen
    ]
    found = latency(lags)
    figures = {f"lag/{key}": figure([getattr(found, key)], "ms") for key in ("p50", "p99", "max")}
    row = (f"{len(values)} publications, {len(seen)} workers", spelled(found.p50))
    note = (
        "From the entry read from Redis by an observer to the first answer that shows it, for each"
        f" worker; its client asks {PAUSE_SECONDS * 1000:g} ms after the answer before."
    )
    rows = [(*row, spelled(found.p95), spelled(found.p99), spelled(found.max))]
    header = ("events", "p50 ms", "p95 ms", "p99 ms", "max ms")
    return Section([Table("From the stream to an answer", header, rows, [note])], figures)


async def _publish_and_look(
    platform: Platform, publications: int
) -> tuple[list[str], Sequence[Sightings]]:
    connections = await connections_to_each(platform.plan.port("api"), platform.workers())
    seen: list[Sightings] = [{} for _ in connections]
    looking = [
        asyncio.create_task(_look(streams, sightings))
        for streams, sightings in zip(connections, seen, strict=True)
    ]
    try:
        values = []
        for _ in range(publications):
            values.append(await asyncio.to_thread(platform.publish))
            await _until_shown(values[-1], seen)
        return values, seen
    finally:
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
        for _, writer in connections:
            writer.close()


async def _look(streams: Streams, sightings: Sightings) -> None:
    while True:
        body = await get(streams, CURRENT)
        value = body.partition(RATE)[2].partition(b'"')[0].decode()
        sightings.setdefault(value, time.monotonic())
        await asyncio.sleep(PAUSE_SECONDS)


async def _until_shown(value: str, seen: Sequence[Sightings]) -> None:
    deadline = time.monotonic() + SEEN_SECONDS
    while not all(value in sightings for sightings in seen):
        if time.monotonic() > deadline:
            raise BenchRefused(f"{value} was published, but not every worker shows it")
        await asyncio.sleep(PAUSE_SECONDS)
