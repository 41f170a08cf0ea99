"""What a scenario asks for: the platform of its plan, on the scenarios' day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Day
from datetime import datetime

from driver.clock import mexico

TODAY = Day(2026, 8, 13)
YESTERDAY = Day(2026, 8, 12)
"""The banking day on which scenarios play, a Thursday, and the one before."""
FIX_OF_TODAY, FIX_BEFORE = "17.0530", "17.0627"
"""Banco de México's own, of the day and of the day before."""
BEFORE_NOON = mexico(f"{TODAY} 11:50:00")
THE_MORNING = mexico(f"{TODAY} 11:40:00")
"""What the record of the scenarios knows it since."""


@dataclass(frozen=True)
class Plan:
    """The platform that a scenario asks for.

    It begins at `at`. The record holds everything up to the morning of the scenarios' day, or
    nothing at all (`empty`). `settings` are variables of the services beside the driver's own;
    `fast`: their waits are shortened, otherwise they are those of production.
    """

    at: datetime = BEFORE_NOON
    empty: bool = False
    syncs: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    fast: bool = True
