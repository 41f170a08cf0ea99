"""The record in MySQL, which the driver reaches by a port of its own when the services do not."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import asyncmy
from asyncmy.errors import InterfaceError, OperationalError, ProgrammingError

from driver.answers import Unreachable
from driver.database import Database, DatabaseState
from driver.processes import Process
from driver.services import Connectivity
from rates_contracts.views import VIEWS

SCHEMA = "rates"
LOCK = f"SELECT token FROM {SCHEMA}.lease FOR UPDATE"
"""Every recording begins with it (protocol rule 2)."""
LEFT = "SELECT id FROM performance_schema.processlist WHERE user LIKE 'rates%'"
"""The services' sessions."""
TAKEN = 3572
"""MySQL's error for a row that somebody else has locked."""
NO_TABLE = 1146
OF_THE_CLIENT = 2000
"""Errors from here on are of the way to the server: refused, lost, silent."""

Rows = Sequence[tuple[Any, ...]]


class MySqlDatabase(Database):
    """One schema; `ways` are those by which the services reach it."""

    def __init__(self, process: Process, password: str, ways: Sequence[Connectivity]) -> None:
        self.process = process
        self._password = password
        self._ways = ways
        self._runner = asyncio.Runner()
        self._copies = 0

    def answers(self) -> bool:
        """Tell whether it takes questions."""
        try:
            return self.rows("SELECT 1") == ((1,),)
        except Unreachable:
            return False

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Hold the row that each recording locks first."""
        return self._held("BEGIN", LOCK)

    def tables_locked(self) -> contextlib.AbstractContextManager[None]:
        """Hold every table that a read view looks at: nobody else reads or writes one."""
        return self._held(f"LOCK TABLES {', '.join(f'{view} WRITE' for view in VIEWS)}")

    @contextlib.contextmanager
    def _held(self, *statements: str) -> Iterator[None]:
        """Keep what the statements lock, in a session of its own."""
        holding = self._connect()
        connection = self._runner.run(holding.__aenter__())
        try:
            for statement in statements:
                self._runner.run(_ask(connection, statement))
            yield
        finally:
            self._runner.run(holding.__aexit__(None, None, None))

    def writable(self) -> bool:
        """Tell whether nobody holds that row."""
        try:
            self.rows(f"{LOCK} NOWAIT")
        except OperationalError as error:
            if error.args[0] != TAKEN:
                raise
            return False
        return True

    def take_away(self) -> None:
        """Cut off every service."""
        for way in self._ways:
            way.cut()

    def bring_back(self) -> None:
        """Let every service through again."""
        for way in self._ways:
            way.restore()

    def clear(self) -> None:
        """Leave nothing but an empty schema; the accounts keep their rights.

        A session that was cut off within a transaction outlives its service, with locks.
        """
        for (session,) in self.rows(LEFT):
            with contextlib.suppress(OperationalError):  # it has ended by itself
                self.execute(f"KILL {session}")
        self.execute(f"DROP DATABASE {SCHEMA}", f"CREATE DATABASE {SCHEMA}")

    def remember(self) -> DatabaseState:
        """Return a copy of the state now: another schema, copied while nobody records."""
        self._copies += 1
        copy = f"copy_{self._copies}"
        tables = self._tables(SCHEMA)
        self.execute(
            f"CREATE DATABASE {copy}",
            *(f"CREATE TABLE {copy}.{table} LIKE {SCHEMA}.{table}" for table in tables),
            "BEGIN",
            LOCK,
            *(f"INSERT INTO {copy}.{table} SELECT * FROM {SCHEMA}.{table}" for table in tables),
            "COMMIT",
        )
        return DatabaseState(copy)

    def restore(self, state: DatabaseState) -> None:
        """Set the live database back in one transaction."""
        tables = self._tables(state.name)
        self.execute(
            "SET foreign_key_checks = 0",
            "BEGIN",
            LOCK,
            *(f"DELETE FROM {SCHEMA}.{table}" for table in tables),
            *(
                f"INSERT INTO {SCHEMA}.{table} SELECT * FROM {state.name}.{table}"
                for table in tables
            ),
            "COMMIT",
        )

    def rows(self, query: str, *parameters: object) -> Rows:
        """Return what a query finds."""
        return self._run(lambda connection: _ask(connection, query.replace("?", "%s"), parameters))

    def execute(self, *statements: str) -> None:
        """Run statements, one after the other, on one connection."""

        async def work(connection: Any) -> Rows:
            for statement in statements:
                await _ask(connection, statement)
            return ()

        self._run(work)

    def close(self) -> None:
        """End what the driver asks with."""
        self._runner.close()

    def _tables(self, schema: str) -> list[str]:
        query = (
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = ? AND table_type = 'BASE TABLE'"
        )
        return [name for (name,) in self.rows(query, schema)]

    def _run(self, work: Callable[[Any], Awaitable[Rows]]) -> Rows:
        """Do `work` on a connection of its own: what a killed server left is never asked again."""

        async def connected() -> Rows:
            async with self._connect() as connection:
                return await work(connection)

        try:
            return self._runner.run(connected())
        except (OSError, EOFError, InterfaceError) as error:
            raise Unreachable(f"MySQL: {error!r}") from error
        except (OperationalError, ProgrammingError) as error:
            code = error.args[0]
            if code != NO_TABLE and (code < OF_THE_CLIENT or code == TAKEN):
                raise
            raise Unreachable(f"MySQL: {error!r}") from error

    def _connect(self) -> Any:
        return asyncmy.connect(
            host="127.0.0.1",
            port=self.process.port("public"),
            user="root",
            password=self._password,
            db=SCHEMA,
            autocommit=True,
            connect_timeout=2,
            read_timeout=20,
        )


async def _ask(connection: Any, query: str, parameters: Sequence[object] = ()) -> Rows:
    async with connection.cursor() as cursor:
        await cursor.execute(query, parameters or None)
        return tuple(tuple(row) for row in await cursor.fetchall())
