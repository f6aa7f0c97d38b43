"""The film engine in trouble: a full disk, somebody who no longer waits, media that are gone."""

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.core.errors import Cancelled, ResourceExhausted
from services.core.model import Digest, Language
from services.core.requests import CardRequest, FilmPiece, FilmRequest, SegmentRequest, SoundtrackRequest, TransitionRequest
from services.model_service.engines.film import process
from services.model_service.engines.film.ffmpeg import Ffmpeg
from tests.film_desk import FFMPEG, FPS, HEIGHT, WIDTH, Desk, lavfi

FULL = "/dev/full"
_SHAPE: dict[str, Any] = {"fps": FPS, "width": WIDTH, "height": HEIGHT}
LONG = 10_000


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    lavfi(folder / "clip", f"testsrc2=s={WIDTH}x{HEIGHT}:r={FPS}:d=1")
    return folder


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process that is started."""
    seen: list[subprocess.Popen[bytes]] = []

    class Seen(subprocess.Popen):  # type: ignore[type-arg]  # only remembered
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            seen.append(self)

    monkeypatch.setattr(subprocess, "Popen", Seen)
    return seen


def test_a_full_disk_is_told_by_what_ffmpeg_says(desk: Desk) -> None:
    endless = ["-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=60", "-f", "rawvideo", FULL]
    with pytest.raises(ResourceExhausted) as caught:
        process.run(FFMPEG, endless, desk, frames=600, report=lambda _frame: None)
    assert caught.value.reason == "STORAGE_FULL"


def test_a_full_disk_ends_the_feeding_of_frames(desk: Desk) -> None:
    def frames() -> Iterator[bytes]:
        while True:
            yield b"\x80" * (64 * 64 * 3 // 2)

    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "64x64", "-i", "pipe:0", "-f", "rawvideo", FULL]
    with pytest.raises(ResourceExhausted):
        process.feed(FFMPEG, raw, desk, frames())


def test_a_full_disk_is_told_while_a_film_is_joined(engine: Ffmpeg, desk: Desk) -> None:
    made = engine.run(SegmentRequest(clip=Digest("clip"), frames=24, **_SHAPE), desk)
    pieces = (FilmPiece(video=desk.shelve(made.files["video"], "piece"), frames=24),) * 20
    made = engine.run(SoundtrackRequest(title="x", frames=480, fps=FPS), desk)
    soundtrack = desk.shelve(made.files["audio"], "soundtrack")
    (desk.folder / "film.mp4").symlink_to(FULL)
    with pytest.raises(ResourceExhausted) as caught:
        engine.run(FilmRequest(title="x", language=Language.EN, pieces=pieces, soundtrack=soundtrack, lines=(), **_SHAPE), desk)
    assert caught.value.reason == "STORAGE_FULL"


def test_a_full_disk_is_told_while_a_soundtrack_is_written(engine: Ffmpeg, desk: Desk) -> None:
    (desk.folder / "soundtrack.m4a").symlink_to(FULL)
    with pytest.raises(ResourceExhausted) as caught:
        engine.run(SoundtrackRequest(title="x", frames=480, fps=FPS, music="calm"), desk)
    assert caught.value.reason == "STORAGE_FULL"


@pytest.mark.parametrize(
    "request_",
    [
        CardRequest(card="title", text="A", language=Language.EN, style="movie", frames=LONG, **_SHAPE),
        SegmentRequest(clip=Digest("clip"), frames=LONG, **_SHAPE),
        TransitionRequest(transition="blur", before=Digest("clip"), start=0, after=Digest("clip"), frames=LONG, **_SHAPE),
        SoundtrackRequest(title="x", frames=LONG, fps=FPS),
        SoundtrackRequest(title="x", frames=LONG, fps=FPS, music="epic"),
    ],
    ids=lambda request: request.kind,
)
def test_whoever_no_longer_waits_is_let_go_within_a_second(
    engine: Ffmpeg, desk: Desk, started: list[subprocess.Popen[bytes]], request_: Any
) -> None:
    under_way = threading.Event()
    told = desk.progress

    def progress(fraction: float, stage: str = "") -> None:
        told(fraction, stage)
        under_way.set()

    desk.progress = progress  # type: ignore[method-assign]  # to see the first sign of life
    ended: list[float] = []

    def run() -> None:
        with pytest.raises(Cancelled):
            engine.run(request_, desk)
        ended.append(time.monotonic())

    runner = threading.Thread(target=run)
    runner.start()
    assert under_way.wait(30)
    cancelled = time.monotonic()
    desk.cancelled.set()
    runner.join(10)
    assert ended
    assert ended[0] - cancelled < 1.0
    assert all(process.returncode is not None for process in started), "no orphan, no zombie"
