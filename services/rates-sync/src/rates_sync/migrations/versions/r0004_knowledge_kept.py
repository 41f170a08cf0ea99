"""What no older release can lose: when the history was complete, and the calendar's versions.

Such a release rewrites the whole status and the whole calendar without the fields that it does not
know. Both are filled from what is recorded.
"""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
TABLES: dict[str, Any] = {
    "if_not_exists": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
}
COMPLETENESS = sa.table("completeness", sa.column("series"), sa.column("complete_at", INSTANT))


def upgrade() -> None:
    """Create the table and the column, and fill them."""
    op.create_table(
        "completeness",
        sa.Column("series", sa.String(16), primary_key=True),
        sa.Column("complete_at", INSTANT, nullable=False),
        **TABLES,
    )
    columns = sa.inspect(op.get_bind()).get_columns("bank_calendar")
    if "kept" not in {column["name"] for column in columns}:
        op.add_column("bank_calendar", sa.Column("kept", LONG_TEXT, nullable=True))
    _fill_completeness()
    op.execute("UPDATE bank_calendar SET kept = document WHERE kept IS NULL")


def downgrade() -> None:
    """Refuse: the schema before it can lose what this one keeps."""
    raise RuntimeError("the record is never dropped")


def _fill_completeness() -> None:
    connection = op.get_bind()
    document = connection.scalar(sa.text("SELECT document FROM sync_status"))
    if document is None or connection.scalar(sa.text("SELECT COUNT(*) FROM completeness")):
        return
    rows = [
        {"series": name, "complete_at": _naive_utc(series["complete_at"])}
        for name, series in json.loads(document).get("series", {}).items()
        if series.get("complete_at")
    ]
    if rows:
        connection.execute(sa.insert(COMPLETENESS), rows)


def _naive_utc(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(UTC).replace(tzinfo=None)
