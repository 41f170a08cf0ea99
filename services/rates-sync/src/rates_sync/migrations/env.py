"""Runs Alembic's steps on the connection that `migrate` holds, never on another."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
