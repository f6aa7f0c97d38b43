"""Calls that share a statement share nothing else: what one of them asks for harms no other."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from services.adapters.postgres import PostgresStore
from services.adapters.postgres.store import open_store
from services.adapters.settings import StoreSettings
from services.core.commands import Idempotency, StartOperation, Terms
from services.core.errors import ResourceExhausted
from services.core.model import OperationStatus, OperationType
from services.core.ports import OperationFilter
from tests.contract.store_steps import ready_story, someone, story_command

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param({"payload": {"a set": {1, 2}}}, id="no JSON"),
        pytest.param({"content": "A boat\x00."}, id="no text to Postgres"),
        pytest.param({"terms": Terms(priority=99_999)}, id="no smallint"),
    ],
)
async def test_a_poisoned_creation_fails_alone(store: PostgresStore, poison: dict[str, object]) -> None:
    commands = [story_command() for _ in range(12)]
    commands[5] = replace(commands[5], **poison)  # type: ignore[arg-type]
    made = await asyncio.gather(*(store.create_story(someone(), command) for command in commands), return_exceptions=True)
    assert [isinstance(each, BaseException) for each in made] == [number == 5 for number in range(12)]


async def test_a_queue_takes_as_many_of_a_batch_as_it_has_room_for(store: PostgresStore) -> None:
    owner, other = someone(), someone()
    command = replace(story_command(), terms=Terms(most_queued=5))
    made = await asyncio.gather(
        *(store.create_story(owner, command) for _ in range(9)),
        *(store.create_story(other, command) for _ in range(5)),
        return_exceptions=True,
    )
    assert [type(each) for each in made].count(ResourceExhausted) == 4
    assert not any(isinstance(each, BaseException) for each in made[9:])
    assert len(await store.operations(owner, limit=20)) == 5


async def test_a_queue_is_full_at_the_same_operation_whoever_adds_to_it(store: PostgresStore, postgres_url: str) -> None:
    """Two gateways at once create, with keys and without, start, retry and resume: not one gets past the quota."""
    most = 30
    tale, _ = await ready_story(store)
    owner, terms = tale.user, Terms(most_queued=most)
    aside = [(await store.create_story(owner, story_command())).operation.id for _ in range(12)]
    for number, operation_id in enumerate(aside):
        await (store.request_pause if number % 2 else store.request_cancel)(owner, operation_id)
    create = replace(story_command(), terms=terms)
    start = StartOperation(type=OperationType.VIDEO_RENDER, story_id=tale.story_id, shot_id=None, payload={}, terms=terms)
    async with open_store(StoreSettings(database_url=postgres_url)) as other:
        calls: list[Awaitable[object]] = []
        for gateway in (store, other):
            calls += [gateway.create_story(owner, create) for _ in range(10)]
            calls += [gateway.create_story(owner, create, Idempotency(f"{id(gateway)} {n}", "digest")) for n in range(10)]
            calls += [gateway.start_operation(owner, start) for _ in range(10)]
            calls += [gateway.start_operation(owner, start, Idempotency(f"film {id(gateway)} {n}", "digest")) for n in range(10)]
            mine = aside[:6] if gateway is store else aside[6:]
            calls += [(gateway.resume if n % 2 else gateway.retry)(owner, each, most_queued=most) for n, each in enumerate(mine)]
        done = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(each) for each in done if isinstance(each, BaseException)} == {ResourceExhausted}
    queued = await store.operations(owner, limit=100, where=OperationFilter(status=OperationStatus.QUEUED))
    assert len(queued) == most


async def test_one_key_twice_in_a_batch_creates_one_story(store: PostgresStore) -> None:
    owner, key = someone(), Idempotency("k", "digest")
    both = await asyncio.gather(*(store.create_story(owner, story_command(), key) for _ in range(6)))
    assert len({each.operation.id for each in both}) == 1
    assert sorted(each.replayed for each in both) == [False, *[True] * 5]
    assert len(await store.stories(owner, limit=10)) == 1
