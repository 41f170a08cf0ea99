"""The environment of rates-api, read as a whole."""

from pathlib import Path

import pytest

from rates_api.settings import load
from rates_contracts.environment import EnvironmentInvalid

LEAST = {
    "RATES_API_DATABASE_URL": "mysql+asyncmy://api:pa55word@db/rates",
    "RATES_API_REDIS_URL": "redis://:pa55word@cache:6379/0",
}
KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
"""A public key in base64url (RFC 8037, A.2)."""


def test_two_urls_are_enough() -> None:
    """Everything but where database and Redis are has a default."""
    settings = load(LEAST)

    assert (settings.port, settings.admin_port, settings.workers) == (8000, 8010, 2)
    assert settings.database_primary_url is None
    assert settings.database_pool == 20


def test_every_bad_variable_is_named_at_once() -> None:
    """One message names what is missing, wrong and unknown, and no secret's value."""
    with pytest.raises(EnvironmentInvalid) as refused:
        load(
            {
                "RATES_API_DATABASE_URL": "postgres://api:pa55word@db/rates",
                "RATES_API_PORT": "80000",
                "RATES_API_WORKERS": "0",
                "RATES_API_LOG_FORMAT": "xml",
                "RATES_API_DATABASE_WRITER_URL": "mysql+asyncmy://writer:pa55word@db/rates",
            }
        )

    message = str(refused.value)
    for name in ("DATABASE_URL", "REDIS_URL", "PORT", "WORKERS", "LOG_FORMAT", "WRITER_URL"):
        assert name in message
    assert "pa55word" not in message


def test_a_socket_timeout_within_the_block_is_refused() -> None:
    """Protocol rule 14: a socket that gives up before XREAD's block would fail each wait."""
    with pytest.raises(EnvironmentInvalid, match="REDIS_TIMEOUT"):
        load(LEAST | {"RATES_API_REDIS_TIMEOUT": "2"})


def test_pinned_keys_are_read_one_by_one() -> None:
    """They are separated by commas."""
    assert load(LEAST | {"RATES_API_SIGNING_KEYS": f"{KEY}, {KEY}"}).public_keys == [KEY, KEY]


@pytest.mark.parametrize("other", [f"{KEY}=", KEY.replace("_", "/"), f"{KEY[:-1]}p", KEY[:-4], "ñ"])
def test_a_pinned_key_in_another_spelling_is_refused(other: str) -> None:
    """Padded, in the other base64, with bits that count for nothing; too short, or no base64url."""
    with pytest.raises(EnvironmentInvalid, match="SIGNING_KEYS"):
        load(LEAST | {"RATES_API_SIGNING_KEYS": other})


def test_secrets_come_from_files_and_stay_hidden(tmp_path: Path) -> None:
    """A URL with a password may lie in a file, and shows itself nowhere."""
    secret = tmp_path / "url"
    secret.write_text("mysql+asyncmy://api:pa55word@db/rates\n")
    without = {key: value for key, value in LEAST.items() if "DATABASE" not in key}

    settings = load(without | {"RATES_API_DATABASE_URL_FILE": str(secret)})

    assert settings.database_url.reveal().endswith("@db/rates")
    assert "pa55word" not in repr(settings)


def test_the_log_style_is_the_format() -> None:
    """What the operator calls the format is the style of the log."""
    assert load(LEAST | {"RATES_API_LOG_FORMAT": "console"}).log_style == "console"
