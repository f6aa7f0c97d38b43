"""What this dialect's bodies look like on the wire. Input is strict: a number is no string, and an unknown field is refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.core.model import AssetType, Language, OperationStatus, OperationType, ShotStatus, StoryStatus
from services.core.steps import StepStatus

SHORT_TEXT = 100
"""Characters of a title, a mood, a camera move, a transition or a kind of music."""
LONG_TEXT = 2_000
"""Characters of a shot's description, details or narration."""

TYPES = "type.googleapis.com/"
"""What every `@type` begins with: the JSON of google.protobuf.Any."""
ERROR_INFO = f"{TYPES}google.rpc.ErrorInfo"

Time = Annotated[str, Field(description="RFC 3339, with offset and fraction.", json_schema_extra={"format": "date-time"})]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]


class Body(BaseModel):
    """Null and absent are the same: not given."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def sent(self) -> dict[str, Any]:
        """Just what the client sent."""
        return self.model_dump(exclude_unset=True)


class BeginningBody(Body):
    """Of a request that begins an operation. `request_id` names the request (AIP-155) and is no part of what it asks."""

    request_id: Annotated[
        str | None,
        Field(description="A UUID that says the same as Idempotency-Key: the same request under it begins nothing new."),
    ] = None

    def sent(self) -> dict[str, Any]:
        """Just what the client sent, without the request's name."""
        return self.model_dump(exclude_unset=True, exclude={"request_id"})


class CreateStoryBody(BeginningBody):
    script_content: Annotated[str, Field(description="The story, in Chinese or English.")]
    display_name: Annotated[str | None, Field(description="The title; made from the story when left out.")] = None
    style: Annotated[str | None, Field(description="A style's name in English or Chinese; `movie` when left out.")] = None
    language: Annotated[str | None, Field(description="`zh` or `en`; found out from the story when left out.")] = None
    aspect: Annotated[str | None, Field(description="The film's shape: `16:9`, `9:16`, `1:1` or `4:3`.")] = None
    voice: Annotated[str | None, Field(description="Whose voice tells it, as the speech engine names it.")] = None
    shots: Annotated[int | None, Field(ge=1, le=60, description="How many shots; the model decides when left out.")] = None


class ShotFields(Body):
    """The fields to change; all others stay as they are."""

    title: str | None = None
    description: str | None = None
    details: str | None = None
    narration: str | None = None
    type: Annotated[str | None, Field(description="The camera move, in words.")] = None
    transition: Annotated[
        str | None,
        Field(
            description="How the shot begins after the one before it: a word such as `none` (a cut), `dissolve`, `fade` or `wipe`; "
            "`morph` where the shot before is to turn into this one's picture, as far as the engine of clips can."
        ),
    ] = None
    voice: Annotated[str | None, Field(description="The narrator's mood.")] = None
    bgm: Annotated[str | None, Field(description="The mood of the music.")] = None


class PatchShotBody(Body):
    shot: ShotFields


class RegenerateBody(BeginningBody):
    details: Annotated[str | None, Field(description="What the shot is to show instead; left out for another take.")] = None
    asset_type: Annotated[
        str | None, Field(description="`ASSET_IMAGE` (when left out), `ASSET_VIDEO`, `ASSET_AUDIO` or `ASSET_TEXT`.")
    ] = None


class CompileBody(BeginningBody):
    width: Annotated[int | None, Field(ge=64, le=1920, multiple_of=8, description="Pixels; the aspect's own when left out.")] = None
    height: Annotated[int | None, Field(ge=64, le=1920, multiple_of=8, description="Pixels; the aspect's own when left out.")] = (
        None
    )
    fps: Annotated[int | None, Field(ge=8, le=60, description="Frames a second; 24 when left out, 12 of a draft.")] = None
    subtitles: Annotated[
        Literal["burned", "soft", "both", "none"] | None,
        Field(description="In the picture, as a track of the file, both, or neither; `burned` when left out."),
    ] = None
    music: Annotated[bool | None, Field(description="Music under the voice; true when left out.")] = None
    title_card: Annotated[bool | None, Field(description="The title before the first shot; true when left out.")] = None
    end_card: Annotated[bool | None, Field(description="A card after the last shot; true when left out.")] = None
    quality: Annotated[
        Literal["standard", "draft"] | None,
        Field(
            description="`standard` when left out. A `draft` is for a quick look: 360 pixels on the shorter side, 12 frames a "
            "second, coarsely encoded, and new lines are spoken by a quicker and lesser voice."
        ),
    ] = None


class WaitBody(Body):
    timeout: Annotated[
        Any,
        Field(
            description="Seconds to wait at most, as a number or like `10s`; 60 when left out or more.",
            json_schema_extra={"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]},
        ),
    ] = None


class BulkBody(Body):
    filter: Annotated[str, Field(description="Which operations, as in the list's `filter`: never left out, never empty.")]
    page_token: Annotated[str | None, Field(description="`next_page_token` of the answer before, to go on where it ended.")] = None


class TimelineItem(BaseModel):
    """Where a shot stands in the film, in seconds; `artifacts` are the digests of what it was made of."""

    shot_id: Id
    sequence: str
    start: float
    duration: float
    artifacts: dict[str, str]


class Story(BaseModel):
    """A story and its film. `film_stale` says that the shots have changed since the film was compiled."""

    id: Id
    user_id: Id
    created_at: Time
    updated_at: Time
    content: str
    title: str
    style: str
    duration: Annotated[float, Field(description="Seconds of the film; 0 before there is one.")]
    status: StoryStatus
    timeline: Annotated[list[TimelineItem] | None, Field(description="Null before the first compile.")]
    cover_url: Annotated[str, Field(description="Empty before the first compile.")]
    video_url: Annotated[str, Field(description="Empty before the first compile.")]
    language: Language
    aspect: str
    voice: str
    film_stale: bool
    subtitles_url: Annotated[str, Field(description="SubRip; empty before the first compile.")]
    captions_url: Annotated[str, Field(description="WebVTT; empty before the first compile.")]


class Shot(BaseModel):
    """One shot. `revision` grows with every change that a film would show."""

    id: Id
    user_id: Id
    created_at: Time
    updated_at: Time
    story_id: Id
    sequence: Annotated[str, Field(description="1, 2, 3 …, as a string.")]
    title: str
    description: str
    details: str
    narration: str
    type: Annotated[str, Field(description="The camera move, in words.")]
    transition: str
    voice: Annotated[str, Field(description="The narrator's mood.")]
    status: ShotStatus
    image_url: Annotated[str, Field(description="Empty before there is a picture.")]
    bgm: str
    video_url: str
    audio_url: str
    duration: Annotated[float, Field(description="Seconds that the shot is wished to last.")]
    framing: str
    revision: int


class ErrorInfo(BaseModel):
    """google.rpc.ErrorInfo."""

    type: Annotated[str, Field(serialization_alias="@type")]
    reason: str
    domain: str
    metadata: dict[str, str]


class RpcStatus(BaseModel):
    """google.rpc.Status."""

    code: Annotated[int, Field(description="google.rpc.Code.")]
    message: str
    details: list[ErrorInfo]


class Step(BaseModel):
    """One thing that an operation makes. `key` names the artifact; a step that is made again keeps it."""

    kind: Annotated[str, Field(description="storyboard, rewrite, keyframe, speech, clip, card, segment, transition, …")]
    shot: Annotated[str, Field(description="stories/…/shots/… that it is for; empty where it is for no one shot.")]
    key: str
    status: StepStatus
    start_time: Time
    end_time: Time | None
    engine: str
    engine_seconds: float | None
    reason: Annotated[str, Field(description="Why it failed, for machines; empty otherwise.")]
    changed: Annotated[list[str], Field(description="What the engine changed or ignored of what it was asked for.")]
    made_by: Annotated[str, Field(description="Which of several engines made it; empty where there is one.")]
    passed_over: Annotated[list[str], Field(description="What kept the engines before that one.")]
    usage: Annotated[
        dict[str, int | float], Field(description="What a provider counts, such as tokens; empty where it says nothing.")
    ]


class OperationMetadata(BaseModel):
    """How an operation stands: storyreel.v1.OperationMetadata in JSON.

    `steps` are there where one operation is asked for; the outlook (`queue_position`, `eta_seconds`) is missing from the answer
    that begins one. `last_error` says why an earlier attempt failed, while another is made; empty otherwise.
    """

    type_url: Annotated[str, Field(serialization_alias="@type")]
    progress: Annotated[float, Field(ge=0, le=1, description="From 0 to 1.")]
    stage: str
    attempt: int
    last_error: str
    status: OperationStatus
    priority: Annotated[int, Field(ge=-10, le=10, description="A higher one starts first among your operations.")]
    create_time: Time
    announce_time: Annotated[Time | None, Field(description="When the broker had taken its newest wake-up.")]
    start_time: Annotated[Time | None, Field(description="When its first attempt began.")]
    end_time: Time | None
    deadline: Annotated[Time | None, Field(description="Past it, it is asked to stop.")]
    cancel_requested: bool
    pause_requested: bool
    queue_position: Annotated[int | None, Field(description="From 1; null unless queued.")] = None
    eta_seconds: Annotated[
        float | None, Field(description="How long it will still take, going by its like; null when that is not known.")
    ] = None
    steps: list[Step] = []
    idempotency_expires_at: Annotated[
        Time | None, Field(description="Until then the request's key begins nothing new; there only where one was sent.")
    ] = None


class OperationResult(BaseModel):
    """What a succeeded operation made: storyreel.v1.CreateStoryResult, RegenerateShotResult or CompileStoryResult in JSON."""

    type_url: Annotated[str, Field(serialization_alias="@type")]
    name: Annotated[str, Field(description="stories/… or stories/…/shots/….")]
    video_url: Annotated[str | None, Field(description="The film, of a video_render.")] = None


class Operation(BaseModel):
    """A long-running operation. `error` is there when it failed or was cancelled, `response` when it succeeded."""

    id: Id
    user_id: Id
    created_at: Time
    updated_at: Time
    story_id: Id
    shot_id: Annotated[Id, Field(description="The zero UUID where no shot is meant.")]
    type: OperationType
    payload: Annotated[dict[str, Any], Field(description="The request, whole.")]
    status: OperationStatus
    retries: int
    error_msg: str
    worker: str
    started_at: Time | None
    finished_at: Time | None
    name: Annotated[str, Field(description="operations/ and the id.")]
    done: bool
    progress: Annotated[float, Field(description="From 0 to 1.")]
    stage: str
    attempt: int
    metadata: OperationMetadata
    error: RpcStatus | None = None
    response: OperationResult | None = None


class OperationCreated(BaseModel):
    """What has begun: `queued`. With `Prefer: wait` it is as it was when the wait was over, and where the request's key has come
    before, as it is now.
    """

    operation_name: Annotated[str, Field(description="GET /v1/ and this name to see how it goes.")]
    state: OperationStatus
    create_time: Time
    name: Annotated[str, Field(description="The same as `operation_name`.")]
    done: bool
    metadata: OperationMetadata
    error: RpcStatus | None = None
    response: OperationResult | None = None


class BulkResult(BaseModel):
    """What became of the operations that the filter named, as far as they were looked at; ask again while `more` is true."""

    changed: Annotated[int, Field(description="How many were stopped, asked to stop, or queued again.")]
    unchanged: Annotated[int, Field(description="How many were as wished already, or had changed before it was their turn.")]
    more: Annotated[bool, Field(description="Whether there are others that the filter names.")]
    next_page_token: Annotated[str, Field(description="Goes on where this ended; empty when there are no more.")]


class StoryList(BaseModel):
    items: list[Story]
    next_page_token: Annotated[str, Field(description="Empty on the last page.")]


class ShotList(BaseModel):
    shots: list[Shot]


class OperationList(BaseModel):
    operations: list[Operation]
    next_page_token: Annotated[str, Field(description="Empty on the last page.")]


class Version(BaseModel):
    """An older or current take of one part of a shot; `url` is empty for a text.

    `text` is a text's own, or the words that a picture was made from; a clip and a voice have none.
    """

    asset_type: AssetType
    number: int
    created_at: Time
    current: bool
    seed: int
    url: str
    text: dict[str, str]


class VersionList(BaseModel):
    versions: list[Version]


class Event(BaseModel):
    """One entry of an operation's timeline. `seq` counts from 1; live progress has none and is 0."""

    seq: int
    at: Time
    kind: str
    operation_id: Id
    story_id: Id
    data: dict[str, Any]


class EventList(BaseModel):
    events: list[Event]
    next_page_token: Annotated[str, Field(description="Empty on the last page.")]
