"""What can be checked by anybody: the raw answers behind observations.

Only additions, so that an older version runs on it unchanged. The view is read on demand.
"""

from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the view."""
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
    "payloads_v1": """
        SELECT p.sha256, p.body, p.received_at FROM payloads p
        WHERE EXISTS (
            SELECT 1 FROM observations o WHERE o.payload_sha256 = p.sha256
                AND o.recorded_at <= (SELECT head.recorded_at FROM head)
        )""",
}
"""Frozen with this step; a test compares the columns with `rates_contracts.views`."""
