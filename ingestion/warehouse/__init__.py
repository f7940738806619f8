"""The PostgreSQL everything lands in."""

from ingestion.warehouse.connection import DBT_SCHEMAS, LOCK_KEY, Warehouse, exclusive, marts, open_warehouse
from ingestion.warehouse.setup import grant_application, initialise, set_password

__all__ = [
    "DBT_SCHEMAS",
    "LOCK_KEY",
    "Warehouse",
    "exclusive",
    "grant_application",
    "initialise",
    "marts",
    "open_warehouse",
    "set_password",
]
