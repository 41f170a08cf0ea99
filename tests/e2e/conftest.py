"""The platform of a scenario, its deadline, and the logs of its processes when it fails."""

import os
import signal
import sqlite3
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest
import redis
from driver.compose import ComposeDriver
from driver.native import NativeDriver
from driver.plan import Plan
from driver.platform import Build, Driver, Platform
from driver.sights import well
from driver.stack import stack

OVER_COMPOSE = os.environ.get("RATES_TEST_DATABASE") == "mysql"
collect_ignore = [] if OVER_COMPOSE else ["over_compose", "under_load"]
"""What only containers can show belongs to the compose run: over processes it does not exist."""

DEADLINE = 120 if OVER_COMPOSE else 60
"""Seconds that a scenario may take."""

FAILED = pytest.StashKey[bool]()

SHARING = ("shared", "mended")
"""Fixtures of scenarios that share a platform, in the order of how little they leave behind."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run scenarios that share a platform first, those that only ask before those that hurt it."""

    def order(item: pytest.Item) -> int:
        fixtures = getattr(item, "fixturenames", ())
        return next((n for n, name in enumerate(SHARING) if name in fixtures), len(SHARING))

    items.sort(key=order)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Return what builds platforms; its record is filled, which belongs to no scenario's time."""
    if OVER_COMPOSE:
        with stack(tmp_path_factory.mktemp("scenario")) as containers:
            yield ComposeDriver(containers)
    else:
        root = tmp_path_factory.getbasetemp()
        root = root.parent if "popen-gw" in root.name else root
        yield NativeDriver(root, lambda: tmp_path_factory.mktemp("platform"))


@pytest.fixture(autouse=True)
def _deadline(driver: Driver, request: pytest.FixtureRequest) -> Iterator[None]:
    """End a scenario that takes too long, where it stands, with its traceback."""
    marked = request.node.get_closest_marker("deadline")
    seconds = marked.args[0] if marked else DEADLINE

    def over(*_: object) -> None:
        raise TimeoutError(f"the scenario took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def build(driver: Driver, request: pytest.FixtureRequest, _deadline: None) -> Iterator[Build]:
    """Return what builds the one platform of a scenario, without starting it."""
    with ExitStack() as stack:

        def build_one(plan: Plan | None = None) -> Platform:
            platform = stack.enter_context(driver.platform(plan or Plan()))
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


class Lasting:
    """A platform that many scenarios use, one after the other; a new one where it won't do."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._stack = ExitStack()
        self._platform: Platform | None = None
        self._untouched = False

    def untouched(self) -> Platform:
        """Return a healthy platform that nobody has changed."""
        if self._platform is None or self._platform.over or not self._untouched:
            return self._another()
        return self._platform

    def healed(self) -> Platform:
        """Return a healthy platform for a scenario that will change it."""
        if self._platform is None or self._platform.over or not _is_well(self._platform):
            self._another()
        assert self._platform is not None
        self._untouched = False
        return self._platform

    def close(self) -> None:
        """End the platform; the next scenario gets another."""
        self._stack.close()
        self._platform = None

    def _another(self) -> Platform:
        self.close()
        self._platform = self._stack.enter_context(self._driver.platform(Plan()))
        self._platform.start()
        self._untouched = True
        return self._platform


def _is_well(platform: Platform) -> bool:
    try:
        platform.until(lambda: well(platform), within=3)
    except (AssertionError, sqlite3.Error, redis.RedisError):
        return False
    return True


@pytest.fixture(scope="session")
def _lasting(driver: Driver) -> Iterator[Lasting]:
    """Return the holder of the platform that scenarios share."""
    lasting = Lasting(driver)
    yield lasting
    lasting.close()


@pytest.fixture
def shared(_lasting: Lasting, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """Return a healthy platform for a scenario that only asks."""
    platform = _lasting.untouched()
    yield platform
    _report(platform, request.node)


@pytest.fixture
def mended(_lasting: Lasting, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """Return a healthy platform that lives on: the scenario has to end with it well again."""
    platform = _lasting.healed()
    yield platform
    _report(platform, request.node)
    if request.node.stash.get(FAILED, False):
        # Where it stopped half-way it has left things that look well: a fault, a cut.
        _lasting.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure, so that the fixture shows the logs before it ends the processes."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


def _report(platform: Platform, item: pytest.Item) -> None:
    """Show the end of each process's log where the scenario failed."""
    if not item.stash.get(FAILED, False):
        return
    sys.stdout.write(platform.report())
