"""Types for an injected clock and sleep."""

from collections.abc import Awaitable, Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Returns now, as aware UTC."""
Sleep = Callable[[float], Awaitable[None]]
"""Waits for that many seconds."""
