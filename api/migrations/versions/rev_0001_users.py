"""Create app.users."""

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Create app.users; names and e-mail addresses are unique whatever their case."""
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("hashed_password", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("consent_given_at", sa.DateTime(timezone=True), comment="when consent was given; null = none held"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        schema="app",
    )
    op.create_index("users_username_key", "users", [sa.text("lower(username)")], unique=True, schema="app")
    op.create_index("users_email_key", "users", [sa.text("lower(email)")], unique=True, schema="app")


def downgrade() -> None:
    """Drop app.users and everyone in it."""
    op.drop_table("users", schema="app")
