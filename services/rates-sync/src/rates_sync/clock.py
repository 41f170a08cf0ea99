"""Time as an argument: the shapes of a clock and of a sleep."""

from collections.abc import Awaitable, Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Returns now, as aware UTC."""
Sleep = Callable[[float], Awaitable[None]]
"""Waits for so many seconds."""
