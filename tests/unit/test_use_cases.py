"""What the use cases tell the announcer once the store has committed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from services.adapters.memory.store import MemoryStore
from services.core import use_cases
from services.core.announcer import Announcer
from services.core.commands import Terms
from services.core.errors import NotFound, ResourceExhausted
from services.core.filtering import Comparison
from services.core.model import OperationEvent, OperationId, OperationStatus, OperationType, ShotId
from services.core.use_cases import Bulk, Stories
from tests.builders import ALICE, BOB
from tests.contract.store_steps import claim_of, claimed, ready_story, story_command


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
def twin() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def stories(heard: Heard, twin: MemoryStore) -> AsyncIterator[Stories]:
    announcer = Announcer(twin, heard, heard)
    task = asyncio.create_task(announcer.run())
    yield Stories(twin, announcer)
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


async def test_what_a_pause_lets_go_and_what_a_resume_brings_back_is_announced(
    stories: Stories, twin: MemoryStore, heard: Heard
) -> None:
    tale, _ = await ready_story(twin)
    first, second = [(await stories.compile(tale.user, tale.story_id, {})).operation for _ in range(2)]
    async with asyncio.timeout(5):
        assert [await heard.operations.get(), await heard.operations.get()] == [first.id, second.id]
        assert (await stories.pause(tale.user, first.id)).status is OperationStatus.PAUSED
        assert await heard.operations.get() == second.id
        assert (await stories.resume(tale.user, first.id)).status is OperationStatus.QUEUED
        assert await heard.operations.get() == first.id
        assert [(await heard.events.get()).kind for _ in range(2)] == ["paused", "resumed"]


async def test_a_retry_is_announced_and_a_forgotten_operation_is_gone(stories: Stories, heard: Heard) -> None:
    creation = (await stories.create(ALICE, story_command())).operation
    await stories.cancel(ALICE, creation.id)
    async with asyncio.timeout(5):
        assert await heard.operations.get() == creation.id
        assert (await stories.retry(ALICE, creation.id)).status is OperationStatus.QUEUED
        assert await heard.operations.get() == creation.id
        assert [(await heard.events.get()).kind for _ in range(2)] == ["cancelled", "retry_requested"]
    await stories.cancel(ALICE, creation.id)
    await stories.forget(ALICE, creation.id)
    with pytest.raises(NotFound):
        await stories.store.operation(ALICE, creation.id)


async def test_a_film_asked_for_while_the_creation_is_paused_waits_for_its_shots(stories: Stories, twin: MemoryStore) -> None:
    creation = (await stories.create(ALICE, story_command())).operation
    await stories.pause(ALICE, creation.id)
    film = (await stories.compile(ALICE, creation.story_id, {})).operation
    assert await twin.claimable(10) == ()
    await stories.resume(ALICE, creation.id)
    await twin.finish(claim_of(await claimed(twin, creation.id)))
    assert await twin.claimable(10) == (film.id,)


async def test_terms_reach_the_store(stories: Stories) -> None:
    terms = Terms(priority=7)
    creation = (await stories.create(ALICE, replace(story_command(), terms=terms))).operation
    film = (await stories.compile(ALICE, creation.story_id, {}, terms=terms)).operation
    assert (creation.priority, film.priority) == (7, 7)
    with pytest.raises(NotFound):
        await stories.regenerate(ALICE, creation.story_id, ShotId(uuid4()), terms=terms)
    with pytest.raises(ResourceExhausted):
        await stories.compile(ALICE, creation.story_id, {}, terms=Terms(most_queued=2))


ALL = Comparison("type", "=", OperationType.STORY_CREATE.value)


async def test_all_that_a_condition_names_is_cancelled_and_tried_again(stories: Stories, twin: MemoryStore) -> None:
    created = [(await stories.create(ALICE, story_command())).operation for _ in range(4)]
    await stories.create(BOB, story_command())
    await stories.compile(ALICE, created[0].story_id, {})
    await stories.cancel(ALICE, created[0].id)
    await claimed(twin, created[1].id)

    assert await stories.cancel_all(ALICE, ALL) == Bulk(changed=3, unchanged=0, next=None)
    assert await stories.cancel_all(ALICE, ALL) == Bulk(changed=0, unchanged=1, next=None)  # the running one is asked already

    await stories.delete(ALICE, created[2].story_id)
    assert await stories.retry_all(ALICE, ALL) == Bulk(changed=2, unchanged=1, next=None)
    statuses = [(await stories.store.operation(ALICE, each.id)).status for each in created]
    queued, running, cancelled = OperationStatus.QUEUED, OperationStatus.RUNNING, OperationStatus.CANCELLED
    assert statuses == [queued, running, cancelled, queued]


async def test_many_are_changed_in_several_calls_the_oldest_first(stories: Stories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use_cases, "_PAGE", 2)
    monkeypatch.setattr(use_cases, "MOST_CHANGED", 3)
    created = [(await stories.create(ALICE, story_command())).operation for _ in range(7)]

    first = await stories.cancel_all(ALICE, ALL)
    assert (first.changed, first.more) == (4, True)  # a page is worked through
    statuses = [(await stories.store.operation(ALICE, each.id)).status for each in created]
    assert statuses == [OperationStatus.CANCELLED] * 4 + [OperationStatus.QUEUED] * 3
    second = await stories.cancel_all(ALICE, ALL, after=first.next)
    assert second == Bulk(changed=3, unchanged=0, next=None)


async def test_a_bulk_request_looks_at_no_more_than_so_many(stories: Stories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use_cases, "_PAGE", 2)
    monkeypatch.setattr(use_cases, "MOST_SEEN", 4)
    for _ in range(6):
        story = (await stories.create(ALICE, story_command())).operation.story_id
        await stories.delete(ALICE, story)
    live = (await stories.create(ALICE, story_command())).operation
    await stories.cancel(ALICE, live.id)

    first = await stories.retry_all(ALICE, ALL)
    assert (first.changed, first.unchanged, first.more) == (0, 4, True)
    assert await stories.retry_all(ALICE, ALL, after=first.next) == Bulk(changed=1, unchanged=2, next=None)
