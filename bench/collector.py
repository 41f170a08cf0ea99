"""Where the platform's traces go while it is measured: `python -m bench.collector PORT`.

Takes what OTLP sends over HTTP and keeps nothing: a service that has nowhere to send its traces
would be measured without them.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rates_dev.ports import HOST


class Swallow(BaseHTTPRequestHandler):
    """Answers every export as taken."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the spans and say that all of them are kept."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until SIGTERM."""
    ThreadingHTTPServer((HOST, int(sys.argv[1])), Swallow).serve_forever()


if __name__ == "__main__":
    main()
