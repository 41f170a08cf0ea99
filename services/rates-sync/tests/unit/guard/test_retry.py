"""The retry: one blip is asked again, nothing else is (protocol rules 19 and 20)."""

from collections.abc import Callable
from typing import Any

import pytest

from rates_sync.errors import (
    BadToken,
    BreakerOpen,
    QuotaExhausted,
    RatesSyncError,
    StoreUnavailable,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.guard.retry import Retry
from rates_sync.upstream import Query

QUERY = Query(("SF43718",))


@pytest.fixture
def counted() -> list[str]:
    """The outcomes that were observed."""
    return []


@pytest.fixture
def retry_if(banxico: Any, slept: Any, counted: list[str]) -> Callable[[bool], Retry]:
    """Makes a retry guard that may, or may not, try again."""

    def make(allowed: bool) -> Retry:
        async def may_retry() -> bool:
            return allowed

        return Retry(
            banxico,
            may_retry=may_retry,
            pause=lambda: 1.25,
            sleep=slept.sleep,
            on_attempt=counted.append,
        )

    return make


async def test_a_blip_is_asked_again(
    retry_if: Any, banxico: Any, slept: Any, counted: list[str], answer: Any
) -> None:
    """After one failure and the pause a second attempt brings the answer; both are counted."""
    banxico.script = [UpstreamFailure("blip", kind="timeout")]
    assert await retry_if(True).ask(QUERY) is answer
    assert (slept.seconds, counted) == ([1.25], ["timeout", "success"])


async def test_a_failure_that_asks_to_wait_is_not_asked_again(retry_if: Any, banxico: Any) -> None:
    """Protocol rule 34: `Retry-After` of a 503 delays the next question, the retry too."""
    failure = UpstreamFailure("status 503", kind="server_error", retry_after=30)
    banxico.script = [failure]
    with pytest.raises(UpstreamFailure) as raised:
        await retry_if(True).ask(QUERY)
    assert raised.value is failure
    assert len(banxico.asked) == 1


async def test_two_attempts_and_no_more(retry_if: Any, banxico: Any) -> None:
    """The second failure is raised: a third attempt would let one poll open the breaker."""
    last = UpstreamFailure("second")
    banxico.script = [UpstreamFailure("first"), last]
    with pytest.raises(UpstreamFailure) as caught:
        await retry_if(True).ask(QUERY)
    assert caught.value is last
    assert len(banxico.asked) == 2


async def test_no_second_attempt_that_cannot_be_afforded(
    retry_if: Any, banxico: Any, slept: Any
) -> None:
    """Where the quota can't pay for it, the first failure stands."""
    banxico.script = [UpstreamFailure("first")]
    with pytest.raises(UpstreamFailure, match="first"):
        await retry_if(False).ask(QUERY)
    assert (len(banxico.asked), slept.seconds) == (1, [])


@pytest.mark.parametrize(
    ("error", "outcomes"),
    [
        (BadToken("no"), ["bad_token"]),
        (QuotaExhausted("spent"), ["quota_exhausted"]),
        (UpstreamRateLimited(54), ["rate_limited"]),
        (StoreUnavailable("no ledger"), []),
    ],
)
async def test_other_outcomes_are_never_retried(
    retry_if: Any, banxico: Any, counted: list[str], error: RatesSyncError, outcomes: list[str]
) -> None:
    """Neutral outcomes and a lost ledger would be the same a second later (rule 19)."""
    banxico.script = [error]
    with pytest.raises(type(error)):
        await retry_if(True).ask(QUERY)
    assert (len(banxico.asked), counted) == (1, outcomes)


async def test_an_open_breaker_is_never_retried(
    retry_if: Any, banxico: Any, clock: Any, counted: list[str]
) -> None:
    """The breaker's refusal is final for this call (rule 19)."""
    banxico.script = [BreakerOpen(clock.now)]
    with pytest.raises(BreakerOpen):
        await retry_if(True).ask(QUERY)
    assert (len(banxico.asked), counted) == (1, ["breaker_open"])
