"""The warnings that an answer may carry, in one list.

The list is open: within v1 codes are added, and a client ignores those that it does not know. A new
code is an entry here, a condition in `rates_api.snapshot.level` (in the same order) and a row in
`docs/api/README.md`.
"""

from typing import NamedTuple


class WarningCode(NamedTuple):
    """What a code means to a client; `degrades` if the level is then not healthy.

    `past_usable_until` degrades nothing: past it there is no current rate, the level is `limited`.
    """

    degrades: bool
    explanation: str


WARNINGS: dict[str, WarningCode] = {
    "past_usable_until": WarningCode(
        False, "Three publications have been missed: the last value no longer passes as current."
    ),
    "unverified": WarningCode(
        True, "The source has not confirmed the values since `fresh_until`; they may be old."
    ),
    "breaker_open": WarningCode(
        True, "The source has failed repeatedly and is not asked for a while."
    ),
    "breaker_half_open": WarningCode(
        True, "The source is being tried again after repeated failures."
    ),
    "not_fed_by_redis": WarningCode(
        True, "Changes reach this instance from the database, some seconds later than usual."
    ),
    "late_publication": WarningCode(
        False, "The day's FIX is past its usual hour; the source answers and does not have it yet."
    ),
    "simulated_data": WarningCode(
        False, "The values come from a simulator and are not Banco de México's."
    ),
}
"""By code, worst first: the order in which an answer lists them."""
