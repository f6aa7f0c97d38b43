"""What an end lets go is judged when it has its locks, whatever it waited for."""

import asyncio

import asyncpg

from services.adapters.postgres import PostgresStore
from services.core.model import OperationType
from tests.contract.store_steps import claim_of, claimed, new_story, start

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def test_what_is_asked_for_while_an_end_waits_for_its_story_is_let_go_by_it(store: PostgresStore, postgres_url: str) -> None:
    tale = await new_story(store)
    claim = claim_of(await claimed(store, tale.operation.id))
    other = await asyncpg.connect(postgres_url)
    try:
        holding = other.transaction()
        await holding.start()
        await other.execute("SELECT FROM stories WHERE id = $1 FOR SHARE", tale.operation.story_id)
        ending = asyncio.create_task(store.finish(claim))
        async with asyncio.timeout(20):
            while not await other.fetchval(_WAITING):  # noqa: ASYNC110 -- a lock that is waited for sends no signal
                await asyncio.sleep(0.01)
            render = await start(store, tale, OperationType.VIDEO_RENDER)  # it needs the story's row only to share
            await holding.commit()
            assert (await ending).unblocked == (render.id,)
    finally:
        await other.close()
