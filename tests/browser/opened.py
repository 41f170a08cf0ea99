"""A page as a browser has it open, and everything about it that nobody may hear of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playwright.sync_api import Browser, Page

VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
UNREACHED = ("Failed to load resource", "net::ERR_")
"""What a browser's console says of a service that is away, without its address: what is answered
with an error is heard of as a response.
"""
FIRST_ERROR = 400
"""The lowest status of an error."""


@dataclass
class Complaints:
    """What a browser says against a page: errors, reports of its policy, requests elsewhere.

    Of `home`, what begins with one of the paths `refused` may be answered with an error.
    """

    home: str
    refused: tuple[str, ...] = ()
    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear what is said of `page`."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        page.on("request", lambda request: self._on_request(request.url))
        page.on("response", lambda response: self._on_response(response.url, response.status))

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(
            word in message.text for word in UNREACHED
        ):
            self.heard.append(f"console: {message.text}")

    def _on_request(self, url: str) -> None:
        if not url.startswith((self.home, "data:")):
            self.heard.append(f"asked elsewhere: {url}")

    def _on_response(self, url: str, status: int) -> None:
        may_be_refused = url.removeprefix(self.home).startswith(self.refused)
        if status >= FIRST_ERROR and url.startswith(self.home) and not may_be_refused:
            self.heard.append(f"answered {status}: {url}")


@contextmanager
def opened(
    browser: Browser,
    home: str,
    path: str = "/",
    *,
    width: int = 1280,
    scheme: Any = "light",
    scripts: bool = True,
    at: datetime | None = None,
    refused: tuple[str, ...] = (),
    prepare: Callable[[Page], None] = lambda _: None,
) -> Iterator[Page]:
    """Yield the page at `path`, its clock set to `at`; at the end nothing was said against it.

    Errors are expected of what begins with one of the paths `refused`.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        java_script_enabled=scripts,
        permissions=["clipboard-read", "clipboard-write"],
        locale="es-MX",
        timezone_id="America/Mexico_City",
    )
    context.set_default_timeout(10_000)
    context.add_init_script(VIOLATIONS)
    complaints = Complaints(home, refused)
    page = context.new_page()
    complaints.listen(page)
    if at is not None:
        page.clock.install(time=at)
    prepare(page)
    try:
        page.goto(home + path, wait_until="load")
        yield page
    finally:
        context.close()
    assert complaints.heard == []
