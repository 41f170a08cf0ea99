"""`convert`: exact up to one rounding."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_api.rates.convert import converted

Ask = Callable[..., Awaitable[httpx.Response]]

LARGEST = Decimal("999999999999999.999999")
AMOUNTS = st.decimals(0, LARGEST, places=6)
RATES = st.decimals(Decimal("0.0001"), Decimal(1000), places=4)


async def test_dollars_are_multiplied(ask: Ask) -> None:
    """USD to MXN is the amount times the published rate, rounded half up to cents."""
    path = "/api/v1/convert?from=USD&to=MXN&amount=1250.50&date=2024-01-02"
    answer = (await ask(path)).json()
    assert (answer["result"], answer["operation"]) == ("21295.64", "multiply")
    assert (answer["amount"], answer["rate"]) == ("1250.50", "17.0297")
    assert (answer["scale"], answer["rounding"]) == (2, "half_up")


async def test_pesos_are_divided_by_the_published_rate(ask: Ask) -> None:
    """MXN to USD divides; a rounded inverse would give another result."""
    path = "/api/v1/convert?from=MXN&to=USD&amount=1000000&date=2024-01-02&scale=6"
    answer = (await ask(path)).json()
    assert (answer["result"], answer["operation"]) == ("58720.940475", "divide")


async def test_the_date_resolves_as_a_day_does(ask: Ask) -> None:
    """A closed day rolls back and says so, a day without a value is the same problem."""
    query = "/api/v1/convert?from=USD&to=MXN&amount=1"
    answer = (await ask(f"{query}&date=2024-03-02")).json()
    assert (answer["requested"], answer["resolved"]) == ("2024-03-02", "2024-03-01")
    assert answer["reason"] == "closed_day"
    early = await ask(f"{query}&date=1991-11-11")
    assert early.json()["code"] == "before-first-observation"


async def test_without_a_date_the_current_rate_converts(ask: Ask) -> None:
    """The newest rate answers, named by its day."""
    answer = (await ask("/api/v1/convert?from=USD&to=MXN&amount=1&scale=4")).json()
    assert (answer["requested"], answer["resolved"]) == (None, "2026-08-13")
    assert answer["result"] == "17.0530"
    then = "/api/v1/convert?from=USD&to=MXN&amount=1&as_of=2024-01-02T18:30:00Z"
    assert (await ask(then)).json()["rate"] == "17.0297"


async def test_the_amount_is_echoed_with_its_zeros(ask: Ask) -> None:
    """`1` and `1.00` are the same amount and different answers."""
    query = "/api/v1/convert?from=USD&to=MXN&date=2024-01-02&amount="
    echoes = [(await ask(query + amount)).json()["amount"] for amount in ("1", "1.00", "1")]
    assert echoes == ["1", "1.00", "1"]


@pytest.mark.parametrize(("rounding", "result"), [("half_up", "0.03"), ("half_even", "0.02")])
def test_a_tie_is_rounded_as_asked(rounding: Any, result: str) -> None:
    """A tie goes up by default, as accounting tools do, or to the even digit."""
    assert converted(Decimal("0.5"), Decimal("0.05"), "multiply", 2, rounding) == Decimal(result)


@given(
    amount=AMOUNTS,
    rate=RATES,
    scale=st.integers(0, 6),
    operation=st.sampled_from(("multiply", "divide")),
)
def test_the_one_rounding_is_of_the_exact_value(
    amount: Decimal, rate: Decimal, scale: int, operation: Any
) -> None:
    """The result is the half-up rounding of the exact value, as computed in fractions."""
    exact = Fraction(amount) * Fraction(rate) ** (1 if operation == "multiply" else -1)
    half_up = (2 * exact * 10**scale + 1) // 2
    result = converted(amount, rate, operation, scale, "half_up")
    assert Fraction(result) == Fraction(half_up, 10**scale)
    assert -result.as_tuple().exponent == scale  # type: ignore[operator]


@given(AMOUNTS, RATES, st.sampled_from(["multiply", "divide"]), st.integers(0, 10))
def test_a_refund_is_the_payment_with_its_sign_changed(
    amount: Decimal, rate: Decimal, operation: Any, scale: int
) -> None:
    """In both ways of rounding, and zero has no sign."""
    for rounding in ("half_up", "half_even"):
        paid = converted(amount, rate, operation, scale, rounding)
        refunded = converted(-amount, rate, operation, scale, rounding)
        assert refunded == -paid
        assert not str(paid).startswith("-")
        assert str(refunded).startswith("-") == bool(paid)


async def test_a_negative_amount_is_rounded_away_from_zero(ask: Ask) -> None:
    """Half a cent more to give back; less than that is 0.00, never -0.00."""
    query = "/api/v1/convert?from=USD&to=MXN&date=2024-01-02&amount="
    assert (await ask(f"{query}-1250.50")).json()["result"] == "-21295.64"
    assert (await ask(f"{query}-0.0001")).json()["result"] == "0.00"
    assert (await ask(f"{query}-0.0001&scale=10")).json()["result"] == "-0.0017029700"
    assert (await ask(f"{query}0&scale=10")).json()["result"] == "0.0000000000"
