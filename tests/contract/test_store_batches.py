"""Calls that share a statement share nothing else: what one of them asks for harms no other."""

import asyncio
from dataclasses import replace

import pytest

from services.adapters.postgres import PostgresStore
from services.core.commands import Terms
from services.core.errors import ResourceExhausted
from tests.contract.store_steps import someone, story_command

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
