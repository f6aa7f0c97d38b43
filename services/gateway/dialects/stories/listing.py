"""The handlers that list operations, and the events of one."""

from typing import Annotated, cast

from fastapi import Query
from starlette.requests import Request

from services.core.filter_syntax import LONGEST, parse
from services.core.filtering import FIELDS
from services.core.model import Operation, OperationStatus, OperationType, StoryId
from services.core.ordering import SORTABLE, parse_order, place_of
from services.core.ports import OperationFilter
from services.gateway.dialects.stories import render, schemas
from services.gateway.dialects.stories.operations import language_of
from services.gateway.paging import Pages, PageSize, PageToken, Scope
from services.gateway.uuids import CanonicalUUID
from services.gateway.wiring import CurrentUser, Wired, Wiring

_FILTER = (
    "Only those that it describes, in a subset of AIP-160: `=`, `!=`, `<`, `<=`, `>`, `>=`, `:`, AND, OR, NOT, parentheses; "
    f"at most {LONGEST} characters. Fields: {', '.join(f'`{name}`' for name in FIELDS)}."
)
_ORDER = (
    f"Of {', '.join(f'`{name}`' for name in SORTABLE)} one or more, separated by commas, each with ` desc` after it for falling; "
    "the newest first when left out. A time that has not come yet is later than all others."
)
_FILTER_EXAMPLES = {
    "what went wrong today": {"value": "status = failed AND end_time >= 2026-11-20"},
    "what a worker has in hand": {"value": 'done = false AND worker = "story-worker/replica-1"'},
    "of one story, but for the films": {"value": "story_id = 0199d3a4-7c10-7b1e-9a52-4fbb04b3db6d -type = video_render"},
    "an engine that cannot be reached": {"value": "error.reason = MODEL_UNAVAILABLE OR error.reason = PEER_UNREACHABLE"},
}
_ORDER_EXAMPLES = {"ended last": {"value": "end_time desc"}, "as a queue": {"value": "priority desc, create_time"}}


async def list_operations(
    *,
    wired: Wired,
    user: CurrentUser,
    request: Request,
    filter: Annotated[str, Query(description=_FILTER, openapi_examples=_FILTER_EXAMPLES)] = "",  # noqa: A002  # the API's name
    order_by: Annotated[str, Query(description=_ORDER, openapi_examples=_ORDER_EXAMPLES)] = "",
    status: Annotated[OperationStatus | None, Query(description="Only these.")] = None,
    type: Annotated[OperationType | None, Query(description="Only these.")] = None,  # noqa: A002  # the API's name
    story_id: Annotated[CanonicalUUID | None, Query(description="Only this story's.")] = None,
    page_size: PageSize = None,
    page_token: PageToken = None,
) -> schemas.OperationList:
    """Your operations, the newest first unless another order is asked for. `docs/operations/listing.md` describes the filter.

    What is given beside the filter narrows it further.
    """
    where = OperationFilter(
        status=status,
        type=type,
        story_id=StoryId(story_id) if story_id else None,
        where=parse(filter, field="query.filter"),
        order_by=parse_order(order_by, field="query.order_by"),
    )
    pages = Pages(wired.settings)
    size = pages.size(page_size)
    scope = Scope("operations", user, [filter, order_by, status or "", type or "", str(story_id or "")])
    found = await wired.store.operations(user, limit=size + 1, after=pages.after(scope, page_token), where=where)
    page, token = pages.cut(found, size, scope, lambda row: place_of(row, where.order_by))
    unfinished = [row.id for row in page if not row.done]
    outlook = await wired.store.outlook(user, unfinished) if unfinished else {}
    language = language_of(request)
    shown = [render.operation(row, language, outlook=outlook.get(row.id)) for row in page]
    return schemas.OperationList(operations=shown, next_page_token=token)


async def list_events(
    wired: Wiring, operation: Operation, *, after: int, page_size: int | None, page_token: str | None
) -> schemas.EventList:
    """A page of an operation's timeline: what follows event `after`, or where the page before ended."""
    pages, scope = Pages(wired.settings), Scope("events", operation.user_id, [str(operation.id)])
    size = pages.size(page_size or wired.settings.max_page_size)
    place = pages.after(scope, page_token)
    seq = cast(int, place[0]) if place else after
    found = await wired.store.events(operation.user_id, operation.id, after=seq, limit=size + 1)
    page, token = pages.cut(found, size, scope, lambda event: (event.seq,))
    return schemas.EventList(events=[render.event(event) for event in page], next_page_token=token)
