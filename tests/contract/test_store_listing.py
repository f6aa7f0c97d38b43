"""Operations found and listed: under any condition, in any order, page by page. Alike in memory and in Postgres."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given

from services.adapters.postgres import listing
from services.adapters.postgres.store import PostgresStore
from services.core.errors import DeadlineExceeded
from services.core.filter_syntax import parse
from services.core.filtering import Condition, matches
from services.core.model import Operation, OperationId, OperationStatus, OperationType, UserId
from services.core.ordering import SORTABLE, Place, in_order, parse_order, place_of
from services.core.ports import OperationFilter, Store
from tests.conditions import CONDITIONS
from tests.contract.store_steps import FAILURE, claim_of, claimed, new_story, ready_story, someone, start


async def busy_user(store: Store) -> UserId:
    """Operations in every state, of every type, with and without a worker, a start and an end."""
    user = someone()
    tale, shots = await ready_story(store, user)
    failed = await start(store, tale, OperationType.SHOT_REGEN, shots[0].id)
    await store.fail(claim_of(await claimed(store, failed.id, worker="story-worker/b")), FAILURE)
    cancelled = await start(store, tale, OperationType.SHOT_REGEN, shots[0].id)
    await store.request_cancel(user, cancelled.id)
    stopped = await start(store, tale, OperationType.VIDEO_RENDER)
    await store.end_cancelled(claim_of(await claimed(store, stopped.id)))
    retried = await start(store, tale, OperationType.SHOT_REGEN, shots[1].id)
    await store.requeue(claim_of(await claimed(store, retried.id)), FAILURE, 60.0)
    running = await start(store, tale, OperationType.SHOT_REGEN, shots[0].id)
    await claimed(store, running.id, worker="story-worker/%")
    await start(store, tale, OperationType.VIDEO_RENDER)
    await new_story(store, user)
    await ready_story(store)  # somebody else's, never to be seen
    return user


async def everything(store: Store, user: UserId) -> tuple[Operation, ...]:
    return await store.operations(user, limit=100)


async def paged(store: Store, user: UserId, where: OperationFilter, size: int) -> list[Operation]:
    """All pages, one after another."""
    found: list[Operation] = []
    after: Place | None = None
    for _ in range(100):
        page = await store.operations(user, limit=size, after=after, where=where)
        found += page
        if len(page) < size:
            return found
        after = place_of(page[-1], where.order_by)
    raise AssertionError("the pages never end")


def condition(text: str) -> Condition:
    parsed = parse(text)
    assert parsed is not None
    return parsed


FILTERS: dict[str, Callable[[Operation], bool]] = {
    "status = failed": lambda o: o.status is OperationStatus.FAILED,
    "status = running": lambda o: o.status is OperationStatus.RUNNING,
    "status != failed": lambda o: o.status is not OperationStatus.FAILED,
    "status = queued OR status = running": lambda o: o.status in {OperationStatus.QUEUED, OperationStatus.RUNNING},
    "type:shot_regen done:true": lambda o: o.type is OperationType.SHOT_REGEN and o.done,
    "NOT done = true": lambda o: not o.done,
    "done = false": lambda o: not o.done,
    "done != false": lambda o: o.done,
    "worker = 'story-worker/b'": lambda o: o.worker == "story-worker/b",
    "worker != 'story-worker/b'": lambda o: o.worker != "story-worker/b",
    "worker : '%'": lambda o: "%" in o.worker,
    "worker : *": lambda o: o.worker != "",
    "-worker:worker": lambda o: "worker" not in o.worker,
    "error.reason = ENGINE_FAILED": lambda o: o.status is OperationStatus.FAILED,
    "error.reason = CANCELLED": lambda o: o.status is OperationStatus.CANCELLED,
    "error.reason : *": lambda o: o.done and o.status is not OperationStatus.SUCCEEDED,
    "error.reason != CANCELLED": lambda o: o.status is not OperationStatus.CANCELLED,
    "NOT error.reason : ENGINE": lambda o: o.status is not OperationStatus.FAILED,
    "shot_id:*": lambda o: o.shot_id is not None,
    "start_time:*": lambda o: o.started_at is not None,
    "NOT start_time > 2000-01-01": lambda o: o.started_at is None,
    "end_time > 2000-01-01T00:00:00+08:00": lambda o: o.done,
    "end_time != 2000-01-01": lambda o: True,
    "create_time < 2000-01-01": lambda o: False,
    "create_time >= 0001-01-01 AND create_time <= 9999-12-31T23:59:59Z": lambda o: True,
    "attempt = 0": lambda o: o.attempt == 0,
    "attempt > 0 AND attempt <= 999999999": lambda o: o.attempt > 0,
    "NOT (status = failed OR (status = queued AND attempt = 1))": lambda o: (
        not (o.status is OperationStatus.FAILED or (o.status is OperationStatus.QUEUED and o.attempt == 1))
    ),
}


async def test_operations_are_found_by_every_field_with_every_operator(any_store: Store) -> None:
    user = await busy_user(any_store)
    there = await everything(any_store, user)
    assert {operation.status for operation in there} >= set(OperationStatus) - {OperationStatus.PAUSED}
    for text, wanted in FILTERS.items():
        found = await any_store.operations(user, limit=100, where=OperationFilter(where=condition(text)))
        assert [o.id for o in found] == [o.id for o in there if wanted(o)], text


async def test_operations_are_found_by_ids_and_by_exact_times(any_store: Store) -> None:
    user = await busy_user(any_store)
    there = await everything(any_store, user)

    async def ids(text: str, status: OperationStatus | None = None) -> list[OperationId]:
        where = OperationFilter(status, where=condition(text))
        return [operation.id for operation in await any_store.operations(user, limit=100, where=where)]

    one = next(operation for operation in there if operation.shot_id and operation.finished_at and operation.started_at)
    assert await ids(f"story_id = {one.story_id}") == [o.id for o in there if o.story_id == one.story_id]
    assert await ids(f'metadata.shot_id = "{one.shot_id}"') == [o.id for o in there if o.shot_id == one.shot_id]
    assert await ids(f"shot_id != {one.shot_id}") == [o.id for o in there if o.shot_id != one.shot_id]
    for name, at in (("create_time", one.created_at), ("start_time", one.started_at), ("end_time", one.finished_at)):
        assert at is not None
        assert await ids(f"{name} = {at.isoformat()}") == [one.id]
        assert one.id not in await ids(f"{name} > {at.isoformat()}")
        assert one.id in await ids(f"{name} < {(at + timedelta(microseconds=1)).isoformat()}")
    assert await ids("type = shot_regen", status=OperationStatus.FAILED) == [o.id for o in there if o.status == "failed"]


async def test_any_condition_finds_what_it_is_true_of(any_store: Store) -> None:
    user = await busy_user(any_store)
    there = await everything(any_store, user)
    conditions: list[Condition] = []

    @given(CONDITIONS)
    def collect(condition: Condition) -> None:
        conditions.append(condition)

    collect()
    for each in conditions:
        found = await any_store.operations(user, limit=100, where=OperationFilter(where=each))
        assert [o.id for o in found] == [o.id for o in there if matches(each, o)], each


@pytest.mark.parametrize(
    "order_by",
    [
        *(f"{name}{direction}" for name in SORTABLE for direction in ("", " desc")),
        "priority desc, create_time",
        "end_time desc, start_time",
        "create_time, priority desc",
    ],
)
async def test_pages_follow_every_order_and_meet_each_operation_once(any_store: Store, order_by: str) -> None:
    user = await busy_user(any_store)
    order = parse_order(order_by)
    there = await everything(any_store, user)
    wanted = [operation.id for operation in in_order(there, order)]
    for size, text in itertools.product((1, 3, 100), ("", "type = shot_regen")):
        where = OperationFilter(where=parse(text), order_by=order)
        kept = {o.id for o in there if not text or o.type is OperationType.SHOT_REGEN}
        assert [o.id for o in await paged(any_store, user, where, size)] == [name for name in wanted if name in kept], (size, text)


async def test_a_page_goes_on_where_the_last_one_ended_though_its_row_has_changed(any_store: Store) -> None:
    user = someone()
    tales = [await new_story(any_store, user) for _ in range(4)]
    where = OperationFilter(order_by=("-update_time",))
    first = await any_store.operations(user, limit=2, where=where)
    after = place_of(first[-1], where.order_by)
    await any_store.request_cancel(user, first[-1].id)
    rest = await any_store.operations(user, limit=9, after=after, where=where)
    assert [o.id for o in (*first, *rest)] == [tale.operation.id for tale in reversed(tales)]


async def test_a_list_that_takes_too_long_says_how_to_narrow_it(
    store: PostgresStore, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = (await new_story(store)).user
    other = await asyncpg.connect(postgres_url)
    async with other.transaction():
        await other.execute("LOCK TABLE operations IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(listing, "PAGE_SECONDS", 0.05)
        with pytest.raises(DeadlineExceeded, match="Narrow the filter"):
            await store.operations(user, limit=1)
    monkeypatch.undo()
    await other.close()
    assert len(await store.operations(user, limit=9)) == 1
