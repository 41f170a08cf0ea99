"""What CloudFront asks about each answer of the load balancer's (Lambda@Edge, origin response).

Without a target the load balancer answers 503 by itself, with a plain page. By its status alone
CloudFront can't tell that from the API's own 503, which must reach the client; by its content type
this can: every 503 of the API is JSON.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-updating-http-responses.html
"""

from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("unavailable.html").read_text(encoding="utf-8")
HEADERS = {
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
    "retry-after": "30",
}


def answer(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Return the load balancer's answer, or the static page in place of its own 503."""
    response: dict[str, Any] = event["Records"][0]["cf"]["response"]
    if response["status"] != "503" or _is_json(response):
        return response
    headers = {name: [{"key": name, "value": value}] for name, value in HEADERS.items()}
    return {"status": "503", "headers": headers, "body": PAGE}


def _is_json(response: dict[str, Any]) -> bool:
    types = response["headers"].get("content-type", [])
    return any("json" in header["value"] for header in types)
