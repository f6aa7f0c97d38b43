"""What owners do to operations that are there, in the store's twin."""

from dataclasses import replace

from services.adapters.memory.tables import Tables
from services.core.errors import FailedPrecondition, NotFound
from services.core.model import Operation, OperationId, OperationStatus, UserId
from services.core.ports import Stopped


class ControlMethods:
    """The part of `services.core.ports.OwnerStore` that changes an operation's course."""

    def __init__(self, tables: Tables) -> None:
        self._db = tables

    async def request_cancel(self, user: UserId, operation_id: OperationId) -> tuple[Operation, Stopped]:
        operation = self._mine(user, operation_id)
        stopped = Stopped() if operation.done else self._db.stop([operation], "CANCELLED")
        return self._db.operations[operation_id], stopped

    async def request_pause(self, user: UserId, operation_id: OperationId) -> tuple[Operation, Stopped]:
        operation = self._unfinished(user, operation_id)
        if operation.status is OperationStatus.RUNNING:
            if operation.cancel_requested_at or operation.pause_requested_at:
                return operation, Stopped()
            return self._ask_to_pause(operation, "pause_requested", wanted=True)
        if operation.status is OperationStatus.PAUSED:
            return operation, Stopped()
        ended = self._db.pause(operation)
        return ended.operation, Stopped((ended.event,), ended.unblocked)

    async def resume(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> tuple[Operation, Stopped]:
        operation = self._unfinished(user, operation_id)
        if operation.status is OperationStatus.RUNNING and operation.pause_requested_at:
            return self._ask_to_pause(operation, "resumed", wanted=False)
        if operation.status is not OperationStatus.PAUSED:
            return operation, Stopped()
        self._db.refuse_when_full(user, most_queued)
        queued = self._db.requeue(operation, kind="resumed", data={})
        return queued.operation, Stopped((queued.event,), queued.unblocked)

    async def retry(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> tuple[Operation, Stopped]:
        operation = self._mine(user, operation_id)
        if operation.status is OperationStatus.SUCCEEDED:
            raise FailedPrecondition("OPERATION_SUCCEEDED")
        if not operation.done:
            return operation, Stopped()
        if operation.story_id in self._db.deleted:
            raise NotFound("STORY_NOT_FOUND", id=operation.story_id)
        self._db.refuse_when_full(user, most_queued)
        event, unblocked = self._db.again(operation)
        return self._db.operations[operation_id], Stopped((event,), unblocked)

    async def forget(self, user: UserId, operation_id: OperationId) -> None:
        operation = self._mine(user, operation_id)
        if not operation.done:
            raise FailedPrecondition("OPERATION_UNFINISHED", status=operation.status.value)
        del self._db.operations[operation_id], self._db.events[operation_id]
        self._db.idempotency = {key: kept for key, kept in self._db.idempotency.items() if kept[1] != operation_id}

    def _mine(self, user: UserId, operation_id: OperationId) -> Operation:
        operation = self._db.operations.get(operation_id)
        if operation is None or operation.user_id != user:
            raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
        return operation

    def _unfinished(self, user: UserId, operation_id: OperationId) -> Operation:
        operation = self._mine(user, operation_id)
        if operation.done:
            raise FailedPrecondition("OPERATION_ENDED", status=operation.status.value)
        return operation

    def _ask_to_pause(self, operation: Operation, kind: str, *, wanted: bool) -> tuple[Operation, Stopped]:
        at = self._db.clock()
        asked = self._db.operations[operation.id] = replace(operation, pause_requested_at=at if wanted else None, updated_at=at)
        return asked, Stopped((self._db.append(operation.id, kind, {}),))
