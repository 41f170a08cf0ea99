"""What only MySQL can get wrong: isolation, locks, texts, instants. Its defaults are not ours."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.events import ObservationsRecorded
from rates_contracts.observation import FIX
from rates_sync.errors import LeaseLost, StoreRefused, StoreUnavailable
from rates_sync.store.engine import open_engine, reading, writing
from rates_sync.store.fence import lock_and_verify
from rates_sync.store.rows import read_head
from rates_sync.store.schema import audit, head, lease, observations, outbox, payloads

pytestmark = pytest.mark.integration

VARIABLES = {
    "time_zone": "+00:00",
    "transaction_isolation": "REPEATABLE-READ",
    "wait_timeout": 5,
    "innodb_lock_wait_timeout": 2,
    "lock_wait_timeout": 2,
    "character_set_connection": "utf8mb4",
}


@pytest.mark.parametrize("name", VARIABLES)
async def test_a_session_does_not_rely_on_the_servers_defaults(
    engine: AsyncEngine, mysql_server: Any, name: str
) -> None:
    """Protocol rule 2: isolation, time zone and patience are the session's own."""
    ((default,),) = mysql_server.execute(f"SELECT @@GLOBAL.{name}")
    async with reading(engine) as connection:
        assert await connection.scalar(text(f"SELECT @@SESSION.{name}")) == VARIABLES[name]
    assert default != VARIABLES[name]


# --- isolation and locks -------------------------------------------------------------------------


async def test_what_is_read_under_the_fence_is_the_newest(leader: Any, mysql_server: Any) -> None:
    """Protocol rule 2: whoever waited for the lease row sees what was committed meanwhile."""
    async with writing(leader.engine) as first:
        await lock_and_verify(first, leader.fence)
        second = asyncio.create_task(leader.change_status())
        await _somebody_waits(mysql_server)
        await first.execute(update(head).values(position=7))
    assert (await second).position == 8


async def test_the_fence_sees_the_newest_token_in_an_old_snapshot(
    leader: Any, instance: Any
) -> None:
    """Protocol rule 2: a plain read would go on seeing the token from before the take-over."""
    async with writing(leader.engine) as connection:
        await read_head(connection)
        await instance("second").lead()
        seen = (await connection.execute(select(lease))).one()
        assert seen.token == leader.fence.token
        with pytest.raises(LeaseLost):
            await lock_and_verify(connection, leader.fence)


async def test_of_two_in_a_deadlock_one_is_refused_and_one_goes_on(leader: Any) -> None:
    """The victim hears of an outage, which every caller repeats; nothing of it is kept."""
    first_locks = asyncio.Barrier(2)

    async def lock(first: Any, second: Any) -> None:
        async with writing(leader.engine) as connection:
            await connection.execute(select(first).with_for_update())
            await first_locks.wait()
            await connection.execute(select(second).with_for_update())

    results = await asyncio.gather(lock(lease, head), lock(head, lease), return_exceptions=True)
    (refusal,) = filter(None, results)
    assert isinstance(refusal, StoreUnavailable)
    assert "Deadlock" in str(refusal)
    assert (await leader.change_status()).position == 1


async def test_a_paused_leader_loses_the_lease_row_within_seconds(
    leader: Any, instance: Any
) -> None:
    """Protocol rule 2: the server ends a session that says nothing for 5 s, its locks with it."""
    successor = instance("second")
    seen = await successor.lease.observe()
    async with leader.engine.connect() as paused:
        await paused.execute(select(lease).with_for_update())
        since = time.monotonic()
        taken = None
        while taken is None:
            try:
                taken = await successor.lease.take(seen)
            except StoreUnavailable:
                assert time.monotonic() - since < 9
        await paused.invalidate()
    assert taken.token == leader.fence.token + 1


async def test_a_transaction_whose_session_was_ended_is_an_outage(
    leader: Any, mysql_server: Any
) -> None:
    """A connection lost in the middle is reported once, nothing is kept, the next one is whole."""

    async def interrupted() -> None:
        async with leader.record.recording(leader.fence) as recording:
            await recording.audit("operator", "sync", "by hand")
            session = await recording._connection.scalar(text("SELECT CONNECTION_ID()"))
            mysql_server.execute(f"KILL {session}")
            await recording.kept_calendar()

    with pytest.raises(StoreUnavailable):
        await interrupted()
    async with reading(leader.engine) as connection:
        assert (await connection.execute(select(audit))).all() == []
    assert (await leader.change_status()).position == 1


async def test_a_strangers_table_lock_is_told(
    database: Any, leader: Any, mysql_server: Any
) -> None:
    """Protocol rule 36: the lease is renewed all the same; the recordings say what is wrong."""
    outcomes: list[StoreUnavailable | None] = []
    leader.record._on_outcome = outcomes.append
    stranger = open_engine(mysql_server.url(database.name))
    async with stranger.connect() as connection:
        await connection.execute(text("LOCK TABLES observations READ"))
        with pytest.raises(StoreUnavailable, match="Lock wait timeout"):
            await leader.publish({"2026-08-13": "17.0530"})
        await leader.lease.renew(leader.fence)
        await connection.execute(text("UNLOCK TABLES"))
    await stranger.dispose()
    assert "Lock wait timeout" in str(outcomes.pop())
    await leader.publish({"2026-08-13": "17.0530"})
    assert outcomes == [None]


async def _somebody_waits(server: Any) -> None:
    waits = "SELECT COUNT(*) FROM performance_schema.data_lock_waits"
    deadline = time.monotonic() + 2
    while server.execute(waits) == [(0,)]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0)


async def test_the_servers_clock_comes_with_the_renewal(leader: Any) -> None:
    """Protocol rule 33: it is UTC, whatever the server's time zone, and to the microsecond."""
    before = datetime.now(UTC)
    shown = [await leader.lease.renew(leader.fence) for _ in range(3)]
    assert all(abs(now - before) < timedelta(seconds=5) for now in shown)
    assert shown == sorted(shown)
    assert any(now.microsecond for now in shown)


# --- what is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["17.0530", "17.05300", "0.000100", "12345678901234567890.1234567890"]
)
async def test_a_value_is_kept_digit_by_digit(leader: Any, value: str) -> None:
    """Rule R8: neither a float nor a DECIMAL's scale touches what was published."""
    await leader.publish({"2026-08-13": value})
    async with reading(leader.engine) as connection:
        assert str(await connection.scalar(select(observations.c.value))) == value
        assert await connection.scalar(text("SELECT value FROM rate_history_v1")) == value


async def test_a_value_too_long_is_refused_not_cut(leader: Any) -> None:
    """Rule R8: MySQL would shorten it to fit if it were not strict."""
    with pytest.raises(StoreRefused, match="too long"):
        await leader.publish({"2026-08-13": "1." + "0" * 40})
    async with reading(leader.engine) as connection:
        assert (await connection.execute(select(observations))).all() == []


async def test_texts_compare_byte_by_byte(leader: Any) -> None:
    """As on SQLite: neither case nor accents nor blanks at the end make two names one."""
    names = ["SF1", "SF1 ", "sf1", "sf2", "sfn", "sfñ"]
    for name in reversed(names):
        await leader.publish({"2026-08-13": "17.0530"}, series=name)
    async with reading(leader.engine) as connection:
        ordered = select(observations.c.series).order_by(observations.c.series)
        assert (await connection.scalars(ordered)).all() == names


async def test_every_table_says_how_to_keep_texts(database: Any, leader: Any) -> None:
    """The server's own character set is another; no column has it."""
    found = database.server.execute(
        "SELECT DISTINCT collation_name FROM information_schema.columns"
        f" WHERE table_schema = '{database.name}' AND collation_name IS NOT NULL"
        " AND table_name IN (SELECT table_name FROM information_schema.tables"
        f" WHERE table_schema = '{database.name}' AND table_type = 'BASE TABLE'"
        " AND table_name <> 'alembic_version')"
    )
    assert found == [("utf8mb4_0900_bin",)]


async def test_an_instant_is_utc_whatever_the_server_thinks(
    leader: Any, clock: Any, database: Any
) -> None:
    """The server's time zone is Mexico's; what is kept is UTC with its microseconds."""
    clock.now = datetime(2026, 8, 13, 18, 0, 0, 123456, tzinfo=UTC)
    event = await leader.publish({"2026-08-13": "17.0530"})
    assert event.recorded_at == clock.now == (await leader.record.head()).recorded_at
    query = "SET time_zone = '-06:00'", "SELECT CAST(recorded_at AS CHAR) FROM head_v1"
    kept = database.server.execute(*query, database=database.name)
    assert kept == [("2026-08-13 18:00:00.123456",)]


async def test_what_is_longer_than_a_short_text_fits(leader: Any, clock: Any) -> None:
    """MySQL's TEXT and BLOB end at 64 kB: an event of years and its raw answer are longer."""
    body = bytes(range(256)) * 4000
    async with leader.record.recording(leader.fence) as recording:
        await recording.keep_payload("cd" * 32, body, clock.now)
        await recording.audit("operador", "sync", "México 🇲🇽 " * 10_000)
    values = {
        datetime.fromordinal(day).date().isoformat(): "17.0530" for day in range(730_000, 731_000)
    }
    event = await leader.publish(values)
    async with reading(leader.engine) as connection:
        assert (
            await connection.scalar(select(payloads.c.body).where(payloads.c.sha256 == "cd" * 32))
            == body
        )
        assert await connection.scalar(select(audit.c.detail)) == "México 🇲🇽 " * 10_000
        assert len(await connection.scalar(select(outbox.c.document)) or "") > 64 * 1024
    assert isinstance(event, ObservationsRecorded)
    async with leader.record.recording(leader.fence) as recording:
        newest = await recording.newest(
            FIX, event.observations[0].date, event.observations[-1].date
        )
    assert newest == list(event.observations)
    assert newest[0].value == Decimal("17.0530")
