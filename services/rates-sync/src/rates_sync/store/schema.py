"""The tables as the migrations leave them; a test compares the two.

`migrations/versions` creates them and the read views; queries use this module. Instants are naive
UTC with microseconds in the database and aware in Python; amounts are the published strings, never
a float (rule R8).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects import mysql


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as naive UTC. Raises ValueError for a naive one."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Keep microseconds: MySQL drops them by default."""
        kind = mysql.DATETIME(fsp=6) if dialect.name == "mysql" else DateTime()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class DecimalText(TypeDecorator[Decimal]):
    """A decimal stored as its string: '17.0530' keeps its zero."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        """Return the digits as published, never an exponent."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Decimal | None:
        """Return exactly the stored digits."""
        return None if value is None else Decimal(value)


LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
"""JSON of contract types; MySQL's TEXT holds only 64 kB."""
BODY = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
SHA256 = String(64)
SINGLE_ROW = 1
"""The key of a table's only row."""

metadata = MetaData()

payloads = Table(
    "payloads",
    metadata,
    Column("sha256", SHA256, primary_key=True),
    Column("body", BODY, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("last_seen", Instant, nullable=True),
)
observations = Table(
    "observations",
    metadata,
    Column("series", String(16), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("value", DecimalText, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("payload_sha256", SHA256, ForeignKey("payloads.sha256"), nullable=False),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Index("ix_observations_payload_sha256", "payload_sha256"),
)
"""`position` is the one that announced the row; by default the head's when the column was added."""
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("x", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant, nullable=True),
)
"""Public keys; a revoked one stays."""
receipts = Table(
    "receipts",
    metadata,
    Column("series", String(16), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("kid", String(64), nullable=False),
    Column("jws", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
)
averages = Table(
    "averages",
    metadata,
    Column("window_name", String(8), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("document", LONG_TEXT, nullable=False),
)
sync_status = Table(
    "sync_status",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("document", LONG_TEXT, nullable=False),
    Column("history_version", String(41), nullable=False),
    Column("averages_version", String(41), nullable=False),
)
data_status_days = Table(
    "data_status_days",
    metadata,
    Column("date", Date, primary_key=True),
    Column("verified_seconds", Integer, nullable=False),
    Column("unverified_seconds", Integer, nullable=False),
    Column("breaker_open_seconds", Integer, nullable=False),
)
"""Days that have ended; that of the newest recording is in `sync_status` (protocol rule 47)."""
bank_calendar = Table(
    "bank_calendar",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", String(64), nullable=False),
    Column("document", LONG_TEXT, nullable=False),
    Column("kept", LONG_TEXT, nullable=True),
)
"""`kept` is the document again: a release that knows no versions rewrites only the other."""
quota = Table(
    "quota",
    metadata,
    Column("day", Date, primary_key=True),
    Column("used", Integer, nullable=False),
    Column("backfill_used", Integer, nullable=False, server_default="0"),
)
"""Requests of a Mexico City day; those of backfills are counted apart (protocol rule 35)."""
lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(128), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("renewals", BigInteger, nullable=False),
)
head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("timeline", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("unannounced_at", Instant, nullable=True),
)
outbox = Table(
    "outbox",
    metadata,
    Column("timeline", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("document", LONG_TEXT, nullable=False),
)
quarantine = Table(
    "quarantine",
    metadata,
    Column("fingerprint", SHA256, primary_key=True),
    Column("series", String(16), nullable=False),
    Column("date", Date, nullable=True),
    Column("raw", LONG_TEXT, nullable=False),
    Column("reason", LONG_TEXT, nullable=False),
    Column("payload_sha256", SHA256, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("first_seen", Instant, nullable=True),
    Column("last_seen", Instant, nullable=True),
)
coverage = Table(
    "coverage",
    metadata,
    Column("series", String(16), primary_key=True),
    Column("first", Date, primary_key=True),
    Column("last", Date, nullable=False),
)
"""Spans of days that were asked for (protocol rule 25); those of a series never touch."""
completeness = Table(
    "completeness",
    metadata,
    Column("series", String(16), primary_key=True),
    Column("complete_at", Instant, nullable=False),
)
"""When the whole history of a series first was there: set once (protocol rule 25)."""
withdrawals = Table(
    "withdrawals",
    metadata,
    Column("series", String(16), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("first_missed_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
    Column("decision", String(16), nullable=True),
)
"""Known days that an answer lacked (protocol rule 27)."""
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("detail", LONG_TEXT, nullable=False),
    Column("caller", String(128), nullable=True),
    Column("outcome", String(64), nullable=True),
)
finished_nights = Table(
    "finished_nights",
    metadata,
    Column("task", String(32), primary_key=True),
    Column("night", Date, nullable=False),
)
"""The last night whose task is done (protocol rule 46)."""
open_alerts = Table(
    "open_alerts",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("opened_at", Instant, nullable=False),
)
"""Alerts whose end has not been sent yet (protocol rule 44)."""
notice_cursor = Table(
    "notice_cursor",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("timeline", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
)
upstream = Table(
    "upstream",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), nullable=False),
)
