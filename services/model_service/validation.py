"""The bounds of a request, before anything is spent on it. Fields are named as the protos name them."""

import re
from collections.abc import Sequence
from typing import assert_never

from services.core.errors import InvalidArgument, TooLarge
from services.core.requests import (
    MOST_REFERENCES,
    CardRequest,
    ClipRequest,
    Cue,
    FilmRequest,
    KeyframeRequest,
    Request,
    RewriteRequest,
    SegmentRequest,
    SoundtrackRequest,
    SpeechRequest,
    StoryboardRequest,
    TransitionRequest,
)
from services.core.vocabulary import OVERLAPPING

SIZE_STEP = 8
"""Video encoders and diffusion models work in blocks of so many pixels."""
LARGEST_SIZE = 1920
SMALLEST_SIZE = 16
HIGHEST_FPS = 60
MOST_FRAMES = 18_000
"""Five minutes at 60 frames a second: longer than any shot."""
MOST_SHOTS = 1_000
MOST_PIECES = 2 * MOST_SHOTS + 3
"""A segment and a transition each, and two cards."""
FILM_FRAMES = 24 * 60 * 60 * HIGHEST_FPS
"""A day."""
CARDS = ("title", "end")
LONGEST_STORY = 200_000
LONGEST_LINE = 5_000
HIGHEST_SEED = 2**31 - 1

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check(request: Request, key: str) -> None:
    """Raises InvalidArgument with the offending field's name in `params["field"]`."""
    if key:
        _digest("key", key)
    match request:
        case StoryboardRequest():
            _storyboard(request)
        case RewriteRequest():
            _text("text", request.text, LONGEST_STORY)
            _range("total", request.total, 1, MOST_SHOTS)
            _range("sequence", request.sequence, 1, request.total)
            _range("seed", request.seed, 0, HIGHEST_SEED)
        case KeyframeRequest():
            _keyframe(request)
        case ClipRequest():
            _clip(request)
        case SpeechRequest():
            _text("text", request.text, LONGEST_LINE)
            _range("speed", request.speed, 0.25, 4.0)
            _range("seed", request.seed, 0, HIGHEST_SEED)
        case CardRequest():
            _card(request)
        case SegmentRequest():
            _digest("clip", request.clip)
            _range("start", request.start, 0, MOST_FRAMES)
            _frames(request.frames, request.fps)
            _size(request.width, request.height)
            _cues("cues", request.cues)
        case TransitionRequest():
            _one_of("transition", request.transition, [kind.value for kind in OVERLAPPING])
            _digest("before", request.before)
            _range("start", request.start, 0, MOST_FRAMES)
            _digest("after", request.after)
            _frames(request.frames, request.fps)
            _size(request.width, request.height)
        case SoundtrackRequest():
            _soundtrack(request)
        case FilmRequest():
            _film(request)
        case _:
            assert_never(request)


def _storyboard(request: StoryboardRequest) -> None:
    _text("text", request.text, LONGEST_STORY)
    if request.shots is not None:
        _range("shots", request.shots, 1, MOST_SHOTS)
    _range("seed", request.seed, 0, HIGHEST_SEED)


def _keyframe(request: KeyframeRequest) -> None:
    _text("prompt", request.prompt, LONGEST_LINE)
    _size(request.width, request.height)
    _range("seed", request.seed, 0, HIGHEST_SEED)
    if request.steps is not None:
        _range("steps", request.steps, 1, 150)
    if request.guidance_scale is not None:
        _range("guidance_scale", request.guidance_scale, 0.0, 30.0)
    _range("references", len(request.references), 0, MOST_REFERENCES)
    for number, digest in enumerate(request.references):
        _digest(f"references[{number}]", digest)


def _clip(request: ClipRequest) -> None:
    if "image" not in request.keyframe:
        raise InvalidArgument("MISSING_FIELD", field="keyframe.image")
    for name, digest in request.keyframe.items():
        _digest(f"keyframe.{name}", digest)
    _frames(request.frames, request.fps)
    _size(request.width, request.height)
    _range("seed", request.seed, 0, HIGHEST_SEED)
    _range("motion_strength", request.motion_strength, 0.0, 1.0)
    _length("prompt", request.prompt, LONGEST_LINE)
    if request.last is not None:
        _digest("last", request.last)
    if request.speech is not None:
        _digest("speech", request.speech)
    _range("speech_at", request.speech_at, 0.0, request.frames / request.fps)


def _card(request: CardRequest) -> None:
    _one_of("card", request.card, CARDS)
    _text("text", request.text, LONGEST_LINE)
    _frames(request.frames, request.fps)
    _size(request.width, request.height)
    if request.picture is not None:
        _digest("picture", request.picture)


def _soundtrack(request: SoundtrackRequest) -> None:
    _range("frames", request.frames, 1, FILM_FRAMES)
    _range("fps", request.fps, 1, HIGHEST_FPS)
    _range("voices", len(request.voices), 0, MOST_SHOTS)
    for number, voice in enumerate(request.voices):
        _range(f"voices[{number}].start", voice.start, 0, request.frames)
        _digest(f"voices[{number}].speech", voice.speech)
        _range(f"voices[{number}].speech_start", voice.speech_start, 0.0, MOST_FRAMES)
    _range("seed", request.seed, 0, HIGHEST_SEED)


def _film(request: FilmRequest) -> None:
    if not request.pieces:
        raise InvalidArgument("MISSING_FIELD", field="pieces")
    _range("pieces", len(request.pieces), 1, MOST_PIECES)
    for number, piece in enumerate(request.pieces):
        _digest(f"pieces[{number}].video", piece.video)
        _range(f"pieces[{number}].frames", piece.frames, 1, MOST_FRAMES)
    _digest("soundtrack", request.soundtrack)
    _range("lines", len(request.lines), 0, MOST_SHOTS)
    for number, line in enumerate(request.lines):
        _range(f"lines[{number}].start", line.start, 0, FILM_FRAMES)
        _cues(f"lines[{number}].cues", line.cues)
    _range("fps", request.fps, 1, HIGHEST_FPS)
    _size(request.width, request.height)
    if request.cover is not None:
        _digest("cover", request.cover)


def _text(field: str, found: str, longest: int) -> None:
    if not found.strip():
        raise InvalidArgument("EMPTY_TEXT", field=field)
    _length(field, found, longest)


def _length(field: str, found: str, longest: int) -> None:
    if len(found) > longest:
        raise TooLarge("TEXT_TOO_LONG", field=field, found=len(found), limit=longest)


def _digest(field: str, found: str) -> None:
    if not _SHA256.fullmatch(found):
        raise InvalidArgument("BAD_DIGEST", field=field, found=found[:80])


def _range(field: str, found: float, low: float, high: float) -> None:
    if not low <= found <= high:  # so written, NaN is out of every range
        raise InvalidArgument("OUT_OF_RANGE", field=field, low=low, high=high, found=found)


def _one_of(field: str, found: str, known: Sequence[str]) -> None:
    if found not in known:
        raise InvalidArgument("UNKNOWN_VALUE", field=field, found=found[:80], known=", ".join(known))


def _size(width: int, height: int) -> None:
    for field, found in (("width", width), ("height", height)):
        _range(field, found, SMALLEST_SIZE, LARGEST_SIZE)
        if found % SIZE_STEP:
            raise InvalidArgument("NOT_A_MULTIPLE", field=field, step=SIZE_STEP, found=found)


def _frames(frames: int, fps: int) -> None:
    _range("frames", frames, 1, MOST_FRAMES)
    _range("fps", fps, 1, HIGHEST_FPS)


def _cues(field: str, cues: Sequence[Cue]) -> None:
    for number, cue in enumerate(cues):
        _text(f"{field}[{number}].text", cue.text, LONGEST_LINE)
        _range(f"{field}[{number}].start", cue.start, 0.0, MOST_FRAMES)
        _range(f"{field}[{number}].end", cue.end, cue.start, MOST_FRAMES)
