"""What lives in a clip moves, and nothing else does; the film's colours are the picture's, at any size, shape and rate."""

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from services.core.model import Digest, Language
from services.core.requests import ClipRequest, KeyframeRequest
from services.model_service.engines.clip.camera import Camera
from services.model_service.engines.clip.motion import Pose
from services.model_service.engines.clip.parallax import Renderer
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.keyframe import layers as layers_file
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer, Detail, Life
from services.model_service.engines.keyframe.painter import Painter
from tests.fixtures.engine_job import EngineJob

SIZE = (160, 96)
IMAGE = Digest("image")
BASE = ClipRequest(
    keyframe={"image": IMAGE}, camera="static", frames=24, fps=24, width=320, height=184, seed=3, motion_strength=0.0
)


def opaque(grey: int) -> Array:
    pixels = np.full((SIZE[1], SIZE[0], 4), grey, np.uint8)
    pixels[..., 3] = 255
    return pixels


def stills(layers: list[DepthLayer], frames: int = 24) -> Array:
    """The luma of a second filmed by a camera that does not move; frames × height × width."""
    renderer = Renderer(layers, SIZE, SIZE, pose_at=lambda _: Pose(), seconds=1.0, fps=frames)
    frame = Planes.empty(*SIZE)
    pictures = []
    for index in range(frames):
        renderer.draw(index, frame)
        pictures.append(frame.luma.astype(np.int16))
    return np.array(pictures)


@pytest.mark.parametrize("kind", [Life.FLICKER, Life.TWINKLE, Life.GLINT])
def test_light_changes_where_the_mask_is_and_nowhere_else(kind: Life) -> None:
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    mask[40:52, 60:76] = 255
    seen = stills([replace(DepthLayer("sky", 0.0, 0, 0, opaque(150)), details=(Detail(kind, 0.4, 2.0, mask),))])
    swing = np.ptp(seen, axis=0)
    assert swing[44:48, 64:72].min() > 20
    assert swing[:36].max() == swing[56:].max() == swing[:, :56].max() == swing[:, 80:].max() == 0


def test_grass_leans_at_its_tips_and_stands_at_its_roots() -> None:
    pixels = np.zeros((32, SIZE[0], 4), np.uint8)
    pixels[:, ::8] = pixels[:, 1::8] = 255
    reach = np.repeat(np.linspace(255, 0, 32, dtype=np.uint8)[:, None], SIZE[0], 1)
    grass = DepthLayer("front", 1.2, 0, SIZE[1] - 32, pixels, details=(Detail(Life.SWAY, 3.0, 1.0, reach),))
    swing = np.ptp(stills([DepthLayer("sky", 0.0, 0, 0, opaque(0)), grass]), axis=0)
    assert swing[SIZE[1] - 30].mean() > 60
    assert swing[SIZE[1] - 2].mean() < 15


def test_clouds_drift_and_bring_no_edge_with_them() -> None:
    cover = np.full((SIZE[1], SIZE[0], 4), 120, np.uint8)
    cover[:, 100:110] = 200
    clouds = DepthLayer("clouds", 0.06, 0, 0, cover, drift=(24.0, 0.0))
    seen = stills([DepthLayer("sky", 0.0, 0, 0, opaque(0)), clouds])
    assert int(seen[-1][48].argmax()) - int(seen[0][48].argmax()) == pytest.approx(24, abs=1)
    assert np.ptp(seen[:, :, :90]) <= 1


def test_the_lens_stays_while_the_camera_moves() -> None:
    lens = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    lens[:8] = 255
    layers = [DepthLayer("sky", 0.0, 0, 0, opaque(0)), DepthLayer("lens", 1.2, 0, 0, lens)]
    renderer = Renderer(layers, SIZE, SIZE, pose_at=lambda t: Pose(zoom=0.3 * t, flat_zoom=0.1), seconds=1.0, fps=24)
    frame = Planes.empty(*SIZE)
    for index in (0, 23):
        renderer.draw(index, frame)
        assert frame.luma[:8].min() == 235
        assert frame.luma[8:].max() == 16


def test_a_picture_and_its_life_outlast_the_file(tmp_path: Path) -> None:
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    mask[4:9, 4:9] = 77
    layer = DepthLayer("sky", 0.0, 0, 0, opaque(90), (3.0, 0.0), (Detail(Life.GLINT, 0.25, 1.5, mask),))
    layers_file.save(tmp_path / "layers.zip", [layer], *SIZE)
    (read,), width, height = layers_file.load(tmp_path / "layers.zip")
    assert (width, height, read.drift) == (*SIZE, (3.0, 0.0))
    (detail,) = read.details
    assert (detail.kind, detail.strength, detail.rate) == (Life.GLINT, 0.25, 1.5)
    assert np.array_equal(detail.mask, mask)


@pytest.mark.parametrize(
    ("prompt", "layer", "kind"),
    [
        ("a starry night over the mountains", "sky", Life.TWINKLE),
        ("a boat on the sea at dusk", "mid", Life.GLINT),
        ("a campfire and a tent in the mountains at night", "cast", Life.FLICKER),
    ],
)
def test_the_painter_says_what_lives(tmp_path: Path, prompt: str, layer: str, kind: Life) -> None:
    request = KeyframeRequest(prompt=prompt, style="movie", language=Language.EN, width=640, height=360, seed=3)
    output = Painter().run(request, EngineJob(tmp_path))
    layers, _, _ = layers_file.load(output.files["layers"].path)
    (found,) = (candidate for candidate in layers if candidate.name == layer)
    assert kind in {detail.kind for detail in found.details}


def decoded(video: Path) -> list[Array]:
    """Frames in the colours that the file is tagged with."""
    with av.open(str(video)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        return [
            frame.reformat(format="rgb24", src_colorspace="ITU709", dst_colorspace="ITU709").to_ndarray()
            for frame in container.decode(video=0)
        ]


def film(folder: Path, bgr: Array, request: ClipRequest) -> list[Array]:
    cv2.imwrite(str(folder / "image.png"), bgr)
    camera = Camera()
    camera.load()
    output = camera.run(request, EngineJob(folder / "job", {IMAGE: folder / "image.png"}))
    return decoded(output.files["video"].path)


def test_colours_come_back_as_they_were_painted(tmp_path: Path) -> None:
    """Twelve patches, strong and pale: the mean colour distance in L*a*b* is hardly seen (ΔE below 2)."""
    colours = np.array(
        [
            (30, 30, 30), (128, 128, 128), (230, 230, 230), (40, 40, 200), (40, 200, 40), (200, 40, 40),
            (40, 200, 200), (200, 40, 200), (200, 200, 40), (120, 160, 220), (80, 60, 40), (190, 220, 180),
        ],
        np.uint8,
    )  # fmt: skip
    bgr = np.repeat(np.repeat(colours.reshape(3, 4, 3), 61, 0), 80, 1)[:184]
    (picture,) = film(tmp_path, bgr, replace(BASE, frames=1))
    there, here = (cv2.cvtColor(p.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for p in (picture, bgr[..., ::-1]))
    patches = [(slice(61 * r + 14, 61 * r + 46), slice(80 * c + 16, 80 * c + 64)) for r in range(3) for c in range(4)]
    distances = [float(np.linalg.norm(there[p].mean((0, 1)) - here[p].mean((0, 1)))) for p in patches]
    assert max(distances) < 2.0


@pytest.mark.parametrize("shape", [(320, 184), (184, 320), (200, 200), (1000, 90), (61, 333)])
@pytest.mark.parametrize("size", [(64, 64), (320, 184), (184, 320), (640, 64), (66, 130)])
def test_any_picture_fills_any_frame(tmp_path: Path, shape: tuple[int, int], size: tuple[int, int]) -> None:
    """No black bar, wherever a white picture of another shape is shown: bars would be darker than its dimmed copy."""
    white = np.full((shape[1], shape[0], 3), 255, np.uint8)
    request = replace(BASE, camera="orbit", motion_strength=1.0, frames=3, width=size[0], height=size[1])
    for picture in film(tmp_path, white, request):
        assert picture.shape == (size[1], size[0], 3)
        assert picture.min() > 40
        assert picture[size[1] // 2, size[0] // 2].min() > 240


@pytest.mark.parametrize("fps", [8, 25, 60])
def test_the_frames_are_evenly_timed(tmp_path: Path, fps: int) -> None:
    cv2.imwrite(str(tmp_path / "image.png"), np.full((96, 160, 3), 90, np.uint8))
    output = Camera().run(replace(BASE, fps=fps, frames=fps), EngineJob(tmp_path / "job", {IMAGE: tmp_path / "image.png"}))
    with av.open(str(output.files["video"].path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == fps
        times = [frame.time for frame in container.decode(stream)]
    assert times == pytest.approx([index / fps for index in range(fps)])


def test_the_encoding_keeps_the_picture(tmp_path: Path) -> None:
    """Above 42 dB against what was drawn, on a picture full of detail."""
    noise = np.random.default_rng(1).integers(0, 255, (184, 320, 3)).astype(np.uint8)
    detailed = cv2.GaussianBlur(noise, (0, 0), 1.2)
    (picture,) = film(tmp_path, detailed, replace(BASE, frames=1))
    drawn = Planes.empty(320, 184)
    layer = DepthLayer("image", 1.0, 0, 0, cv2.cvtColor(detailed, cv2.COLOR_BGR2BGRA))
    Renderer([layer], (320, 184), (320, 184), pose_at=lambda _: Pose(), seconds=1 / 24, fps=24).draw(0, drawn)
    luma = picture.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722]) * 219 / 255 + 16
    assert 10 * np.log10(255**2 / ((luma - drawn.luma) ** 2).mean()) > 42
