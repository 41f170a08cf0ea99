"""Writes the services' part of `.env.example` from their settings: `python` this file.

A contract test compares the file with the settings, so that no variable is missing or left over.
"""

import dataclasses
from pathlib import Path
from typing import Any

import rates_api.settings
import rates_sync.settings
from rates_contracts.environment import Secret, variables

EXAMPLE = Path(__file__).parents[2] / ".env.example"
BEGIN = "# --- the services: set by ./dev up where it says so, yours win "
WIDTH = 100
NOTES = (
    "# A secret may also come from the file that <VARIABLE>_FILE names.",
    "# TLS: mysql+asyncmy://…?ssl=true and rediss://… trust the system's authorities,",
    "# mysql+asyncmy://…?ssl_ca=FILE and rediss://…?ssl_ca_certs=FILE those in a file alone. A URL",
    "# has no other options; /, @, : and the like in a password are escaped (%2F, %40, %3A).",
)
SERVICES = {"RATES_SYNC": rates_sync.settings.Settings, "RATES_API": rates_api.settings.Settings}
BY_DEV = frozenset(
    {
        "RATES_SYNC_DATABASE_URL",
        "RATES_SYNC_REDIS_URL",
        "RATES_SYNC_BANXICO_URL",
        "RATES_SYNC_BANXICO_TOKEN",
        "RATES_SYNC_OPERATOR_TOKEN",
        "RATES_SYNC_SIGNING_KEY_FILE",
        "RATES_SYNC_ISSUER",
        "RATES_API_DATABASE_URL",
        "RATES_API_DATABASE_ROLE",
        "RATES_API_REDIS_URL",
        "RATES_API_SIGNING_KEYS",
    }
)
LISTED_ABOVE = frozenset({"RATES_SYNC_PORT", "RATES_API_PORT", "RATES_API_ADMIN_PORT"})


def services_part() -> str:
    """Return the part from `BEGIN` on: a paragraph per variable."""
    lines = [BEGIN.ljust(WIDTH, "-"), ""]
    lines += [*NOTES, ""]
    for prefix, settings in SERVICES.items():
        secrets = {field.name for field in dataclasses.fields(settings) if _is_secret(field.type)}
        for name, declared, default in variables(settings, prefix):
            if name in LISTED_ABOVE:
                continue
            field = name.removeprefix(f"{prefix}_").lower()
            notes = [note for note in (_secret(field in secrets), _by_dev(name)) if note]
            lines.append(f"# {' '.join([declared.doc, *notes])}")
            lines.append(f"# {name}={_shown(default)}")
    return "\n".join(lines) + "\n"


def expected(text: str) -> str:
    """Return what `.env.example` should hold: its own first part, and the services'."""
    return text.partition(BEGIN)[0].rstrip("\n") + "\n\n" + services_part()


def _is_secret(kind: Any) -> bool:
    return kind is Secret or "Secret" in str(kind)


def _secret(secret: bool) -> str:
    return "(secret)" if secret else ""


def _by_dev(name: str) -> str:
    return "(set by ./dev up)" if name in BY_DEV else ""


def _shown(default: Any) -> str:
    if default is dataclasses.MISSING or default is None:
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


if __name__ == "__main__":
    EXAMPLE.write_text(expected(EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
