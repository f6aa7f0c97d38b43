"""Rows of the tables as core values."""

from collections.abc import Mapping
from typing import Any

from services.core import codec
from services.core.model import (
    Artifact,
    AssetType,
    Key,
    Language,
    Operation,
    OperationEvent,
    OperationId,
    OperationStatus,
    OperationType,
    Seeds,
    Shot,
    ShotId,
    ShotStatus,
    ShotVersion,
    Story,
    StoryId,
    StoryStatus,
    UserId,
)

Row = Mapping[str, Any]


def story(row: Row) -> Story:
    """A row of `stories` with the column `bible`: the rows of `assets` as JSON, in order, or null."""
    return Story(
        id=StoryId(row["id"]),
        user_id=UserId(row["user_id"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        content=row["content"],
        title=row["title"],
        style=row["style"],
        language=Language(row["language"]),
        aspect=row["aspect"],
        voice=row["voice"],
        shot_count=row["shot_count"],
        status=StoryStatus(row["status"]),
        revision=row["revision"],
        bible=codec.bible_from_json(row["bible"] or []),
        storyboard_unfinished=row["storyboard_unfinished"],
        film=codec.film_from_json(row["film"]) if row["film"] else None,
    )


def shot(row: Row) -> Shot:
    return Shot(
        id=ShotId(row["id"]),
        user_id=UserId(row["user_id"]),
        story_id=StoryId(row["story_id"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        sequence=row["sequence"],
        title=row["title"],
        description=row["description"],
        details=row["details"],
        narration=row["narration"],
        prompt=row["prompt"],
        camera=row["camera"],
        framing=row["framing"],
        transition=row["transition"],
        voice=row["voice"],
        bgm=row["bgm"],
        seconds=row["seconds"],
        status=ShotStatus(row["status"]),
        revision=row["revision"],
        seeds=Seeds(row["seed_image"], row["seed_video"], row["seed_audio"], row["seed_text"]),
        keyframe=codec.made_from_json(row["keyframe"]) if row["keyframe"] else None,
        clip=codec.made_from_json(row["clip"]) if row["clip"] else None,
        speech=codec.made_from_json(row["speech"]) if row["speech"] else None,
    )


def operation(row: Row) -> Operation:
    return Operation(
        id=OperationId(row["id"]),
        user_id=UserId(row["user_id"]),
        story_id=StoryId(row["story_id"]),
        shot_id=ShotId(row["shot_id"]) if row["shot_id"] else None,
        type=OperationType(row["type"]),
        payload=row["payload"],
        status=OperationStatus(row["status"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        run_after=row["run_after"],
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        failures=row["failures"],
        losses=row["losses"],
        worker=row["worker"],
        progress=row["progress"],
        stage=row["stage"],
        failure=codec.failure_from_json(row["failure"]) if row["failure"] else None,
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        lease_expires_at=row["lease_expires_at"],
        cancel_requested_at=row["cancel_requested_at"],
        pause_requested_at=row["pause_requested_at"],
        deadline_at=row["deadline_at"],
        priority=row["priority"],
        announced_at=row["announced_at"],
    )


def event(row: Row) -> OperationEvent:
    return OperationEvent(
        operation_id=OperationId(row["operation_id"]),
        user_id=UserId(row["user_id"]),
        story_id=StoryId(row["story_id"]),
        seq=row["seq"],
        at=row["at"],
        kind=row["kind"],
        data=row["data"],
    )


def newest_event(row: Row, kind: str, data: Mapping[str, Any]) -> OperationEvent:
    """The event that a statement wrote together with the row of `operations` which it returned."""
    return OperationEvent(
        operation_id=OperationId(row["id"]),
        user_id=UserId(row["user_id"]),
        story_id=StoryId(row["story_id"]),
        seq=row["last_seq"],
        at=row["updated_at"],
        kind=kind,
        data=data,
    )


def artifact(row: Row) -> Artifact:
    return Artifact(
        key=Key(row["key"]),
        kind=row["kind"],
        engine=codec.engine_from_json(row["engine"]),
        parts=codec.parts_from_json(row["parts"]),
        meta=row["meta"],
        seconds=row["seconds"],
    )


def version(row: Row) -> ShotVersion:
    return ShotVersion(
        shot_id=ShotId(row["shot_id"]),
        asset_type=AssetType(row["asset_type"]),
        number=row["number"],
        created_at=row["created_at"],
        made=codec.made_from_json(row["made"]) if row["made"] else None,
        text=row["text"],
        seed=row["seed"],
        current=row["current"],
    )
