"""Alembic's way into the store: it is always given an open transaction, never a URL with a password.

``pipeline/store/__init__.py`` calls it; a new migration is written with ``alembic revision`` by hand.
"""

from __future__ import annotations

from alembic import context

from pipeline.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
