"""From the core's rows to this dialect's JSON. The maps are total: a test holds every canonical state to them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.core import model, texts
from services.core.model import AssetType, Failure, Language, OperationStatus, OperationType
from services.gateway.dialects.stories import names, schemas

NO_SHOT = str(UUID(int=0))

RPC_CODES: Mapping[str, int] = {
    "internal": 13,
    "invalid_argument": 3,
    "too_large": 3,
    "unauthenticated": 16,
    "not_found": 5,
    "failed_precondition": 9,
    "conflict": 10,
    "content_violation": 3,
    "cancelled": 1,
    "lease_lost": 10,
    "transient": 14,
    "unavailable": 14,
    "resource_exhausted": 8,
    "deadline_exceeded": 4,
    "engine_failed": 13,
}
"""google.rpc.Code by the kind of a failure."""

_CANCELLED = Failure("cancelled", "CANCELLED", texts.render("CANCELLED", Language.EN, {}))


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
    def url(asset_type: AssetType) -> str:
        there = names.ShotFile(row.story_id, row.id, asset_type, None).ref(row)
        return names.shot_url(row.story_id, row.id, asset_type) if there else ""

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
        image_url=url(AssetType.IMAGE),
        bgm=row.bgm,
        video_url=url(AssetType.VIDEO),
        audio_url=url(AssetType.AUDIO),
        duration=row.seconds,
        framing=row.framing,
        revision=row.revision,
    )


def operation(row: model.Operation, language: Language | None = None) -> schemas.Operation:
    """`language` words the failure; None leaves it as it was worded when it happened."""
    failure = row.failure
    if row.status is OperationStatus.CANCELLED:
        failure = failure or _CANCELLED
    failed = row.status in (OperationStatus.FAILED, OperationStatus.CANCELLED)
    message = _message(failure, language) if failure else ""
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
        error_msg=message if failed else "",
        worker=row.worker,
        started_at=time(row.started_at) if row.started_at else None,
        finished_at=time(row.finished_at) if row.finished_at else None,
        name=f"operations/{row.id}",
        done=row.done,
        progress=row.progress,
        stage=row.stage,
        attempt=row.attempt,
        metadata=schemas.OperationMetadata(
            progress=row.progress, stage=row.stage, attempt=row.attempt, last_error="" if failed else message
        ),
    )
    if failed and failure:
        rendered.error = _status(failure, message)
    if row.status is OperationStatus.SUCCEEDED:
        rendered.response = _response(row)
    return rendered


def created(row: model.Operation) -> schemas.OperationCreated:
    """What a POST answers, at first and whenever its Idempotency-Key comes again."""
    return schemas.OperationCreated(operation_name=f"operations/{row.id}", state="queued", create_time=time(row.created_at))


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


def _message(failure: Failure, language: Language | None) -> str:
    """The failure in the reader's language; as it was worded when an older release knew a reason that this one does not."""
    if language is None or failure.reason not in texts.TEXTS:
        return failure.message
    try:
        return texts.render(failure.reason, language, failure.params)
    except KeyError:  # stored by a release whose text had other parameters
        return failure.message


def _status(failure: Failure, message: str) -> schemas.RpcStatus:
    info = schemas.ErrorInfo(
        type=schemas.ERROR_INFO,
        reason=failure.reason,
        domain=schemas.DOMAIN,
        metadata={name: str(value) for name, value in failure.params.items()},
    )
    return schemas.RpcStatus(code=RPC_CODES[failure.kind], message=message, details=[info])


def _response(row: model.Operation) -> dict[str, str]:
    story_path = f"stories/{row.story_id}"
    match row.type:
        case OperationType.SHOT_REGEN:
            return {"name": f"{story_path}/shots/{row.shot_id}"}
        case OperationType.VIDEO_RENDER:
            return {"name": story_path, "video_url": f"{names.PREFIX}{row.story_id}_FINAL_MOVIE.mp4"}
        case OperationType.STORY_CREATE:
            return {"name": story_path}
