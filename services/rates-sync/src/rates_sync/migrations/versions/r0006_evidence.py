"""What can be checked by anybody: raw answers behind observations, receipts, and public keys.

Only additions, so that an older version runs on it unchanged. The views are read on demand.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
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
    """Create tables and views; each step can be rerun."""
    _signing_keys()
    _receipts()
    for name, select in VIEWS.items():
        _replace_view(name, select)


def downgrade() -> None:
    """Refuse: the record is never dropped."""
    raise RuntimeError("the record is never dropped")


def _signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(64), primary_key=True),
        sa.Column("x", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        **TABLES,
    )


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("series", sa.String(16), primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        **TABLES,
    )


def _replace_view(name: str, select: str) -> None:
    """On MySQL in one statement, since readers never wait; SQLite's step is one transaction."""
    if op.get_bind().dialect.name == "mysql":
        op.execute(f"CREATE OR REPLACE VIEW {name} AS {select}")
    else:
        op.execute(f"DROP VIEW IF EXISTS {name}")
        op.execute(f"CREATE VIEW {name} AS {select}")


VIEWS = {
    "payloads_v1": """
        SELECT p.sha256, p.body, p.received_at FROM payloads p
        WHERE EXISTS (
            SELECT 1 FROM observations o WHERE o.payload_sha256 = p.sha256
                AND o.recorded_at <= (SELECT head.recorded_at FROM head)
        )""",
    "receipts_v1": """
        SELECT r.series, r.date, r.revision, r.jws FROM receipts r
        JOIN signing_keys k ON k.kid = r.kid WHERE k.revoked_at IS NULL""",
    "signing_keys_v1": "SELECT kid, x, created_at, revoked_at FROM signing_keys",
}
"""Frozen with this step; a test compares the columns with `rates_contracts.views`."""
