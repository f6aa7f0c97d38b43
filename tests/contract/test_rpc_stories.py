"""`storyreel.v1.Stories` on a real socket: what REST does, with the same words."""

from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from google.longrunning import operations_pb2 as longrunning
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from storyreel.v1 import operations_pb2
from storyreel.v1 import stories_pb2 as pb

from services.core.model import OperationId
from tests.builders import ALICE, BOB
from tests.fixtures.gateway_app import STORY
from tests.fixtures.gateway_rpc import Refusal, Rpc, as_user, refusal

CREATE = pb.CreateStoryRequest(script_content="两名旅人在雪山中迷路的故事", display_name="雪山奇缘", style="movie")


async def _refused(rpc: Rpc, method: str, request: Any, **metadata: str) -> Refusal:
    with pytest.raises(aio.AioRpcError) as raised:
        await getattr(rpc.stories, method)(request, metadata=as_user(ALICE, **metadata))
    return refusal(raised.value)


def _id(begun: longrunning.Operation) -> OperationId:
    return OperationId(UUID(begun.name.removeprefix("operations/")))


async def test_a_story_is_created_as_over_rest(rpc: Rpc) -> None:
    begun = await rpc.stories.CreateStory(CREATE, metadata=as_user())
    row = await rpc.served.store.operation(ALICE, _id(begun))
    assert (row.payload, begun.done) == (STORY, False)
    metadata = operations_pb2.OperationMetadata()
    assert begun.metadata.Unpack(metadata)
    assert metadata.story == f"stories/{row.story_id}"
    story = await rpc.stories.GetStory(pb.GetStoryRequest(name=metadata.story), metadata=as_user())
    assert (story.display_name, story.state, story.language) == ("雪山奇缘", pb.STORY_STATE_GENERATING, "zh")
    assert (story.video_url, story.HasField("duration")) == ("", False)


async def test_a_request_id_begins_one_operation_over_either_surface(rpc: Rpc) -> None:
    request = pb.CreateStoryRequest()
    request.CopyFrom(CREATE)
    request.request_id = str(uuid4())
    first = await rpc.stories.CreateStory(request, metadata=as_user())
    again = await rpc.stories.CreateStory(request, metadata=as_user())
    by_rest = await rpc.served.ask("POST", "/v1/stories", json=STORY | {"request_id": request.request_id})
    assert first.name == again.name == by_rest.json()["name"]
    metadata = operations_pb2.OperationMetadata()
    assert first.metadata.Unpack(metadata)
    assert metadata.HasField("idempotency_expire_time")
    request.style = "ink"
    refused = await _refused(rpc, "CreateStory", request)
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.ABORTED, "IDEMPOTENCY_KEY_REUSED")


async def test_terms_are_kept_and_a_full_queue_refuses(rpc: Rpc) -> None:
    request = pb.CreateStoryRequest(script_content="A boat.", terms=pb.Terms(cancel_after=Duration(seconds=9), priority=-4))
    row = await rpc.served.store.operation(ALICE, _id(await rpc.stories.CreateStory(request, metadata=as_user())))
    assert row.priority == -4
    assert row.deadline_at is not None
    assert (row.deadline_at - row.created_at).total_seconds() == pytest.approx(9)
    for _ in range(4):
        await rpc.served.begin()
    refused = await _refused(rpc, "CreateStory", request)
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
    assert any(hasattr(detail, "retry_delay") and detail.retry_delay.seconds >= 1 for detail in refused.details)


@pytest.mark.parametrize(
    ("method", "request_", "reason", "field"),
    [
        ("CreateStory", pb.CreateStoryRequest(), "EMPTY_TEXT", "script_content"),
        ("CreateStory", pb.CreateStoryRequest(script_content="A boat.", shots=61), "OUT_OF_RANGE", "shots"),
        ("CreateStory", pb.CreateStoryRequest(script_content="A boat.", style="blue"), "UNKNOWN_VALUE", "style"),
        ("CreateStory", pb.CreateStoryRequest(script_content="A boat.", request_id="x"), "NOT_A_UUID", "request_id"),
        (
            "CreateStory",
            pb.CreateStoryRequest(script_content="A boat.", terms=pb.Terms(priority=11)),
            "OUT_OF_RANGE",
            "terms.priority",
        ),
        (
            "CreateStory",
            pb.CreateStoryRequest(script_content="A boat.", terms=pb.Terms(cancel_after=Duration(seconds=-1))),
            "BAD_SECONDS",
            "terms.cancel_after",
        ),
        ("GetStory", pb.GetStoryRequest(name="stories/x"), "BAD_NAME", "name"),
        ("ListShots", pb.ListShotsRequest(parent="x"), "BAD_NAME", "parent"),
        ("UpdateShot", pb.UpdateShotRequest(), "BAD_NAME", "shot.name"),
        (
            "CompileStory",
            pb.CompileStoryRequest(name=f"stories/{uuid4()}", options=pb.FilmOptions(fps=1, quality="best")),
            "OUT_OF_RANGE",
            "options.fps",
        ),
        ("ListStories", pb.ListStoriesRequest(page_size=-1), "OUT_OF_RANGE", "page_size"),
        ("ListStories", pb.ListStoriesRequest(page_token="x"), "BAD_PAGE_TOKEN", "page_token"),
    ],
)
async def test_what_is_wrong_is_named_as_the_message_spells_it(
    rpc: Rpc, method: str, request_: Any, reason: str, field: str
) -> None:
    refused = await _refused(rpc, method, request_, accept_language="zh-CN")
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert refused.fields[0] == field
    assert "body." not in refused.message
    (localized,) = [detail for detail in refused.details if hasattr(detail, "locale")]
    assert any("\u4e00" <= character <= "\u9fff" for character in localized.message)
    assert await rpc.served.stored() == (0, 0)


async def test_shots_are_listed_changed_and_made_again(rpc: Rpc) -> None:
    story_id, shots = await rpc.served.create(shots=2)
    listed = await rpc.stories.ListShots(pb.ListShotsRequest(parent=f"stories/{story_id}"), metadata=as_user())
    names = [f"stories/{story_id}/shots/{shot.id}" for shot in shots]
    assert [(shot.name, shot.sequence, shot.state) for shot in listed.shots] == [
        (name, number, pb.SHOT_STATE_DONE) for number, name in enumerate(names, start=1)
    ]
    assert listed.shots[0].image_url == f"/static/{story_id}_{shots[0].id}_keyframe.png"
    change = pb.Shot(name=names[0], narration="新的一句", title="")
    updated = await rpc.stories.UpdateShot(pb.UpdateShotRequest(shot=change), metadata=as_user())
    assert (updated.narration, updated.title) == ("新的一句", listed.shots[0].title)
    masked = pb.UpdateShotRequest(shot=pb.Shot(name=names[0], title="x"), update_mask=FieldMask(paths=["narration"]))
    updated = await rpc.stories.UpdateShot(masked, metadata=as_user())
    assert (updated.narration, updated.title) == ("", listed.shots[0].title)
    assert updated == await rpc.stories.GetShot(pb.GetShotRequest(name=names[0]), metadata=as_user())
    refused = await _refused(rpc, "UpdateShot", pb.UpdateShotRequest(shot=change, update_mask=FieldMask(paths=["revision"])))
    assert (refused.info.reason, refused.fields) == ("UNKNOWN_FIELD", ["shot.revision"])
    regenerate = pb.RegenerateShotRequest(name=names[1], asset_type=pb.ASSET_TYPE_AUDIO)
    row = await rpc.served.store.operation(ALICE, _id(await rpc.stories.RegenerateShot(regenerate, metadata=as_user())))
    assert row.payload == {"shot_id": str(shots[1].id), "asset_type": "ASSET_AUDIO"}


async def test_a_film_is_compiled_and_its_story_thrown_away(rpc: Rpc) -> None:
    story_id, _ = await rpc.served.create(shots=1)
    options = pb.FilmOptions(width=640, height=360, fps=12, music=False, quality="draft")
    name = f"stories/{story_id}"
    begun = await rpc.stories.CompileStory(pb.CompileStoryRequest(name=name, options=options), metadata=as_user())
    row = await rpc.served.store.operation(ALICE, _id(begun))
    sent = {"width": 640, "height": 360, "fps": 12, "music": False, "quality": "draft"}
    assert row.payload == {"story_id": str(story_id), **sent}
    await rpc.stories.DeleteStory(pb.DeleteStoryRequest(name=name), metadata=as_user())
    assert (await _refused(rpc, "GetStory", pb.GetStoryRequest(name=name))).code == grpc.StatusCode.NOT_FOUND


async def test_a_finished_film_is_shown(rpc: Rpc) -> None:
    story_id, _ = await rpc.served.create(shots=2)
    name = await rpc.served.compile(story_id)
    story = await rpc.stories.GetStory(pb.GetStoryRequest(name=f"stories/{story_id}"), metadata=as_user())
    assert (story.video_url, story.duration.seconds) == (f"/static/{story_id}_FINAL_MOVIE.mp4", 8)
    request = longrunning.GetOperationRequest(name=f"operations/{name}")
    result = operations_pb2.CompileStoryResult()
    assert (await rpc.operations.GetOperation(request, metadata=as_user())).response.Unpack(result)
    assert result.video_url == story.video_url


async def test_stories_are_listed_by_pages_and_only_ones_own(rpc: Rpc) -> None:
    for _ in range(3):
        await rpc.served.begin()
    first = await rpc.stories.ListStories(pb.ListStoriesRequest(page_size=2), metadata=as_user())
    rest = await rpc.stories.ListStories(pb.ListStoriesRequest(page_size=2, page_token=first.next_page_token), metadata=as_user())
    rows = await rpc.served.store.stories(ALICE, limit=10)
    assert [story.name for story in (*first.stories, *rest.stories)] == [f"stories/{row.id}" for row in rows]
    assert rest.next_page_token == ""
    assert not (await rpc.stories.ListStories(pb.ListStoriesRequest(), metadata=as_user(BOB))).stories


async def test_what_nobody_foresaw_is_told_without_internals(rpc: Rpc, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(rpc.served.store, "story", broken)
    refused = await _refused(rpc, "GetStory", pb.GetStoryRequest(name=f"stories/{uuid4()}"))
    assert (refused.code, refused.info.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "secret" not in refused.message
    text = (await rpc.served.ask("GET", "/metrics")).text
    assert 'method="GRPC",route="/storyreel.v1.Stories/GetStory",status="INTERNAL"' in text


async def test_health_and_reflection_tell_what_is_served(rpc: Rpc) -> None:
    healths = health_pb2_grpc.HealthStub(rpc.channel)
    for service in ("", "storyreel.v1.Stories", "google.longrunning.Operations"):
        answer = await healths.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    reflections = reflection_pb2_grpc.ServerReflectionStub(rpc.channel)
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="google.longrunning.Operations"),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="storyreel.v1.Stories"),
    ]
    listed, *described = [answer async for answer in reflections.ServerReflectionInfo(iter(asked))]
    services = {service.name for service in listed.list_services_response.service}
    assert {"storyreel.v1.Stories", "google.longrunning.Operations", "grpc.health.v1.Health"} <= services
    assert all(answer.file_descriptor_response.file_descriptor_proto for answer in described)
