"""The main process: it looks after the workers, which share the public port (protocol rule 39).

Each worker beats over a pipe. A worker that died is replaced, one that no longer beats is killed
and replaced, always while others serve; the instance ends only when no worker can live.
"""

import contextlib
import dataclasses
import functools
import importlib
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces, Loops, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from rates_api.metrics import Death, InstanceMetrics
from rates_api.settings import Settings
from rates_api.supervisor_link import DRAIN, END, KILL_SECONDS, SupervisorPipe

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the beats. Looks are counted, not seconds: a main process that gets no CPU
itself must not blame its workers."""

MAX_MISSED_BEATING = 2
"""A look may fall between two beats; a worker that misses more looks than this does not beat."""
MAX_MISSED_STOPPED = 10
"""Missed looks after which a stopped process is killed: it does not continue by itself."""
MAX_MISSED = 30
"""The same for one that runs: it may be starved, or about to finish something long."""
MAX_MISSED_AT_START = 60
"""The same before the first beat: imports take long on a busy machine."""

SHORT_LIFE_SECONDS = 10.0
"""A worker that dies this soon after its first beat, or before it, may not be able to live."""
MAX_SHORT_LIVES = 3
"""After as many short lives in a row in each place, with nobody left, the instance ends."""
MAX_PAUSE_SECONDS = 30.0

HEADER_SECONDS = 30
"""How long a connection may be silent before and between requests, or take for a request's head.
Above the load balancer's idle timeout (25 s): who closes first must not be this end."""
MAX_HEADER_BYTES = 64 * 1024
"""As much as the load balancer accepts. The server's buffer may grow to twice as many; more, and
more than 100 headers, it refuses with 431."""
RESERVED_DESCRIPTORS = 256
"""For everything in a worker that is no client's connection."""
KEPT_FOR_REQUESTS = 1024
"""Connections that streams leave to requests, where there are fewer descriptors than wanted."""


class Place:
    """One of the wanted workers: what was seen of it, and of those in its place before it."""

    def __init__(self) -> None:
        """Begin empty; the first start is due at once."""
        self.alive = False
        self.missed = 0
        self.killed: Death | None = None
        self.next_start = 0.0
        self._beaten_since: float | None = None
        self._recovering = False
        self._short_lives = 0

    def on_start(self) -> None:
        """Begin again: its worker was started."""
        self.alive, self._beaten_since, self.missed = True, None, 0

    def on_look(self, now: float, *, beat: bool, late: bool) -> None:
        """Note whether it has beaten since the last look; a `late` look counts no miss."""
        if not beat:
            self.missed += not late
            return
        self.missed, self._recovering = 0, False
        self._beaten_since = self._beaten_since or now

    def on_death(self, now: float) -> Death:
        """Plan the next start, later after each short life. Return how the worker died."""
        since = self._beaten_since
        short = since is None or now - since < SHORT_LIFE_SECONDS
        self._short_lives = self._short_lives + 1 if short else 0
        self.next_start = now + _pause(self._short_lives)
        death: Death = self.killed or "died"
        self._recovering = self.killed is not None
        self.alive, self.killed = False, None
        return death

    @property
    def beating(self) -> bool:
        """Tell whether its worker runs."""
        return self.alive and self._beaten_since is not None and self.missed <= MAX_MISSED_BEATING

    @property
    def hopeless(self) -> bool:
        """Tell whether it is empty and its last workers did not live."""
        return not self.alive and self._short_lives >= MAX_SHORT_LIVES

    @property
    def restarting(self) -> bool:
        """Tell whether the replacement of a worker that was killed has not come up yet."""
        return self._recovering and self.missed < MAX_MISSED_AT_START

    def overdue(self, *, stopped: bool) -> Death | None:
        """Tell whether its worker has to be killed, and why."""
        if not self.alive or self.killed:
            return None
        if stopped and self.missed >= MAX_MISSED_STOPPED:
            return "stopped"
        patience = MAX_MISSED_AT_START if self._beaten_since is None else MAX_MISSED
        return "hung" if self.missed >= patience else None


def _pause(short_lives: int) -> float:
    """Return the seconds until the next start: none at first, then 1, 2, 4 and so on."""
    return min(2.0 ** (short_lives - 2), MAX_PAUSE_SECONDS) if short_lives > 1 else 0.0


def next_to_kill(places: Sequence[Place], stopped: Sequence[bool]) -> tuple[int, Death] | None:
    """Return the worker to kill and why, None if there is none or it has to wait.

    One at a time: not while the replacement of another that was killed starts. Not while nobody
    beats either, since then the machine is at fault, unless all are stopped.
    """
    alive = [number for number, place in enumerate(places) if place.alive]
    someone_beats = any(place.beating for place in places)
    if not someone_beats and not all(stopped[number] for number in alive):
        return None
    if any(place.killed or place.restarting for place in places):
        return None
    for number in sorted(alive, key=lambda number: -places[number].missed):
        if death := places[number].overdue(stopped=stopped[number]):
            return number, death
    return None


class Supervisor(MPServer):
    """Granian's server of several processes, with a main process that looks after them."""

    def __init__(
        self,
        target: str,
        settings: Settings,
        metrics: InstanceMetrics,
        *,
        on_worker_end: Callable[[int], None],
    ) -> None:
        """Serve what the factory `target` (`module:name`) returns for a `SupervisorLink`.

        `on_worker_end` is given the id of each process that has died; it may raise `OSError`.
        """
        certificate = Path(settings.tls_certificate) if settings.tls_certificate else None
        super().__init__(
            target,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.RSGI,
            workers=settings.workers,
            loop=Loops.uvloop,
            # HTTP/1.1 alone: with HTTP/2 next to it, which no balancer here speaks to an instance,
            # neither a silent connection nor an idle one of HTTP/2 would ever time out.
            http=HTTPModes.http1,
            ssl_cert=certificate,
            ssl_key=certificate,
            # Not Granian's own 1.3: a load balancer's health checks may be older than its requests.
            ssl_protocol_min=SSLProtocols.tls12,
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=MAX_HEADER_BYTES
            ),
            # It counts a stream as a connection: streams never take a request's place.
            backpressure=settings.max_connections + settings.streams,
            websockets=False,
            workers_kill_timeout=KILL_SECONDS,
            log_level=LogLevels(settings.log_level),
            log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
        )
        self._drain_seconds = settings.drain
        self._shown = metrics
        self._on_worker_end = on_worker_end
        self._places = [Place() for _ in range(self.workers)]
        self._pipes: dict[int, socket.socket] = {}
        self._draining = False

    def serve_to_the_end(self) -> None:
        """Serve until a signal. Raises `SystemExit` (1) once no worker can live."""
        self.serve()
        if self._failed:
            raise SystemExit(1)

    def signal_handler_interrupt(self, signum: int, _frame: FrameType | None) -> None:
        """Drain at the first SIGTERM; end at once at a second signal or at SIGINT."""
        if signum == signal.SIGTERM and self._drain_seconds and not self._draining:
            self._draining = True
        else:
            self.interrupt_signal = True
        # In a thread: the main one may hold the event's lock at this very moment.
        threading.Thread(target=self.main_loop_interrupt.set, daemon=True).start()

    @property
    def _failed(self) -> bool:
        return all(place.hopeless for place in self._places)

    def _spawn_worker(  # type: ignore[override]  # Granian's own differs from its base, too.
        self,
        idx: int,
        target: Any,
        callback_loader: Any,  # noqa: ARG002
    ) -> WorkerProcess:
        """Prepare a worker that has the other end of a new pipe."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        if before := self._pipes.pop(idx, None):
            before.close()
        self._pipes[idx] = ours
        self._places[idx].on_start()
        load = functools.partial(load_application, self.target, theirs)
        return super()._spawn_worker(idx, target, load)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        """Look after the workers until a signal, then drain."""

        def start(number: int) -> None:
            try:
                worker = self._spawn_worker(number, spawn_target, target_loader)
                worker.start()  # type: ignore[no-untyped-call]
            except OSError as error:  # The system has no memory or no process left.
                log.warning("worker_not_started", worker=number + 1, error=str(error))
                self._places[number].on_death(time.monotonic())
            else:
                self.wrks[number] = worker

        self._look_after_workers(start)
        if self._draining:
            self._drain()
        # Granian would take a worker that died for a reason to fail.
        self.interrupt_children.clear()

    def _look_after_workers(self, start: Callable[[int], None]) -> None:
        due = time.monotonic() + LOOK_SECONDS
        while not (self.interrupt_signal or self._draining or self._failed):
            self._wait(due)
            now = time.monotonic()
            self._note_deaths(now)
            if now >= due:
                self._look(now, late=now - due > LOOK_SECONDS)
                due = now + LOOK_SECONDS
            self._replace(now, start)
            self._shown.show_beating(sum(place.beating for place in self._places))

    def _wait(self, until: float) -> None:
        """Wait for a signal, a death, or until then on the monotonic clock."""
        self.main_loop_interrupt.wait(max(until - time.monotonic(), 0.0))
        self.main_loop_interrupt.clear()

    def _note_deaths(self, now: float) -> None:
        for number, (place, worker) in enumerate(zip(self._places, self.wrks, strict=True)):
            if place.alive and not worker.is_alive():  # type: ignore[no-untyped-call]
                self._note_death(number, place.on_death(now), place.next_start - now)

    def _note_death(self, number: int, death: Death, pause: float) -> None:
        process = self.wrks[number].inner
        self._shown.on_worker_death(death)
        log.warning(
            "worker_lost",
            worker=number + 1,
            death=death,
            exit_status=process.exitcode,
            replaced_in=round(pause, 1),
        )
        with contextlib.suppress(OSError):  # Lost or full: that is said elsewhere.
            self._on_worker_end(process.pid)

    def _look(self, now: float, *, late: bool) -> None:
        """Take in the beats, and kill a worker that has missed too many."""
        for number, place in enumerate(self._places):
            place.on_look(now, beat=_has_beaten(self._pipes[number]), late=late)
        stopped = [_is_stopped(worker.inner.pid) for worker in self.wrks]
        if victim := next_to_kill(self._places, stopped):
            number, death = victim
            self._places[number].killed = death
            self.wrks[number].inner.kill()

    def _replace(self, now: float, start: Callable[[int], None]) -> None:
        if self._failed:
            log.critical("no_worker_can_live", short_lives=MAX_SHORT_LIVES)
            return
        for number, place in enumerate(self._places):
            if not place.alive and now >= place.next_start:
                start(number)

    def _drain(self) -> None:
        """Serve on for a while, not ready any more; a second signal ends that."""
        self._tell_all(DRAIN)
        until = time.monotonic() + self._drain_seconds
        while not self.interrupt_signal and time.monotonic() < until:
            self._wait(until)

    def _stop_workers(self) -> None:
        """End the workers, after 10 s by force."""
        self._tell_all(END)
        super()._stop_workers()  # type: ignore[no-untyped-call]

    def _tell_all(self, command: bytes) -> None:
        for pipe in self._pipes.values():
            with contextlib.suppress(OSError):  # It has died.
                pipe.send(command)


def load_application(target: str, pipe: socket.socket) -> Any:
    """Return the RSGI application of a worker process that has one end of `pipe`.

    It is what the factory `target` returns.
    """
    link = SupervisorPipe(pipe)
    module, _, factory = target.partition(":")
    return getattr(importlib.import_module(module), factory)(link=link)


def _has_beaten(pipe: socket.socket) -> bool:
    """Take all beats out of the pipe; tell whether there were any."""
    try:
        return bool(pipe.recv(4096))
    except OSError:  # None has come, or its worker has died.
        return False


def _is_stopped(pid: int | None) -> bool:
    """Tell whether a process is stopped or traced; never where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The state follows the command's name, which may contain blanks and brackets.
    return stat.rpartition(")")[2].split()[0] in {"T", "t"}


def within_descriptors(settings: Settings) -> Settings:
    """Return `settings` with as many connections and streams as the process's descriptors allow.

    Their limit is raised as far as it may be, for the process and those that it starts: at it the
    server would accept, fail and try again as fast as it can.
    """
    needed = settings.max_connections + settings.streams + RESERVED_DESCRIPTORS
    limit = _raised_limit(needed)
    fitted = fit(settings, limit - RESERVED_DESCRIPTORS)
    if limit < needed:
        log.warning(
            "too_few_descriptors",
            limit=limit,
            needed=needed,
            max_connections=fitted.max_connections,
            streams=fitted.streams,
        )
    return fitted


def fit(settings: Settings, places: int) -> Settings:
    """Return `settings` with `places` for connections and streams together, one of each at least.

    Requests keep 1,024 places where there are so many, and streams have what is left of the others.
    """
    kept = min(settings.max_connections, KEPT_FOR_REQUESTS)
    streams = max(min(settings.streams, places - kept), 1)
    connections = max(min(settings.max_connections, places - streams), 1)
    return dataclasses.replace(settings, streams=streams, max_connections=connections)


def _raised_limit(needed: int) -> int:
    """Raise the limit of open files to `needed`, as far as that is allowed, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit
