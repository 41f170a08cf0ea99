"""The browser of this machine: Chromium, as Debian's package of that name has it."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def program() -> str | None:
    """Return the browser's program, None without one on PATH."""
    return next(filter(None, map(shutil.which, NAMES)), None)
