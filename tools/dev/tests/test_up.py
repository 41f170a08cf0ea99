"""`up`, `status`, `down` with stand-ins for the services, as processes."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rates_dev import ports
from rates_dev.processes import wait_for

Start = Callable[..., "subprocess.Popen[str]"]


def read_until(process: "subprocess.Popen[str]", *patterns: str) -> str:
    """Return the output up to the line with which each of `patterns` was found, in any order."""
    assert process.stdout
    seen: list[str] = []
    missing = set(patterns)
    for line in process.stdout:
        seen.append(line)
        missing -= {pattern for pattern in missing if re.search(pattern, line)}
        if not missing:
            return "".join(seen)
    pytest.fail(f"{missing} was never said:\n{''.join(seen)}")


def none_listens(environ: dict[str, str]) -> bool:
    return not any(ports.answers(int(environ[name])) for name in ports.DEFAULTS)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_says_where_it_listens_and_ends_everything(
    start: Start, environ: dict[str, str], ending: signal.Signals
) -> None:
    """A first curl is said once the API answers; each way of ending it leaves no process behind."""
    process = start(environ, "up")
    said = read_until(process, "Ctrl-C ends")
    assert f"curl http://127.0.0.1:{environ['RATES_API_PORT']}/api/v1/rates/current" in said
    process.send_signal(ending)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert none_listens(environ)


def test_up_names_the_process_that_died_and_ends_the_rest(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """A process that ends by itself ends the platform with an error that names it."""
    (checkout / "rates_api.py").write_text("import time\ntime.sleep(0.5)\nraise SystemExit(3)")
    process = start(environ, "up")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "error: api ended by itself (exit status 3); the rest was ended" in output
    assert none_listens(environ)


def test_the_last_lines_of_an_ended_process_are_shown(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """What a process prints while it is ended is what explains its end: none of it is lost."""
    (checkout / "rates_sync.py").write_text(
        "import signal, sys\n"
        "def last(*_):\n"
        "    for number in range(3000):\n"
        "        print('line', number)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, last)\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    signal.pause()\n"
    )
    process = start(environ, "up")
    read_until(process, "ready")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert "line 2999\n" in output
    assert re.search(r"sync +\| ended \(exit status 0\)", output)


def test_a_process_that_ignores_its_end_is_killed(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """After some seconds SIGKILL follows SIGTERM, and nothing is left."""
    (checkout / "rates_sync.py").write_text(
        "import signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "while True:\n"
        "    signal.pause()\n"
    )
    process = start(environ, "up")
    read_until(process, "deaf")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=20)
    assert re.search(r"sync +\| ended \(exit status -9\)", output)
    assert none_listens(environ)


def test_a_clean_end_of_one_process_is_an_error_too(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """A process that ends with status 0 was still meant to run on."""
    (checkout / "rates_sync.py").write_text("")
    process = start(environ, "up")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "sync ended by itself (exit status 0)" in output


def test_a_taken_port_is_named_before_anything_starts(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """The error names the variable and the port, and nothing was started or written."""
    port = int(environ["RATES_SYNC_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        code, said = run(start, environ, "up")
    assert code == 1
    assert said == (
        f"error: RATES_SYNC_PORT: port {port} is taken;"
        " end what listens there, or set RATES_SYNC_PORT to a free one\n"
    )
    assert not (checkout / ".data").exists()


def test_each_service_gets_its_own_settings_only(start: Start, environ: dict[str, str]) -> None:
    """rates-api sees no setting of rates-sync and no token of Banxico, and the other way round."""
    process = start(environ, "up")
    said = read_until(process, " api .*serving", " sync .*serving")
    api = next(line for line in said.splitlines() if " api " in line and "serving" in line)
    sync = next(line for line in said.splitlines() if " sync " in line and "serving" in line)
    assert "RATES_API_DATABASE_URL" in api
    assert "RATES_SYNC" not in api
    assert "TOKEN" not in api
    assert "RATES_SYNC_BANXICO_TOKEN" in sync
    assert "RATES_API" not in sync


def test_background_status_down_and_again(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """`status` tells by its exit code, `down` ends it, and a second start finds its state again."""
    assert run(start, environ, "status") == (1, "not running\n")
    code, said = run(start, environ, "up", "--background")
    assert code == 0, said
    assert "./dev down ends it" in said
    code, said = run(start, environ, "status")
    assert code == 0, said
    assert "ready" in said
    assert "is up already" in run(start, environ, "up")[1]
    assert run(start, environ, "down") == (0, "ended\n")
    assert none_listens(environ)
    state = checkout / ".data/simulator"
    secrets = [state / name for name in ("operator-token", "signing-key.pem")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in secrets] == [0o600, 0o600]
    before = [file.read_text() for file in secrets]
    assert run(start, environ, "up", "--background")[0] == 0
    assert run(start, environ, "down")[0] == 0
    assert [file.read_text() for file in secrets] == before


def test_background_shows_the_log_of_a_failed_start(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """A platform that does not come up is reported with the end of its log."""
    (checkout / "rates_api.py").write_text("print('no luck')\nraise SystemExit(4)")
    code, said = run(start, environ, "up", "--background")
    assert code == 1
    assert "no luck" in said
    assert "api ended by itself (exit status 4)" in said
    assert run(start, environ, "status")[0] == 1


def test_background_returns_once_every_worker_is_ready(
    start: Start, environ: dict[str, str], checkout: Path
) -> None:
    """Where one worker says yes and the next one not yet, the platform does not count as up."""
    stand_in = checkout / "rates_api.py"
    hesitant = "statuses = iter((200, 503, 503, 503) * 10)\n" + stand_in.read_text().replace(
        "send_response(200)", "send_response(next(statuses, 200))"
    )
    stand_in.write_text(hesitant)
    assert run(start, environ, "up", "--background")[0] == 0
    assert run(start, environ, "status")[0] == 0
    assert run(start, environ, "down")[0] == 0


def test_status_may_be_read_in_part(start: Start, environ: dict[str, str], checkout: Path) -> None:
    """Whoever reads only its first lines, as `head` does, gets no traceback."""
    assert run(start, environ, "up", "--background")[0] == 0
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "rates_dev", "status"]
    cut = subprocess.run(
        command, cwd=checkout, env=environ, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (cut.returncode, cut.stderr) == (128 + signal.SIGPIPE, b"")
    assert run(start, environ, "down")[0] == 0


def test_a_killed_runner_leaves_neither_claim_nor_process(
    start: Start, environ: dict[str, str]
) -> None:
    """Even a runner that could not end anything itself takes its processes with it."""
    process = start(environ, "up")
    read_until(process, "Ctrl-C ends")
    process.kill()
    process.wait()
    assert run(start, environ, "status") == (1, "not running\n")
    assert wait_for(lambda: none_listens(environ), 10)


def run(start: Start, environ: dict[str, str], *words: str) -> tuple[int, str]:
    """Run one command to its end; a background platform must not hold its output open."""
    begun = time.monotonic()
    process = start(environ, *words)
    output, _ = process.communicate(timeout=30)
    assert time.monotonic() - begun < 30
    return process.returncode, output
