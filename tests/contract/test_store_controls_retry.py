"""Trying again what failed or was cancelled: alike in memory and in Postgres."""

import pytest

from services.core import lifecycle
from services.core.errors import FailedPrecondition, NotFound
from services.core.model import Operation, OperationStatus, OperationType, ShotStatus, StoryStatus
from services.core.ports import Claim, Stopped, Store
from tests.contract.store_steps import (
    BOARD,
    FAILURE,
    LEASE,
    OVER,
    Tale,
    claim_of,
    claimed,
    drafted_story,
    film,
    new_story,
    picture,
    ready_story,
    start,
)


async def states(store: Store, tale: Tale) -> tuple[StoryStatus, list[ShotStatus]]:
    shots = await store.shots(tale.user, tale.story_id)
    return (await store.story(tale.user, tale.story_id)).status, [shot.status for shot in shots]


async def retried(store: Store, operation: Operation) -> tuple[Operation, Stopped]:
    again, stopped = await store.retry(operation.user_id, operation.id)
    assert again == await store.operation(operation.user_id, operation.id)
    return again, stopped


async def test_a_failed_creation_goes_on_with_what_it_made(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    await any_store.land_shot(claim, picture(shots[0], "one"))
    await any_store.heartbeat(claim, LEASE, progress=0.7, stage="pictures")
    await any_store.fail(claim, FAILURE)
    assert await states(any_store, tale) == (StoryStatus.FAILED, [ShotStatus.DONE, ShotStatus.FAILED])

    again, stopped = await retried(any_store, tale.operation)

    assert (again.status, again.failure, again.finished_at, again.started_at) == (OperationStatus.QUEUED, None, None, None)
    assert (again.attempt, again.progress, again.stage, again.worker) == (1, 0.0, "", "")
    assert (again.announced_at, again.created_at) == (None, tale.operation.created_at)
    assert ([event.kind for event in stopped.events], stopped.unblocked) == (["retry_requested"], (again.id,))
    assert stopped.events == (await any_store.events(tale.user, again.id))[-1:]
    # Nobody generates anything until it is claimed.
    assert await states(any_store, tale) == (StoryStatus.FAILED, [ShotStatus.DONE, ShotStatus.FAILED])

    work = await claimed(any_store, again.id)
    assert (work.operation.attempt, work.operation.retries) == (2, 1)
    assert [bool(shot.keyframe) for shot in work.shots] == [True, False]
    assert (await states(any_store, tale))[0] is StoryStatus.GENERATING
    await any_store.land_storyboard(claim_of(work), BOARD, [1, 2])
    await any_store.land_shot(claim_of(work), picture(shots[1], "two"))
    assert (await any_store.finish(claim_of(work))).operation.status is OperationStatus.SUCCEEDED
    assert await states(any_store, tale) == (StoryStatus.READY, [ShotStatus.DONE, ShotStatus.DONE])


async def test_what_was_cancelled_before_it_began_can_be_tried(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.request_cancel(tale.user, tale.operation.id)
    again, stopped = await retried(any_store, tale.operation)
    assert (again.status, again.cancel_requested_at, stopped.unblocked) == (OperationStatus.QUEUED, None, (again.id,))
    assert (await claimed(any_store, again.id)).operation.attempt == 1
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.GENERATING


async def test_a_cancelled_retry_leaves_things_as_they_were(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    for kind in ((OperationType.VIDEO_RENDER, None), (OperationType.SHOT_REGEN, shots[0].id)):
        operation = await start(any_store, tale, *kind)
        await any_store.fail(claim_of(await claimed(any_store, operation.id)), FAILURE)
        before = await states(any_store, tale)
        await retried(any_store, operation)
        ended, _ = await any_store.request_cancel(tale.user, operation.id)
        assert (ended.status, ended.failure) == (OperationStatus.CANCELLED, None)
        assert await states(any_store, tale) == before


async def test_all_failures_and_losses_are_forgiven(any_store: Store) -> None:
    tale = await new_story(any_store)

    async def use_up() -> Operation:
        await any_store.requeue(claim_of(await claimed(any_store, tale.operation.id)), FAILURE, 0.0)
        for _ in range(lifecycle.MOST_LOSSES):
            await claimed(any_store, tale.operation.id, lease=OVER)
            await any_store.sweep(announce_after=LEASE)
        return await any_store.operation(tale.user, tale.operation.id)

    for round_ in (1, 2):
        ended = await use_up()
        assert (ended.status, ended.failures, ended.losses) == (OperationStatus.FAILED, 1, lifecycle.MOST_LOSSES)
        assert ended.attempt == round_ * (lifecycle.MOST_LOSSES + 1)
        again, _ = await retried(any_store, ended)
        assert (again.failures, again.losses, again.attempt) == (0, 0, ended.attempt)


async def test_an_older_attempt_stays_fenced_off(any_store: Store) -> None:
    tale = await new_story(any_store)
    stale = claim_of(await claimed(any_store, tale.operation.id))
    await any_store.fail(stale, FAILURE)
    await retried(any_store, tale.operation)
    current = claim_of(await claimed(any_store, tale.operation.id))
    assert current == Claim(stale.operation_id, stale.user_id, stale.attempt + 1, stale.worker)


async def test_a_retry_takes_the_place_that_its_age_gives_it(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    first, second, third = [await start(any_store, tale, OperationType.VIDEO_RENDER) for _ in range(3)]
    await any_store.request_cancel(tale.user, first.id)
    running = claim_of(await claimed(any_store, second.id))

    again, stopped = await retried(any_store, first)

    assert stopped.unblocked == ()
    assert await any_store.claim(again.id, "story-worker/b", LEASE) is None
    assert (await any_store.finish(running, film=film(1))).unblocked == (first.id,)
    assert await any_store.claim(third.id, "story-worker/b", LEASE) is None
    await claimed(any_store, first.id)


async def test_what_has_not_ended_is_returned_as_it_is(any_store: Store) -> None:
    tale = await new_story(any_store)
    assert await retried(any_store, tale.operation) == (tale.operation, Stopped())
    running = (await claimed(any_store, tale.operation.id)).operation
    assert await retried(any_store, running) == (running, Stopped())


async def test_what_has_succeeded_is_not_tried_again(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    with pytest.raises(FailedPrecondition) as refused:
        await any_store.retry(tale.user, tale.operation.id)
    assert refused.value.reason == "OPERATION_SUCCEEDED"


async def test_nothing_is_tried_again_on_a_story_that_was_deleted(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.delete_story(tale.user, tale.story_id)
    with pytest.raises(NotFound) as absent:
        await any_store.retry(tale.user, tale.operation.id)
    assert absent.value.reason == "STORY_NOT_FOUND"
    assert (await any_store.operation(tale.user, tale.operation.id)).status is OperationStatus.CANCELLED
