"""A worker's link to the main process of its instance (protocol rule 39).

Over a pipe the worker beats once a second, and is told to drain and to end. Where the pipe ends,
the main process has: then the worker ends too, however that happened. A signal to the whole process
group ends no worker, or it would skip the drain: the main process decides.
"""

import contextlib
import signal
import socket
import threading

BEAT = b"."
DRAIN = b"d"
END = b"e"

KILL_SECONDS = 10
"""How long a worker may take to finish its answers once it is to end."""

ENDINGS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
"""What a shell, a terminal or a container's runtime may send to all processes at once."""


class SupervisorLink:
    """What a worker knows of its main process: here nothing, as it has none."""

    draining = False
    """Whether the instance is about to end: not ready any more, but still serving."""

    def beat(self) -> None:
        """Show the main process that the event loop runs."""


class SupervisorPipe(SupervisorLink):
    """The link over one end of a pipe, which it listens to in a thread of its own.

    A thread, since an event loop that hangs would not notice the end of the main process.
    """

    def __init__(self, pipe: socket.socket) -> None:
        """Ignore signals to the process group from now on, and listen until the pipe ends."""
        self._pipe = pipe
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    def beat(self) -> None:
        """Send a beat; none is needed where the main process reads no more of them."""
        with contextlib.suppress(OSError):
            self._pipe.send(BEAT, socket.MSG_DONTWAIT)

    def _listen(self) -> None:
        while self._read() == DRAIN:
            self.draining = True
        self.draining = True
        # Without a main process nobody else would kill a worker that can't finish.
        signal.alarm(KILL_SECONDS)
        end_process()

    def _read(self) -> bytes:
        """Return the next command, nothing at the pipe's end."""
        try:
            return self._pipe.recv(1)
        except ConnectionError:
            return b""


def end_process() -> None:
    """End this worker after the requests it is answering; callable in any thread."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
    signal.raise_signal(signal.SIGTERM)
