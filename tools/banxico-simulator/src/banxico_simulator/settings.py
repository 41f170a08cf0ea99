"""The simulator's settings: the only module that knows the environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time

from banxico_simulator.errors import SettingsError
from banxico_simulator.published.publication import ANNOUNCED_AT

DEVELOPMENT_TOKEN = "s" * 64
"""The token that is accepted unless another is given; worth nothing at Banxico."""


@dataclass(frozen=True)
class Settings:
    """Where the simulator listens, whom it answers, and when a day's FIX shows (Mexico City)."""

    host: str = "127.0.0.1"
    port: int = 8002
    token: str = field(default=DEVELOPMENT_TOKEN, repr=False)
    announced_at: time = ANNOUNCED_AT


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Reads `BANXICO_SIM_…`; an empty variable is an absent one. Raises SettingsError."""
    given = {name: value for name, value in environ.items() if value}
    wrong: list[str] = []
    settings = Settings(
        host=given.get("BANXICO_SIM_HOST", Settings.host),
        port=_port(given.get("BANXICO_SIM_PORT", str(Settings.port)), wrong),
        token=_token(given.get("BANXICO_SIM_TOKEN", DEVELOPMENT_TOKEN), wrong),
        announced_at=_time(given.get("BANXICO_SIM_ANNOUNCED_AT", str(ANNOUNCED_AT)), wrong),
    )
    if wrong:
        raise SettingsError("; ".join(wrong))
    return settings


def _port(text: str, wrong: list[str]) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    wrong.append(f"BANXICO_SIM_PORT must be a port from 1 to 65535, not {text!r}")
    return Settings.port


def _token(text: str, wrong: list[str]) -> str:
    if len(text) != 64 or not (text.isascii() and text.isalnum()):
        wrong.append("BANXICO_SIM_TOKEN must be 64 letters and digits")
    return text


def _time(text: str, wrong: list[str]) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        wrong.append(f"BANXICO_SIM_ANNOUNCED_AT must be a time of day like 12:02, not {text!r}")
        return ANNOUNCED_AT
