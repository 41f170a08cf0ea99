"""The processes of a platform on one machine: commands, environments, ports, when each is ready.

Redis, Banxico's simulator (unless a token asks for the real one), rates-sync and rates-api. A bare
machine has all it needs set, under whatever the person set. No process gets another's secrets:
rates-api never sees Banxico's token.
"""

import os
import secrets
import shlex
import sys
import urllib.error
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from rates_dev import ports
from rates_dev.errors import Refused
from rates_dev.ports import HOST
from rates_dev.redis import Kind, choose

Upstream = Literal["simulator", "banxico"]
UPSTREAMS: tuple[Upstream, ...] = ("simulator", "banxico")

PEM = serialization.Encoding.PEM

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "redis": (sys.executable, "-m", "rates_dev.redis"),
    "simulator": (sys.executable, "-m", "banxico_simulator"),
    "sync": (sys.executable, "-m", "rates_sync"),
    "api": (sys.executable, "-m", "rates_api"),
}
"""In the order of starting."""
SERVICES = ("sync", "api")
"""They would try again where the others don't answer yet, but begin with a counted failure."""
PORTS = {
    "redis": "RATES_REDIS_PORT",
    "simulator": "BANXICO_SIM_PORT",
    "sync": "RATES_SYNC_PORT",
    "api": "RATES_API_PORT",
}
OWNED_PREFIXES = {"sync": "RATES_SYNC_", "api": "RATES_API_"}
SIMULATOR_TOKEN = "s" * 64
"""Not a secret: the simulator's own default, of the form of Banxico's (64 alphanumerics)."""
CURRENT = "/api/v1/rates/current"
# A person's proxy must not be asked for 127.0.0.1.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Plan:
    """One platform: where its state lies, who feeds it, which Redis, which ports."""

    state: Path
    """The folder of everything that outlives the processes."""
    upstream: Upstream
    redis: Kind
    ports: Mapping[str, int]

    @property
    def processes(self) -> list[str]:
        """The names of the processes, in the order of starting."""
        return [name for name in COMMANDS if PORTS[name] in self.ports]

    @property
    def database(self) -> Path:
        """The file of the record."""
        return self.state / "rates.db"

    def port(self, name: str) -> int:
        """Return the port that a process is asked at."""
        return self.ports[PORTS[name]]

    def url(self, name: str) -> str:
        """Return the HTTP address of a process."""
        return f"http://{HOST}:{self.port(name)}"

    def listens(self, name: str) -> bool:
        """Say whether a process takes connections."""
        return ports.answers(self.port(name))

    def ready(self, service: str) -> bool:
        """Say whether a service takes requests."""
        return ok(f"{self.url(service)}/readyz")

    def has_rate(self) -> bool:
        """Say whether the first `curl` would get a rate."""
        return ok(self.url("api") + CURRENT)


def state_folder(root: Path, upstream: Upstream) -> Path:
    """Return the state folder: one per upstream, so that simulated values never meet real ones."""
    return root / ".data" / upstream


def with_dotenv(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` over the values of `.env`, if there is one.

    Raises `Refused`, which names a variable whose value can't be read.
    """
    path = root / ".env"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines)
    return {
        name: _unquoted(name, text)
        for name, equals, text in pairs
        if equals and name.isidentifier()
    } | dict(environ)


def _unquoted(name: str, text: str) -> str:
    try:
        return " ".join(shlex.split(text, comments=True))
    except ValueError as error:
        raise Refused(f".env: {name}: {error}") from error


def read(root: Path, environ: Mapping[str, str]) -> Plan:
    """Return the plan that `environ` asks for. Raises `Refused` naming the variables at fault."""
    upstream: Upstream = "banxico" if environ.get("BANXICO_TOKEN") else "simulator"
    wanted = ports.read(environ)
    if upstream == "banxico":
        del wanted[PORTS["simulator"]]
    kind = choose(environ.get("RATES_REDIS") or "auto")
    return Plan(state_folder(root, upstream), upstream, kind, wanted)


def environment(name: str, plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of the process `name`, `environ` included."""
    inherited = {
        key: value
        for key, value in environ.items()
        if _may_see(name, key) and key not in ports.DEFAULTS
    }
    defaults = _defaults(name, plan, environ)
    missing = {key: value for key, value in defaults.items() if not _given(key, inherited)}
    return {**inherited, **missing, **_fixed(name, plan, environ)}


def operator_token_file(plan: Plan) -> Path:
    """Return the file of the operator actions' bearer token, made (0600) at the first start."""
    return _made_once(plan.state / "operator-token", lambda: secrets.token_urlsafe(32) + "\n")


def signing_key_file(plan: Plan) -> Path:
    """Return the file of the private key for receipts, made (0600) at the first start."""
    return _made_once(plan.state / "signing-key.pem", _new_signing_key)


def _new_signing_key() -> str:
    private = ed25519.Ed25519PrivateKey.generate()
    form = serialization.PrivateFormat.PKCS8
    return private.private_bytes(PEM, form, serialization.NoEncryption()).decode()


def _public_key(file: Path) -> str:
    """Return the public half of a private key, as rates-api is told it; empty if it is none."""
    try:
        private = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return ""
    if not isinstance(private, ed25519.Ed25519PrivateKey):
        return ""
    return urlsafe_b64encode(private.public_key().public_bytes_raw()).rstrip(b"=").decode()


def _made_once(path: Path, content: Callable[[], str]) -> Path:
    """Return `path`, whose file only its owner can read; it is made unless it is there."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content())
    return path


def ok(url: str) -> bool:
    """Say whether `url` answers 200 within a second."""
    try:
        with _opener.open(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _defaults(name: str, plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    simulator_token = environ.get("BANXICO_SIM_TOKEN") or SIMULATOR_TOKEN
    if name == "simulator":
        return {"BANXICO_SIM_TOKEN": simulator_token}
    if name not in OWNED_PREFIXES:
        return {}
    settings = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{plan.database}",
        "REDIS_URL": f"redis://{HOST}:{plan.port('redis')}/0",
        "HOST": HOST,
    }
    if name == "api":
        settings["DATABASE_ROLE"] = "writer"
        settings["SIGNING_KEYS"] = _public_key(signing_key_file(plan))
    if name == "sync":
        settings["OPERATOR_TOKEN_FILE"] = str(operator_token_file(plan))
        settings["SIGNING_KEY_FILE"] = str(signing_key_file(plan))
        settings["ISSUER"] = plan.url("api")
        settings["BANXICO_TOKEN"] = environ.get("BANXICO_TOKEN") or simulator_token
    if name == "sync" and plan.upstream == "simulator":
        settings["BANXICO_URL"] = plan.url("simulator") + "/SieAPIRest/service/v1"
    return {OWNED_PREFIXES[name] + key: value for key, value in settings.items()}


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
