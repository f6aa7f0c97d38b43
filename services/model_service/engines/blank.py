"""Five engines that give the least that is valid, at once: for tests, and to measure everything but the engines.

A picture is one colour, a clip is black, a voice is silent. Bytes differ where requests differ, as a real engine's would, so
that keys further down differ too. `STORYREEL_BLANK_DELAY_SECONDS` makes each of them take its time, in small steps that
report and can be cancelled.
"""

import io
import re
import struct
import subprocess
import tempfile
import time
import unicodedata
import wave
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self

import imageio_ffmpeg

from services.core import codec, recipes, subtitles
from services.core.errors import EngineFailed
from services.core.model import Engine, Language, ShotDraft, Storyboard
from services.core.requests import (
    CardRequest,
    ClipRequest,
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
from services.core.vocabulary import CameraMove, Framing, Mood
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.equipment import Equipment

SHOTS = 5
"""Shots of a storyboard that asks for no number."""
SAMPLE_RATE = 24_000
_SECONDS_A_WORD = {Language.EN: 0.1, Language.ZH: 0.06}
_STEP = 0.02


class _Blank:
    """What the five share: an identity, and a delay that can be cancelled."""

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay

    @classmethod
    def create(cls, equipment: Equipment) -> Self:
        return cls(equipment.settings.blank_delay_seconds)

    @property
    def identity(self) -> Engine:
        return Engine("blank", "1")

    def load(self) -> None:
        """Nothing to load."""

    def _wait(self, job: Job, tell: Callable[[float], None] = lambda _: None) -> None:
        until = time.monotonic() + self._delay
        while (left := until - time.monotonic()) > 0:
            job.progress(1 - left / self._delay, "waiting")
            tell(1 - left / self._delay)
            time.sleep(min(_STEP, left))
        job.progress(1.0, "done")


class BlankStoryboards(_Blank):
    """The story's own sentences, in as many shots as asked; told one by one where it takes its time."""

    def run(self, request: StoryboardRequest | RewriteRequest, job: Job) -> Output:
        if isinstance(request, RewriteRequest):
            self._wait(job)
            told = request.instruction or request.draft.description or request.text
            return Output(meta={"draft": codec.draft_to_json(_draft(told, request.sequence, request.language))})
        pieces = cut(request.text, request.shots or SHOTS)
        shots = tuple(_draft(text, number, request.language) for number, text in enumerate(pieces, start=1))
        written = 0

        def tell(fraction: float) -> None:
            nonlocal written
            if int(fraction * len(shots)) > written:
                written = int(fraction * len(shots))
                job.storyboard(Storyboard(shots[:written]))

        self._wait(job, tell)
        return Output(meta={"storyboard": codec.storyboard_to_json(Storyboard(shots))})


class BlankKeyframes(_Blank):
    """One colour, from the request's digest."""

    def run(self, request: KeyframeRequest, job: Job) -> Output:
        self._wait(job)
        colour = bytes.fromhex(recipes.request_digest(request)[:6])
        return Output({"image": _write(job, "image.png", png(request.width, request.height, colour), "image/png")})


class BlankClips(_Blank):
    """A black clip of 16 × 16 pixels, whatever was asked."""

    _mp4 = b""

    def load(self) -> None:
        self._mp4 = black_mp4()

    def run(self, request: ClipRequest, job: Job) -> Output:
        self._wait(job)
        return Output({"video": _write(job, "video.mp4", marked_mp4(self._mp4, request), "video/mp4")})


class BlankSpeech(_Blank):
    """Silence, as long as its words."""

    def run(self, request: SpeechRequest, job: Job) -> Output:
        self._wait(job)
        step = _SECONDS_A_WORD[request.language]
        words = [
            [word, round(n * step, 3), round((n + 1) * step, 3)] for n, word in enumerate(words_of(request.text, request.language))
        ]
        seconds = len(words) * step
        audio = _write(job, "audio.wav", marked_wav(seconds, request), "audio/wav")
        return Output({"audio": audio}, {"seconds": round(seconds, 3), "words": words})


class BlankFilms(_Blank):
    """Black cards, segments and transitions; a silent soundtrack; a black film with a black cover and real subtitles."""

    _mp4 = b""

    def load(self) -> None:
        self._mp4 = black_mp4()

    def run(self, request: CardRequest | SegmentRequest | TransitionRequest | SoundtrackRequest | FilmRequest, job: Job) -> Output:
        self._wait(job)
        if isinstance(request, SoundtrackRequest):
            seconds = round(request.frames / request.fps, 3)
            return Output({"audio": _write(job, "audio.wav", marked_wav(seconds, request), "audio/wav")}, {"seconds": seconds})
        video = _write(job, "video.mp4", marked_mp4(self._mp4, request), "video/mp4")
        if not isinstance(request, FilmRequest):
            return Output({"video": video})
        cover = _write(job, "cover.png", png(request.width, request.height, b"\0\0\0"), "image/png")
        cues = tuple(subtitles.of_film(request))
        srt = _write(job, "subtitles.srt", subtitles.srt(cues).encode(), "application/x-subrip")
        vtt = _write(job, "captions.vtt", subtitles.vtt(cues).encode(), "text/vtt")
        seconds = round(sum(piece.frames for piece in request.pieces) / request.fps, 3)
        return Output({"video": video, "cover": cover, "subtitles": srt, "captions": vtt}, {"seconds": seconds})


# -- text ----------------------------------------------------------------------------------------------------------------------


def cut(text: str, count: int) -> list[str]:
    """`count` non-empty pieces of `text` in order: whole sentences where there are enough, else the sentences again."""
    sentences = [s.strip() for s in re.findall(r"[^。！？!?.\n]+[。！？!?.…”\"]*", text) if s.strip()] or [text.strip()]
    if len(sentences) < count:
        return [sentences[n % len(sentences)] for n in range(count)]
    bounds = [len(sentences) * n // count for n in range(count + 1)]
    return [" ".join(sentences[a:b]) for a, b in pairwise(bounds)]


def words_of(text: str, language: Language) -> list[str]:
    """English words, or Chinese characters with the punctuation that follows them; at least one."""
    if language is Language.EN:
        return text.split() or [text]
    words: list[str] = []
    for character in text:
        if words and (character.isspace() or unicodedata.category(character).startswith("P")):
            words[-1] += character
        else:
            words.append(character)
    return words or [text]


def _draft(text: str, number: int, language: Language) -> ShotDraft:
    move, framing = list(CameraMove)[number % len(CameraMove)], list(Framing)[number % len(Framing)]
    return ShotDraft(
        title=text[:24],
        description=text,
        narration=text,
        prompt=text,
        camera=move.word(language),
        framing=framing.word(language),
        transition="none",
        voice=Mood.CALM.word(language),
        bgm=Mood.CALM.word(language),
        seconds=4.0,
    )


# -- media ---------------------------------------------------------------------------------------------------------------------


def png(width: int, height: int, colour: bytes) -> bytes:
    """One colour (three bytes, RGB), width × height pixels (https://www.w3.org/TR/png-3/)."""
    # One bit a pixel and a palette of one colour: a 720p picture has 115 KB before compression and few hundred bytes after.
    header = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    rows = (b"\0" + bytes((width + 7) // 8)) * height
    chunks = ((b"IHDR", header), (b"PLTE", colour), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    body = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def marked_wav(seconds: float, request: Request) -> bytes:
    """Silence, 24 kHz mono 16 bit, with the request's digest as a comment (a RIFF INFO list)."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as audio:
        audio.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        audio.writeframes(bytes(2 * round(seconds * SAMPLE_RATE)))
    comment = recipes.request_digest(request).encode()
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(comment)) + comment
    body = buffer.getvalue()[8:] + b"LIST" + struct.pack("<I", len(info)) + info
    return b"RIFF" + struct.pack("<I", len(body)) + body


def marked_mp4(mp4: bytes, request: Request) -> bytes:
    """The same film with the request's digest in a `free` box at its end, which players skip (ISO/IEC 14496-12, 8.1.2)."""
    mark = recipes.request_digest(request).encode()
    return mp4 + struct.pack(">I", len(mark) + 8) + b"free" + mark


def black_mp4() -> bytes:
    """One second of black, H.264, 16 × 16 pixels. Raises EngineFailed."""
    with tempfile.TemporaryDirectory(prefix="storyreel-blank-") as folder:
        path = Path(folder) / "black.mp4"
        source = ("-f", "lavfi", "-i", "color=black:size=16x16:rate=4:duration=1")
        encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1", "-movflags", "+faststart")
        _ffmpeg((*source, *encoder, "-y", str(path)))
        return path.read_bytes()


def _ffmpeg(arguments: Sequence[str]) -> None:
    command = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineFailed("ENGINE_FAILED", engine="blank", problem=done.stderr.strip()[-300:])


def _write(job: Job, name: str, data: bytes, content_type: str) -> MadeFile:
    path = job.folder / name
    path.write_bytes(data)
    return MadeFile(path, content_type)
