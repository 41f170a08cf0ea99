"""The environment."""

from datetime import time

import pytest

from banxico_simulator.errors import SettingsError
from banxico_simulator.settings import Settings, from_environment


def test_nothing_set_means_the_defaults() -> None:
    """An empty environment, or empty variables, give the documented defaults."""
    assert from_environment({"BANXICO_SIM_PORT": ""}) == Settings(
        "127.0.0.1", 8002, "s" * 64, time(12, 2)
    )


def test_every_variable_is_read() -> None:
    """All four variables arrive."""
    environ = {
        "BANXICO_SIM_HOST": "0.0.0.0",
        "BANXICO_SIM_PORT": "9002",
        "BANXICO_SIM_TOKEN": "a1" * 32,
        "BANXICO_SIM_ANNOUNCED_AT": "12:05:30",
    }
    assert from_environment(environ) == Settings("0.0.0.0", 9002, "a1" * 32, time(12, 5, 30))


def test_one_message_names_every_wrong_variable_and_no_token() -> None:
    """A wrong port, token and time are told together; the token itself is not."""
    environ = {
        "BANXICO_SIM_PORT": "80²",
        "BANXICO_SIM_TOKEN": "geheim",
        "BANXICO_SIM_ANNOUNCED_AT": "noon",
    }
    with pytest.raises(SettingsError) as told:
        from_environment(environ)
    text = str(told.value)
    assert all(name in text for name in environ)
    assert "geheim" not in text


def test_the_token_is_not_in_the_repr() -> None:
    """Settings can be logged."""
    assert "a" * 64 not in repr(Settings(token="a" * 64))
