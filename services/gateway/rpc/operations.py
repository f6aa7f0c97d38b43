"""`google.longrunning.Operations` (https://google.aip.dev/151), so that any client library's helpers work here."""

from google.longrunning import operations_pb2 as longrunning
from google.protobuf import empty_pb2

from services.core import filter_syntax
from services.core.errors import InvalidArgument
from services.core.model import Operation
from services.core.ordering import place_of
from services.core.ports import OperationFilter
from services.gateway import waiting
from services.gateway.details import details
from services.gateway.paging import Pages, Scope
from services.gateway.rpc import callers, names, render
from services.gateway.rpc.callers import Context
from services.gateway.validation import quote
from services.gateway.wiring import Wiring

COLLECTIONS = frozenset({"", "operations"})
"""What the parent of a list may be called: there is one collection."""
_MARGIN_SECONDS = 0.1
"""So long before a call's deadline a wait answers, for the answer to arrive."""


class Operations:
    def __init__(self, wired: Wiring) -> None:
        self._wired = wired

    async def GetOperation(  # noqa: N802  # the protos' name, as those below
        self, request: longrunning.GetOperationRequest, context: Context
    ) -> longrunning.Operation:
        user = await callers.user(context, self._wired.auth)
        return await self._shown(await self._wired.store.operation(user, names.operation_id(request.name)), context)

    async def WaitOperation(  # noqa: N802
        self, request: longrunning.WaitOperationRequest, context: Context
    ) -> longrunning.Operation:
        """The operation once it has ended, or as it is when the time or the call's deadline is over. A caller who hangs up is
        waited for no longer: gRPC cancels the call.
        """
        user = await callers.user(context, self._wired.auth)
        seconds = waiting.LONGEST_SECONDS
        if request.HasField("timeout"):
            seconds = request.timeout.ToNanoseconds() / 1e9
            if seconds < 0:
                raise InvalidArgument("BAD_SECONDS", field="timeout", found=seconds)
        left = context.time_remaining()
        if left is not None:
            seconds = min(seconds, left - _MARGIN_SECONDS)
        with self._wired.metrics.waits.track_inprogress():
            row = await waiting.until_done(self._wired.live, user, names.operation_id(request.name), seconds=seconds)
        return await self._shown(row, context)

    async def ListOperations(  # noqa: N802
        self, request: longrunning.ListOperationsRequest, context: Context
    ) -> longrunning.ListOperationsResponse:
        """Newest first, as the filter says; its language is the REST list's."""
        user = await callers.user(context, self._wired.auth)
        if request.name not in COLLECTIONS:
            raise InvalidArgument("BAD_NAME", field="name", form="operations", found=quote(request.name))
        where = OperationFilter(where=filter_syntax.parse(request.filter))
        pages, scope = Pages(self._wired.settings), Scope("operations by gRPC", user, (request.filter,))
        size = pages.size(request.page_size, field="page_size")
        after = pages.after(scope, request.page_token, field="page_token")
        found = await self._wired.store.operations(user, limit=size + 1, after=after, where=where)
        page, token = pages.cut(found, size, scope, lambda row: place_of(row, where.order_by))
        outlooks = await self._wired.store.outlook(user, [row.id for row in page if not row.done])
        language = callers.language(context)
        listed = [render.operation(row, language, outlook=outlooks.get(row.id)) for row in page]
        return longrunning.ListOperationsResponse(operations=listed, next_page_token=token)

    async def CancelOperation(  # noqa: N802
        self, request: longrunning.CancelOperationRequest, context: Context
    ) -> empty_pb2.Empty:
        user = await callers.user(context, self._wired.auth)
        await self._wired.stories.cancel(user, names.operation_id(request.name))
        return empty_pb2.Empty()

    async def DeleteOperation(  # noqa: N802
        self, request: longrunning.DeleteOperationRequest, context: Context
    ) -> empty_pb2.Empty:
        user = await callers.user(context, self._wired.auth)
        await self._wired.stories.forget(user, names.operation_id(request.name))
        return empty_pb2.Empty()

    async def _shown(self, row: Operation, context: Context) -> longrunning.Operation:
        return render.operation(row, callers.language(context), details=await details(self._wired.store, row))
