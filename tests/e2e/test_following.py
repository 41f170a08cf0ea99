"""Scenario 13: whoever follows the stream has each change once, whatever becomes of instances."""

import pytest
from driver.follower import Follower
from driver.platform import Platform
from driver.services import ApiInstance
from driver.sights import correct, everywhere, well

pytestmark = pytest.mark.e2e


def test_clients_have_each_change_once_while_instances_are_replaced(platform: Platform) -> None:
    """A stopped instance ends its streams in time; they go on elsewhere, after the last change."""
    with Follower(platform.api.port) as follower:
        platform.until(lambda: bool(follower.messages))
        told = [record_another_value(platform)]
        for instance in platform.api.instances:
            replace(platform, instance, follower)
            told.append(record_another_value(platform))
        platform.until(lambda: follower.told(told[-1]) > 0)
    assert [follower.told(value) for value in told] == [1] * len(told)
    assert follower.resets == 0


def test_what_was_recorded_while_nobody_served_is_told_afterwards(platform: Platform) -> None:
    """Workers that start know the changes of before: a client that comes back has missed none."""
    with Follower(platform.api.port) as follower:
        platform.until(lambda: bool(follower.messages))
        first = record_another_value(platform)
        platform.until(lambda: follower.told(first) == 1)
        platform.api.kill()
        second = correct(platform)
        platform.sync[0].poll()
        platform.api.start()
        platform.until(lambda: well(platform), within=30)
        platform.until(lambda: follower.told(second) > 0)
    assert [follower.told(value) for value in (first, second)] == [1, 1]
    assert follower.resets == 0


def record_another_value(platform: Platform) -> str:
    """Let a poll record another value, and return it once every worker serves it."""
    value = correct(platform)
    platform.sync[0].poll()
    platform.until(lambda: everywhere(platform, value))
    return value


def replace(platform: Platform, instance: ApiInstance, follower: Follower) -> None:
    """Stop an instance as a deployment does, and start it again."""
    streams = follower.streams
    assert instance.stop() == 0
    instance.start()
    platform.until(lambda: well(platform), within=30)
    platform.until(lambda: follower.streams >= streams)
