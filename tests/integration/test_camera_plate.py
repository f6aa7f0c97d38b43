"""The plate that stands for a clip's far layers: as good as drawing every layer in every frame, in any order."""

import gc
import weakref

import cv2
import numpy as np
import pytest

from services.core.vocabulary import CameraMove
from services.model_service.engines.clip import parallax
from services.model_service.engines.clip.grouping import Group, Share, best
from services.model_service.engines.clip.motion import path
from services.model_service.engines.clip.parallax import Renderer
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer

SIZE = (320, 180)
FPS, SECONDS = 24, 2.0


def layers() -> list[DepthLayer]:
    """Five layers full of detail, each but the first with an uneven upper edge."""
    chance = np.random.default_rng(2)
    made = []
    for index, depth in enumerate((0.0, 0.3, 0.5, 0.72, 0.82)):
        noise = chance.integers(0, 255, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
        pixels = np.full((SIZE[1], SIZE[0], 4), 255, np.uint8)
        pixels[..., :3] = cv2.GaussianBlur(noise, (0, 0), 1.6)
        edge = index * 34 + 8 * np.sin(np.arange(SIZE[0]) / 9)
        if index:
            pixels[np.arange(SIZE[1])[:, None] < edge[None, :]] = 0
        made.append(DepthLayer(f"layer {index}", depth, 0, 0, pixels))
    return made


def renderer(move: str) -> Renderer:
    _, pose_at = path(move, seed=1, strength=0.5, seconds=SECONDS)
    return Renderer(layers(), SIZE, SIZE, pose_at=pose_at, seconds=SECONDS, fps=FPS)


def drawn(made: Renderer, indices: list[int]) -> dict[int, tuple[Array, ...]]:
    frames: dict[int, tuple[Array, ...]] = {}
    for index in indices:
        frame = Planes.empty(*SIZE)
        made.draw(index, frame)
        frames[index] = (frame.luma, frame.blue, frame.red)
    return frames


@pytest.mark.parametrize("move", list(CameraMove))
def test_a_plate_looks_as_every_layer_drawn_in_every_frame(move: CameraMove, monkeypatch: pytest.MonkeyPatch) -> None:
    indices = list(range(0, 48, 5))
    mixed = drawn(renderer(move.value), indices)
    chosen: list[Group | None] = []
    monkeypatch.setattr(parallax, "best", lambda *known: chosen.append(best(*known)))
    exact = drawn(renderer(move.value), indices)
    assert chosen[0] is not None
    for index in indices:
        for one, other in zip(mixed[index], exact[index], strict=True):
            error = (one[4:-4, 4:-4].astype(np.float64) - other[4:-4, 4:-4]) ** 2
            assert 10 * np.log10(255**2 / max(error.mean(), 1e-9)) > 34, index


@pytest.mark.parametrize("move", ["push", "pan", "static"])
def test_a_frame_is_the_same_whichever_were_drawn_before(move: str) -> None:
    there = drawn(renderer(move), list(range(48)))
    made = renderer(move)
    for index, planes in drawn(made, [40, 7, 8, 0, 47, 23]).items():
        for one, other in zip(planes, there[index], strict=True):
            assert np.array_equal(one, other), index


def test_the_cheapest_plate_is_chosen() -> None:
    still = Share(cost=100.0, most=1.0, longest=1.0)
    assert best([still] * 3, [[0.0] * 3] * 3, 100.0, 24) == Group(3, 24, 0)
    assert best([still] * 3, [[0.0, 0.3, 9.0], [0.3, 0.0, 9.0], [9.0, 9.0, 0.0]], 50.0, 24) == Group(2, 3, 0)
    assert best([still] * 3, [[9.0] * 3] * 3, 100.0, 24) is None
    assert best([still], [[0.0]], 100.0, 24) is None


def test_a_renderer_is_gone_with_its_last_user() -> None:
    made = renderer("push")
    drawn(made, [0, 7])
    watched = weakref.ref(made)
    gc.disable()  # which would come for a cycle sooner or later: in a busy service, tens of clips later
    try:
        del made
        assert watched() is None
    finally:
        gc.enable()
