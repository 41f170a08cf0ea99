"""The platform in motion under a fixed rate: a publication, and Redis lost and back.

Each request counts from its due time. What happens is made to happen while the load is on; the
load's process and this one read the same monotonic clock.
"""

import time
from collections.abc import Iterator, Sequence

from bench.cases import EVERYDAY, TWO_YEARS
from bench.cpus import Layout
from bench.latency import Figure, Latency, figure, latency, spelled
from bench.load import Measured, start_load
from bench.platform import Platform
from bench.report import Section, Table
from bench.stream import StreamWatch

PUBLICATION_RATE = 5_000
AFTER_SECONDS = 0.1
"""What belongs to a publication: requests due until this long after its event."""
BETWEEN_SECONDS = 0.7
REDIS_RATE = 2_000
LEAD_SECONDS = 2.0
WARM_SECONDS = 1.0


def publication(platform: Platform, seconds: float, cpus: Layout) -> Section:
    """Publish again and again under load; each event drops every rendered answer."""
    asked = (*EVERYDAY, TWO_YEARS)
    port = platform.api_port
    with (
        StreamWatch(platform.redis_port) as watch,
        start_load(port, asked, PUBLICATION_RATE, seconds, cpus.load) as load,
    ):
        until = time.monotonic() + seconds - LEAD_SECONDS
        time.sleep(WARM_SECONDS)
        while time.monotonic() < until:
            platform.publish()
            time.sleep(BETWEEN_SECONDS)
        measured = load.result()
    instants = [arrival.at for arrival in watch.arrivals]
    within = measured.between(instants, AFTER_SECONDS)
    rows = [
        _row(f"within {AFTER_SECONDS * 1000:g} ms of {len(instants)} events", latency(within)),
        _row(f"all at {PUBLICATION_RATE:,}/s", measured.latency),
    ]
    figures = dict(_figures("publication", latency(within), measured))
    note = "`current`, `average/30d`, `historical?days=10` and `days=730` in turn, two workers."
    return _section("A publication under load", rows, measured, figures, [note])


def redis_lost(platform: Platform, seconds: float, cpus: Layout) -> Section:
    """Kill Redis after a quarter of the time and start it again after half."""
    with start_load(platform.api_port, EVERYDAY, REDIS_RATE, seconds, cpus.load) as load:
        begun = time.monotonic()
        time.sleep(seconds / 4)
        platform.redis.kill()
        time.sleep(max(0.0, begun + seconds / 2 - time.monotonic()))
        platform.redis.start()
        measured = load.result()
    platform.until_warm()
    rows = [_row(f"all at {REDIS_RATE:,}/s", measured.latency)]
    figures = dict(_figures("redis", measured.latency, measured))
    note = (
        f"Redis away for {seconds / 4:g} of {seconds:g} s (SIGKILL), then back with its own file."
    )
    return _section("Redis killed and back under load", rows, measured, figures, [note])


def _figures(name: str, seen: Latency, measured: Measured) -> Iterator[tuple[str, Figure]]:
    for key in ("p50", "p95", "p99", "max"):
        yield f"{name}/{key}", figure([getattr(seen, key)], "ms")
    yield f"{name}/errors", figure([float(measured.failed)], "")
    yield f"{name}/lag", figure([measured.lag_p99], "ms")


def _row(name: str, seen: Latency) -> tuple[str, ...]:
    return (name, *(spelled(ms) for ms in (seen.p50, seen.p95, seen.p99, seen.max)))


def _section(
    title: str,
    rows: Sequence[tuple[str, ...]],
    measured: Measured,
    figures: dict[str, Figure],
    notes: Sequence[str],
) -> Section:
    errors = "; ".join(f"{kind}: {count}" for kind, count in measured.errors.items()) or "none"
    own = f"Errors: {errors}. The generator's own lag: p99 {spelled(measured.lag_p99)} ms."
    header = ("requests", "p50 ms", "p95 ms", "p99 ms", "max ms")
    return Section([Table(title, header, rows, [*notes, own])], figures)
