"""What callers ask the core to do: the inputs of the use cases, dialect-free. `payload` is the request as it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.core.model import AssetType, Language, Made, OperationType, Seeds, ShotId, StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an operation is to be served, whatever it is about.

    It is asked to stop `cancel_after` seconds after its creation (None: never). A higher `priority` (-10 … 10) starts first
    among its owner's. It is refused when its owner has `most_queued` operations waiting already (None: any number).
    """

    cancel_after: float | None = None
    priority: int = 0
    most_queued: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateStory:
    content: str
    title: str
    style: str
    language: Language
    aspect: str
    voice: str
    shot_count: int | None
    payload: Mapping[str, Any]
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOperation:
    """A new operation on a story that is there."""

    type: OperationType
    story_id: StoryId
    shot_id: ShotId | None
    payload: Mapping[str, Any]
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class PatchShot:
    """The fields to change; None leaves a field as it is."""

    title: str | None = None
    description: str | None = None
    details: str | None = None
    narration: str | None = None
    camera: str | None = None
    transition: str | None = None
    voice: str | None = None
    bgm: str | None = None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A client's key and the digest of what it asked: the same key with another digest is refused."""

    key: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotChange:
    """What lands on a shot when a step is done. None and empty leave a field as it is: nothing is ever blanked.

    `prompt` alone may be set to the empty string: new details make the storyboard's own prompt obsolete.
    `version` says under which asset type the change is kept as a version; None keeps none. Of `seeds`, that part's alone lands.
    `expect_revision` guards a change that was planned on older fields: it is left out, silently, when the shot's
    revision has moved on. `revises` bumps the revisions of shot and story, which makes an earlier film stale.
    """

    shot_id: ShotId
    title: str = ""
    description: str = ""
    details: str = ""
    narration: str = ""
    camera: str = ""
    framing: str = ""
    transition: str = ""
    voice: str = ""
    bgm: str = ""
    prompt: str | None = None
    seconds: float = 0.0
    seeds: Seeds | None = None
    keyframe: Made | None = None
    clip: Made | None = None
    speech: Made | None = None
    version: AssetType | None = None
    expect_revision: int | None = None
    revises: bool = False
