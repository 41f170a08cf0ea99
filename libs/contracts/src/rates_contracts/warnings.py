"""The warnings that an answer may carry, in one list.

The list is open: within v1 codes are added, and a client ignores those that it does not know. A new
code is an entry here, a condition in rates_api (in `snapshot.level`, in the same order, if it
concerns the level) and a row in `docs/api/README.md`.
"""

from collections.abc import Iterable
from typing import NamedTuple


class WarningCode(NamedTuple):
    """What a code means to a client.

    `degrades` if the level of what a code is about is then not healthy: for `history_loading` of
    `/health` and what touches the missing days, for `value_under_review` only while it concerns
    the newest FIX or a later day. `past_usable_until` degrades nothing: past it there is no current
    rate, the level is `limited`.

    `passing` if it may end before the next transition: shared caches then keep the answer for 15 s
    at most.
    """

    degrades: bool
    passing: bool
    explanation: str


WARNINGS: dict[str, WarningCode] = {
    "past_usable_until": WarningCode(
        False,
        True,
        "Three publications have been missed: the last value no longer passes as current.",
    ),
    "unverified": WarningCode(
        True, True, "The source has not confirmed the values since `fresh_until`; they may be old."
    ),
    "value_under_review": WarningCode(
        True,
        True,
        "The source has published a value that is checked before it is used: it is not in this "
        "answer.",
    ),
    "history_loading": WarningCode(
        True, True, "The history is still being loaded: not every day is known yet."
    ),
    "breaker_open": WarningCode(
        True, True, "The source has failed repeatedly and is not asked for a while."
    ),
    "breaker_half_open": WarningCode(
        True, True, "The source is being tried again after repeated failures."
    ),
    "not_fed_by_redis": WarningCode(
        True,
        True,
        "Changes reach this instance from the database, some seconds later than usual.",
    ),
    "withdrawn_at_source": WarningCode(
        False,
        True,
        "The source no longer publishes a value that is used here; check it there before you rely "
        "on it.",
    ),
    "clock_suspect": WarningCode(
        False,
        True,
        "A clock of the service disagrees with others; compare the instants with your own clock.",
    ),
    "dates_unconfirmed": WarningCode(
        False,
        False,
        "The day on which a settlement rate was determined can't be told; the rate itself is as "
        "published.",
    ),
    "late_publication": WarningCode(
        False,
        False,
        "The day's FIX is past its usual hour; the source answers and does not have it yet.",
    ),
    "simulated_data": WarningCode(
        False, False, "The values come from a simulator and are not Banco de México's."
    ),
}
"""By code, worst first: the order in which an answer lists them."""


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """Return each of `codes` once, worst first."""
    given = frozenset(codes)
    return tuple(code for code in WARNINGS if code in given) if given else ()
