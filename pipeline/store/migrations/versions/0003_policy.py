"""The desk's policy: messages that are held, withheld or told in digests, replies, paces, silences, verdicts.

Revision 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema import Utc, Word, Words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newer schema."""
    op.add_column("deliveries", sa.Column("kind", Word(), nullable=False, server_default="message"))
    op.add_column("deliveries", sa.Column("held", Word()))
    op.add_column("deliveries", sa.Column("by", Word()))
    op.add_column("deliveries", sa.Column("reply", Words()))
    op.create_table(
        "paces",
        sa.Column("sink", Word(), nullable=False),
        sa.Column("place", Word(), nullable=False),
        sa.Column("free_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("sink", "place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grouped",
        sa.Column("story", Word(), nullable=False),
        sa.Column("channel", Word(), nullable=False),
        sa.Column("watch", Word(), nullable=False),
        sa.Column("lead", Word(), nullable=False),
        sa.PrimaryKeyConstraint("story", "channel"),
        sqlite_with_rowid=False,
    )
    op.create_index("grouped_lead", "grouped", ["lead", "channel"])
    op.create_table(
        "silences",
        sa.Column("silence", Word(), nullable=False),
        sa.Column("body", Words(), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("silence"),
        sqlite_with_rowid=False,
    )
    op.create_index("silences_until", "silences", ["until"])
    op.create_table(
        "verdicts",
        sa.Column("alert", Word(), nullable=False),
        sa.Column("who", Word(), nullable=False),
        sa.Column("verdict", Word(), nullable=False),
        sa.Column("name", Words()),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("alert", "who"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Back to the older schema: what was withheld or told in a digest is not told again, replies are dropped."""
    deliveries = sa.table("deliveries", sa.column("kind", Word()), sa.column("state", Word()))
    op.execute(sa.delete(deliveries).where(deliveries.c.kind != "message"))
    op.execute(
        sa.update(deliveries).where(deliveries.c.state.in_(("withheld", "digested"))).values(state="sent")
    )
    with op.batch_alter_table("deliveries") as table:
        for name in ("kind", "held", "by", "reply"):
            table.drop_column(name)
    for name in ("paces", "grouped", "silences", "verdicts"):
        op.drop_table(name)
