"""The film engine on tiny clips: exact frames, visible subtitles, seamless joins, one loudness."""

import itertools
import re
import subprocess
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
from services.core.requests import Cue, FilmLine, FilmPiece, FilmRequest, SegmentRequest
from services.model_service.engines.film import process
from services.model_service.engines.film.ffmpeg import Ffmpeg
from tests.film_desk import FFMPEG, FPS, HEIGHT, WIDTH, Desk, Picture, ffmpeg, lavfi, pictures


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips and voices that the tests use, made once."""
    folder = tmp_path_factory.mktemp("media")
    lavfi(folder / "grey", f"color=c=0x808080:s={WIDTH}x{HEIGHT}:r={FPS}:d=1.5")
    lavfi(folder / "count", f"testsrc=s={WIDTH}x{HEIGHT}:r={FPS}:d=1.5")
    lavfi(folder / "tall30", "testsrc=s=240x320:r=30:d=0.5")
    lavfi(folder / "big12", "color=c=0xA04020:s=640x400:r=12:d=1")
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "aevalsrc='0.2*sin(2*PI*200*t)*(0.6+0.4*sin(2*PI*4*t))':s=24000:d=1",
        "-f",
        "wav",
        str(folder / "voice"),
    )
    (folder / "garbage").write_bytes(b"this is no film" * 100)
    return folder


@pytest.fixture
def desk(tmp_path: Path, shelf: Path) -> Desk:
    return Desk(tmp_path, shelf)


@pytest.fixture(scope="module")
def engine() -> Ffmpeg:
    made = Ffmpeg()
    made.load()
    return made


def ask(clip: str = "grey", frames: int = 24, **fields: Any) -> SegmentRequest:
    shape = {"fps": FPS, "width": WIDTH, "height": HEIGHT} | fields
    return SegmentRequest(clip=Digest(clip), frames=frames, **shape)


def segment(engine: Ffmpeg, desk: Desk, request: SegmentRequest) -> list[Picture]:
    output = engine.run(request, desk)
    assert output.files["video"].content_type == "video/mp4"
    assert output.meta["frames"] == request.frames
    shown = pictures(output.files["video"].path)
    assert len(shown) == request.frames
    assert shown[0].shape == (request.height, request.width)
    return shown


# -- segments ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [1, 7, 24, 60])
def test_a_segment_has_exactly_the_frames_asked_for(engine: Ffmpeg, desk: Desk, frames: int) -> None:
    shown = segment(engine, desk, ask("count", frames))
    if frames == 60:  # the clip has 36: its last frame is held
        assert np.abs(shown[59] - shown[36]).mean() < 1.0
        assert np.abs(shown[59] - shown[0]).mean() > 1.0


@pytest.mark.parametrize(("clip", "bars"), [("tall30", True), ("big12", False)])
def test_a_clip_of_another_size_and_rate_is_fitted(engine: Ffmpeg, desk: Desk, clip: str, bars: bool) -> None:
    shown = segment(engine, desk, ask(clip, 24))
    left = shown[10][:, :20].mean()
    assert bool(left < 20) is bars, "a tall clip stands between black bars, one of nearly the same shape fills the frame"
    assert shown[10][:, WIDTH // 2].mean() > 40


def test_a_clip_in_the_older_colours_looks_the_same_in_the_film(engine: Ffmpeg, desk: Desk, shelf: Path) -> None:
    colour = (160, 64, 32)
    graph = f"color=c=0xA04020:s={WIDTH}x{HEIGHT}:r={FPS}:d=1,scale=out_color_matrix=bt601,format=yuv420p"
    told = ("-colorspace", "smpte170m", "-c:v", "libx264", "-crf", "10", "-f", "mp4")
    ffmpeg("-f", "lavfi", "-i", graph, *told, str(shelf / "older"))
    video = engine.run(ask("older", frames=4), desk).files["video"].path
    raw = ("-vf", "scale=in_color_matrix=bt709,format=rgb24", "-frames:v", "1", "-f", "rawvideo", str(desk.folder / "rgb"))
    ffmpeg("-i", str(video), *raw)
    shown = np.fromfile(desk.folder / "rgb", np.uint8).reshape(HEIGHT, WIDTH, 3).mean((0, 1))
    assert shown == pytest.approx(colour, abs=5)


def test_subtitles_are_seen_while_their_cue_lasts(engine: Ffmpeg, desk: Desk) -> None:
    shown = segment(engine, desk, ask(cues=(Cue("他踏入荒城\nneon", 0.25, 0.75),)))
    plain, with_text = shown[2], shown[12]
    band = slice(HEIGHT * 2 // 3, HEIGHT)
    assert np.ptp(plain[band]) < 10
    assert with_text[band].max() > 220, "white letters"
    assert with_text[band].min() < 60, "dark outline"
    assert np.ptp(with_text[: HEIGHT // 2]) < 10, "nothing above the band"
    assert np.ptp(shown[20][band]) < 10, "gone after its end"


def test_chinese_is_drawn_with_its_own_glyphs(engine: Ffmpeg, desk: Desk) -> None:
    """Missing glyphs would all be the same box; and a character that no font has shows what that box looks like."""

    def drawn(text: str) -> Picture:
        return segment(engine, desk, ask(frames=2, cues=(Cue(text, 0.0, 1.0),)))[1][HEIGHT * 2 // 3 :]

    heaven, earth, absent = drawn("天"), drawn("地"), drawn("\U000e1234")
    assert np.abs(heaven - earth).max() > 100
    assert np.abs(heaven - absent).max() > 100
    ink = np.flatnonzero((np.abs(heaven - np.median(heaven)) > 30).any(axis=0))
    assert 6 <= ink[-1] - ink[0] <= 16, "about one em of 5.5 % of the height"


def test_what_a_subtitle_says_is_never_taken_as_a_command(engine: Ffmpeg, desk: Desk) -> None:
    shown = segment(engine, desk, ask(frames=2, cues=(Cue("{\\an8}\\N{\\pos(0,0)}", 0.0, 1.0),)))
    assert np.ptp(shown[1][: HEIGHT // 2]) < 10
    assert shown[1][HEIGHT * 2 // 3 :].max() > 200


def test_the_first_segment_comes_from_black(engine: Ffmpeg, desk: Desk) -> None:
    shown = segment(engine, desk, ask(fade_in=True))
    assert shown[0].mean() < 20
    levels = [picture.mean() for picture in shown[:12]]
    assert levels == sorted(levels)
    assert shown[12].mean() == pytest.approx(shown[20].mean(), abs=1)


def test_a_segment_begins_with_the_frame_it_is_asked_for(engine: Ffmpeg, desk: Desk, shelf: Path) -> None:
    shown = segment(engine, desk, ask("count", 12, start=9))
    clip = pictures(shelf / "count")
    nearest = [min(range(len(clip)), key=lambda number: np.abs(clip[number] - picture).mean()) for picture in shown]
    assert nearest == list(range(9, 21))


def test_the_last_segment_fades_out(engine: Ffmpeg, desk: Desk) -> None:
    shown = segment(engine, desk, ask(frames=36, fade_out=True))
    assert shown[10].mean() > 110
    assert shown[-1].mean() < 30
    levels = [picture.mean() for picture in shown[20:]]
    assert levels == sorted(levels, reverse=True)


def test_equal_requests_give_equal_bytes(engine: Ffmpeg, desk: Desk) -> None:
    request = ask("count", 12, cues=(Cue("雨", 0.0, 0.5),))
    first = engine.run(request, desk).files["video"].path.read_bytes()
    assert engine.run(request, desk).files["video"].path.read_bytes() == first
    assert first.index(b"moov") < first.index(b"mdat")


def test_progress_grows_to_the_end(engine: Ffmpeg, desk: Desk) -> None:
    segment(engine, desk, ask("count", 36))
    assert desk.fractions == sorted(desk.fractions)
    assert desk.fractions[-1] == 1.0


@pytest.mark.parametrize("clip", ["garbage", "voice"])
def test_what_is_no_clip_is_named(engine: Ffmpeg, desk: Desk, clip: str) -> None:
    with pytest.raises(EngineFailed) as caught:
        engine.run(ask(clip), desk)
    assert caught.value.reason == "MEDIA_UNREADABLE"
    assert clip in str(caught.value)


def test_cancel_ends_ffmpeg_within_half_a_second(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []

    class Seen(subprocess.Popen):  # type: ignore[type-arg]  # only remembered
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Seen)
    frames: list[int] = []

    def report(frame: int) -> None:
        frames.append(frame)
        desk.cancelled.set()

    endless = ["-re", "-f", "lavfi", "-i", "testsrc=s=64x64:r=10", "-f", "null", "-"]
    with pytest.raises(Cancelled):
        process.run(FFMPEG, endless, desk, frames=10**9, report=report)
    assert frames, "it had begun"
    (ended,) = started
    assert ended.returncode is not None, "it was waited for: no orphan, no zombie"


def test_what_ffmpeg_said_is_told(desk: Desk) -> None:
    with pytest.raises(EngineFailed, match="no-such-file"):
        process.run(FFMPEG, ["-i", "no-such-file.mp4", "-f", "null", "-"], desk, frames=1, report=lambda _frame: None)


def test_an_ffmpeg_that_is_not_there_is_told_when_loading() -> None:
    with pytest.raises(EngineFailed) as caught:
        Ffmpeg(Path("/nonexistent/ffmpeg")).load()
    assert caught.value.reason == "ENGINE_NOT_INSTALLED"


# -- films ---------------------------------------------------------------------------------------------------------------------

LENGTHS = (24, 31, 12)


@pytest.fixture(scope="module")
def segments(engine: Ffmpeg, shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """Three segments of a running counter, of odd lengths."""
    for number, frames in enumerate(LENGTHS):
        desk = Desk(tmp_path_factory.mktemp("segment"), shelf)
        engine.run(ask("count", frames), desk).files["video"].path.rename(shelf / f"segment{number}")
    return [f"segment{number}" for number in range(len(LENGTHS))]


def film_of(segments: Sequence[str], *, voices: Sequence[int] = (0, 1), **fields: Any) -> FilmRequest:
    starts = list(itertools.accumulate(LENGTHS, initial=0))
    lines = tuple(
        FilmLine(start=starts[number], speech=Digest("voice"), speech_start=0.1, cues=(Cue(f"第{number}句", 0.1, 0.45),))
        for number in voices
    )
    shape: dict[str, Any] = {"title": "荒城 “A”", "language": Language.ZH, "fps": FPS, "width": WIDTH, "height": HEIGHT} | fields
    pieces = tuple(FilmPiece(video=Digest(name), frames=LENGTHS[number]) for number, name in enumerate(segments))
    return FilmRequest(pieces=pieces, lines=lines, **shape)


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP, as ffmpeg measures them."""
    told = ffmpeg("-i", str(path), "-map", "0:a", "-af", "ebur128=peak=true", "-f", "null", "-")
    summary = told[told.rindex("Summary:") :]
    found = [re.search(pattern, summary) for pattern in (r"I:\s+(-?[\d.]+) LUFS", r"Peak:\s+(-?[\d.inf]+) dBFS")]
    return tuple(float(match[1]) for match in found if match)  # type: ignore[return-value]  # two numbers


def test_a_film_joins_every_frame_once_without_a_seam(engine: Ffmpeg, desk: Desk, segments: Sequence[str], shelf: Path) -> None:
    output = engine.run(film_of(segments, music="calm"), desk)
    film = output.files["video"].path
    expected = [picture for name in segments for picture in pictures(shelf / name)]
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
        assert lengths == pytest.approx([sum(LENGTHS) / FPS] * 2, abs=1 / FPS)
    assert output.meta["seconds"] == pytest.approx(sum(LENGTHS) / FPS, abs=0.001)
    data = film.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it plays before it has come whole"
    assert desk.fractions == sorted(desk.fractions)


def test_subtitles_count_from_the_start_of_the_film(engine: Ffmpeg, desk: Desk, segments: Sequence[str]) -> None:
    output = engine.run(film_of(segments), desk)
    assert output.files["subtitles"].path.read_text(encoding="utf-8") == (
        "1\n00:00:00,100 --> 00:00:00,450\n第0句\n\n2\n00:00:01,100 --> 00:00:01,450\n第1句\n"
    )


@pytest.mark.parametrize(("voices", "music"), [((0, 1), ""), ((0, 1), "epic"), ((), "nostalgic")])
def test_every_film_is_equally_loud(engine: Ffmpeg, desk: Desk, segments: Sequence[str], voices: Sequence[int], music: str) -> None:
    film = engine.run(film_of(segments, voices=voices, music=music), desk).files["video"].path
    integrated, peak = loudness(film)
    assert integrated == pytest.approx(-16, abs=1.5)
    assert peak <= -1.0


def test_a_film_without_sound_is_silent_and_whole(engine: Ffmpeg, desk: Desk, segments: Sequence[str]) -> None:
    output = engine.run(film_of(segments, voices=()), desk)
    with av.open(str(output.files["video"].path)) as container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert not heard.any()
    assert abs(heard.shape[1] - sum(LENGTHS) / FPS * 48_000) <= 48_000 / FPS


def test_a_voice_is_heard_where_its_shot_says(engine: Ffmpeg, desk: Desk, segments: Sequence[str]) -> None:
    film = engine.run(film_of(segments, voices=(1,)), desk).files["video"].path
    with av.open(str(film)) as container:
        heard = np.abs(np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)).max(axis=0)
    begins = np.flatnonzero(heard > 0.05)[0] / 48_000
    assert begins == pytest.approx(LENGTHS[0] / FPS + 0.1, abs=0.03)


def test_the_cover_is_the_given_picture_or_a_frame(engine: Ffmpeg, desk: Desk, segments: Sequence[str], shelf: Path) -> None:
    Image.new("RGB", (32, 18), (10, 200, 30)).save(shelf / "picture", format="JPEG")
    given = engine.run(film_of(segments, cover=Digest("picture")), desk).files["cover"]
    assert given.content_type == "image/jpeg"
    assert given.path.read_bytes() == (shelf / "picture").read_bytes()
    taken = engine.run(film_of(segments), desk).files["cover"]
    assert taken.content_type == "image/png"
    with Image.open(taken.path) as picture:
        assert picture.size == (WIDTH, HEIGHT)


def test_a_segment_of_another_length_is_refused(engine: Ffmpeg, desk: Desk, segments: Sequence[str]) -> None:
    with pytest.raises(EngineFailed, match="24 frames, not 31"):
        engine.run(film_of([segments[0], segments[0], segments[2]]), desk)


def test_a_segment_encoded_otherwise_is_refused(engine: Ffmpeg, desk: Desk, segments: Sequence[str]) -> None:
    with pytest.raises(EngineFailed, match="unlike the film's first"):
        engine.run(film_of([segments[0], "grey", segments[2]]), desk)


def test_a_cancelled_film_stops(engine: Ffmpeg, desk: Desk, segments: Sequence[str]) -> None:
    desk.cancelled.set()
    with pytest.raises(Cancelled):
        engine.run(film_of(segments), desk)


def test_the_engine_says_what_encodes() -> None:
    identity = Ffmpeg().identity
    assert (identity.name, identity.version) == ("ffmpeg", "2")
    assert "x264-ultrafast-cabac-crf21" in identity.revision
