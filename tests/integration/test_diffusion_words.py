"""What a diffusion model is told and at which size it paints: words, pieces, sizes, families."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.model import BibleEntry, Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.diffusion import families, sizes
from services.model_service.engines.diffusion.families import FAMILIES, FLUX_DEV, SDXL, TURBO, Family
from services.model_service.engines.diffusion.loading import Folder
from services.model_service.engines.diffusion.pieces import pieces
from services.model_service.engines.picture.fitting import fitted
from services.model_service.engines.picture.wording import worded

ZH = "snow peaks, dusk, two travellers, walking, 雪山, 黄昏, 穿灰色大衣的两名旅人\n电影风格。橙红的低侧光，影子拉长。"


def request(prompt: str, **changes: Any) -> KeyframeRequest:
    values: dict[str, Any] = {"style": "movie", "language": Language.EN, "width": 1280, "height": 720, "seed": 1}
    return KeyframeRequest(prompt=prompt, **values | changes)


# -- words ---------------------------------------------------------------------------------------------------------------------


def test_subjects_come_first_then_looks_framing_style_mood_and_details() -> None:
    entry = BibleEntry("character", "Mara", "old woman with white hair")
    words = worded(
        request("lighthouse, night\nMara turns. Rain.", framing="close", style="watercolor", mood="tense", bible=(entry,)),
        chinese=False,
    )
    assert words.prompt == (
        "lighthouse, night, Mara (old woman with white hair), close-up, watercolour painting on paper, soft washes, tense mood, "
        "Mara turns. Rain"
    )
    assert words.changed == ()


def test_a_look_that_is_told_already_or_of_somebody_absent_is_not_told_again() -> None:
    bible = (BibleEntry("character", "Mara", "white hair"), BibleEntry("prop", "the lantern", "brass"))
    assert "(" not in worded(request("Mara with white hair", bible=bible), chinese=False).prompt


def test_chinese_is_left_out_and_said_so_where_the_model_reads_none() -> None:
    bible = (BibleEntry("character", "两名旅人", "穿灰色大衣"),)
    words = worded(request(ZH, language=Language.ZH, bible=bible), chinese=False)
    assert words.prompt == "snow peaks, dusk, two travellers, walking, cinematic film still, natural light, 35mm"
    assert words.changed == (
        "prompt: 31 Chinese characters left out (the model reads none)",
        "looks: those of 两名旅人 are left out (they are in Chinese, which the model does not read)",
    )
    assert "雪山" in worded(request(ZH), chinese=True).prompt


def test_a_look_in_english_is_told_where_the_other_one_cannot_be_read() -> None:
    bible = (BibleEntry("character", "两名旅人", "穿灰色大衣", "two young travellers in grey coats"),)
    words = worded(request(ZH, language=Language.ZH, bible=bible), chinese=False)
    assert words.prompt.startswith("snow peaks, dusk, two travellers, walking, two young travellers in grey coats, cinematic")
    assert words.changed == ("prompt: 31 Chinese characters left out (the model reads none)",)
    assert "grey coats" not in worded(request(ZH, bible=bible), chinese=True).prompt


def test_a_prompt_of_chinese_alone_is_kept_with_a_warning() -> None:
    words = worded(request("雪山上的旅人"), chinese=False)
    assert words.prompt.startswith("雪山上的旅人")
    assert "may not follow" in words.changed[0]


def test_an_unknown_style_is_told_as_it_is_written() -> None:
    assert "ukiyo-e style" in worded(request("a wave", style="ukiyo-e"), chinese=False).prompt


def test_what_is_to_be_avoided_loses_its_chinese_too() -> None:
    words = worded(request("a wave", negative_prompt="blurry, 模糊, text"), chinese=False)
    assert words.negative == "blurry, text"
    assert words.changed == ("negative prompt: its Chinese is left out (the model reads none)",)


# -- pieces --------------------------------------------------------------------------------------------------------------------


def characters(text: str) -> int:
    return len(text.replace(" ", ""))


def test_a_text_is_cut_at_its_pauses() -> None:
    assert pieces("one two, three four, five six", characters, 12) == ["one two,", "three four,", "five six"]
    assert pieces("short", characters, 12) == ["short"]
    assert pieces("", characters, 12) == [""]


@given(st.text(st.sampled_from("ab c,.;\n雪，"), max_size=120), st.integers(1, 20))
def test_no_character_is_lost_and_every_piece_fits(text: str, limit: int) -> None:
    cut = pieces(text, characters, limit)
    assert all(characters(piece.replace("\n", "")) <= limit for piece in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


# -- sizes ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [TURBO, SDXL, FLUX_DEV], ids=lambda family: family.name)
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (960, 960), (960, 720), (640, 360), (1920, 1080), (64, 64)])
def test_a_size_is_painted_about_as_large_and_just_as_wide_as_it_should_be(family: Family, size: tuple[int, int]) -> None:
    width, height = sizes.native(*size, family)
    assert width % family.block == height % family.block == 0
    assert 0.7 <= width * height / family.native**2 <= 1.3
    assert abs(math.log(width / height / (size[0] / size[1]))) < 0.03


def test_a_size_that_the_model_takes_is_painted_as_asked() -> None:
    assert sizes.native(512, 512, TURBO) == (512, 512)
    assert sizes.native(960, 960, TURBO) == (512, 512)
    assert sizes.native(1280, 720, SDXL) == (1280, 720)
    assert sizes.native(768, 1344, SDXL) == (768, 1344)


@given(st.integers(2, 240), st.integers(2, 240))
def test_whatever_is_asked_there_is_a_size_to_paint_at(columns: int, rows: int) -> None:
    width, height = sizes.native(columns * 8, rows * 8, TURBO)
    assert 0.55 <= width * height / 512**2 <= 1.3
    assert max(width, height) / min(width, height) < 2.8


def test_a_picture_is_cut_at_its_centre_and_fills_the_asked_size() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[16:48] = 255  # what is in the middle half stays when it is cut to 2:1
    cut = np.asarray(fitted(pixels, 256, 128))
    assert cut.shape == (128, 256, 3)
    assert cut[8:-8].min() > 250  # at its very edge the kernel sees what is cut off
    assert np.array_equal(np.asarray(fitted(pixels, 64, 64)), pixels)


# -- families ------------------------------------------------------------------------------------------------------------------


def folder(tmp_path: Path, pipeline: str, **configs: dict[str, Any]) -> Folder:
    for component, config in configs.items():
        name = "scheduler_config.json" if component == "scheduler" else "config.json"
        (tmp_path / component).mkdir()
        (tmp_path / component / name).write_text(json.dumps(config))
    return Folder(tmp_path, {"_class_name": pipeline}, "", 0, "")


EULER_TRAILING = {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"}
VAE = {"block_out_channels": [128, 256, 512, 512]}


@pytest.mark.parametrize(
    ("pipeline", "configs", "model", "expected"),
    [
        ("StableDiffusionPipeline", {"unet": {"sample_size": 64}, "vae": VAE, "scheduler": EULER_TRAILING}, "x", ("turbo", 512)),
        ("StableDiffusionPipeline", {"unet": {"sample_size": 64}, "vae": VAE}, "stabilityai/sd-turbo", ("turbo", 512)),
        ("StableDiffusionPipeline", {"unet": {"sample_size": 96}, "vae": VAE}, "sd-2.1", ("sd", 768)),
        ("StableDiffusionXLPipeline", {"unet": {"sample_size": 128}, "vae": VAE}, "base", ("sdxl", 1024)),
        ("StableDiffusionXLPipeline", {"unet": {"sample_size": 64}, "vae": VAE}, "sdxl-turbo", ("sdxl-turbo", 512)),
        ("LatentConsistencyModelPipeline", {"unet": {"sample_size": 96}, "vae": VAE}, "dreamshaper", ("lcm", 768)),
        ("StableDiffusion3Pipeline", {"transformer": {"sample_size": 128}, "vae": VAE}, "sd3.5-medium", ("sd3", 1024)),
        ("StableDiffusion3Pipeline", {"transformer": {"sample_size": 128}, "vae": VAE}, "sd3.5-large-turbo", ("sd3-turbo", 1024)),
        ("FluxPipeline", {"transformer": {"guidance_embeds": True}}, "flux", ("flux-dev", 1024)),
        ("FluxPipeline", {"transformer": {"guidance_embeds": False}}, "flux", ("flux-schnell", 1024)),
        ("SanaPipeline", {}, "sana", ("other", 1024)),
    ],
)
def test_a_folder_is_told_by_what_is_in_it(
    tmp_path: Path, pipeline: str, configs: dict[str, dict[str, Any]], model: str, expected: tuple[str, int]
) -> None:
    family = families.recognise(folder(tmp_path, pipeline, **configs), model)
    assert (family.name, family.native) == expected


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_every_familys_defaults_are_within_its_limits(family: Family) -> None:
    assert 1 <= family.steps <= family.most_steps
    assert 0 <= family.guidance <= family.most_guidance
    assert not (family.negative and not family.guided)
