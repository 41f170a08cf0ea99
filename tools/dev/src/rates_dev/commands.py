"""What `up`, `status` and `down` do; `cli` calls them and turns their results into exit codes."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rates_dev import environment, plan, ports, ready, running, supervise
from rates_dev.after import wait_for
from rates_dev.errors import AlreadyRunning, Refused

READY_SECONDS = 60.0
# The first start fetches the whole history before there is a rate; past this the banner comes
# anyway.
RATE_SECONDS = 20.0

Say = Callable[[str], None]


def up(root: Path, environ: Mapping[str, str], say: Say) -> None:
    """Run the platform in the foreground. Raises `Refused`, also when a process died."""
    told = plan.with_dotenv(root, environ)
    wanted = _startable(root, told)

    def announce() -> None:
        if wait_for(lambda: ready.is_ready(wanted.ports), READY_SECONDS):
            wait_for(lambda: ready.has_rate(wanted.ports), RATE_SECONDS)
            say(ready.banner(wanted, "Ctrl-C ends all of it."))

    with running.claimed(wanted):
        environment.operator_token_file(wanted)
        died = supervise.run(wanted, told, announce)
    if died:
        raise Refused(f"{died}; the rest was ended")


def up_in_background(root: Path, environ: Mapping[str, str], say: Say) -> None:
    """Start the platform, return once it answers. Raises `Refused` with the end of its log."""
    wanted = _startable(root, plan.with_dotenv(root, environ))
    wanted.state.mkdir(parents=True, exist_ok=True)
    log = wanted.state / "platform.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "rates_dev", "up"],
            cwd=root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    # Asked once: while the workers start one after the other, the next answer may be another's.
    settled = wait_for(
        lambda: process.poll() is not None or ready.is_ready(wanted.ports), READY_SECONDS
    )
    if process.poll() is not None or not settled:
        process.terminate()
        process.wait(running.ENDING_SECONDS)
        raise Refused(f"the platform did not start; the end of {log}:\n{_tail(log)}")
    wait_for(lambda: ready.has_rate(wanted.ports), RATE_SECONDS)
    say(ready.banner(wanted, f"./dev down ends it; log: {log}"))


def status(root: Path, say: Say) -> bool:
    """Say what runs; true if a platform is up and takes requests."""
    found = running.find(root)
    if found is None:
        say("not running")
        return False
    is_ready = ready.is_ready(found.ports)
    state = "ready" if is_ready else "not ready"
    say(f"running (pid {found.pid}, fed by {found.upstream}), {state}")
    for name, port in found.ports.items():
        say(f"  {name:<21} {port}  {'answers' if ports.answers(port) else 'does not answer'}")
    return is_ready


def down(root: Path, say: Say) -> None:
    """End the platform that runs from this checkout, if any. Raises `Refused` if it won't end."""
    found = running.find(root)
    if found is None:
        say("not running")
        return
    running.end(found, root)
    say("ended")


def _startable(root: Path, environ: Mapping[str, str]) -> plan.Plan:
    """Return the plan, everything checked that can be before the first process starts."""
    if running.find(root):
        raise AlreadyRunning("the platform is up already; ./dev down ends it")
    wanted = plan.read(root, environ)
    ports.refuse_taken(wanted.ports)
    return wanted


def _tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
