"""From the core's rows to messages. The maps are total: a test holds every canonical state to them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from google.longrunning import operations_pb2 as longrunning
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from storyreel.v1 import operations_pb2 as ops
from storyreel.v1 import stories_pb2

from services.core import model
from services.core.model import AssetType, Language, OperationStatus, OperationType, ShotStatus, StoryStatus
from services.core.ports import Outlook
from services.core.steps import StepState, StepStatus
from services.gateway.details import Details
from services.gateway.dialects.stories import names
from services.gateway.failures import ended_badly, failure_of, message_of
from services.gateway.rpc import statuses

TYPES: Mapping[OperationType, "ops.OperationType.ValueType"] = {
    OperationType.STORY_CREATE: ops.OPERATION_TYPE_STORY_CREATE,
    OperationType.SHOT_REGEN: ops.OPERATION_TYPE_SHOT_REGEN,
    OperationType.VIDEO_RENDER: ops.OPERATION_TYPE_VIDEO_RENDER,
}
STATES: Mapping[OperationStatus, "ops.OperationState.ValueType"] = {
    OperationStatus.QUEUED: ops.OPERATION_STATE_QUEUED,
    OperationStatus.RUNNING: ops.OPERATION_STATE_RUNNING,
    OperationStatus.PAUSED: ops.OPERATION_STATE_PAUSED,
    OperationStatus.SUCCEEDED: ops.OPERATION_STATE_SUCCEEDED,
    OperationStatus.FAILED: ops.OPERATION_STATE_FAILED,
    OperationStatus.CANCELLED: ops.OPERATION_STATE_CANCELLED,
}
STEP_STATES: Mapping[StepStatus, "ops.StepState.ValueType"] = {
    StepStatus.RUNNING: ops.STEP_STATE_RUNNING,
    StepStatus.SUCCEEDED: ops.STEP_STATE_SUCCEEDED,
    StepStatus.FAILED: ops.STEP_STATE_FAILED,
    StepStatus.STOPPED: ops.STEP_STATE_STOPPED,
}
STORY_STATES: Mapping[StoryStatus, "stories_pb2.StoryState.ValueType"] = {
    StoryStatus.GENERATING: stories_pb2.STORY_STATE_GENERATING,
    StoryStatus.READY: stories_pb2.STORY_STATE_READY,
    StoryStatus.FAILED: stories_pb2.STORY_STATE_FAILED,
}
SHOT_STATES: Mapping[ShotStatus, "stories_pb2.ShotState.ValueType"] = {
    ShotStatus.PENDING: stories_pb2.SHOT_STATE_PENDING,
    ShotStatus.GENERATING: stories_pb2.SHOT_STATE_GENERATING,
    ShotStatus.DONE: stories_pb2.SHOT_STATE_DONE,
    ShotStatus.FAILED: stories_pb2.SHOT_STATE_FAILED,
}


def operation(
    row: model.Operation,
    language: Language | None = None,
    *,
    details: Details | None = None,
    outlook: Outlook | None = None,
    expires_at: datetime | None = None,
) -> longrunning.Operation:
    """`language` words the failure; `details` are for the answer about this one operation, `outlook` alone for a list."""
    found = longrunning.Operation(name=f"operations/{row.id}", done=row.done)
    about = metadata(row, language, details=details, outlook=outlook)
    if expires_at is not None:
        about.idempotency_expire_time.FromDatetime(expires_at)
    found.metadata.Pack(about)
    failure = failure_of(row)
    if ended_badly(row) and failure:
        found.error.CopyFrom(statuses.of_failure(failure, message_of(failure, language)))
    if row.status is OperationStatus.SUCCEEDED:
        found.response.Pack(_result(row))
    return found


def metadata(
    row: model.Operation, language: Language | None = None, *, details: Details | None = None, outlook: Outlook | None = None
) -> ops.OperationMetadata:
    failure = None if ended_badly(row) else row.failure
    found = ops.OperationMetadata(
        type=TYPES[row.type],
        state=STATES[row.status],
        story=f"stories/{row.story_id}",
        shot=_shot_name(row.story_id, row.shot_id) if row.shot_id else "",
        progress=row.progress,
        stage=row.stage,
        attempt=row.attempt,
        last_error=message_of(failure, language) if failure else "",
        worker=row.worker,
        priority=row.priority,
        create_time=_time(row.created_at),
        announce_time=_time(row.announced_at),
        start_time=_time(row.started_at),
        end_time=_time(row.finished_at),
        deadline=_time(row.deadline_at),
        cancel_requested=row.cancel_requested_at is not None,
        pause_requested=row.pause_requested_at is not None,
        steps=[_step(row, step) for step in details.steps] if details else [],
    )
    outlook = details.outlook if details else outlook
    if outlook and outlook.position is not None:
        found.queue_position = outlook.position
    if outlook and outlook.seconds is not None:
        found.eta.CopyFrom(_duration(outlook.seconds))
    return found


def story(row: model.Story) -> stories_pb2.Story:
    urls = names.story_urls(row)
    return stories_pb2.Story(
        name=f"stories/{row.id}",
        create_time=_time(row.created_at),
        update_time=_time(row.updated_at),
        script_content=row.content,
        display_name=row.title,
        style=row.style,
        language=row.language,
        aspect=row.aspect,
        voice=row.voice,
        state=STORY_STATES[row.status],
        duration=_duration(row.film.duration) if row.film else None,
        video_url=urls.get("video", ""),
        cover_url=urls.get("cover", ""),
        subtitles_url=urls.get("subtitles", ""),
        captions_url=urls.get("captions", ""),
        film_stale=row.film_stale,
    )


def shot(row: model.Shot) -> stories_pb2.Shot:
    return stories_pb2.Shot(
        name=_shot_name(row.story_id, row.id),
        create_time=_time(row.created_at),
        update_time=_time(row.updated_at),
        sequence=row.sequence,
        title=row.title,
        description=row.description,
        details=row.details,
        narration=row.narration,
        type=row.camera,
        transition=row.transition,
        voice=row.voice,
        bgm=row.bgm,
        framing=row.framing,
        state=SHOT_STATES[row.status],
        duration=_duration(row.seconds),
        image_url=names.current_url(row, AssetType.IMAGE),
        video_url=names.current_url(row, AssetType.VIDEO),
        audio_url=names.current_url(row, AssetType.AUDIO),
        revision=row.revision,
    )


def _result(row: model.Operation) -> Any:
    story_name = f"stories/{row.story_id}"
    match row.type:
        case OperationType.STORY_CREATE:
            return ops.CreateStoryResult(name=story_name)
        case OperationType.SHOT_REGEN:
            return ops.RegenerateShotResult(name=f"{story_name}/shots/{row.shot_id}")
        case OperationType.VIDEO_RENDER:
            return ops.CompileStoryResult(name=story_name, video_url=names.film_url(row.story_id))


def _step(row: model.Operation, step: StepState) -> ops.Step:
    return ops.Step(
        kind=step.kind,
        shot=_shot_name(row.story_id, step.shot_id) if step.shot_id else "",
        key=step.key,
        state=STEP_STATES[step.status],
        start_time=_time(step.started_at),
        end_time=_time(step.finished_at),
        engine=step.engine,
        engine_duration=_duration(step.seconds) if step.seconds is not None else None,
        reason=step.reason,
        changed=step.remarks.changed,
        made_by=step.remarks.made_by,
        passed_over=step.remarks.passed_over,
        usage=step.remarks.usage,
    )


def _shot_name(story_id: model.StoryId, shot_id: object) -> str:
    return f"stories/{story_id}/shots/{shot_id}"


def _time(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    found = Timestamp()
    found.FromDatetime(at)
    return found


def _duration(seconds: float) -> Duration:
    found = Duration()
    found.FromTimedelta(timedelta(seconds=seconds))
    return found
