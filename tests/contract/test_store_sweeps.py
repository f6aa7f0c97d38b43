"""What the sweeper finds, and what the outbox knows: alike in memory and in Postgres."""

import pytest

from services.core import lifecycle
from services.core.errors import LeaseLost
from services.core.model import OperationStatus, OperationType, ShotStatus, StoryStatus
from services.core.ports import Store, Swept
from tests.contract.store_steps import FAILURE, LEASE, OVER, claim_of, claimed, new_story, ready_story, start

A = "story-worker/a"


async def swept(store: Store, announce_after: float = LEASE) -> Swept:
    found = await store.sweep(announce_after=announce_after)
    assert found is not None
    return found


async def test_an_expired_lease_goes_back_into_the_queue(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.mark_announced([tale.operation.id])
    stale = claim_of(await claimed(any_store, tale.operation.id, lease=OVER))
    kept = await new_story(any_store)
    await claimed(any_store, kept.operation.id, lease=LEASE)

    found = await swept(any_store)

    assert [(event.operation_id, event.kind) for event in found.events] == [(tale.operation.id, "lease_expired")]
    assert found.announce == (tale.operation.id,)
    operation = await any_store.operation(tale.user, tale.operation.id)
    assert (operation.status, operation.worker, operation.lease_expires_at) == (OperationStatus.QUEUED, "", None)
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.GENERATING
    with pytest.raises(LeaseLost):
        await any_store.finish(stale)
    assert (await any_store.operation(kept.user, kept.operation.id)).status is OperationStatus.RUNNING


async def test_an_operation_that_loses_every_worker_fails(any_store: Store) -> None:
    tale = await new_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    for attempt in range(1, lifecycle.MOST_LOSSES + 1):
        work = await claimed(any_store, tale.operation.id, lease=OVER)
        assert (work.operation.attempt, work.operation.losses, work.operation.failures) == (attempt, attempt - 1, 0)
        found = await swept(any_store)

    assert [event.kind for event in found.events] == ["failed"]
    assert found.announce == (render.id,)
    operation = await any_store.operation(tale.user, tale.operation.id)
    assert operation.status is OperationStatus.FAILED
    assert operation.failure is not None
    assert operation.losses == lifecycle.MOST_LOSSES
    assert (operation.failure.reason, operation.failure.params) == ("ATTEMPTS_EXHAUSTED", {"attempts": lifecycle.MOST_LOSSES})
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.FAILED


async def test_only_lost_workers_count_as_losses(any_store: Store) -> None:
    tale = await new_story(any_store)
    for failure in (FAILURE, None) * lifecycle.MOST_LOSSES:
        await any_store.requeue(claim_of(await claimed(any_store, tale.operation.id)), failure, 0.0)
    await claimed(any_store, tale.operation.id, lease=OVER)

    assert [event.kind for event in (await swept(any_store)).events] == ["lease_expired"]

    operation = await any_store.operation(tale.user, tale.operation.id)
    assert (operation.status, operation.losses, operation.failures) == (OperationStatus.QUEUED, 1, lifecycle.MOST_LOSSES)


async def test_an_expired_operation_that_was_to_stop_ends_cancelled(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)
    await claimed(any_store, regenerate.id, lease=OVER)
    await any_store.request_cancel(tale.user, regenerate.id)

    found = await swept(any_store)

    assert [event.kind for event in found.events] == ["cancelled"]
    assert (await any_store.operation(tale.user, regenerate.id)).status is OperationStatus.CANCELLED
    assert (await any_store.shot(tale.user, tale.story_id, shots[0].id)).status is ShotStatus.DONE


async def test_many_leases_expire_in_one_sweep(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    both = [await start(any_store, tale, OperationType.SHOT_REGEN, shot.id) for shot in shots]
    both.append(await start(any_store, tale, OperationType.VIDEO_RENDER))
    for operation in both:
        await claimed(any_store, operation.id, lease=OVER)
    found = await swept(any_store)
    assert {event.operation_id for event in found.events} == {operation.id for operation in both}
    assert set(found.announce) == {operation.id for operation in both}
    assert (await swept(any_store)).events == ()


async def test_what_was_never_announced_is_listed_until_it_is(any_store: Store) -> None:
    tale = await new_story(any_store)
    assert (await swept(any_store, announce_after=LEASE)).announce == ()  # its announcement may still be under way
    assert (await swept(any_store, announce_after=0.0)).announce == (tale.operation.id,)
    assert (await swept(any_store, announce_after=0.0)).announce == (tale.operation.id,)
    await any_store.mark_announced([tale.operation.id])
    assert (await swept(any_store, announce_after=0.0)).announce == ()


async def test_an_announcement_is_told_of_who_still_waits(any_store: Store) -> None:
    waiting, begun = await new_story(any_store), await new_story(any_store)
    await claimed(any_store, begun.operation.id)
    (told,) = await any_store.mark_announced([waiting.operation.id, begun.operation.id])
    assert (told.operation_id, told.kind, told.seq, told.data) == (waiting.operation.id, "announced", 2, {})
    assert await any_store.events(waiting.user, waiting.operation.id, after=1) == (told,)
    assert (await any_store.operation(waiting.user, waiting.operation.id)).announced_at == told.at
    assert [event.kind for event in await any_store.events(begun.user, begun.operation.id)] == ["queued", "started"]
    assert not await any_store.mark_announced([waiting.operation.id])  # by another process, which had announced it too
    work = await claimed(any_store, waiting.operation.id)
    await any_store.requeue(claim_of(work), FAILURE, 0.0)
    (again,) = await any_store.mark_announced([waiting.operation.id])
    assert (again.kind, again.seq) == ("announced", 5)


async def test_a_retry_that_is_due_is_announced(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.mark_announced([tale.operation.id])
    await any_store.requeue(claim_of(await claimed(any_store, tale.operation.id)), None, 0.0)
    assert (await swept(any_store, announce_after=LEASE)).announce == (tale.operation.id,)


async def test_live_workers_are_counted_once_each(any_store: Store) -> None:
    assert await any_store.live_workers(60.0) == 0
    await any_store.beat(A)
    await any_store.beat(A)
    await any_store.beat("story-worker/b")
    assert await any_store.live_workers(60.0) == 2
    assert await any_store.live_workers(0.0) == 0


async def test_a_store_that_works_is_ready(any_store: Store) -> None:
    await any_store.ready()
