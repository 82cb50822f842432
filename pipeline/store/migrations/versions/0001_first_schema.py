"""The store's schema: articles, stories, alerts, the outbox, dead letters and feeds.

Revision 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema import Utc, Word, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newer schema."""
    op.create_table(
        "articles",
        sa.Column("article", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("outlet", sa.LargeBinary()),
        sa.Column("url", sa.LargeBinary()),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("first_seen", Utc(), nullable=False),
        sa.Column("run", sa.LargeBinary()),
        sa.Column("claimant", sa.LargeBinary()),
        sa.Column("settled", Word()),
        sa.Column("settled_at", Utc()),
        sa.PrimaryKeyConstraint("article", "version"),
        sqlite_with_rowid=False,
    )
    op.create_index("articles_text", "articles", ["text"])
    op.create_table(
        "article_keys",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("article", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "knowledge",
        sa.Column("article", Word(), nullable=False),
        sa.Column("url", Words()),
        sa.Column("outlet", Words()),
        sa.Column("published", Utc()),
        sa.PrimaryKeyConstraint("article"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "readings",
        sa.Column("article", Word(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", Words()),
        sa.Column("reading", Words(), nullable=False),
        sa.Column("stored_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("article", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stories",
        sa.Column("story", Word(), nullable=False),
        sa.Column("watch", Word(), nullable=False),
        sa.Column("first", Word(), nullable=False),
        sa.Column("opened", Utc(), nullable=False),
        sa.Column("undated", sa.Boolean(), nullable=False),
        sa.Column("published_from", Utc()),
        sa.Column("published_to", Utc()),
        sa.Column("seen_from", Utc(), nullable=False),
        sa.Column("seen_to", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("story"),
        sqlite_with_rowid=False,
    )
    op.create_index("stories_watch", "stories", ["watch", "seen_to"])
    op.create_table(
        "story_terms",
        sa.Column("watch", Word(), nullable=False),
        sa.Column("term", Word(), nullable=False),
        sa.Column("story", Word(), nullable=False),
        sa.PrimaryKeyConstraint("watch", "term", "story"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "coverage",
        sa.Column("watch", Word(), nullable=False),
        sa.Column("article", Word(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("story", Word(), nullable=False),
        sa.Column("relation", Word(), nullable=False),
        sa.Column("of", Word()),
        sa.Column("member", Words(), nullable=False),
        sa.Column("why", Words(), nullable=False),
        sa.PrimaryKeyConstraint("watch", "article"),
        sqlite_with_rowid=False,
    )
    op.create_index("coverage_article", "coverage", ["article"])
    op.create_index("coverage_story", "coverage", ["story"])
    op.create_table(
        "decisions",
        sa.Column("article", Word(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("watch", Word(), nullable=False),
        sa.Column("reason", Word(), nullable=False),
        sa.Column("story", Word()),
        sa.Column("alert", Word()),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("article", "version", "watch"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        sa.Column("alert", Word(), nullable=False),
        sa.Column("story", Word(), nullable=False),
        sa.Column("watch", Word(), nullable=False),
        sa.Column("channel", Word(), nullable=False),
        sa.Column("body", Words(), nullable=False),
        sa.Column("opened", Utc(), nullable=False),
        sa.Column("changed", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("alert"),
        sqlite_with_rowid=False,
    )
    op.create_index("alerts_story", "alerts", ["story", "channel"], unique=True)
    op.create_table(
        "deliveries",
        sa.Column("delivery", Word(), nullable=False),
        sa.Column("alert", Word(), nullable=False),
        sa.Column("sink", Word(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", Word(), nullable=False),
        sa.Column("body", Words(), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted", Utc()),
        sa.Column("owner", Word()),
        sa.Column("leased_at", Utc()),
        sa.Column("leased_until", Utc()),
        sa.Column("sent_at", Utc()),
        sa.Column("receipt", Words()),
        sa.Column("error", Words()),
        sa.PrimaryKeyConstraint("delivery"),
        sqlite_with_rowid=False,
    )
    op.create_index("deliveries_alert", "deliveries", ["alert", "sink", "sequence"], unique=True)
    op.create_index("deliveries_due", "deliveries", ["sink", "state", "due_at"])
    op.create_table(
        "dead_letters",
        sa.Column("letter", Word(), nullable=False),
        sa.Column("step", Word(), nullable=False),
        sa.Column("reason", Word(), nullable=False),
        sa.Column("message", Words(), nullable=False),
        sa.Column("origin", Words(), nullable=False),
        sa.Column("document", Words()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", Utc(), nullable=False),
        sa.Column("last_at", Utc(), nullable=False),
        sa.Column("resurrected_at", Utc()),
        sa.PrimaryKeyConstraint("letter"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feeds",
        sa.Column("feed", Word(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("next_due", Utc()),
        sa.PrimaryKeyConstraint("feed"),
        sqlite_with_rowid=False,
    )
    op.create_index("feeds_due", "feeds", ["next_due"])


def downgrade() -> None:
    """Back again."""
    for table in (
        "feeds",
        "dead_letters",
        "deliveries",
        "alerts",
        "decisions",
        "coverage",
        "story_terms",
        "stories",
        "readings",
        "knowledge",
        "article_keys",
        "articles",
    ):
        op.drop_table(table)
