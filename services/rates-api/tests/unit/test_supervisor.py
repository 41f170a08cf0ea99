"""Which worker is killed, when its place is filled again, what it has room for (rules 39, 40)."""

import socket

import pytest

from rates_api.settings import load
from rates_api.supervisor import Place, fit, next_to_kill
from rates_api.supervisor_link import BEAT, SupervisorLink, SupervisorPipe

ENVIRON = {
    "RATES_API_DATABASE_URL": "mysql+asyncmy://api:pa55word@db/rates",
    "RATES_API_REDIS_URL": "redis://:pa55word@cache:6379/0",
    "RATES_API_MAX_CONNECTIONS": "2048",
    "RATES_API_STREAMS": "2000",
}


def place(looks: str, *, late: bool = False) -> Place:
    """Return a worker's place after looks at which it had beaten (`+`) or not (`-`)."""
    made = Place()
    made.on_start()
    for number, look in enumerate(looks):
        made.on_look(float(number), beat=look == "+", late=late)
    return made


WELL = "+" * 20


@pytest.mark.parametrize(
    ("looks", "stopped", "death"),
    [
        (WELL + "-" * 9, True, None),
        (WELL + "-" * 10, True, "stopped"),
        (WELL + "-" * 29, False, None),
        (WELL + "-" * 30, False, "hung"),
        (WELL + "-" * 29 + "+", False, None),
        ("-" * 59, False, None),
        ("-" * 60, False, "hung"),
        ("-" * 10, True, "stopped"),
    ],
    ids=[
        "stopped, too early",
        "stopped",
        "silent, too early",
        "silent",
        "late, but it beats",
        "still starting",
        "never started",
        "stopped at its start",
    ],
)
def test_a_worker_is_killed_by_what_was_missed(
    looks: str, stopped: bool, death: str | None
) -> None:
    """Ten looks for one that can't continue by itself, thirty for one that may, sixty at first."""
    victim = next_to_kill([place(WELL), place(looks)], [False, stopped])

    assert victim == (None if death is None else (1, death))


def test_a_main_process_without_cpu_blames_nobody() -> None:
    """A look that comes late counts no miss: the workers may have been starved as well."""
    assert next_to_kill([place(WELL), place("-" * 100, late=True)], [False, True]) is None


def test_nobody_is_killed_while_nobody_beats() -> None:
    """All at once is the machine's fault: killing them would only make them start on it."""
    silent = WELL + "-" * 100
    assert next_to_kill([place(silent), place(silent)], [False, True]) is None


def test_the_first_is_killed_if_all_are_stopped() -> None:
    """Nothing that serves is lost."""
    silent = [place(WELL + "-" * 10), place(WELL + "-" * 12)]
    assert next_to_kill(silent, [True, True]) == (1, "stopped")


def test_one_worker_is_killed_at_a_time() -> None:
    """The second waits until the replacement of the first beats, or had the time to."""
    first, second = place(WELL + "-" * 10), place(WELL + "-" * 10)
    places = [first, second, place(WELL)]
    stopped = [True, True, False]
    killed = next_to_kill(places, stopped)
    assert killed == (0, "stopped")

    first.killed = "stopped"
    assert next_to_kill(places, stopped) is None
    first.on_death(40.0)
    assert next_to_kill(places, stopped) is None
    first.on_start()
    assert next_to_kill(places, stopped) is None
    first.on_look(41.0, beat=True, late=False)

    assert next_to_kill(places, stopped) == (1, "stopped")


def test_a_worker_that_dies_again_waits_longer() -> None:
    """The first replacement comes at once, the next after 1, 2, 4 seconds, 30 at most."""
    made = Place()
    pauses = []
    for _ in range(9):
        made.on_start()
        assert made.on_death(100.0) == "died"
        pauses.append(made.next_start - 100.0)

    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_worker_that_has_lived_is_replaced_at_once() -> None:
    """A long life ends the series of short ones."""
    made = Place()
    for _ in range(5):
        made.on_start()
        made.on_death(0.0)
    made.on_start()
    made.on_look(10.0, beat=True, late=False)
    made.on_death(20.0)

    assert (made.next_start, made.hopeless) == (20.0, False)


def test_a_place_is_hopeless_after_three_short_lives() -> None:
    """Only while it is empty: its fourth worker may live."""
    made = Place()
    seen = []
    for _ in range(3):
        made.on_start()
        made.on_death(0.0)
        seen.append(made.hopeless)
    made.on_start()

    assert seen == [False, False, True]
    assert not made.hopeless


def test_a_worker_whose_main_process_reads_no_more_is_not_held_up() -> None:
    """A full pipe, or one whose other end is gone, costs a beat and blocks no event loop."""
    ours, theirs = socket.socketpair()
    link = SupervisorPipe.__new__(SupervisorPipe)  # Without its thread, which ends the process.
    link._pipe = theirs
    for _ in range(10_000):
        link.beat()
    assert ours.recv(1) == BEAT

    ours.close()
    link.beat()
    theirs.close()


def test_a_worker_alone_has_nobody_to_tell() -> None:
    """It never drains."""
    link = SupervisorLink()
    link.beat()
    assert not link.draining


@pytest.mark.parametrize(
    ("places", "connections", "streams"),
    [
        (5000, 2048, 2000),
        (4048, 2048, 2000),
        (4047, 2047, 2000),
        (3024, 1024, 2000),
        (3000, 1024, 1976),
        (1025, 1024, 1),
        (768, 767, 1),
        (0, 1, 1),
    ],
)
def test_streams_leave_1024_places_to_requests(places: int, connections: int, streams: int) -> None:
    """Both have what is configured where there is room, and together never more than there is."""
    fitted = fit(load(ENVIRON), places)

    assert (fitted.max_connections, fitted.streams) == (connections, streams)


def test_requests_are_kept_no_more_places_than_configured() -> None:
    """An instance for streams alone may have next to nothing else."""
    fitted = fit(load(ENVIRON | {"RATES_API_MAX_CONNECTIONS": "100"}), 600)

    assert (fitted.max_connections, fitted.streams) == (100, 500)
