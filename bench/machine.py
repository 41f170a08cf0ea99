"""What a run was made on: machine, kernel, versions, date; a figure means nothing without it."""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.cpus import Layout
from bench.rivals.environment import LOCK
from rates_dev.redis import server_program

OURS = ("granian", "litestar", "msgspec", "uvloop", "redis", "sqlalchemy")
RIVALS = ("fastapi", "uvicorn", "gunicorn", "redis", "sqlalchemy", "uvloop", "httptools", "orjson")
GIB = 1 << 30


def about(cpus: Layout, options: str) -> dict[str, str]:
    """Return everything worth knowing of the run, by name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    load = ", ".join(f"{average:.2f}" for average in os.getloadavg())
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": f"python -m bench {options}".strip(),
        "commit": _said("git", "rev-parse", "--short", "HEAD"),
        "CPU": f"{len(cpus.every)} x {_cpu()}",
        "memory": f"{memory / GIB:.1f} GiB",
        "load average before": load,
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": sys.version.split()[0],
        "packages": ", ".join(f"{name} {version(name)}" for name in OURS),
        "rivals": _locked(RIVALS),
        "Redis": _said(server_program() or "", "--version") or "embedded",
        "wrk": _wrk(),
        "placement": str(cpus),
    }


def _locked(names: tuple[str, ...]) -> str:
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    return ", ".join(f"{name} {pins[name]}" for name in names)


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"model name\s*: (.+)", text)
    return found[1] if found else platform.machine()


def _wrk() -> str:
    found = re.search(r"wrk \S*?(\d[\w.]*)", _said("wrk", "--version"))
    return found[1] if found else "not found"


def _said(*argv: str) -> str:
    """Return what a program says, nothing where it can't be run; some exit 1 for a version."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except (FileNotFoundError, PermissionError):
        return ""
    return done.stdout.strip()
