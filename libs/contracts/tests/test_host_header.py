"""Which `Host` is one at all, and which can name an internal port."""

import pytest

from rates_contracts.host_header import is_internal, is_well_formed


@pytest.mark.parametrize(
    "host", [b"api.example", b"api.example:8000", b"127.0.0.1:1", b"[::1]", b"[::1]:8001", b"a"]
)
def test_a_name_or_an_address_is_well_formed(host: bytes) -> None:
    """With or without a port."""
    assert is_well_formed(host)


@pytest.mark.parametrize(
    "host", [b"", b"a b", b"[::1", b'"x', b"a/b", b"u@a", b"a:b", b"a:123456", b"\xff", b"a\n"]
)
def test_anything_else_is_malformed(host: bytes) -> None:
    """None of these is an internal name either."""
    assert not is_well_formed(host)
    assert not is_internal(host)


@pytest.mark.parametrize(
    "host",
    [
        b"localhost:8001",
        b"127.0.0.1:8001",
        b"10.0.3.7",
        b"[::1]:8010",
        b"rates-sync:8001",
        b"rates-api.rates-production.svc:8010",
        b"rates-sync.rates-staging.svc.cluster.local",
        b"ip-10-0-3-7.us-east-1.compute.internal:8001",
        b"LOCALHOST.",
    ],
)
def test_names_of_the_platform_are_internal(host: bytes) -> None:
    """Addresses, and the names of compose, Kubernetes and EC2."""
    assert is_internal(host)


@pytest.mark.parametrize(
    "host", [b"evil.example", b"evil.example:8001", b"127.0.0.1.evil.example", b"localhost.example"]
)
def test_a_name_that_anybody_can_register_is_not(host: bytes) -> None:
    """DNS rebinding: the page's name leads to the internal address."""
    assert not is_internal(host)
