"""Plain values for tests: a story, its shots, an operation, artifacts — each with only what a test changes."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.core.ledger import Step
from services.core.model import (
    Artifact,
    Digest,
    Engine,
    Key,
    Language,
    MediaRef,
    Operation,
    OperationId,
    OperationStatus,
    OperationType,
    Seeds,
    Shot,
    ShotDraft,
    ShotId,
    ShotStatus,
    Story,
    Storyboard,
    StoryId,
    StoryStatus,
    UserId,
)
from services.core.requests import Service

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALICE = UserId(UUID("11111111-2222-3333-4444-555555555555"))
BOB = UserId(UUID("99999999-8888-7777-6666-555555555555"))
ENGINES: Mapping[Service, Engine] = {service: Engine(f"test-{service}", "1") for service in Service}


def digest(text: str) -> Digest:
    return Digest(hashlib.sha256(text.encode()).hexdigest())


def media(text: str, content_type: str = "application/octet-stream") -> MediaRef:
    return MediaRef(digest(text), content_type, len(text))


def story(**changes: Any) -> Story:
    values: dict[str, Any] = {
        "id": StoryId(uuid4()),
        "user_id": ALICE,
        "created_at": NOW,
        "updated_at": NOW,
        "content": "两名旅人在雪山中迷路的故事",
        "title": "雪山奇缘",
        "style": "movie",
        "language": Language.ZH,
        "aspect": "16:9",
        "voice": "",
        "shot_count": None,
        "status": StoryStatus.GENERATING,
        "revision": 1,
    }
    return Story(**(values | changes))


def shot(of: Story, sequence: int = 1, **changes: Any) -> Shot:
    values: dict[str, Any] = {
        "id": ShotId(uuid4()),
        "user_id": of.user_id,
        "story_id": of.id,
        "created_at": NOW,
        "updated_at": NOW,
        "sequence": sequence,
        "title": f"镜头{sequence}",
        "description": f"描述{sequence}",
        "details": f"描述{sequence}",
        "narration": f"第{sequence}句。",
        "prompt": "snow mountains",
        "camera": "镜头推进",
        "framing": "wide",
        "transition": "none",
        "voice": "冷静",
        "bgm": "calm",
        "seconds": 4.0,
        "status": ShotStatus.PENDING,
        "revision": 1,
        "seeds": Seeds(sequence, sequence, sequence, sequence),
    }
    return Shot(**(values | changes))


def operation(of: Story, kind: OperationType, **changes: Any) -> Operation:
    values: dict[str, Any] = {
        "id": OperationId(uuid4()),
        "user_id": of.user_id,
        "story_id": of.id,
        "shot_id": None,
        "type": kind,
        "payload": {},
        "status": OperationStatus.RUNNING,
        "created_at": NOW,
        "updated_at": NOW,
        "run_after": NOW,
        "attempt": 1,
    }
    return Operation(**(values | changes))


def storyboard(shots: int = 5) -> Storyboard:
    return Storyboard(
        tuple(ShotDraft(title=f"镜头{n}", description=f"描述{n}", narration=f"第{n}句。", seconds=4) for n in range(1, shots + 1))
    )


def artifact(step: Step, **meta: Any) -> Artifact:
    """What a model would give for a step: the parts its kind needs, with digests that follow from the key."""
    names = {
        "keyframe": ("image", "layers"),
        "speech": ("audio",),
        "clip": ("video",),
        "card": ("video",),
        "segment": ("video",),
        "transition": ("video",),
        "soundtrack": ("audio",),
        "film": ("video", "cover", "subtitles", "captions"),
    }.get(step.kind, ())
    facts: dict[str, dict[str, Any]] = {
        "speech": {"seconds": 2.0, "words": [[getattr(step.request, "text", ""), 0.0, 2.0]]},
        "soundtrack": {"seconds": 20.0},
        "film": {"seconds": 20.0},
    }
    parts = {name: media(f"{step.key}/{name}") for name in names}
    engine = ENGINES[step.request.service]
    return Artifact(Key(step.key), step.kind, engine, parts, facts.get(step.kind, {}) | meta, 0.1)
