"""How much of each day's polling window was verified: a row for a day that has ended, and its view.

Only additions, so that an older version runs on it unchanged. The step can be rerun.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES: dict[str, Any] = {
    "if_not_exists": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
}


def upgrade() -> None:
    """Create the table and the view."""
    op.create_table(
        "data_status_days",
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("verified_seconds", sa.Integer, nullable=False),
        sa.Column("unverified_seconds", sa.Integer, nullable=False),
        sa.Column("breaker_open_seconds", sa.Integer, nullable=False),
        **TABLES,
    )
    for name, select in VIEWS.items():
        _replace_view(name, select)


def downgrade() -> None:
    """Refuse: the record is never dropped."""
    raise RuntimeError("the record is never dropped")


def _replace_view(name: str, select: str) -> None:
    """On MySQL in one statement, since readers never wait; SQLite's step is one transaction."""
    if op.get_bind().dialect.name == "mysql":
        op.execute(f"CREATE OR REPLACE VIEW {name} AS {select}")
    else:
        op.execute(f"DROP VIEW IF EXISTS {name}")
        op.execute(f"CREATE VIEW {name} AS {select}")


VIEWS = {
    "data_status_v1": """
        SELECT date, verified_seconds, unverified_seconds, breaker_open_seconds
        FROM data_status_days"""
}
"""Frozen with this step; a test compares the columns with `rates_contracts.views`."""
