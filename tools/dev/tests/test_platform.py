"""What `up` reads from the environment, and what each process is given."""

import socket
from pathlib import Path

import pytest

from rates_dev import platform, ports, redis
from rates_dev.errors import Refused


def test_every_wrong_port_is_named() -> None:
    """All variables that hold no port are named at once."""
    with pytest.raises(Refused, match=r"RATES_API_PORT: '0'[^\0]*RATES_SYNC_PORT: 'x1'"):
        ports.read({"RATES_API_PORT": "0", "RATES_SYNC_PORT": "x1"})


def test_two_variables_with_one_port_are_named() -> None:
    """A port given twice is told before the second process would find it taken."""
    with pytest.raises(Refused, match="RATES_API_PORT and RATES_SYNC_PORT: both are 9"):
        ports.read({"RATES_API_PORT": "9", "RATES_SYNC_PORT": "9"})


def test_a_taken_port_names_its_variable() -> None:
    """A port that something listens on is refused with its variable and number."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"RATES_REDIS_PORT: port {port} is taken"):
            ports.refuse_taken({"RATES_REDIS_PORT": port})


@pytest.mark.parametrize(
    ("choice", "on_path", "kind"),
    [
        ("auto", "valkey-server", "server"),
        ("auto", None, "embedded"),
        ("embedded", "redis-server", "embedded"),
        ("server", "redis-server", "server"),
    ],
)
def test_redis_is_chosen_by_what_is_there(choice: str, on_path: str | None, kind: str) -> None:
    """`auto` takes a server on PATH, else the embedded one; a named one is taken."""
    assert redis.choose(choice, lambda name: name if name == on_path else None) == kind


@pytest.mark.parametrize("choice", ["server", "cluster"])
def test_a_redis_that_cannot_be_had_is_refused(choice: str) -> None:
    """A server that is not there, or an unknown word, is an error that names the variable."""
    with pytest.raises(Refused, match="RATES_REDIS"):
        redis.choose(choice, lambda _name: None)


def test_the_environment_wins_over_dotenv(tmp_path: Path) -> None:
    """`.env` fills in what the environment does not say."""
    (tmp_path / ".env").write_text(
        "# ours\nRATES_API_PORT=1\nexport RATES_SYNC_PORT='2'  # quoted\nA B=3\n"
    )
    settings = platform.with_dotenv(tmp_path, {"RATES_API_PORT": "3"})
    assert settings == {"RATES_API_PORT": "3", "RATES_SYNC_PORT": "2"}


def test_a_banxico_token_means_the_real_upstream(tmp_path: Path) -> None:
    """With BANXICO_TOKEN: no simulator, a state folder of its own, the token for sync alone."""
    environ = {"BANXICO_TOKEN": "t" * 64, "BANXICO_SIM_PORT": "8002", "RATES_REDIS": "embedded"}
    wanted = platform.read(tmp_path, environ)
    wanted.state.mkdir(parents=True)
    sync, api = (platform.environment(name, wanted, environ) for name in ("sync", "api"))
    assert wanted.processes == ["redis", "sync", "api"]
    assert wanted.state == tmp_path / ".data/banxico"
    assert sync["RATES_SYNC_BANXICO_TOKEN"] == "t" * 64
    assert "RATES_SYNC_BANXICO_URL" not in sync
    assert "BANXICO_SIM_PORT" not in sync
    assert "t" * 64 not in api.values()


def test_both_sides_of_the_simulator_have_its_token(tmp_path: Path) -> None:
    """The token that sync sends is the one that the simulator is told to accept."""
    environ = {"RATES_REDIS": "embedded"}
    wanted = platform.read(tmp_path, environ)
    wanted.state.mkdir(parents=True)
    sync, sim = (platform.environment(name, wanted, environ) for name in ("sync", "simulator"))
    assert sync["RATES_SYNC_BANXICO_TOKEN"] == sim["BANXICO_SIM_TOKEN"]
    assert sync["RATES_SYNC_BANXICO_URL"] == "http://127.0.0.1:8002/SieAPIRest/service/v1"


def test_what_the_person_sets_is_left_alone(tmp_path: Path) -> None:
    """A setting given by hand, or by its file, is not set a second time."""
    environ = {
        "RATES_REDIS": "embedded",
        "RATES_SYNC_DATABASE_URL": "mysql+asyncmy://db/rates",
        "RATES_SYNC_BANXICO_TOKEN_FILE": "/secret",
    }
    wanted = platform.read(tmp_path, environ)
    wanted.state.mkdir(parents=True)
    given = platform.environment("sync", wanted, environ)
    assert given["RATES_SYNC_DATABASE_URL"] == "mysql+asyncmy://db/rates"
    assert "RATES_SYNC_BANXICO_TOKEN" not in given


def test_a_value_in_dotenv_that_can_not_be_read_is_named_and_not_shown(tmp_path: Path) -> None:
    """An open quote ended with a traceback."""
    (tmp_path / ".env").write_text("BANXICO_TOKEN='hunter2\n")
    with pytest.raises(Refused, match="BANXICO_TOKEN: No closing quotation") as raised:
        platform.with_dotenv(tmp_path, {})
    assert "hunter2" not in str(raised.value)
