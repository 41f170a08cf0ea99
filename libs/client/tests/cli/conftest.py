"""The command line, run in this process over a fake service."""

import pytest

from support.command_line import Ran, Run, Service
from usdmxn.cli.main import main


@pytest.fixture
def service() -> Service:
    """Give the service that the command line asks."""
    return Service()


@pytest.fixture
def run(
    service: Service, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Give what runs a command in English, unless `--lang` says something else."""
    for name in ("LC_ALL", "LC_MESSAGES", "USDMXN_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    def ran(*arguments: str) -> Ran:
        code = main(arguments, connect=service.connect, today=lambda: service.today)
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return ran
