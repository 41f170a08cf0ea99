"""What the integration tests of both services share: MySQL and Redis in containers, a marker.

`RATES_TEST_DATABASE=mysql` and `RATES_TEST_REDIS=container` ask for them; each is started once per
test session and ended with it.
"""

from collections.abc import Iterator

import pytest

from support.servers.certificates import Certificates, make_certificates
from support.servers.mysql import MysqlServer, running_mysql
from support.servers.redis import RedisServer, running_redis

USES_REDIS = {"redis_url", "redis_server"}
"""The fixtures that give the Redis under test."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches Redis: `./dev test` picks it for one more Redis over the same database."""
    for item in items:
        if USES_REDIS & set(getattr(item, "fixturenames", ())):
            item.add_marker("redis")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Give the tests' own authority, and the certificate that both servers show."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def mysql_server(certificates: Certificates) -> Iterator[MysqlServer]:
    """Give the MySQL of this session."""
    with running_mysql(certificates) as server:
        yield server


@pytest.fixture(scope="session")
def redis_container(certificates: Certificates) -> Iterator[RedisServer]:
    """Give the Redis of this session."""
    with running_redis(certificates) as server:
        yield server
