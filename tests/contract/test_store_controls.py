"""What owners do to operations that are there, pausing first: alike in memory and in Postgres."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.core.errors import FailedPrecondition, LeaseLost, NotFound
from services.core.model import Operation, OperationId, OperationStatus, OperationType, ShotStatus, StoryStatus, UserId
from services.core.ports import Stopped, Store, Wish
from tests.contract.store_steps import (
    FAILURE,
    LEASE,
    OVER,
    claim_of,
    claimed,
    drafted_story,
    film,
    new_story,
    picture,
    ready_story,
    someone,
    start,
)

QUEUED, RUNNING, PAUSED = OperationStatus.QUEUED, OperationStatus.RUNNING, OperationStatus.PAUSED
NOTHING = Stopped()
MOMENT = timedelta(milliseconds=1)

Control = Callable[[UserId, OperationId], Awaitable[object]]


def kinds(stopped: Stopped) -> list[str]:
    return [event.kind for event in stopped.events]


async def timeline(store: Store, operation: Operation) -> list[str]:
    return [event.kind for event in await store.events(operation.user_id, operation.id)]


async def test_a_queued_operation_is_paused_at_once_and_waits_until_it_is_resumed(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.mark_announced([tale.operation.id])

    paused, stopped = await any_store.request_pause(tale.user, tale.operation.id)

    assert (paused.status, paused.announced_at, kinds(stopped), stopped.unblocked) == (PAUSED, None, ["paused"], ())
    assert paused == await any_store.operation(tale.user, tale.operation.id)
    assert stopped.events == (await any_store.events(tale.user, tale.operation.id))[-1:]
    assert await any_store.claim(tale.operation.id, "story-worker/a", LEASE) is None
    assert await any_store.claimable(10) == ()
    found = await any_store.sweep(announce_after=0.0)
    assert found is not None
    assert (found.announce, found.events) == ((), ())
    assert await any_store.request_pause(tale.user, tale.operation.id) == (paused, NOTHING)

    resumed, stopped = await any_store.resume(tale.user, tale.operation.id)

    assert (resumed.status, kinds(stopped), stopped.unblocked) == (QUEUED, ["resumed"], (tale.operation.id,))
    assert resumed == await any_store.operation(tale.user, tale.operation.id)
    assert await any_store.resume(tale.user, tale.operation.id) == (resumed, NOTHING)
    await claimed(any_store, tale.operation.id)


async def test_a_running_operation_is_asked_and_paused_by_its_worker(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    await any_store.land_shot(claim, picture(shots[0], "one"))
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)

    asked, stopped = await any_store.request_pause(tale.user, tale.operation.id)

    assert (asked.status, kinds(stopped), stopped.unblocked) == (RUNNING, ["pause_requested"], ())
    assert asked.pause_requested_at is not None
    assert await any_store.request_pause(tale.user, tale.operation.id) == (asked, NOTHING)
    assert await any_store.heartbeat(claim, LEASE, progress=0.5, stage="painting") is Wish.PAUSE

    ended = await any_store.requeue(claim, None, 0.0)

    paused = ended.operation
    assert (paused.status, paused.pause_requested_at, paused.worker, paused.lease_expires_at) == (PAUSED, None, "", None)
    assert (ended.event.kind, ended.event.data, ended.unblocked) == ("paused", {}, ())
    assert await any_store.claim(render.id, "story-worker/b", LEASE) is None
    assert (paused.attempt, paused.failures, paused.losses, paused.progress, paused.stage) == (1, 0, 0, 0.5, "")
    assert (await any_store.shot(tale.user, tale.story_id, shots[0].id)).keyframe is not None
    with pytest.raises(LeaseLost):
        await any_store.heartbeat(claim, LEASE, progress=0.6, stage="")

    resumed, _ = await any_store.resume(tale.user, tale.operation.id)
    assert paused.started_at is not None
    assert resumed.started_at is not None
    # For how long it was paused does not count against its patience.
    assert resumed.updated_at - resumed.started_at == pytest.approx(paused.updated_at - paused.started_at, abs=MOMENT)
    work = await claimed(any_store, tale.operation.id)
    assert (work.operation.attempt, work.operation.started_at) == (2, resumed.started_at)
    assert await timeline(any_store, work.operation) == [
        "queued",
        "started",
        "storyboard_landed",
        "shot_landed",
        "pause_requested",
        "paused",
        "resumed",
        "started",
    ]


async def test_the_wish_to_pause_can_be_taken_back(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    await any_store.request_pause(tale.user, tale.operation.id)

    running, stopped = await any_store.resume(tale.user, tale.operation.id)

    assert (running.status, running.pause_requested_at, kinds(stopped)) == (RUNNING, None, ["resumed"])
    assert await any_store.heartbeat(claim, LEASE, progress=0.5, stage="") is None
    assert await any_store.resume(tale.user, tale.operation.id) == (
        await any_store.operation(tale.user, tale.operation.id),
        NOTHING,
    )
    assert (await any_store.requeue(claim, None, 0.0)).operation.status is QUEUED


async def test_what_a_worker_writes_before_it_hears_of_the_pause_stands(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    for end in ("finish", "fail", "end_cancelled"):
        render = await start(any_store, tale, OperationType.VIDEO_RENDER)
        claim = claim_of(await claimed(any_store, render.id))
        await any_store.request_pause(tale.user, render.id)
        match end:
            case "finish":
                ended = await any_store.finish(claim, film=film(1))
            case "fail":
                ended = await any_store.fail(claim, FAILURE)
            case _:
                ended = await any_store.end_cancelled(claim)
        assert (ended.operation.done, ended.operation.pause_requested_at) == (True, None)


async def test_an_attempt_that_fails_while_it_is_asked_to_pause_is_paused_and_counts(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    await any_store.request_pause(tale.user, tale.operation.id)

    ended = await any_store.requeue(claim, FAILURE, 3600.0)

    assert (ended.operation.status, ended.operation.failures, ended.operation.failure) == (PAUSED, 1, FAILURE)
    assert (ended.event.kind, ended.event.data["failure"]["reason"]) == ("paused", FAILURE.reason)
    await any_store.resume(tale.user, tale.operation.id)
    await claimed(any_store, tale.operation.id)  # due now, whatever delay there was


async def test_a_cancel_goes_before_a_pause(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    await any_store.request_pause(tale.user, tale.operation.id)
    await any_store.request_cancel(tale.user, tale.operation.id)

    assert await any_store.heartbeat(claim, LEASE, progress=0.0, stage="") is Wish.CANCEL
    before = await any_store.operation(tale.user, tale.operation.id)
    assert await any_store.request_pause(tale.user, tale.operation.id) == (before, NOTHING)
    assert (await any_store.requeue(claim, None, 0.0)).operation.status is OperationStatus.CANCELLED


async def test_an_operation_that_loses_its_worker_while_it_is_asked_to_pause_is_paused(any_store: Store) -> None:
    tale = await new_story(any_store)
    await claimed(any_store, tale.operation.id, lease=OVER)
    await any_store.request_pause(tale.user, tale.operation.id)

    found = await any_store.sweep(announce_after=LEASE)

    assert found is not None
    assert [event.kind for event in found.events] == ["lease_expired", "paused"]
    assert found.events[0].data == {"attempt": 1, "worker": "story-worker/a"}
    paused = await any_store.operation(tale.user, tale.operation.id)
    assert (paused.status, paused.losses, paused.pause_requested_at) == (PAUSED, 1, None)


async def test_a_paused_operation_blocks_nothing_and_takes_its_place_again(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    first, second, third = [await start(any_store, tale, OperationType.VIDEO_RENDER) for _ in range(3)]

    _, stopped = await any_store.request_pause(tale.user, first.id)
    assert stopped.unblocked == (second.id,)
    claim = claim_of(await claimed(any_store, second.id))

    _, stopped = await any_store.resume(tale.user, first.id)
    assert stopped.unblocked == ()  # the second one runs
    assert await any_store.claim(first.id, "story-worker/b", LEASE) is None
    assert (await any_store.finish(claim, film=film(1))).unblocked == (first.id,)
    assert await any_store.claim(third.id, "story-worker/b", LEASE) is None
    await claimed(any_store, first.id)


async def test_a_paused_creation_keeps_waiting_what_needs_its_shots(any_store: Store) -> None:
    tale = await new_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)

    _, stopped = await any_store.request_pause(tale.user, tale.operation.id)
    assert (stopped.unblocked, await any_store.claimable(10)) == ((), ())
    assert await any_store.claim(render.id, "story-worker/a", LEASE) is None
    assert await any_store.claim_fairest("story-worker/a", LEASE, room=5) == ()

    _, stopped = await any_store.resume(tale.user, tale.operation.id)
    assert stopped.unblocked == (tale.operation.id,)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    assert (await any_store.finish(claim)).unblocked == (render.id,)


async def test_a_cancelled_creation_lets_go_what_waited_while_it_was_paused(any_store: Store) -> None:
    tale = await new_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    await any_store.request_pause(tale.user, tale.operation.id)
    _, stopped = await any_store.request_cancel(tale.user, tale.operation.id)
    assert stopped.unblocked == (render.id,)


async def test_a_paused_operation_explains_that_its_story_or_shot_is_generating(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)
    never_begun = await start(any_store, tale, OperationType.SHOT_REGEN, shots[1].id)
    for operation in (render, regenerate):
        claim = claim_of(await claimed(any_store, operation.id))
        await any_store.request_pause(tale.user, operation.id)
        assert (await any_store.requeue(claim, None, 0.0)).operation.status is PAUSED
    await any_store.request_pause(tale.user, never_begun.id)

    async def states() -> tuple[StoryStatus, list[ShotStatus]]:
        found = await any_store.shots(tale.user, tale.story_id)
        return (await any_store.story(tale.user, tale.story_id)).status, [shot.status for shot in found]

    assert await states() == (StoryStatus.GENERATING, [ShotStatus.GENERATING, ShotStatus.DONE])
    for operation in (render, regenerate, never_begun):
        ended, stopped = await any_store.request_cancel(tale.user, operation.id)
        assert (ended.status, kinds(stopped)) == (OperationStatus.CANCELLED, ["cancelled"])
    assert await states() == (StoryStatus.READY, [ShotStatus.DONE, ShotStatus.DONE])


async def test_a_paused_creation_leaves_its_story_generating_until_it_ends(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.request_pause(tale.user, tale.operation.id)
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.GENERATING
    await any_store.request_cancel(tale.user, tale.operation.id)
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.FAILED


async def test_a_deleted_story_takes_its_paused_operations_along(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.request_pause(tale.user, tale.operation.id)
    assert kinds(await any_store.delete_story(tale.user, tale.story_id)) == ["cancelled"]


async def test_what_has_ended_is_neither_paused_nor_resumed(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.request_cancel(tale.user, tale.operation.id)
    for control in (any_store.request_pause, any_store.resume):
        with pytest.raises(FailedPrecondition) as refused:
            await control(tale.user, tale.operation.id)
        assert (refused.value.reason, refused.value.params) == ("OPERATION_ENDED", {"status": "cancelled"})


async def test_an_ended_operation_is_forgotten_with_its_timeline(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    await any_store.forget(tale.user, tale.operation.id)

    reads: tuple[Control, ...] = (any_store.operation, any_store.events, any_store.forget)
    for read in reads:
        with pytest.raises(NotFound):
            await read(tale.user, tale.operation.id)
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.READY
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    assert await any_store.operations(tale.user, limit=10) == (render,)


async def test_only_what_has_ended_is_forgotten(any_store: Store) -> None:
    tale = await new_story(any_store)
    for status in (QUEUED, PAUSED, RUNNING):
        match status:
            case OperationStatus.PAUSED:
                await any_store.request_pause(tale.user, tale.operation.id)
            case OperationStatus.RUNNING:
                await any_store.resume(tale.user, tale.operation.id)
                await claimed(any_store, tale.operation.id)
            case _:
                pass
        with pytest.raises(FailedPrecondition) as refused:
            await any_store.forget(tale.user, tale.operation.id)
        assert (refused.value.reason, refused.value.params) == ("OPERATION_UNFINISHED", {"status": status.value})


async def test_another_users_operation_is_absent_to_every_control(any_store: Store) -> None:
    tale, stranger = await new_story(any_store), someone()
    controls: tuple[Control, ...] = (
        any_store.request_cancel,
        any_store.request_pause,
        any_store.resume,
        any_store.retry,
        any_store.forget,
    )
    for control in controls:
        with pytest.raises(NotFound) as absent:
            await control(stranger, tale.operation.id)
        assert absent.value.reason == "OPERATION_NOT_FOUND"
    assert (await any_store.operation(tale.user, tale.operation.id)).status is QUEUED


async def test_controls_at_once_happen_one_after_the_other(any_store: Store) -> None:
    told = {"queued": QUEUED, "resumed": QUEUED, "started": RUNNING, "paused": PAUSED, "pause_requested": RUNNING}
    for _ in range(5):
        tale = await new_story(any_store)
        which = (tale.user, tale.operation.id)
        outcomes = await asyncio.gather(*(any_store.request_pause(*which) for _ in range(3)))
        assert [kinds(stopped) for _, stopped in outcomes if stopped.events] == [["paused"]]
        await asyncio.gather(
            any_store.resume(*which),
            any_store.claim(tale.operation.id, "story-worker/a", LEASE),
            any_store.request_pause(*which),
        )
        operation = await any_store.operation(*which)
        assert operation.status is told[(await timeline(any_store, operation))[-1]]
