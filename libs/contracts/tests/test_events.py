"""Positions in the record."""

import pytest

from rates_contracts.events import Position


def test_positions_compare_timeline_first() -> None:
    """Protocol rule 9: a later timeline is ahead of any position of an earlier one."""
    assert Position(2, 1) > Position(1, 999)
    assert Position(1, 10) > Position(1, 9)


def test_a_position_and_its_stream_id_are_one() -> None:
    """Protocol rule 6: the stream ID is `<timeline>-<position>`."""
    assert Position(3, 7).stream_id == "3-7"
    assert Position.of_stream_id("3-7") == Position(3, 7)


@pytest.mark.parametrize("text", ["", "7", "a-1", "1-"])
def test_what_is_no_stream_id_is_refused(text: str) -> None:
    """Text that is no stream ID raises ValueError."""
    with pytest.raises(ValueError, match="invalid literal"):
        Position.of_stream_id(text)
