"""Redis in a container, in the clear and with TLS; it keeps nothing. The image is REDIS_IMAGE's."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from redis import Redis, RedisError
from testcontainers.core.container import DockerContainer

from rates_dev.ports import free_port
from support.servers import until_it_answers
from support.servers.certificates import Certificates

IMAGE = os.environ.get("REDIS_IMAGE", "redis:8")
OPTIONS = {
    "save": "",
    "appendonly": "no",
    "port": "6379",
    "tls-port": "6380",
    "tls-ca-cert-file": "/certificates/ca.pem",
    "tls-cert-file": "/certificates/server.pem",
    "tls-key-file": "/certificates/server.key",
    "tls-auth-clients": "no",
}


@dataclass(frozen=True)
class RedisServer:
    """The Redis of this session; `stop` and `start` empty it."""

    container: DockerContainer
    port: int
    tls_port: int
    host: str = "127.0.0.1"

    def start(self) -> None:
        """Start it again and wait until it answers."""
        self.container.get_wrapped_container().start()
        self.wait()

    def stop(self) -> None:
        """End it: connections are refused."""
        self.container.get_wrapped_container().stop(timeout=5)

    def wait(self) -> None:
        """Wait until it answers."""
        with Redis(host=self.host, port=self.port, socket_timeout=1) as client:
            until_it_answers(client.ping, (RedisError, OSError))


@contextlib.contextmanager
def running_redis(certificates: Certificates) -> Iterator[RedisServer]:
    """Start Redis, in the clear and with TLS, keeping nothing."""
    port, tls_port = free_port(), free_port()
    container = (
        DockerContainer(IMAGE)
        .with_bind_ports(6379, port)
        .with_bind_ports(6380, tls_port)
        .with_command(
            [
                "redis-server",
                *(word for name, value in OPTIONS.items() for word in (f"--{name}", value)),
            ]
        )
    )
    with certificates.copy_into(container):
        server = RedisServer(container, port, tls_port)
        server.wait()
        yield server
