"""Reads the HTTP headers of an answer: when it was made, its charset, how long to wait.

Pure. What is missing or can't be read is None, or zero: a header never makes an answer unusable.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime

MIN_WAIT = 1
"""Seconds."""
MAX_SECONDS = 2**31
"""What any greater number of seconds counts as; that of RFC 9111 for `Age`."""
NUMBER = re.compile(r"[0-9]{1,40}")
CHARSETS = {"utf-8", "utf8", "iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "utf-16"}
"""Those that are honoured; Python's others may take quadratic time, or make what is no text."""


class AnswerHeaders:
    """The headers of one answer, in any case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = {name.lower(): value.strip() for name, value in headers.items()}

    @property
    def answered_at(self) -> datetime | None:
        """When the origin made the answer (`Date`), aware UTC."""
        return _instant(self._headers.get("date", ""))

    @property
    def age(self) -> timedelta:
        """How long caches have held the answer (`Age`)."""
        return timedelta(seconds=min(_number(self._headers.get("age")) or 0, MAX_SECONDS))

    @property
    def charset(self) -> str | None:
        """The charset that `Content-Type` declares, if it is one of `CHARSETS`."""
        message = Message()
        message["Content-Type"] = self._headers.get("content-type", "")
        declared = message.get_content_charset()
        return declared if declared in CHARSETS else None

    @property
    def seconds_to_reset(self) -> int | None:
        """The wait that `Bmx-secondsToReset` names, else `Bmx-timeReset`, at least `MIN_WAIT`."""
        return self.wait(
            self._headers.get("bmx-secondstoreset"), self._headers.get("bmx-timereset")
        )

    @property
    def retry_after(self) -> int | None:
        """The wait that `Retry-After` names in seconds or as a date, at least `MIN_WAIT`."""
        hint = self._headers.get("retry-after", "")
        until = _instant(hint)
        return self.wait(hint, None if until is None else int(until.timestamp()))

    def wait(self, seconds: object, until: object) -> int | None:
        """Return a wait by its `seconds`, else by its end in Unix time; None if neither is one.

        The end is compared with the answerer's own clock (`Date`).
        """
        left, end = _number(seconds), _number(until)
        if left is None and end is not None and self.answered_at is not None:
            left = end - int(self.answered_at.timestamp())
        return None if left is None else min(max(left, MIN_WAIT), MAX_SECONDS)

    @property
    def is_rate_limit(self) -> bool:
        """Tell whether Banxico's own headers name a rate limit."""
        return not self._headers.keys().isdisjoint({"bmx-secondstoreset", "bmx-timereset"})

    @property
    def asks_to_wait(self) -> bool:
        """Tell whether anything in front of Banxico, or itself, asks to come back later."""
        return self.is_rate_limit or "retry-after" in self._headers


def _number(text: object) -> int | None:
    found = NUMBER.fullmatch(str(text))
    return None if found is None else int(found[0])


def _instant(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
