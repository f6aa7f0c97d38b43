"""Films joined of segments and a soundtrack: every frame and every sound once, without a seam, and nothing else accepted."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from services.core.errors import Cancelled, EngineFailed
from services.core.model import Digest, Language
from services.core.requests import Cue, FilmLine, FilmPiece, FilmRequest, SegmentRequest, SoundtrackRequest
from services.model_service.engines.film.ffmpeg import Ffmpeg
from services.model_service.engines.film.loudness import RATE
from tests.film_desk import FPS, HEIGHT, WIDTH, Desk, ffmpeg, heard, lavfi, pictures

LENGTHS = (24, 31, 12)
"""Frames of the three segments: no whole number of seconds, nor of the encoder's blocks of sound."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, engine: Ffmpeg) -> Path:
    """Three segments of a running counter, a soundtrack with a voice in it, and what is none."""
    folder = tmp_path_factory.mktemp("media")
    desk = Desk(tmp_path_factory.mktemp("making"), folder)
    size = f"s={WIDTH}x{HEIGHT}:r={FPS}:d=1.5"
    lavfi(folder / "count", f"testsrc={size}")
    lavfi(folder / "grey", f"color=c=0x808080:{size}")
    for number, frames in enumerate(LENGTHS):
        request = SegmentRequest(clip=Digest("count"), frames=frames, fps=FPS, width=WIDTH, height=HEIGHT)
        desk.shelve(engine.run(request, desk).files["video"], f"segment{number}")
    for name, frames in (("soundtrack", sum(LENGTHS)), ("shorter", sum(LENGTHS) - 1)):
        request_ = SoundtrackRequest(title="荒城", frames=frames, fps=FPS, music="calm")
        desk.shelve(engine.run(request_, desk).files["audio"], name)
    tone = ("-f", "lavfi", "-i", f"sine=r={RATE}:d={sum(LENGTHS) / FPS}")
    ffmpeg(*tone, "-c:a", "aac", "-ac", "1", "-f", "mp4", str(folder / "mono"))
    ffmpeg(*tone, "-c:a", "flac", "-ac", "2", "-f", "mp4", "-strict", "-2", str(folder / "flac"))
    ffmpeg(*tone, "-f", "wav", str(folder / "wave"))
    (folder / "garbage").write_bytes(b"this is no sound" * 100)
    return folder


def film_of(segments: Sequence[str] = ("segment0", "segment1", "segment2"), **fields: Any) -> FilmRequest:
    starts = list(itertools.accumulate(LENGTHS, initial=0))
    lines = tuple(FilmLine(start=starts[number], cues=(Cue(f"第{number}句", 0.1, 0.45),)) for number in (0, 1))
    pieces = tuple(FilmPiece(video=Digest(name), frames=LENGTHS[number]) for number, name in enumerate(segments))
    shape: dict[str, Any] = {"title": "荒城 “A”", "language": Language.ZH, "soundtrack": Digest("soundtrack"), "fps": FPS} | fields
    return FilmRequest(pieces=pieces, lines=lines, width=WIDTH, height=HEIGHT, **shape)


def test_a_film_joins_every_frame_once_without_a_seam(engine: Ffmpeg, desk: Desk, shelf: Path) -> None:
    output = engine.run(film_of(), desk)
    film = output.files["video"].path
    expected = [picture for number in range(len(LENGTHS)) for picture in pictures(shelf / f"segment{number}")]
    shown = pictures(film)
    assert len(shown) == sum(LENGTHS)
    assert all(np.array_equal(a, b) for a, b in zip(shown, expected, strict=True))
    with av.open(str(film)) as container:
        times = sorted(
            packet.pts * packet.time_base for packet in container.demux(video=0) if packet.pts is not None and packet.time_base
        )
        assert times == [Fraction(number, FPS) for number in range(sum(LENGTHS))]
        assert container.metadata["title"] == "荒城 “A”"
        video, audio = container.streams
        assert video.metadata["language"] == audio.metadata["language"] == "zho"
        lengths = [float((stream.duration or 0) * (stream.time_base or 0)) for stream in (video, audio)]
        assert lengths == pytest.approx([sum(LENGTHS) / FPS] * 2, abs=1 / RATE)
    assert output.meta["seconds"] == pytest.approx(sum(LENGTHS) / FPS, abs=0.001)
    data = film.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it plays before it has come whole"
    assert desk.fractions == sorted(desk.fractions)


def test_a_films_sound_is_the_soundtracks_bit_for_bit(engine: Ffmpeg, desk: Desk, shelf: Path) -> None:
    film = engine.run(film_of(soft_subtitles=True), desk).files["video"].path

    def packets(path: Path) -> list[tuple[int | None, bytes]]:
        with av.open(str(path)) as container:
            return [(packet.pts, bytes(packet)) for packet in container.demux(audio=0) if packet.size]

    assert packets(film) == packets(shelf / "soundtrack")
    assert np.array_equal(heard(film), heard(shelf / "soundtrack"))
    assert heard(film).any()


def test_sound_and_picture_begin_together(engine: Ffmpeg, desk: Desk) -> None:
    """A player starts the sound behind the encoder's priming, at the first frame's time."""
    with av.open(str(engine.run(film_of(), desk).files["video"].path)) as container:
        first = next(container.demux(audio=0))
        assert (first.pts, container.streams.audio[0].start_time, container.streams.video[0].start_time) == (-1024, 0, 0)
    with av.open(str(engine.run(film_of(), desk).files["video"].path)) as container:
        assert next(container.decode(audio=0)).pts == 0


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("segment0", "it has no sound"),
        ("mono", "aac 48000 mono, not aac 48000 stereo"),
        ("flac", "flac 48000 stereo, not"),
        ("shorter", "it has 132000 samples, not 134000"),
        ("wave", "Invalid data"),
        ("garbage", "Invalid data"),
        ("missing", "No such file"),
    ],
)
def test_what_is_no_soundtrack_of_the_film_is_refused(engine: Ffmpeg, desk: Desk, name: str, problem: str) -> None:
    with pytest.raises(EngineFailed, match=problem) as caught:
        engine.run(film_of(soundtrack=Digest(name)), desk)
    assert (caught.value.reason, caught.value.params["digest"]) == ("MEDIA_UNREADABLE", name)


@pytest.mark.parametrize("name", ["garbage", "soundtrack"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_piece_that_cannot_be_read_is_named(engine: Ffmpeg, desk: Desk, name: str, place: int) -> None:
    segments = ["segment0", "segment1", "segment2"]
    segments[place] = name
    with pytest.raises(EngineFailed) as caught:
        engine.run(film_of(segments), desk)
    assert (caught.value.reason, caught.value.params["digest"]) == ("MEDIA_UNREADABLE", name)


def test_subtitles_count_from_the_start_of_the_film(engine: Ffmpeg, desk: Desk) -> None:
    output = engine.run(film_of(), desk)
    assert output.files["subtitles"].path.read_text(encoding="utf-8") == (
        "1\n00:00:00,100 --> 00:00:00,450\n第0句\n\n2\n00:00:01,100 --> 00:00:01,450\n第1句\n"
    )


def test_the_cover_is_the_given_picture_or_a_frame(engine: Ffmpeg, desk: Desk, shelf: Path) -> None:
    Image.new("RGB", (32, 18), (10, 200, 30)).save(shelf / "picture", format="JPEG")
    given = engine.run(film_of(cover=Digest("picture")), desk).files["cover"]
    assert given.content_type == "image/jpeg"
    assert given.path.read_bytes() == (shelf / "picture").read_bytes()
    taken = engine.run(film_of(), desk).files["cover"]
    assert taken.content_type == "image/png"
    with Image.open(taken.path) as picture:
        assert picture.size == (WIDTH, HEIGHT)


def test_a_segment_of_another_length_is_refused(engine: Ffmpeg, desk: Desk) -> None:
    with pytest.raises(EngineFailed, match="24 frames, not 31"):
        engine.run(film_of(["segment0", "segment0", "segment2"]), desk)


def test_a_segment_encoded_otherwise_is_refused(engine: Ffmpeg, desk: Desk) -> None:
    with pytest.raises(EngineFailed, match="unlike the film's first"):
        engine.run(film_of(["segment0", "grey", "segment2"]), desk)


def test_a_cancelled_film_stops(engine: Ffmpeg, desk: Desk) -> None:
    desk.cancelled.set()
    with pytest.raises(Cancelled):
        engine.run(film_of(), desk)
