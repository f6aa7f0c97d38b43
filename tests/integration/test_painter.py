"""The painter's pictures: exact, repeatable, and different where the request differs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.core.errors import Cancelled
from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.core.vocabulary import Framing, Style
from services.model_service.engine import Output
from services.model_service.engines.keyframe import layers as layers_file
from services.model_service.engines.keyframe import lexicon
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.held import WORN
from services.model_service.engines.keyframe.painter import Painter
from tests.fixtures.engine_job import EngineJob

BASE = KeyframeRequest(prompt="meadow, day, traveller, walking", style="movie", language=Language.EN, width=320, height=184, seed=7)


@pytest.fixture
def painter() -> Painter:
    made = Painter()
    made.load()
    return made


def run(painter: Painter, request: KeyframeRequest, folder: Path) -> Output:
    return painter.run(request, EngineJob(folder))


def picture(painter: Painter, request: KeyframeRequest, folder: Path) -> Array:
    pixels = cv2.imdecode(np.fromfile(run(painter, request, folder).files["image"].path, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.astype(np.int16)


def difference(a: Array, b: Array) -> float:
    """Mean absolute difference of two pictures, in levels of 255."""
    return float(np.abs(a - b).mean())


def test_equal_requests_give_equal_bytes_on_many_threads(painter: Painter, tmp_path: Path) -> None:
    request = replace(BASE, prompt="snow peaks, night, aurora, snow, two travellers, lantern")

    def files(index: int) -> tuple[bytes, bytes]:
        output = run(painter, request, tmp_path / str(index))
        return output.files["image"].path.read_bytes(), output.files["layers"].path.read_bytes()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(files, range(4)))
    assert len(set(made)) == 1


def test_another_seed_is_another_take_of_the_same_scene(painter: Painter, tmp_path: Path) -> None:
    takes = [picture(painter, replace(BASE, seed=seed), tmp_path) for seed in range(3)]
    assert min(difference(takes[0], takes[1]), difference(takes[1], takes[2])) > 6


def test_styles_differ(painter: Painter, tmp_path: Path) -> None:
    made = {style: picture(painter, replace(BASE, style=style.value), tmp_path) for style in Style}
    for a in Style:
        for b in Style:
            if a < b:
                assert difference(made[a], made[b]) > 3, (a, b)


@pytest.mark.parametrize("group", ["place", "time", "weather", "prop"])
def test_every_tag_changes_the_picture(painter: Painter, tmp_path: Path, group: str) -> None:
    prompts = {tag: f"{tag}, child" if group == "place" else f"village, child, {tag}" for tag in lexicon.GROUPS[group]}
    plain = picture(painter, replace(BASE, prompt="village, child"), tmp_path)
    for tag, prompt in prompts.items():
        if tag in {"day", "clear", "village", "neon"}:  # what is there anyway; neon signs need a city
            continue
        changed = np.abs(picture(painter, replace(BASE, prompt=prompt), tmp_path) - plain).max(2)
        least = 0.0002 if tag in WORN else 0.001  # a child's glasses are a few pixels
        assert (changed > 24).mean() > least, tag


def test_every_figure_is_seen(painter: Painter, tmp_path: Path) -> None:
    empty = picture(painter, replace(BASE, prompt="sea, day, beach"), tmp_path)
    for tag in lexicon.GROUPS["figure"]:
        seen = np.abs(picture(painter, replace(BASE, prompt=f"sea, day, beach, {tag}"), tmp_path) - empty).max(2) > 40
        assert seen.mean() > 0.001, tag


@pytest.mark.parametrize("action", sorted(lexicon.GROUPS["action"]))
def test_actions_are_poses(painter: Painter, tmp_path: Path, action: str) -> None:
    request = replace(BASE, prompt="desert, day, woman, man", framing="medium")
    still = picture(painter, replace(request, prompt=f"{request.prompt}, standing"), tmp_path)
    moved = picture(painter, replace(request, prompt=f"{request.prompt}, {action}"), tmp_path)
    assert (difference(still, moved) > 0.3) == (action != "standing")


def figure_height(painter: Painter, framing: Framing, folder: Path) -> int:
    output = run(painter, replace(BASE, prompt="desert, day, woman", framing=framing.value), folder)
    layers, _, _ = layers_file.load(output.files["layers"].path)
    cast = next(layer for layer in layers if layer.name == "cast")
    rows = np.flatnonzero((cast.pixels[..., 3] > 250).any(1))
    return int(rows[-1] - rows[0])


def test_framing_sets_the_scale_of_figures(painter: Painter, tmp_path: Path) -> None:
    heights = {framing: figure_height(painter, framing, tmp_path) for framing in Framing}
    assert heights[Framing.ESTABLISHING] < heights[Framing.WIDE] < heights[Framing.LOW]
    assert heights[Framing.WIDE] < heights[Framing.MEDIUM] < heights[Framing.CLOSE]


@pytest.mark.parametrize("framing", [Framing.ESTABLISHING, Framing.WIDE, Framing.LOW])
def test_wide_figures_stand_above_the_subtitles(painter: Painter, tmp_path: Path, framing: Framing) -> None:
    output = run(painter, replace(BASE, prompt="desert, day, woman, puppy", framing=framing.value), tmp_path)
    layers, _, height = layers_file.load(output.files["layers"].path)
    cast = next(layer for layer in layers if layer.name == "cast")
    lowest = cast.y + int(np.flatnonzero((cast.pixels[..., 3] > 250).any(1))[-1])
    assert lowest < height * 0.88


def test_what_the_negative_prompt_names_is_gone(painter: Painter, tmp_path: Path) -> None:
    without = picture(painter, replace(BASE, prompt="meadow, day"), tmp_path)
    refused = picture(painter, replace(BASE, negative_prompt="traveller, text, blurry"), tmp_path)
    assert difference(without, refused) == 0
    assert difference(without, picture(painter, BASE, tmp_path)) > 0


@pytest.mark.parametrize(("width", "height"), [(184, 320), (320, 320), (480, 120), (120, 480), (64, 64), (328, 248)])
def test_sizes_are_exact(painter: Painter, tmp_path: Path, width: int, height: int) -> None:
    request = replace(BASE, prompt="village, rain, night, girl, dog, tent, lantern", width=width, height=height)
    assert picture(painter, request, tmp_path).shape == (height, width, 3)


@pytest.mark.parametrize(
    "request_",
    [
        replace(BASE, prompt="snow peaks, dawn, snow, two travellers"),
        replace(BASE, prompt="city, street, night, rain, neon, girl", style="ink"),
        replace(BASE, prompt="room, night, old man, book", style="pixel"),
    ],
    ids=["snow", "ink", "room"],
)
def test_layers_compose_to_the_picture(painter: Painter, tmp_path: Path, request_: KeyframeRequest) -> None:
    output = run(painter, request_, tmp_path)
    layers, width, height = layers_file.load(output.files["layers"].path)
    pixels = cv2.imdecode(np.fromfile(output.files["image"].path, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert np.array_equal(layers_file.compose(layers, width, height), pixels)
    assert [layer.depth for layer in layers if layer.name != "air"] == sorted(
        layer.depth for layer in layers if layer.name != "air"
    )
    assert 2 <= len(layers) <= 9
    assert layers[0].pixels.shape == (height, width, 4)
    assert layers[0].pixels[..., 3].min() == 255


def test_meta_says_what_was_understood_and_what_was_ignored(painter: Painter, tmp_path: Path) -> None:
    output = run(painter, replace(BASE, steps=15, guidance_scale=3.5), tmp_path)
    assert output.meta["scene"]["places"] == ["meadow"]
    assert output.meta["scene"]["figures"] == ["traveller"]
    assert output.meta["seed"] == 7
    assert output.meta["ignored"] == ["steps", "guidance_scale"]
    assert run(painter, BASE, tmp_path).meta["ignored"] == []


def test_progress_never_goes_back_and_a_cancel_is_heard(painter: Painter, tmp_path: Path) -> None:
    job = EngineJob(tmp_path)
    painter.run(BASE, job)
    assert job.fractions == sorted(job.fractions)
    assert job.fractions[-1] == 1.0
    heard = EngineJob(tmp_path / "cancelled", cancel_after=4)
    with pytest.raises(Cancelled):
        painter.run(BASE, heard)
    assert len(heard.fractions) == 4


def test_a_broken_layers_file_is_named_so(tmp_path: Path) -> None:
    broken = tmp_path / "layers.zip"
    broken.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="not a layers file"):
        layers_file.load(broken)
