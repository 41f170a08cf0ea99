"""The ports that the servers of tests listen on."""

import pytest

from rates_dev import ports
from rates_dev.errors import Refused


def test_a_port_is_given_to_one_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who tests at the same time gets it too, although nothing listens there yet."""
    given = ports.free_port()
    monkeypatch.setattr(ports, "FREE", range(given, given + 1))
    with pytest.raises(Refused, match="no port is free"):
        ports.free_port()
