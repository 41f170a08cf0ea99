"""How a database's URL asks for TLS: one convention, read by both services' engines.

`?ssl=true` trusts the system's authorities, `?ssl_ca=FILE` those in the file alone; without either
nothing is encrypted. There is no third way: a connection that is encrypted towards anybody
protects nothing, so that certificate and host name are always checked.
"""

import ssl
from collections.abc import Mapping

OPTIONS = ("ssl", "ssl_ca")
"""What is ours in a URL's query; the driver never sees it."""


def asked_tls(query: Mapping[str, str | tuple[str, ...]]) -> ssl.SSLContext | None:
    """Return how to verify the server, None if `query` asks for no TLS.

    Raises ValueError for any other option about TLS, OSError for a file that can't be read.
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
