"""`rates-sync`: an operator's actions and the state of an instance, from the command line.

It calls the internal port of a running instance, with the token from the same environment (or
file) that the instance reads. It never accesses the database or Banxico itself.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

import click
import httpx

from rates_contracts.environment import EnvironmentInvalid, Secret, read, setting, tcp_port
from rates_contracts.observation import FIRST_FIX_DAY
from rates_sync.settings import PREFIX, Settings, is_header_value

QUICK_SECONDS = 10.0
"""For answers from memory; asking Banxico takes longer."""
SLOW_SECONDS = 120.0


@dataclasses.dataclass(frozen=True)
class Access:
    """Where an instance listens, and the token of its operator actions."""

    host: str = setting("The address of the internal port.", default=Settings.host)
    port: int = tcp_port("The internal port.", Settings.port)
    operator_token: Secret | None = setting(
        "The bearer token of operators.",
        default=None,
        check=is_header_value,
        allowed="printable ASCII without blanks",
    )


class InstanceClient:
    """A running instance; each failure ends the command with one line and status 1."""

    def __init__(self, access: Access) -> None:
        self._base = f"http://{access.host}:{access.port}"
        token = access.operator_token
        self._headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}

    def health(self) -> Any:
        """Return the answer of `/health`."""
        with self._request("GET", "/health", QUICK_SECONDS) as response:
            return _content(response)

    def show(self, what: str) -> Any:
        """Return what an operator may see."""
        with self._request("GET", f"/internal/v1/{what}", QUICK_SECONDS) as response:
            return _content(response)

    def act(self, action: str, body: Mapping[str, Any]) -> Any:
        """Run an operator action and return its answer."""
        with self._request("POST", f"/internal/v1/{action}", SLOW_SECONDS, body) as response:
            return _content(response)

    def lines(self, action: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Run an operator action and yield its lines as they arrive."""
        with self._request("POST", f"/internal/v1/{action}", SLOW_SECONDS, body) as response:
            yield from map(json.loads, response.iter_lines())

    @contextmanager
    def _request(
        self, method: str, path: str, timeout: float, body: Mapping[str, Any] | None = None
    ) -> Iterator[httpx.Response]:
        url = self._base + path
        options: dict[str, Any] = {"json": body, "headers": self._headers, "timeout": timeout}
        try:
            with httpx.stream(method, url, trust_env=False, **options) as response:
                if response.is_error:
                    _fail(_content(response))
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise click.ClickException(
                f"no answer from {self._base} ({type(error).__name__}): does rates-sync run there?"
            ) from error


def _content(response: httpx.Response) -> Any:
    return json.loads(response.read())


def _fail(problem: Mapping[str, Any]) -> NoReturn:
    details = [problem.get("detail", "")]
    for error in problem.get("errors", ()):
        allowed = f" (allowed: {error['allowed']})" if "allowed" in error else ""
        details.append(f"  {error['parameter']}: {error['reason']}{allowed}")
    raise click.ClickException("\n".join(details))


def _access(environ: Mapping[str, str]) -> Access:
    """Read the few variables that a client needs; the rest is the instance's."""
    names = {f"{PREFIX}_{field.name.upper()}" for field in dataclasses.fields(Access)}
    names |= {f"{name}_FILE" for name in names}
    return read(Access, PREFIX, {k: v for k, v in environ.items() if k in names})


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    """Operate a running rates-sync (RATES_SYNC_HOST, _PORT, _OPERATOR_TOKEN or its _FILE)."""
    try:
        context.obj = InstanceClient(_access(os.environ))
    except EnvironmentInvalid as error:
        click.echo(f"rates-sync: {error}", err=True)
        sys.exit(2)


@main.command()
@click.pass_obj
def status(instance: InstanceClient) -> None:
    """Show the health of the instance."""
    health = instance.health()
    quota = health.pop("quota")
    head = health.pop("head")
    series = health.pop("series")
    causes = health.pop("causes", {})
    shown = {
        **health,
        "quota": f"{quota['used']} of {quota['limit']} requests",
        "head": None if head is None else f"{head['timeline']}-{head['position']}",
    }
    for name, value in shown.items():
        click.echo(f"{name.replace('_', ' '):<15} {'-' if value is None else value}")
    for name, cause in causes.items():
        click.echo(f"{f'{name} failed':<15} {cause}")
    for name, known in series.items():
        click.echo(f"{name:<15} {_known(known)}")


def _known(series: Mapping[str, Any]) -> str:
    """Return what is known of a series in one line."""
    since = series["complete_from"]
    parts = [f"verified {series['verified_at'] or 'never'}", f"complete from {since or 'no day'}"]
    if series["unconfirmed_since"]:
        parts.append(f"unconfirmed since {series['unconfirmed_since']}")
    parts += [
        f"{name.replace('_', ' ')}: {', '.join(series[name])}"
        for name in ("under_review", "withdrawn")
        if series[name]
    ]
    return "; ".join(parts)


@main.command()
@click.pass_obj
def sync(instance: InstanceClient) -> None:
    """Ask Banxico now."""
    done = instance.act("sync", {})
    click.echo(
        f"{done['outcome']}: {done['new']} new, {done['corrections']} corrected,"
        f" {done['set_aside']} set aside"
    )
    if done["outcome"] != "success":
        sys.exit(1)


@main.command()
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    default=FIRST_FIX_DAY.isoformat(),
    show_default=True,
    help="The first day to ask for.",
)
@click.option(
    "--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day."
)
@click.pass_obj
def backfill(instance: InstanceClient, first: datetime, last: datetime) -> None:
    """Ask for a range again; its values are trusted, large moves included.

    It goes on if this command is interrupted; the same command watches it again.
    """
    body = {"from": first.date().isoformat(), "to": last.date().isoformat()}
    new = corrections = set_aside = 0
    with click.progressbar(length=1, label="backfill", file=sys.stderr) as bar:
        for line in instance.lines("backfill", body):
            if "done" not in line:
                _fail(line)
            bar.length = line["of"]
            bar.update(1)
            new, corrections = new + line["new"], corrections + line["corrections"]
            set_aside += line["set_aside"]
    click.echo(f"{new} new, {corrections} corrected, {set_aside} set aside")


@main.group()
def history() -> None:
    """Settle what is known of the history."""


@history.command()
@click.argument("first", metavar="FROM", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("last", metavar="TO", type=click.DateTime(["%Y-%m-%d"]))
@click.pass_obj
def accept(instance: InstanceClient, first: datetime, last: datetime) -> None:
    """Accept that Banxico has no values from FROM to TO besides the recorded ones."""
    body = {"from": first.date().isoformat(), "to": last.date().isoformat()}
    done = instance.act("history/accept", body)
    click.echo(f"{done['from']} to {done['to']} is accepted as it is recorded")


@main.command("close-day")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="The reason, for the audit: the decree.")
@click.option("--confirm", is_flag=True, help="Needed for today: its FIX is not waited for.")
@click.pass_obj
def close_day(instance: InstanceClient, day: datetime, reason: str, *, confirm: bool) -> None:
    """Declare a banking day closed that authorities closed at short notice."""
    body = {"date": day.date().isoformat(), "reason": reason, "confirm": confirm}
    done = instance.act("close-day", body)
    click.echo(f"{done['date']} is closed: {done['reason']}")


@main.command("reopen-day")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="The reason, for the audit.")
@click.pass_obj
def reopen_day(instance: InstanceClient, day: datetime, reason: str) -> None:
    """Undo a `close-day` that was a mistake."""
    done = instance.act("reopen-day", {"date": day.date().isoformat(), "reason": reason})
    click.echo(f"{done['date']} is a banking day again: {done['reason']}")


@main.group()
def quarantine() -> None:
    """Values that were set aside for review."""


@quarantine.command("list")
@click.pass_obj
def list_quarantine(instance: InstanceClient) -> None:
    """Show what is set aside and undecided."""
    for row in instance.show("quarantine"):
        click.echo(_quarantined(row))


@quarantine.command("accept")
@click.argument("id_")
@click.pass_obj
def accept_quarantined(instance: InstanceClient, id_: str) -> None:
    """Record a value, by the first characters of its ID; its FIX and settlement together."""
    _decide(instance, id_, "accept")


@quarantine.command("reject")
@click.argument("id_")
@click.pass_obj
def reject_quarantined(instance: InstanceClient, id_: str) -> None:
    """Let a value count as never published."""
    _decide(instance, id_, "reject")


@main.group()
def withdrawal() -> None:
    """Recorded days that Banxico no longer publishes."""


@withdrawal.command("keep")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.pass_obj
def keep_withdrawn(instance: InstanceClient, day: datetime) -> None:
    """Stand by the day's value: answers no longer warn."""
    _settle(instance, day, "keep")


@withdrawal.command("accept")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.pass_obj
def accept_withdrawn(instance: InstanceClient, day: datetime) -> None:
    """Acknowledge that the day is withdrawn: answers warn permanently."""
    _settle(instance, day, "accept")


@main.group()
def key() -> None:
    """Keys that receipts are signed with."""


@key.command("list")
@click.pass_obj
def list_keys(instance: InstanceClient) -> None:
    """Show every key that was ever used, oldest first."""
    for row in instance.show("signing-keys"):
        state = f"revoked at {row['revoked_at']}" if row["revoked_at"] else ""
        state = state or ("current" if row["current"] else "past")
        click.echo(f"{row['kid']}  since {row['created_at']}  {state}")


@key.command("revoke")
@click.argument("kid")
@click.option("--reason", required=True, help="The reason, for the audit.")
@click.pass_obj
def revoke_key(instance: InstanceClient, kid: str, reason: str) -> None:
    """Revoke a compromised key; what it has signed is signed again by the current one."""
    done = instance.act("signing-keys/revoke", {"kid": kid, "reason": reason})
    click.echo(f"{done['kid']} is revoked; {done['signed']} observations were signed again")


def _decide(instance: InstanceClient, id_: str, decision: str) -> None:
    for row in instance.act("quarantine", {"id": id_, "decision": decision}):
        click.echo(f"{decision}ed: {_quarantined(row)}")


def _quarantined(row: Mapping[str, Any]) -> str:
    return (
        f"{row['id'][:12]}  {row['series'] or '-':<8} {row['date'] or '-':<10} {row['raw']}"
        f"  ({row['reason']}; since {row['first_seen']})"
    )


def _settle(instance: InstanceClient, day: datetime, decision: str) -> None:
    body = {"date": day.date().isoformat(), "decision": decision}
    for series, date in instance.act("withdrawal", body)["days"]:
        click.echo(f"{series} of {date}: {decision}")


if __name__ == "__main__":
    main()
