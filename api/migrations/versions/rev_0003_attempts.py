"""Count attempts to log in and to register, in one place for all processes."""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Create app.attempts.

    Unlogged: what it counts is of no use after a crash, and neither the write-ahead log nor a backup made from it
    keeps it longer than the table does.
    """
    op.create_table(
        "attempts",
        sa.Column("key", sa.LargeBinary, primary_key=True, comment="keyed hash of what is counted"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="the count is void from then on"),
        schema="app",
        prefixes=["unlogged"],
    )
    op.create_index("attempts_expires_at_idx", "attempts", ["expires_at"], schema="app")


def downgrade() -> None:
    """Drop app.attempts."""
    op.drop_table("attempts", schema="app")
