"""TLS for database connections, by options of the URL.

`?ssl=true` trusts the system's authorities, `?ssl_ca=FILE` only those in the file; without either
nothing is encrypted. Certificate and host name are always checked: encryption towards an unknown
server protects nothing.
"""

import ssl
from collections.abc import Mapping

OPTIONS = ("ssl", "ssl_ca")
"""The options of ours in a URL's query; the driver never sees them."""


def tls_context(query: Mapping[str, str | tuple[str, ...]]) -> ssl.SSLContext | None:
    """Return the context that verifies the server, None if `query` asks for no TLS.

    Raises ValueError for any other TLS option, OSError for a file that can't be read.
    """
    asked = {name: value for name, value in query.items() if name.startswith("ssl")}
    if not asked:
        return None
    if asked == {"ssl": "true"}:
        return ssl.create_default_context()
    authorities = asked.get("ssl_ca")
    if len(asked) == 1 and isinstance(authorities, str):
        return ssl.create_default_context(cafile=authorities)
    raise ValueError(f"TLS is asked for by ssl=true or ssl_ca=FILE, not by {', '.join(asked)}")
