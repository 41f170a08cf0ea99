"""A deadline refuses what begins too late, and ends with its block."""

import pytest

from rates_contracts.deadline import deadline, refuse_after_deadline


def test_what_begins_after_the_deadline_is_refused() -> None:
    """Nothing has to notice a cancellation for that."""
    with deadline(0), pytest.raises(TimeoutError):
        refuse_after_deadline()


def test_before_it_and_without_one_nothing_is_refused() -> None:
    """An engine's listener is called for everybody's statements."""
    refuse_after_deadline()
    with deadline(60):
        refuse_after_deadline()


def test_the_deadline_ends_with_its_block() -> None:
    """Around it an outer one counts again."""
    with deadline(60):
        with deadline(0):
            pass
        refuse_after_deadline()
