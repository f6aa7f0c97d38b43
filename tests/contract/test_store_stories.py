"""Stories, their owners and idempotency keys: alike in memory and in Postgres."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from services.core.commands import Idempotency, PatchShot, StartOperation
from services.core.errors import Conflict, NotFound
from services.core.model import (
    AssetType,
    OperationId,
    OperationStatus,
    OperationType,
    ShotId,
    StoryId,
    StoryStatus,
    UserId,
)
from services.core.ordering import NEWEST_FIRST, place_of
from services.core.ports import OperationFilter, Store
from tests.contract.store_steps import LEASE, claimed, new_story, ready_story, someone, start, story_command


async def test_a_new_story_is_generating_with_a_queued_creation(any_store: Store) -> None:
    user, command = someone(), story_command()
    accepted = await any_store.create_story(user, command)

    operation = accepted.operation
    assert not accepted.replayed
    assert (operation.type, operation.status, operation.attempt) == (OperationType.STORY_CREATE, OperationStatus.QUEUED, 0)
    assert operation.payload == command.payload
    assert operation.announced_at is None
    assert not operation.done
    assert await any_store.operation(user, operation.id) == operation

    story = await any_store.story(user, operation.story_id)
    assert (story.content, story.title, story.style, story.language) == (
        command.content,
        command.title,
        command.style,
        command.language,
    )
    assert (story.status, story.bible, story.film, story.shot_count) == (StoryStatus.GENERATING, (), None, 2)
    assert await any_store.shots(user, story.id) == ()
    assert [(event.seq, event.kind) for event in await any_store.events(user, operation.id)] == [(1, "queued")]


async def test_stories_and_operations_are_listed_newest_first_in_pages(any_store: Store) -> None:
    user = someone()
    tales = [await new_story(any_store, user) for _ in range(5)]
    await new_story(any_store)
    newest_first = [tale.story_id for tale in reversed(tales)]

    first = await any_store.stories(user, limit=3)
    rest = await any_store.stories(user, limit=3, before=first[-1].id)
    assert [story.id for story in (*first, *rest)] == newest_first

    page = await any_store.operations(user, limit=2)
    more = await any_store.operations(user, limit=9, after=place_of(page[-1], NEWEST_FIRST))
    assert [operation.story_id for operation in (*page, *more)] == newest_first


async def test_operations_are_listed_by_status_type_and_story(any_store: Store) -> None:
    user = someone()
    tale, shots = await ready_story(any_store, user)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)
    other = await new_story(any_store, user)

    async def ids(where: OperationFilter) -> list[OperationId]:
        return [operation.id for operation in await any_store.operations(user, limit=10, where=where)]

    assert await ids(OperationFilter(story_id=tale.story_id)) == [regenerate.id, render.id, tale.operation.id]
    assert await ids(OperationFilter(status=OperationStatus.SUCCEEDED)) == [tale.operation.id]
    assert await ids(OperationFilter(type=OperationType.STORY_CREATE)) == [other.operation.id, tale.operation.id]
    assert await ids(OperationFilter(OperationStatus.QUEUED, OperationType.SHOT_REGEN, tale.story_id)) == [regenerate.id]


async def test_a_strangers_ids_are_as_absent_as_made_up_ones(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)

    def every_method(
        user: UserId, story_id: StoryId, shot_id: ShotId, operation_id: OperationId
    ) -> dict[str, Callable[[], Awaitable[object]]]:
        store = any_store
        command = StartOperation(type=OperationType.SHOT_REGEN, story_id=story_id, shot_id=shot_id, payload={})
        return {
            "start_operation": lambda: store.start_operation(user, command),
            "story": lambda: store.story(user, story_id),
            "delete_story": lambda: store.delete_story(user, story_id),
            "shots": lambda: store.shots(user, story_id),
            "shot": lambda: store.shot(user, story_id, shot_id),
            "patch_shot": lambda: store.patch_shot(user, story_id, shot_id, PatchShot(title="mine")),
            "shot_versions": lambda: store.shot_versions(user, story_id, shot_id),
            "restore_version": lambda: store.restore_version(user, story_id, shot_id, AssetType.TEXT, 1),
            "operation": lambda: store.operation(user, operation_id),
            "request_cancel": lambda: store.request_cancel(user, operation_id),
            "events": lambda: store.events(user, operation_id),
        }

    stranger = someone()
    as_stranger = every_method(stranger, tale.story_id, shots[0].id, render.id)
    made_up = every_method(tale.user, StoryId(uuid4()), ShotId(uuid4()), OperationId(uuid4()))
    for name, call in as_stranger.items():
        with pytest.raises(NotFound) as theirs:
            await call()
        with pytest.raises(NotFound) as nobodys:
            await made_up[name]()
        assert theirs.value.reason == nobodys.value.reason, name
    assert await any_store.stories(stranger, limit=10) == ()
    assert await any_store.operations(stranger, limit=10) == ()
    assert (await any_store.operations(stranger, limit=10, where=OperationFilter(story_id=tale.story_id))) == ()
    assert (await any_store.shot(tale.user, tale.story_id, shots[0].id)) == shots[0]
    assert (await any_store.operation(tale.user, render.id)).status is OperationStatus.QUEUED


async def test_a_shot_is_looked_for_in_its_own_story_only(any_store: Store) -> None:
    user = someone()
    tale, _ = await ready_story(any_store, user)
    _, others = await ready_story(any_store, user)
    command = StartOperation(type=OperationType.SHOT_REGEN, story_id=tale.story_id, shot_id=others[0].id, payload={})

    for call in (
        any_store.shot(user, tale.story_id, others[0].id),
        any_store.patch_shot(user, tale.story_id, others[0].id, PatchShot(title="x")),
        any_store.shot_versions(user, tale.story_id, others[0].id),
        any_store.start_operation(user, command),
    ):
        with pytest.raises(NotFound, match="no shot"):
            await call


async def test_a_repeated_request_gets_the_first_operation(any_store: Store) -> None:
    user, key = someone(), Idempotency("create-1", "digest a")
    first = await any_store.create_story(user, story_command(), key)
    again = await any_store.create_story(user, story_command(), key)

    assert again.replayed
    assert again.operation == first.operation
    assert len(await any_store.stories(user, limit=10)) == 1


async def test_a_key_reused_for_another_request_is_refused(any_store: Store) -> None:
    user = someone()
    tale, shots = await ready_story(any_store, user)
    await any_store.create_story(user, story_command(), Idempotency("k", "digest a"))
    with pytest.raises(Conflict) as refused:
        await any_store.create_story(user, story_command("Another."), Idempotency("k", "digest b"))
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"

    command = StartOperation(type=OperationType.SHOT_REGEN, story_id=tale.story_id, shot_id=shots[0].id, payload={})
    with pytest.raises(Conflict):
        await any_store.start_operation(user, command, Idempotency("k", "digest c"))
    first = await any_store.start_operation(user, command, Idempotency("k2", "digest c"))
    again = await any_store.start_operation(user, command, Idempotency("k2", "digest c"))
    assert (again.operation.id, again.replayed) == (first.operation.id, True)


async def test_another_users_key_is_another_key(any_store: Store) -> None:
    key = Idempotency("shared", "digest")
    first = await any_store.create_story(someone(), story_command(), key)
    second = await any_store.create_story(someone(), story_command(), key)
    assert not second.replayed
    assert first.operation.id != second.operation.id


async def test_concurrent_repeats_make_one_story(any_store: Store) -> None:
    user, key = someone(), Idempotency("once", "digest")
    accepted = await asyncio.gather(*(any_store.create_story(user, story_command(), key) for _ in range(8)))

    assert len({each.operation.id for each in accepted}) == 1
    assert sorted(each.replayed for each in accepted) == [False] + [True] * 7
    assert len(await any_store.stories(user, limit=10)) == 1
    assert len(await any_store.operations(user, limit=10)) == 1


async def test_a_failed_start_does_not_use_up_its_key(any_store: Store) -> None:
    user, key = someone(), Idempotency("retry-me", "digest")
    missing = StartOperation(type=OperationType.VIDEO_RENDER, story_id=StoryId(uuid4()), shot_id=None, payload={})
    with pytest.raises(NotFound):
        await any_store.start_operation(user, missing, key)
    accepted = await any_store.create_story(user, story_command(), key)
    assert not accepted.replayed


async def test_a_deleted_story_is_gone_and_its_operations_end(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    running = await start(any_store, tale, OperationType.VIDEO_RENDER)
    work = await claimed(any_store, running.id)
    waiting = await start(any_store, tale, OperationType.VIDEO_RENDER)

    stopped = await any_store.delete_story(tale.user, tale.story_id)

    assert stopped.unblocked == ()  # on a story that is gone nothing starts
    assert {(event.operation_id, event.kind) for event in stopped.events} == {
        (running.id, "cancel_requested"),
        (waiting.id, "cancelled"),
    }
    assert await any_store.stories(tale.user, limit=10) == ()
    for gone in (
        any_store.story(tale.user, tale.story_id),
        any_store.shots(tale.user, tale.story_id),
        any_store.shot(tale.user, tale.story_id, shots[0].id),
        any_store.patch_shot(tale.user, tale.story_id, shots[0].id, PatchShot(title="x")),
        any_store.delete_story(tale.user, tale.story_id),
        start(any_store, tale, OperationType.VIDEO_RENDER),
    ):
        with pytest.raises(NotFound):
            await gone
    assert (await any_store.operation(tale.user, waiting.id)).status is OperationStatus.CANCELLED
    stopping = await any_store.operation(tale.user, running.id)
    assert (stopping.status, stopping.cancel_requested_at is not None) == (OperationStatus.RUNNING, True)
    assert work.operation.id == running.id
    assert await any_store.claim(waiting.id, "story-worker/b", LEASE) is None
