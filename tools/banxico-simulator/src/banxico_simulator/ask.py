"""What a request asks for: the SIE's paths taken apart and checked.

Pure; a request that Banxico would refuse ends in a `Refusal` that carries its answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from banxico_simulator import sie
from banxico_simulator.published.series import FIX, SETTLEMENT
from banxico_simulator.sie import Refusal

_SERIES_ID = re.compile(r"S[A-Z]\d{1,6}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Group(StrEnum):
    """The kinds of requests, as the SIE's documentation separates them."""

    METADATA = "metadata"
    OPORTUNO = "oportuno"
    HISTORY = "history"
    RANGE = "range"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Ask:
    """A request's path taken apart, nothing checked but its form."""

    group: Group
    ids: str = ""
    first: str = ""
    last: str = ""

    def touches(self, first: date, last: date) -> bool:
        """Whether data of a day from `first` to `last` are asked for; the latest are of no day."""
        if self.group is Group.RANGE:
            return self.first <= last.isoformat() and first.isoformat() <= self.last
        return self.group is Group.HISTORY


def parse(path: str) -> Ask:
    """What `path` asks for; a path that the SIE doesn't have is `Group.UNKNOWN`."""
    match path.removeprefix(sie.BASE_PATH).rstrip("/").split("/"):
        case ["", "series", ids]:
            return Ask(Group.METADATA, ids)
        case ["", "series", ids, "datos"]:
            return Ask(Group.HISTORY, ids)
        case ["", "series", ids, "datos", "oportuno"]:
            return Ask(Group.OPORTUNO, ids)
        case ["", "series", ids, "datos", first, last]:
            return Ask(Group.RANGE, ids, first, last)
    return Ask(Group.UNKNOWN)


def series_ids(ids: str) -> list[str]:
    """The ids of a comma list. Raises Refusal for a bad form and for more than 20."""
    asked = ids.split(",")
    if not all(_SERIES_ID.fullmatch(series_id) for series_id in asked):
        raise Refusal(sie.BAD_SERIES)
    if len(asked) > sie.MAX_SERIES:
        raise Refusal(sie.TOO_MANY_SERIES)
    return asked


def day_of(text: str) -> date:
    """A day as `yyyy-MM-dd`, the only form that the SIE takes. Raises Refusal."""
    if not _DAY.fullmatch(text):
        raise Refusal(sie.BAD_DATE)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(sie.BAD_DATE) from error


def known(asked: Sequence[str]) -> list[str]:
    """The known ids in the order in which they are answered: another one than asked.

    An unknown id in a list is silently missing. Raises Refusal for a single unknown id.
    """
    found = [
        series_id for series_id in dict.fromkeys(reversed(asked)) if series_id in (FIX, SETTLEMENT)
    ]
    if not found and len(asked) == 1:
        raise Refusal(sie.not_found("unknown_series"))
    return found
