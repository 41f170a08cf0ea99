"""Cache-Control, entity tags and content coding."""

from datetime import UTC, datetime, timedelta

import pytest

from rates_api.http.response import accepts_gzip, if_none_match_matches, render

NOW = datetime(2026, 8, 14, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "edge_seconds", "expected"),
    [
        (7200, 3600, 3600),
        (90, 3600, 90),
        (7200, 300, 300),
        (7200, 15, 15),
        (0.9, 3600, 0),
        (-10, 3600, 0),
    ],
)
def test_s_maxage_ends_with_what_ends_first(left: float, edge_seconds: int, expected: int) -> None:
    """`s-maxage` is the time left, rounded down, and never above the limit (protocol rule 21)."""
    ends = NOW + timedelta(seconds=left)
    answer = render(b"", "text/plain", "shared", valid_until=ends, edge_seconds=edge_seconds)
    header = answer.cache_control(NOW)
    assert header == f"public, max-age=0, must-revalidate, s-maxage={expected}"


def test_an_answer_that_leaves_late_is_kept_shorter() -> None:
    """The edge never keeps an answer past its end, however long ago it was rendered."""
    answer = render(b"", "text/plain", "shared", valid_until=NOW + timedelta(seconds=60))
    assert answer.cache_control(NOW + timedelta(seconds=59)).endswith("s-maxage=1")


@pytest.mark.parametrize(
    ("sent", "has"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
        ('"a', False),
    ],
)
def test_if_none_match_is_compared_weakly(sent: str, *, has: bool) -> None:
    """A weak tag, a list and `*` match; what is no entity tag does not."""
    assert if_none_match_matches(sent, '"a"') is has


@pytest.mark.parametrize(
    ("sent", "takes"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("*;q=1, gzip;q=0", False),
        ("br", False),
        ("", False),
        ("gzip;q=x", False),
        ("gzip;q=1.1.1", False),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(sent: str, *, takes: bool) -> None:
    """Weights count, naming gzip outweighs `*`, nonsense is no consent."""
    assert accepts_gzip(sent) is takes
