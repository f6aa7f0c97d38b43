"""Core values to and from plain JSON: for artifact meta, JSONB columns and messages. No field is dropped either way."""

import dataclasses
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.core.model import (
    Artifact,
    BibleEntry,
    Digest,
    Engine,
    Failure,
    Film,
    Key,
    Made,
    MediaRef,
    Shot,
    ShotDraft,
    ShotId,
    Storyboard,
    TimelineEntry,
)

Json = dict[str, Any]


def media_to_json(ref: MediaRef) -> Json:
    return {"digest": ref.digest, "content_type": ref.content_type, "size": ref.size}


def media_from_json(data: Mapping[str, Any]) -> MediaRef:
    return MediaRef(Digest(data["digest"]), data["content_type"], data["size"])


def parts_to_json(parts: Mapping[str, MediaRef]) -> Json:
    return {name: media_to_json(ref) for name, ref in parts.items()}


def parts_from_json(data: Mapping[str, Any]) -> dict[str, MediaRef]:
    return {name: media_from_json(ref) for name, ref in data.items()}


def draft_to_json(draft: ShotDraft) -> Json:
    return dataclasses.asdict(draft)


def draft_from_json(data: Mapping[str, Any]) -> ShotDraft:
    return ShotDraft(**data)


def draft_of(shot: Shot) -> ShotDraft:
    """The shot's current text as a draft."""
    return ShotDraft(
        title=shot.title,
        description=shot.details or shot.description,
        narration=shot.narration,
        prompt=shot.prompt,
        camera=shot.camera,
        framing=shot.framing,
        transition=shot.transition,
        voice=shot.voice,
        bgm=shot.bgm,
        seconds=shot.seconds,
    )


def bible_to_json(bible: tuple[BibleEntry, ...]) -> list[Json]:
    return [dataclasses.asdict(entry) for entry in bible]


def bible_from_json(data: list[Json]) -> tuple[BibleEntry, ...]:
    return tuple(BibleEntry(**entry) for entry in data)


def storyboard_to_json(board: Storyboard) -> Json:
    return {"shots": [draft_to_json(d) for d in board.shots], "bible": bible_to_json(board.bible)}


def storyboard_from_json(data: Mapping[str, Any]) -> Storyboard:
    return Storyboard(tuple(draft_from_json(d) for d in data["shots"]), bible_from_json(data["bible"]))


def made_to_json(made: Made) -> Json:
    return {
        "key": made.key,
        "request": made.request,
        "parts": parts_to_json(made.parts),
        "meta": dict(made.meta),
    }


def made_from_json(data: Mapping[str, Any]) -> Made:
    return Made(Key(data["key"]), Digest(data["request"]), parts_from_json(data["parts"]), data["meta"])


def engine_to_json(engine: Engine) -> Json:
    return {"name": engine.name, "version": engine.version, "revision": engine.revision}


def engine_from_json(data: Mapping[str, Any]) -> Engine:
    return Engine(**data)


def artifact_to_json(artifact: Artifact) -> Json:
    return {
        "key": artifact.key,
        "kind": artifact.kind,
        "engine": engine_to_json(artifact.engine),
        "parts": parts_to_json(artifact.parts),
        "meta": dict(artifact.meta),
        "seconds": artifact.seconds,
    }


def artifact_from_json(data: Mapping[str, Any]) -> Artifact:
    return Artifact(
        Key(data["key"]),
        data["kind"],
        engine_from_json(data["engine"]),
        parts_from_json(data["parts"]),
        data["meta"],
        data["seconds"],
    )


def timeline_to_json(timeline: tuple[TimelineEntry, ...]) -> list[Json]:
    return [
        {
            "shot_id": str(e.shot_id),
            "sequence": e.sequence,
            "start": e.start,
            "duration": e.duration,
            "artifacts": dict(e.artifacts),
        }
        for e in timeline
    ]


def film_to_json(film: Film) -> Json:
    return {
        "key": film.key,
        "video": media_to_json(film.video),
        "cover": media_to_json(film.cover) if film.cover else None,
        "subtitles": media_to_json(film.subtitles) if film.subtitles else None,
        "captions": media_to_json(film.captions) if film.captions else None,
        "duration": film.duration,
        "timeline": timeline_to_json(film.timeline),
        "revision": film.revision,
    }


def film_from_json(data: Mapping[str, Any]) -> Film:
    return Film(
        key=Key(data["key"]),
        video=media_from_json(data["video"]),
        cover=media_from_json(data["cover"]) if data["cover"] else None,
        subtitles=media_from_json(data["subtitles"]) if data["subtitles"] else None,
        captions=media_from_json(data["captions"]) if data.get("captions") else None,
        duration=data["duration"],
        timeline=tuple(
            TimelineEntry(
                ShotId(UUID(e["shot_id"])),
                e["sequence"],
                e["start"],
                e["duration"],
                {name: Digest(d) for name, d in e["artifacts"].items()},
            )
            for e in data["timeline"]
        ),
        revision=data["revision"],
    )


def failure_to_json(failure: Failure) -> Json:
    return dataclasses.asdict(failure)


def failure_from_json(data: Mapping[str, Any]) -> Failure:
    return Failure(**data)
