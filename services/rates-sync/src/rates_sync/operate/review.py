"""Operators' decisions on the internal port: values in quarantine, days withdrawn at the source."""

from datetime import date as Day
from datetime import datetime
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency

from rates_sync.cycle.decisions import (
    QuarantineDecision,
    decide_quarantined,
    decide_withdrawn,
    open_quarantine,
)
from rates_sync.operate.access import require_operator
from rates_sync.operate.operations import OPERATOR, failure_audited, leader_for, read_body
from rates_sync.service import Service
from rates_sync.store.review import Quarantined, WithdrawalDecision


class QuarantineRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A value in quarantine, by the beginning of its ID, and what becomes of it."""

    id: str
    decision: QuarantineDecision


class WithdrawalRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A day that the source has withdrawn, and what becomes of it."""

    date: Day
    decision: WithdrawalDecision


class QuarantinedValue(msgspec.Struct):
    """A value in quarantine; instants are UTC."""

    id: str
    series: str
    date: Day | None
    raw: str
    kind: str
    reason: str
    first_seen: datetime
    last_seen: datetime


class Reviews(Controller):
    """`/internal/v1/quarantine` and `/internal/v1/withdrawal`."""

    path = "/internal/v1"
    guards = [require_operator]  # noqa: RUF012  the type that Litestar declares

    @get("/quarantine")
    async def quarantine(self, service: NamedDependency[Service]) -> list[QuarantinedValue]:
        """List what is set aside and undecided, oldest day first."""
        leader = await leader_for(service, "quarantine")
        return [_shown(row) for row in await open_quarantine(leader.recorder)]

    @post("/quarantine", status_code=200)
    async def decide_quarantine(
        self, request: Request[Any, Any, Any], service: NamedDependency[Service]
    ) -> list[QuarantinedValue]:
        """Record a value, its FIX and settlement days together, or reject it."""
        asked: QuarantineRequest = await read_body(request, QuarantineRequest)
        leader = await leader_for(service, "quarantine")
        async with failure_audited(leader, f"quarantine {asked.decision}", asked.id):
            rows = await decide_quarantined(leader.recorder, asked.id, asked.decision, OPERATOR)
        return [_shown(row) for row in rows]

    @post("/withdrawal", status_code=200)
    async def decide_withdrawal(
        self, request: Request[Any, Any, Any], service: NamedDependency[Service]
    ) -> dict[str, Any]:
        """Keep a withdrawn day's value, or accept that the source has withdrawn it."""
        asked: WithdrawalRequest = await read_body(request, WithdrawalRequest)
        leader = await leader_for(service, "withdrawal")
        async with failure_audited(leader, f"withdrawal {asked.decision}", str(asked.date)):
            rows = await decide_withdrawn(leader.recorder, asked.date, asked.decision, OPERATOR)
        return {"decision": asked.decision, "days": [[row.series, row.date] for row in rows]}


def _shown(row: Quarantined) -> QuarantinedValue:
    return QuarantinedValue(
        row.id,
        row.series,
        row.date,
        row.raw,
        row.kind,
        row.reason,
        row.first_seen,
        row.last_seen,
    )
