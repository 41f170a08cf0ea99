"""Each bounded column against the longest value that can reach it (protocol rule 34).

MySQL refuses what is longer than its column, SQLite takes it: so no test on SQLite would notice. A
new column with a bound needs an entry here.
"""

from datetime import UTC, datetime
from datetime import date as Day
from decimal import Decimal
from typing import Any, get_args
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy.dialects import mysql

from rates_contracts.averages import Average, Window
from rates_contracts.events import ObservationsRecorded, Previous
from rates_contracts.observation import FIX, Observation, Source
from rates_contracts.signatures.jose import base64url
from rates_contracts.status import MAX_LISTED_DAYS, SeriesStatus, SyncStatus, Transition
from rates_sync.banxico.body import MAX_BODY
from rates_sync.banxico.rejections import MAX_ALIKE, Rejections
from rates_sync.banxico.series import SERIES
from rates_sync.cycle.backfill import CHUNK
from rates_sync.cycle.cycle import CYCLE_OUTCOMES
from rates_sync.cycle.decisions import QuarantineDecision
from rates_sync.leader.loops import NIGHTLY_TASKS
from rates_sync.notify.dispatcher import NOTICES
from rates_sync.notify.pairs import BREAKER, CLOCK, REDIS, SIGNING_KEY, UNCONFIRMED
from rates_sync.operate.operations import MAX_REASON, OPERATOR
from rates_sync.operate.problems import CODES
from rates_sync.store.review import DECISIONS, QuarantineState, fingerprint
from rates_sync.store.schema import metadata
from rates_sync.timetable.averages import averages_ahead
from rates_sync.timetable.calendar import bank_calendar
from rates_sync.upstream import MAX_RAW, Rejected, RejectedKind

NOW = datetime(2026, 8, 13, 18, tzinfo=UTC)
GREATEST = 2**63 - 1
MEDIUM = ("MEDIUMTEXT", "MEDIUMBLOB")
CALENDAR = bank_calendar(Day(2026, 8, 13))
VALUE = f"{'9' * 9}.{'9' * 12}"
"""The longest that a value of any series may be."""
WIDEST = "\N{FIRE}"
"""A character of four bytes, the most that one takes."""


def longest(*texts: str) -> str:
    return max(texts, key=len)


def of(kind: Any) -> str:
    return longest(*get_args(kind))


def document(struct: Any) -> str:
    return msgspec.json.encode(struct).decode()


def status() -> SyncStatus:
    days = (NOW.date(),) * MAX_LISTED_DAYS
    series = SeriesStatus(
        verified_at=NOW, fresh_until=NOW, complete_at=NOW, under_review=days, withdrawn=days
    )
    return SyncStatus(
        source="Banco de México",
        transitions=(Transition(NOW, "awaiting_publication", NOW, True, 3600),) * 100,
        series=dict.fromkeys(SERIES, series),
    )


def event() -> ObservationsRecorded:
    """A chunk of a backfill with a new value of both series for each day: the longest event."""
    observation = Observation(FIX, NOW.date(), 9999, Decimal(VALUE), NOW, "f" * 64)
    return ObservationsRecorded(
        event_id=uuid4().hex,
        timeline=GREATEST,
        position=GREATEST,
        previous=Previous(GREATEST, GREATEST, uuid4().hex),
        recorded_at=NOW,
        status=status(),
        averages=averages_ahead(CALENDAR, [], NOW),
        traceparent="0" * 55,
        observations=(observation,) * (2 * CHUNK.days),
    )


def average() -> Average:
    means = (Decimal(VALUE),) * 3
    days = (NOW.date(),) * 2
    return Average("15d", NOW, *days, 30, 30, *means, *days)


def rejected() -> Rejected:
    """What is left of the longest datum, the first of many."""
    found = Rejections()
    for _ in range(MAX_ALIKE + 1):
        found.add(Rejected(FIX, None, WIDEST * 10**6, WIDEST * 10**6, "undated"))
    return found.all()[0]


HOST, PROCESS = 64, len(f"/{2**22}/{'f' * 8}")
"""The longest name of a Linux host; a process's number and what tells it from the one before."""
CALLER = f"{':'.join(['ffff'] * 8)}%{'i' * 15}"
"""An IPv6 address of one link, with the longest name that Linux gives an interface."""
KEY = base64url(bytes(32))
VERSION = f"{GREATEST}-{GREATEST}"

LONGEST: dict[str, str | bytes] = {
    "payloads.sha256": "f" * 64,
    "payloads.body": bytes(MAX_BODY),
    "observations.series": longest(*SERIES),
    "observations.value": VALUE,
    "observations.payload_sha256": "f" * 64,
    "signing_keys.kid": KEY,
    "signing_keys.x": KEY,
    "receipts.series": longest(*SERIES),
    "receipts.kid": KEY,
    "averages.window_name": of(Window),
    "averages.document": document(average()),
    "sync_status.document": document(status()),
    "sync_status.history_version": VERSION,
    "sync_status.averages_version": VERSION,
    "bank_calendar.version": CALENDAR.version,
    "bank_calendar.document": document(CALENDAR) * 50,
    "bank_calendar.kept": document(CALENDAR) * 50,
    "lease.holder": "h" * (HOST + PROCESS),
    "head.event_id": uuid4().hex,
    "outbox.event_id": uuid4().hex,
    "outbox.document": document(event()),
    "quarantine.fingerprint": fingerprint(rejected()),
    "quarantine.series": longest("", *SERIES),
    "quarantine.raw": rejected().raw,
    "quarantine.reason": rejected().reason,
    "quarantine.payload_sha256": "f" * 64,
    "quarantine.kind": of(RejectedKind),
    "quarantine.state": of(QuarantineState),
    "coverage.series": longest(*SERIES),
    "completeness.series": longest(*SERIES),
    "withdrawals.series": longest(*SERIES),
    "withdrawals.decision": longest(*DECISIONS),
    "audit.actor": OPERATOR,
    "audit.action": longest("history-accept", f"quarantine {of(QuarantineDecision)}"),
    "audit.detail": f"{NOW.date()}: {WIDEST * MAX_REASON}",
    "audit.caller": CALLER,
    "audit.outcome": longest(*CYCLE_OUTCOMES, *(code for _, code in CODES.values())),
    "finished_nights.task": longest(*NIGHTLY_TASKS),
    "open_alerts.name": longest(
        *(pair.opened for pair in (REDIS, BREAKER, CLOCK, SIGNING_KEY, *UNCONFIRMED.values()))
    ),
    "notice_cursor.name": longest(*NOTICES),
    "upstream.name": of(Source),
}


def limits() -> dict[str, tuple[str, int]]:
    """Return what fits into each bounded column on MySQL, in characters or in bytes."""
    columns = [column for table in metadata.tables.values() for column in table.columns]
    kinds = {str(column): column.type.compile(mysql.dialect()) for column in columns}
    bytes_ = {name: ("bytes", 2**24 - 1) for name, kind in kinds.items() if kind in MEDIUM}
    return bytes_ | {
        name: ("characters", int(kind[8:-1]))
        for name, kind in kinds.items()
        if kind.startswith("VARCHAR(")
    }


def test_every_bounded_column_has_an_entry() -> None:
    """A new column says what the longest value is that can reach it, a dropped one says nothing."""
    assert LONGEST.keys() == limits().keys()


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_value_fits(name: str) -> None:
    """Whatever comes from outside is cut or hashed before; the rest is ours and short."""
    value, (unit, most) = LONGEST[name], limits()[name]
    counted = value.encode() if isinstance(value, str) and unit == "bytes" else value
    assert len(counted) <= most


def test_what_is_kept_of_a_datum_is_bounded() -> None:
    """The quarantine shows the beginning of a datum, and of the reason."""
    assert {len(rejected().raw), len(rejected().reason)} == {MAX_RAW}
