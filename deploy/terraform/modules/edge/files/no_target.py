"""What CloudFront asks about each answer of the load balancer's (Lambda@Edge, origin response).

The API's server shows it paths unescaped, so that it answers `/%61pi/v1` as `/api/v1`. CloudFront
keeps what it answers under the path as sent, which a purge of `/api/v1/*` does not reach: instead
of an answer there is a redirect to the path that it does.

Without a target the load balancer answers 503 by itself, with a plain page. By its status alone
CloudFront can't tell that from the API's own 503, which must reach the client, be it a problem
document or a page: every 503 of the API has a request id, as all answers that nobody keeps.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-updating-http-responses.html
"""

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("unavailable.html").read_text(encoding="utf-8")
HEADERS = {
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
    "retry-after": "30",
}
MOVED = {"cache-control": "public, max-age=86400", "access-control-allow-origin": "*"}
ESCAPED_LETTER = re.compile(r"%(?:3[0-9]|[46][1-9A-F]|[57][0-9A]|2[DE]|5F|7E)", re.IGNORECASE)
"""An escape of what needs none, as in `rates_api.http.routes`."""


def answer(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the load balancer's answer, the static page for its own 503, or a redirect."""
    exchange = event["Records"][0]["cf"]
    response: dict[str, Any] = exchange["response"]
    if response["status"] == "200" and ESCAPED_LETTER.search(exchange["request"]["uri"]):
        return _moved(exchange["request"])
    if response["status"] != "503" or "x-request-id" in response["headers"]:
        return response
    return {"status": "503", "headers": _listed(HEADERS), "body": PAGE}


def _moved(request: dict[str, Any]) -> dict[str, Any]:
    """Return the redirect to the path without its needless escapes, the query string as sent."""
    path = ESCAPED_LETTER.sub(lambda escape: chr(int(escape[0][1:], 16)), request["uri"])
    location = f"{path}?{request['querystring']}" if request["querystring"] else path
    return {"status": "308", "headers": _listed(MOVED | {"location": location})}


def _listed(headers: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """Return headers as CloudFront has them."""
    return {name: [{"key": name, "value": value}] for name, value in headers.items()}
