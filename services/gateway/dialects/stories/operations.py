"""The handlers of one operation: how it stands, waiting for it, and what its owner wishes of it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from services.core import filter_syntax
from services.core.commands import Terms
from services.core.errors import InvalidArgument
from services.core.filtering import Condition
from services.core.model import Language, Operation, OperationId
from services.core.ordering import Place
from services.core.ports import Accepted
from services.core.use_cases import Bulk
from services.gateway import idempotency, languages, terms, waiting
from services.gateway.body import JsonBody
from services.gateway.details import details
from services.gateway.dialects.stories import examples, render, schemas
from services.gateway.idempotency import IdempotencyKey
from services.gateway.paging import Pages, Scope
from services.gateway.terms import CancelAfter, Priority
from services.gateway.uuids import CanonicalUUID
from services.gateway.wiring import CurrentUser, Wired, Wiring

Prefer = Annotated[
    str | None,
    Header(
        alias="Prefer", description="`wait=n`: answer once the operation has ended, or after n seconds (at most 60) as it is then."
    ),
]


async def _begins(
    wired: Wired,
    request: Request,
    _key: IdempotencyKey = None,
    _cancel_after: CancelAfter = None,
    _priority: Priority = None,
    _prefer: Prefer = None,
) -> Terms:
    """The headers of every request that begins an operation."""
    return terms.of(request, wired.settings)


Begins = Annotated[Terms, Depends(_begins)]
Wait = Annotated[schemas.WaitBody, Depends(JsonBody(schemas.WaitBody, optional=True, examples=examples.WAIT))]
Timeout = Annotated[str | None, Query(alias="timeout", description="As in the body, which is heard first.", examples=["30s"])]
Many = Annotated[schemas.BulkBody, Depends(JsonBody(schemas.BulkBody, examples=examples.BULK))]


async def get_operation(
    *, wired: Wired, user: CurrentUser, operation_id: CanonicalUUID, request: Request, response: Response, _prefer: Prefer = None
) -> schemas.Operation:
    """One operation, with its steps, its place in the queue, and how long it will still take. With `Prefer: wait=n`, once it has
    ended, or after n seconds.
    """
    seconds = waiting.preferred(request)
    if seconds is None:
        row = await wired.store.operation(user, OperationId(operation_id))
    else:
        row = await _until_done(wired, request, user, OperationId(operation_id), seconds)
        _applied(response, seconds)
    return await _shown(wired, request, row)


async def wait_operation(
    *, wired: Wired, user: CurrentUser, operation_id: CanonicalUUID, body: Wait, request: Request, query: Timeout = None
) -> schemas.Operation:
    """The operation once it has ended, or as it is after `timeout` seconds (of the body, or the query); after 60 at most."""
    asked, field = (body.timeout, "body.timeout") if body.timeout is not None else (query, "query.timeout")
    seconds = waiting.LONGEST_SECONDS if asked is None else terms.seconds(asked, field=field)
    row = await _until_done(wired, request, user, OperationId(operation_id), min(seconds, waiting.LONGEST_SECONDS))
    return await _shown(wired, request, row)


async def cancel_operation(*, wired: Wired, user: CurrentUser, operation_id: CanonicalUUID, request: Request) -> schemas.Operation:
    """Ask an operation to stop: a queued or paused one is cancelled at once, a running one soon, an ended one stays as it is."""
    return await _shown(wired, request, await wired.stories.cancel(user, OperationId(operation_id)))


async def pause_operation(*, wired: Wired, user: CurrentUser, operation_id: CanonicalUUID, request: Request) -> schemas.Operation:
    """Put an operation aside until it is resumed: a queued one at once, a running one soon. What it has made is kept."""
    return await _shown(wired, request, await wired.stories.pause(user, OperationId(operation_id)))


async def resume_operation(*, wired: Wired, user: CurrentUser, operation_id: CanonicalUUID, request: Request) -> schemas.Operation:
    """Queue a paused operation again, or take back the wish to pause a running one."""
    most = wired.settings.max_queued_per_user
    return await _shown(wired, request, await wired.stories.resume(user, OperationId(operation_id), most_queued=most))


async def retry_operation(*, wired: Wired, user: CurrentUser, operation_id: CanonicalUUID, request: Request) -> schemas.Operation:
    """Queue a failed or cancelled operation again: it goes on from the step that failed. One that has not ended stays as it is."""
    most = wired.settings.max_queued_per_user
    return await _shown(wired, request, await wired.stories.retry(user, OperationId(operation_id), most_queued=most))


async def delete_operation(*, wired: Wired, user: CurrentUser, operation_id: CanonicalUUID) -> Response:
    """Forget an ended operation and its timeline; what it made stays. It stops nothing: cancel what has not ended first."""
    await wired.stories.forget(user, OperationId(operation_id))
    return Response(status_code=204)


async def cancel_operations(*, wired: Wired, user: CurrentUser, body: Many) -> schemas.BulkResult:
    """Ask every operation that the filter names, and that has not ended, to stop: so many at a time, the oldest first."""
    where, after, scope = _bulk(wired, user, body, "cancel")
    return _changed(wired, await wired.stories.cancel_all(user, where, after=after), scope)


async def retry_operations(*, wired: Wired, user: CurrentUser, body: Many, response: Response) -> schemas.BulkResult:
    """Queue every failed or cancelled operation that the filter names again: so many at a time, the oldest first, and as long as
    the queue has room. Where it has not, `more` is true and `Retry-After` says when to go on; 429 where it had none at all.
    """
    where, after, scope = _bulk(wired, user, body, "retry")
    bulk = await wired.stories.retry_all(user, where, after=after, most_queued=wired.settings.max_queued_per_user)
    if bulk.retry_after is not None:
        response.headers["Retry-After"] = f"{bulk.retry_after:.0f}"
    return _changed(wired, bulk, scope)


VERBS: Mapping[str, Callable[..., Any]] = {
    "wait": wait_operation,
    "cancel": cancel_operation,
    "pause": pause_operation,
    "resume": resume_operation,
    "retry": retry_operation,
}
"""What a POST may ask of one operation, by the word after the colon."""


async def begun(wired: Wiring, accepted: Accepted, request: Request, response: Response) -> schemas.OperationCreated:
    """The answer to a request that has begun an operation, or had before; awaited where the client prefers that."""
    row = accepted.operation
    response.headers["Location"] = f"/v1/operations/{row.id}"
    idempotency.told(response, replayed=accepted.replayed, expires_at=accepted.expires_at)
    if not accepted.replayed:
        wired.metrics.operations.labels(row.type.value).inc()
    seconds = waiting.preferred(request)
    if seconds is not None:
        row = await _until_done(wired, request, row.user_id, row.id, seconds)
        _applied(response, seconds)
    if row.done and seconds is not None:
        response.status_code = 200
    else:
        response.headers["Retry-After"] = "1"
    return render.created(row, language_of(request), expires_at=accepted.expires_at)


def language_of(request: Request) -> Language | None:
    return languages.preferred(request.headers.get("accept-language"))


async def _shown(wired: Wiring, request: Request, row: Operation) -> schemas.Operation:
    return render.operation(row, language_of(request), details=await details(wired.store, row))


async def _until_done(wired: Wiring, request: Request, user: CurrentUser, operation_id: OperationId, seconds: float) -> Operation:
    waited = waiting.until_done(wired.live, user, operation_id, seconds=seconds)
    with wired.metrics.waits.track_inprogress():
        return await waiting.while_connected(request, waited)


def _applied(response: Response, seconds: float) -> None:
    response.headers["Preference-Applied"] = f"wait={seconds:.0f}"


def _bulk(wired: Wiring, user: CurrentUser, body: schemas.BulkBody, verb: str) -> tuple[Condition, Place | None, Scope]:
    """Which operations are meant, and after which. Raises InvalidArgument; an empty filter would mean all, and is refused."""
    where = filter_syntax.parse(body.filter, field="body.filter")
    if where is None:
        raise InvalidArgument("EMPTY_FILTER", field="body.filter")
    scope = Scope(f"operations to {verb}", user, (body.filter,))
    return where, Pages(wired.settings).after(scope, body.page_token, field="body.page_token"), scope


def _changed(wired: Wiring, bulk: Bulk, scope: Scope) -> schemas.BulkResult:
    token = Pages(wired.settings).token(scope, bulk.next) if bulk.next is not None else ""
    return schemas.BulkResult(changed=bulk.changed, unchanged=bulk.unchanged, more=bulk.more, next_page_token=token)
