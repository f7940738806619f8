"""Alembic's environment and the revisions of schema `app`."""
