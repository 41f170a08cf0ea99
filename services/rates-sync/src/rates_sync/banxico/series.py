"""The series of Banco de México that the platform records, and what their values look like.

Source: Banco de México, Sistema de Información Económica (SIE).
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rates_contracts.observation import FIX, SETTLEMENT, Kind


@dataclass(frozen=True, slots=True)
class Series:
    """A recorded series; `decimals` is how many places each of its values has."""

    kind: Kind
    decimals: int


SERIES: Final = MappingProxyType(
    {
        # USD/MXN FIX by determination date, banking days.
        FIX: Series("fix", decimals=4),
        # The same by settlement date: every calendar day, some days ahead of today.
        SETTLEMENT: Series("settlement", decimals=4),
    }
)
"""The recorded series by their id."""
