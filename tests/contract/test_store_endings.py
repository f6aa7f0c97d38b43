"""What the end of an operation means for its story and shots: alike in memory and in Postgres."""

import pytest

from services.core.model import OperationStatus, OperationType, ShotStatus, StoryStatus
from services.core.ports import Ended, Stopped, Store
from tests.contract.store_steps import (
    FAILURE,
    LEASE,
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
    story = await store.story(tale.user, tale.story_id)
    return story.status, [shot.status for shot in await store.shots(tale.user, tale.story_id)]


def assert_ended(ended: Ended, status: OperationStatus) -> None:
    operation = ended.operation
    assert (operation.status, operation.done, operation.lease_expires_at) == (status, True, None)
    assert (ended.event.kind, ended.event.operation_id) == (status.value, operation.id)


async def test_a_creation_that_succeeds_makes_its_story_ready(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    for shot in shots:
        await any_store.land_shot(claim, picture(shot, str(shot.id)))
    ended = await any_store.finish(claim)

    assert_ended(ended, OperationStatus.SUCCEEDED)
    assert (ended.operation.progress, ended.operation.failure, ended.operation.worker) == (1.0, None, claim.worker)
    assert await states(any_store, tale) == (StoryStatus.READY, [ShotStatus.DONE, ShotStatus.DONE])
    assert (await any_store.operation(tale.user, tale.operation.id)) == ended.operation
    assert (await any_store.events(tale.user, tale.operation.id))[-1] == ended.event


async def test_a_creation_that_fails_fails_its_story_and_the_shots_without_picture(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    await any_store.land_shot(claim, picture(shots[0], "one"))
    ended = await any_store.fail(claim, FAILURE)

    assert_ended(ended, OperationStatus.FAILED)
    assert ended.operation.failure == FAILURE
    assert ended.event.data["reason"] == FAILURE.reason
    assert await states(any_store, tale) == (StoryStatus.FAILED, [ShotStatus.DONE, ShotStatus.FAILED])


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (0, (StoryStatus.FAILED, [ShotStatus.FAILED, ShotStatus.FAILED])),
        (1, (StoryStatus.FAILED, [ShotStatus.DONE, ShotStatus.FAILED])),
        (2, (StoryStatus.READY, [ShotStatus.DONE, ShotStatus.DONE])),
    ],
)
async def test_a_cancelled_creation_leaves_a_story_only_if_it_is_whole(
    any_store: Store, pictures: int, expected: tuple[StoryStatus, list[ShotStatus]]
) -> None:
    tale, claim, shots = await drafted_story(any_store)
    for shot in shots[:pictures]:
        await any_store.land_shot(claim, picture(shot, str(shot.id)))
    await any_store.request_cancel(tale.user, tale.operation.id)
    assert_ended(await any_store.end_cancelled(claim), OperationStatus.CANCELLED)
    assert await states(any_store, tale) == expected


async def test_a_creation_cancelled_while_it_waits_fails_its_story(any_store: Store) -> None:
    tale = await new_story(any_store)
    operation, stopped = await any_store.request_cancel(tale.user, tale.operation.id)

    assert (operation.status, operation.started_at, operation.attempt) == (OperationStatus.CANCELLED, None, 0)
    assert [event.kind for event in stopped.events] == ["cancelled"]
    assert await states(any_store, tale) == (StoryStatus.FAILED, [])
    again, nothing = await any_store.request_cancel(tale.user, tale.operation.id)
    assert (again, nothing) == (operation, Stopped())


@pytest.mark.parametrize(
    ("status", "story"),
    [
        (OperationStatus.SUCCEEDED, StoryStatus.READY),
        (OperationStatus.FAILED, StoryStatus.FAILED),
        (OperationStatus.CANCELLED, StoryStatus.READY),
    ],
)
async def test_a_compiles_end_is_its_storys(any_store: Store, status: OperationStatus, story: StoryStatus) -> None:
    tale, shots = await ready_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    claim = claim_of(await claimed(any_store, render.id))
    match status:
        case OperationStatus.SUCCEEDED:
            ended = await any_store.finish(claim, film=film(1))
        case OperationStatus.FAILED:
            ended = await any_store.fail(claim, FAILURE)
        case _:
            ended = await any_store.end_cancelled(claim)

    assert_ended(ended, status)
    assert await states(any_store, tale) == (story, [ShotStatus.DONE] * 2)
    assert await any_store.shots(tale.user, tale.story_id) == shots
    assert (await any_store.story(tale.user, tale.story_id)).film == (film(1) if status is OperationStatus.SUCCEEDED else None)


async def test_a_cancelled_compile_of_a_story_that_lacks_pictures_leaves_it_failed(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    await any_store.fail(claim, FAILURE)
    render = claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.VIDEO_RENDER)).id))
    await any_store.land_shot(render, picture(shots[0], "one"))
    await any_store.end_cancelled(render)
    assert await states(any_store, tale) == (StoryStatus.FAILED, [ShotStatus.DONE, ShotStatus.FAILED])


async def test_an_older_film_outlives_a_failed_compile(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    await any_store.finish(
        claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.VIDEO_RENDER)).id)), film=film(1)
    )
    await any_store.fail(claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.VIDEO_RENDER)).id)), FAILURE)
    assert (await any_store.story(tale.user, tale.story_id)).film == film(1)


@pytest.mark.parametrize(
    ("status", "shot_status"),
    [
        (OperationStatus.SUCCEEDED, ShotStatus.DONE),
        (OperationStatus.FAILED, ShotStatus.FAILED),
        (OperationStatus.CANCELLED, ShotStatus.DONE),
    ],
)
async def test_a_regenerates_end_is_its_shots(any_store: Store, status: OperationStatus, shot_status: ShotStatus) -> None:
    tale, shots = await ready_story(any_store)
    claim = claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)).id))
    assert await states(any_store, tale) == (StoryStatus.READY, [ShotStatus.GENERATING, ShotStatus.DONE])
    match status:
        case OperationStatus.SUCCEEDED:
            await any_store.land_shot(claim, picture(shots[0], "second", revises=True))
            await any_store.finish(claim)
        case OperationStatus.FAILED:
            await any_store.fail(claim, FAILURE)
        case _:
            await any_store.end_cancelled(claim)
    assert await states(any_store, tale) == (StoryStatus.READY, [shot_status, ShotStatus.DONE])
    assert (await any_store.shot(tale.user, tale.story_id, shots[0].id)).keyframe is not None


@pytest.mark.parametrize(
    ("status", "shot_status"),
    [
        (OperationStatus.SUCCEEDED, ShotStatus.DONE),
        (OperationStatus.FAILED, ShotStatus.FAILED),
        (OperationStatus.CANCELLED, ShotStatus.FAILED),
    ],
)
async def test_a_compile_that_succeeds_ends_the_failures_of_its_shots(
    any_store: Store, status: OperationStatus, shot_status: ShotStatus
) -> None:
    tale, shots = await ready_story(any_store)
    for shot in shots:
        regenerate = claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.SHOT_REGEN, shot.id)).id))
        await any_store.fail(regenerate, FAILURE)
    another, others = await ready_story(any_store)
    elsewhere = await start(any_store, another, OperationType.SHOT_REGEN, others[0].id)
    await any_store.fail(claim_of(await claimed(any_store, elsewhere.id)), FAILURE)
    render = claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.VIDEO_RENDER)).id))
    await claimed(any_store, (await start(any_store, tale, OperationType.SHOT_REGEN, shots[1].id)).id)
    assert await states(any_store, tale) == (StoryStatus.GENERATING, [ShotStatus.FAILED, ShotStatus.GENERATING])

    match status:
        case OperationStatus.SUCCEEDED:
            await any_store.finish(render, film=film(1))
        case OperationStatus.FAILED:
            await any_store.fail(render, FAILURE)
        case _:
            await any_store.end_cancelled(render)

    # The regenerate that runs beside it has its shot in hand; other stories' shots are theirs.
    assert (await states(any_store, tale))[1] == [shot_status, ShotStatus.GENERATING]
    assert (await states(any_store, another))[1] == [ShotStatus.FAILED, ShotStatus.DONE]


async def test_a_cancelled_regenerate_of_a_shot_without_picture_leaves_it_pending(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    await any_store.fail(claim, FAILURE)
    claim = claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)).id))
    assert await states(any_store, tale) == (StoryStatus.FAILED, [ShotStatus.GENERATING, ShotStatus.FAILED])
    await any_store.end_cancelled(claim)
    assert await states(any_store, tale) == (StoryStatus.FAILED, [ShotStatus.PENDING, ShotStatus.FAILED])


async def test_a_retry_leaves_story_and_shots_as_they_are_until_it_is_cancelled(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, shots[1].id)
    for operation in (render, regenerate):
        await any_store.requeue(claim_of(await claimed(any_store, operation.id)), FAILURE, 60.0)
    assert await states(any_store, tale) == (StoryStatus.GENERATING, [ShotStatus.DONE, ShotStatus.GENERATING])

    for operation in (render, regenerate):
        ended, _ = await any_store.request_cancel(tale.user, operation.id)
        assert ended.status is OperationStatus.CANCELLED
    assert await states(any_store, tale) == (StoryStatus.READY, [ShotStatus.DONE, ShotStatus.DONE])


async def test_what_never_began_changes_nothing_when_it_is_cancelled(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    running = [
        await start(any_store, tale, OperationType.VIDEO_RENDER),
        await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id),
    ]
    waiting = [
        await start(any_store, tale, OperationType.VIDEO_RENDER),
        await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id),
        await start(any_store, tale, OperationType.STORY_CREATE),
    ]
    for operation in running:
        await claimed(any_store, operation.id)
    for operation in waiting:
        await any_store.request_cancel(tale.user, operation.id)
    assert await states(any_store, tale) == (StoryStatus.GENERATING, [ShotStatus.GENERATING, ShotStatus.DONE])


async def test_cancelling_the_one_in_front_lets_the_next_one_go(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    kinds = [(OperationType.STORY_CREATE, None), (OperationType.VIDEO_RENDER, None), (OperationType.SHOT_REGEN, shots[0].id)]
    front, *behind = [await start(any_store, tale, *kind) for kind in kinds]
    waiting = await start(any_store, tale, OperationType.VIDEO_RENDER)
    ids = tuple(operation.id for operation in behind)
    await any_store.mark_announced(ids)

    _, stopped = await any_store.request_cancel(tale.user, front.id)

    assert sorted(stopped.unblocked) == sorted(ids)
    assert [(await any_store.operation(tale.user, each)).announced_at for each in ids] == [None, None]
    assert await any_store.claim(waiting.id, "story-worker/a", LEASE) is None
    for each in ids:
        await claimed(any_store, each)


async def test_a_compile_cancelled_behind_a_creation_leaves_the_story_to_the_creation(any_store: Store) -> None:
    tale = await new_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    await any_store.request_cancel(tale.user, render.id)
    assert await states(any_store, tale) == (StoryStatus.GENERATING, [])


async def test_a_cancel_that_was_asked_for_wins_over_a_retry(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    await any_store.request_cancel(tale.user, tale.operation.id)
    assert_ended(await any_store.requeue(claim, FAILURE, 5.0), OperationStatus.CANCELLED)
    assert await states(any_store, tale) == (StoryStatus.FAILED, [])
