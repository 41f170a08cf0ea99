"""Reads the HTTP headers of an answer: when it was made, its charset, how long to wait.

Pure. What is missing or can't be read is None, or zero: a header never makes an answer unusable.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime

MIN_WAIT, MAX_WAIT = 1, 86_400
"""Seconds. Banxico's limits are per minute, five minutes and day."""
MAX_AGE = 2**31
"""Seconds, what RFC 9111 has a greater `Age` be counted as."""
SECONDS = re.compile(r"[0-9]{1,9}")
AGE = re.compile(r"[0-9]{1,40}")


class AnswerHeaders:
    """The headers of one answer, in any case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = {name.lower(): value.strip() for name, value in headers.items()}

    @property
    def answered_at(self) -> datetime | None:
        """When the origin made the answer (`Date`), aware UTC."""
        try:
            date = parsedate_to_datetime(self._headers.get("date", ""))
            return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @property
    def age(self) -> timedelta:
        """How long caches have held the answer (`Age`)."""
        age = self._headers.get("age", "")
        return timedelta(seconds=min(int(age), MAX_AGE) if AGE.fullmatch(age) else 0)

    @property
    def charset(self) -> str | None:
        """The charset that `Content-Type` declares."""
        message = Message()
        message["Content-Type"] = self._headers.get("content-type", "")
        return message.get_content_charset()

    @property
    def seconds_to_reset(self) -> int | None:
        """`Bmx-secondsToReset` within `MIN_WAIT` and `MAX_WAIT`."""
        return wait_of(self._headers.get("bmx-secondstoreset"))

    @property
    def retry_after(self) -> int | None:
        """`Retry-After` in seconds within `MIN_WAIT` and `MAX_WAIT`; None for a date."""
        return wait_of(self._headers.get("retry-after"))

    @property
    def is_rate_limit(self) -> bool:
        """Tell whether Banxico's own headers name a rate limit."""
        return not self._headers.keys().isdisjoint({"bmx-secondstoreset", "bmx-timereset"})

    @property
    def asks_to_wait(self) -> bool:
        """Tell whether anything in front of Banxico, or itself, asks to come back later."""
        return self.is_rate_limit or "retry-after" in self._headers


def wait_of(hint: object) -> int | None:
    """Return the seconds that `hint` asks to wait, in bounds; None if it is no number of them."""
    text = str(hint)
    return min(max(int(text), MIN_WAIT), MAX_WAIT) if SECONDS.fullmatch(text) else None
