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

Kind = Literal["fix", "settlement"]
SERIES_OF: dict[Kind, str] = {"fix": FIX, "settlement": SETTLEMENT}
KIND_OF: dict[str, Kind] = {series: kind for kind, series in SERIES_OF.items()}
FIRST_FIX_DAY = Day(1991, 11, 12)
FIRST_SETTLEMENT_DAY = Day(2020, 1, 1)
"""The first day of SF60653: from it on a settlement rate is published, before it the rule makes it.

The series as Banco de México's SIE gives it, to be seen in the project's data.
"""

Source = Literal["Banco de México", "simulator"]


class Observation(msgspec.Struct, frozen=True, array_like=True):
    """One recorded value; a correction is a new `revision` (from 1), never an overwrite.

    `value` is pesos per unit with the digits as published; `recorded_at` is UTC and strictly
    rising with the record's position; `payload_sha256` names the raw answer it was read from.
    """

    series: str
    date: Day
    revision: int
    value: Decimal
    recorded_at: datetime
    payload_sha256: str
