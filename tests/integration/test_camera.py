"""The camera's clips: exact in length and size, smooth, without borders, and never another look than the picture's."""

import errno
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from services.core.errors import Cancelled, EngineFailed, ResourceExhausted, StoryreelError
from services.core.model import Digest, Language
from services.core.requests import ClipRequest, KeyframeRequest
from services.core.vocabulary import CameraMove
from services.model_service.engine import Output
from services.model_service.engines.clip.camera import Camera
from services.model_service.engines.clip.geometry import View
from services.model_service.engines.clip.motion import path
from services.model_service.engines.clip.parallax import Renderer
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer
from services.model_service.engines.keyframe.painter import Painter
from tests.fixtures.engine_job import EngineJob

IMAGE, LAYERS = Digest("image"), Digest("layers")
BASE = ClipRequest(keyframe={"image": IMAGE, "layers": LAYERS}, camera="Push in", frames=12, fps=24, width=320, height=184, seed=3)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    request = KeyframeRequest(
        prompt="snow peaks, day, snow, traveller", style="movie", language=Language.EN, width=320, height=184, seed=5
    )
    output = Painter().run(request, EngineJob(tmp_path_factory.mktemp("keyframe")))
    return {name: made.path for name, made in output.files.items()}


@pytest.fixture
def camera() -> Camera:
    made = Camera()
    made.load()
    return made


def run(camera: Camera, request: ClipRequest, media: dict[str, Path], folder: Path) -> Output:
    return camera.run(request, EngineJob(folder, media))


def frames_of(video: Path) -> list[Array]:
    with av.open(str(video)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(stream)]


def renderings(layers: list[DepthLayer], source: tuple[int, int], request: ClipRequest) -> list[Array]:
    """The luma of every frame, from 0 (black) to 219 (white)."""
    seconds = request.frames / request.fps
    _, pose_at = path(request.camera, seed=request.seed, strength=request.motion_strength, seconds=seconds)
    renderer = Renderer(
        layers, source, (request.width, request.height), pose_at=pose_at, seconds=seconds, fps=request.fps
    )  # fmt: skip
    frame = Planes.empty(request.width, request.height)
    pictures = []
    for index in range(request.frames):
        renderer.draw(index, frame)
        pictures.append(frame.luma.astype(np.int16) - 16)
    return pictures


@pytest.mark.parametrize("keyframe", [{"image": IMAGE, "layers": LAYERS}, {"image": IMAGE}], ids=["layers", "flat"])
@pytest.mark.parametrize("measures", [(1, 320, 184), (7, 184, 320), (25, 240, 240)])
def test_length_and_size_are_exact(
    camera: Camera, media: dict[str, Path], tmp_path: Path, keyframe: dict[str, Digest], measures: tuple[int, int, int]
) -> None:
    frames, width, height = measures
    output = run(camera, replace(BASE, keyframe=keyframe, frames=frames, width=width, height=height), media, tmp_path)
    pictures = frames_of(output.files["video"].path)
    assert len(pictures) == frames
    assert {picture.shape for picture in pictures} == {(height, width, 3)}
    # A picture of too different a shape is shown whole, on its own blurred copy, as a flat one.
    assert output.meta["layered"] == ("layers" in keyframe and width > height)
    assert (output.meta["frames"], output.meta["fps"]) == (frames, 24)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["video.mp4"]


def test_equal_requests_give_equal_bytes(camera: Camera, media: dict[str, Path], tmp_path: Path) -> None:
    made = [run(camera, BASE, media, tmp_path / name).files["video"].path.read_bytes() for name in "ab"]
    assert made[0] == made[1]
    assert run(camera, replace(BASE, seed=4), media, tmp_path).files["video"].path.read_bytes() != made[0]


@pytest.mark.parametrize("keyframe", [{"image": IMAGE, "layers": LAYERS}, {"image": IMAGE}], ids=["layers", "flat"])
def test_a_push_begins_with_the_keyframe(
    camera: Camera, media: dict[str, Path], tmp_path: Path, keyframe: dict[str, Digest]
) -> None:
    video = run(camera, replace(BASE, keyframe=keyframe), media, tmp_path).files["video"].path
    image = cv2.imdecode(np.fromfile(media["image"], np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert np.abs(frames_of(video)[0].astype(np.int16) - image.astype(np.int16)).mean() < 4


@pytest.mark.parametrize(
    ("camera_words", "slug"), [("绕轴横向左旋转", "orbit"), ("镜头推进", "push"), ("wibble", "gentle"), ("", "gentle")]
)
def test_words_choose_the_move(camera: Camera, media: dict[str, Path], tmp_path: Path, camera_words: str, slug: str) -> None:
    assert run(camera, replace(BASE, camera=camera_words, frames=2), media, tmp_path).meta["move"] == slug


def bright_layers(width: int, height: int) -> list[DepthLayer]:
    """A white sky and a white half-height ground: anything dark in a frame is a border."""
    sky = np.full((height, width, 4), 255, np.uint8)
    ground = np.full((height // 2, width, 4), 255, np.uint8)
    return [DepthLayer("sky", 0.0, 0, 0, sky), DepthLayer("ground", 0.8, 0, height - height // 2, ground)]


@pytest.mark.parametrize("move", list(CameraMove))
@pytest.mark.parametrize(("width", "height"), [(128, 72), (72, 128), (64, 64), (640, 360)])
def test_no_border_is_ever_seen(move: CameraMove, width: int, height: int) -> None:
    for seed in range(4):
        request = replace(BASE, camera=move.value, seed=seed, width=width, height=height, motion_strength=1.0)
        for picture in renderings(bright_layers(160, 90), (160, 90), request):
            assert picture.min() >= 217


@pytest.mark.parametrize("move", list(CameraMove))
def test_every_layer_covers_the_frame(move: CameraMove) -> None:
    """By geometry, not only by what lies beyond the edges: any depth, any seed, at the greatest strength."""
    view = View((1280, 720), (1280, 720), flat=False)
    for seed in range(20):
        _, pose_at = path(move.value, seed=seed, strength=1.0, seconds=5.0)
        for t in np.linspace(0, 1, 41):
            for depth in (0.0, 0.3, 0.82, 1.0, 1.2):
                placing = view.placing(depth, pose_at(float(t)))
                assert placing.x <= 1e-9
                assert placing.y <= 1e-9
                assert placing.zoom * 1280 + placing.x >= 1280 - 1e-9
                assert placing.zoom * 720 + placing.y >= 720 - 1e-9


def blob(width: int, height: int, x: float, y: float) -> list[DepthLayer]:
    columns, rows = np.arange(width)[None, :], np.arange(height)[:, None]
    light = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 6.0**2))
    pixels = np.repeat(light[..., None], 4, 2).astype(np.uint8)
    pixels[..., 3] = 255
    return [DepthLayer("image", 1.0, 0, 0, pixels)]


def _bare(dot: DepthLayer) -> DepthLayer:
    """A white dot whose edge is its coverage."""
    pixels = dot.pixels.copy()
    pixels[..., 3] = pixels[..., 0]
    return replace(dot, pixels=pixels)


def centre(picture: Array) -> tuple[float, float]:
    light = np.maximum(picture.astype(np.float64) - 1, 0)
    total = light.sum()
    return float((light * np.arange(light.shape[1])).sum() / total), float((light.sum(1) * np.arange(light.shape[0])).sum() / total)


@pytest.mark.parametrize("flat", [True, False], ids=["flat", "layers"])
@pytest.mark.parametrize("move", list(CameraMove))
def test_motion_follows_its_path_to_a_fraction_of_a_pixel(move: CameraMove, flat: bool) -> None:
    """A soft dot is found to a hundredth of a pixel in every frame, and stands where the move's path puts it."""
    width, height = 320, 180
    request = replace(BASE, camera=move.value, frames=72, width=width, height=height)
    dot, depth = blob(width, height, 190, 100)[0], 1.0
    layers = [dot]
    if not flat:
        black = np.zeros((height, width, 4), np.uint8)
        black[..., 3] = 255
        layers, depth = [DepthLayer("sky", 0.0, 0, 0, black), replace(_bare(dot), depth=0.82)], 0.82
    view = View((width, height), (width, height), flat=flat)
    _, pose_at = path(request.camera, seed=request.seed, strength=request.motion_strength, seconds=3.0)
    for index, picture in enumerate(renderings(layers, (width, height), request)):
        placing = view.placing(depth, pose_at(index / 71))
        found, ideal = np.array(centre(picture)), np.array([190.5, 100.5]) * placing.zoom + (placing.x, placing.y) - 0.5
        assert np.abs(found - ideal).max() < 0.06, index


@pytest.mark.parametrize("move", ["push", "pan", "crane"])
def test_motion_never_turns_back(move: str) -> None:
    request = replace(BASE, camera=move, frames=72, width=320, height=180)
    spots = np.array([centre(p) for p in renderings(blob(320, 180, 220, 118), (320, 180), request)])
    steps = np.diff(spots, axis=0)
    along = steps[:, 0] if move != "crane" else steps[:, 1]
    assert (along > 0).all() or (along < 0).all()


def test_layers_part_with_their_depth() -> None:
    far, near = (replace(blob(320, 180, 160, 90)[0], depth=depth) for depth in (0.0, 1.0))
    request = replace(BASE, camera="pan right", frames=24, width=320, height=180)
    travelled = []
    for layer in (far, near):
        pictures = renderings([layer], (320, 180), request)
        travelled.append(abs(centre(pictures[-1])[0] - centre(pictures[0])[0]))
    assert travelled[1] > 2 * travelled[0] > 1


def test_directions_in_words_are_kept() -> None:
    for words, sign in (("pan right", -1), ("pan left", 1), ("向左横移", 1), ("向右横移", -1)):
        for seed in range(4):
            _, pose_at = path(words, seed=seed, strength=0.5, seconds=4)
            assert np.sign(pose_at(1.0).x - pose_at(0.0).x) == sign, words


def test_strength_scales_the_move() -> None:
    reach = [path("push", seed=1, strength=strength, seconds=4)[1](1.0).zoom for strength in (0.0, 0.5, 1.0)]
    assert 0 < reach[0] < reach[1] < reach[2]


def test_a_locked_off_shot_comes_nearer_where_little_is_seen_of_it_and_evenly() -> None:
    def zooms(shows: float) -> list[float]:
        _, pose_at = path("static", seed=1, strength=0.5, seconds=6, shows=shows)
        return [pose_at(t).zoom for t in np.linspace(0, 1, 25).tolist()]

    ordinary, dim, empty = zooms(150.0), zooms(60.0), zooms(0.0)
    assert ordinary == zooms(np.inf)
    assert ordinary[-1] < dim[-1] < empty[-1] <= 0.05
    assert np.ptp(np.diff(dim)) < 1e-9


def longest_still(video: Path) -> int:
    """The most steps in a row in which next to nothing changes, as `film_checks` sees it."""
    small = [
        cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (96, 54), interpolation=cv2.INTER_AREA).astype(np.int16)
        for frame in frames_of(video)
    ]
    steps = [np.abs(after - before).mean() for before, after in pairwise(small)]
    return max((len(list(run)) for still, run in groupby(step < 0.02 for step in steps) if still), default=0)


def test_a_dark_place_in_which_next_to_nothing_lives_does_not_stand_still(camera: Camera, tmp_path: Path) -> None:
    """At the ordinary breath, 20 frames in a row were the same to the eye."""
    prompt = "ruins, night, footprint, 断墙, 废墟, 夜晚, 脚印"
    keyframe = KeyframeRequest(prompt=prompt, style="anime", language=Language.ZH, width=640, height=360, seed=3, framing="detail")
    painted = Painter().run(keyframe, EngineJob(tmp_path / "keyframe"))
    media = {name: made.path for name, made in painted.files.items()}
    output = run(camera, replace(BASE, camera="固定机位", frames=168, width=640, height=360), media, tmp_path / "job")
    assert longest_still(output.files["video"].path) < 12


def test_snow_falls_evenly() -> None:
    flakes = np.zeros((90, 160, 4), np.uint8)
    flakes[40:44, 80:84] = 255
    sky = np.zeros((90, 160, 4), np.uint8)
    sky[..., 3] = 255
    layers = [DepthLayer("sky", 0.0, 0, 0, sky), DepthLayer("air", 1.0, 0, 0, flakes, (0.0, 24.0))]
    pictures = renderings(layers, (160, 90), replace(BASE, camera="static", width=160, height=90, frames=13, motion_strength=0.0))
    fallen = [centre(picture)[1] - centre(pictures[0])[1] for picture in pictures]
    assert fallen == pytest.approx(list(range(13)), abs=0.05)


def test_a_cancel_leaves_nothing(camera: Camera, media: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        camera.run(replace(BASE, frames=2000), EngineJob(tmp_path, media, cancel_after=9))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "reason"), [(errno.ENOSPC, "STORAGE_FULL"), (errno.EIO, "ENGINE_FAILED")], ids=["full disk", "broken disk"]
)
@pytest.mark.parametrize("step", ["mux", "close"])
def test_a_failing_disk_is_told(
    camera: Camera,
    media: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    code: int,
    reason: str,
    step: str,
) -> None:
    opened = av.open

    class Failing:
        """A container whose disk gives up at one step."""

        def __init__(self, container: Any) -> None:
            self._container, self._broken = container, False

        def __getattr__(self, name: str) -> Any:
            return self._fail if name == step and not self._broken else getattr(self._container, name)

        def _fail(self, *_: object) -> None:
            self._broken = True
            raise OSError(code, "the disk gave up")

    monkeypatch.setattr("av.open", lambda *args, **options: Failing(opened(*args, **options)))
    with pytest.raises(StoryreelError) as raised:
        run(camera, BASE, media, tmp_path / "job")
    assert raised.value.reason == reason
    assert isinstance(raised.value, ResourceExhausted if code == errno.ENOSPC else EngineFailed)
    assert list((tmp_path / "job").iterdir()) == []


def test_a_folder_that_is_gone_is_told(camera: Camera, media: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", media)
    (tmp_path / "job").rmdir()
    with pytest.raises(EngineFailed, match="No such file"):
        camera.run(BASE, job)


def test_a_keyframe_that_is_no_picture_is_refused(camera: Camera, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a picture")
    for keyframe in ({"image": IMAGE}, {"layers": LAYERS}, {}):
        with pytest.raises(EngineFailed):
            run(camera, replace(BASE, keyframe=keyframe), {"image": text, "layers": text}, tmp_path / "job")
