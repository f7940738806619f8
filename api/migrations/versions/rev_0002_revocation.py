"""Let tokens be revoked, consent be versioned and withdrawn, and unused accounts be found."""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"

_MOMENTS = {
    "consent_withdrawn_at": "when consent was withdrawn; null = it holds",
    "last_login_at": "last login; null = never",
    "deletion_warned_at": "since when the account is announced as due for deletion; null = it is not",
}


def upgrade() -> None:
    """Add the columns; who is registered agreed to version 1 of the consent."""
    op.add_column(
        "users",
        sa.Column(
            "token_version",
            sa.Integer,
            nullable=False,
            server_default=sa.text("1"),
            comment="tokens made for another version are refused",
        ),
        schema="app",
    )
    op.add_column("users", sa.Column("consent_version", sa.Text, comment="the text agreed to"), schema="app")
    for name, comment in _MOMENTS.items():
        op.add_column("users", sa.Column(name, sa.DateTime(timezone=True), comment=comment), schema="app")
    op.execute("update app.users set consent_version = '1' where consent_given_at is not null")


def downgrade() -> None:
    """Remove them."""
    for name in ("token_version", "consent_version", *_MOMENTS):
        op.drop_column("users", name, schema="app")
