"""What the API's description shows for each operation; a test holds every example to its own schema."""

from collections.abc import Mapping
from typing import Any

_USER = "11111111-2222-3333-4444-555555555555"
_STORY = "0199d3a4-7c10-7b1e-9a52-4fbb04b3db6d"
_SHOT = "0199d3a4-9e20-7f0c-8b11-e62891159e5b"
_OPERATION = "0199d3a4-7c11-7d22-8a90-b0b3a96ddca3"
_CREATED = "2026-11-20T12:40:30.761361+00:00"
_ENDED = "2026-11-20T12:40:44.220517+00:00"
_DETAILS = "电影感。冷色调的顶光照射，高对比度的阴影。两名旅人先低头查看指南针，然后抬头望向雪山，最后互相确认眼神。"

CREATE_STORY: Mapping[str, Any] = {
    "chinese": {"display_name": "雪山奇缘", "script_content": "两名旅人在雪山中迷路的故事", "style": "movie"},
    "english": {
        "display_name": "The Lighthouse",
        "script_content": "An old keeper lights the lamp one last time. A ship finds its way home.",
        "style": "watercolour",
        "aspect": "9:16",
        "shots": 4,
    },
}
PATCH_SHOT: Mapping[str, Any] = {"night": {"shot": {"details": "改为夜晚星空场景", "narration": "星空照亮前路"}}}
REGENERATE: Mapping[str, Any] = {
    "picture": {"details": "需要极光星空画面", "asset_type": "ASSET_IMAGE"},
    "another take of the voice": {"asset_type": "ASSET_AUDIO"},
}
COMPILE: Mapping[str, Any] = {
    "as it is": {},
    "a quick look": {"quality": "draft"},
    "small, without subtitles": {"width": 640, "height": 360, "fps": 12, "subtitles": "none", "music": False},
}

STORY: Mapping[str, Any] = {
    "id": _STORY,
    "user_id": _USER,
    "created_at": _CREATED,
    "updated_at": _ENDED,
    "content": "两名旅人在雪山中迷路的故事",
    "title": "雪山奇缘",
    "style": "movie",
    "duration": 21.5,
    "status": "ready",
    "timeline": [{"shot_id": _SHOT, "sequence": "1", "start": 0.0, "duration": 4.25, "artifacts": {"image": "9f86d081884c7d65…"}}],
    "cover_url": f"/static/{_STORY}_cover.png",
    "video_url": f"/static/{_STORY}_FINAL_MOVIE.mp4",
    "language": "zh",
    "aspect": "16:9",
    "voice": "",
    "film_stale": False,
    "subtitles_url": f"/static/{_STORY}_subtitles.srt",
    "captions_url": f"/static/{_STORY}_captions.vtt",
}
STORY_LIST: Mapping[str, Any] = {"items": [STORY], "next_page_token": ""}

SHOT: Mapping[str, Any] = {
    "id": _SHOT,
    "user_id": _USER,
    "created_at": _CREATED,
    "updated_at": _ENDED,
    "story_id": _STORY,
    "sequence": "1",
    "title": "两名旅人",
    "description": _DETAILS,
    "details": _DETAILS,
    "narration": "迷雾笼罩雪山",
    "type": "水平横移拍摄",
    "transition": "none",
    "voice": "紧张",
    "status": "done",
    "image_url": f"/static/{_STORY}_{_SHOT}_keyframe.png",
    "bgm": "",
    "video_url": f"/static/{_STORY}_{_SHOT}_clip.mp4",
    "audio_url": f"/static/{_STORY}_{_SHOT}_narration.wav",
    "duration": 4.0,
    "framing": "全景",
    "revision": 1,
}
SHOT_LIST: Mapping[str, Any] = {"shots": [SHOT]}

VERSION_LIST: Mapping[str, Any] = {
    "versions": [
        {
            "asset_type": "ASSET_IMAGE",
            "number": 1,
            "created_at": _ENDED,
            "current": True,
            "seed": 1183647,
            "url": f"/static/{_STORY}_{_SHOT}_keyframe_v1.png",
            "text": {name: SHOT[name] for name in ("description", "details", "framing", "voice")} | {"prompt": ""},
        }
    ]
}

WAIT: Mapping[str, Any] = {"half a minute": {"timeout": 30}, "as protobuf's JSON writes it": {"timeout": "30s"}}
BULK: Mapping[str, Any] = {"what failed for want of a model": {"filter": 'status = failed AND error.reason = "MODEL_UNAVAILABLE"'}}
BULK_RESULT: Mapping[str, Any] = {"changed": 12, "unchanged": 0, "more": False, "next_page_token": ""}

_QUEUED: Mapping[str, Any] = {
    "@type": "type.googleapis.com/storyreel.v1.OperationMetadata",
    "progress": 0.0,
    "stage": "",
    "attempt": 0,
    "last_error": "",
    "status": "queued",
    "priority": 0,
    "create_time": _CREATED,
    "announce_time": None,
    "start_time": None,
    "end_time": None,
    "deadline": None,
    "cancel_requested": False,
    "pause_requested": False,
}
_LISTED: Mapping[str, Any] = {
    **_QUEUED,
    "progress": 1.0,
    "stage": "pictures",
    "attempt": 1,
    "status": "succeeded",
    "announce_time": "2026-11-20T12:40:30.764410+00:00",
    "start_time": "2026-11-20T12:40:30.766012+00:00",
    "end_time": _ENDED,
    "queue_position": None,
    "eta_seconds": None,
}
_STEP: Mapping[str, Any] = {
    "kind": "keyframe",
    "shot": f"stories/{_STORY}/shots/{_SHOT}",
    "key": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "status": "succeeded",
    "start_time": "2026-11-20T12:40:33.120044+00:00",
    "end_time": "2026-11-20T12:40:35.904410+00:00",
    "engine": "openai-images+painter",
    "engine_seconds": 2.7,
    "reason": "",
    "changed": ["size: 1280x720 cut from 1536x1024", "seed: not sent"],
    "made_by": "openai-images",
    "passed_over": [],
    "usage": {"input_tokens": 61, "output_tokens": 1568, "total_tokens": 1629},
}
OPERATION_CREATED: Mapping[str, Any] = {
    "operation_name": f"operations/{_OPERATION}",
    "state": "queued",
    "create_time": _CREATED,
    "name": f"operations/{_OPERATION}",
    "done": False,
    "metadata": {**_QUEUED, "idempotency_expires_at": "2026-11-21T12:40:30.761361+00:00"},
}
BEGUN_RESPONSE: Mapping[str, Any] = {
    "headers": {
        name: {"description": description, "schema": {"type": "string"}}
        for name, description in {
            "Location": "Where the operation is.",
            "Retry-After": "When to look again, in seconds.",
            "Idempotency-Replayed": "`true` where the request's key has come before.",
            "Idempotency-Expires": "Until when the request's key begins nothing new.",
            "Preference-Applied": "For how long the answer was waited for, where `Prefer: wait=n` was asked for.",
        }.items()
    }
}
_OPERATION_LISTED: Mapping[str, Any] = {
    "id": _OPERATION,
    "user_id": _USER,
    "created_at": _CREATED,
    "updated_at": _ENDED,
    "story_id": _STORY,
    "shot_id": "00000000-0000-0000-0000-000000000000",
    "type": "story_create",
    "payload": CREATE_STORY["chinese"],
    "status": "succeeded",
    "retries": 0,
    "error_msg": "",
    "worker": "story-worker/replica-1",
    "started_at": "2026-11-20T12:40:30.766012+00:00",
    "finished_at": _ENDED,
    "name": f"operations/{_OPERATION}",
    "done": True,
    "progress": 1.0,
    "stage": "pictures",
    "attempt": 1,
    "metadata": _LISTED,
    "response": {"@type": "type.googleapis.com/storyreel.v1.CreateStoryResult", "name": f"stories/{_STORY}"},
}
OPERATION: Mapping[str, Any] = {**_OPERATION_LISTED, "metadata": {**_LISTED, "steps": [_STEP]}}
OPERATION_QUEUED: Mapping[str, Any] = {
    **{name: value for name, value in _OPERATION_LISTED.items() if name != "response"},
    "status": "queued",
    "worker": "",
    "started_at": None,
    "finished_at": None,
    "done": False,
    "progress": 0.0,
    "stage": "",
    "attempt": 0,
    "metadata": {**_QUEUED, "queue_position": 3, "eta_seconds": 41.5, "steps": []},
}
OPERATION_PAUSED: Mapping[str, Any] = {
    **OPERATION_QUEUED,
    "status": "paused",
    "metadata": {**OPERATION_QUEUED["metadata"], "status": "paused", "queue_position": None},
}
OPERATION_LIST: Mapping[str, Any] = {"operations": [_OPERATION_LISTED], "next_page_token": ""}
OPERATION_CANCELLED: Mapping[str, Any] = {
    **{name: value for name, value in OPERATION.items() if name != "response"},
    "status": "cancelled",
    "metadata": {**_LISTED, "status": "cancelled", "steps": [_STEP]},
    "error_msg": "Cancelled on request.",
    "error": {
        "code": 1,
        "message": "Cancelled on request.",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "CANCELLED",
                "domain": "storyreel.dev",
                "metadata": {},
            }
        ],
    },
}

EVENTS: Mapping[str, Any] = {
    "events": [
        {
            "seq": 2,
            "at": _CREATED,
            "kind": "started",
            "operation_id": _OPERATION,
            "story_id": _STORY,
            "data": {"attempt": 1},
        },
        {
            "seq": 4,
            "at": _CREATED,
            "kind": "storyboard_grew",
            "operation_id": _OPERATION,
            "story_id": _STORY,
            "data": {"shots": 2},
        },
    ],
    "next_page_token": "",
}
EVENTS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The events. First `operation`, a snapshot; the stored ones have their number as the id.",
        "content": {
            "text/event-stream": {"example": 'event: started\ndata: {"seq":2,"kind":"started","data":{"attempt":1}}\nid: 2\n\n'},
            "application/json": {"schema": {"$ref": "#/components/schemas/EventList"}, "example": EVENTS},
        },
    },
    204: {"description": "The operation has ended, and there is nothing after Last-Event-ID."},
}

_FILE = {"schema": {"type": "string", "format": "binary"}}
_FILES = dict.fromkeys(("image/png", "image/jpeg", "video/mp4", "audio/wav", "application/x-subrip"), _FILE)
FILE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": _FILES},
    206: {"description": "The range that was asked for.", "content": _FILES},
    304: {"description": "If-None-Match names what is there."},
}
