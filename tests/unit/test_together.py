"""Calls that come at once are served together, and each is told only what concerns it."""

import asyncio
from collections.abc import Sequence

import pytest

from services.adapters.postgres.together import Together
from services.core.errors import LeaseLost, Unavailable


class Server:
    """Answers with the double; held until the gate is open."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def serve(self, members: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(members))
        await self.gate.wait()
        if -1 in members:
            raise ValueError("poison")
        if -2 in members:
            raise Unavailable("DATABASE_UNAVAILABLE")
        return [LeaseLost("LEASE_LOST", attempt=1) if member == 0 else 2 * member for member in members]


@pytest.fixture
def server() -> Server:
    return Server()


async def test_what_comes_during_a_call_goes_together_into_the_next(server: Server) -> None:
    together = Together(server.serve)
    server.gate.clear()
    first = asyncio.create_task(together(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [asyncio.create_task(together(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    server.gate.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert server.batches == [[1], [2, 3, 4]]


async def test_one_is_refused_and_the_others_are_not(server: Server) -> None:
    together = Together(server.serve)
    one, refused, two = await asyncio.gather(together(1), together(0), together(2), return_exceptions=True)
    assert (one, two) == (2, 4)
    assert isinstance(refused, LeaseLost)
    assert server.batches == [[1, 0, 2]]


async def test_a_poisoned_one_fails_alone(server: Server) -> None:
    together = Together(server.serve)
    one, poisoned, two = await asyncio.gather(together(1), together(-1), together(2), return_exceptions=True)
    assert (one, two) == (2, 4)
    assert isinstance(poisoned, ValueError)
    assert server.batches == [[1, -1, 2], [1], [-1], [2]]


async def test_all_hear_that_the_database_is_away(server: Server) -> None:
    together = Together(server.serve)
    answers = await asyncio.gather(together(1), together(-2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    assert server.batches == [[1, -2]]


async def test_a_caller_who_gave_up_hinders_nobody(server: Server) -> None:
    together = Together(server.serve)
    server.gate.clear()
    left, stays = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    left.cancel()
    server.gate.set()
    assert await stays == 4
    assert await together(3) == 6
    with pytest.raises(asyncio.CancelledError):
        await left
