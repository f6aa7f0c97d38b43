"""What an unfinished operation may expect: alike in memory and in Postgres."""

import pytest

from services.core import outlook
from services.core.commands import StartOperation, Terms
from services.core.model import OperationId, OperationStatus, OperationType, UserId
from services.core.outlook import expected
from services.core.ports import Outlook, Store
from tests.contract.store_steps import FAILURE, LEASE, claim_of, claimed, new_story, ready_story, someone, start


async def only(store: Store, user: UserId, operation_id: OperationId) -> Outlook:
    found = await store.outlook(user, [operation_id])
    assert list(found) == [operation_id]
    return found[operation_id]


async def test_a_queue_is_counted_by_priority_then_age_for_each_owner_alone(any_store: Store) -> None:
    user = someone()
    tale, shots = await ready_story(any_store, user)
    await new_story(any_store)
    first, second = [await start(any_store, tale, OperationType.SHOT_REGEN, shot.id) for shot in shots]
    hurried = StartOperation(
        type=OperationType.VIDEO_RENDER, story_id=tale.story_id, shot_id=None, payload={}, terms=Terms(priority=3)
    )
    film = (await any_store.start_operation(user, hurried)).operation
    found = await any_store.outlook(user, [second.id, film.id, first.id])
    assert {name: each.position for name, each in found.items()} == {film.id: 1, first.id: 2, second.id: 3}
    await claimed(any_store, film.id)
    assert (await only(any_store, user, film.id)).position is None
    assert (await only(any_store, user, second.id)).position == 2


async def test_without_a_history_no_time_is_told(any_store: Store) -> None:
    tale = await new_story(any_store)
    assert await only(any_store, tale.user, tale.operation.id) == Outlook(position=1)
    await claimed(any_store, tale.operation.id)
    assert await only(any_store, tale.user, tale.operation.id) == Outlook()


async def test_a_history_tells_how_long_it_will_take(any_store: Store) -> None:
    durations = []
    for _ in range(3):
        tale, _ = await ready_story(any_store)
        ended = await any_store.operation(tale.user, tale.operation.id)
        assert ended.finished_at
        assert ended.started_at
        durations.append((ended.finished_at - ended.started_at).total_seconds())
    median = sorted(durations)[1]

    waiting = await new_story(any_store)
    assert (await only(any_store, waiting.user, waiting.operation.id)).seconds == pytest.approx(median, abs=1e-5)
    work = await claimed(any_store, waiting.operation.id)
    await any_store.heartbeat(claim_of(work), LEASE, progress=0.75, stage="pictures")
    assert (await only(any_store, waiting.user, waiting.operation.id)).seconds == pytest.approx(median / 4, abs=1e-5)
    await any_store.requeue(claim_of(work), FAILURE, 60.0)
    held_back = await only(any_store, waiting.user, waiting.operation.id)
    assert held_back.position == 1
    assert held_back.seconds == pytest.approx(60.0 + median / 4, abs=30.0)
    tale, _ = await ready_story(any_store)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    assert (await only(any_store, tale.user, render.id)).seconds is None, "no film has been made yet"


async def test_nothing_is_told_of_what_has_ended_or_belongs_to_others(any_store: Store) -> None:
    tale, _ = await ready_story(any_store)
    other = await new_story(any_store)
    assert await any_store.outlook(tale.user, [tale.operation.id, other.operation.id, OperationId(tale.story_id)]) == {}
    assert await any_store.outlook(tale.user, []) == {}


@pytest.mark.parametrize(
    ("status", "facts", "told"),
    [
        (OperationStatus.RUNNING, {"progress": 0.25}, Outlook(seconds=75.0)),
        (OperationStatus.RUNNING, {"median": None}, Outlook()),
        (OperationStatus.QUEUED, {"position": 1}, Outlook(1, 100.0)),
        (OperationStatus.QUEUED, {"position": 5, "running": 2}, Outlook(5, 300.0)),
        (OperationStatus.QUEUED, {"position": 3}, Outlook(3, 300.0)),
        (OperationStatus.QUEUED, {"position": 2, "progress": 0.5, "delay": 130.0}, Outlook(2, 180.0)),
        (OperationStatus.QUEUED, {"position": 4, "median": None}, Outlook(position=4)),
        (OperationStatus.QUEUED, {"position": None, "median": None}, Outlook(position=outlook.LINE + 1)),
        (OperationStatus.PAUSED, {"progress": 0.5}, Outlook()),
        (OperationStatus.SUCCEEDED, {}, Outlook()),
    ],
)
def test_the_sum(status: OperationStatus, facts: dict[str, float | None], told: Outlook) -> None:
    usual: dict[str, float | None] = {"progress": 0.0, "position": None, "running": 0, "median": 100.0, "delay": 0.0}
    assert expected(status, **(usual | facts)) == told  # type: ignore[arg-type]  # each is given its own type above
