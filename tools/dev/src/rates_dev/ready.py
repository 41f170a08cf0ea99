"""Asks a starting platform whether it answers, and says where it listens.

`commands` prints `banner` once `answers` holds. Asks over HTTP like any client; reads no state.
"""

import urllib.error
import urllib.request
from collections.abc import Mapping

from rates_dev.plan import Plan
from rates_dev.ports import HOST

CURRENT = "/api/v1/rates/current"
# A person's proxy must not be asked for 127.0.0.1.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ok(url: str) -> bool:
    """Say whether `url` answers 200 within a second."""
    try:
        with _opener.open(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_ready(ports: Mapping[str, int]) -> bool:
    """Say whether rates-api takes requests."""
    return ok(f"http://{HOST}:{ports['RATES_API_PORT']}/readyz")


def has_rate(ports: Mapping[str, int]) -> bool:
    """Say whether the first `curl` would get a rate."""
    return ok(f"http://{HOST}:{ports['RATES_API_PORT']}{CURRENT}")


def banner(plan: Plan, ending: str) -> str:
    """Return where everything listens and a first request; `ending` says how to end it."""
    metrics = plan.url("RATES_API_ADMIN_PORT") + "/metrics"
    simulated = plan.upstream == "simulator"
    lines = [
        ("rates-api", f"{plan.url('RATES_API_PORT')}   metrics: {metrics}"),
        ("rates-sync", f"{plan.url('RATES_SYNC_PORT')}   internal"),
        ("Redis", f"redis://{HOST}:{plan.ports['RATES_REDIS_PORT']}   {plan.redis}"),
        ("Banxico", f"{plan.url('BANXICO_SIM_PORT')}   simulated" if simulated else "the real one"),
        ("state", str(plan.state)),
    ]
    listed = "\n".join(f"  {name:<11} {where}" for name, where in lines)
    return f"\n{listed}\n\n  curl {plan.url('RATES_API_PORT')}{CURRENT}\n\n  {ending}\n"
