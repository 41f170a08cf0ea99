"""Observations keep the position that announced them; `rate_history_v1` shows it.

What is recorded already gets the head's position, as the new column's default: no row is written
or locked, on MySQL the table's description alone changes. Rows that an older release adds later
have that position, too. The step can be rerun.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and replace the view."""
    connection = op.get_bind()
    columns = sa.inspect(connection).get_columns("observations")
    if "position" not in {column["name"] for column in columns}:
        position = connection.scalar(sa.text("SELECT position FROM head"))
        default = str(int(position))
        column = sa.Column("position", sa.BigInteger, nullable=False, server_default=default)
        op.add_column("observations", column)
    _replace_view("rate_history_v1", RATE_HISTORY)


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


RATE_HISTORY = """
    SELECT series, date, revision, value, recorded_at, payload_sha256, position FROM observations
    WHERE recorded_at <= (SELECT head.recorded_at FROM head)"""
"""Frozen with this step; a test compares the columns with `rates_contracts.views`."""
