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

OPERATION_CREATED: Mapping[str, Any] = {
    "operation_name": f"operations/{_OPERATION}",
    "state": "queued",
    "create_time": _CREATED,
}
OPERATION: Mapping[str, Any] = {
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
    "metadata": {"progress": 1.0, "stage": "pictures", "attempt": 1, "last_error": ""},
    "response": {"name": f"stories/{_STORY}"},
}
OPERATION_LIST: Mapping[str, Any] = {"operations": [OPERATION], "next_page_token": ""}
OPERATION_CANCELLED: Mapping[str, Any] = {
    **{name: value for name, value in OPERATION.items() if name != "response"},
    "status": "cancelled",
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
    ]
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
