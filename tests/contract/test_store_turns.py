"""Who is next: owners take turns, within their quotas, and nobody starves. Alike in memory and in Postgres."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import pytest

from services.adapters.postgres import PostgresStore
from services.core import lifecycle
from services.core.commands import Terms
from services.core.model import Operation, OperationStatus, OperationType, UserId
from services.core.ports import Store, Work
from tests.contract.store_steps import LEASE, OVER, claim_of, claimed, new_story, ready_story, someone, start, story_command

A, B = "story-worker/a", "story-worker/b"


async def queued(store: Store, owner: UserId, priority: int = 0) -> Operation:
    command = replace(story_command(), terms=Terms(priority=priority))
    return (await store.create_story(owner, command)).operation


def owners(works: Sequence[Work]) -> list[UserId]:
    return [work.operation.user_id for work in works]


async def test_a_claim_takes_as_many_as_there_is_room_for(any_store: Store) -> None:
    owner = someone()
    waiting = [await queued(any_store, owner) for _ in range(3)]
    assert await any_store.claim_fairest(A, LEASE, room=0) == ()
    works = await any_store.claim_fairest(A, LEASE, room=2)
    assert [work.operation.id for work in works] == [each.id for each in waiting[:2]]
    assert [work.operation for work in works] == [await any_store.operation(owner, each.id) for each in waiting[:2]]
    assert [work.story for work in works] == [await any_store.story(owner, each.story_id) for each in waiting[:2]]
    assert [work.operation.id for work in await any_store.claim_fairest(B, LEASE, room=5)] == [waiting[2].id]
    assert await any_store.claim_fairest(B, LEASE, room=5) == ()


async def test_what_is_claimed_together_comes_with_its_own_shots(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    creation = (await new_story(any_store)).operation
    works = {work.operation.id: work for work in await any_store.claim_fairest(A, LEASE, room=5)}
    assert works[render.id].shots == shots
    assert works[creation.id].shots == ()


async def test_owners_with_fewer_running_go_first(any_store: Store) -> None:
    greedy, modest = someone(), someone()
    for _ in range(5):
        await queued(any_store, greedy)
    for _ in range(2):
        await queued(any_store, modest)
    assert owners(await any_store.claim_fairest(A, LEASE, room=2)) == [greedy, modest]
    assert owners(await any_store.claim_fairest(A, LEASE, room=3)) == [greedy, modest, greedy]


async def test_who_was_served_longest_ago_goes_first_however_old_the_others_queue(any_store: Store) -> None:
    greedy, late = someone(), someone()
    for _ in range(3):
        await queued(any_store, greedy)
    (first,) = await any_store.claim_fairest(A, LEASE, room=1)
    await queued(any_store, late)
    await any_store.finish(claim_of(first))
    assert owners(await any_store.claim_fairest(A, LEASE, room=1)) == [late]


async def test_an_owners_own_go_by_priority_and_then_by_age(any_store: Store) -> None:
    owner = someone()
    low, old, young, high = [await queued(any_store, owner, priority) for priority in (-1, 0, 0, 5)]
    works = await any_store.claim_fairest(A, LEASE, room=4)
    assert [work.operation.id for work in works] == [high.id, old.id, young.id, low.id]


async def test_what_conflicts_is_not_started_together(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    first, second = [await start(any_store, tale, OperationType.VIDEO_RENDER) for _ in range(2)]
    (work,) = await any_store.claim_fairest(A, LEASE, room=5)
    assert work.operation.id == first.id
    assert (await any_store.finish(claim_of(work))).unblocked == (second.id,)
    (again,) = await any_store.claim_fairest(A, LEASE, room=5)
    assert again.operation.id == second.id


async def test_a_quota_holds_back_and_its_owners_next_is_woken(any_store: Store) -> None:
    greedy, modest = someone(), someone()
    waiting = [await queued(any_store, greedy) for _ in range(4)]
    await queued(any_store, modest)
    works = await any_store.claim_fairest(A, LEASE, room=9, most_running=2)
    assert Counter(owners(works)) == {greedy: 2, modest: 1}
    assert await any_store.claim_fairest(B, LEASE, room=9, most_running=2) == ()

    of_greedy, of_modest = [next(w for w in works if w.operation.user_id == owner) for owner in (greedy, modest)]
    assert (await any_store.finish(claim_of(of_modest))).unblocked == ()
    assert (await any_store.finish(claim_of(of_greedy))).unblocked == (waiting[2].id,)
    (third,) = await any_store.claim_fairest(B, LEASE, room=9, most_running=2)
    assert third.operation.id == waiting[2].id


async def test_who_is_within_the_quota_wakes_nobody(any_store: Store) -> None:
    owner = someone()
    for _ in range(3):
        await queued(any_store, owner)
    (work,) = await any_store.claim_fairest(A, LEASE, room=1, most_running=2)
    assert (await any_store.finish(claim_of(work))).unblocked == ()


async def test_workers_that_claim_at_once_never_exceed_a_quota_nor_take_one_operation_twice(any_store: Store) -> None:
    owner, other = someone(), someone()
    for _ in range(12):
        await queued(any_store, owner)
        await queued(any_store, other)
    claims = await asyncio.gather(*(any_store.claim_fairest(f"story-worker/{n}", LEASE, room=3, most_running=4) for n in range(8)))
    started = [work for works in claims for work in works]
    assert Counter(owners(started)) == {owner: 4, other: 4}
    assert len({work.operation.id for work in started}) == 8


async def test_one_operation_behind_a_thousand_of_another_owner_is_next_but_one(any_store: Store) -> None:
    greedy, modest = someone(), someone()
    await asyncio.gather(*(queued(any_store, greedy) for _ in range(1000)))
    single = await queued(any_store, modest)
    starts = []
    for worker in (A, B):
        works = await any_store.claim_fairest(worker, LEASE, room=1)
        starts += [work.operation.id for work in works]
    assert single.id in starts


async def test_a_named_claim_and_a_fair_one_share_the_rules(any_store: Store) -> None:
    owner = someone()
    first, second = [await queued(any_store, owner) for _ in range(2)]
    await claimed(any_store, second.id)
    assert [work.operation.id for work in await any_store.claim_fairest(A, LEASE, room=5, most_running=2)] == [first.id]


async def test_ends_that_come_at_once_each_end_their_own(any_store: Store) -> None:
    tales = [await new_story(any_store) for _ in range(6)]
    claims = [claim_of(await claimed(any_store, tale.operation.id)) for tale in tales]
    stale = replace(claims[0], attempt=7)
    *ends, lost = await asyncio.gather(*(any_store.finish(each) for each in [*claims, stale]), return_exceptions=True)
    assert [end.operation.id for end in ends if not isinstance(end, BaseException)] == [claim.operation_id for claim in claims]
    assert type(lost).__name__ == "LeaseLost"


async def test_one_that_cannot_be_read_does_not_take_the_others_along(store: PostgresStore, postgres_url: str) -> None:
    poisoned, sound = [await new_story(store) for _ in range(2)]
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE stories SET film = '[1]' WHERE id = $1", poisoned.story_id)
    for _ in range(lifecycle.MOST_LOSSES):
        works = await store.claim_fairest(A, OVER, room=5)
        assert poisoned.operation.id not in [work.operation.id for work in works]
        for work in works:
            await store.finish(claim_of(work))
        await store.sweep(announce_after=LEASE)
    assert (await store.operation(sound.user, sound.operation.id)).status is OperationStatus.SUCCEEDED
    assert (await store.operation(poisoned.user, poisoned.operation.id)).status is OperationStatus.FAILED
    await connection.close()


@pytest.mark.parametrize("seed", range(12))
async def test_a_shallow_look_finds_what_a_look_at_everything_finds(store: PostgresStore, postgres_url: str, seed: int) -> None:
    """Of owners with few and many waiting, none and many running, all priorities. `fairest_among` at full depth is the measure."""
    chance = random.Random(seed)
    for _ in range(chance.choice([1, 3, 9])):
        owner = someone()
        for _ in range(chance.choice([1, 2, 5, 17])):
            await queued(store, owner, priority=chance.choice([0, 0, 1, -1]))
        await store.claim_fairest(A, LEASE, room=chance.choice([0, 0, 1, 6]))
    await queued(store, someone())
    connection = await asyncpg.connect(postgres_url)
    for room in (1, 2, 3, 7, 20, 64):
        for most in (None, 1, 3, 8):
            whole = await connection.fetch(
                "SELECT f.id FROM (SELECT array_agg(user_id) AS owners, array_agg(running) AS running FROM waiting_owners) w,"
                " fairest_among(w.owners, w.running, $1, $1, $2) f",
                *(room, most),
            )
            found = await connection.fetch("SELECT id FROM fairest_operations($1, $2)", room, most)
            assert [row["id"] for row in found] == [row["id"] for row in whole] != [], (room, most)
    await connection.close()


async def test_a_story_that_another_transaction_holds_makes_no_claim_wait(store: PostgresStore, postgres_url: str) -> None:
    held, free = [await new_story(store) for _ in range(2)]
    connection = await asyncpg.connect(postgres_url)
    async with connection.transaction():
        await connection.execute("SELECT FROM stories WHERE id = $1 FOR UPDATE", held.story_id)
        async with asyncio.timeout(5):
            assert [work.operation.id for work in await store.claim_fairest(A, LEASE, room=5)] == [free.operation.id]
            assert await store.claim_fairest(A, LEASE, room=5) == ()
    assert [work.operation.id for work in await store.claim_fairest(A, LEASE, room=5)] == [held.operation.id]
    await connection.close()
