"""Operators' actions on the internal port: ask now, backfill or accept a range, close a day.

Each needs the bearer token, is audited in the record with its caller and outcome, and runs only on
the leader: a standby answers 409 and names the leader, a new leader 503 until it has recorded its
status. What takes a while is audited twice, when it has started and when it has ended.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.response import Stream

from rates_contracts.calendar import BankCalendar, mexico_day
from rates_sync.cycle.backfill import Progress
from rates_sync.errors import RatesSyncError
from rates_sync.leader.backfills import BackfillRun, OnEnd
from rates_sync.leader.leader import Leader
from rates_sync.operate.access import require_operator
from rates_sync.operate.problems import Problem, document, problem_of
from rates_sync.service import Service
from rates_sync.store.coverage import Span
from rates_sync.store.recording import CALLER
from rates_sync.upstream import Purpose

log = structlog.get_logger(__name__)

NDJSON = "application/x-ndjson"
OPERATOR = "operator"
"""The name in the audit; there is only one token."""
STARTED = "started"
"""The outcome, in the audit, of what has not ended yet."""
MAX_REASON = 500
MAX_DAYS_AHEAD = timedelta(days=30)
"""Closures come at short notice: a later day is a slip of the pen."""


class SpanRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Days of the history, both included."""

    first: Day = msgspec.field(name="from")
    last: Day = msgspec.field(name="to")


class CloseDayRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A banking day that authorities closed at short notice; today's needs to be confirmed."""

    date: Day
    reason: str
    confirm: bool = False


class ReopenDayRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A day whose declared closure was a mistake."""

    date: Day
    reason: str


class SyncResponse(msgspec.Struct):
    """How a cycle ended, and what it recorded."""

    outcome: str
    new: int
    corrections: int
    set_aside: int
    next_cycle_at: datetime


async def leader_for(service: Service, action: str) -> Leader:
    """Return the leader and count `action`.

    Raises a `Problem` on a standby, and on a new leader that has not recorded its status yet: what
    it would announce with an action claims that nothing was ever verified (protocol rule 3).
    """
    leader = service.leader
    if leader is None:
        holder = await service.holder() or "nobody yet"
        detail = f"This instance is a standby; {holder} holds the lease."
        raise Problem(409, "not-the-leader", detail)
    if not leader.recorder.begun:
        raise Problem(503, "taking-over", "This instance has only just become the leader.")
    service.metrics.operator_actions.labels(action).inc()
    return leader


@asynccontextmanager
async def failure_audited(leader: Leader, action: str, detail: str) -> AsyncIterator[None]:
    """Note in the audit that an action failed, by the code of its problem; raise the error again.

    Whatever it had audited itself was rolled back with it.
    """
    try:
        yield
    except RatesSyncError as error:
        await audit_outcome(leader, action, detail, problem_of(error).code)
        raise


async def audit_outcome(leader: Leader, action: str, detail: str, outcome: str) -> None:
    """Note in the audit how an action has ended; if that fails, the action has ended so, too."""
    try:
        await leader.recorder.audit(OPERATOR, action, detail, outcome=outcome)
    except RatesSyncError as error:
        log.warning("audit_failed", action=action, outcome=outcome, error=str(error))


class Operations(Controller):
    """`/internal/v1`."""

    path = "/internal/v1"
    guards = [require_operator]  # noqa: RUF012  the type that Litestar declares

    @post("/sync", status_code=200)
    async def sync(self, service: NamedDependency[Service]) -> SyncResponse:
        """Ask Banxico now, from the quota's reserve if need be."""
        leader = await leader_for(service, "sync")
        await leader.recorder.audit(OPERATOR, "sync", "", outcome=STARTED)
        async with failure_audited(leader, "sync", ""):
            result = await leader.poller.poll(Purpose.MANUAL)
        await audit_outcome(leader, "sync", "", result.outcome)
        additions = result.additions
        return SyncResponse(
            outcome=result.outcome,
            new=additions.new,
            corrections=additions.corrections,
            set_aside=len(additions.quarantined),
            next_cycle_at=leader.poller.next_cycle_at,
        )

    @post("/backfill", status_code=200)
    async def backfill(
        self, request: Request[Any, Any, Any], service: NamedDependency[Service]
    ) -> Stream:
        """Ask for a range again and trust its values; a JSON line per chunk, a problem last.

        The answer only watches (protocol rule 35): who hangs up, or reads slowly, changes nothing.
        """
        span = _span(await read_body(request, SpanRequest), service)
        leader = await leader_for(service, "backfill")
        await leader.recorder.audit(OPERATOR, "backfill", _days(span), outcome=STARTED)
        run = leader.backfills.request(span, _audited(leader, span))
        lines = _lines(run, request.url.path)
        return Stream(lines, media_type=NDJSON)

    @post("/history/accept", status_code=200)
    async def accept_history(
        self, request: Request[Any, Any, Any], service: NamedDependency[Service]
    ) -> Response[dict[str, Any]]:
        """Accept that Banxico has no values for a range (protocol rule 25)."""
        span = _span(await read_body(request, SpanRequest), service)
        leader = await leader_for(service, "history-accept")
        async with failure_audited(leader, "history-accept", _days(span)):
            await leader.backfills.accept(span, OPERATOR)
        return Response({"from": span.first, "to": span.last, "accepted": True})

    @post("/close-day", status_code=200)
    async def close_day(
        self, request: Request[Any, Any, Any], service: NamedDependency[Service]
    ) -> Response[dict[str, Any]]:
        """Declare a banking day closed, with the reason."""
        closure: CloseDayRequest = await read_body(request, CloseDayRequest)
        refuse_reason(closure.reason)
        leader = await leader_for(service, "close-day")
        calendar = leader.recorder.schedule_inputs.calendar
        _refuse(_wrong_day(closure, calendar, mexico_day(service.clock())))
        async with failure_audited(leader, "close-day", f"{closure.date}: {closure.reason}"):
            await leader.recorder.declare_closed(closure.date, closure.reason, OPERATOR)
        leader.poller.plan_again()
        return Response({"date": closure.date, "reason": closure.reason, "closed": True})

    @post("/reopen-day", status_code=200)
    async def reopen_day(
        self, request: Request[Any, Any, Any], service: NamedDependency[Service]
    ) -> Response[dict[str, Any]]:
        """Undo the declaration that closed a day, with the reason."""
        undone: ReopenDayRequest = await read_body(request, ReopenDayRequest)
        refuse_reason(undone.reason)
        leader = await leader_for(service, "reopen-day")
        async with failure_audited(leader, "reopen-day", f"{undone.date}: {undone.reason}"):
            await leader.recorder.reopen(undone.date, undone.reason, OPERATOR)
        leader.poller.plan_again()
        return Response({"date": undone.date, "reason": undone.reason, "closed": False})


async def read_body(request: Request[Any, Any, Any], kind: type[Any]) -> Any:
    """Return the body as a `kind`. Raises a `Problem`."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(422, "invalid-parameters", str(error)) from error


def _span(asked: SpanRequest, service: Service) -> Span:
    first, today = service.first_fix_day, mexico_day(service.clock())
    wrong = []
    if asked.first > asked.last:
        wrong.append({"parameter": "to", "reason": "must not lie before from"})
    if asked.first < first:
        reason = "lies before the first FIX"
        wrong.append({"parameter": "from", "reason": reason, "allowed": f"{first} on"})
    if asked.first > today:
        wrong.append({"parameter": "from", "reason": "lies ahead", "allowed": f"up to {today}"})
    if wrong:
        raise Problem(422, "invalid-parameters", "The range can't be asked for.", errors=wrong)
    return Span(asked.first, min(asked.last, today))


def refuse_reason(reason: str) -> None:
    """Raise a `Problem` for a reason that is missing or too long."""
    _refuse(_wrong_with(reason))


def _wrong_with(reason: str) -> list[dict[str, str]]:
    if 0 < len(reason.strip()) <= MAX_REASON:
        return []
    allowed = f"1 to {MAX_REASON} characters"
    return [{"parameter": "reason", "reason": "missing or too long", "allowed": allowed}]


def _wrong_day(
    closure: CloseDayRequest, calendar: BankCalendar, today: Day
) -> list[dict[str, str]]:
    """Return what is wrong with the day; to close today stops the search for its FIX."""
    last = min(calendar.last, today + MAX_DAYS_AHEAD)
    if not calendar.first <= closure.date <= last:
        allowed = f"{calendar.first} to {last}"
        return [{"parameter": "date", "reason": "can't be declared closed", "allowed": allowed}]
    if closure.date == today and not closure.confirm:
        reason = "is needed for today, whose FIX is then not waited for any more (`--confirm`)"
        return [{"parameter": "confirm", "reason": reason, "allowed": "true"}]
    return []


def _refuse(wrong: list[dict[str, str]]) -> None:
    if wrong:
        raise Problem(422, "invalid-parameters", "It can't be changed.", errors=wrong)


def _audited(leader: Leader, span: Span) -> OnEnd:
    """Return what notes in the audit how the backfill has ended, also when nobody watches."""
    caller = CALLER.get()

    async def audit_end(error: RatesSyncError | None) -> None:
        # Called in a task of the leader's, which has no caller.
        CALLER.set(caller)
        outcome = "done" if error is None else problem_of(error).code
        await audit_outcome(leader, "backfill", _days(span), outcome)

    return audit_end


async def _lines(watched: BackfillRun, path: str) -> AsyncIterator[bytes]:
    """Yield a line per chunk; a failure adds a problem document as the last line."""
    try:
        async for progress in watched.watch():
            yield _line(_shown(progress))
    except RatesSyncError as error:
        yield _line(document(problem_of(error), path))


def _days(span: Span) -> str:
    return f"{span.first} to {span.last}"


def _shown(progress: Progress) -> dict[str, Any]:
    additions = progress.additions
    return {
        "done": progress.done,
        "of": progress.of,
        "from": progress.span.first,
        "to": progress.span.last,
        "new": additions.new,
        "corrections": additions.corrections,
        "set_aside": len(additions.quarantined),
    }


def _line(content: dict[str, Any]) -> bytes:
    return msgspec.json.encode(content) + b"\n"
