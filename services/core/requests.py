"""What the models are asked for: one frozen dataclass a kind, the typed half of a recipe.

Everything that changes the result is a field; nothing else is. Media are named by digest. Sizes are pixels, times are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from services.core.model import ADDED, BibleEntry, Digest, Language, ShotDraft

MOST_REFERENCES = 8
"""Reference pictures of a keyframe."""


class Service(StrEnum):
    """The five services of `storyreel.v1`; a deployment may serve some of them."""

    STORYBOARDS = "storyboards"
    KEYFRAMES = "keyframes"
    CLIPS = "clips"
    SPEECH = "speech"
    FILMS = "films"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryboardRequest:
    """A story's shots and bible. `shots` None leaves the number to the engine.

    Result: no media; `meta["storyboard"]` as `codec.storyboard_to_json` writes it.
    """

    kind: ClassVar[str] = "storyboard"
    service: ClassVar[Service] = Service.STORYBOARDS

    text: str
    title: str
    style: str
    language: Language
    shots: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteRequest:
    """Another wording of one shot. Result: `meta["draft"]`; a field that is empty there stays as it was."""

    kind: ClassVar[str] = "rewrite"
    service: ClassVar[Service] = Service.STORYBOARDS

    text: str
    style: str
    language: Language
    sequence: int
    total: int
    draft: ShotDraft
    instruction: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyframeRequest:
    """A shot's picture. Parts: `image` (PNG, width × height), and whatever else the engine keeps beside it (`layers`).

    `references` are pictures whose subjects it should resemble, for engines that can.
    """

    kind: ClassVar[str] = "keyframe"
    service: ClassVar[Service] = Service.KEYFRAMES

    prompt: str
    style: str
    language: Language
    width: int
    height: int
    seed: int
    framing: str = ""
    mood: str = ""
    negative_prompt: str = ""
    bible: tuple[BibleEntry, ...] = ()
    steps: int | None = None
    guidance_scale: float | None = None
    references: tuple[Digest, ...] = field(default=(), metadata={ADDED: True})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """A moving picture from a keyframe, without sound. Part: `video` (H.264 MP4 of exactly `frames` frames).

    `keyframe` holds the keyframe artifact's parts by name (`image`, maybe `layers`). For engines that can use them: `prompt` says
    what is seen, `last` is a picture to end on, and `speech` the voice (as `SpeechRequest` gives it) of a line that begins
    `speech_at` seconds after the clip, for lips to follow.
    """

    kind: ClassVar[str] = "clip"
    service: ClassVar[Service] = Service.CLIPS

    keyframe: Mapping[str, Digest]
    camera: str
    frames: int
    fps: int
    width: int
    height: int
    seed: int
    motion_strength: float = 0.5
    prompt: str = field(default="", metadata={ADDED: True})
    last: Digest | None = field(default=None, metadata={ADDED: True})
    speech: Digest | None = field(default=None, metadata={ADDED: True})
    speech_at: float = field(default=0.0, metadata={ADDED: True})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequest:
    """A line spoken. Part: `audio` (WAV, 24 kHz or 48 kHz mono, 16 bit).

    `meta["seconds"]` is its length; `meta["words"]` lists `[text, start, end]` in reading order: words for
    English, characters or words for Chinese, punctuation attached to the word before it. A `draft` may be spoken by a lesser,
    quicker voice.
    """

    kind: ClassVar[str] = "speech"
    service: ClassVar[Service] = Service.SPEECH

    text: str
    language: Language
    voice: str = ""
    mood: str = ""
    speed: float = 1.0
    seed: int = 0
    draft: bool = field(default=False, metadata={ADDED: True})


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: `text` (lines separated by newlines) shown from `start` to `end`, seconds from the shot's start."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRequest:
    """A title or end card: words over a picture, moving, without sound. Part: `video`, to be cut like a clip.

    `card` is `title` (the words are the film's title) or `end`. The picture behind it is darkened; without one the card
    has a ground of its own.
    """

    kind: ClassVar[str] = "card"
    service: ClassVar[Service] = Service.FILMS

    card: str
    text: str
    language: Language
    style: str
    frames: int
    fps: int
    width: int
    height: int
    picture: Digest | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRequest:
    """The part of a clip that stands alone in the film, between its transitions: subtitles burned in, without sound.

    It begins with the clip's frame `start`; `cues` count from its own first frame. Part: `video` (H.264 MP4, `frames` frames,
    closed GOPs, one encoder setting for all segments and transitions of a film, so that they are joined by copying).
    """

    kind: ClassVar[str] = "segment"
    service: ClassVar[Service] = Service.FILMS

    clip: Digest
    frames: int
    fps: int
    width: int
    height: int
    start: int = 0
    cues: tuple[Cue, ...] = ()
    fade_in: bool = False
    fade_out: bool = False
    draft: bool = False
    language: Language = Language.EN


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRequest:
    """The frames in which one clip goes over into the next: from frame `start` of `before` on, and the first ones of `after`.

    `transition` is the slug of one of `vocabulary.OVERLAPPING`. Part: `video`, encoded like a segment.
    """

    kind: ClassVar[str] = "transition"
    service: ClassVar[Service] = Service.FILMS

    transition: str
    before: Digest
    start: int
    after: Digest
    frames: int
    fps: int
    width: int
    height: int
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundtrackVoice:
    """A spoken line: its shot begins with the film's frame `start`, and it `speech_start` seconds after that."""

    start: int
    speech: Digest
    speech_start: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundtrackRequest:
    """All that is heard in a film of `frames` frames: voices placed, music ducked under them, loudness made even.

    `music` is a mood, empty for none; `title` and `seed` choose among the pieces of a mood. With neither music nor voices it is
    silence. Part: `audio` (MP4 with AAC, 48 kHz stereo, to be copied into the film). `meta["seconds"]` is its length.
    """

    kind: ClassVar[str] = "soundtrack"
    service: ClassVar[Service] = Service.FILMS

    title: str
    frames: int
    fps: int
    voices: tuple[SoundtrackVoice, ...] = ()
    music: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmPiece:
    """A segment or a transition, of `frames` frames."""

    video: Digest
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmLine:
    """A shot's subtitles: the shot begins with the film's frame `start`, and `cues` are seconds from there."""

    start: int
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmRequest:
    """The film: pieces joined, with a soundtrack of their length beside them. Nothing is encoded again.

    Parts: `video` (MP4, H.264 + AAC, faststart; with `soft_subtitles` a subtitle track), `cover` (PNG or JPEG), `subtitles`
    (SRT), `captions` (WebVTT). `meta["seconds"]` is its length.
    """

    kind: ClassVar[str] = "film"
    service: ClassVar[Service] = Service.FILMS

    title: str
    language: Language
    pieces: tuple[FilmPiece, ...]
    soundtrack: Digest
    lines: tuple[FilmLine, ...]
    fps: int
    width: int
    height: int
    cover: Digest | None = None
    soft_subtitles: bool = False


Request = (
    StoryboardRequest
    | RewriteRequest
    | KeyframeRequest
    | ClipRequest
    | SpeechRequest
    | CardRequest
    | SegmentRequest
    | TransitionRequest
    | SoundtrackRequest
    | FilmRequest
)
