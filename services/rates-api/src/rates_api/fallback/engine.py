"""Connections to the record that cannot write, for MySQL and for SQLite.

In addition, the database user of rates-api has no right but SELECT on the views (rule R2).
 Every transaction is one consistent snapshot (protocol rule 12).
"""

import math
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from rates_contracts import tls
from rates_contracts.deadline import refuse_after_deadline

BEGIN_MYSQL = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
SESSION_IDLE_SECONDS = 60
"""MySQL ends an idle session after this. One whose worker was cut off within a transaction keeps
its tables from every migration; by MySQL's default for eight hours."""


def open_engine(url: str, *, pool_size: int, timeout: float) -> AsyncEngine:
    """Return an engine on `url` that connects on first use and only ever reads.

    `timeout` (seconds) bounds connecting and waiting for a connection of the pool. The wait for a
    lock takes half of it, on MySQL at least 1 s: the answer that somebody holds one comes before
    the question is given up.
    Raises ValueError for TLS options that `rates_contracts.tls` does not know.
    """
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    engine = _sqlite(parsed, timeout) if is_sqlite else _mysql(parsed, pool_size, timeout)
    for beginning in ("do_connect", "before_cursor_execute"):
        event.listen(engine.sync_engine, beginning, refuse_after_deadline)
    return engine


def _mysql(url: URL, pool_size: int, timeout: float) -> AsyncEngine:
    engine = create_async_engine(
        url.difference_update_query(tls.OPTIONS).update_query_dict({"charset": "utf8mb4"}),
        isolation_level="REPEATABLE READ",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        pool_pre_ping=True,
        # Below the five minutes after which balancers and proxies drop an idle connection.
        pool_recycle=240,
        connect_args={
            "connect_timeout": timeout,
            "init_command": _session(timeout),
            "ssl": tls.tls_context(url.query),
        },
    )
    _begin_with(engine, BEGIN_MYSQL)
    return engine


def _session(timeout: float) -> str:
    """Bound the wait for tables that somebody locks, a year by default, and for the worker."""
    patience = max(1, math.floor(timeout / 2))
    return (
        f"SET SESSION lock_wait_timeout = {patience}, wait_timeout = {SESSION_IDLE_SECONDS},"
        " time_zone = '+00:00'"
    )


def _sqlite(url: URL, timeout: float) -> AsyncEngine:
    """Open the file `mode=ro`: a missing one is an error, never an empty new database."""
    path = quote(url.database or "")
    read_only = url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    engine = create_async_engine(
        read_only, poolclass=NullPool, connect_args={"timeout": timeout / 2}
    )
    _begin_with(engine, "BEGIN")

    @event.listens_for(engine.sync_engine, "connect")
    def read_only_connection(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # By default the driver begins transactions itself, at the first write.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    return engine


def _begin_with(engine: AsyncEngine, statement: str) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> Any:
        connection.exec_driver_sql(statement)
