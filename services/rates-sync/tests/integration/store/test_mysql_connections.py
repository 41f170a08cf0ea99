"""Connections to MySQL: how they authenticate, whom they trust, and what outlives a server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_sync import migrations
from rates_sync.errors import StoreUnavailable
from rates_sync.migrations import migrate
from rates_sync.store import engine as store_engine
from rates_sync.store.engine import CONNECTIONS, open_engine, reading
from rates_sync.store.rows import read_head

pytestmark = pytest.mark.integration


@pytest.fixture
def newcomer(mysql_server: Any, database: Any) -> Iterator[str]:
    """Give the URL of a user whom the server has never seen: nothing about it is cached yet."""
    mysql_server.execute(
        "CREATE USER newcomer IDENTIFIED WITH caching_sha2_password BY 'of-the-tests'",
        f"GRANT ALL ON {database.name}.* TO newcomer",
    )
    yield mysql_server.url(database.name, "newcomer")
    mysql_server.execute("DROP USER newcomer")


@contextlib.asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url)
    yield engine
    await engine.dispose()


async def _cipher(url: str) -> str:
    """Return what encrypts a connection, nothing if nothing does."""
    async with _engine(url) as engine, reading(engine) as connection:
        row = (await connection.execute(text("SHOW SESSION STATUS LIKE 'Ssl_cipher'"))).one()
        return str(row[1])


async def test_a_password_is_given_safely_without_tls(newcomer: str) -> None:
    """`caching_sha2_password` asks a newcomer for the whole password, by the server's key."""
    assert await _cipher(newcomer) == ""
    assert await _cipher(newcomer) == ""


async def test_a_password_is_given_over_tls(newcomer: str, certificates: Any) -> None:
    """The right authority connects, encrypted, the first time and from the server's cache."""
    url = f"{newcomer}?ssl_ca={certificates.authority}"
    assert await _cipher(url) != ""
    assert await _cipher(url) != ""


async def test_a_wrong_password_is_an_outage(newcomer: str) -> None:
    """It is reported in the server's words, without the password."""
    with pytest.raises(StoreUnavailable, match="Access denied") as refused:
        await _cipher(newcomer.replace("of-the-tests", "of-others"))
    assert "of-others" not in str(refused.value)


async def test_a_server_of_another_authority_is_refused(newcomer: str, certificates: Any) -> None:
    """Whoever can't show a certificate that we trust gets no password."""
    with pytest.raises(StoreUnavailable, match="certificate verify failed"):
        await _cipher(f"{newcomer}?ssl_ca={certificates.stranger}")
    with pytest.raises(StoreUnavailable, match="certificate verify failed"):
        await _cipher(f"{newcomer}?ssl=true")


async def test_a_server_of_another_name_is_refused(newcomer: str, certificates: Any) -> None:
    """A certificate of the right authority for somebody else is not enough."""
    url = newcomer.replace("127.0.0.1", "127.0.0.2")
    assert await _cipher(url) == ""
    with pytest.raises(StoreUnavailable, match="certificate verify failed"):
        await _cipher(f"{url}?ssl_ca={certificates.authority}")


async def test_a_migration_uses_tls_too(
    newcomer: str, certificates: Any, mysql_server: Any
) -> None:
    """Where the server insists on TLS, it is used from the first connection on."""
    mysql_server.execute("ALTER USER newcomer REQUIRE SSL")
    with pytest.raises(StoreUnavailable, match="Access denied"):
        await migrate(newcomer)
    await migrate(f"{newcomer}?ssl_ca={certificates.authority}")


async def test_a_migration_waits_for_anothers(
    database: Any, mysql_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another instance migrates this database, ours does nothing, and gives up in the end."""
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 1)
    async with _engine(database.url) as engine, engine.connect() as other:
        await migrations._take_lock(other)
        with pytest.raises(StoreUnavailable, match="another instance"):
            await migrate(database.url)
        assert database.untouched
    await migrate(database.url)


async def test_migrations_of_two_databases_do_not_wait_for_each_other(
    database: Any, mysql_server: Any
) -> None:
    """MySQL's named locks count for the whole server; ours has the database's name."""
    async with _engine(mysql_server.url("sys")) as engine, engine.connect() as other:
        await migrations._take_lock(other)
        async with asyncio.timeout(10):
            await migrate(database.url)


async def test_a_restarted_server_is_used_again_at_once(leader: Any, mysql_server: Any) -> None:
    """All pooled connections are dead; no transaction hears of it, or waits."""
    await asyncio.gather(*(leader.record.head() for _ in range(5)))
    await asyncio.to_thread(mysql_server.restart)
    outcomes = [await _outcome(leader) for _ in range(5)]
    assert [found for found, _ in outcomes] == ["found"] * 5
    assert all(seconds < 2 for _, seconds in outcomes)


async def test_while_a_server_restarts_every_question_is_answered(
    leader: Any, mysql_server: Any
) -> None:
    """Each finds the record or an outage, within a transaction's bound; then all find it again."""
    restart = asyncio.create_task(asyncio.to_thread(mysql_server.restart))
    outcomes = []
    while not restart.done():
        outcomes.append(await _outcome(leader))
        await asyncio.sleep(0.01)
    await restart
    assert {found for found, _ in outcomes} == {"found", "away"}
    assert max(seconds for _, seconds in outcomes) < 6
    assert (await leader.change_status()).position == 1


async def test_a_server_that_hangs_is_an_outage(leader: Any, mysql_server: Any) -> None:
    """A paused server takes connections and answers nothing; nobody waits longer than 5 s."""
    await leader.record.head()
    with mysql_server.paused():
        outcomes = await asyncio.gather(*(_outcome(leader) for _ in range(7)))
    assert {found for found, _ in outcomes} == {"away"}
    assert max(seconds for _, seconds in outcomes) < 8
    assert (await leader.record.head()).position == 0


async def test_quick_statements_in_a_row_are_bounded_together(
    leader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver can lose the cancellation that ends a transaction; the next statement fails."""
    monkeypatch.setattr(store_engine, "TRANSACTION_SECONDS", 0.05)

    async def ask_for_seconds() -> None:
        begun = time.monotonic()
        async with reading(leader.engine) as connection:
            while time.monotonic() - begun < 2:
                await connection.execute(text("SELECT 1"))

    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            await ask_for_seconds()


async def test_after_a_failover_the_next_write_works_within_one_retry(
    leader: Any, mysql_server: Any
) -> None:
    """Protocol rule 36: sessions that began on a read-only server don't outlive its demotion."""
    with _read_only(mysql_server, "transaction_read_only"):
        _kill_sessions(mysql_server)
        await _fill_the_pool(leader)
        with pytest.raises(StoreUnavailable, match="READ ONLY"):
            await leader.lease.renew(leader.fence)
        await _fill_the_pool(leader)
    with contextlib.suppress(StoreUnavailable):
        await leader.change_status()
    assert (await leader.change_status()).position > 0
    for _ in range(CONNECTIONS):
        await leader.lease.renew(leader.fence)


async def test_a_demoted_server_costs_every_pooled_connection(
    leader: Any, mysql_server: Any
) -> None:
    """Protocol rule 36: one refused write, and those that others hold are not used again either."""
    before = await _fill_the_pool(leader)
    async with reading(leader.engine) as held:
        old = await held.scalar(SESSION)
        with (
            _read_only(mysql_server, "super_read_only"),
            pytest.raises(StoreUnavailable, match="read-only"),
        ):
            await leader.change_status()
        assert await held.scalar(SESSION) == old
    after = await _fill_the_pool(leader)
    assert before.isdisjoint(after)


async def test_a_connection_that_the_driver_closed_is_left(leader: Any, mysql_server: Any) -> None:
    """Protocol rule 36: whatever the driver calls a lost connection, the next one is another."""
    async with leader.engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        driver = await connection.get_raw_connection()
        driver.driver_connection._close_on_cancel()
        with pytest.raises(DBAPIError, match="Cancelled") as closed:
            await connection.execute(text("SELECT 1"))
    assert closed.value.connection_invalidated


SESSION = text("SELECT CONNECTION_ID()")


@contextlib.contextmanager
def _read_only(server: Any, variable: str) -> Iterator[None]:
    server.execute(f"SET GLOBAL {variable} = ON")
    try:
        yield
    finally:
        server.execute("SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF")
        server.execute("SET GLOBAL transaction_read_only = OFF")


def _kill_sessions(server: Any) -> None:
    """Cut every connection of rates-sync, as a failover does."""
    found = server.execute(
        "SELECT id FROM performance_schema.processlist WHERE user = 'rates_sync'"
    )
    server.execute(*(f"KILL {session}" for (session,) in found))


async def _fill_the_pool(leader: Any) -> set[int]:
    """Use every connection of the pool at the same time; return their sessions."""
    everybody = asyncio.Barrier(CONNECTIONS)

    async def session() -> int:
        async with reading(leader.engine) as connection:
            number: int = await connection.scalar(SESSION)
            await everybody.wait()
            return number

    return set(await asyncio.gather(*(session() for _ in range(CONNECTIONS))))


async def _outcome(leader: Any) -> tuple[str, float]:
    begun = time.monotonic()
    try:
        async with reading(leader.engine) as connection:
            await read_head(connection)
    except StoreUnavailable:
        return "away", time.monotonic() - begun
    return "found", time.monotonic() - begun
