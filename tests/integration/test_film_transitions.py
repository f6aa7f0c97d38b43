"""Transitions: exact frames that join their neighbours, each kind its own way from one clip to the next."""

import itertools
from pathlib import Path

import av
import numpy as np
import pytest

from services.core.errors import EngineFailed
from services.core.model import Digest
from services.core.requests import SegmentRequest, TransitionRequest
from services.core.vocabulary import OVERLAPPING, Transition
from services.model_service.engines.film import frames, probe
from services.model_service.engines.film.ffmpeg import Ffmpeg
from tests.film_desk import FPS, HEIGHT, WIDTH, Desk, Picture, lavfi, pictures

FRAMES = 12

THROUGH = (Transition.FADE, Transition.WHITE)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dark clip and a light one, both structured and moving, and two of other shapes and rates."""
    folder = tmp_path_factory.mktemp("media")
    size = f"s={WIDTH}x{HEIGHT}:r={FPS}:d=1.5"
    lavfi(folder / "dark", f"testsrc2={size},lutyuv=y=16+val*0.25:u=128:v=128")
    lavfi(folder / "light", f"testsrc2={size},hflip,lutyuv=y=150+val*0.3:u=128:v=128")
    lavfi(folder / "count", f"testsrc={size}")
    lavfi(folder / "tall30", "testsrc=s=240x320:r=30:d=1")
    return folder


def ask(
    kind: Transition | str,
    before: str = "dark",
    after: str = "light",
    *,
    start: int = 20,
    frames: int = FRAMES,
    draft: bool = False,
) -> TransitionRequest:
    return TransitionRequest(
        transition=str(kind),
        before=Digest(before),
        start=start,
        after=Digest(after),
        frames=frames,
        fps=FPS,
        width=WIDTH,
        height=HEIGHT,
        draft=draft,
    )


def made(engine: Ffmpeg, desk: Desk, request: TransitionRequest) -> list[Picture]:
    shown = pictures(engine.run(request, desk).files["video"].path)
    assert len(shown) == request.frames
    return shown


@pytest.mark.parametrize("kind", OVERLAPPING)
def test_a_transition_leads_from_one_clip_to_the_other(engine: Ffmpeg, desk: Desk, shelf: Path, kind: Transition) -> None:
    shown = made(engine, desk, ask(kind))
    before, after = pictures(shelf / "dark")[20:32], pictures(shelf / "light")[:12]
    away = [np.abs(picture - clip).mean() for picture, clip in zip(shown, before, strict=True)]
    to_go = [np.abs(picture - clip).mean() for picture, clip in zip(shown, after, strict=True)]
    far = np.abs(before[6] - after[6]).mean()
    assert away[0] < 0.15 * far, "its first frame is nearly the first clip"
    assert to_go[-1] < 0.15 * far, "its last frame is nearly the second one"
    assert shown[0].shape == (HEIGHT, WIDTH)
    steps = [np.abs(later - earlier).mean() for earlier, later in itertools.pairwise(shown)]
    assert min(steps) > 0.05, "no frame twice"
    assert max(steps) < (0.75 if kind in THROUGH else 0.45) * far, "no jump"
    if kind in THROUGH:
        middle = shown[5].mean(), shown[6].mean()
        assert max(middle) < 40 if kind is Transition.FADE else min(middle) > 230
    else:
        means = [picture.mean() for picture in shown]
        assert all(later > earlier - 1.0 for earlier, later in itertools.pairwise(means)), "no flash on its way"
        assert all(later > earlier - 2.0 for earlier, later in itertools.pairwise(away))


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_a_transition_has_exactly_the_frames_asked_for(engine: Ffmpeg, desk: Desk, frames: int) -> None:
    made(engine, desk, ask(Transition.DISSOLVE, frames=frames))


@pytest.mark.parametrize("start", [0, 13, 29])
def test_a_clip_is_read_from_exactly_the_frame_asked_for(shelf: Path, start: int) -> None:
    """It is entered at the nearest key frame, and frames are known by their times."""
    path, clip = shelf / "light", pictures(shelf / "light")
    shape = {"frames": 4, "fps": FPS, "width": WIDTH, "height": HEIGHT}
    read = list(frames.read(path, Digest("light"), probe.video(path, Digest("light")), start=start, **shape))
    # Planes run from 16 to 235, pictures from 0 to 255.
    grey = [(planes[0].astype(np.float64) - 16) * 255 / 219 for planes in read]
    nearest = [min(range(len(clip)), key=lambda number: np.abs(clip[number] - picture).mean()) for picture in grey]
    assert nearest == list(range(start, start + 4))


def test_a_clip_that_ends_too_early_is_held(engine: Ffmpeg, desk: Desk, shelf: Path) -> None:
    shown = made(engine, desk, ask(Transition.WIPE, "count", "light", start=60))
    assert np.abs(shown[0] - pictures(shelf / "count")[-1]).mean() < 4


def test_clips_of_other_sizes_and_rates_are_fitted(engine: Ffmpeg, desk: Desk) -> None:
    shown = made(engine, desk, ask(Transition.DISSOLVE, "tall30", "light", start=6))
    assert shown[0][:, :20].mean() < 25, "a tall clip stands between black bars"
    assert shown[-1][:, :20].mean() > 140


@pytest.mark.parametrize("draft", [False, True])
def test_segments_and_transitions_are_encoded_alike(engine: Ffmpeg, desk: Desk, draft: bool) -> None:
    def header(path: Path) -> bytes:
        with av.open(str(path)) as container:
            return container.streams.video[0].codec_context.extradata or b""

    headers = {header(engine.run(ask(kind, draft=draft), desk).files["video"].path) for kind in (Transition.WIPE, Transition.ZOOM)}
    for clip in ("dark", "tall30"):
        segment = SegmentRequest(clip=Digest(clip), frames=6, fps=FPS, width=WIDTH, height=HEIGHT, draft=draft)
        headers.add(header(engine.run(segment, desk).files["video"].path))
    assert len(headers) == 1


def test_equal_requests_give_equal_bytes(engine: Ffmpeg, desk: Desk) -> None:
    first = engine.run(ask(Transition.ZOOM), desk).files["video"].path.read_bytes()
    assert engine.run(ask(Transition.ZOOM), desk).files["video"].path.read_bytes() == first


def test_what_is_no_clip_is_named(engine: Ffmpeg, desk: Desk, shelf: Path) -> None:
    (shelf / "garbage").write_bytes(b"this is no film" * 100)
    for request in (ask(Transition.WIPE, "garbage"), ask(Transition.WIPE, after="garbage")):
        with pytest.raises(EngineFailed) as caught:
            engine.run(request, desk)
        assert caught.value.reason == "MEDIA_UNREADABLE"
        assert "garbage" in str(caught.value)


def test_an_unknown_transition_is_refused(engine: Ffmpeg, desk: Desk) -> None:
    with pytest.raises(EngineFailed, match="none"):
        engine.run(ask("none"), desk)
