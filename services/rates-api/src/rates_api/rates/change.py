"""How far one rate is from another. Pure."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from rates_contracts.averages import EXACT

PERCENT_PLACES = Decimal("0.0001")


def change_members(before: Decimal, after: Decimal) -> dict[str, Any]:
    """Return the members that tell how far `after` is from `before`.

    The change is exact; in percent of `before` it is rounded once, half-even, to four places.
    """
    change = EXACT.subtract(after, before)
    percent = EXACT.divide(EXACT.multiply(change, Decimal(100)), before)
    return {
        "change": change,
        "change_percent": percent.quantize(PERCENT_PLACES, ROUND_HALF_EVEN, EXACT),
    }
