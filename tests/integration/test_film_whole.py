"""A whole film of many pieces: every voice at its picture, nothing black, frozen or torn, the sound as long as the picture."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from services.core import cutting
from services.core.model import Digest, Language
from services.core.requests import (
    Cue,
    FilmLine,
    FilmPiece,
    FilmRequest,
    SegmentRequest,
    SoundtrackRequest,
    SoundtrackVoice,
    TransitionRequest,
)
from services.core.vocabulary import Transition
from services.model_service.engines.film.ffmpeg import Ffmpeg
from tests import film_checks
from tests.film_desk import FPS, Desk, ffmpeg, heard, lavfi

WIDTH, HEIGHT = 96, 64
SHOTS = 21
"""With as many transitions less one, that is 41 pieces."""
CLIP = 29
"""Frames of a shot: not a whole number of anything."""
OVERLAP = 5
_SHAPE: dict[str, Any] = {"fps": FPS, "width": WIDTH, "height": HEIGHT}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A moving clip whose tenth frame is white, and a voice that begins with a click."""
    folder = tmp_path_factory.mktemp("media")
    flash = "drawbox=c=white:t=fill:enable='eq(n,10)'"
    lavfi(folder / "clip", f"testsrc2=s={WIDTH}x{HEIGHT}:r={FPS}:d={CLIP / FPS + 0.2:.3f},lutyuv=y=16+val*0.5,{flash}")
    click = "0.6*lt(t,0.004)+0.15*sin(2*PI*300*t)"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{click}':s=24000:d=0.4", "-f", "wav", str(folder / "voice"))
    return folder


@pytest.fixture(scope="module")
def request_of_all(engine: Ffmpeg, shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> FilmRequest:
    """The film's request, its pieces made: the first and the last shot, one between, and one transition, each used again."""
    alone = CLIP - 2 * OVERLAP
    desk = Desk(tmp_path_factory.mktemp("piece"), shelf)

    def put(name: str, request: SegmentRequest | TransitionRequest) -> FilmPiece:
        return FilmPiece(video=desk.shelve(engine.run(request, desk).files["video"], name), frames=request.frames)

    clip = Digest("clip")
    first = put("first", SegmentRequest(clip=clip, frames=CLIP - OVERLAP, **_SHAPE))
    between = put("between", SegmentRequest(clip=clip, start=OVERLAP, frames=alone, **_SHAPE))
    last = put("last", SegmentRequest(clip=clip, start=OVERLAP, frames=CLIP - OVERLAP, **_SHAPE))
    over = put(
        "over", TransitionRequest(transition="dissolve", before=clip, start=CLIP - OVERLAP, after=clip, frames=OVERLAP, **_SHAPE)
    )
    segments = [first, *[between] * (SHOTS - 2), last]
    pieces = [piece for pair in itertools.zip_longest(segments, [over] * (SHOTS - 1)) for piece in pair if piece]
    cuts = cutting.cuts([Transition.DISSOLVE] * SHOTS, FPS)
    assert len(cuts) == SHOTS
    starts = [number * (CLIP - OVERLAP) for number in range(SHOTS)]
    sound = SoundtrackRequest(
        title="Clicks",
        frames=sum(piece.frames for piece in pieces),
        fps=FPS,
        voices=tuple(SoundtrackVoice(start=start, speech=Digest("voice"), speech_start=10 / FPS) for start in starts),
    )
    return FilmRequest(
        title="Clicks",
        language=Language.EN,
        pieces=tuple(pieces),
        soundtrack=desk.shelve(engine.run(sound, desk).files["audio"], "soundtrack"),
        lines=tuple(FilmLine(start=start, cues=(Cue("click", 10 / FPS, 0.7),)) for start in starts),
        soft_subtitles=True,
        **_SHAPE,
    )


def test_no_voice_drifts_from_its_picture(engine: Ffmpeg, desk: Desk, request_of_all: FilmRequest) -> None:
    film = engine.run(request_of_all, desk).files["video"].path
    with av.open(str(film)) as container:
        white = [
            float((frame.pts or 0) * (frame.time_base or 0))
            for frame in container.decode(video=0)
            if frame.to_ndarray(format="gray").mean() > 225
        ]
    sound = heard(film)[0]
    loud = np.flatnonzero(np.abs(sound) > 0.5 * np.abs(sound).max()) / 48_000
    clicks = [loud[0], *[later for earlier, later in itertools.pairwise(loud) if later - earlier > 0.2]]
    assert len(white) == len(clicks) == SHOTS
    drift = np.abs(np.array(white) - np.array(clicks))
    assert drift.max() < 0.04, f"{drift.max() * 1000:.0f} ms"


def test_the_film_is_sound(engine: Ffmpeg, desk: Desk, request_of_all: FilmRequest) -> None:
    output = engine.run(request_of_all, desk)
    facts = film_checks.measure(output.files["video"].path)
    assert len(facts.torn) == SHOTS, "the white frames, which are no fault here"
    assert film_checks.problems(replace(facts, torn=())) == []
    assert facts.frames == SHOTS * CLIP - (SHOTS - 1) * OVERLAP


def test_subtitles_are_given_in_every_form(engine: Ffmpeg, desk: Desk, request_of_all: FilmRequest) -> None:
    files = engine.run(request_of_all, desk).files
    assert files["captions"].content_type == "text/vtt"
    assert files["captions"].path.read_text().startswith("WEBVTT\n\n00:00:00.417 --> 00:00:00.700\nclick\n")
    with av.open(str(files["video"].path)) as container:
        (track,) = container.streams.subtitles
        assert track.codec_context.name == "mov_text"
        assert track.metadata["language"] == "eng"
        packets = [packet for packet in container.demux(track) if packet.size > 2]
        assert len(packets) == SHOTS
        starts = [float((packet.pts or 0) * (packet.time_base or 0)) for packet in packets]
    assert starts == pytest.approx([number * (CLIP - OVERLAP) / FPS + 10 / FPS for number in range(SHOTS)], abs=0.002)
    assert bytes(packets[0])[2:7] == b"click"


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the high-water mark is read and reset through Linux's /proc"
)
def test_memory_does_not_grow_with_the_film(engine: Ffmpeg, desk: Desk, request_of_all: FilmRequest) -> None:
    """Four times as long, and hardly more memory."""

    def peak(times: int) -> int:
        """Bytes above what the process had before the film was begun, native code's among them."""
        pieces = request_of_all.pieces[1:-1] * times
        sound = SoundtrackRequest(title="Long", frames=sum(piece.frames for piece in pieces), fps=FPS, music="epic")
        Path("/proc/self/clear_refs").write_text("5")
        before = _memory("VmRSS")
        soundtrack = desk.shelve(engine.run(sound, desk).files["audio"], "long")
        longer = FilmRequest(title="Long", language=Language.EN, pieces=pieces, soundtrack=soundtrack, lines=(), **_SHAPE)
        engine.run(longer, desk)
        return _memory("VmHWM") - before

    peak(1)  # what is imported and cached once
    short, long = peak(1), peak(4)
    assert long < short * 1.15 + 20_000_000


def _memory(name: str) -> int:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize(
    ("graph", "problem"),
    [
        ("color=c=black:s=96x64:r=24:d=1.5", "black"),
        ("color=c=gray:s=96x64:r=24:d=1.5", "frozen"),
        ("testsrc2=s=96x64:r=24:d=1.5,lutyuv=y='16+val/2',drawbox=c=white:t=fill:enable='eq(n,20)'", "fits neither"),
    ],
)
def test_the_checker_finds_what_is_wrong(tmp_path: Path, graph: str, problem: str) -> None:
    film = tmp_path / "film.mp4"
    sine = ("-f", "lavfi", "-i", "sine=r=48000:d=1.5,volume=-2.6dB")
    ffmpeg("-f", "lavfi", "-i", graph, *sine, "-pix_fmt", "yuv420p", "-shortest", "-c:v", "libx264", str(film))
    assert any(problem in told for told in film_checks.check(film))
    late = tmp_path / "late.mp4"
    ffmpeg("-i", str(film), "-f", "lavfi", "-i", "sine=r=48000:d=1", "-map", "0:v", "-map", "1:a", "-c:v", "copy", str(late))
    told = "\n".join(film_checks.check(late))
    assert "sound ends -0.5" in told
    assert "LUFS" in told
