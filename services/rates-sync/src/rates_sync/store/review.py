"""What is set aside: values in quarantine, and recorded days that the source has withdrawn.

A value in quarantine is identified by series, day and value alone, what is no value of a day by
series and kind: seen again it is the same row (protocol rules 28 and 34). A known day that answers
lack is first missed, then withdrawn (rule 27).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_sync.store.schema import quarantine, withdrawals
from rates_sync.upstream import IN_DOUBT, Rejected

QuarantineState = Literal["open", "released", "accepted", "rejected", "closed"]
"""`open` while published and undecided; the rest say how it ended."""
UNDECIDED: tuple[QuarantineState, ...] = ("open", "rejected")
"""The states in which a value is compared with what answers show."""
REVIEWED = ("unusable", *IN_DOUBT)
"""The kinds that put their day under review; the others have no day that was asked for."""

WithdrawalDecision = Literal["keep", "accept"]
DECISIONS: tuple[WithdrawalDecision, ...] = get_args(WithdrawalDecision)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A value in quarantine; `id` is its fingerprint, instants are UTC."""

    id: str
    series: str
    date: Day | None
    raw: str
    reason: str
    kind: str
    state: QuarantineState
    payload_sha256: str
    first_seen: datetime
    last_seen: datetime

    @property
    def under_review(self) -> bool:
        """Tell whether its day is under review."""
        return self.state == "open" and self.date is not None and self.kind in REVIEWED


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A known day that answers lack: since when, since when it counts as withdrawn, the decision.

    An operator who decided `keep` stands by the value: it is not withdrawn.
    """

    series: str
    date: Day
    first_missed_at: datetime
    withdrawn_at: datetime | None
    decision: WithdrawalDecision | None

    @property
    def in_force(self) -> bool:
        """Tell whether the day counts as withdrawn."""
        return self.withdrawn_at is not None and self.decision != "keep"

    @property
    def settled(self) -> bool:
        """Tell whether it is decided that the day is missing: no further answer is needed."""
        return self.in_force or self.decision is not None


def fingerprint(datum: Rejected) -> str:
    """Return the ID of a datum in quarantine: a hash of its series, day and value.

    What puts no day under review is known by series and kind alone: garbage that reads differently
    in each answer is one finding (protocol rule 34).
    """
    content: tuple[object, ...] = (datum.series, datum.date, datum.raw)
    if datum.kind not in REVIEWED:
        content = (datum.series, datum.kind)
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


_QUARANTINED = select(
    quarantine.c.fingerprint,
    quarantine.c.series,
    quarantine.c.date,
    quarantine.c.raw,
    quarantine.c.reason,
    quarantine.c.kind,
    quarantine.c.state,
    quarantine.c.payload_sha256,
    quarantine.c.first_seen,
    quarantine.c.last_seen,
)
SELECT_QUARANTINE = _QUARANTINED.where(quarantine.c.state.in_(UNDECIDED))
SELECT_WITHDRAWALS = select(withdrawals)


def quarantine_of(rows: Iterable[Sequence[Any]]) -> tuple[Quarantined, ...]:
    """Return the values in rows of `SELECT_QUARANTINE`, oldest day first."""
    return oldest_first(Quarantined(*row) for row in rows)


def oldest_first(rows: Iterable[Quarantined]) -> tuple[Quarantined, ...]:
    """Return `rows` by their day."""
    return tuple(sorted(rows, key=lambda row: (row.date or Day.min, row.series, row.id)))


def newly_quarantined(datum: Rejected, payload_sha256: str, at: datetime) -> Quarantined:
    """Return the row of a datum that is set aside at `at`, as if never seen before."""
    return Quarantined(
        fingerprint(datum),
        datum.series,
        datum.date,
        datum.raw,
        datum.reason,
        datum.kind,
        "open",
        payload_sha256,
        first_seen=at,
        last_seen=at,
    )


def withdrawals_of(rows: Iterable[Sequence[Any]]) -> tuple[Withdrawal, ...]:
    """Return the days that are missed or withdrawn, newest first, from `SELECT_WITHDRAWALS`."""
    return newest_first(Withdrawal(*row) for row in rows)


def newest_first(rows: Iterable[Withdrawal]) -> tuple[Withdrawal, ...]:
    """Return `rows` by their day, the last before the others."""
    return tuple(sorted(rows, key=lambda row: (row.date, row.series), reverse=True))


async def read_quarantined(connection: AsyncConnection, prefix: str) -> tuple[Quarantined, ...]:
    """Return the values whose ID begins with `prefix`."""
    found = _QUARANTINED.where(quarantine.c.fingerprint.startswith(prefix, autoescape=True))
    return quarantine_of(await connection.execute(found))


async def put_in_quarantine(
    connection: AsyncConnection,
    data: Iterable[Rejected],
    payload_sha256: str,
    at: datetime,
    *,
    kept: Collection[str],
) -> tuple[Rejected, ...]:
    """Note that `data` were seen at `at`; return what was not open or rejected before.

    `kept` are the IDs of those that were. One that had ended is open again, as if first seen now.
    However many they are, it takes few statements: the FIX beside them is recorded in the same
    transaction.
    """
    by_id = {fingerprint(datum): datum for datum in data}
    others = {id_: datum for id_, datum in by_id.items() if id_ not in kept}
    ids, seen = quarantine.c.fingerprint, {"last_seen": at, "payload_sha256": payload_sha256}
    if len(others) < len(by_id):
        again = update(quarantine).where(ids.in_(by_id.keys() - others.keys()))
        await connection.execute(again.values(seen))
    if not others:
        return ()
    ended = set(await connection.scalars(select(ids).where(ids.in_(others))))
    await _reopen(connection, {id_: others[id_] for id_ in ended}, {**seen, "first_seen": at})
    rows = [_row(datum, payload_sha256, at) for id_, datum in others.items() if id_ not in ended]
    if rows:
        await connection.execute(insert(quarantine), rows)
    return tuple(others.values())


async def _reopen(
    connection: AsyncConnection, ended: Mapping[str, Rejected], seen: Mapping[str, object]
) -> None:
    """Open what had ended again; data of a kind and reason are one statement."""
    alike: dict[tuple[str, str], list[str]] = {}
    for id_, datum in ended.items():
        alike.setdefault((datum.kind, datum.reason), []).append(id_)
    for (kind, reason), ids in alike.items():
        opened = update(quarantine).where(quarantine.c.fingerprint.in_(ids))
        await connection.execute(opened.values(state="open", kind=kind, reason=reason, **seen))


async def end_quarantine(
    connection: AsyncConnection, ids: Collection[str], state: QuarantineState
) -> None:
    """Put the values with these IDs into `state`."""
    if ids:
        ended = update(quarantine).where(quarantine.c.fingerprint.in_(ids))
        await connection.execute(ended.values(state=state))


async def read_withdrawals(connection: AsyncConnection) -> tuple[Withdrawal, ...]:
    """Return every day that is missed or withdrawn, newest first."""
    return withdrawals_of(await connection.execute(SELECT_WITHDRAWALS))


async def note_missed(
    connection: AsyncConnection, days: Iterable[tuple[str, Day]], at: datetime
) -> None:
    """Note that an answer lacked known days of a series for the first time."""
    rows = [{"series": series, "date": day, "first_missed_at": at} for series, day in days]
    await connection.execute(insert(withdrawals), rows)


async def change_withdrawals(
    connection: AsyncConnection, days: Iterable[tuple[str, Day]], changes: Mapping[str, object]
) -> None:
    """Set `withdrawn_at` or `decision` of missed days."""
    await connection.execute(update(withdrawals).where(_any_of(days)).values(changes))


async def forget_missed(connection: AsyncConnection, days: Iterable[tuple[str, Day]]) -> None:
    """Forget that days were missed or withdrawn: they are back."""
    await connection.execute(delete(withdrawals).where(_any_of(days)))


def _any_of(days: Iterable[tuple[str, Day]]) -> ColumnElement[bool]:
    c = withdrawals.c
    return or_(*(and_(c.series == series, c.date == day) for series, day in days))


def _row(datum: Rejected, payload_sha256: str, at: datetime) -> dict[str, object]:
    return {
        "fingerprint": fingerprint(datum),
        "series": datum.series,
        "date": datum.date,
        "raw": datum.raw,
        "reason": datum.reason,
        "kind": datum.kind,
        "state": "open",
        "payload_sha256": payload_sha256,
        "recorded_at": at,
        "first_seen": at,
        "last_seen": at,
    }
