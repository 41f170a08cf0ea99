"""Writes the pictures of the page that the README shows, from a platform fed by the simulator.

The platform is one of its own, on free ports, with a folder that is removed afterwards. Nothing is
downloaded: Playwright drives the Chromium of this machine by its path.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Playwright, sync_playwright

from rates_dev import chromium, commands, ports
from rates_dev.errors import Refused

Scheme = Literal["light", "dark"]
SIZE = {"width": 1280, "height": 800}
PICTURES: Mapping[str, tuple[str, Scheme]] = {
    "docs/page-light.png": ("/", "light"),
    "docs/page-dark.png": ("/en", "dark"),
}
"""Path of the page and colours, by file."""
MAX_BYTES = 150_000


def main() -> None:
    """Write both pictures and exit: 0 done, 1 refused."""
    try:
        _write(Path.cwd())
    except Refused as refusal:
        print(f"error: {refusal}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


def launched(playwright: Playwright, executable: str) -> Browser:
    """Return a running browser; as root it has no sandbox."""
    unsafe = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=executable, args=unsafe)


def _write(root: Path) -> None:
    executable = chromium.program()
    if executable is None:
        raise Refused("no chromium on PATH; on Debian: apt install chromium")
    with _platform() as home, sync_playwright() as playwright:
        browser = launched(playwright, executable)
        for name, (path, scheme) in PICTURES.items():
            _take(browser, home + path, scheme, root / name)
        browser.close()


def _take(browser: Browser, address: str, scheme: Scheme, file: Path) -> None:
    """Write what a reader sees first. Raises `Refused` for a picture that is too large to keep."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address, wait_until="load")
    picture = page.screenshot(animations="disabled")
    if len(picture) > MAX_BYTES:
        raise Refused(f"{file.name} has {len(picture)} bytes, more than {MAX_BYTES}")
    file.write_bytes(picture)
    page.close()


@contextmanager
def _platform() -> Iterator[str]:
    """Run a platform of the simulator's and yield the address of rates-api."""
    chosen = {name: str(ports.free_port()) for name in ports.DEFAULTS}
    environ = {**os.environ, **chosen, "BANXICO_TOKEN": "", "RATES_REDIS": "embedded"}
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        commands.up_in_background(state, environ, _silent)
        try:
            yield f"http://{ports.HOST}:{chosen['RATES_API_PORT']}"
        finally:
            commands.down(state, _silent)


def _silent(_: str) -> None:
    """Say nothing."""


if __name__ == "__main__":
    main()
