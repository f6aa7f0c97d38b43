"""From the core's rows to this dialect's JSON. The maps are total: a test holds every canonical state to them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.core import model, steps
from services.core.model import AssetType, Failure, Language, OperationStatus, OperationType
from services.core.ports import Outlook
from services.gateway.codes import DOMAIN, RPC_CODES
from services.gateway.details import Details
from services.gateway.dialects.stories import names, schemas
from services.gateway.failures import ended_badly, failure_of, message_of

NO_SHOT = str(UUID(int=0))
RESULT_TYPES: Mapping[OperationType, str] = {
    OperationType.STORY_CREATE: "storyreel.v1.CreateStoryResult",
    OperationType.SHOT_REGEN: "storyreel.v1.RegenerateShotResult",
    OperationType.VIDEO_RENDER: "storyreel.v1.CompileStoryResult",
}
"""The message that an operation's response is, by the operation's type."""


def time(at: datetime) -> str:
    """RFC 3339 with offset and six digits of fraction."""
    return at.isoformat(timespec="microseconds")


def story(row: model.Story) -> schemas.Story:
    film = row.film
    urls = names.story_urls(row)
    return schemas.Story(
        id=str(row.id),
        user_id=str(row.user_id),
        created_at=time(row.created_at),
        updated_at=time(row.updated_at),
        content=row.content,
        title=row.title,
        style=row.style,
        duration=film.duration if film else 0,
        status=row.status,
        timeline=[_timeline_item(entry) for entry in film.timeline] if film else None,
        cover_url=urls.get("cover", ""),
        video_url=urls.get("video", ""),
        language=row.language,
        aspect=row.aspect,
        voice=row.voice,
        film_stale=row.film_stale,
        subtitles_url=urls.get("subtitles", ""),
        captions_url=urls.get("captions", ""),
    )


def shot(row: model.Shot) -> schemas.Shot:
    return schemas.Shot(
        id=str(row.id),
        user_id=str(row.user_id),
        created_at=time(row.created_at),
        updated_at=time(row.updated_at),
        story_id=str(row.story_id),
        sequence=str(row.sequence),
        title=row.title,
        description=row.description,
        details=row.details,
        narration=row.narration,
        type=row.camera,
        transition=row.transition,
        voice=row.voice,
        status=row.status,
        image_url=names.current_url(row, AssetType.IMAGE),
        bgm=row.bgm,
        video_url=names.current_url(row, AssetType.VIDEO),
        audio_url=names.current_url(row, AssetType.AUDIO),
        duration=row.seconds,
        framing=row.framing,
        revision=row.revision,
    )


def operation(
    row: model.Operation, language: Language | None = None, *, details: Details | None = None, outlook: Outlook | None = None
) -> schemas.Operation:
    """`language` words the failure; None leaves it as it was worded when it happened.

    `details` are for the answer about this one operation, `outlook` alone for a list of them.
    """
    failure = failure_of(row)
    message = message_of(failure, language) if failure else ""
    rendered = schemas.Operation(
        id=str(row.id),
        user_id=str(row.user_id),
        created_at=time(row.created_at),
        updated_at=time(row.updated_at),
        story_id=str(row.story_id),
        shot_id=str(row.shot_id) if row.shot_id else NO_SHOT,
        type=row.type,
        payload=dict(row.payload),
        status=row.status,
        retries=row.retries,
        error_msg=message if ended_badly(row) else "",
        worker=row.worker,
        started_at=_time(row.started_at),
        finished_at=_time(row.finished_at),
        name=f"operations/{row.id}",
        done=row.done,
        progress=row.progress,
        stage=row.stage,
        attempt=row.attempt,
        metadata=metadata(row, language, details=details, outlook=outlook),
    )
    _end(rendered, row, language)
    return rendered


def created(row: model.Operation, language: Language | None, *, expires_at: datetime | None) -> schemas.OperationCreated:
    """What a POST answers: the operation as it began; as it is now, where the client waited or its key has come before."""
    about = metadata(row, language)
    if expires_at is not None:
        about.idempotency_expires_at = time(expires_at)
    rendered = schemas.OperationCreated(
        operation_name=f"operations/{row.id}",
        state=row.status,
        create_time=time(row.created_at),
        name=f"operations/{row.id}",
        done=row.done,
        metadata=about,
    )
    _end(rendered, row, language)
    return rendered


def metadata(
    row: model.Operation, language: Language | None = None, *, details: Details | None = None, outlook: Outlook | None = None
) -> schemas.OperationMetadata:
    """`details` and `outlook` as for `operation`."""
    failure = None if ended_badly(row) else row.failure
    rendered = schemas.OperationMetadata(
        type_url=f"{schemas.TYPES}storyreel.v1.OperationMetadata",
        progress=row.progress,
        stage=row.stage,
        attempt=row.attempt,
        last_error=message_of(failure, language) if failure else "",
        status=row.status,
        priority=row.priority,
        create_time=time(row.created_at),
        announce_time=_time(row.announced_at),
        start_time=_time(row.started_at),
        end_time=_time(row.finished_at),
        deadline=_time(row.deadline_at),
        cancel_requested=row.cancel_requested_at is not None,
        pause_requested=row.pause_requested_at is not None,
    )
    if details is not None:
        outlook = details.outlook
        rendered.steps = [_step(row, step) for step in details.steps]
    if outlook is not None:
        rendered.queue_position, rendered.eta_seconds = outlook.position, outlook.seconds
    return rendered


def version(row: model.ShotVersion, story_id: model.StoryId) -> schemas.Version:
    part = names.SHOT_PARTS.get(row.asset_type)
    shown = part and row.made and part.part in row.made.parts
    return schemas.Version(
        asset_type=row.asset_type,
        number=row.number,
        created_at=time(row.created_at),
        current=row.current,
        seed=row.seed,
        url=names.shot_url(story_id, row.shot_id, row.asset_type, row.number) if shown else "",
        text=dict(row.text),
    )


def event(row: model.OperationEvent) -> schemas.Event:
    return schemas.Event(
        seq=row.seq,
        at=time(row.at),
        kind=row.kind,
        operation_id=str(row.operation_id),
        story_id=str(row.story_id),
        data=dict(row.data),
    )


def _timeline_item(entry: model.TimelineEntry) -> schemas.TimelineItem:
    return schemas.TimelineItem(
        shot_id=str(entry.shot_id),
        sequence=str(entry.sequence),
        start=entry.start,
        duration=entry.duration,
        artifacts={name: str(digest) for name, digest in entry.artifacts.items()},
    )


def _time(at: datetime | None) -> str | None:
    return time(at) if at else None


def _step(row: model.Operation, step: steps.StepState) -> schemas.Step:
    return schemas.Step(
        kind=step.kind,
        shot=f"stories/{row.story_id}/shots/{step.shot_id}" if step.shot_id else "",
        key=step.key,
        status=step.status,
        start_time=time(step.started_at),
        end_time=_time(step.finished_at),
        engine=step.engine,
        engine_seconds=step.seconds,
        reason=step.reason,
        changed=list(step.remarks.changed),
        made_by=step.remarks.made_by,
        passed_over=list(step.remarks.passed_over),
        usage=dict(step.remarks.usage),
    )


def _end(rendered: schemas.Operation | schemas.OperationCreated, row: model.Operation, language: Language | None) -> None:
    """Exactly one of `error` and `response`, once it is done."""
    failure = failure_of(row)
    if ended_badly(row) and failure:
        rendered.error = _status(failure, message_of(failure, language))
    if row.status is OperationStatus.SUCCEEDED:
        rendered.response = _response(row)


def _status(failure: Failure, message: str) -> schemas.RpcStatus:
    info = schemas.ErrorInfo(
        type=schemas.ERROR_INFO,
        reason=failure.reason,
        domain=DOMAIN,
        metadata={name: str(value) for name, value in failure.params.items()},
    )
    return schemas.RpcStatus(code=RPC_CODES[failure.kind], message=message, details=[info])


def _response(row: model.Operation) -> schemas.OperationResult:
    result = schemas.OperationResult(type_url=schemas.TYPES + RESULT_TYPES[row.type], name=f"stories/{row.story_id}")
    match row.type:
        case OperationType.SHOT_REGEN:
            result.name += f"/shots/{row.shot_id}"
        case OperationType.VIDEO_RENDER:
            result.video_url = names.film_url(row.story_id)
        case OperationType.STORY_CREATE:
            pass  # the story itself
    return result
