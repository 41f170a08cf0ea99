"""The faults of the soak: how each begins and ends, and how long an old rate may be answered."""

from collections.abc import Callable
from dataclasses import dataclass

from driver.compose import ComposeDriver
from driver.containers import ContainerProcess
from driver.platform import Platform
from driver.services import Connectivity, Sync

CLOSED = 3.0
"""Seconds that an old rate may outlive the recording of the new one where a loss is refused."""
FROZEN = 5.0
"""The same where an instance is frozen: requests reach it until it counts as down, for 1.3 s, and
the edge waits 3 s for their answers; one that runs again by then gives them the rate of before."""
SILENT = 20.0
"""The same where a connection stands and nothing answers any more."""

Action = Callable[[], object]


@dataclass(frozen=True)
class Fault:
    """One fault; `max_age` is how many seconds an old rate may be answered meanwhile.

    `records`: a new value can be recorded during it.
    """

    name: str
    begin: Action
    end: Action
    max_age: float = CLOSED
    records: bool = True


def faults(platform: Platform, driver: ComposeDriver) -> list[Fault]:
    """Return every fault, in an order that lets each part recover before it is hit again.

    The second instance of each service is never ended: its memory and files are measured.
    """
    return [
        *_of_rates_api(platform, driver),
        *_of_redis(platform),
        *_of_mysql(platform),
        *_of_rates_sync(platform),
        Fault("Banxico fails", _banxico_fails(platform), platform.banxico.recover, records=False),
    ]


def lasting(platform: Platform) -> list[ContainerProcess]:
    """Return the containers that no fault ends."""
    processes = [platform.api.instances[1].process, platform.sync[1].process]
    return [process for process in processes if isinstance(process, ContainerProcess)]


def _of_rates_api(platform: Platform, driver: ComposeDriver) -> list[Fault]:
    first, second = platform.api.instances
    cut_off = driver.data_networks(second.process)

    def replace() -> None:
        first.stop()
        driver.renew(first.process)

    return [
        Fault("rates-api killed", first.kill, first.start),
        Fault("rates-api frozen", second.pause, second.resume, FROZEN),
        Fault("rates-api replaced", replace, _nothing),
        _cut("rates-api without data network", cut_off, SILENT),
    ]


def _of_redis(platform: Platform) -> list[Fault]:
    from_api, from_sync = platform.ways["api", "redis"], platform.ways["sync", "redis"]
    return [
        Fault("Redis killed", platform.redis.kill, platform.redis.start),
        Fault("Redis frozen", from_api.hang, from_api.restore, SILENT),
        _cut("rates-api cut from Redis", from_api, SILENT),
        _cut("rates-sync cut from Redis", from_sync, SILENT),
        Fault("Redis flushed", platform.redis.flush, _nothing),
        Fault("Redis with a foreign entry", platform.redis.add_foreign_entry, _nothing),
    ]


def _of_mysql(platform: Platform) -> list[Fault]:
    from_api, from_sync = platform.ways["api", "mysql"], platform.ways["sync", "mysql"]
    mysql = platform.part("mysql")
    return [
        _cut("rates-api cut from MySQL", from_api, CLOSED),
        Fault("rates-sync cut from MySQL", from_sync.cut, from_sync.restore, records=False),
        Fault("MySQL killed", mysql.kill, mysql.start, records=False),
    ]


def _of_rates_sync(platform: Platform) -> list[Fault]:
    first, second = platform.sync
    frozen = _Leader(platform)
    return [
        Fault("rates-sync killed", first.kill, first.start, records=False),
        Fault("leader frozen", frozen.pause, frozen.resume, records=False),
        Fault("standby frozen", second.pause, second.resume, records=False),
    ]


class _Leader:
    """Whoever leads when the fault begins."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._paused: Sync | None = None

    def pause(self) -> None:
        self._paused = next(sync for sync in self._platform.sync if sync.leads())
        self._paused.pause()

    def resume(self) -> None:
        assert self._paused is not None
        self._paused.resume()


def _cut(name: str, way: Connectivity, max_age: float) -> Fault:
    return Fault(name, way.cut, way.restore, max_age)


def _banxico_fails(platform: Platform) -> Action:
    return lambda: platform.banxico.fault("status", status=503)


def _nothing() -> None:
    """The fault has ended by itself."""
