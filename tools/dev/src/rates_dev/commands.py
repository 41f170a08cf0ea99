"""What `up`, `status` and `down` do."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rates_dev import platform, ports, running, supervise
from rates_dev.errors import Refused
from rates_dev.platform import CURRENT, Plan
from rates_dev.ports import HOST
from rates_dev.processes import Child, Steady, last_lines, wait_for

READY_SECONDS = 60.0
# Each question reaches any of the workers, and each worker looks once a second whether the others
# are ready: until then one may say no after another has said yes.
STEADY_SECONDS = 1.5
# The first start fetches the whole history before there is a rate; past this the banner comes
# anyway.
RATE_SECONDS = 20.0

Say = Callable[[str], None]


def up(root: Path, environ: Mapping[str, str], say: Say) -> None:
    """Run the platform in the foreground. Raises `Refused`, also when a process died."""
    settings = platform.with_dotenv(root, environ)
    plan = _startable(root, settings)

    def announce() -> None:
        if wait_for(_steadily_ready(plan), READY_SECONDS):
            wait_for(plan.has_rate, RATE_SECONDS)
            say(banner(plan, "Ctrl-C ends all of it."))

    with running.claimed(plan):
        console = supervise.Console(sys.stdout)
        died = supervise.run(plan, root, settings, announce, console)
    if died:
        raise Refused(f"{died}; the rest was ended")


def up_in_background(root: Path, environ: Mapping[str, str], say: Say) -> None:
    """Start the platform, return once it answers. Raises `Refused` with the end of its log."""
    plan = _startable(root, platform.with_dotenv(root, environ))
    plan.state.mkdir(parents=True, exist_ok=True)
    log = plan.state / "platform.log"
    log.unlink(missing_ok=True)
    runner = Child("up", [sys.executable, "-m", "rates_dev", "up"], environ, root, log)
    runner.start()
    ready = _steadily_ready(plan)
    settled = wait_for(lambda: runner.exit_status is not None or ready(), READY_SECONDS)
    if runner.exit_status is not None or not settled:
        runner.end()
        raise Refused(f"the platform did not start; the end of {log}:\n{last_lines(log)}")
    wait_for(plan.has_rate, RATE_SECONDS)
    say(banner(plan, f"./dev down ends it; log: {log}"))


def status(root: Path, say: Say) -> bool:
    """Say what runs; true if a platform is up and takes requests."""
    found = running.find(root)
    if found is None:
        say("not running")
        return False
    plan = found.plan
    ready = plan.ready("api")
    said = "ready" if ready else "not ready"
    say(f"running (pid {found.pid}, fed by {plan.upstream}), {said}")
    for name, port in plan.ports.items():
        say(f"  {name:<21} {port}  {'answers' if ports.answers(port) else 'does not answer'}")
    return ready


def down(root: Path, say: Say) -> None:
    """End the platform that runs from this checkout, if any. Raises `Refused` if it won't end."""
    found = running.find(root)
    if found is None:
        say("not running")
        return
    running.end(found, root)
    say("ended")


def banner(plan: Plan, ending: str) -> str:
    """Return where everything listens and a first request; `ending` says how to end it."""
    metrics = f"http://{HOST}:{plan.ports['RATES_API_ADMIN_PORT']}/metrics"
    simulated = plan.upstream == "simulator"
    lines = [
        ("rates-api", f"{plan.url('api')}   metrics: {metrics}"),
        ("rates-sync", f"{plan.url('sync')}   internal"),
        ("Redis", f"redis://{HOST}:{plan.port('redis')}   {plan.redis}"),
        ("Banxico", f"{plan.url('simulator')}   simulated" if simulated else "the real one"),
        ("state", str(plan.state)),
    ]
    listed = "\n".join(f"  {name:<11} {where}" for name, where in lines)
    return f"\n{listed}\n\n  curl {plan.url('api')}{CURRENT}\n\n  {ending}\n"


def _steadily_ready(plan: Plan) -> Steady:
    return Steady(lambda: plan.ready("api"), STEADY_SECONDS)


def _startable(root: Path, environ: Mapping[str, str]) -> Plan:
    """Return the plan, everything checked that can be before the first process starts."""
    if running.find(root):
        raise Refused("the platform is up already; ./dev down ends it")
    plan = platform.read(root, environ)
    ports.refuse_taken(plan.ports)
    return plan
