"""An observation: a value that Banco de México published for a series and a day, as recorded."""

from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

FIX = "SF43718"
"""USD/MXN FIX by determination date, banking days, since 1991-11-12."""
SETTLEMENT = "SF60653"
"""The same rate by settlement date, every calendar day, ahead of today."""

SeriesKind = Literal["fix", "settlement"]
"""The kinds of rate that a series of their own records."""
Kind = Literal["fix", "settlement", "dof"]
"""The kinds of rate that can be asked for: by determination day, by the calendar day on which it
applies, and by the day on which it is due in the Official Gazette (DOF), which is derived."""
SERIES_OF: dict[SeriesKind, str] = {"fix": FIX, "settlement": SETTLEMENT}
KIND_OF: dict[str, SeriesKind] = {series: kind for kind, series in SERIES_OF.items()}
RESTS_ON: dict[Kind, SeriesKind] = {"fix": "fix", "settlement": "settlement", "dof": "fix"}
"""The recorded kind whose observations answer for a kind."""
FIRST_FIX_DAY = Day(1991, 11, 12)
FIRST_SETTLEMENT_DAY = Day(2020, 1, 1)
"""The first day of SF60653: from it on a settlement rate is published, before it the rule makes it.

The series as Banco de México's SIE gives it, to be seen in the project's data.
"""

Source = Literal["Banco de México", "simulator"]


class Observation(msgspec.Struct, frozen=True, array_like=True):
    """One recorded value; a correction is a new `revision` (from 1), never an overwrite.

    `value` is pesos per unit with the digits as published; `recorded_at` is UTC and strictly
    rising with the record's position; `payload_sha256` names the raw answer it was read from;
    `position` is the record's when it was announced, 0 from a rates-sync that does not say it.
    """

    series: str
    date: Day
    revision: int
    value: Decimal
    recorded_at: datetime
    payload_sha256: str
    position: int = 0
