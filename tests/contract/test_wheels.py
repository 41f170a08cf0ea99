"""What is installed is what the repository has: rates-api's document, the client by itself."""

import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flit_core.wheel import make_wheel_in

from rates_api.about import openapi_document
from support.fetching import run_or_skip
from support.openapi_examples import examples, golden

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "docs" / "api" / "openapi-v1.json"
SERVICE = ROOT / "services" / "rates-api"
CLIENT = ROOT / "libs" / "client"
UV = str(Path(sys.executable).parent / "uv")
ASK_FOR_A_RATE = """
import sys
from usdmxn import Client
with Client(sys.argv[1]) as rates:
    print(rates.on("2026-08-15", purpose="cfdi_invoice").rate)
"""

pytestmark = pytest.mark.contract


def test_a_wheel_holds_the_golden(tmp_path: Path) -> None:
    """Wherever it is installed, the service answers with the document of this repository."""
    made = make_wheel_in(SERVICE / "pyproject.toml", tmp_path)
    with zipfile.ZipFile(made.file) as wheel:
        held = wheel.read(f"rates_api/about/{openapi_document.NAME}")
    assert held == GOLDEN.read_bytes()


def test_there_is_no_copy_of_the_golden() -> None:
    """The documentation links to the package's file, which can't differ from itself."""
    assert GOLDEN.is_symlink()
    assert GOLDEN.resolve() == SERVICE / "src" / "rates_api" / "about" / openapi_document.NAME


@pytest.fixture(scope="module")
def client_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of an environment that holds the client's wheel and what it needs."""
    folder = tmp_path_factory.mktemp("client")
    wheel = make_wheel_in(CLIENT / "pyproject.toml", folder).file
    python = folder / "environment" / "bin" / "python"
    run_or_skip([UV, "venv", "--python", sys.executable, str(python.parents[1])], "Python", folder)
    pinned = ["--constraint", str(ROOT / "requirements-dev.lock"), str(wheel)]
    install = [UV, "pip", "install", "--python", str(python), *pinned]
    run_or_skip(install, "the client's packages", folder)
    return python


@pytest.fixture
def address() -> Iterator[str]:
    """Give a server that answers every question with the recorded settlement rate of a day."""
    recorded = {example.name: example.value for example in examples(golden())}
    body = json.dumps(recorded["day_200_settlement"]).encode()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(python: Path, *arguments: str) -> str:
    """Return what a program prints, of an environment and not of this one."""
    done = subprocess.run(
        [python, "-I", *arguments],
        cwd=python.parent,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_client_is_whole_by_itself(client_only: Path, address: str) -> None:
    """Installed without anything of ours, it gives a rate over the network, with all its digits."""
    expected = next(each for each in examples(golden()) if each.name == "day_200_settlement")
    assert run(client_only, "-c", ASK_FOR_A_RATE, address) == expected.value["rate"]


def test_the_client_comes_with_its_types(client_only: Path) -> None:
    """Type checkers of those who install it read its annotations."""
    marker = "import importlib.resources as r; print((r.files('usdmxn') / 'py.typed').is_file())"
    assert run(client_only, "-c", marker) == "True"


def test_the_client_says_its_version(client_only: Path) -> None:
    """The one that it was built as."""
    version = run(client_only, "-c", "import usdmxn; print(usdmxn.__version__)")
    assert f'version = "{version}"' in (CLIENT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"## {version} - " in (CLIENT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["--lang", "en", "--help"], 0, "Usage: usdmxn"),
        (["--lang", "en", "mcp"], 2, "pip install 'usdmxn[mcp]'"),
        (["on", "03/04/2026", "--lang", "es"], 2, "2026-04-03 o 2026-03-04"),
    ],
)
def test_the_command_line_is_installed_without_extras(
    client_only: Path, command: list[str], code: int, said: str
) -> None:
    """What needs more says which extra to install."""
    program = [str(client_only.with_name("usdmxn")), *command]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == code
    assert said in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
