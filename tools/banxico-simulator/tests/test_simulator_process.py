"""The simulator as a process of its own: what only a real socket shows."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from rates_dev.ports import free_port

TOKEN = {"Bmx-Token": "s" * 64}
OPORTUNO = "/SieAPIRest/service/v1/series/SF43718/datos/oportuno"


@pytest.fixture(scope="module")
def process() -> Iterator[httpx.Client]:
    """A client of `python -m banxico_simulator`, which must end cleanly on SIGTERM."""
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-m", "banxico_simulator"],
        env=os.environ | {"BANXICO_SIM_PORT": str(port), "BANXICO_SIM_TOKEN": ""},
    )
    transport = httpx.HTTPTransport()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport) as client:
        try:
            await_answer(client, running)
            yield client
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=10) == 0


def await_answer(client: httpx.Client, running: subprocess.Popen[bytes]) -> None:
    while running.poll() is None:
        try:
            client.get("/livez", timeout=1)
        except httpx.TransportError:
            continue
        return
    pytest.fail("the simulator ended before it answered")


def test_answers_in_chunks(process: httpx.Client) -> None:
    """A long answer comes with Transfer-Encoding: chunked and without a length."""
    answer = process.get("/SieAPIRest/service/v1/series/SF43718/datos", headers=TOKEN)
    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert len(answer.json()["bmx"]["series"][0]["datos"]) > 8_767


def test_date_is_sent_once(process: httpx.Client) -> None:
    """The server adds no `Date` of its own beside the simulator's."""
    process.put("/control/clock", json={"now": "2024-01-02T18:05:00Z", "frozen": True})
    answer = process.get(OPORTUNO, headers=TOKEN)
    process.delete("/control/clock")
    assert answer.headers.get_list("date") == ["Tue, 02 Jan 2024 18:05:00 GMT"]


def test_a_range_that_never_comes(process: httpx.Client) -> None:
    """Requests that touch the days of a `hang` are never answered, others are."""
    days = ["2024-01-10", "2024-01-12"]
    process.put("/control/faults", json={"faults": [{"kind": "hang", "days": days}]})
    path = "/SieAPIRest/service/v1/series/SF43718/datos"
    with pytest.raises(httpx.ReadTimeout):
        process.get(f"{path}/2024-01-01/2024-01-31", headers=TOKEN, timeout=0.2)
    later = process.get(f"{path}/2024-01-13/2024-01-31", headers=TOKEN)
    process.delete("/control/faults")
    assert later.status_code == 200


def test_dropped_connection(process: httpx.Client) -> None:
    """The connection breaks inside the body; the next request is answered."""
    process.put("/control/faults", json={"faults": [{"kind": "drop_connection", "count": 1}]})
    with pytest.raises(httpx.RemoteProtocolError):
        process.get(OPORTUNO, headers=TOKEN)
    assert process.get(OPORTUNO, headers=TOKEN).status_code == 200


def test_hanging_answer(process: httpx.Client) -> None:
    """No answer comes until the client gives up; the next request is answered."""
    process.put("/control/faults", json={"faults": [{"kind": "hang", "count": 1}]})
    with pytest.raises(httpx.ReadTimeout):
        process.get(OPORTUNO, headers=TOKEN, timeout=0.2)
    assert process.get(OPORTUNO, headers=TOKEN).status_code == 200


def test_wrong_settings_end_with_one_line() -> None:
    """A wrong port is told in one line, without a traceback."""
    ended = subprocess.run(
        [sys.executable, "-m", "banxico_simulator"],
        env=os.environ | {"BANXICO_SIM_PORT": "x"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "banxico-simulator: BANXICO_SIM_PORT must be a port from 1 to 65535, not 'x'\n"
    )
