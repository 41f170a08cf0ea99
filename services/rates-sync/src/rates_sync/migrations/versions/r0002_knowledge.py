"""What the record knows of itself: spans asked for, withdrawn days, the state of the quarantine.

The read views show what the head has announced, nothing else (protocol rule 26). A record that is
complete already says so: its spans are filled from its FIX days.
"""

from collections.abc import Sequence
from datetime import date as Day
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
TABLES: dict[str, Any] = {
    "if_not_exists": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
}
FIX, SETTLEMENT = "SF43718", "SF60653"
MAX_CLOSURE = timedelta(days=15)
"""No two FIX were ever more than 5 days apart: a longer gap is missing history."""


def upgrade() -> None:
    """Create the tables and columns, fill them, and replace the views."""
    _coverage()
    _withdrawals()
    _quarantine()
    _fill_coverage()
    for name, select in VIEWS.items():
        _replace_view(name, select)


def downgrade() -> None:
    """Refuse: the first schema can't tell what is announced."""
    raise RuntimeError("the record is never dropped")


def _replace_view(name: str, select: str) -> None:
    """On MySQL in one statement, since readers never wait; SQLite's step is one transaction."""
    if op.get_bind().dialect.name == "mysql":
        op.execute(f"CREATE OR REPLACE VIEW {name} AS {select}")
    else:
        op.execute(f"DROP VIEW IF EXISTS {name}")
        op.execute(f"CREATE VIEW {name} AS {select}")


def _coverage() -> None:
    op.create_table(
        "coverage",
        sa.Column("series", sa.String(16), primary_key=True),
        sa.Column("first", sa.Date, primary_key=True),
        sa.Column("last", sa.Date, nullable=False),
        **TABLES,
    )


def _withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("series", sa.String(16), primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("first_missed_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("decision", sa.String(16), nullable=True),
        **TABLES,
    )


def _quarantine() -> None:
    """What was set aside before counts as closed; what still matters is seen again."""
    columns = (
        sa.Column("kind", sa.String(16), nullable=False, server_default="unusable"),
        sa.Column("state", sa.String(16), nullable=False, server_default="closed"),
        sa.Column("first_seen", INSTANT, nullable=True),
        sa.Column("last_seen", INSTANT, nullable=True),
    )
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("quarantine")}
    for column in columns:
        if column.name not in there:
            op.add_column("quarantine", column)
    op.execute(
        "UPDATE quarantine SET first_seen = recorded_at, last_seen = recorded_at"
        " WHERE first_seen IS NULL"
    )


def _fill_coverage() -> None:
    """Both series were always asked for together, so the FIX days tell what was asked for."""
    connection = op.get_bind()
    if connection.scalar(sa.text("SELECT COUNT(*) FROM coverage")):
        return
    query = sa.select(OBSERVATIONS.c.date).where(OBSERVATIONS.c.series == FIX).distinct()
    days = connection.scalars(query.order_by(OBSERVATIONS.c.date)).all()
    if days:
        span = {"first": _first_without_gap(days), "last": days[-1]}
        rows = [{"series": series, **span} for series in (FIX, SETTLEMENT)]
        connection.execute(sa.insert(COVERAGE), rows)


def _first_without_gap(days: Sequence[Day]) -> Day:
    first = days[-1]
    for day in reversed(days):
        if first - day > MAX_CLOSURE:
            break
        first = day
    return first


OBSERVATIONS = sa.table("observations", sa.column("series"), sa.column("date", sa.Date))
COVERAGE = sa.table(
    "coverage", sa.column("series"), sa.column("first", sa.Date), sa.column("last", sa.Date)
)

VIEWS = {
    "rate_history_v1": """
        SELECT series, date, revision, value, recorded_at, payload_sha256 FROM observations
        WHERE recorded_at <= (SELECT head.recorded_at FROM head)""",
    "current_rates_v1": """
        SELECT o.series, o.date, o.revision, o.value, o.recorded_at, o.payload_sha256
        FROM (
            SELECT series, MAX(date) AS date FROM observations
            WHERE recorded_at <= (SELECT head.recorded_at FROM head) GROUP BY series
        ) newest
        JOIN observations o ON o.series = newest.series AND o.date = newest.date
        WHERE o.recorded_at <= (SELECT head.recorded_at FROM head) AND NOT EXISTS (
            SELECT 1 FROM observations later
            WHERE later.series = o.series AND later.date = o.date AND later.revision > o.revision
                AND later.recorded_at <= (SELECT head.recorded_at FROM head)
        )""",
}
"""Frozen with this step; a test compares the columns with `rates_contracts.views`."""
