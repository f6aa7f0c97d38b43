"""What the models are asked for: one frozen dataclass a kind, the typed half of a recipe.

Everything that changes the result is a field; nothing else is. Media are named by digest. Sizes are pixels, times are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from services.core.model import BibleEntry, Digest, Language, ShotDraft


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
    """A shot's picture. Parts: `image` (PNG, width × height), and whatever else the engine keeps beside it (`layers`)."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """A moving picture from a keyframe, without sound. Part: `video` (H.264 MP4 of exactly `frames` frames).

    `keyframe` holds the keyframe artifact's parts by name (`image`, maybe `layers`).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequest:
    """A line spoken. Part: `audio` (WAV, 24 kHz or 48 kHz mono, 16 bit).

    `meta["seconds"]` is its length; `meta["words"]` lists `[text, start, end]` in reading order: words for
    English, characters or words for Chinese, punctuation attached to the word before it.
    """

    kind: ClassVar[str] = "speech"
    service: ClassVar[Service] = Service.SPEECH

    text: str
    language: Language
    voice: str = ""
    mood: str = ""
    speed: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: `text` (lines separated by newlines) shown from `start` to `end`, seconds from the shot's start."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRequest:
    """A shot as it stands in the film: its clip with burned subtitles and its transition in, without sound.

    Part: `video` (H.264 MP4, `frames` frames, closed GOPs, one encoder setting for all segments of a film, so that
    segments are joined by copying).
    """

    kind: ClassVar[str] = "segment"
    service: ClassVar[Service] = Service.FILMS

    clip: Digest
    frames: int
    fps: int
    width: int
    height: int
    cues: tuple[Cue, ...] = ()
    transition: str = "none"
    fade_out: bool = False
    language: Language = Language.EN


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmShot:
    """A segment and the voice over it. `speech_start` is seconds from the segment's start."""

    segment: Digest
    frames: int
    speech: Digest | None = None
    speech_start: float = 0.0
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmRequest:
    """The film: segments joined, voices placed, music ducked under them, loudness made even.

    Parts: `video` (MP4, H.264 + AAC, faststart), `cover` (PNG or JPEG), `subtitles` (SRT). `meta["seconds"]` is its length.
    """

    kind: ClassVar[str] = "film"
    service: ClassVar[Service] = Service.FILMS

    title: str
    language: Language
    shots: tuple[FilmShot, ...]
    fps: int
    width: int
    height: int
    music: str = ""
    seed: int = 0
    cover: Digest | None = field(default=None)


Request = StoryboardRequest | RewriteRequest | KeyframeRequest | ClipRequest | SpeechRequest | SegmentRequest | FilmRequest
