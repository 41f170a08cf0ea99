"""How a database's URL asks for TLS."""

import ssl
from pathlib import Path

import pytest

from rates_contracts.tls import tls_context


def test_without_a_word_nothing_is_encrypted() -> None:
    """Other options of a URL are none of our business."""
    assert tls_context({"charset": "utf8mb4"}) is None


def test_the_systems_authorities_are_trusted() -> None:
    """Certificate and host name are checked."""
    context = tls_context({"ssl": "true"})
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_file_of_authorities_must_be_there(tmp_path: Path) -> None:
    """A wrong path is told at start, not at the first connection."""
    with pytest.raises(OSError, match="No such file"):
        tls_context({"ssl_ca": str(tmp_path / "missing.pem")})


@pytest.mark.parametrize(
    "query",
    [
        {"ssl": "false"},
        {"ssl_check_hostname": "false"},
        {"ssl_ca": "ca.pem", "ssl_check_hostname": "false"},
        {"ssl": "true", "ssl_verify_cert": "false"},
    ],
)
def test_nothing_turns_a_check_off(query: dict[str, str]) -> None:
    """Any other option is refused: the driver would take it for a wish not to look."""
    with pytest.raises(ValueError, match="ssl_ca=FILE"):
        tls_context(query)
