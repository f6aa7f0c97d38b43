"""Golden pictures: an accidental change of what the painter makes is seen, and the measure that sees it is itself tested.

After a change that is meant: `make goldens`, look at what it names, and commit the new pictures.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.core.vocabulary import Style
from services.model_service.engines.keyframe.canvas import Array
from tests.goldens.gallery import FOLDER, GALLERY, distance, kept, paint


@pytest.mark.parametrize("name", GALLERY)
def test_the_picture_is_as_it_was(name: str, tmp_path: Path) -> None:
    golden = kept(name)
    assert golden is not None, f"no golden picture {name}: run `make goldens`"
    apart = distance(golden, paint(GALLERY[name], tmp_path))
    assert apart.same, f"{name} changed: {apart}; if it was meant, run `make goldens` and look at the new picture"


def test_every_style_has_a_golden_picture_and_together_they_are_small() -> None:
    assert {request.style for request in GALLERY.values()} == {style.value for style in Style}
    files = list(FOLDER.glob("*.png"))
    assert {file.stem for file in files} == set(GALLERY)
    assert sum(file.stat().st_size for file in files) <= 400 * 1024


def golden(name: str) -> Array:
    picture = kept(name)
    assert picture is not None
    return picture


@pytest.mark.parametrize("name", GALLERY)
def test_rounding_of_another_processor_is_no_change(name: str) -> None:
    picture = golden(name).astype(np.int16)
    rounding = np.random.default_rng(1).integers(-2, 3, picture.shape)
    assert distance(golden(name), np.clip(picture + rounding, 0, 255).astype(np.uint8)).same


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("movie_village_dusk", "red coat", "blue coat"),
        ("movie_village_dusk", "girl with red coat walking, ", ""),
        ("movie_sea_dusk", ", boat", ""),
        ("realistic_meadow_day", ", boy in blue shirt", ""),
        ("anime_city_night", "umbrella, ", ""),
        ("cartoon_castle", "king, ", ""),
        ("watercolor_forest_fog", ", horse", ""),
        ("ink_mountains", "白衣剑客站在", ""),
        ("pixel_desert", ", old man", ""),
        ("storybook_room", "cat, ", ""),
        ("storybook_close", "red coat", "green coat"),
    ],
)
def test_another_colour_or_a_missing_figure_is_a_change(name: str, before: str, after: str, tmp_path: Path) -> None:
    request = GALLERY[name]
    assert before in request.prompt
    changed = paint(replace(request, prompt=request.prompt.replace(before, after)), tmp_path)
    assert not distance(paint(request, tmp_path), changed).same


def test_another_pose_a_shift_and_another_light_are_changes(tmp_path: Path) -> None:
    request = GALLERY["realistic_meadow_day"]
    still = paint(request, tmp_path)
    running = paint(replace(request, prompt=f"{request.prompt}, running"), tmp_path)
    assert not distance(still, running).same
    assert not distance(still, np.roll(still, 3, axis=1)).same
    assert not distance(still, cv2.convertScaleAbs(still, alpha=1.08)).same


def test_equal_pictures_are_at_no_distance() -> None:
    picture = golden("movie_sea_dusk")
    apart = distance(picture, picture)
    assert (apart.colour, apart.worst) == (0.0, 0.0)
    assert abs(apart.form) < 1e-6
    assert not distance(picture, picture[:-2]).same
