"""The routes of the stories dialect: parse, call a use case or the store, render. The table of paths is at the end."""

import functools
from collections.abc import Callable
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from services.core.errors import NotFound
from services.core.model import MediaRef, OperationId, ShotId, StoryId, UserId
from services.gateway import files, idempotency, languages
from services.gateway.body import JsonBody
from services.gateway.dialects.stories import events, examples, listing, names, operations, parse, render, schemas
from services.gateway.dialects.stories.operations import Begins
from services.gateway.live import follow
from services.gateway.paging import Pages, PageSize, PageToken, Scope
from services.gateway.problems import documented
from services.gateway.route import ProblemRoute
from services.gateway.uuids import CanonicalUUID
from services.gateway.validation import LONGEST_PATH, quote
from services.gateway.wiring import CurrentUser, Wired, Wiring

CreateStory = Annotated[schemas.CreateStoryBody, Depends(JsonBody(schemas.CreateStoryBody, examples=examples.CREATE_STORY))]
PatchShot = Annotated[schemas.PatchShotBody, Depends(JsonBody(schemas.PatchShotBody, examples=examples.PATCH_SHOT))]
Regenerate = Annotated[
    schemas.RegenerateBody, Depends(JsonBody(schemas.RegenerateBody, optional=True, examples=examples.REGENERATE))
]
Compile = Annotated[schemas.CompileBody, Depends(JsonBody(schemas.CompileBody, optional=True, examples=examples.COMPILE))]


# -- stories -------------------------------------------------------------------------------------------------------------------


async def list_stories(
    *, wired: Wired, user: CurrentUser, page_size: PageSize = None, page_token: PageToken = None
) -> schemas.StoryList:
    """Your stories, newest first."""
    pages, scope = Pages(wired.settings), Scope("stories", user)
    size = pages.size(page_size)
    before = pages.after(scope, page_token)
    found = await wired.store.stories(user, limit=size + 1, before=StoryId(cast(UUID, before[0])) if before else None)
    page, token = pages.cut(found, size, scope, lambda row: (row.id,))
    return schemas.StoryList(items=[render.story(row) for row in page], next_page_token=token)


async def create_story(
    *, wired: Wired, user: CurrentUser, body: CreateStory, terms: Begins, request: Request, response: Response
) -> schemas.OperationCreated:
    """Begin a story: its storyboard and its pictures are made by the operation that this names."""
    command = parse.create_story(body, terms=terms, max_characters=wired.settings.max_story_characters)
    accepted = await wired.stories.create(user, command, idempotency.of(request, body.sent(), body.request_id))
    return await operations.begun(wired, accepted, request, response)


async def get_story(*, wired: Wired, user: CurrentUser, story_id: CanonicalUUID) -> schemas.Story:
    """One story."""
    return render.story(await wired.store.story(user, StoryId(story_id)))


async def delete_story(*, wired: Wired, user: CurrentUser, story_id: CanonicalUUID) -> Response:
    """Throw a story away; what runs on it is stopped."""
    await wired.stories.delete(user, StoryId(story_id))
    return Response(status_code=204)


async def compile_story(
    *,
    wired: Wired,
    user: CurrentUser,
    story_id: CanonicalUUID,
    body: Compile,
    terms: Begins,
    request: Request,
    response: Response,
) -> schemas.OperationCreated:
    """Begin the film; what its shots lack is made first. No body is needed."""
    key = idempotency.of(request, body.sent(), body.request_id)
    accepted = await wired.stories.compile(user, StoryId(story_id), parse.film_options(body), key, terms=terms)
    return await operations.begun(wired, accepted, request, response)


# -- shots ---------------------------------------------------------------------------------------------------------------------


async def list_shots(*, wired: Wired, user: CurrentUser, story_id: CanonicalUUID) -> schemas.ShotList:
    """A story's shots by sequence. While the storyboard is still being written there are the first ones: each as it is."""
    return schemas.ShotList(shots=[render.shot(row) for row in await wired.store.shots(user, StoryId(story_id))])


async def get_shot(*, wired: Wired, user: CurrentUser, story_id: CanonicalUUID, shot_id: CanonicalUUID) -> schemas.Shot:
    """One shot."""
    return render.shot(await wired.store.shot(user, StoryId(story_id), ShotId(shot_id)))


async def patch_shot(
    *, wired: Wired, user: CurrentUser, story_id: CanonicalUUID, shot_id: CanonicalUUID, body: PatchShot
) -> schemas.Shot:
    """Change a shot's text: only the fields sent. Its picture stays until it is regenerated, or until the next compile."""
    patch = parse.patch_shot(body)
    return render.shot(await wired.store.patch_shot(user, StoryId(story_id), ShotId(shot_id), patch))


async def regenerate_shot(
    *,
    wired: Wired,
    user: CurrentUser,
    story_id: CanonicalUUID,
    shot_id: CanonicalUUID,
    body: Regenerate,
    terms: Begins,
    request: Request,
    response: Response,
) -> schemas.OperationCreated:
    """Begin another take of a shot's picture, clip, voice or text; the takes before it are kept as versions."""
    asset_type, details = parse.regenerate(body)
    accepted = await wired.stories.regenerate(
        user,
        StoryId(story_id),
        ShotId(shot_id),
        asset_type=asset_type,
        details=details,
        idempotency=idempotency.of(request, body.sent(), body.request_id),
        terms=terms,
    )
    return await operations.begun(wired, accepted, request, response)


async def list_versions(*, wired: Wired, user: CurrentUser, story_id: CanonicalUUID, shot_id: CanonicalUUID) -> schemas.VersionList:
    """Every take of a shot's parts, newest first within each asset type."""
    found = await wired.store.shot_versions(user, StoryId(story_id), ShotId(shot_id))
    return schemas.VersionList(versions=[render.version(row, StoryId(story_id)) for row in found])


async def restore_version(
    *, wired: Wired, user: CurrentUser, story_id: CanonicalUUID, shot_id: CanonicalUUID, asset_type: str, number: str
) -> schemas.Shot:
    """Make an older take the current one again. A picture brings back the words that it was made from (details, prompt, framing
    and voice), so that picture and words fit each other and the next compile keeps the picture.
    """
    wanted = parse.asset_type(asset_type, field="path.asset_type")
    row = await wired.store.restore_version(user, StoryId(story_id), ShotId(shot_id), wanted, parse.version_number(number, wanted))
    return render.shot(row)


# -- operations ----------------------------------------------------------------------------------------------------------------


async def operation_events(
    *,
    wired: Wired,
    user: CurrentUser,
    operation_id: CanonicalUUID,
    request: Request,
    last_event_id: Annotated[
        str | None, Query(description="Begin after this event; the header Last-Event-ID says it too, and is heard first.")
    ] = None,
    page_size: PageSize = None,
    page_token: PageToken = None,
) -> Response:
    """What happens to an operation, as it happens: server-sent events; as pages of JSON where Accept is application/json.

    `storyboard_grew` says that more shots are there to be seen, `storyboard_landed` that all are, `shot_landed` that one has
    something new; `step_started`, `step_finished` and `step_failed` tell of the models' work, and `progress` how far it is. The
    last event is `succeeded`, `failed` or `cancelled`.
    """
    after = events.last_event_id(request, last_event_id)
    operation = await wired.store.operation(user, OperationId(operation_id))
    if events.wants_list(request):
        page = await listing.list_events(wired, operation, after=after or 0, page_size=page_size, page_token=page_token)
        return JSONResponse(page.model_dump(mode="json"))
    if after is not None and operation.done and not await wired.store.events(user, operation.id, after=after, limit=1):
        return Response(status_code=204)  # tells a browser's EventSource to stop reconnecting
    followed = follow(wired.live, operation, after=after or 0, patience=wired.settings.live_keepalive_seconds)
    language = languages.preferred(request.headers.get("accept-language"))
    stream = events.encode(operation, followed, hub=wired.live, language=language, metrics=wired.metrics)
    return events.EventStream(stream, headers=events.HEADERS)


# -- files ---------------------------------------------------------------------------------------------------------------------


async def static_file(*, wired: Wired, user: CurrentUser, name: str, request: Request) -> Response:
    """A picture, clip, narration, film, cover or subtitles; with `_v<N>` before the ending, that version for ever."""
    wanted = names.parse(name)
    try:
        ref = await _shown(wired, user, wanted)
    except NotFound:
        ref = None
    if ref is None:
        raise NotFound("FILE_NOT_FOUND", name=quote(name, longest=LONGEST_PATH))
    immutable = isinstance(wanted, names.ShotFile) and wanted.number is not None
    cache_control = files.IMMUTABLE if immutable else files.CURRENT
    return await files.respond(request, wired.media, ref, name=name, cache_control=cache_control)


# -- the table -----------------------------------------------------------------------------------------------------------------


@functools.cache
def router() -> APIRouter:
    """Every route of the dialect. It holds no state, and building it costs Pydantic tens of milliseconds: one serves all."""
    routes = APIRouter(route_class=ProblemRoute)

    def add(
        method: str, path: str, endpoint: Callable[..., Any], tag: str, *errors: int, status: int = 200, example: Any = None
    ) -> None:
        ok: dict[int | str, Any] = {status: {"content": {"application/json": {"example": example}}}} if example is not None else {}
        if example is examples.OPERATION_CREATED:
            ok[status] |= examples.BEGUN_RESPONSE
            ok[200] = {"description": "The operation has ended within `Prefer: wait`.", "model": schemas.OperationCreated}
        routes.add_api_route(
            path,
            endpoint,
            methods=[method],
            tags=[tag],
            status_code=status,
            operation_id=endpoint.__name__,
            responses={**documented(400, *errors), **ok},
            response_model_exclude_unset=True,
        )

    story, shot = "/v1/stories/{story_id}", "/v1/stories/{story_id}/shots/{shot_id}"
    begun = examples.OPERATION_CREATED
    add("GET", "/v1/stories", list_stories, "stories", example=examples.STORY_LIST)
    add("POST", "/v1/stories", create_story, "stories", 413, 415, 422, 429, status=202, example=begun)
    add("GET", story, get_story, "stories", 404, example=examples.STORY)
    add("DELETE", story, delete_story, "stories", 404, status=204)
    add("POST", f"{story}/compile", compile_story, "stories", 404, 409, 413, 415, 422, 429, status=202, example=begun)
    add("GET", f"{story}/shots", list_shots, "shots", 404, example=examples.SHOT_LIST)
    add("GET", shot, get_shot, "shots", 404, example=examples.SHOT)
    add("PATCH", shot, patch_shot, "shots", 404, 413, 415, example=examples.SHOT)
    add("POST", f"{shot}/regenerate", regenerate_shot, "shots", 404, 413, 415, 422, 429, status=202, example=begun)
    add("GET", f"{shot}/versions", list_versions, "shots", 404, example=examples.VERSION_LIST)
    restore = f"{shot}/versions/{{asset_type}}/{{number}}:restore"
    add("POST", restore, restore_version, "shots", 404, example=examples.SHOT)
    add("GET", "/v1/operations", listing.list_operations, "operations", example=examples.OPERATION_LIST)
    operation = "/v1/operations/{operation_id}"
    add("GET", operation, operations.get_operation, "operations", 404, example=examples.OPERATION)
    add("DELETE", operation, operations.delete_operation, "operations", 404, 409, status=204)
    add("POST", f"{operation}:wait", operations.wait_operation, "operations", 404, 413, 415, example=examples.OPERATION)
    add("POST", f"{operation}:cancel", operations.cancel_operation, "operations", 404, example=examples.OPERATION_CANCELLED)
    add("POST", f"{operation}:pause", operations.pause_operation, "operations", 404, 409, example=examples.OPERATION_PAUSED)
    add("POST", f"{operation}:resume", operations.resume_operation, "operations", 404, 409, 429, example=examples.OPERATION_QUEUED)
    add("POST", f"{operation}:retry", operations.retry_operation, "operations", 404, 409, 429, example=examples.OPERATION_QUEUED)
    every = "/v1/operations"
    add("POST", f"{every}:cancel", operations.cancel_operations, "operations", 413, 415, example=examples.BULK_RESULT)
    add("POST", f"{every}:retry", operations.retry_operations, "operations", 413, 415, 429, example=examples.BULK_RESULT)
    routes.get(
        f"{operation}/events",
        tags=["operations"],
        operation_id="operation_events",
        response_class=events.EventStream,
        responses={**documented(400, 404), **examples.EVENTS_RESPONSES},
    )(operation_events)
    routes.get(
        "/static/{name}",
        tags=["files"],
        operation_id="static_file",
        response_class=Response,
        responses={**documented(404, 416), **examples.FILE_RESPONSES},
    )(static_file)
    routes.head("/static/{name}", include_in_schema=False)(static_file)
    _add_other_spellings(routes)
    return routes


FURTHER_MODELS = (schemas.EventList,)
"""What the API's description refers to beside the routes' own models."""


def _add_other_spellings(routes: APIRouter) -> None:
    """A client may put a whole `operation_name` where the id belongs, and a slash where the colon does."""
    operation = "/v1/operations/{operation_id}"
    named = "/v1/operations/operations/{operation_id}"
    hidden: dict[str, Any] = {"include_in_schema": False, "response_model_exclude_unset": True}
    routes.get(named, **hidden)(operations.get_operation)
    routes.get(f"{named}/events", **hidden)(operation_events)
    routes.delete(named, status_code=204, **hidden)(operations.delete_operation)
    for verb, endpoint in operations.VERBS.items():
        for path in (f"{operation}/{verb}", f"{named}:{verb}", f"{named}/{verb}"):
            routes.post(path, **hidden)(endpoint)


async def _shown(wired: Wiring, user: UserId, wanted: names.StoryFile | names.ShotFile | None) -> MediaRef | None:
    """What a name shows to this user; None when there is nothing. Raises NotFound."""
    match wanted:
        case names.StoryFile():
            return wanted.ref(await wired.store.story(user, wanted.story_id))
        case names.ShotFile(number=None):
            return wanted.ref(await wired.store.shot(user, wanted.story_id, wanted.shot_id))
        case names.ShotFile():
            return wanted.version_ref(await wired.store.shot_versions(user, wanted.story_id, wanted.shot_id))
        case None:
            return None
