"""What keeps rates-sync going: the backfills' budget, the nights done, alerts that are open.

Only additions with defaults, so that an older version runs on it unchanged.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
TABLES: dict[str, Any] = {
    "if_not_exists": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
}


def upgrade() -> None:
    """Create the tables and add the columns; each step can be rerun."""
    _add("quota", sa.Column("backfill_used", sa.Integer, nullable=False, server_default="0"))
    _add("payloads", sa.Column("last_seen", INSTANT, nullable=True))
    _add("audit", sa.Column("caller", sa.String(128), nullable=True))
    _add("audit", sa.Column("outcome", sa.String(64), nullable=True))
    _finished_nights()
    _open_alerts()


def downgrade() -> None:
    """Refuse: the record is never dropped."""
    raise RuntimeError("the record is never dropped")


def _add(table: str, column: sa.Column[Any]) -> None:
    there = {row["name"] for row in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in there:
        op.add_column(table, column)


def _finished_nights() -> None:
    op.create_table(
        "finished_nights",
        sa.Column("task", sa.String(32), primary_key=True),
        sa.Column("night", sa.Date, nullable=False),
        **TABLES,
    )


def _open_alerts() -> None:
    op.create_table(
        "open_alerts",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        **TABLES,
    )
