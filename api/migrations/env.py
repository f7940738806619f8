"""How Alembic reaches the database: libpq's variables, one transaction, schema `app` only."""

from alembic import context
from sqlalchemy import text
from sqlalchemy.sql.schema import SchemaItem

from api.database import owner_engine
from api.models.user import SCHEMA, VERSION_TABLE, User, user_metadata

# Any constant does, as long as all who migrate this schema take the same lock.
_LOCK = 5_741_906_203


def _only_ours(item: SchemaItem, name: str | None, type_: str, reflected: bool, compare_to: SchemaItem | None) -> bool:
    """The other schemas are dbt's and dlt's."""
    return type_ != "table" or getattr(item, "schema", None) == SCHEMA


def run() -> None:
    """Migrate in one transaction; two that start at once go one after the other."""
    engine = owner_engine()
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # Alembic's own table is in the schema too, so the schema comes before the first revision.
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        context.configure(
            connection=connection,
            target_metadata=user_metadata,
            version_table=VERSION_TABLE,
            version_table_schema=SCHEMA,
            include_schemas=True,
            include_object=_only_ours,
        )
        with context.begin_transaction():
            context.run_migrations()


assert User.metadata is user_metadata  # noqa: S101  (the import above fills the metadata)
run()
