"""The series of Banco de México that the platform records, and the form of their values.

Source: Banco de México, Sistema de Información Económica (SIE). Recording a new series touches:

- `rates_contracts.observation`: its id and its `SeriesKind`, not `SERIES_OF`, which the API serves;
- `SERIES` below: its entry;
- then the record: an operator runs `rates-sync backfill`, since missing history is detected by FIX
  days only.

Serving it as a `kind` is another step, in rates-api: `SERIES_OF`, `rates.capabilities` and what the
type checker then names.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rates_contracts.observation import FIX, SETTLEMENT, SeriesKind


@dataclass(frozen=True, slots=True)
class Series:
    """A recorded series; each value has `decimals` decimal places."""

    kind: SeriesKind
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
