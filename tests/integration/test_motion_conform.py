"""Any footage as the clip that was asked for: exact, smooth, cut to shape, and safe from files that are not what they seem."""

import errno
import math
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from services.core.errors import Cancelled, ResourceExhausted, Unavailable
from services.core.requests import ClipRequest
from services.model_service.engine import Output
from services.model_service.engines.clip.encoder import H264Writer
from services.model_service.engines.motion import footage
from services.model_service.engines.motion.conform import conform
from services.model_service.engines.motion.footage import Pixels
from tests.fixtures.engine_job import EngineJob

BASE = ClipRequest(keyframe={}, camera="", frames=24, fps=24, width=160, height=96, seed=0)
RED, GREEN, BLUE = (200, 30, 30), (30, 180, 40), (40, 50, 210)


def texture(width: int, height: int, seed: int, tint: tuple[float, float, float] = (1, 1, 1)) -> Pixels:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).integers(0, 255, (height, width), np.uint8), (0, 0), 5).astype(np.float32)
    light = (noise - noise.min()) / (noise.max() - noise.min()) * 200 + 30
    return np.asarray(light[..., None] * np.array(tint), np.uint8)


GROUND, BALL = texture(420, 160, 1, (0.6, 0.8, 0.5)), 255 - texture(64, 64, 2, (0.3, 0.4, 0.9))


def scene(time: float, *, width: int = 320, height: int = 160) -> Pixels:
    """A ball that crosses a ground that moves the other way: each uncovers what the other had hidden."""
    matrix = np.array([[1, 0, -5.0 * time], [0, 1, 0]])
    frame = cv2.warpAffine(GROUND, matrix, (width, height), flags=cv2.INTER_CUBIC)
    place = np.array([[1, 0, 30.0 + 9 * time], [0, 1, 40 + 8 * math.sin(time / 2)]])
    ball = cv2.warpAffine(BALL, place, (width, height), flags=cv2.INTER_CUBIC)
    disc = np.zeros((64, 64), np.float32)
    cv2.circle(disc, (32, 32), 28, 1.0, -1, cv2.LINE_AA)
    cover = cv2.warpAffine(disc, place, (width, height))[..., None]
    return np.asarray(frame * (1 - cover) + ball * cover, np.uint8)


def plain(colour: tuple[int, int, int], width: int = 160, height: int = 96) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)


def run(source: Path | Sequence[Pixels], request: ClipRequest, folder: Path, **changes: Any) -> Output:
    return conform(source, request, EngineJob(folder), **{"engine": "test", "meta": {}, **changes})


def frames_of(output: Output) -> list[Pixels]:
    with av.open(str(output.files["video"].path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == output.meta["fps"]
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(stream)]


def written(path: Path, pictures: Sequence[Pixels], fps: int = 24, codec: str = "libx264", **options: str) -> Path:
    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.height, stream.width, _ = pictures[0].shape
        stream.pix_fmt = "yuv420p"
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


# -- exact ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "fps", "width", "height"),
    [(37, 30, 72, 128), (1, 24, 160, 96), (50, 12, 96, 96), (95, 24, 200, 40), (120, 60, 64, 48)],
)
def test_a_clip_has_exactly_the_asked_frames_rate_and_size(frames: int, fps: int, width: int, height: int, tmp_path: Path) -> None:
    request = replace(BASE, frames=frames, fps=fps, width=width, height=height)
    output = run([scene(time) for time in range(9)], request, tmp_path, fps=7)
    shown = frames_of(output)
    assert len(shown) == frames
    assert {frame.shape for frame in shown} == {(height, width, 3)}
    assert (output.meta["frames"], output.meta["fps"], output.meta["width"], output.meta["height"]) == (frames, fps, width, height)
    assert output.meta["footage"] == {"frames": 9, "fps": 7.0, "width": 320, "height": 160}


def test_equal_footage_is_equal_bytes_from_frames_and_from_a_file(tmp_path: Path) -> None:
    pictures = [scene(time) for time in range(5)]
    film = written(tmp_path / "film.mp4", pictures, fps=5)
    for source in (pictures, film):
        made = [run(source, BASE, tmp_path / str(number), fps=5).files["video"].path.read_bytes() for number in range(2)]
        assert made[0] == made[1]


def test_a_file_of_the_asked_rate_and_size_comes_through_as_it_is(tmp_path: Path) -> None:
    pictures = [scene(time / 3, width=160, height=96) for time in range(30)]
    shown = frames_of(run(written(tmp_path / "film.mp4", pictures, crf="10"), BASE, tmp_path))
    assert min(cv2.PSNR(frame, picture) for frame, picture in zip(shown, pictures, strict=False)) > 33


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "libvpx-vp9"])
@pytest.mark.parametrize("colour", [RED, GREEN, BLUE])
def test_colours_stay_what_they_were(colour: tuple[int, int, int], codec: str, tmp_path: Path) -> None:
    source = written(tmp_path / ("film.webm" if codec == "libvpx-vp9" else "film.mp4"), [plain(colour)] * 6, codec=codec)
    for footage_ in ([plain(colour)] * 6, source):
        middle = frames_of(run(footage_, replace(BASE, frames=6), tmp_path))[3][48, 80]
        assert np.abs(middle.astype(int) - colour).max() <= 8


# -- between frames ------------------------------------------------------------------------------------------------------------


def test_frames_between_are_where_things_would_have_been(tmp_path: Path) -> None:
    truth = [scene(time / 4) for time in range(33)]
    shown = frames_of(run(truth[::4], replace(BASE, frames=33, fps=28, width=320, height=160), tmp_path, fps=7))
    between = [index for index in range(33) if index % 4]
    followed = [cv2.PSNR(shown[index], truth[index]) for index in between]
    crossfaded = [
        cv2.PSNR(
            cv2.addWeighted(truth[index // 4 * 4], 1 - index % 4 / 4, truth[index // 4 * 4 + 4], index % 4 / 4, 0), truth[index]
        )
        for index in between
    ]
    assert min(followed) > 34
    assert np.mean(followed) > np.mean(crossfaded) + 5


def test_across_a_cut_nothing_is_invented(tmp_path: Path) -> None:
    before, after = texture(160, 96, 5), texture(160, 96, 6)
    shown = frames_of(run([before] * 3 + [after] * 3, replace(BASE, frames=60), tmp_path, fps=2))
    for frame in shown:
        assert max(cv2.PSNR(frame, picture) for picture in (before, after)) > 28


def test_a_hold_goes_on_moving_without_a_jump(tmp_path: Path) -> None:
    output = run([scene(time) for time in range(8)], replace(BASE, frames=144), tmp_path, fps=7)
    assert any("held" in change for change in output.meta["changed"])
    shown = frames_of(output)
    moved = [float(cv2.absdiff(one, other).mean()) for one, other in pairwise(shown)]
    held = [sum(moved[start : start + 12]) for start in range(60, 132, 12)]
    assert min(held) > 0.5
    assert max(moved[60:]) < max(moved[:40])


# -- shape ---------------------------------------------------------------------------------------------------------------------


def test_another_shape_is_cut_around_the_middle_and_said_so(tmp_path: Path) -> None:
    picture = np.concatenate([plain(RED, 80), plain(GREEN, 96), plain(BLUE, 80)], axis=1)
    output = run([picture] * 2, replace(BASE, width=96, height=96), tmp_path)
    assert output.meta["changed"][-1] == "size: of 256×96, 62% are cut off at left and right"
    shown = frames_of(output)[0].astype(int)
    for column in (4, 48, 91):
        assert np.abs(shown[48, column] - GREEN).max() <= 12


@pytest.mark.parametrize(("degrees", "corner"), [(90, (0, 0)), (180, (1, 0)), (270, (1, 1))])
def test_a_turned_video_is_shown_upright(degrees: int, corner: tuple[int, int], tmp_path: Path) -> None:
    """A player turns it by so much against the clock; its red corner was on top at the right."""
    picture = plain(BLUE, 128, 64)
    picture[:32, 64:] = RED
    film = written(tmp_path / "film.mp4", [picture] * 4)
    turned = tmp_path / "turned.mp4"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    arguments = [ffmpeg, "-v", "error", "-display_rotation", str(degrees), "-i", str(film), "-c", "copy", str(turned)]
    subprocess.run(arguments, check=True, timeout=60)
    sides = (128, 64) if degrees == 180 else (64, 128)
    shown = frames_of(run(turned, replace(BASE, frames=2, width=sides[0], height=sides[1]), tmp_path))[0]
    corners = {(row, column): shown[10 if row == 0 else -10, 10 if column == 0 else -10] for row in (0, 1) for column in (0, 1)}
    reddest = max(corners, key=lambda place: int(corners[place][0]) - int(corners[place][2]))
    assert reddest == corner


# -- files that are not what they seem -----------------------------------------------------------------------------------------


def _whole(path: Path) -> Path:
    return written(path, [scene(time / 3) for time in range(48)], movflags="faststart")


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _page(path: Path) -> None:
    path.write_text("<html><body>502 Bad Gateway</body></html>")


def _list_of_addresses(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")


def _list_of_files(path: Path) -> None:
    other = _whole(path.with_name("other.mp4"))
    path.write_text(f"ffconcat version 1.0\nfile {other.name}\n")


def _sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=24_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 24_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 24_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _half(path: Path) -> None:
    data = _whole(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _torn(path: Path) -> None:
    data = bytearray(_whole(path).read_bytes())
    start = data.index(b"mdat") + 400
    data[start : len(data) - 400] = bytes(len(data) - 800 - start)
    path.write_bytes(bytes(data))


def _picture(path: Path) -> None:
    path.write_bytes(cv2.imencode(".png", scene(0))[1].tobytes())


@pytest.mark.parametrize(
    "hostile", [_nothing, _page, _list_of_addresses, _list_of_files, _sound, _half, _torn, _picture], ids=lambda make: make.__name__
)
def test_what_is_no_whole_video_is_refused_and_may_be_tried_again(hostile: Any, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    hostile(path)
    with pytest.raises(Unavailable) as refused:
        run(path, BASE, tmp_path / "job")
    assert refused.value.reason == "PEER_UNREADABLE"
    assert not list((tmp_path / "job").glob("video*"))


def test_absurd_sizes_and_lengths_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = _whole(tmp_path / "film.mp4")
    for limit, most in (("MOST_PIXELS", 320 * 160 - 1), ("MOST_FRAMES", 47), ("SMALLEST_SIDE", 161)):
        with monkeypatch.context() as patched:
            patched.setattr(footage, limit, most)
            with pytest.raises(Unavailable, match="video of"):
                run(film, BASE, tmp_path / "job")
    assert len(frames_of(run(film, BASE, tmp_path / "job"))) == 24


def test_a_file_that_is_not_there_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        run(tmp_path / "absent.mp4", BASE, tmp_path / "job")


# -- jobs ----------------------------------------------------------------------------------------------------------------------


def test_progress_rises_from_where_it_began_to_the_end(tmp_path: Path) -> None:
    job = EngineJob(tmp_path)
    conform([scene(time) for time in range(4)], BASE, job, engine="test", meta={}, begins=0.8)
    assert job.fractions == sorted(job.fractions)
    assert (job.fractions[0], job.fractions[-1]) == (0.8, 1.0)


@pytest.mark.parametrize("after", [1, 5, 40])
def test_a_cancel_ends_it_and_leaves_nothing(after: int, tmp_path: Path) -> None:
    film = _whole(tmp_path / "film.mp4")
    with pytest.raises(Cancelled):
        conform(film, BASE, EngineJob(tmp_path / "job", cancel_after=after), engine="test", meta={})
    assert not list((tmp_path / "job").iterdir())


def test_a_full_disk_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(H264Writer, "_encode", full)
    with pytest.raises(ResourceExhausted, match="full"):
        run([scene(0)] * 3, BASE, tmp_path)


def test_footage_is_taken_frame_by_frame(tmp_path: Path) -> None:
    """However long it is, two of its frames are held, and what lies beyond the clip's end is not even decoded."""
    film = written(tmp_path / "film.mp4", [scene(time / 9) for time in range(200)])
    looks = 0

    class Counting(EngineJob):
        def check(self) -> None:
            nonlocal looks
            looks += 1

    conform(film, BASE, Counting(tmp_path / "job"), engine="test", meta={})
    packets, frames, reports = 200, 24, 26
    assert looks <= packets + 2 * frames + reports


def test_what_was_changed_before_is_kept(tmp_path: Path) -> None:
    output = run([scene(0)] * 2, BASE, tmp_path, meta={"model": "m", "changed": ["prompt: ignored"]}, fps=1)
    assert output.meta["model"] == "m"
    assert output.meta["changed"][0] == "prompt: ignored"
