"""What is asked in the closed-loop comparison: the same requests of every contender."""

from dataclasses import dataclass

AVERAGE = "/api/v1/rates/average/30d"
CURRENT = "/api/v1/rates/current"
HEALTH = "/health"
PAGE = "/"
TEN_DAYS = "/api/v1/rates/historical?days=10"
TWO_YEARS = "/api/v1/rates/historical?days=730"

PATHS = (CURRENT, AVERAGE, TEN_DAYS, TWO_YEARS, HEALTH)
EVERYDAY = (CURRENT, AVERAGE, TEN_DAYS)
"""What clients mostly ask; the open-loop loads ask for these in turn."""


@dataclass(frozen=True)
class Case:
    """One request. `key` names its figures; `conditional` sends the entity tag back."""

    key: str
    label: str
    path: str
    conditional: bool = False
    gzip: bool = False

    @property
    def status(self) -> int:
        """Return the status that a right answer has."""
        return 304 if self.conditional else 200


CASES = (
    Case("current", "current", CURRENT),
    Case("average", "average/30d", AVERAGE),
    Case("historical-10", "historical?days=10", TEN_DAYS),
    Case("historical-730", "historical?days=730", TWO_YEARS),
    Case("304", "current, If-None-Match: 304", CURRENT, conditional=True),
    Case("gzip", "historical?days=730, gzip", TWO_YEARS, gzip=True),
    Case("health", "health", HEALTH),
)
