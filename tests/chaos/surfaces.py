"""The two ways into the gateway as clients use them, with one kind of answer for both."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import grpc
import httpx2
from google.longrunning import operations_pb2 as longrunning
from google.longrunning import operations_pb2_grpc
from google.protobuf import duration_pb2, json_format
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status
from storyreel.v1 import operations_pb2, stories_pb2, stories_pb2_grpc

from tests.chaos.history import History

Json = dict[str, Any]

PATIENCE = 15.0
"""Seconds that a client waits for one answer: a gateway may hang."""
REFUSED_FOR_NOW = 429
_PAGE = 20
_PAUSE = 0.3
_STATUSES = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.ALREADY_EXISTS: 422,
    grpc.StatusCode.RESOURCE_EXHAUSTED: REFUSED_FOR_NOW,
}
_RECONNECT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
_ASSET_TYPES = {"ASSET_IMAGE": stories_pb2.ASSET_TYPE_IMAGE}


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that begins an operation: of a story (none: a new one), of a shot of it, or of its film."""

    body: Json
    story: UUID | None = None
    shot: UUID | None = None

    @property
    def path(self) -> str:
        if self.story is None:
            return "/v1/stories"
        return f"/v1/stories/{self.story}/" + (f"shots/{self.shot}/regenerate" if self.shot else "compile")


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is HTTP's, and 0 where no answer came. `again`: it says when to come again."""

    status: int
    operation: UUID | None = None
    story: UUID | None = None
    state: str = ""
    attempt: int | None = None
    again: bool = False

    @property
    def unknown(self) -> bool:
        """Whether what was asked for may have been done or not."""
        return self.status == 0 or self.status >= 500

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class Surface(Protocol):
    """A way in. No method raises: what breaks is an answer without a status."""

    async def begin(self, wish: Wish, key: str, *, patience: float = PATIENCE) -> Answer: ...
    async def get(self, operation: UUID) -> Answer: ...
    async def wait(self, operation: UUID, seconds: int) -> Answer: ...
    async def cancel(self, operation: UUID) -> Answer: ...
    async def forget(self, operation: UUID) -> Answer: ...
    async def listed(self) -> list[UUID]:
        """All operations, page by page, each asked for until it is there."""


class Rest:
    """JSON over HTTP. `by_preference`: waits are asked for by `Prefer`; `in_body`: keys are named `request_id`."""

    def __init__(self, client: httpx2.AsyncClient, history: History, *, by_preference: bool = False, in_body: bool = False) -> None:
        self._client = client
        self._history = history
        self._by_preference = by_preference
        self._in_body = in_body

    async def begin(self, wish: Wish, key: str, *, patience: float = PATIENCE) -> Answer:
        named = {"request_id": key} if key and self._in_body else {}
        headers = {"Idempotency-Key": key} if key and not self._in_body else {}
        if self._by_preference:
            headers["Prefer"] = "wait=1"
        return await self._asked("POST", wish.path, json=wish.body | named, headers=headers, timeout=patience)

    async def get(self, operation: UUID) -> Answer:
        return await self._asked("GET", f"/v1/operations/{operation}")

    async def wait(self, operation: UUID, seconds: int) -> Answer:
        path = f"/v1/operations/{operation}"
        if self._by_preference:
            return await self._asked("GET", path, headers={"Prefer": f"wait={seconds}"}, timeout=PATIENCE + seconds)
        return await self._asked("POST", f"{path}:wait", json={"timeout": seconds}, timeout=PATIENCE + seconds)

    async def cancel(self, operation: UUID) -> Answer:
        return await self._asked("POST", f"/v1/operations/{operation}:cancel")

    async def forget(self, operation: UUID) -> Answer:
        return await self._asked("DELETE", f"/v1/operations/{operation}")

    async def listed(self) -> list[UUID]:
        found: list[UUID] = []
        token = ""
        while True:
            answer = await self.send("GET", "/v1/operations", params={"page_size": str(_PAGE), "page_token": token})
            if answer is None or answer.status_code != 200:
                await asyncio.sleep(_PAUSE)
                continue
            found += [UUID(each["id"]) for each in answer.json()["operations"]]
            token = answer.json()["next_page_token"]
            if not token:
                return found

    async def verb(self, operation: UUID, verb: str) -> Answer:
        return await self._asked("POST", f"/v1/operations/{operation}:{verb}")

    async def send(self, method: str, path: str, **request: Any) -> httpx2.Response | None:
        """One request; None when no answer came."""
        try:
            answer = await self._client.request(method, path, **request)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            self._history.answers["no answer"] += 1
            return None
        self._history.answers[str(answer.status_code)] += 1
        return answer

    async def _asked(self, method: str, path: str, **request: Any) -> Answer:
        answer = await self.send(method, path, **request)
        if answer is None:
            return Answer(0)
        body: Json = answer.json() if answer.is_success and answer.content else {}
        name = body.get("operation_name") or body.get("name")
        return Answer(
            answer.status_code,
            _id(name) if name else None,
            UUID(body["story_id"]) if "story_id" in body else None,
            body.get("status") or body.get("state") or "",
            body["metadata"]["attempt"] if "metadata" in body else None,
            "retry-after" in answer.headers,
        )


class Rpc:
    """Protocol buffers over gRPC."""

    def __init__(self, channel: aio.Channel, user: UUID, history: History) -> None:
        self._stories = stories_pb2_grpc.StoriesStub(channel)
        self._operations = operations_pb2_grpc.OperationsStub(channel)
        self._metadata = (("x-user-id", str(user)),)
        self._history = history

    async def begin(self, wish: Wish, key: str, *, patience: float = PATIENCE) -> Answer:
        if wish.story is None:
            create = json_format.ParseDict(wish.body | {"request_id": key}, stories_pb2.CreateStoryRequest())
            return await self._asked(self._stories.CreateStory, create, patience)
        if wish.shot is None:
            options = json_format.ParseDict(wish.body, stories_pb2.FilmOptions())
            film = stories_pb2.CompileStoryRequest(name=f"stories/{wish.story}", options=options, request_id=key)
            return await self._asked(self._stories.CompileStory, film, patience)
        take = stories_pb2.RegenerateShotRequest(
            name=f"stories/{wish.story}/shots/{wish.shot}",
            asset_type=_ASSET_TYPES[wish.body["asset_type"]],
            details=wish.body["details"],
            request_id=key,
        )
        return await self._asked(self._stories.RegenerateShot, take, patience)

    async def get(self, operation: UUID) -> Answer:
        return await self._asked(self._operations.GetOperation, longrunning.GetOperationRequest(name=f"operations/{operation}"))

    async def wait(self, operation: UUID, seconds: int) -> Answer:
        request = longrunning.WaitOperationRequest(name=f"operations/{operation}", timeout=duration_pb2.Duration(seconds=seconds))
        return await self._asked(self._operations.WaitOperation, request, PATIENCE + seconds)

    async def cancel(self, operation: UUID) -> Answer:
        request = longrunning.CancelOperationRequest(name=f"operations/{operation}")
        return await self._asked(self._operations.CancelOperation, request)

    async def forget(self, operation: UUID) -> Answer:
        request = longrunning.DeleteOperationRequest(name=f"operations/{operation}")
        return await self._asked(self._operations.DeleteOperation, request)

    async def listed(self) -> list[UUID]:
        found: list[UUID] = []
        token = ""
        while True:
            request = longrunning.ListOperationsRequest(name="operations", page_size=_PAGE, page_token=token)
            try:
                answer = await self._operations.ListOperations(request, timeout=PATIENCE, metadata=self._metadata)
            except aio.AioRpcError:
                await asyncio.sleep(_PAUSE)
                continue
            found += [_id(each.name) for each in answer.operations]
            token = answer.next_page_token
            if not token:
                return found

    async def _asked(self, call: Any, request: Any, patience: float = PATIENCE) -> Answer:
        try:
            answer = await call(request, timeout=patience, metadata=self._metadata)
        except aio.AioRpcError as error:
            self._history.answers[f"gRPC {error.code().name}"] += 1
            return Answer(_STATUSES.get(error.code(), 0), again=_says_when(error))
        self._history.answers["gRPC OK"] += 1
        if not isinstance(answer, longrunning.Operation):
            return Answer(200)
        about = operations_pb2.OperationMetadata()
        answer.metadata.Unpack(about)
        state = operations_pb2.OperationState.Name(about.state).removeprefix("OPERATION_STATE_").lower()
        return Answer(200, _id(answer.name), _id(about.story), state, about.attempt)


def channel(address: str) -> aio.Channel:
    """To a gateway that comes and goes."""
    return aio.insecure_channel(address, options=_RECONNECT)


def _id(name: str) -> UUID:
    return UUID(name.rpartition("/")[2])


def _says_when(error: aio.AioRpcError) -> bool:
    status = None
    with suppress(ValueError):
        status = rpc_status.from_call(error)
    return status is not None and any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in status.details)
