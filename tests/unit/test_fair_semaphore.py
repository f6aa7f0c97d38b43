"""Places that are given round robin over the tenants that wait."""

import asyncio
from collections.abc import Sequence

import pytest

from services.model_service.fair_semaphore import FairSemaphore


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def served(places: FairSemaphore, tenants: Sequence[str]) -> tuple[list[str], list[asyncio.Task[None]]]:
    """Who got a place, in order, while each waits in the order given."""
    got: list[str] = []

    async def wait(tenant: str) -> None:
        await places.acquire(tenant)
        got.append(tenant)

    tasks = [asyncio.create_task(wait(tenant)) for tenant in tenants]
    await _settle()
    return got, tasks


async def test_places_are_given_at_once_while_there_are_any() -> None:
    got, tasks = await served(FairSemaphore(2), ["a", "a"])
    assert got == ["a", "a"]
    await asyncio.gather(*tasks)


async def test_a_tenant_with_many_waits_behind_one_with_few() -> None:
    places = FairSemaphore(1)
    await places.acquire("a")
    got, tasks = await served(places, ["a", "a", "a", "b", "c", "b"])
    for _ in tasks:
        places.release()
        await _settle()
    assert got == ["a", "b", "c", "a", "b", "a"]
    await asyncio.gather(*tasks)


async def test_nobody_overtakes_who_waits() -> None:
    places = FairSemaphore(1)
    await places.acquire("a")
    got, tasks = await served(places, ["a"])
    places.release()
    late = asyncio.create_task(places.acquire("b"))
    await _settle()
    assert got == ["a"]
    assert not late.done()
    places.release()
    await late
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("released_first", [True, False])
async def test_a_cancel_loses_no_place(released_first: bool) -> None:
    places = FairSemaphore(1)
    await places.acquire("a")
    got, (leaving, staying) = await served(places, ["a", "b"])
    if released_first:
        places.release()
        leaving.cancel()
    else:
        leaving.cancel()
        await _settle()
        places.release()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await asyncio.wait_for(staying, 5)
    assert got == ["b"]
    places.release()
    await asyncio.wait_for(places.acquire("c"), 5)
