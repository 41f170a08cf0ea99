"""The control API, under `/control`: how a test sets the stage. JSON, no authentication.

A page in a browser gets 403: it could send a POST here without being allowed to read the answer.
Each handler changes or shows the state of one `Simulator`. Wrong input is 400 with a message.
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from banxico_simulator.errors import SimulatorError
from banxico_simulator.faults import Fault
from banxico_simulator.journal import Summary
from banxico_simulator.published.series import FIX
from banxico_simulator.simulator import Simulator

Stage = NamedDependency[Simulator]
"""The application's simulator, injected by `app`."""
Connection = ASGIConnection[Any, Any, Any, Any]
Instant = Annotated[dt.datetime, Meta(tz=True)]
Rate = Annotated[str, Meta(min_length=1, max_length=40)]
"""Served as given: a test may want a value that Banxico should never send."""


class ClockSetting(msgspec.Struct, forbid_unknown_fields=True):
    """Where the clock goes; what is left out stays."""

    now: Instant | None = None
    offset_seconds: float | None = None
    frozen: bool | None = None


class ClockState(msgspec.Struct):
    """Where the clock is."""

    now: dt.datetime
    offset_seconds: float
    frozen: bool


class FaultList(msgspec.Struct, forbid_unknown_fields=True):
    """All faults that are on."""

    faults: list[Fault]


class NewFix(msgspec.Struct, forbid_unknown_fields=True):
    """A FIX to show now."""

    date: dt.date
    rate: Rate | None = None


class PublicationTime(msgspec.Struct, forbid_unknown_fields=True):
    """When a day's FIX shows; null for never."""

    date: dt.date
    at: Instant | None


class Correction(msgspec.Struct, forbid_unknown_fields=True):
    """Another value for one that shows."""

    date: dt.date
    rate: Rate
    series: str = FIX
    settlement_follows: bool = True


class Opening(msgspec.Struct, forbid_unknown_fields=True):
    """A FIX on a day that the calendar closes."""

    date: dt.date
    rate: Rate | None = None
    settlement_follows: bool = True


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """How far a day's FIX lies from that of the day before."""

    date: dt.date
    percent: Decimal
    settlement_follows: bool = True


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True):
    """A value that shows and is taken back, or is back."""

    date: dt.date
    series: str = FIX
    settlement_follows: bool = True
    withdrawn: bool = True


class LimitSetting(msgspec.Struct, forbid_unknown_fields=True):
    """Whether Banxico's rate limits hold."""

    enforced: bool


@get("/clock")
async def show_clock(simulator: Stage) -> ClockState:
    """Where the clock is."""
    return _clock(simulator)


@put("/clock")
async def move_clock(simulator: Stage, data: JSONBody[ClockSetting]) -> ClockState:
    """Sets the clock; it runs on from there unless frozen."""
    if data.now is not None and data.offset_seconds is not None:
        raise SimulatorError("give now or offset_seconds, not both")
    frozen = simulator.clock.frozen if data.frozen is None else data.frozen
    simulator.set_clock(_target(simulator, data), frozen=frozen)
    return _clock(simulator)


@delete("/clock", status_code=200)
async def reset_clock(simulator: Stage) -> ClockState:
    """Back to real time."""
    simulator.clock.reset()
    return _clock(simulator)


@get("/faults")
async def show_faults(simulator: Stage) -> FaultList:
    """The faults that are on, with the counts that are left."""
    return FaultList(simulator.faults.active)


@put("/faults")
async def switch_faults(simulator: Stage, data: JSONBody[FaultList]) -> FaultList:
    """These faults and no others."""
    simulator.faults.switch(data.faults)
    return FaultList(simulator.faults.active)


@delete("/faults", status_code=200)
async def clear_faults(simulator: Stage) -> FaultList:
    """No faults."""
    simulator.faults.switch([])
    return FaultList([])


@post("/publish", status_code=200)
async def publish(simulator: Stage, data: JSONBody[NewFix]) -> dict[str, Any]:
    """Shows a day's FIX from now on."""
    simulator.publication.publish(data.date, simulator.clock(), data.rate)
    return _shown(simulator, FIX, data.date)


@put("/publication")
async def schedule(simulator: Stage, data: JSONBody[PublicationTime]) -> dict[str, Any]:
    """Moves a day's publication, or calls it off."""
    simulator.publication.schedule(data.date, data.at)
    return _shown(simulator, FIX, data.date)


@post("/correct", status_code=200)
async def correct(simulator: Stage, data: JSONBody[Correction]) -> dict[str, Any]:
    """Replaces a value that shows."""
    now, follows = simulator.clock(), data.settlement_follows
    simulator.publication.correct(
        data.series, data.date, data.rate, now, settlement_follows=follows
    )
    return _shown(simulator, data.series, data.date)


@post("/open", status_code=200)
async def open_market(simulator: Stage, data: JSONBody[Opening]) -> dict[str, Any]:
    """Gives a FIX to a day on which the calendar closes the market."""
    simulator.publication.open(data.date, data.rate, settlement_follows=data.settlement_follows)
    return _shown(simulator, FIX, data.date)


@post("/move", status_code=200)
async def move(simulator: Stage, data: JSONBody[Move]) -> dict[str, Any]:
    """Moves a day's FIX away from that of the day before."""
    now, follows = simulator.clock(), data.settlement_follows
    simulator.publication.move(data.date, data.percent, now, settlement_follows=follows)
    return _shown(simulator, FIX, data.date)


@put("/withdrawal")
async def withdraw(simulator: Stage, data: JSONBody[Withdrawal]) -> dict[str, Any]:
    """Takes a value back that shows, or shows it again."""
    publication, now, follows = simulator.publication, simulator.clock(), data.settlement_follows
    if data.withdrawn:
        publication.withdraw(data.series, data.date, now, settlement_follows=follows)
    else:
        publication.restore(data.series, data.date, now)
    return _shown(simulator, data.series, data.date)


@get("/requests")
async def show_requests(simulator: Stage) -> Summary:
    """What was asked so far."""
    return simulator.journal.summary()


@delete("/requests", status_code=200)
async def forget_requests(simulator: Stage) -> Summary:
    """Counts from zero."""
    simulator.journal.reset()
    return simulator.journal.summary()


@put("/limits")
async def limit(simulator: Stage, data: JSONBody[LimitSetting]) -> LimitSetting:
    """Switches Banxico's rate limits on or off."""
    simulator.limits.enforced = data.enforced
    return data


@post("/reset", status_code=200)
async def reset(simulator: Stage) -> ClockState:
    """Everything as at the start: clock, market, publications, values, faults, limits, counts."""
    simulator.reset()
    return _clock(simulator)


async def refuse_pages(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Refuse what a browser sends for a page: it names the page as `Origin`, for each change."""
    if "origin" in connection.headers:
        raise PermissionDeniedException("the control API is not for pages in a browser")


control = Router(
    path="/control",
    guards=[refuse_pages],
    route_handlers=[
        *(show_clock, move_clock, reset_clock, show_faults, switch_faults, clear_faults),
        *(publish, schedule, correct, open_market, move, withdraw),
        *(show_requests, forget_requests, limit, reset),
    ],
)


def _target(simulator: Simulator, wish: ClockSetting) -> dt.datetime:
    if wish.now is not None:
        return wish.now
    if wish.offset_seconds is None:
        return simulator.clock()
    try:
        return simulator.clock.at_offset(dt.timedelta(seconds=wish.offset_seconds))
    except OverflowError as error:
        raise SimulatorError(f"offset_seconds is too far: {wish.offset_seconds}") from error


def _clock(simulator: Simulator) -> ClockState:
    clock = simulator.clock
    return ClockState(clock(), clock.offset.total_seconds(), clock.frozen)


def _shown(simulator: Simulator, series: str, day: dt.date) -> dict[str, Any]:
    """The day as it shows now, and when its FIX is published; rate null while nothing shows."""
    rows = simulator.publication.observations(series, simulator.clock(), day, day)
    return {
        "series": series,
        "date": day,
        "rate": rows[0].rate if rows else None,
        "published_at": simulator.publication.instant(day) if series == FIX else None,
    }
