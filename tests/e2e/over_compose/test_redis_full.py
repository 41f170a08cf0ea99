"""A Redis that is out of memory: it answers, and takes no event any more."""

import pytest
from driver.platform import Platform
from driver.sights import CURRENT, correct, everywhere, rate, relayed, well

pytestmark = pytest.mark.e2e

MAX_AGE = 20
"""Seconds that an old rate may outlive the recording: nothing tells a worker of the loss."""


def test_a_redis_without_memory_costs_no_request_and_hides_no_rate_for_long(
    platform: Platform,
) -> None:
    """Protocol rules 14 and 41: workers see the record's head; with memory again all is well."""
    with platform.api.load(CURRENT) as load:
        platform.redis.run_out_of_memory()
        before, value = rate(platform), correct(platform)
        platform.sync[0].poll()
        platform.until(lambda: everywhere(platform, value), within=MAX_AGE)
        assert before != value
        assert not relayed(platform)
        platform.redis.have_memory()
        platform.until(lambda: well(platform), within=20)
    assert load.failures == []
