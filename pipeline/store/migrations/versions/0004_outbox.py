"""The outbox's small questions have indexes of their own: what is in somebody's hands, and what is held.

Revision 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OWNED, _HELD = sa.text("owner IS NOT NULL"), sa.text("held IS NOT NULL")


def upgrade() -> None:
    """Towards the newer schema."""
    op.create_index(
        "deliveries_owner", "deliveries", ["sink", "owner"], sqlite_where=_OWNED, postgresql_where=_OWNED
    )
    op.create_index(
        "deliveries_held", "deliveries", ["sink", "held"], sqlite_where=_HELD, postgresql_where=_HELD
    )


def downgrade() -> None:
    """Back to the older schema."""
    for name in ("deliveries_owner", "deliveries_held"):
        op.drop_index(name, "deliveries")
