"""The series of Banco de México that the platform records. A table, read by `payload` and `cycle`.

Source: Banco de México, Sistema de Información Económica (SIE).
"""

from dataclasses import dataclass
from datetime import date as Day
from types import MappingProxyType
from typing import Final

from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT, Kind

__all__ = ["FIX", "SERIES", "SETTLEMENT", "Series"]


@dataclass(frozen=True, slots=True)
class Series:
    """A recorded series; `decimals` is how many places each of its values has.

    No value lies before `first_date`: a backfill begins there.
    """

    id: str
    kind: Kind
    first_date: Day
    description: str
    decimals: int = 4


SERIES: Final = MappingProxyType(
    {
        FIX: Series(FIX, "fix", FIRST_FIX_DAY, "USD/MXN FIX by determination date, banking days"),
        # Two publication steps after the first FIX: the first day on which one could apply.
        SETTLEMENT: Series(
            SETTLEMENT,
            "settlement",
            Day(1991, 11, 14),
            "USD/MXN FIX by settlement date, every calendar day, ahead of today",
        ),
    }
)
"""The recorded series by their id."""
