"""Plans that were made while the tables were empty do not outlive the emptiness by much."""

import asyncio
import json

import asyncpg

from services.adapters.postgres import PostgresStore
from services.adapters.postgres.database import SESSION
from tests.contract.store_steps import LEASE, someone, story_command

_ANALYSED = (
    "SELECT count(*) FROM pg_stat_user_tables WHERE relname IN ('stories', 'operations', 'operation_events') AND analyze_count = 1"
)


async def index(connection: "asyncpg.Connection[asyncpg.Record]") -> str:
    """By which index the kept plan finds one operation of an owner, as the checks of foreign keys do."""
    told = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE one('{someone()}', '{someone()}')")
    found: str = json.loads(told)[0]["Plan"]["Index Name"]
    return found


async def test_one_of_an_owners_many_is_found_by_its_id_though_the_plan_is_from_an_empty_table(
    store: PostgresStore, postgres_url: str
) -> None:
    connection = await asyncpg.connect(postgres_url, server_settings=SESSION)
    await connection.execute("PREPARE one (uuid, uuid) AS SELECT FROM operations WHERE user_id = $1 AND id = $2")
    await index(connection)  # whichever: all cost the same now
    owner = someone()
    await asyncio.gather(*(store.create_story(owner, story_command()) for _ in range(520)))
    async with asyncio.timeout(30):
        while await connection.fetchval(_ANALYSED) < 3:
            await store.sweep(announce_after=LEASE)
            await asyncio.sleep(0.2)  # the server counts rows with a delay, of which nothing tells
    assert await index(connection) == "operations_by_owner"
    await store.sweep(announce_after=LEASE)
    assert await connection.fetchval(_ANALYSED) == 3, "and not once more"
    await connection.close()
