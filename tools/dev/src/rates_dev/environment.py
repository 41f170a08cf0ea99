"""The environment of each process: what a bare machine needs set, under whatever the person set.

`supervise` asks for it per process. No process gets another's secrets: rates-api never sees
Banxico's token.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from rates_dev import ports
from rates_dev.plan import Plan
from rates_dev.ports import HOST

# Not a secret: the simulator's own default, of the form of Banxico's (64 alphanumerics).
SIMULATOR_TOKEN = "s" * 64
OWNED_PREFIXES = {"sync": "RATES_SYNC_", "api": "RATES_API_"}


def for_process(name: str, plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of the process `name`, `environ` included."""
    inherited = {
        key: value
        for key, value in environ.items()
        if _may_see(name, key) and key not in ports.DEFAULTS
    }
    defaults = _of_service(name, plan, environ)
    missing = {key: value for key, value in defaults.items() if not _given(key, inherited)}
    return {**inherited, **missing, **_fixed(name, plan, environ)}


def operator_token_file(plan: Plan) -> Path:
    """Return the file of the operator actions' bearer token, made (0600) at the first start."""
    path = plan.state / "operator-token"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    return path


def _of_service(name: str, plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    if name == "sync":
        return _sync(plan, environ)
    if name == "api":
        return _api(plan)
    return {"BANXICO_SIM_TOKEN": _simulator_token(environ)} if name == "simulator" else {}


def _sync(plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    settings = {
        "RATES_SYNC_DATABASE_URL": _database(plan),
        "RATES_SYNC_REDIS_URL": _redis(plan),
        "RATES_SYNC_HOST": HOST,
        "RATES_SYNC_OPERATOR_TOKEN_FILE": str(operator_token_file(plan)),
    }
    if plan.upstream == "banxico":
        return {**settings, "RATES_SYNC_BANXICO_TOKEN": environ["BANXICO_TOKEN"]}
    upstream = plan.url("BANXICO_SIM_PORT") + "/SieAPIRest/service/v1"
    return {
        **settings,
        "RATES_SYNC_BANXICO_URL": upstream,
        "RATES_SYNC_BANXICO_TOKEN": _simulator_token(environ),
    }


def _simulator_token(environ: Mapping[str, str]) -> str:
    return environ.get("BANXICO_SIM_TOKEN") or SIMULATOR_TOKEN


def _api(plan: Plan) -> dict[str, str]:
    return {
        "RATES_API_DATABASE_URL": _database(plan),
        "RATES_API_REDIS_URL": _redis(plan),
        "RATES_API_HOST": HOST,
    }


def _fixed(name: str, plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    """What no variable of the person's changes, or changed already when the plan was made."""
    venv = str(Path(sys.executable).parent)
    return {
        **{key: str(port) for key, port in plan.ports.items() if _may_see(name, key)},
        "RATES_REDIS": plan.redis,
        "RATES_STATE": str(plan.state),
        "PATH": _joined(os.pathsep, venv, environ.get("PATH")),
        # A proxy of the person's is for the internet, not for the platform's own calls.
        "NO_PROXY": _joined(",", environ.get("NO_PROXY"), HOST, "localhost"),
        "PYTHONUNBUFFERED": "1",
    }


def _joined(separator: str, *parts: str | None) -> str:
    return separator.join(part for part in parts if part)


def _may_see(name: str, key: str) -> bool:
    others = [prefix for process, prefix in OWNED_PREFIXES.items() if process != name]
    return not key.startswith(("BANXICO_TOKEN", *others))


def _given(key: str, environ: Mapping[str, str]) -> bool:
    """Say whether the person set `key`, or its twin that names a file (both would be refused)."""
    twin = key.removesuffix("_FILE") if key.endswith("_FILE") else f"{key}_FILE"
    return bool(environ.get(key) or environ.get(twin))


def _database(plan: Plan) -> str:
    return f"sqlite+aiosqlite:///{plan.state / 'rates.db'}"


def _redis(plan: Plan) -> str:
    return f"redis://{HOST}:{plan.ports['RATES_REDIS_PORT']}/0"
