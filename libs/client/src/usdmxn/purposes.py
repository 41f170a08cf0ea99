"""Which kind of rate counts for a purpose, by Mexican law as the API states it (`DaySheet.use`).

The day's sheet says it with its source and its "unless": `Client.day("2026-08-16").use`.
"""

from collections.abc import Iterable

from usdmxn.answers import Use
from usdmxn.errors import InvalidArgument, KindRequired, NoRateForPurpose, UnknownPurpose

KINDS: dict[str, str | None] = {
    "tax": "settlement",
    "obligation": "settlement",
    "cfdi_invoice": "settlement",
    "cfdi_payment": "settlement",
    "exchange_difference": "settlement",
    "closing": None,
    "contract": None,
}
"""The kind of each purpose, None where no law names one. A later server may know more purposes."""

UNLESS = {
    "closing": "your accounting policy",
    "contract": "what it says; where it is silent, as an obligation",
}
"""What decides where no law names a kind."""


def check_one_of(purpose: str | None, kind: str | None) -> None:
    """Raise `KindRequired` unless exactly one of the two is given, `InvalidArgument` if empty."""
    if purpose is None and kind is None:
        raise KindRequired(
            "the answer depends on what the rate is for: give a purpose "
            f"({', '.join(KINDS)}) or a kind (settlement, fix, dof)"
        )
    if purpose is not None and kind is not None:
        raise KindRequired("a purpose names the kind: give one of purpose and kind, not both")
    check_not_empty("purpose", purpose)
    check_not_empty("kind", kind)


def check_not_empty(name: str, given: str | None) -> None:
    """Raise `InvalidArgument` for an empty text: it is a mistake, not the default."""
    if given == "":
        raise InvalidArgument(f"{name} is empty: leave it out, or name one")


def known_kind(purpose: str | None, kind: str | None) -> str | None:
    """Return the kind that either names, None for a purpose that is not in `KINDS`.

    Raises `KindRequired`, `NoRateForPurpose`, `InvalidArgument`.
    """
    check_one_of(purpose, kind)
    if purpose is None or purpose not in KINDS:
        return kind
    if KINDS[purpose] is None:
        raise NoRateForPurpose(purpose, UNLESS.get(purpose))
    return KINDS[purpose]


def kind_in(uses: Iterable[Use], purpose: str) -> str:
    """Return the kind of a purpose by a sheet. Raises `NoRateForPurpose`, `UnknownPurpose`."""
    by_purpose = {use.purpose: use for use in uses}
    use = by_purpose.get(purpose)
    if use is None:
        raise UnknownPurpose(purpose, tuple(by_purpose))
    if use.kind is None:
        raise NoRateForPurpose(purpose, use.unless)
    return use.kind
