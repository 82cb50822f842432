"""What is in hand is kept whole, queues remember their places, feeds and channels are leased one by one.

Revision 0002.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema import Utc, Word, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newer schema."""
    op.create_table(
        "in_hand",
        sa.Column("article", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", Words(), nullable=False),
        sa.Column("run", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("article", "version"),
        sqlite_with_rowid=False,
    )
    op.create_index("in_hand_due", "in_hand", ["due_at"])
    op.create_table(
        "positions",
        sa.Column("queue", Word(), nullable=False),
        sa.Column("part", Word(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.Column("aside", Words()),
        sa.Column("changed", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("queue", "part"),
        sqlite_with_rowid=False,
    )
    op.add_column("feeds", sa.Column("owner", Word()))
    op.add_column("feeds", sa.Column("leased_until", Utc()))
    op.add_column("deliveries", sa.Column("channel", Word(), nullable=False, server_default=""))
    _name_channels(op.get_bind())
    op.create_index("deliveries_channel", "deliveries", ["sink", "channel", "state", "due_at"])


def _name_channels(connection: sa.Connection) -> None:
    """The channel stood only in the alert's own words before."""
    deliveries = sa.table(
        "deliveries", sa.column("delivery"), sa.column("channel"), sa.column("body"), sa.column("state")
    )
    rows = connection.execute(
        sa.select(deliveries.c.delivery, deliveries.c.body).where(deliveries.c.state != "sent")
    )
    named = [{"_delivery": row.delivery, "channel": json.loads(row.body)["channel"]} for row in rows]
    if named:
        connection.execute(
            sa.update(deliveries).where(deliveries.c.delivery == sa.bindparam("_delivery")), named
        )


def downgrade() -> None:
    """Back to the older schema; what is in hand is read again from its sources, as before."""
    op.drop_index("deliveries_channel", "deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("channel")
    with op.batch_alter_table("feeds") as table:
        table.drop_column("owner")
        table.drop_column("leased_until")
    op.drop_table("positions")
    op.drop_table("in_hand")
