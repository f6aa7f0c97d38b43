"""What the use cases tell the announcer once the store has committed."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from services.adapters.memory.store import MemoryStore
from services.core.announcer import Announcer
from services.core.model import OperationEvent, OperationId
from services.core.use_cases import Stories
from tests.builders import ALICE
from tests.contract.store_steps import story_command


class Heard:
    """A broker's sending ends that note what they were told."""

    def __init__(self) -> None:
        self.operations: asyncio.Queue[OperationId] = asyncio.Queue()
        self.events: asyncio.Queue[OperationEvent] = asyncio.Queue()

    async def announce(self, ids: Sequence[OperationId]) -> None:
        for operation_id in ids:
            self.operations.put_nowait(operation_id)

    async def publish(self, events: Sequence[OperationEvent]) -> None:
        for event in events:
            self.events.put_nowait(event)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def stories(heard: Heard) -> AsyncIterator[Stories]:
    store = MemoryStore()
    announcer = Announcer(store, heard, heard)
    task = asyncio.create_task(announcer.run())
    yield Stories(store, announcer)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_a_cancel_unblocks_is_announced_at_once(stories: Stories, heard: Heard) -> None:
    creation = (await stories.create(ALICE, story_command())).operation
    film = (await stories.compile(ALICE, creation.story_id, {})).operation
    async with asyncio.timeout(5):
        assert [await heard.operations.get(), await heard.operations.get()] == [creation.id, film.id]

        await stories.cancel(ALICE, creation.id)

        assert await heard.operations.get() == film.id
        event = await heard.events.get()
    assert (event.operation_id, event.kind) == (creation.id, "cancelled")


async def test_a_deletion_tells_what_it_ended_and_starts_nothing(stories: Stories, heard: Heard) -> None:
    creation = (await stories.create(ALICE, story_command())).operation
    film = (await stories.compile(ALICE, creation.story_id, {})).operation
    async with asyncio.timeout(5):
        assert [await heard.operations.get(), await heard.operations.get()] == [creation.id, film.id]

        await stories.delete(ALICE, creation.story_id)

        events = [await heard.events.get(), await heard.events.get()]
    assert [(event.operation_id, event.kind) for event in events] == [(creation.id, "cancelled"), (film.id, "cancelled")]
    assert heard.operations.empty()
