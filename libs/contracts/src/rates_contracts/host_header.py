"""The `Host` of a request: whether it is one at all, and whether it can name an internal port.

A page in a browser may lead its own name to any address (DNS rebinding) and then reads what an
internal port answers. The browser still sends the page's name as `Host`. A name without a dot, or
below a domain that nobody can register, is no page's.
"""

import ipaddress
import re

_WELL_FORMED = re.compile(
    rb"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(:(?P<port>[0-9]{0,5}))?"
)
_UNREGISTRABLE = (".localhost", ".local", ".internal", ".svc")
"""RFC 6761, RFC 6762 and ICANN's reserved `internal` (of EC2, too); the names of Kubernetes."""


def is_well_formed(host: bytes) -> bool:
    """Tell whether `host` is a name or an address, with or without a port (RFC 9110)."""
    return _WELL_FORMED.fullmatch(host) is not None


def is_internal(host: bytes) -> bool:
    """Tell whether `host` is an address, or a name that no foreign page can have."""
    found = _WELL_FORMED.fullmatch(host)
    if found is None:
        return False
    name = found["name"].decode().lower().removesuffix(".")
    return "." not in name or name.endswith(_UNREGISTRABLE) or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
