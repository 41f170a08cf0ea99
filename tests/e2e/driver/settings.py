"""The settings of the services: production's, with the waits shortened that a scenario would wait.

Each driver adds where things are.
"""

from typing import Literal

from driver.plan import Plan

FAST = {
    "RATES_SYNC_BREAKER_RESET": "1",
    "RATES_SYNC_REQUEST_TIMEOUT": "1.5",
    "RATES_SYNC_RETRY_PAUSE": "0.05",
    "RATES_SYNC_POLL_NOON": "1",
    "RATES_SYNC_STORE_RETRY": "0.5",
    "RATES_SYNC_LEASE_POLL": "0.2",
    "RATES_SYNC_LEASE_PATIENCE": "2",
    "RATES_SYNC_LEASE_RENEWAL": "0.4",
    "RATES_SYNC_RELAY_INTERVAL": "0.5",
    "RATES_SYNC_REDIS_TIMEOUT": "0.5",
    "RATES_SYNC_NOTICE_INTERVAL": "0.4",
    "RATES_API_WATCH_INTERVAL": "0.5",
    "RATES_API_WATCH_LAG": "0.5",
    "RATES_API_STREAM_BLOCK": "0.5",
    "RATES_API_REDIS_TIMEOUT": "1.5",
    "RATES_API_REDIS_ANSWER_TIMEOUT": "0.5",
    "RATES_API_DATABASE_TIMEOUT": "2",
    "RATES_API_DATABASE_ROLE": "writer",
    "RATES_API_RETRY_PAUSE": "0.1",
    "RATES_API_RELOAD_SPREAD": "0.1",
}


def settings_of(service: Literal["SYNC", "API"], plan: Plan) -> dict[str, str]:
    """Return the variables of one service."""
    every = (FAST if plan.fast else {}) | dict(plan.settings)
    return {name: text for name, text in every.items() if name.startswith(f"RATES_{service}_")}
