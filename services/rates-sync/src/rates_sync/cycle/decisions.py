"""Operators' decisions: on values in quarantine, days withdrawn at the source, signing keys.

Each is one fenced transaction, audited (protocol rules 27 and 28). A FIX and the settlement days
that rest on it are decided together, also days that lie ahead.
"""

from collections.abc import Sequence
from datetime import date as Day
from decimal import Decimal
from typing import Literal

from rates_contracts.calendar import BankingDays
from rates_contracts.events import ObservationsRecorded
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_sync.cycle.comparison import SeriesDay, banking_days, partner_of
from rates_sync.cycle.knowledge import LOOK_BACK
from rates_sync.cycle.recorder import Recorder, Session
from rates_sync.errors import NothingToDecide, Undecidable
from rates_sync.store.evidence.keys import KnownKey, read_keys, revoke_key
from rates_sync.store.recording import Recording
from rates_sync.store.review import (
    Quarantined,
    Withdrawal,
    WithdrawalDecision,
    read_quarantined,
)
from rates_sync.upstream import IN_DOUBT

QuarantineDecision = Literal["accept", "reject"]
RECORDABLE = tuple(kind for kind in IN_DOUBT if kind != "weekend")
"""The kinds that may be recorded: Banxico determines no FIX on a weekend."""
MIN_ID = 8
"""Characters of a quarantined value's ID that name it."""


async def open_quarantine(recorder: Recorder) -> tuple[Quarantined, ...]:
    """Return what is set aside and undecided, oldest day first."""
    async with recorder.session() as session:
        rows = session.recording.quarantined
    return tuple(row for row in rows if row.state == "open")


async def decide_quarantined(
    recorder: Recorder, id_prefix: str, decision: QuarantineDecision, actor: str
) -> tuple[Quarantined, ...]:
    """Record a value that was set aside, or let it count as never published; return what was.

    Raises `NothingToDecide` for an unknown ID, `Undecidable` for a datum without a usable value.
    """
    async with recorder.session() as session:
        recording = session.recording
        chosen = await _chosen(recording, id_prefix)
        rows = _with_partners(recording, chosen, await _days_around(session, chosen.date))
        await recording.audit(actor, f"quarantine {decision}", _described(rows))
        ids = [row.id for row in rows]
        if decision == "reject":
            await recording.end_quarantine(ids, "rejected")
            await session.announce_if_worth()
        elif chosen.kind not in RECORDABLE:
            raise Undecidable(f"{chosen.raw} is no value of its day: it can only be rejected")
        else:
            await recording.end_quarantine(ids, "accepted")
            await _record(session, rows)
    return rows


async def decide_withdrawn(
    recorder: Recorder, day: Day, decision: WithdrawalDecision, actor: str
) -> tuple[Withdrawal, ...]:
    """Stand by a day that the source has withdrawn, or acknowledge that; return what was decided.

    `keep`: its answers no longer warn. `accept`: they warn permanently, the day is not asked for
    any more. Raises `NothingToDecide` for a day that is not withdrawn.
    """
    async with recorder.session() as session:
        recording = session.recording
        days = await _days_around(session, day)
        rows = tuple(
            row
            for row in recording.withdrawals
            if row.in_force and day in (row.date, _fix_day(row, days))
        )
        if not rows:
            raise NothingToDecide(f"{day} is not withdrawn")
        await recording.audit(actor, f"withdrawal {decision}", str(day))
        decided = [(row.series, row.date) for row in rows]
        await recording.change_withdrawals(decided, decision=decision)
        await session.announce_if_worth()
    return rows


async def signing_keys(recorder: Recorder) -> tuple[KnownKey, ...]:
    """Return every public key that receipts were ever signed with, oldest first."""
    async with recorder.session() as session:
        return await read_keys(session.recording.connection)


async def revoke_signing_key(recorder: Recorder, kid: str, reason: str, actor: str) -> None:
    """Revoke a compromised key: what it has signed counts as unsigned.

    Raises `NothingToDecide` for a key that is unknown, or revoked already.
    """
    async with recorder.session() as session:
        recording = session.recording
        if not await revoke_key(recording.connection, kid, recording.recorded_at):
            raise NothingToDecide("there is no such signing key, or it is revoked already")
        await recording.audit(actor, "revoke-key", f"{kid}: {reason}")


async def _chosen(recording: Recording, id_prefix: str) -> Quarantined:
    found: tuple[Quarantined, ...] = ()
    if len(id_prefix) >= MIN_ID:
        found = await read_quarantined(recording.connection, id_prefix)
    undecided = [row for row in found if row.state in ("open", "rejected")]
    if len(undecided) != 1:
        raise NothingToDecide(f"{len(undecided)} values in quarantine begin with {id_prefix!r}")
    return undecided[0]


async def _days_around(session: Session, day: Day | None) -> BankingDays:
    """Return the banking days, as the FIX around `day` tell, those in quarantine, too."""
    recording, set_aside = session.recording, session.recording.quarantined
    fix_days = {row.date for row in set_aside if row.series == FIX and row.date is not None}
    if day is not None:
        around = await recording.newest(FIX, day - LOOK_BACK, day + LOOK_BACK)
        fix_days |= {row.date for row in around}
    return banking_days(session.calendar, fix_days)


def _with_partners(
    recording: Recording, chosen: Quarantined, days: BankingDays
) -> tuple[Quarantined, ...]:
    """Return the chosen row and those with its value that belong to the same FIX."""
    fix = _fix_behind(chosen.series, chosen.date, days)
    partners = [
        row
        for row in recording.quarantined
        if row.raw == chosen.raw and _fix_behind(row.series, row.date, days) == fix
    ]
    return tuple({row.id: row for row in (chosen, *partners)}.values())


def _fix_behind(series: str, day: Day | None, days: BankingDays) -> SeriesDay | None:
    if day is None or series == FIX:
        return None if day is None else (FIX, day)
    return partner_of(series, day, days)


def _fix_day(row: Withdrawal, days: BankingDays) -> Day | None:
    partner = partner_of(SETTLEMENT, row.date, days) if row.series == SETTLEMENT else None
    return None if partner is None else partner[1]


async def _record(session: Session, rows: Sequence[Quarantined]) -> None:
    recording = session.recording
    observations = [await _observation(recording, row) for row in rows if row.date is not None]
    observations.sort(key=lambda observation: (observation.series, observation.date))
    await recording.add(observations)
    await session.sign(observations)
    await session.announce(ObservationsRecorded, observations=tuple(observations))


async def _observation(recording: Recording, row: Quarantined) -> Observation:
    day = row.date or Day.min
    known = await recording.newest(row.series, day, day)
    revision = known[0].revision + 1 if known else 1
    return Observation(
        row.series, day, revision, Decimal(row.raw), recording.recorded_at, row.payload_sha256
    )


def _described(rows: Sequence[Quarantined]) -> str:
    return ", ".join(f"{row.series} of {row.date}: {row.raw}" for row in rows)
