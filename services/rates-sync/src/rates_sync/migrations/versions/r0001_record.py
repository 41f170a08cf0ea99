"""The first schema: record, outbox, lease, quota, and the read views of `rates_contracts.views`.

Single-row tables get their row here, so that instances only update it and never race to insert. All
of it can be rerun after a partial run.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
BODY = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
TABLES: dict[str, Any] = {
    "if_not_exists": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
}
"""Text compares byte by byte, as on SQLite, whatever the server's default is."""


def upgrade() -> None:
    """Create tables, rows and views."""
    _observations()
    _state()
    _stream()
    _kept_aside()
    _rows()
    # SQLite has no OR REPLACE and needs none: there the step is one transaction.
    create = "CREATE OR REPLACE" if op.get_bind().dialect.name == "mysql" else "CREATE"
    for name, select in VIEWS.items():
        op.execute(f"{create} VIEW {name} AS {select}")


def downgrade() -> None:
    """Refuse: there is nothing before the first schema."""
    raise RuntimeError("the record is never dropped")


def _only_row() -> "sa.Column[int]":
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)


def _observations() -> None:
    op.create_table(
        "payloads",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("body", BODY, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        **TABLES,
    )
    op.create_table(
        "observations",
        sa.Column("series", sa.String(16), primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.String(32), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column(
            "payload_sha256", sa.String(64), sa.ForeignKey("payloads.sha256"), nullable=False
        ),
        **TABLES,
    )
    _index("observations", "payload_sha256")
    op.create_table(
        "averages",
        sa.Column("window_name", sa.String(8), primary_key=True),
        sa.Column("at", INSTANT, primary_key=True),
        sa.Column("document", LONG_TEXT, nullable=False),
        **TABLES,
    )


def _state() -> None:
    op.create_table(
        "sync_status",
        _only_row(),
        sa.Column("document", LONG_TEXT, nullable=False),
        sa.Column("history_version", sa.String(41), nullable=False),
        sa.Column("averages_version", sa.String(41), nullable=False),
        **TABLES,
    )
    op.create_table(
        "bank_calendar",
        _only_row(),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("document", LONG_TEXT, nullable=False),
        **TABLES,
    )
    op.create_table(
        "quota",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("used", sa.Integer, nullable=False),
        **TABLES,
    )
    op.create_table(
        "lease",
        _only_row(),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("renewals", sa.BigInteger, nullable=False),
        **TABLES,
    )
    op.create_table(
        "upstream", _only_row(), sa.Column("name", sa.String(64), nullable=False), **TABLES
    )


def _stream() -> None:
    op.create_table(
        "head",
        _only_row(),
        sa.Column("timeline", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("unannounced_at", INSTANT, nullable=True),
        **TABLES,
    )
    op.create_table(
        "outbox",
        sa.Column("timeline", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("document", LONG_TEXT, nullable=False),
        **TABLES,
    )
    op.create_table(
        "notice_cursor",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("timeline", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        **TABLES,
    )


def _kept_aside() -> None:
    op.create_table(
        "quarantine",
        sa.Column("fingerprint", sa.String(64), primary_key=True),
        sa.Column("series", sa.String(16), nullable=False),
        sa.Column("date", sa.Date, nullable=True),
        sa.Column("raw", LONG_TEXT, nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("payload_sha256", sa.String(64), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        **TABLES,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("detail", LONG_TEXT, nullable=False),
        **TABLES,
    )


def _index(table: str, column: str) -> None:
    """MySQL has no CREATE INDEX IF NOT EXISTS."""
    name = f"ix_{table}_{column}"
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
    if name not in there:
        op.create_index(name, table, [column])


def _rows() -> None:
    """Insert the head before the first event, a free lease, and no upstream."""
    _only("head", timeline=1, position=0, event_id="", recorded_at="1970-01-01 00:00:00.000000")
    _only("lease", holder="", token=0, renewals=0)
    _only("upstream", name="")


def _only(table: str, **row: str | int) -> None:
    """Insert a table's only row if it is missing."""
    columns, values = ", ".join(row), ", ".join(map(repr, row.values()))
    op.execute(
        f"INSERT INTO {table} (id, {columns}) SELECT 1, {values}"  # noqa: S608  constant names
        f" WHERE NOT EXISTS (SELECT 1 FROM {table} present)"
    )


VIEWS = {
    "head_v1": "SELECT timeline, position, event_id, recorded_at FROM head",
    "rate_history_v1": """
        SELECT series, date, revision, value, recorded_at, payload_sha256 FROM observations""",
    "current_rates_v1": """
        SELECT o.series, o.date, o.revision, o.value, o.recorded_at, o.payload_sha256
        FROM (SELECT series, MAX(date) AS date FROM observations GROUP BY series) newest
        JOIN observations o ON o.series = newest.series AND o.date = newest.date
        WHERE NOT EXISTS (
            SELECT 1 FROM observations later
            WHERE later.series = o.series AND later.date = o.date AND later.revision > o.revision
        )""",
    "rate_averages_v1": "SELECT window_name, at, document FROM averages",
    "sync_status_v1": "SELECT document, history_version, averages_version FROM sync_status",
    "bank_calendar_v1": "SELECT version, document FROM bank_calendar",
}
"""Frozen with this step; a test compares the columns with `rates_contracts.views`."""
