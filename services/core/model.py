"""What Storyreel is about: stories, shots, made media, operations.

Frozen dataclasses, standard library only. Times are timezone-aware; durations are seconds; sizes are pixels or bytes, as named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
StoryId = NewType("StoryId", UUID)
ShotId = NewType("ShotId", UUID)
OperationId = NewType("OperationId", UUID)

Digest = NewType("Digest", str)
"""Lower-case hexadecimal SHA-256 of the bytes."""
Key = NewType("Key", str)
"""Lower-case hexadecimal SHA-256 of a canonical recipe: the name of an artifact."""
ADDED: Final = "added"
"""Marks a field that came into recipes after others had been made without it; its default leaves a recipe's key as it was."""


class Language(StrEnum):
    """The languages that stories are told in."""

    ZH = "zh"
    EN = "en"


class OperationType(StrEnum):
    STORY_CREATE = "story_create"
    SHOT_REGEN = "shot_regen"
    VIDEO_RENDER = "video_render"


class OperationStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StoryStatus(StrEnum):
    GENERATING = "generating"
    READY = "ready"
    FAILED = "failed"


class ShotStatus(StrEnum):
    PENDING = "pending"
    GENERATING = "generating"
    DONE = "done"
    FAILED = "failed"


class AssetType(StrEnum):
    """What a regenerate makes again."""

    IMAGE = "ASSET_IMAGE"
    VIDEO = "ASSET_VIDEO"
    AUDIO = "ASSET_AUDIO"
    TEXT = "ASSET_TEXT"


@dataclass(frozen=True, slots=True)
class MediaRef:
    """Bytes in the object store, by digest. `size` is in bytes."""

    digest: Digest
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Accepts:
    """What an engine can use beside what every engine of its service does; one that says nothing can use none of it.

    A keyframe's engine: so many `references`, and words in Chinese. A clip's engine: a `last` picture, the shot's `speech`.
    """

    references: int = 0
    chinese: bool = False
    last: bool = False
    speech: bool = False


@dataclass(frozen=True, slots=True)
class Engine:
    """Who makes something: part of every recipe, so that a new engine, version or set of weights means a new key.

    What it `accepts` only decides what it is asked: it is part of no recipe, and is kept with no artifact.
    """

    name: str
    version: str
    revision: str = ""
    accepts: Accepts = field(default=Accepts(), compare=False)


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a recipe gave: media by part name (`image`, `video`, `audio`, `text`, …) and JSON-like facts about them.

    `seconds` is what the engine took. `meta` never holds bytes.
    """

    key: Key
    kind: str
    engine: Engine
    parts: Mapping[str, MediaRef]
    meta: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Made:
    """What a shot shows or sounds like now: an artifact, and the digest of the request that it answers.

    A shot's picture is stale when the request that its fields would give today has another digest than `request`. The pictures
    that it refers to are not in it: they follow from the same fields, where the engine takes any.
    """

    key: Key
    request: Digest
    parts: Mapping[str, MediaRef]
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seeds:
    """Which take of a shot's picture, clip, voice and text is the current one; a new take is a new seed (0 … 2³¹ - 1)."""

    image: int = 0
    video: int = 0
    audio: int = 0
    text: int = 0


@dataclass(frozen=True, slots=True)
class BibleEntry:
    """One character, prop or place with the fixed look that every shot's prompt repeats.

    `look` is in the story's language; `look_en` says it in English beside a Chinese one, for engines that read no Chinese.
    """

    kind: Literal["character", "prop", "place"]
    name: str
    look: str
    look_en: str = field(default="", metadata={ADDED: True})


@dataclass(frozen=True, slots=True)
class ShotDraft:
    """What a storyboard says of one shot; an empty field means that the model did not return it.

    `prompt` is what the picture's engine reads beside `details`: subjects, place, time and weather as plain words.
    `camera` is the camera move in words of the story's language; `voice` the narrator's mood; `seconds` the wished length.
    """

    title: str = ""
    description: str = ""
    narration: str = ""
    prompt: str = ""
    camera: str = ""
    framing: str = ""
    transition: str = ""
    voice: str = ""
    bgm: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Storyboard:
    shots: tuple[ShotDraft, ...]
    bible: tuple[BibleEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One shot of a story. `camera` is the API's `type`; `details` is the editable twin of `description`.

    `revision` grows with every change that a film would show.
    """

    id: ShotId
    user_id: UserId
    story_id: StoryId
    created_at: datetime
    updated_at: datetime
    sequence: int
    title: str
    description: str
    details: str
    narration: str
    prompt: str
    camera: str
    framing: str
    transition: str
    voice: str
    bgm: str
    seconds: float
    status: ShotStatus
    revision: int
    seeds: Seeds
    keyframe: Made | None = None
    clip: Made | None = None
    speech: Made | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Where a shot stands in the film: seconds from its start, seconds long, and the digests of what it was made of."""

    shot_id: ShotId
    sequence: int
    start: float
    duration: float
    artifacts: Mapping[str, Digest]


@dataclass(frozen=True, slots=True)
class Film:
    """A compiled film of a story; `subtitles` are SubRip, `captions` WebVTT. `revision` is the story's revision that it shows."""

    key: Key
    video: MediaRef
    cover: MediaRef | None
    subtitles: MediaRef | None
    captions: MediaRef | None
    duration: float
    timeline: tuple[TimelineEntry, ...]
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story and its film. `revision` grows with every change of its shots that a film would show.

    `storyboard_unfinished` says that its shots are the first ones of a storyboard that was still being written: not all of it.
    """

    id: StoryId
    user_id: UserId
    created_at: datetime
    updated_at: datetime
    content: str
    title: str
    style: str
    language: Language
    aspect: str
    voice: str
    shot_count: int | None
    status: StoryStatus
    revision: int
    bible: tuple[BibleEntry, ...] = ()
    storyboard_unfinished: bool = False
    film: Film | None = None

    @property
    def film_stale(self) -> bool:
        """Whether the shots have changed since the film was compiled."""
        return self.film is not None and self.film.revision != self.revision


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation or a step failed, as stored: see `errors` for the tree and `texts` for the wording."""

    kind: str
    reason: str
    message: str
    retryable: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One long-running operation. `payload` is the request, whole; `progress` runs from 0 to 1.

    `failure` says why it failed or, before its end, why an earlier attempt did. `attempt` counts the claims. Of those,
    `failures` ended with a failure worth a retry (`max_attempts` bounds these), and `losses` were lost with their worker
    (`lifecycle.MOST_LOSSES` bounds these); a worker that drains uses up neither. A higher `priority` starts first among the
    operations of one owner. Past `deadline_at` it is asked to stop. A running one that is asked to pause ends its attempt first.
    `started_at` is its first claim since it was asked for or tried again, put forward by the time for which it was paused.
    """

    id: OperationId
    user_id: UserId
    story_id: StoryId
    shot_id: ShotId | None
    type: OperationType
    payload: Mapping[str, Any]
    status: OperationStatus
    created_at: datetime
    updated_at: datetime
    run_after: datetime
    attempt: int = 0
    max_attempts: int = 3
    failures: int = 0
    losses: int = 0
    worker: str = ""
    progress: float = 0.0
    stage: str = ""
    failure: Failure | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    lease_expires_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    pause_requested_at: datetime | None = None
    deadline_at: datetime | None = None
    priority: int = 0
    announced_at: datetime | None = None

    @property
    def retries(self) -> int:
        return max(self.attempt - 1, 0)

    @property
    def done(self) -> bool:
        return self.finished_at is not None

    @property
    def stop_reason(self) -> str:
        """Why it was asked to stop, or ended cancelled: a key of `texts.TEXTS`. Its deadline, or else its owner's wish."""
        asked, deadline = self.cancel_requested_at, self.deadline_at
        return "DEADLINE_EXCEEDED" if asked and deadline and asked >= deadline else "CANCELLED"


@dataclass(frozen=True, slots=True)
class OperationEvent:
    """One entry of an operation's timeline.

    `seq` counts from 1 within the operation; 0 marks an event that is only shown live (progress) and never stored.
    """

    operation_id: OperationId
    user_id: UserId
    story_id: StoryId
    seq: int
    at: datetime
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShotVersion:
    """An older or current take of one part of a shot. `number` counts from 1 within the shot and asset type.

    `text` is the shot's whole text for ASSET_TEXT, and for ASSET_IMAGE the words that the picture was made from.
    """

    shot_id: ShotId
    asset_type: AssetType
    number: int
    created_at: datetime
    made: Made | None
    text: Mapping[str, str]
    seed: int
    current: bool
