"""`google.longrunning.Operations` on a real socket, also through Google's own client helpers."""

import asyncio
import time
from uuid import UUID

import grpc
import pytest
from google.api_core import exceptions, operation, operations_v1
from google.longrunning import operations_pb2 as longrunning
from google.protobuf.duration_pb2 import Duration
from grpc import aio
from storyreel.v1 import operations_pb2, stories_pb2

from services.core.model import Failure, OperationId
from tests.builders import ALICE, BOB
from tests.fixtures.gateway_rpc import Rpc, as_user, refusal

FAILURE = Failure("content_violation", "CONTENT_VIOLATION", "安全检查未通过：x。请修改文字。", params={"problem": "x"})


async def _begun(rpc: Rpc) -> tuple[OperationId, str]:
    name = await rpc.served.begin()
    return name, f"operations/{name}"


async def _get(rpc: Rpc, name: str, **metadata: str) -> longrunning.Operation:
    request = longrunning.GetOperationRequest(name=name)
    found: longrunning.Operation = await rpc.operations.GetOperation(request, metadata=as_user(ALICE, **metadata))
    return found


def _metadata(found: longrunning.Operation) -> operations_pb2.OperationMetadata:
    metadata = operations_pb2.OperationMetadata()
    assert found.metadata.Unpack(metadata)
    return metadata


async def _subscribed(rpc: Rpc) -> None:
    async with asyncio.timeout(5):
        while not rpc.served.hub._subscriptions:  # noqa: ASYNC110  # the call is on its way through a socket
            await asyncio.sleep(0.001)


# -- Google's helpers ----------------------------------------------------------------------------------------------------------


async def test_googles_future_waits_for_the_result(rpc: Rpc) -> None:
    """As a generated client would: the call's operation becomes a future, which polls by itself."""
    with grpc.insecure_channel(rpc.address) as channel:
        client = operations_v1.OperationsClient(channel)
        request = stories_pb2.CreateStoryRequest(script_content="A girl waits for a boat.")
        begun = await rpc.stories.CreateStory(request, metadata=as_user())
        future = operation.from_gapic(
            begun,
            client,
            operations_pb2.CreateStoryResult,
            metadata_type=operations_pb2.OperationMetadata,
            grpc_metadata=as_user(),
        )
        name = OperationId(UUID(begun.name.removeprefix("operations/")))
        result = asyncio.create_task(asyncio.to_thread(future.result, timeout=20))
        claim, work = await rpc.served.claim(name)
        await rpc.served.store.finish(claim)
        assert (await result).name == f"stories/{work.story.id}"
        assert future.metadata.state == operations_pb2.OPERATION_STATE_SUCCEEDED
        assert await asyncio.to_thread(future.done)


async def test_googles_future_raises_what_failed(rpc: Rpc) -> None:
    name, full = await _begun(rpc)
    claim, _ = await rpc.served.claim(name)
    await rpc.served.store.fail(claim, FAILURE)
    with grpc.insecure_channel(rpc.address) as channel:
        client = operations_v1.OperationsClient(channel)
        future = operation.from_gapic(
            await _get(rpc, full, accept_language="en"), client, operations_pb2.CreateStoryResult, grpc_metadata=as_user()
        )
        with pytest.raises(exceptions.InvalidArgument, match="The safety check refused it: x"):
            await asyncio.to_thread(future.result, timeout=20)


async def test_googles_client_lists_cancels_and_deletes(rpc: Rpc) -> None:
    names = [(await _begun(rpc))[1] for _ in range(3)]
    with grpc.insecure_channel(rpc.address) as channel:
        client = operations_v1.OperationsClient(channel)

        def work() -> None:
            listed = client.list_operations("operations", "done = false", metadata=as_user())
            assert [found.name for found in listed] == names[::-1]
            future = operation.from_gapic(
                client.get_operation(names[0], metadata=as_user()),
                client,
                operations_pb2.CreateStoryResult,
                grpc_metadata=as_user(),
            )
            assert future.cancel()
            assert future.cancelled()
            client.delete_operation(names[0], metadata=as_user())
            with pytest.raises(exceptions.NotFound):
                client.get_operation(names[0], metadata=as_user())
            with pytest.raises(exceptions.FailedPrecondition) as refused:
                client.delete_operation(names[1], metadata=as_user())
            assert (refused.value.reason, refused.value.domain) == ("OPERATION_UNFINISHED", "storyreel.dev")

        await asyncio.to_thread(work)


# -- get, list -----------------------------------------------------------------------------------------------------------------


async def test_an_operation_from_queued_to_its_error(rpc: Rpc) -> None:
    name, full = await _begun(rpc)
    queued = await _get(rpc, full)
    assert (queued.name, queued.done, queued.WhichOneof("result")) == (full, False, None)
    metadata = _metadata(queued)
    assert (metadata.type, metadata.state) == (
        operations_pb2.OPERATION_TYPE_STORY_CREATE,
        operations_pb2.OPERATION_STATE_QUEUED,
    )
    assert (metadata.queue_position, metadata.HasField("eta"), metadata.HasField("start_time")) == (1, False, False)
    claim, work = await rpc.served.claim(name)
    step = {"step": "keyframe", "shot_id": "s", "key": "k"}
    await rpc.served.store.append_event(claim, "step_started", step)
    await rpc.served.store.append_event(claim, "step_failed", step | {"reason": "CONTENT_VIOLATION"})
    painted = {"step": "keyframe", "shot_id": None, "key": "p"}
    await rpc.served.store.append_event(claim, "step_started", painted)
    await rpc.served.store.append_event(
        claim, "step_finished", painted | {"engine": "a+b", "changed": ["seed: not sent"], "made_by": "b", "usage": {"tokens": 12}}
    )
    metadata = _metadata(await _get(rpc, full))
    assert (metadata.HasField("queue_position"), metadata.attempt, metadata.story) == (False, 1, f"stories/{work.story.id}")
    assert (metadata.steps[0].state, metadata.steps[0].reason) == (operations_pb2.STEP_STATE_FAILED, "CONTENT_VIOLATION")
    assert (list(metadata.steps[1].changed), metadata.steps[1].made_by) == (["seed: not sent"], "b")
    assert (list(metadata.steps[1].passed_over), dict(metadata.steps[1].usage)) == ([], {"tokens": 12})
    await rpc.served.store.fail(claim, FAILURE)
    failed = await _get(rpc, full)
    assert (failed.done, failed.WhichOneof("result"), failed.error.code) == (True, "error", 3)


async def test_operations_are_listed_by_pages(rpc: Rpc) -> None:
    names = [(await _begun(rpc))[1] for _ in range(3)]
    listed: list[longrunning.Operation] = []
    token = ""
    while True:
        request = longrunning.ListOperationsRequest(page_size=2, page_token=token, filter="status = queued")
        page = await rpc.operations.ListOperations(request, metadata=as_user())
        listed += page.operations
        token = page.next_page_token
        if not token:
            break
    assert [found.name for found in listed] == names[::-1]
    assert [_metadata(found).queue_position for found in listed] == [3, 2, 1]
    assert not any(_metadata(found).steps for found in listed)
    others = await rpc.operations.ListOperations(longrunning.ListOperationsRequest(), metadata=as_user(BOB))
    assert list(others.operations) == []


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (longrunning.ListOperationsRequest(filter="colour = red"), "FILTER_UNKNOWN_FIELD", "filter"),
        (longrunning.ListOperationsRequest(page_size=-1), "OUT_OF_RANGE", "page_size"),
        (longrunning.ListOperationsRequest(page_token="x"), "BAD_PAGE_TOKEN", "page_token"),
        (longrunning.ListOperationsRequest(name="projects/x"), "BAD_NAME", "name"),
    ],
)
async def test_a_list_that_cannot_be(rpc: Rpc, request_: longrunning.ListOperationsRequest, reason: str, field: str) -> None:
    with pytest.raises(aio.AioRpcError) as raised:
        await rpc.operations.ListOperations(request_, metadata=as_user())
    refused = refusal(raised.value)
    assert (refused.code, refused.info.reason, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, reason, [field])


# -- wait ----------------------------------------------------------------------------------------------------------------------


async def test_a_wait_is_woken_by_the_end(rpc: Rpc) -> None:
    name, full = await _begun(rpc)
    claim, _ = await rpc.served.claim(name)
    call = rpc.operations.WaitOperation(longrunning.WaitOperationRequest(name=full), metadata=as_user(), timeout=30)
    await _subscribed(rpc)
    rpc.served.announcer.tell(events=[(await rpc.served.store.finish(claim)).event])
    assert (await call).done


async def test_a_wait_answers_before_its_deadline_with_how_it_is_now(rpc: Rpc) -> None:
    _, full = await _begun(rpc)
    began = time.monotonic()
    asked = longrunning.WaitOperationRequest(name=full, timeout=Duration(seconds=30))
    assert not (await rpc.operations.WaitOperation(asked, metadata=as_user(), timeout=0.5)).done
    asked = longrunning.WaitOperationRequest(name=full, timeout=Duration(nanos=10_000_000))
    assert not (await rpc.operations.WaitOperation(asked, metadata=as_user())).done
    assert time.monotonic() - began < 10


async def test_a_caller_who_hangs_up_is_waited_for_no_longer(rpc: Rpc) -> None:
    _, full = await _begun(rpc)
    call = rpc.operations.WaitOperation(longrunning.WaitOperationRequest(name=full), metadata=as_user())
    await _subscribed(rpc)
    call.cancel()
    async with asyncio.timeout(5):
        while rpc.served.hub._subscriptions:  # noqa: ASYNC110  # the news of it is on its way through a socket
            await asyncio.sleep(0.001)


async def test_a_server_that_goes_down_answers_who_waits(rpc: Rpc) -> None:
    _, full = await _begun(rpc)
    call = rpc.operations.WaitOperation(longrunning.WaitOperationRequest(name=full), metadata=as_user())
    await _subscribed(rpc)
    rpc.served.hub.close()
    async with asyncio.timeout(5):
        assert not (await call).done


# -- refusals ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "operations/", "operations/x", "stories/0199d3a4-7c10-7b1e-9a52-4fbb04b3db6d"])
@pytest.mark.parametrize("method", ["Get", "Wait", "Cancel", "Delete"])
async def test_a_name_that_is_none(rpc: Rpc, method: str, name: str) -> None:
    request = getattr(longrunning, f"{method}OperationRequest")(name=name)
    with pytest.raises(aio.AioRpcError) as raised:
        await getattr(rpc.operations, f"{method}Operation")(request, metadata=as_user(ALICE, accept_language="zh"))
    refused = refusal(raised.value)
    assert (refused.code, refused.info.reason, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_NAME", ["name"])
    (localized,) = [detail for detail in refused.details if hasattr(detail, "locale")]
    assert (localized.locale, "必须" in localized.message) == ("zh", True)


@pytest.mark.parametrize("method", ["Get", "Wait", "Cancel", "Delete"])
async def test_another_users_operation_is_an_absent_one(rpc: Rpc, method: str) -> None:
    _, full = await _begun(rpc)
    request = getattr(longrunning, f"{method}OperationRequest")(name=full)
    for metadata, code in (
        (as_user(BOB), grpc.StatusCode.NOT_FOUND),
        ([], grpc.StatusCode.UNAUTHENTICATED),
        ([("x-user-id", "x")], grpc.StatusCode.INVALID_ARGUMENT),
        (as_user() + as_user(), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(aio.AioRpcError) as raised:
            await getattr(rpc.operations, f"{method}Operation")(request, metadata=metadata)
        assert raised.value.code() == code
    assert not (await _get(rpc, full)).done
