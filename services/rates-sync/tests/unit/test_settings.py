"""Settings: what is needed, what is refused, all of it in one message."""

from pathlib import Path

import pytest

from rates_contracts.environment import EnvironmentInvalid
from rates_sync.__main__ import main
from rates_sync.settings import BANXICO_URL, load

NEEDED = {
    "RATES_SYNC_DATABASE_URL": "mysql+asyncmy://sync:hunter2@db/rates",
    "RATES_SYNC_REDIS_URL": "rediss://:hunter2@redis:6379/0",
    "RATES_SYNC_BANXICO_TOKEN": "t" * 64,
    "RATES_SYNC_OPERATOR_TOKEN": "o" * 32,
}


def test_defaults_are_productions() -> None:
    """With the four needed variables alone everything is as the design says."""
    settings = load(NEEDED)
    assert settings.banxico_url == BANXICO_URL
    assert (settings.daily_quota, settings.quota_reserve) == (1000, 60)
    assert (settings.breaker_fail_max, settings.breaker_reset) == (3, 60)
    assert (settings.poll_regular, settings.poll_noon, settings.poll_late) == (240, 15, 900)
    assert settings.second_purge == 20


def test_every_wrong_variable_is_named_at_once() -> None:
    """One message names what is missing, out of range, misspelt or unknown."""
    wrong = {
        "RATES_SYNC_DATABASE_URL": "postgres://db",
        "RATES_SYNC_PORT": "0",
        "RATES_SYNC_DAILY_QUOTA": "many",
        "RATES_SYNC_BREAKER_RESET": "0",
        "RATES_SYNC_LOG_LEVEL": "loud",
        "RATES_SYNC_TRACE_SHARE": "2",
        "RATES_SYNC_BANXICO_URL": "banxico",
        "RATES_SYNC_OPERATOR_TOKEN": "short",
        "RATES_SYNC_POLL_EVERY": "1",
    }
    with pytest.raises(EnvironmentInvalid) as caught:
        load(wrong)
    named = {problem.partition(":")[0] for problem in caught.value.problems}
    assert named == {*wrong, "RATES_SYNC_REDIS_URL", "RATES_SYNC_BANXICO_TOKEN"}


def test_no_secret_is_shown() -> None:
    """Neither the settings' repr nor a refusal holds a password or a token."""
    assert "hunter2" not in repr(load(NEEDED))
    assert "ttt" not in repr(load(NEEDED))
    with pytest.raises(EnvironmentInvalid) as caught:
        load({**NEEDED, "RATES_SYNC_DATABASE_URL": "mysql://sync:hunter2@db/rates"})
    assert "hunter2" not in str(caught.value)


def test_token_comes_from_a_file(tmp_path: Path) -> None:
    """A secret may lie in a file, its trailing newline left out."""
    file = tmp_path / "token"
    file.write_text("f" * 64 + "\n")
    environ = {**NEEDED, "RATES_SYNC_BANXICO_TOKEN_FILE": str(file)}
    del environ["RATES_SYNC_BANXICO_TOKEN"]
    assert load(environ).banxico_token.reveal() == "f" * 64


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (BANXICO_URL, "Banco de México"),
        ("http://127.0.0.1:8002/SieAPIRest/service/v1", "simulator"),
        ("https://www.banxico.org.mx.example.com/SieAPIRest/service/v1", "simulator"),
    ],
)
def test_only_banxicos_host_speaks_for_banxico(url: str, source: str) -> None:
    """Any other host counts as a simulator, so that its values can't pass for Banco de México's."""
    assert load({**NEEDED, "RATES_SYNC_BANXICO_URL": url}).source == source


@pytest.mark.parametrize(
    "issuer", ["rates.example.mx", "ftp://rates.example.mx", "https://www.banxico.org.mx"]
)
def test_nobody_signs_as_banxico(issuer: str) -> None:
    """A receipt is its operator's, whose address it names."""
    with pytest.raises(EnvironmentInvalid) as caught:
        load({**NEEDED, "RATES_SYNC_ISSUER": issuer})
    assert "RATES_SYNC_ISSUER" in str(caught.value)


def test_a_simulators_values_are_signed_as_the_simulators() -> None:
    """Whatever the issuer: the record's origin decides."""
    own = {**NEEDED, "RATES_SYNC_ISSUER": "https://rates.example.mx"}
    assert load(own).signs_as == "https://rates.example.mx"
    simulated = {**own, "RATES_SYNC_BANXICO_URL": "http://127.0.0.1:8002/SieAPIRest/service/v1"}
    assert load(simulated).signs_as == "simulator"


def test_one_late_renewal_must_not_end_a_leader() -> None:
    """The patience of contenders covers two renewals, or the settings are refused."""
    with pytest.raises(EnvironmentInvalid, match="RATES_SYNC_LEASE_PATIENCE"):
        load({**NEEDED, "RATES_SYNC_LEASE_PATIENCE": "3", "RATES_SYNC_LEASE_RENEWAL": "2"})


def test_no_value_of_a_malformed_url_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The start ends with status 2; a traceback of the client printed Redis' password."""
    malformed = {"RATES_SYNC_REDIS_URL": "redis://:hunter2@redis.example:port/0"}
    for name, value in (NEEDED | malformed).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "RATES_SYNC_REDIS_URL: must be" in said
    assert "hunter2" not in said
