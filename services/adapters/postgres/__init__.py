"""Postgres: everything that must not be lost."""

from services.adapters.postgres.store import PostgresStore, open_store

__all__ = ["PostgresStore", "open_store"]
