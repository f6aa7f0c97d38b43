"""Claims, leases and fencing: alike in memory and in Postgres."""

import asyncio
from uuid import uuid4

import pytest

from services.core.commands import ShotChange
from services.core.errors import LeaseLost
from services.core.model import Artifact, Key, OperationId, OperationStatus, OperationType, ShotStatus, StoryStatus
from services.core.ports import Claim, Stopped, Store, Wish
from tests.contract.store_steps import (
    BOARD,
    FAILURE,
    LEASE,
    OVER,
    claim_of,
    claimed,
    drafted_story,
    engine,
    film,
    new_story,
    picture,
    ready_story,
    ref,
    someone,
    start,
)

A, B = "story-worker/a", "story-worker/b"


async def test_a_claim_starts_an_attempt(any_store: Store) -> None:
    tale = await new_story(any_store)
    work = await claimed(any_store, tale.operation.id, worker=A)

    operation = work.operation
    assert (operation.status, operation.attempt, operation.worker) == (OperationStatus.RUNNING, 1, A)
    assert operation.started_at is not None
    assert operation.lease_expires_at is not None
    assert (operation.lease_expires_at - operation.started_at).total_seconds() == pytest.approx(LEASE, abs=1.0)
    assert await any_store.operation(tale.user, operation.id) == operation
    assert work.story == await any_store.story(tale.user, tale.story_id)
    assert work.shots == ()
    started = (await any_store.events(tale.user, operation.id))[-1]
    assert (started.seq, started.kind, started.data) == (2, "started", {"attempt": 1, "worker": A})


async def test_there_is_nothing_to_claim_twice_or_when_it_is_gone(any_store: Store) -> None:
    tale = await new_story(any_store)
    work = await claimed(any_store, tale.operation.id)
    assert await any_store.claim(tale.operation.id, B, LEASE) is None
    await any_store.finish(claim_of(work))
    assert await any_store.claim(tale.operation.id, B, LEASE) is None
    assert await any_store.claim(OperationId(uuid4()), B, LEASE) is None


async def test_of_many_workers_exactly_one_gets_it(any_store: Store) -> None:
    for _ in range(5):
        tale = await new_story(any_store)
        tries = await asyncio.gather(*(any_store.claim(tale.operation.id, f"story-worker/{n}", LEASE) for n in range(8)))
        assert [work is not None for work in tries].count(True) == 1
        assert (await any_store.operation(tale.user, tale.operation.id)).attempt == 1


async def test_conflicting_operations_never_run_at_once(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    renders = [await start(any_store, tale, OperationType.VIDEO_RENDER) for _ in range(3)]
    regens = [await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id) for _ in range(3)]
    beside = await start(any_store, tale, OperationType.SHOT_REGEN, shots[1].id)

    everything = [*renders, *regens, beside]
    tries = await asyncio.gather(*(any_store.claim(each.id, A, LEASE) for _ in range(3) for each in everything))

    assert {work.operation.id for work in tries if work} == {renders[0].id, regens[0].id, beside.id}


async def test_the_oldest_of_conflicting_operations_goes_first(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    first, second, third = [await start(any_store, tale, OperationType.VIDEO_RENDER) for _ in range(3)]

    assert await any_store.claimable(10) == (first.id,)
    assert await any_store.claim(second.id, A, LEASE) is None
    work = await claimed(any_store, first.id)
    assert await any_store.claimable(10) == ()
    assert await any_store.claim(second.id, B, LEASE) is None

    ended = await any_store.finish(claim_of(work), film=film(1))
    assert ended.unblocked == (second.id,)
    assert await any_store.claim(third.id, A, LEASE) is None
    assert await any_store.claim(second.id, A, LEASE) is not None


async def test_a_story_in_creation_takes_nothing_else(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)
    assert await any_store.claim(render.id, B, LEASE) is None
    assert await any_store.claim(regenerate.id, B, LEASE) is None

    ended = await any_store.finish(claim)
    assert ended.unblocked == (render.id, regenerate.id)


async def test_unblocked_operations_are_announced_again(any_store: Store) -> None:
    tale, claim, _ = await drafted_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    await any_store.mark_announced([render.id])
    assert (await any_store.operation(tale.user, render.id)).announced_at is not None
    await any_store.finish(claim)
    assert (await any_store.operation(tale.user, render.id)).announced_at is None


async def test_a_retry_waits_until_it_is_due(any_store: Store) -> None:
    tale = await new_story(any_store)
    await any_store.mark_announced([tale.operation.id])
    work = await claimed(any_store, tale.operation.id)

    ended = await any_store.requeue(claim_of(work), FAILURE, 3600.0)

    operation = ended.operation
    assert (operation.status, operation.worker, operation.failure) == (OperationStatus.QUEUED, "", FAILURE)
    assert (operation.run_after - operation.updated_at).total_seconds() == pytest.approx(3600.0, abs=1.0)
    assert operation.announced_at is None
    assert (operation.attempt, operation.failures, operation.losses) == (1, 1, 0)
    assert (ended.event.kind, ended.event.data["failure"]["reason"]) == ("retrying", "ENGINE_FAILED")
    assert ended.unblocked == ()
    assert await any_store.claimable(10) == ()
    assert await any_store.claim(operation.id, B, LEASE) is None
    swept = await any_store.sweep(announce_after=0.0)
    assert swept is not None
    assert swept.announce == ()
    await any_store.mark_announced([operation.id])  # a wake-up from before the retry, acknowledged late
    assert (await any_store.operation(tale.user, operation.id)).announced_at is None


async def test_a_drained_operation_goes_on_at_once(any_store: Store) -> None:
    tale = await new_story(any_store)
    work = await claimed(any_store, tale.operation.id, worker=A)
    ended = await any_store.requeue(claim_of(work), None, 0.0)
    assert (ended.event.kind, ended.unblocked) == ("released", (tale.operation.id,))

    again = await claimed(any_store, tale.operation.id, worker=B)
    assert (again.operation.attempt, again.operation.retries, again.operation.worker) == (2, 1, B)
    assert (again.operation.failures, again.operation.losses) == (0, 0)
    assert again.operation.started_at == work.operation.started_at
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.GENERATING


async def test_heartbeats_never_take_progress_back_and_tell_of_a_cancel(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id, lease=OVER))

    assert await any_store.heartbeat(claim, LEASE, progress=0.5, stage="painting") is None
    assert await any_store.heartbeat(claim, LEASE, progress=0.25, stage="painting more") is None
    operation = await any_store.operation(tale.user, tale.operation.id)
    assert (operation.progress, operation.stage) == (0.5, "painting more")
    swept = await any_store.sweep(announce_after=LEASE)
    assert swept is not None
    assert swept.events == ()  # the lease was extended

    asked, stopped = await any_store.request_cancel(tale.user, tale.operation.id)
    assert asked.status is OperationStatus.RUNNING
    assert ([event.kind for event in stopped.events], stopped.unblocked) == (["cancel_requested"], ())
    assert await any_store.heartbeat(claim, LEASE, progress=1.5, stage="") is Wish.CANCEL
    again, nothing = await any_store.request_cancel(tale.user, tale.operation.id)
    assert (again.cancel_requested_at, nothing) == (asked.cancel_requested_at, Stopped())


async def test_a_lost_worker_is_fenced_off_everything(any_store: Store) -> None:
    tale, before = await ready_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    stale = claim_of(await claimed(any_store, render.id, worker=A, lease=OVER))
    await any_store.sweep(announce_after=LEASE)
    current = claim_of(await claimed(any_store, render.id, worker=A))  # the same worker's name: the attempt decides
    artifact = Artifact(Key("a" * 64), "keyframe", engine(), {"image": ref("late")}, {}, 1.0)

    claims = [
        stale,
        Claim(current.operation_id, current.user_id, current.attempt, B),
        Claim(current.operation_id, someone(), current.attempt, A),
        Claim(OperationId(uuid4()), current.user_id, current.attempt, A),
    ]
    for claim in claims:
        for write in (
            lambda c: any_store.heartbeat(c, LEASE, progress=0.9, stage="late"),
            lambda c: any_store.append_event(c, "step_started", {}),
            lambda c: any_store.save_artifact(c, artifact),
            lambda c: any_store.land_storyboard(c, BOARD, [1, 2]),
            lambda c: any_store.grow_storyboard(c, BOARD, [1, 2]),
            lambda c: any_store.land_shot(c, picture(before[0], "late", revises=True)),
            lambda c: any_store.land_shot(c, ShotChange(shot_id=before[0].id, expect_revision=-1)),
            lambda c: any_store.finish(c, film=film(1)),
            lambda c: any_store.fail(c, FAILURE),
            any_store.end_cancelled,
            lambda c: any_store.requeue(c, FAILURE, 0.0),
        ):
            with pytest.raises(LeaseLost):
                await write(claim)

    operation = await any_store.operation(tale.user, render.id)
    assert (operation.status, operation.attempt, operation.progress) == (OperationStatus.RUNNING, 2, 0.0)
    assert await any_store.artifacts([artifact.key]) == {}
    assert await any_store.shots(tale.user, tale.story_id) == before
    assert (await any_store.story(tale.user, tale.story_id)).film is None


async def test_events_of_one_operation_have_no_gaps_however_they_are_written(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    events = await asyncio.gather(*(any_store.append_event(claim, "step_started", {"n": n}) for n in range(20)))

    stored = await any_store.events(tale.user, tale.operation.id)
    assert [event.seq for event in stored] == list(range(1, 23))
    assert set(map(str, events)) <= set(map(str, stored))
    assert await any_store.events(tale.user, tale.operation.id, after=20) == stored[20:]
    assert await any_store.events(tale.user, tale.operation.id, after=2, limit=3) == stored[2:5]
    assert [event.at for event in stored] == sorted(event.at for event in stored)


async def test_the_first_artifact_of_a_key_stays(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    first = Artifact(Key("a" * 64), "keyframe", engine(), {"image": ref("one")}, {"words": [["船", 0.0, 0.5]]}, 1.5)
    second = Artifact(first.key, "keyframe", engine(), {"image": ref("two")}, {}, 2.5)
    assert await any_store.save_artifact(claim, first) == first
    assert await any_store.save_artifact(claim, second) == first

    assert await any_store.artifacts([first.key, Key("b" * 64)]) == {first.key: first}
    assert await any_store.artifacts([]) == {}


async def test_all_who_save_an_artifact_at_once_go_on_with_the_same_one(any_store: Store) -> None:
    tales = [await new_story(any_store) for _ in range(6)]
    claims = [claim_of(await claimed(any_store, tale.operation.id)) for tale in tales]
    takes = [Artifact(Key("a" * 64), "keyframe", engine(), {"image": ref(f"take {n}")}, {}, 1.0) for n in range(6)]
    saved = await asyncio.gather(*(any_store.save_artifact(c, artifact) for c, artifact in zip(claims, takes, strict=True)))
    assert [{artifact.key: artifact} for artifact in saved] == [await any_store.artifacts([takes[0].key])] * 6


async def test_a_regenerate_shows_on_its_shot_only(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)
    work = await claimed(any_store, regenerate.id)
    assert [shot.status for shot in work.shots] == [ShotStatus.GENERATING, ShotStatus.DONE]
    assert work.shots == await any_store.shots(tale.user, tale.story_id)
    assert work.story.status is StoryStatus.READY


async def test_a_compile_shows_on_its_story(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    work = await claimed(any_store, (await start(any_store, tale, OperationType.VIDEO_RENDER)).id)
    assert (work.story.status, work.shots) == (StoryStatus.GENERATING, shots)
    assert (await any_store.story(tale.user, tale.story_id)) == work.story
