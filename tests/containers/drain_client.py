"""Runs in a container beside an instance of rates-api while that is told to end: `HOST`.

It has one long answer in flight, asks on new connections meanwhile, and says in JSON what it saw.
A platform serves the current rate before it has the history: until then no answer is long.
"""

import http.client
import json
import socket
import sys
import time

HISTORY = "/api/v1/rates/historical?from=1991-11-12&to=2026-01-01"
LONG = 500_000
"""Bytes that only the whole history has."""
PATIENCE = 120.0
"""Seconds until the instance has it."""


def status(host: str, path: str) -> int:
    """Ask on a connection of its own."""
    connection = http.client.HTTPConnection(host, 8000, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def begin(host: str) -> http.client.HTTPResponse:
    """Ask until the answer is long; of that one nothing but the head is taken yet."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = http.client.HTTPResponse(ask_for_much(host))
        answer.begin()
        if int(answer.headers["Content-Length"]) > LONG:
            return answer
        answer.close()
        time.sleep(0.1)
    raise TimeoutError(f"{host} has no history within {PATIENCE:.0f} s")


def ask_for_much(host: str) -> socket.socket:
    """Ask in such a way that the instance can't be done with it before somebody reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect((host, 8000))
    connection.sendall(f"GET {HISTORY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return connection


def watch(host: str) -> list[tuple[int, int]]:
    """Ask whether it is ready and for a rate, until nobody listens any more."""
    seen = []
    while True:
        try:
            seen.append((status(host, "/readyz"), status(host, "/api/v1/rates/current")))
        except ConnectionError:
            return seen
        time.sleep(0.02)


def main() -> None:
    """Say "begun" once the answer has begun, then what was seen."""
    host = sys.argv[1]
    answer = begin(host)
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    seen = watch(host)
    body = answer.read()
    whole = len(body) == int(answer.headers["Content-Length"])
    json.dump(
        {"seen": seen, "status": answer.status, "bytes": len(body), "whole": whole}, sys.stdout
    )


if __name__ == "__main__":
    main()
