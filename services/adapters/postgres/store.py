"""The store on Postgres: every method of `services.core.ports.Store` is one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.adapters.postgres.attempts import Attempts
from services.adapters.postgres.claims import Claims
from services.adapters.postgres.controls import Controls
from services.adapters.postgres.database import open_database
from services.adapters.postgres.listing import Listing
from services.adapters.postgres.operations import Operations
from services.adapters.postgres.shots import Shots
from services.adapters.postgres.stories import Stories
from services.adapters.postgres.sweeps import Sweeps
from services.adapters.postgres.webhooks import Webhooks
from services.adapters.settings import StoreSettings


class PostgresStore(Stories, Shots, Operations, Listing, Controls, Claims, Attempts, Sweeps, Webhooks):
    """Everything that must not be lost. Raises Unavailable DATABASE_UNAVAILABLE whenever the database cannot be used."""


@asynccontextmanager
async def open_store(settings: StoreSettings, *, application: str = "storyreel") -> AsyncIterator[PostgresStore]:
    """Connect, migrate, and close the connections at the end. `application` is the name that the database's views show."""
    async with open_database(settings, application=application) as database:
        yield PostgresStore(database)
