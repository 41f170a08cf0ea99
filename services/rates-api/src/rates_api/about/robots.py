"""`GET /robots.txt`: crawlers may read everything (RFC 9309)."""

import dataclasses

from rates_api.http.parameters import Query

TEXT = b"""\
# Public and free to read, also for assistants. /llms.txt says what there is and how to ask.
User-agent: *
Allow: /
"""


@dataclasses.dataclass(frozen=True)
class RobotsQuery(Query):
    """It takes no parameters."""


def text() -> bytes:
    """Return the rules."""
    return TEXT
