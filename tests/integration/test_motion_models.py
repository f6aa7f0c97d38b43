"""Clips through real image-to-video pipelines with tiny random weights: exact, repeatable, cancellable, and within memory."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image
from prometheus_client import CollectorRegistry

from services.core.errors import Cancelled, EngineFailed, ResourceExhausted
from services.core.model import Digest, Language
from services.core.requests import ClipRequest, Service
from services.model_service import registry
from services.model_service.engine import Output
from services.model_service.engines.motion.image_to_video import ImageToVideo
from services.model_service.engines.motion.settings import ImageToVideoSettings, SvdSettings
from services.model_service.engines.motion.stills import Mount, native
from services.model_service.engines.motion.svd import Svd
from services.model_service.equipment import Equipment
from services.model_service.residency import Residency
from services.model_service.settings import ModelServiceSettings
from tests.fixtures import tiny_models, tiny_video_models
from tests.fixtures.engine_job import EngineJob

pytestmark = pytest.mark.models

FIRST, LAST, OTHER = Digest("1" * 64), Digest("2" * 64), Digest("3" * 64)
REQUEST = ClipRequest(keyframe={"image": FIRST}, camera="Push in", frames=12, fps=12, width=64, height=64, seed=7)
KINDS: dict[str, Callable[[Path], Path]] = {
    "ltx": tiny_video_models.ltx,
    "ltx-condition": lambda folder: tiny_video_models.ltx(folder, conditions=True),
    "cogvideox": tiny_video_models.cogvideox,
    "wan": tiny_video_models.wan,
}
needs_ftfy = pytest.mark.skipif(find_spec("ftfy") is None, reason="Wan's pipeline needs the package ftfy")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def weights(folders: Path) -> Path:
    return tiny_video_models.svd(folders / "svd")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("media")
    rows, columns = np.mgrid[0:90, 0:160]
    paths: dict[str, Path] = {}
    for number, digest in enumerate((FIRST, LAST)):
        pixels = np.stack([rows * 2, columns, (rows + columns) // 2 * (1 - number)], axis=-1).astype(np.uint8)
        paths[digest] = folder / f"{number}.png"
        Image.fromarray(pixels).save(paths[digest])
    paths[OTHER] = folder / "page.png"
    paths[OTHER].write_text("<html>")
    return paths


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def svd(folder: Path, residency: Residency | None = None, **changes: Any) -> Svd:
    values: dict[str, Any] = {"model": str(folder), "device": "cpu", "force_cpu": True, "threads": 1, "steps": 2, "warm_up": False}
    made = Svd(SvdSettings(**values | changes), residency or Residency(CollectorRegistry()))
    made.load()
    return made


def other(folder: Path, **changes: Any) -> ImageToVideo:
    values: dict[str, Any] = {"model": str(folder), "device": "cpu", "force_cpu": True, "threads": 1, "steps": 2, "side": 64}
    made = ImageToVideo(ImageToVideoSettings(**values | {"warm_up": False} | changes), Residency(CollectorRegistry()))
    made.load()
    return made


def run(engine: Svd | ImageToVideo, request: ClipRequest, folder: Path, media: dict[str, Path]) -> tuple[bytes, Output]:
    output = engine.run(request, EngineJob(folder, media))
    return output.files["video"].path.read_bytes(), output


def shape_of(output: Output) -> tuple[int, int, int, float]:
    """Frames, width, height and rate, counted by decoding."""
    with av.open(str(output.files["video"].path)) as container:
        stream = container.streams.video[0]
        frames = [(frame.width, frame.height) for frame in container.decode(stream)]
        assert len(set(frames)) == 1
        return len(frames), *frames[0], float(stream.average_rate or 0)


class Leaving(EngineJob):
    """A caller that leaves at the n-th report of a stage."""

    def __init__(self, folder: Path, media: dict[str, Path], stage: str = "", count: int = 1) -> None:
        super().__init__(folder, media)
        self._stage = stage
        self._count = count
        self._gone = threading.Event()
        self.stages: list[str] = []

    def progress(self, fraction: float, stage: str = "") -> None:
        self.stages.append(stage)
        if stage == self._stage:
            self._count -= 1
            if not self._count:
                self._gone.set()
        super().progress(fraction, stage)

    def check(self) -> None:
        if self._gone.is_set():
            raise Cancelled("CANCELLED")


def pipeline_of(engine: Svd | ImageToVideo) -> Any:
    """The pipeline that is resident; the next clip is made with it."""
    crew = engine._loaded()
    resident = crew._stage._residency._device(crew._stage.memory).models
    return next(iter(resident.values())).model.pipeline


# -- Stable Video Diffusion ----------------------------------------------------------------------------------------------------


def test_the_same_seed_is_the_same_bytes(weights: Path, media: dict[str, Path], tmp_path: Path) -> None:
    engine = svd(weights)
    first, output = run(engine, REQUEST, tmp_path / "0", media)
    assert run(engine, REQUEST, tmp_path / "1", media)[0] == first
    assert run(svd(weights), REQUEST, tmp_path / "2", media)[0] == first
    assert run(engine, replace(REQUEST, seed=8), tmp_path / "3", media)[0] != first
    assert run(engine, replace(REQUEST, motion_strength=0.9), tmp_path / "4", media)[0] != first
    assert (output.meta["seed"], output.meta["steps"], output.meta["motion_bucket"]) == (7, 2, 115)
    assert "not for commercial use" in output.meta["licence"]
    assert engine.identity == svd(weights).identity
    assert engine.identity != svd(weights, noise=0.1).identity


@pytest.mark.parametrize(
    ("asked", "made"),
    [((37, 72, 128, 30.0), (64, 128)), ((24, 128, 72, 24.0), (128, 64)), ((1, 64, 64, 8.0), (64, 64))],
)
def test_a_clip_is_exactly_as_long_and_large_as_asked(
    asked: tuple[int, int, int, float], made: tuple[int, int], weights: Path, media: dict[str, Path], tmp_path: Path
) -> None:
    frames, width, height, fps = asked
    request = replace(REQUEST, frames=frames, fps=int(fps), width=width, height=height)
    output = run(svd(weights), request, tmp_path, media)[1]
    assert shape_of(output) == asked
    assert tuple(output.meta["size"]) == made
    assert output.meta["footage"]["frames"] == 8


def test_progress_rises_through_steps_chunks_and_frames(weights: Path, media: dict[str, Path], tmp_path: Path) -> None:
    job = Leaving(tmp_path, media)
    svd(weights, steps=3, decode_chunk=3).run(REQUEST, job)
    assert job.fractions == sorted(job.fractions)
    assert job.fractions[-1] == 1.0
    steps = [stage for stage in job.stages if stage.startswith("step")]
    assert steps == ["step 1/3", "step 2/3", "step 3/3"]
    assert job.stages.count("decoding") == 3
    assert job.stages.count("conforming") > REQUEST.frames


def test_a_cancel_ends_the_steps_at_once_and_frees_the_device(weights: Path, media: dict[str, Path], tmp_path: Path) -> None:
    engine = svd(weights, steps=5)
    calm = run(engine, REQUEST, tmp_path / "before", media)[0]
    leaving = Leaving(tmp_path / "leaving", media, "step 2/5")
    with pytest.raises(Cancelled):
        engine.run(REQUEST, leaving)
    assert leaving.stages[-1] == "step 2/5"
    assert run(engine, REQUEST, tmp_path / "after", media)[0] == calm


def test_a_cancel_ends_decoding_between_two_chunks(weights: Path, media: dict[str, Path], tmp_path: Path) -> None:
    leaving = Leaving(tmp_path, media, "decoding", 2)
    with pytest.raises(Cancelled):
        svd(weights, decode_chunk=2).run(REQUEST, leaving)
    assert leaving.stages.count("decoding") == 2


def test_what_the_model_cannot_take_is_said(weights: Path, media: dict[str, Path], tmp_path: Path) -> None:
    output = run(svd(weights), replace(REQUEST, prompt="waves", last=LAST), tmp_path, media)[1]
    assert [change.split(":")[0] for change in output.meta["changed"]] == ["camera", "prompt", "last picture"]


def test_on_a_cpu_it_is_refused_at_load_in_both_languages(weights: Path) -> None:
    with pytest.raises(EngineFailed) as refused:
        svd(weights, force_cpu=False)
    assert refused.value.reason == "ENGINE_NEEDS_GPU"
    for language in Language:
        assert "STORYREEL_SVD_FORCE_CPU=true" in refused.value.message(language)
    assert "camera" in refused.value.message(Language.EN)


def test_another_model_in_the_folder_is_refused(folders: Path) -> None:
    with pytest.raises(EngineFailed, match="LTXPipeline, not a StableVideoDiffusionPipeline"):
        svd(tiny_video_models.ltx(folders / "not-svd"))


def test_a_keyframe_that_is_no_picture_fails_clearly(weights: Path, media: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="no picture"):
        run(svd(weights), replace(REQUEST, keyframe={"image": OTHER}), tmp_path, media)


def test_it_is_built_by_its_name_and_the_environment(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MODEL": str(weights), "FORCE_CPU": "true", "STEPS": "2", "THREADS": "1"}.items():
        monkeypatch.setenv(f"STORYREEL_SVD_{name}", value)
    engine = registry.named(Service.CLIPS, "svd", Equipment(ModelServiceSettings(), CollectorRegistry()))
    engine.load()
    assert engine.identity.name == "svd"


# -- memory --------------------------------------------------------------------------------------------------------------------


def test_when_decoding_fills_the_memory_chunks_are_halved_and_the_clip_is_made(
    weights: Path, media: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = svd(weights, decode_chunk=8)
    wanted = run(svd(weights, decode_chunk=2), REQUEST, tmp_path / "wanted", media)[0]
    run(engine, REQUEST, tmp_path / "first", media)
    pipeline = pipeline_of(engine)
    decode, tried = pipeline.vae.decode, []

    def full(latents: torch.Tensor, *, num_frames: int) -> Any:
        tried.append(num_frames)
        if num_frames > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode(latents, num_frames=num_frames)

    monkeypatch.setattr(pipeline.vae, "decode", full)
    made, output = run(engine, REQUEST, tmp_path / "second", media)
    assert tried == [8, 4, 2, 2, 2, 2]
    assert made == wanted
    assert output.meta["decode_chunk"] == 2


def test_when_nothing_fits_the_clip_is_given_back_to_be_tried_later(
    weights: Path, media: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = svd(weights)
    calm = run(engine, REQUEST, tmp_path / "first", media)[0]
    pipeline = pipeline_of(engine)
    for part, method in ((pipeline.vae, "decode"), (pipeline.unet, "forward")):
        with monkeypatch.context() as patched:

            def full(*_: Any, **__: Any) -> Any:
                raise torch.OutOfMemoryError("CUDA out of memory")

            patched.setattr(part, method, full)
            with pytest.raises(ResourceExhausted) as refused:
                run(engine, REQUEST, tmp_path / "full", media)
        assert refused.value.reason == "DEVICE_MEMORY_FULL"
        assert refused.value.retry_after
    # The steps compute in smaller parts from then on, which rounds otherwise: all but equal.
    assert len(run(engine, REQUEST, tmp_path / "after", media)[0]) == pytest.approx(len(calm), rel=0.05)


def test_when_the_steps_fill_the_memory_they_are_made_in_parts(
    weights: Path, media: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = svd(weights)
    run(engine, REQUEST, tmp_path / "first", media)
    unet = pipeline_of(engine).unet
    forward, tried = unet.forward, 0

    def full_once(*args: Any, **named: Any) -> Any:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(*args, **named)

    monkeypatch.setattr(unet, "forward", full_once)
    assert shape_of(run(engine, REQUEST, tmp_path / "second", media)[1])[0] == REQUEST.frames
    assert tried == 3


def test_another_models_error_is_no_lack_of_memory(
    weights: Path, media: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = svd(weights)
    run(engine, REQUEST, tmp_path / "first", media)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(pipeline_of(engine).unet, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        run(engine, REQUEST, tmp_path / "second", media)


# -- other pipelines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ltx", "ltx-condition", "cogvideox", pytest.param("wan", marks=needs_ftfy)])
def test_every_kind_makes_exact_clips_the_same_for_the_same_seed(
    kind: str, folders: Path, media: dict[str, Path], tmp_path: Path
) -> None:
    engine = other(KINDS[kind](folders / kind))
    request = replace(REQUEST, frames=37, fps=30, width=72, height=128, prompt="a tower by the sea\nwaves")
    first, output = run(engine, request, tmp_path / "0", media)
    assert shape_of(output) == (37, 72, 128, 30)
    assert (output.meta["family"], output.meta["prompt"]) == (kind, "a tower by the sea, waves. Push in")
    assert run(engine, request, tmp_path / "1", media)[0] == first
    assert run(engine, replace(request, seed=8), tmp_path / "2", media)[0] != first
    assert run(engine, replace(request, prompt="a desert"), tmp_path / "3", media)[0] != first
    ending, ended = run(engine, replace(request, last=LAST), tmp_path / "4", media)
    ends = kind in {"ltx-condition", "wan"}
    assert (ending != first) is ends
    assert any("last picture" in change for change in ended.meta.get("changed", ())) is not ends


@pytest.mark.parametrize("kind", ["ltx", "cogvideox", pytest.param("wan", marks=needs_ftfy)])
def test_every_kind_is_left_within_a_step_and_while_it_decodes(
    kind: str, folders: Path, media: dict[str, Path], tmp_path: Path
) -> None:
    engine = other(KINDS[kind](folders / f"{kind}-left"), steps=3)
    for number, stage in enumerate(("step 2/3", "decoding")):
        leaving = Leaving(tmp_path / str(number), media, stage)
        with pytest.raises(Cancelled):
            engine.run(REQUEST, leaving)
        assert leaving.stages[-1] == stage
        assert leaving.fractions == sorted(leaving.fractions)
    job = Leaving(tmp_path / "whole", media)
    engine.run(REQUEST, job)
    assert job.fractions == sorted(job.fractions)
    assert {"step 3/3", "decoding", "conforming", "done"} <= set(job.stages)


def test_words_that_the_model_does_not_read_are_said(folders: Path, media: dict[str, Path], tmp_path: Path) -> None:
    engine = other(tiny_video_models.ltx(folders / "ltx-words"))
    changed = run(engine, replace(REQUEST, prompt="海" + "x" * 200), tmp_path, media)[1].meta["changed"]
    assert changed[0].startswith("prompt: the model reads English")
    assert changed[1].endswith("tokens the model reads the first 128")


def test_when_memory_fills_it_decodes_in_tiles(
    folders: Path, media: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = other(tiny_video_models.ltx(folders / "ltx-full"))
    vae = pipeline_of(engine).vae
    decode = vae.decode

    def full_at_first(*args: Any, **named: Any) -> Any:
        if not vae.use_tiling:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode(*args, **named)

    monkeypatch.setattr(vae, "decode", full_at_first)
    assert shape_of(run(engine, REQUEST, tmp_path, media)[1])[0] == REQUEST.frames


def test_weights_that_make_no_clips_of_pictures_are_refused(folders: Path) -> None:
    with pytest.raises(EngineFailed, match="makes no clips of pictures"):
        other(tiny_models.turbo(folders / "turbo"))


def test_a_missing_package_is_named(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.model_service.engines.motion.image_to_video.find_spec", lambda name: None)
    with pytest.raises(EngineFailed, match="needs ftfy"):
        other(tiny_video_models.wan(folders / "wan-bare"))


# -- frames --------------------------------------------------------------------------------------------------------------------


def test_the_models_own_sizes_are_found() -> None:
    sizes = {shape: native(*shape, side=768, block=64).size for shape in ((1280, 720), (720, 1280), (960, 960), (960, 720))}
    assert sizes == {(1280, 720): (1024, 576), (720, 1280): (576, 1024), (960, 960): (768, 768), (960, 720): (768, 576)}


def test_a_picture_of_another_shape_than_the_model_makes_is_kept_whole(media: dict[str, Path]) -> None:
    mount = Mount((64, 128), (128, 64))
    assert mount.window == (48, 0, 80, 64)
    still = mount.still(media[FIRST], engine="test")
    assert still.size == (128, 64)
    alone = Mount((64, 128), (32, 64)).still(media[FIRST], engine="test")
    assert np.array_equal(np.asarray(still)[:, 48:80], np.asarray(alone))
    assert mount.cut(torch.zeros(5, 3, 64, 128)).shape == (5, 3, 64, 32)
