"""The film engine on tiny clips: exact frames, visible subtitles."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.core.errors import Cancelled, EngineFailed
from services.core.model import Digest
from services.core.requests import Cue, SegmentRequest
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


def test_the_engine_says_what_encodes() -> None:
    identity = Ffmpeg().identity
    assert (identity.name, identity.version) == ("ffmpeg", "4")
    assert "x264-ultrafast-crf22" in identity.revision
