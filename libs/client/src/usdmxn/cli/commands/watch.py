"""`watch`: what changes, as it is recorded, until Ctrl-C or for once."""

from typing import NamedTuple

import click
import msgspec

from usdmxn.answers import Change, CurrentRate
from usdmxn.cli.arguments import Command, option
from usdmxn.cli.language import Text, capitalized, say_day, say_instant
from usdmxn.cli.session import Session
from usdmxn.cli.vocabulary import KINDS, LEVELS, STATES, name
from usdmxn.events import Changed, Disconnected, Event, LevelChanged, Reset, State

HELP = Text(
    "Muestra cada cambio en cuanto se registra, hasta Ctrl-C. Con --json, un renglón de JSON por "
    "cada aviso.",
    "Show each change as it is recorded, until Ctrl-C. With --json a line of JSON for each event.",
)
ONCE = Text(
    "Termina con el primer cambio: para avisar con lo que siga, como `usdmxn watch --once && …`.",
    "End with the first change: to be told by what follows, as in `usdmxn watch --once && …`.",
)
IN_FORCE = Text("Vigente hoy, {day}: {rate}", "In force today, {day}: {rate}")
NOT_CURRENT = Text(
    "Vigente hoy: por el momento no se puede decir", "In force today: can't be said at the moment"
)
NEWEST = Text("Último FIX, {day}: {rate}", "Newest FIX, {day}: {rate}")
STATE = Text("Estado: {state}; servicio {level}", "State: {state}; service {level}")
RECORDED = Text("{at}  {kind} del {day}: {rate}", "{at}  {kind} of {day}: {rate}")
CORRECTED = Text(
    "{at}  {kind} del {day}: {rate}, en vez de {replaces} (corrección)",
    "{at}  {kind} of {day}: {rate}, in place of {replaces} (correction)",
)
LEVEL = Text("Servicio: {level}", "Service: {level}")
RESET = Text(
    "Hay cambios que no se mostraron: consulte los valores de nuevo.",
    "There are changes that were not shown: ask for the values anew.",
)
DISCONNECTED = Text(
    "Sin conexión: lo de arriba puede ya no ser lo último. Se intenta de nuevo…",
    "Not connected: what is above may be old. Trying again…",
)

EVENTS: dict[type[Event], str] = {
    State: "state",
    Changed: "change",
    LevelChanged: "level",
    Reset: "reset",
    Disconnected: "disconnected",
}
"""What each is called in JSON: as in the service's own stream."""


class StateSaid(NamedTuple):
    """What is said of a state: it is said again only where something in it differs."""

    in_force: str
    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    sources: tuple[str, ...]


@click.command("watch", cls=Command, about=HELP)
@option("--once", about=ONCE, is_flag=True)
@click.pass_obj
def watch(session: Session, *, once: bool) -> None:
    """Print events without an end, or until the first change."""
    said: StateSaid | None = None
    first: State | None = None
    with session.client() as client:
        for event in client.watch():
            if session.json:
                session.print_line({"event": EVENTS[type(event)], **msgspec.to_builtins(event)})
            elif isinstance(event, State):
                said = _print_state(session, event, said)
            else:
                _print(session, event)
                said = None if isinstance(event, Disconnected | Reset) else said
            if once and (isinstance(event, Changed) or _is_news(event, first)):
                return
            first = first or (event if isinstance(event, State) else None)


def _is_news(event: Event, first: State | None) -> bool:
    """Tell whether a state has another FIX than the first: a change came while not connected."""
    if not isinstance(event, State) or first is None:
        return False
    before, now = first.current.get("fix"), event.current.get("fix")
    return before is not None and now is not None and before.provenance != now.provenance


def _print(session: Session, event: Event) -> None:
    match event:
        case Changed():
            for change in event.changes:
                session.print(_change(session, change), "bold")
        case LevelChanged():
            level = name(LEVELS, event.level, session.lang)
            session.print(session.say(LEVEL, level=level))
            session.doubts(event.warnings)
        case Reset():
            session.print(session.say(RESET), "yellow")
        case Disconnected():
            session.print(session.say(DISCONNECTED), "yellow")


def _print_state(session: Session, state: State, before: StateSaid | None) -> StateSaid:
    """Print a state unless the same was said `before`; return what is said of it."""
    said = _said(session, state)
    if said != before:
        session.print(said.in_force, "bold")
        for line in said.lines:
            session.print(line)
        session.doubts(said.warnings, *said.sources)
    return said


def _said(session: Session, state: State) -> StateSaid:
    in_force, newest = state.current.get("settlement"), state.current.get("fix")
    freshness = name(STATES, state.freshness.state, session.lang)
    level = name(LEVELS, state.level, session.lang)
    return StateSaid(
        _current(session, IN_FORCE, in_force) if in_force else session.say(NOT_CURRENT),
        (
            *([_current(session, NEWEST, newest)] if newest else []),
            session.say(STATE, state=freshness, level=level),
        ),
        state.warnings,
        tuple(rate.provenance.source for rate in state.current.values() if rate),
    )


def _current(session: Session, text: Text, rate: CurrentRate) -> str:
    return session.say(text, day=say_day(rate.date, session.lang), rate=rate.rate)


def _change(session: Session, change: Change) -> str:
    return session.say(
        RECORDED if change.replaces is None else CORRECTED,
        at=say_instant(change.recorded_at, session.lang),
        kind=capitalized(name(KINDS, change.kind, session.lang)),
        day=say_day(change.date, session.lang),
        rate=change.rate,
        replaces=change.replaces,
    )
