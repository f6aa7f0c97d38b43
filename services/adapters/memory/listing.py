"""The twin's way of finding operations."""

import statistics
from collections.abc import Mapping, Sequence

from services.adapters.memory.tables import Tables
from services.core import outlook
from services.core.filtering import matches
from services.core.model import Operation, OperationId, OperationStatus, OperationType, UserId
from services.core.ordering import Place, comes_after, in_order, place_of
from services.core.ports import OperationFilter, Outlook

_ANY = OperationFilter()


class ListingMethods:
    """The part of `services.core.ports.OwnerStore` that finds operations, in memory."""

    def __init__(self, tables: Tables) -> None:
        self._db = tables

    async def operations(
        self, user: UserId, *, limit: int, after: Place | None = None, where: OperationFilter = _ANY
    ) -> tuple[Operation, ...]:
        found = [
            operation
            for operation in self._db.operations.values()
            if operation.user_id == user
            and where.status in {None, operation.status}
            and where.type in {None, operation.type}
            and where.story_id in {None, operation.story_id}
            and (where.where is None or matches(where.where, operation))
            and (after is None or comes_after(place_of(operation, where.order_by), after, where.order_by))
        ]
        return tuple(in_order(found, where.order_by)[:limit])

    async def outlook(self, user: UserId, operation_ids: Sequence[OperationId]) -> Mapping[OperationId, Outlook]:
        mine = [operation for operation in self._db.operations.values() if operation.user_id == user]
        queued = [operation for operation in mine if operation.status is OperationStatus.QUEUED]
        line = [operation.id for operation in sorted(queued, key=lambda o: (-o.priority, o.id))[: outlook.LINE]]
        running = sum(operation.status is OperationStatus.RUNNING for operation in mine)
        at = self._db.clock()
        return {
            operation.id: outlook.expected(
                operation.status,
                progress=operation.progress,
                position=line.index(operation.id) + 1 if operation.id in line else None,
                running=running,
                median=self._median(operation.type),
                delay=max((operation.run_after - at).total_seconds(), 0.0),
            )
            for operation in mine
            if operation.id in operation_ids and not operation.done
        }

    def _median(self, type_: OperationType) -> float | None:
        """Seconds that the latest successes of a type took."""
        ended = [
            (operation.finished_at, (operation.finished_at - operation.started_at).total_seconds())
            for operation in self._db.operations.values()
            if operation.type is type_
            and operation.status is OperationStatus.SUCCEEDED
            and operation.finished_at
            and operation.started_at
        ]
        lately = [seconds for _, seconds in sorted(ended, reverse=True)[: outlook.HISTORY]]
        return statistics.median(lately) if lately else None
