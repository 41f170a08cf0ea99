"""Whatever Banxico sends, the FIX beside it is recorded, on each database (protocol rule 34).

SQLite takes a text of any length; MySQL refuses one that is longer than its column. So these run on
both.
"""

import hashlib
import json
from datetime import date as Day
from typing import Any

import pytest
from sqlalchemy import select

from rates_contracts.calendar import ONE_DAY
from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.banxico.body import MAX_BODY
from rates_sync.banxico.payload import parse
from rates_sync.banxico.rejections import MAX_ALIKE
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.errors import StoreRefused, UpstreamFailure
from rates_sync.settings import Settings
from rates_sync.store.engine import reading
from rates_sync.store.recording import MAX_KEPT
from rates_sync.store.schema import observations, payloads, quarantine
from rates_sync.timetable.status import StatusOrigin
from rates_sync.upstream import Answer, Query, Rejected

pytestmark = pytest.mark.integration

TODAY = Day(2026, 8, 13)
POLL = Query(
    (FIX, SETTLEMENT), Day(2026, 8, 3), Day(2026, 8, 23), confirms={FIX: None, SETTLEMENT: None}
)
CHUNK = Query((FIX, SETTLEMENT), Day(2022, 8, 1), Day(2026, 7, 31))
EMOJI = "\N{FIRE}" * 300
UNTIDY = "\\u0000 \\\\ ' \" \N{FIRE} % :x {y}"


def datum(fecha: object, dato: object) -> dict[str, object]:
    return {"fecha": fecha, "dato": dato}


def series(name: object, *data: object, **more: object) -> dict[str, object]:
    return {"idSerie": name, "titulo": "x", "datos": list(data), **more}


GARBAGE: dict[str, list[object]] = {
    "an ID of 17 letters": [series("S" * 17, datum("13/08/2026", "17.0530"))],
    "an endless ID": [series("S" * 100_000, datum("13/08/2026", "17.0530"))],
    "5,000 series": [series(f"SF{n}", datum("13/08/2026", "1")) for n in range(5_000)],
    "characters of four bytes": [series(EMOJI), EMOJI, series(SETTLEMENT, EMOJI, titulo=EMOJI)],
    "what a statement could take for its own": [UNTIDY, series(UNTIDY), series(SETTLEMENT, UNTIDY)],
    "an endless value": [series(SETTLEMENT, datum("13/08/2026", "9" * 100_000))],
    "an endless day": [series(SETTLEMENT, datum("9" * 100_000, "17.0530"))],
    "the greatest value": [series(SETTLEMENT, datum("13/08/2026", "999999999.9999"))],
    "null members": [series(SETTLEMENT, titulo=None, datos=None), None],
    "10,000 days that nobody asked for": [series(SETTLEMENT, *[datum("01/02/2003", "1")] * 10_000)],
    "endless values of a day": [
        series(SETTLEMENT, *[datum("13/08/2026", f"17.{n:04}") for n in range(10_000)])
    ],
}


def answer(garbage: list[object], instance: Any, query: Query = POLL) -> Answer:
    """Return the answer to `query` with the FIX of today and `garbage` beside it."""
    nodes = [*garbage, series(FIX, datum("13/08/2026", "17.0530"))]
    body = json.dumps({"bmx": {"series": nodes}}, ensure_ascii=False)
    return parsed(body.encode(), instance, query)


def parsed(body: bytes, instance: Any, query: Query = POLL) -> Answer:
    now = instance.clock.now
    return parse(body, status=200, headers={}, query=query, asked_at=now, received_at=now)


@pytest.fixture
async def recorder(leader: Any) -> Recorder:
    """A recorder that has begun."""
    unused: Any = None
    intervals = Settings(unused, unused, unused, unused).poll_intervals()
    origin = StatusOrigin("simulator", edge_purged=False, intervals=intervals)
    recorder = Recorder(leader.record, leader.fence, origin, leader.clock, lambda _: None)
    await recorder.begin()
    return recorder


async def fix_of_today(leader: Any) -> str | None:
    async with reading(leader.engine) as connection:
        c = observations.c
        found = select(c.value).where(c.series == FIX, c.date == TODAY)
        value = await connection.scalar(found)
        return None if value is None else str(value)


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_the_fix_is_recorded_beside_it(leader: Any, recorder: Recorder, garbage: str) -> None:
    """It costs itself: the FIX is recorded and confirmed, twice the same is no news."""
    asked = answer(GARBAGE[garbage], leader)
    recorded = await recorder.record(asked, AnnounceMode.POLL)
    assert await fix_of_today(leader) == "17.0530"
    assert FIX in recorded.confirmed
    again = await recorder.record(asked, AnnounceMode.POLL)
    assert (again.new, again.quarantined) == (0, ())
    async with reading(leader.engine) as connection:
        rows = (await connection.scalars(select(quarantine.c.fingerprint))).all()
    assert len(rows) <= 2 * MAX_ALIKE


async def test_a_range_of_unusable_values_is_recorded(leader: Any, recorder: Recorder) -> None:
    """Each of 1,461 days is set aside, within the transaction's time; again they are known."""
    days = [Day(2022, 8, 1) + ONE_DAY * n for n in range(1461)]
    rows = [datum(f"{day:%d/%m/%Y}", "17,05") for day in days]
    body = json.dumps({"bmx": {"series": [series(FIX, *rows)]}})
    asked = parsed(body.encode(), leader, CHUNK)
    recorded = await recorder.record(asked, AnnounceMode.LAST_CHUNK)
    assert len(recorded.quarantined) == 1461
    again = await recorder.record(asked, AnnounceMode.LAST_CHUNK)
    assert again.quarantined == ()


@pytest.mark.parametrize("letter", ["'", "\\", "\N{FIRE}", "\N{REPLACEMENT CHARACTER}"])
async def test_a_body_at_the_bound_is_kept_by_its_beginning(
    leader: Any, recorder: Recorder, letter: str
) -> None:
    """Whatever it is made of: in a statement some of its bytes take the place of two."""
    body = (letter * MAX_BODY).encode()[:MAX_BODY]
    await recorder.note_failure("failing", body, leader.clock())
    async with reading(leader.engine) as connection:
        assert await connection.scalar(select(payloads.c.body)) == body[:MAX_KEPT]


async def test_what_proves_an_observation_is_kept_whole(leader: Any, recorder: Recorder) -> None:
    """However long: the hash that the observation names is that of the stored bytes."""
    asked = answer([series(SETTLEMENT, titulo="x" * 2 * MAX_KEPT)], leader)
    await recorder.record(asked, AnnounceMode.POLL)
    assert await hashes_that_differ(leader) == []


async def test_a_beginning_is_completed_once_it_proves_an_observation(
    leader: Any, recorder: Recorder
) -> None:
    """An answer of which the day had room for the beginning only may come again and be needed."""
    asked = answer([], leader)
    async with leader.record.recording(leader.fence) as recording:
        await recording.keep_payload(asked.sha256, asked.body[:20], leader.clock.now)
    await recorder.record(asked, AnnounceMode.POLL)
    assert await hashes_that_differ(leader) == []


async def hashes_that_differ(leader: Any) -> list[str]:
    """Return the names that observations have for bytes with another hash."""
    async with reading(leader.engine) as connection:
        kept = select(payloads.c.sha256, payloads.c.body).join(observations).distinct()
        rows = (await connection.execute(kept)).all()
    assert rows
    return [name for name, body in rows if hashlib.sha256(body).hexdigest() != name]


async def test_an_unusable_answer_is_kept(leader: Any, recorder: Recorder) -> None:
    """Rule R10: what could not be read is kept, in whatever bytes it came."""
    body = bytes(range(256)) * 10
    with pytest.raises(UpstreamFailure) as caught:
        parsed(body, leader)
    await recorder.note_failure("failing", caught.value.body, leader.clock())
    async with reading(leader.engine) as connection:
        assert await connection.scalar(select(payloads.c.body)) == body


async def test_what_the_database_does_not_take_is_a_refusal(leader: Any) -> None:
    """An error of the database about such data is one that the poll expects."""

    async def twice() -> None:
        async with leader.record.recording(leader.fence) as recording:
            datum = Rejected(FIX, None, "x", "y", "undated")
            await recording.quarantine([datum], "ab" * 32)
            await recording.connection.execute(
                quarantine.insert().from_select(
                    [c.name for c in quarantine.columns], select(quarantine)
                )
            )

    with pytest.raises(StoreRefused):
        await twice()
