"""Runs the migrations on the connection that `schema.upgrade` hands over, inside its transaction."""

from alembic import context

from console.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
