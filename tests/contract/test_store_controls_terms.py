"""The terms that operations are served under: deadlines, priorities, full queues, and keys. Alike in memory and in Postgres."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from services.core.commands import CreateStory, Idempotency, StartOperation, Terms
from services.core.errors import Conflict, NotFound, ResourceExhausted
from services.core.model import OperationStatus, OperationType, StoryId, StoryStatus, UserId
from services.core.ports import Accepted, Store, Swept, Wish
from tests.contract.store_steps import LEASE, OVER, claim_of, claimed, new_story, ready_story, someone, start, story_command

NOW = Terms(cancel_after=0.0)


def under(terms: Terms, content: str = "A girl waits for a boat.") -> CreateStory:
    return replace(story_command(content), terms=terms)


def render(story_id: StoryId, terms: Terms) -> StartOperation:
    return StartOperation(type=OperationType.VIDEO_RENDER, story_id=story_id, shot_id=None, payload={}, terms=terms)


async def swept(store: Store) -> Swept:
    found = await store.sweep(announce_after=LEASE)
    assert found is not None
    return found


async def test_terms_are_kept(any_store: Store) -> None:
    accepted = await any_store.create_story(someone(), under(Terms(cancel_after=90.0, priority=-3)))
    operation = accepted.operation
    assert operation.deadline_at is not None
    assert (operation.deadline_at - operation.created_at).total_seconds() == 90.0
    assert (operation.priority, accepted.expires_at) == (-3, None)
    plain = await start(any_store, await new_story(any_store), OperationType.VIDEO_RENDER)
    assert (plain.deadline_at, plain.priority) == (None, 0)


async def test_what_is_overdue_before_it_began_ends_at_once(any_store: Store) -> None:
    user = someone()
    late = (await any_store.create_story(user, under(NOW))).operation
    waiting = (await any_store.start_operation(user, render(late.story_id, Terms(cancel_after=3600.0)))).operation

    found = await swept(any_store)

    assert [(event.kind, event.data) for event in found.events] == [("cancelled", {"reason": "DEADLINE_EXCEEDED"})]
    assert found.announce == (waiting.id,)
    ended = await any_store.operation(user, late.id)
    assert (ended.status, ended.stop_reason) == (OperationStatus.CANCELLED, "DEADLINE_EXCEEDED")
    assert (await any_store.operation(user, waiting.id)).status is OperationStatus.QUEUED
    assert (await any_store.story(user, late.story_id)).status is StoryStatus.FAILED
    assert (await swept(any_store)).events == ()


async def test_what_is_overdue_while_it_is_paused_ends_at_once(any_store: Store) -> None:
    late = (await any_store.create_story(someone(), under(NOW))).operation
    await any_store.request_pause(late.user_id, late.id)
    assert [event.kind for event in (await swept(any_store)).events] == ["cancelled"]


async def test_what_is_overdue_while_it_runs_is_asked_to_stop_once(any_store: Store) -> None:
    late = (await any_store.create_story(someone(), under(NOW))).operation
    claim = claim_of(await claimed(any_store, late.id))

    found = await swept(any_store)

    assert [(event.kind, event.data) for event in found.events] == [("cancel_requested", {"reason": "DEADLINE_EXCEEDED"})]
    assert found.events == (await any_store.events(late.user_id, late.id))[-1:]
    assert (await swept(any_store)).events == ()
    assert await any_store.heartbeat(claim, LEASE, progress=0.5, stage="") is Wish.CANCEL
    ended = await any_store.end_cancelled(claim)
    assert (ended.event.kind, ended.event.data) == ("cancelled", {"reason": "DEADLINE_EXCEEDED"})


async def test_an_overdue_operation_whose_worker_is_lost_does_not_start_again(any_store: Store) -> None:
    late = (await any_store.create_story(someone(), under(NOW))).operation
    await claimed(any_store, late.id, lease=OVER)
    found = await swept(any_store)
    assert [event.kind for event in found.events] == ["lease_expired", "cancelled"]
    assert (await any_store.operation(late.user_id, late.id)).status is OperationStatus.CANCELLED


async def test_an_owners_cancel_before_the_deadline_stays_the_owners(any_store: Store) -> None:
    late = (await any_store.create_story(someone(), under(Terms(cancel_after=3600.0)))).operation
    claim = claim_of(await claimed(any_store, late.id))
    await any_store.request_cancel(late.user_id, late.id)
    assert (await any_store.end_cancelled(claim)).event.data == {"reason": "CANCELLED"}


async def test_a_retry_lifts_a_deadline_that_has_passed_and_no_other(any_store: Store) -> None:
    for terms, lifted in ((NOW, True), (Terms(cancel_after=3600.0), False)):
        operation = (await any_store.create_story(someone(), under(terms))).operation
        await any_store.request_cancel(operation.user_id, operation.id)
        again, _ = await any_store.retry(operation.user_id, operation.id)
        assert again.deadline_at == (None if lifted else operation.deadline_at)
    assert (await swept(any_store)).events == ()


async def test_a_full_queue_takes_no_more_until_some_have_left_it(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    two = Terms(most_queued=2)
    first, second = [(await any_store.start_operation(tale.user, render(tale.story_id, two))).operation for _ in range(2)]

    creates: tuple[Callable[[], Awaitable[Accepted]], ...] = (
        lambda: any_store.start_operation(tale.user, render(tale.story_id, two)),
        lambda: any_store.create_story(tale.user, under(two)),
    )
    for create in creates:
        with pytest.raises(ResourceExhausted) as refused:
            await create()
        assert (refused.value.reason, refused.value.params) == ("QUEUE_FULL", {"limit": 2})
        assert refused.value.retry_after
    assert len(await any_store.stories(tale.user, limit=10)) == 1

    await any_store.create_story(someone(), under(two))  # other owners have queues of their own
    await any_store.request_pause(tale.user, second.id)
    third = (await any_store.start_operation(tale.user, render(tale.story_id, two))).operation
    await claimed(any_store, first.id)
    fourth = (await any_store.start_operation(tale.user, render(tale.story_id, two))).operation
    assert {(await any_store.operation(tale.user, each.id)).status for each in (third, fourth)} == {OperationStatus.QUEUED}


async def test_nobody_may_queue_anything_where_none_may_be_queued(any_store: Store) -> None:
    with pytest.raises(ResourceExhausted):
        await any_store.create_story(someone(), under(Terms(most_queued=0)))


async def test_a_full_queue_hides_no_other_mistake(any_store: Store) -> None:
    with pytest.raises(NotFound):
        await any_store.start_operation(someone(), render((await new_story(any_store)).story_id, Terms(most_queued=0)))


async def test_a_full_queue_takes_back_nothing_that_was_retried_or_resumed(any_store: Store) -> None:
    user = someone()
    failed, paused, waiting = [(await any_store.create_story(user, under(Terms()))).operation for _ in range(3)]
    await any_store.request_cancel(user, failed.id)
    await any_store.request_pause(user, paused.id)
    for steer, which in ((any_store.retry, failed), (any_store.resume, paused)):
        with pytest.raises(ResourceExhausted) as refused:
            await steer(user, which.id, most_queued=1)
        assert (refused.value.reason, refused.value.params) == ("QUEUE_FULL", {"limit": 1})
        assert (await steer(user, waiting.id, most_queued=1))[0].id == waiting.id  # it is in the queue, and stays there
    assert (await any_store.operation(user, failed.id)).status is OperationStatus.CANCELLED
    assert (await any_store.operation(user, paused.id)).status is OperationStatus.PAUSED
    assert (await any_store.retry(user, failed.id, most_queued=2))[0].status is OperationStatus.QUEUED
    assert (await any_store.resume(user, paused.id, most_queued=3))[0].status is OperationStatus.QUEUED


async def test_who_runs_may_think_better_of_a_pause_however_full_the_queue(any_store: Store) -> None:
    user = someone()
    running = (await any_store.create_story(user, under(Terms()))).operation
    await claimed(any_store, running.id)
    await any_store.request_pause(user, running.id)
    assert (await any_store.resume(user, running.id, most_queued=0))[0].pause_requested_at is None


async def test_creations_never_overshoot_however_many_come_at_once(any_store: Store) -> None:
    user = someone()

    async def create() -> Accepted | None:
        try:
            return await any_store.create_story(user, under(Terms(most_queued=5)))
        except ResourceExhausted:
            return None

    accepted = [await create() for _ in range(8)]
    assert [each is not None for each in accepted] == [True] * 5 + [False] * 3

    at_once = 4
    user = someone()
    found = [each for _ in range(4) for each in await asyncio.gather(*(create() for _ in range(at_once)))]
    assert sum(each is not None for each in found) == 5


async def test_a_key_answers_with_its_operation_however_full_the_queue_and_says_until_when(any_store: Store) -> None:
    user, key, terms = someone(), Idempotency("k", "digest"), Terms(most_queued=1)
    first = await any_store.create_story(user, under(terms), key)
    assert first.expires_at is not None
    assert (first.expires_at - first.operation.created_at).total_seconds() == pytest.approx(24 * 3600, abs=5)

    again = await any_store.create_story(user, under(terms), key)
    assert (again.replayed, again.operation, again.expires_at) == (True, first.operation, first.expires_at)
    running = (await claimed(any_store, first.operation.id)).operation
    assert (await any_store.create_story(user, under(terms), key)).operation == running
    with pytest.raises(Conflict) as refused:
        await any_store.create_story(user, under(terms, "Other words."), Idempotency("k", "another digest"))
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"

    on_story = await _keyed(any_store, user, first.operation.story_id)
    assert on_story.expires_at is not None
    assert await _keyed(any_store, user, first.operation.story_id) == replace(on_story, replayed=True)


async def test_a_forgotten_operation_leaves_its_key_free(any_store: Store) -> None:
    user, key = someone(), Idempotency("k", "digest")
    first = (await any_store.create_story(user, under(Terms()), key)).operation
    await any_store.request_cancel(user, first.id)
    assert (await any_store.create_story(user, under(Terms()), key)).operation.id == first.id
    await any_store.forget(user, first.id)
    second = await any_store.create_story(user, under(Terms()), Idempotency("k", "another digest"))
    assert not second.replayed


async def _keyed(store: Store, user: UserId, story_id: StoryId) -> Accepted:
    return await store.start_operation(user, render(story_id, Terms()), Idempotency("film", "digest"))
