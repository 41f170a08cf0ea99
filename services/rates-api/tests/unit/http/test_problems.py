"""Problems before they become responses."""

import pytest

from rates_api.http.problems import PROBLEMS, Refused


@pytest.mark.parametrize("code", [code for code, kind in PROBLEMS.items() if kind.status == 503])
def test_every_503_says_when_to_ask_again(code: str) -> None:
    """A 503 without an instant of its own still has a `Retry-After`."""
    assert Refused(code, "Later.").retry_after
    assert Refused(code, "Later.", retry_after=7).retry_after == 7


def test_what_retrying_does_not_mend_has_no_retry_after() -> None:
    """An absence that is known stays: no use in asking again soon."""
    assert Refused("gap", "The FIX is missing.").retry_after is None
