"""MySQL in a container; its defaults are deliberately not those that the services need.

What they need, they must say themselves: time zone, isolation, character set, strictness. The image
is MYSQL_IMAGE's.
"""

import asyncio
import contextlib
import os
import shlex
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import asyncmy
from asyncmy.errors import MySQLError
from testcontainers.core.container import DockerContainer

from rates_dev.ports import free_port
from support.servers import until_it_answers
from support.servers.certificates import Certificates

IMAGE = os.environ.get("MYSQL_IMAGE", "mysql:8.4")
PASSWORD = "of-the-tests"
OPTIONS = {
    "default-time-zone": "-06:00",
    "transaction-isolation": "READ-COMMITTED",
    "character-set-server": "latin1",
    "collation-server": "latin1_general_ci",
    "sql-mode": "",
    "skip-log-bin": "ON",
    "mysqlx": "OFF",
    "innodb-flush-log-at-trx-commit": "0",
    "ssl-ca": "/certificates/ca.pem",
    "ssl-cert": "/certificates/server.pem",
    "ssl-key": "/certificates/server.key",
}

Statement = str | tuple[str, Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class MysqlServer:
    """The MySQL of this session; each test makes databases of its own in it."""

    container: DockerContainer
    port: int
    host: str = "127.0.0.1"

    def url(self, database: str, user: str = "root") -> str:
        """Return a database's SQLAlchemy URL."""
        return f"mysql+asyncmy://{user}:{PASSWORD}@{self.host}:{self.port}/{database}"

    def execute(self, *statements: Statement, database: str = "") -> list[tuple[Any, ...]]:
        """Run statements as root in one transaction; return the rows of the last.

        A pair is a statement and its rows. Callable within a running event loop.
        """
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(asyncio.run, self._execute(statements, database)).result()

    def restart(self) -> None:
        """End the server and wait until it is back, its data kept."""
        with contextlib.suppress(MySQLError):
            self.execute("SHUTDOWN")
            while True:
                self.execute("SELECT 1")
        self.wait()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let it hang: what is sent is taken, nothing is answered."""
        self.container.get_wrapped_container().pause()
        try:
            yield
        finally:
            self.container.get_wrapped_container().unpause()

    def wait(self) -> None:
        """Wait until it answers."""
        until_it_answers(lambda: self.execute("SELECT 1"), (MySQLError, OSError))

    async def _execute(
        self, statements: Sequence[Statement], database: str
    ) -> list[tuple[Any, ...]]:
        connection = await asyncmy.connect(
            host=self.host,
            port=self.port,
            user="root",
            password=PASSWORD,
            database=database or None,
            init_command="SET SESSION sql_mode = 'TRADITIONAL', time_zone = '+00:00'",
            connect_timeout=5,
            read_timeout=20,
        )
        async with connection, connection.cursor() as cursor:
            for statement in statements:
                if isinstance(statement, str):
                    await cursor.execute(statement)
                elif statement[1]:
                    await cursor.executemany(*statement)
            rows = list(await cursor.fetchall()) if cursor.description else []
            await connection.commit()
            return rows


@contextlib.contextmanager
def running_mysql(certificates: Certificates) -> Iterator[MysqlServer]:
    """Start MySQL with its data in memory; it comes back by itself whenever it ends."""
    serve = shlex.join(
        [
            "docker-entrypoint.sh",
            "mysqld",
            *(f"--{name}={value}" for name, value in OPTIONS.items()),
        ]
    )
    port = free_port()
    container = (
        DockerContainer(IMAGE)
        .with_env("MYSQL_ROOT_PASSWORD", PASSWORD)
        .with_tmpfs_mount("/var/lib/mysql", "size=512m")
        .with_bind_ports(3306, port)
        .with_command(["sh", "-c", f"while {serve}; do :; done"])
    )
    with certificates.copy_into(container):
        server = MysqlServer(container, port)
        server.wait()
        server.execute(
            f"CREATE USER rates_sync IDENTIFIED WITH caching_sha2_password BY '{PASSWORD}'",
            r"GRANT ALL ON `test\_%`.* TO rates_sync",
            f"CREATE USER rates_api IDENTIFIED WITH caching_sha2_password BY '{PASSWORD}'",
            r"GRANT SELECT ON `test\_%`.* TO rates_api",
        )
        yield server
