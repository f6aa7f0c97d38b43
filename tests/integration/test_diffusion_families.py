"""What every family of weights is asked, through diffusers' own pipelines with tiny random weights, and what each cannot do."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from services.core.errors import Cancelled, ContentViolation, EngineFailed
from services.model_service.engine import Output
from tests.fixtures import tiny_flow_models, tiny_models
from tests.fixtures.diffusion import GATHERED, REQUEST, Leaving, alike, engine, run, together

pytestmark = pytest.mark.models

MAKE: dict[str, Callable[[Path], Path]] = {
    "sd2": tiny_models.sd2,
    "sdxl": tiny_models.sdxl,
    "sdxl-turbo": partial(tiny_models.sdxl, turbo=True),
    "lcm": tiny_models.lcm,
    "sd3": tiny_flow_models.sd3,
    "sd3-without-t5": partial(tiny_flow_models.sd3, t5=False),
    "sd3-turbo": tiny_flow_models.sd3,
    "flux-dev": partial(tiny_flow_models.flux, guided=True),
    "flux-schnell": partial(tiny_flow_models.flux, guided=False),
}
FAMILY = {"sd2": "sd", "sd3-without-t5": "sd3"}
UNGUIDED = "negative prompt: ignored (the model is not guided)"
CHANGED = {
    # Of a request for 6 steps, guidance 4 and no fog.
    "sdxl-turbo": ["steps: 6 → 4 (sdxl-turbo takes at most 4)", "guidance: 4 → 0 (sdxl-turbo is not guided)", UNGUIDED],
    "lcm": ["negative prompt: ignored (lcm takes none)"],
    "sd3-turbo": ["guidance: 4 → 0 (sd3-turbo is not guided)", UNGUIDED],
    "flux-dev": ["negative prompt: ignored (flux-dev takes none)"],
    "flux-schnell": ["steps: 6 → 4 (flux-schnell takes at most 4)", "guidance: 4 → 0 (flux-schnell is not guided)", UNGUIDED],
}
ROOM = {"sd3": 255, "sd3-without-t5": 75, "sd3-turbo": 255, "flux-dev": 511, "flux-schnell": 255}
"""Tokens of words that a family reads; the others read eight times CLIP's 75, piece by piece."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=MAKE)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def weights(family: str, folders: Path) -> Path:
    folder = folders / family
    return folder if folder.exists() else MAKE[family](folder)


def test_what_it_takes_is_asked_and_the_rest_is_said(family: str, weights: Path, tmp_path: Path) -> None:
    asked = replace(REQUEST, steps=6, guidance_scale=4.0, negative_prompt="fog")
    job = Leaving(tmp_path, after="")
    output = engine(weights).run(asked, job)
    assert output.meta["family"] == FAMILY.get(family, family)
    assert output.meta["changed"] == CHANGED.get(family, [])
    assert output.meta["size"] == [64, 64]
    steps = output.meta["steps"]
    assert [stage for stage in job.stages if stage.startswith("step ")] == [f"step {n}/{steps}" for n in range(1, steps + 1)]
    assert job.fractions == sorted(job.fractions)


def test_its_own_steps_and_guidance_are_those_of_its_card(family: str, weights: Path, tmp_path: Path) -> None:
    expected = {
        "sd2": (25, 7.5),
        "sdxl": (30, 5.0),
        "sdxl-turbo": (2, 0.0),
        "lcm": (4, 8.5),
        "sd3": (28, 7.0),
        "sd3-without-t5": (28, 7.0),
        "sd3-turbo": (4, 0.0),
        "flux-dev": (28, 3.5),
        "flux-schnell": (4, 0.0),
    }
    meta = run(engine(weights), REQUEST, tmp_path)[1].meta
    assert (meta["steps"], meta["guidance"]) == expected[family]


def test_every_wish_that_it_takes_makes_another_picture(family: str, weights: Path, tmp_path: Path) -> None:
    painting = engine(weights)
    asked = replace(REQUEST, steps=2, negative_prompt="fog")
    picture = run(painting, asked, tmp_path)[0]
    others = [replace(asked, seed=8), replace(asked, prompt="a harbour by day"), replace(asked, steps=1)]
    guided, takes_words = (
        family not in {"sdxl-turbo", "sd3-turbo", "flux-schnell"},
        family in {"sd2", "sdxl"} or family[:4] == "sd3",
    )
    others += [replace(asked, guidance_scale=2.5)] if guided else []
    others += [replace(asked, negative_prompt="rain")] if takes_words and guided else []
    assert picture not in {run(painting, other, tmp_path)[0] for other in others}


def test_the_same_seed_is_the_same_bytes_and_in_a_batch_the_same_picture(weights: Path, tmp_path: Path) -> None:
    takes = [replace(REQUEST, seed=seed, steps=2, prompt=f"a house, number {seed}") for seed in range(3)]
    alone, gathered = engine(weights, batch=1), engine(weights, batch=3, batch_window_ms=GATHERED)
    single = [run(alone, take, tmp_path / "single")[0] for take in takes]
    assert single == [run(alone, take, tmp_path / "again")[0] for take in takes]
    batched = together(gathered, takes, tmp_path)
    assert [output.meta["batch"] for _, output in batched] == [3, 3, 3]
    for one in range(3):
        assert [alike(single[one], batched[other][0]) for other in range(3)] == [one == other for other in range(3)]


def test_words_are_read_as_far_as_the_encoder_reads_and_what_is_cut_is_named(family: str, weights: Path, tmp_path: Path) -> None:
    painting = engine(weights, steps=2)
    room = ROOM.get(family, 600)
    long = "a road, " * (room // 8)  # the tiny tokenizers make a token of every letter

    def painted(prompt: str) -> tuple[bytes, Output]:
        return run(painting, replace(REQUEST, style="", prompt=prompt), tmp_path)

    some, output = painted(long[: room // 2] + ", a castle")
    assert output.meta["changed"] == []
    assert output.meta["prompt"].endswith("a castle")
    assert some != painted(long[: room // 2] + ", a harbour")[0]
    cut, output = painted(long + long + "a castle")
    (note,) = output.meta["changed"]
    assert note.startswith(f"prompt: cut after {room} tokens, before “")
    assert "castle" not in output.meta["prompt"]
    assert cut == painted(long + long + "a harbour")[0]


def test_one_who_leaves_between_steps_stops_it_within_a_step(weights: Path, tmp_path: Path) -> None:
    painting = engine(weights, steps=4)
    job = Leaving(tmp_path / "leaving", after="step 2/4")
    with pytest.raises(Cancelled):
        painting.run(REQUEST, job)
    assert job.stages[-1] == "step 2/4"
    assert run(painting, REQUEST, tmp_path)[0] == run(engine(weights, steps=4), REQUEST, tmp_path)[0]


def test_a_safety_checker_serves_it(weights: Path, folders: Path, tmp_path: Path) -> None:
    strict = folders / "strict"
    if not strict.exists():
        tiny_models.checker(strict, concept=-1.0)
    with pytest.raises(ContentViolation):
        run(engine(weights, steps=1, safety_check=True, safety_checker=str(strict)), REQUEST, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_sampler_chosen_by_name_predicts_what_the_weights_were_trained_for(folders: Path, tmp_path: Path) -> None:
    """Stable Diffusion 2.1 predicts velocities: a sampler that takes them for noise makes noise."""
    folder = tiny_models.sd2(folders / "velocities")
    names = ("", "ddim", "euler", "dpm++", "unipc")
    right = [run(engine(folder, scheduler=name, steps=3), REQUEST, tmp_path)[0] for name in names]
    assert right[0] == right[1]
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"prediction_type": "epsilon"}))
    wrong = [run(engine(folder, scheduler=name, steps=3), REQUEST, tmp_path)[0] for name in names]
    assert not any(alike(one, other) for one, other in zip(right, wrong, strict=True))


def test_a_flow_model_takes_flow_samplers_alone(folders: Path, tmp_path: Path) -> None:
    folder = tiny_flow_models.sd3(folders / "flows")
    asked = replace(REQUEST, steps=3)
    assert run(engine(folder, scheduler="flow-heun"), asked, tmp_path)[0] != run(engine(folder), asked, tmp_path)[0]
    with pytest.raises(EngineFailed, match="STORYREEL_DIFFUSERS_SCHEDULER=ddim; choose one of: flow-euler, flow-heun"):
        engine(folder, scheduler="ddim")


def test_a_folder_that_states_no_size_is_painted_at_its_familys(folders: Path, tmp_path: Path) -> None:
    folder = tiny_flow_models.flux(folders / "large", guided=False, native=None)
    meta = run(engine(folder, steps=1), replace(REQUEST, width=128, height=72), tmp_path)[1].meta
    assert meta["size"] == [1360, 768]
    assert meta["changed"] == ["size: painted at 1360×768, scaled to 128×72"]


# -- folders that are none of them ---------------------------------------------------------------------------------------------


def _pipeline(folder: Path, name: Any) -> None:
    index = folder / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"_class_name": name}))


def _part(folder: Path, part: str, name: list[str]) -> None:
    index = folder / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {part: name}))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            lambda folder: _pipeline(folder, "TomorrowPipeline"),
            r"diffusers [\d.]+ has no TomorrowPipeline, and code that comes with",
        ),
        (lambda folder: _pipeline(folder, ["own_code", "OwnPipeline"]), "OwnPipeline.*code that comes with weights is not run"),
        (
            lambda folder: _pipeline(folder, "StableVideoDiffusionPipeline"),
            "StableVideoDiffusionPipeline paints no pictures from text",
        ),
        (lambda folder: _part(folder, "unet", ["diffusers", "UNetOfTomorrow"]), r"not made for diffusers [\d.]+ and transformers"),
        (
            lambda folder: _part(folder, "text_encoder", ["tomorrow", "Encoder"]),
            "not made for .*tomorrow is not one of the libraries",
        ),
    ],
    ids=["unknown class", "own code", "another task", "unknown part", "unknown library"],
)
def test_a_class_that_is_not_known_is_named(tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    folder = tiny_models.turbo(tmp_path / "weights" / "turbo")
    spoil(folder)
    with pytest.raises(EngineFailed, match=says) as caught:
        engine(folder)
    assert caught.value.reason == "WEIGHTS_UNSUITABLE"
    assert "STORYREEL_DIFFUSERS_MODEL" in str(caught.value)
