"""`storyreel.v1.Stories`: what the REST routes of stories and shots do, with the same parsers."""

from typing import Any, cast
from uuid import UUID

from google.longrunning import operations_pb2 as longrunning
from google.protobuf import json_format
from storyreel.v1 import stories_pb2 as pb
from storyreel.v1 import stories_pb2_grpc

from services.core.commands import Idempotency
from services.core.commands import Terms as CoreTerms
from services.core.model import AssetType, StoryId
from services.core.ports import Accepted
from services.gateway import idempotency, terms, validation
from services.gateway.dialects.stories import parse, schemas
from services.gateway.paging import Pages, Scope
from services.gateway.rpc import callers, names, render
from services.gateway.rpc.callers import Context
from services.gateway.wiring import Wiring

_ASSET_TYPES = {
    pb.ASSET_TYPE_UNSPECIFIED: AssetType.IMAGE,
    pb.ASSET_TYPE_IMAGE: AssetType.IMAGE,
    pb.ASSET_TYPE_VIDEO: AssetType.VIDEO,
    pb.ASSET_TYPE_AUDIO: AssetType.AUDIO,
    pb.ASSET_TYPE_TEXT: AssetType.TEXT,
}


class Stories(stories_pb2_grpc.StoriesServicer):
    def __init__(self, wired: Wiring) -> None:
        self._wired = wired

    async def CreateStory(  # noqa: N802  # the protos' name, as those below
        self, request: pb.CreateStoryRequest, context: Context
    ) -> longrunning.Operation:
        user = await callers.user(context, self._wired.auth)
        body = validation.validated(schemas.CreateStoryBody, {"script_content": request.script_content} | _said(request))
        limit = self._wired.settings.max_story_characters
        command = parse.create_story(body, terms=self._terms(request), max_characters=limit)
        key = _idempotency(request, "/v1/stories", body)
        return self._begun(await self._wired.stories.create(user, command, key), context)

    async def GetStory(self, request: pb.GetStoryRequest, context: Context) -> pb.Story:  # noqa: N802
        user = await callers.user(context, self._wired.auth)
        return render.story(await self._wired.store.story(user, names.story_id(request.name)))

    async def ListStories(self, request: pb.ListStoriesRequest, context: Context) -> pb.ListStoriesResponse:  # noqa: N802
        user = await callers.user(context, self._wired.auth)
        pages, scope = Pages(self._wired.settings), Scope("stories by gRPC", user)
        size = pages.size(request.page_size, field="page_size")
        place = pages.after(scope, request.page_token, field="page_token")
        before = StoryId(cast(UUID, place[0])) if place else None
        found = await self._wired.store.stories(user, limit=size + 1, before=before)
        page, token = pages.cut(found, size, scope, lambda row: (row.id,))
        return pb.ListStoriesResponse(stories=[render.story(row) for row in page], next_page_token=token)

    async def DeleteStory(self, request: pb.DeleteStoryRequest, context: Context) -> pb.DeleteStoryResponse:  # noqa: N802
        user = await callers.user(context, self._wired.auth)
        await self._wired.stories.delete(user, names.story_id(request.name))
        return pb.DeleteStoryResponse()

    async def ListShots(self, request: pb.ListShotsRequest, context: Context) -> pb.ListShotsResponse:  # noqa: N802
        user = await callers.user(context, self._wired.auth)
        rows = await self._wired.store.shots(user, names.story_id(request.parent, field="parent"))
        return pb.ListShotsResponse(shots=[render.shot(row) for row in rows])

    async def GetShot(self, request: pb.GetShotRequest, context: Context) -> pb.Shot:  # noqa: N802
        user = await callers.user(context, self._wired.auth)
        return render.shot(await self._wired.store.shot(user, *names.shot_ids(request.name)))

    async def UpdateShot(self, request: pb.UpdateShotRequest, context: Context) -> pb.Shot:  # noqa: N802
        """Without a mask, the fields that are not empty; with one, also an empty field is set."""
        user = await callers.user(context, self._wired.auth)
        story_id, shot_id = names.shot_ids(request.shot.name, field="shot.name")
        said = {name: text for name, text in _said(request.shot).items() if name in schemas.ShotFields.model_fields}
        if request.HasField("update_mask"):
            said = {path: getattr(request.shot, path, None) for path in request.update_mask.paths}
        patch = parse.patch_shot(validation.validated(schemas.PatchShotBody, {"shot": said}))
        return render.shot(await self._wired.store.patch_shot(user, story_id, shot_id, patch))

    async def RegenerateShot(  # noqa: N802
        self, request: pb.RegenerateShotRequest, context: Context
    ) -> longrunning.Operation:
        user = await callers.user(context, self._wired.auth)
        story_id, shot_id = names.shot_ids(request.name)
        said = {"asset_type": _ASSET_TYPES.get(request.asset_type, f"{request.asset_type}"), "details": request.details or None}
        body = validation.validated(schemas.RegenerateBody, {name: value for name, value in said.items() if value})
        asset_type, details = parse.regenerate(body)
        accepted = await self._wired.stories.regenerate(
            user,
            story_id,
            shot_id,
            asset_type=asset_type,
            details=details,
            idempotency=_idempotency(request, f"/v1/stories/{story_id}/shots/{shot_id}/regenerate", body),
            terms=self._terms(request),
        )
        return self._begun(accepted, context)

    async def CompileStory(self, request: pb.CompileStoryRequest, context: Context) -> longrunning.Operation:  # noqa: N802
        user = await callers.user(context, self._wired.auth)
        story_id = names.story_id(request.name)
        body = validation.validated(schemas.CompileBody, _said(request.options), at="options")
        key = _idempotency(request, f"/v1/stories/{story_id}/compile", body)
        options = parse.film_options(body)
        accepted = await self._wired.stories.compile(user, story_id, options, key, terms=self._terms(request))
        return self._begun(accepted, context)

    def _terms(self, request: Any) -> CoreTerms:
        asked: pb.Terms = request.terms
        cancel_after = None
        if asked.HasField("cancel_after"):
            cancel_after = terms.deadline(asked.cancel_after.ToNanoseconds() / 1e9, field="terms.cancel_after")
        return CoreTerms(
            cancel_after=cancel_after,
            priority=terms.rank(asked.priority, field="terms.priority"),
            most_queued=self._wired.settings.max_queued_per_user,
        )

    def _begun(self, accepted: Accepted, context: Context) -> longrunning.Operation:
        if not accepted.replayed:
            self._wired.metrics.operations.labels(accepted.operation.type.value).inc()
        return render.operation(accepted.operation, callers.language(context), expires_at=accepted.expires_at)


def _said(message: Any) -> dict[str, Any]:
    """The fields that are set, but for those that say how to serve the request."""
    said = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return {name: value for name, value in said.items() if name not in {"request_id", "terms", "name"}}


def _idempotency(request: Any, path: str, body: schemas.BeginningBody) -> Idempotency | None:
    """The request's name and digest: those of the same request over REST, so that either surface answers for the other."""
    if not request.request_id:
        return None
    key = idempotency.named(request.request_id, field="request_id")
    return Idempotency(key, idempotency.digest({"path": path, "body": body.sent()}))
