"""What an answer must be to confirm anything (protocol rule 27)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal

import pytest

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.errors import Unconfirmed
from rates_sync.guard.confirmation import Confirmation
from rates_sync.upstream import Answer, Published, Query

K, BEFORE, LATER = Day(2026, 8, 12), Day(2026, 8, 11), Day(2026, 8, 13)
ASKED = datetime(2026, 8, 13, 18, 0, 0, 500_000, tzinfo=UTC)
QUERY = Query((FIX, SETTLEMENT), Day(2026, 8, 2), Day(2026, 8, 23), confirms={FIX: K})


@dataclass
class FakeBanxico:
    """Has one answer."""

    answer: Answer

    async def ask(self, query: Query) -> Answer:
        """Return it."""
        return replace(self.answer, query=query)


def answer(days: Sequence[Day], **headers: object) -> Answer:
    """Return an answer with the FIX of these days that took two seconds."""
    published = tuple(Published(FIX, day, Decimal("17.0530")) for day in days)
    received = ASKED + timedelta(seconds=2)
    made = Answer(b"{}", "sha", received, published, (), (), {}, asked_at=ASKED)
    return replace(made, **headers)  # type: ignore[arg-type]


async def test_answer_of_now_with_the_newest_known_day_confirms() -> None:
    """The newest known FIX, or a later one, is what the question is about."""
    for days in ([K], [LATER], [BEFORE, K]):
        shown = answer(days, answered_at=ASKED)
        assert (await Confirmation(FakeBanxico(shown)).ask(QUERY)).published == shown.published


async def test_answer_without_the_newest_known_day_is_unconfirmed() -> None:
    """An older FIX alone, or none, confirms nothing; the answer comes along."""
    for days in ([BEFORE], []):
        with pytest.raises(Unconfirmed) as raised:
            await Confirmation(FakeBanxico(answer(days))).ask(QUERY)
        assert [row.date for row in raised.value.answer.published] == days


async def test_without_a_known_day_any_fix_confirms() -> None:
    """The first answer of an empty record is confirmed by whatever FIX it shows."""
    query = replace(QUERY, confirms={FIX: None})
    await Confirmation(FakeBanxico(answer([BEFORE]))).ask(query)
    with pytest.raises(Unconfirmed):
        await Confirmation(FakeBanxico(answer([]))).ask(query)


async def test_backfill_is_not_judged() -> None:
    """A range of the past verifies nothing, so that it must show nothing."""
    await Confirmation(FakeBanxico(answer([]))).ask(replace(QUERY, confirms=None))


@pytest.mark.parametrize(
    ("headers", "is_of_now"),
    [
        ({}, True),
        ({"answered_at": ASKED - timedelta(milliseconds=500)}, True),
        ({"answered_at": ASKED - timedelta(seconds=60)}, True),
        ({"answered_at": ASKED - timedelta(seconds=61)}, False),
        ({"answered_at": ASKED + timedelta(seconds=62)}, True),
        ({"answered_at": ASKED + timedelta(seconds=63)}, False),
        ({"answered_at": ASKED - timedelta(days=1)}, False),
        ({"age": timedelta(seconds=60)}, True),
        ({"age": timedelta(seconds=61)}, False),
    ],
)
async def test_answer_is_of_now_within_a_minute(
    headers: dict[str, object], is_of_now: bool
) -> None:
    """`Date` within 60 s of the time of asking, `Age` at most 60 s, where they are there."""
    shown = answer([K], **headers)
    assert shown.is_of_now is is_of_now
    if not is_of_now:
        with pytest.raises(Unconfirmed):
            await Confirmation(FakeBanxico(shown)).ask(QUERY)
