"""How far apart polls are, by the hour of the day."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """The time between polls: in the window, around noon, until the FIX, at and after closing."""

    regular: timedelta
    noon_rush: timedelta
    awaiting: timedelta
    closing: timedelta
    late: timedelta
