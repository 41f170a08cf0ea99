"""The platform of a scenario, its deadline, and the logs of its processes when it fails."""

import fcntl
import signal
import sqlite3
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

sys.path.insert(0, str(Path(__file__).parent))

from driver.clock import mexico
from driver.native import NativePlatform, native
from driver.platform import TODAY, Build, Plan, Platform
from driver.sights import well, whole

DEADLINE = 60
"""Seconds that a scenario may take."""

FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a record that holds everything up to the morning of the scenarios' day.

    rates-sync itself has filled it, from nothing; the parallel workers of a run share it.
    """
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "popen-gw" in root.name else root
    path = root / "record.db"
    with (root / "record.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _fill(path, tmp_path_factory.mktemp("record"))
    return path


def _fill(path: Path, directory: Path) -> None:
    with native(directory, Plan(at=mexico(f"{TODAY} 11:40:00"), workers=1), None) as platform:
        try:
            platform.start()
            platform.until(lambda: whole(platform) and well(platform), within=30)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{platform.report()}") from error
        platform.sync[0].stop()
        platform.database.copy_to(path.with_suffix(".part"))
    path.with_suffix(".part").rename(path)


@pytest.fixture(autouse=True)
def _deadline(record: Path) -> Iterator[None]:
    """End a scenario that takes too long, where it stands, with its traceback."""

    def over(*_: object) -> None:
        raise TimeoutError(f"the scenario took more than {DEADLINE} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def build(
    tmp_path: Path, record: Path, request: pytest.FixtureRequest, _deadline: None
) -> Iterator[Build]:
    """Return what builds the one platform of a scenario, without starting it."""
    with ExitStack() as stack:

        def build_one(plan: Plan | None = None) -> NativePlatform:
            plan = plan or Plan()
            platform = stack.enter_context(native(tmp_path, plan, None if plan.empty else record))
            stack.callback(_report, platform, request.node)
            return platform

        yield build_one


@pytest.fixture
def start(build: Build) -> Build:
    """Return what starts the platform of a scenario and waits until it is healthy."""

    def start_one(plan: Plan | None = None) -> Platform:
        platform = build(plan)
        platform.start()
        return platform

    return start_one


@pytest.fixture
def platform(start: Build) -> Platform:
    """Return a healthy platform at 11:50 of a banking day, its FIX not yet published."""
    return start()


@pytest.fixture(scope="session")
def shared(record: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Return one healthy platform for the scenarios that only ask."""
    with native(tmp_path_factory.mktemp("shared"), Plan(), record) as platform:
        platform.start()
        yield platform


class Mended:
    """A platform that many scenarios hurt, one after the other; a new one if it did not heal."""

    def __init__(self, record: Path, directories: pytest.TempPathFactory) -> None:
        self._record, self._directories = record, directories
        self._stack = ExitStack()
        self._platform: NativePlatform | None = None

    def healed(self) -> NativePlatform:
        """Return the platform if it is well, else another."""
        if self._platform is None or not self._is_well(self._platform):
            self.close()
            directory = self._directories.mktemp("mended")
            self._platform = self._stack.enter_context(native(directory, Plan(), self._record))
            self._platform.start()
        return self._platform

    def close(self) -> None:
        """End the platform."""
        self._stack.close()

    @staticmethod
    def _is_well(platform: NativePlatform) -> bool:
        try:
            platform.until(lambda: well(platform), within=3)
        except (AssertionError, sqlite3.Error, redis.RedisError):
            return False
        return True


@pytest.fixture(scope="session")
def _mended(record: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mended]:
    """Return the holder of the platform that scenarios share because they leave it well."""
    mended = Mended(record, tmp_path_factory)
    yield mended
    mended.close()


@pytest.fixture
def mended(_mended: Mended, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """Return a healthy platform that lives on: the scenario has to end with it well again."""
    platform = _mended.healed()
    yield platform
    _report(platform, request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure, so that the fixture shows the logs before it ends the processes."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def _report(platform: NativePlatform, item: pytest.Item) -> None:
    """Show the end of each process's log where the scenario failed."""
    if not item.stash.get(FAILED, False):
        return
    sys.stdout.write(platform.report())
