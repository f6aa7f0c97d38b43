"""Keyframes through real diffusers pipelines with tiny random weights: exact, repeatable, cancellable, and honest about changes."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from prometheus_client import CollectorRegistry

from services.core.errors import Cancelled, ContentViolation, EngineFailed
from services.core.model import Digest
from services.model_service.engines.diffusion import device
from services.model_service.engines.diffusion.engine import Diffusers
from services.model_service.engines.diffusion.settings import DiffusersSettings
from services.model_service.residency import Residency
from tests.fixtures import tiny_models
from tests.fixtures.diffusion import GATHERED, PATIENCE, REQUEST, Leaving, alike, engine, levels, run, together
from tests.fixtures.engine_job import EngineJob

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def turbo(folders: Path) -> Path:
    return tiny_models.turbo(folders / "turbo")


@pytest.fixture(scope="module")
def sd(folders: Path) -> Path:
    return tiny_models.sd(folders / "sd")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


# -- pictures ------------------------------------------------------------------------------------------------------------------


def test_the_same_seed_is_the_same_bytes_and_in_a_batch_the_same_picture(turbo: Path, tmp_path: Path) -> None:
    alone, gathered = engine(turbo, batch=1), engine(turbo, batch=4, batch_window_ms=GATHERED)
    assert alone.identity == gathered.identity
    takes = [replace(REQUEST, seed=seed, prompt=f"a house, number {seed}") for seed in range(4)]
    single = [run(alone, take, tmp_path / "single")[0] for take in takes]
    assert single == [run(alone, take, tmp_path / "again")[0] for take in takes]
    batched = together(gathered, takes, tmp_path)
    assert [output.meta["batch"] for _, output in batched] == [4, 4, 4, 4]
    for one in range(4):
        assert [alike(single[one], batched[other][0]) for other in range(4)] == [one == other for other in range(4)]
    # In a batch it depends on the batch's size at most, not on the company.
    takes[1:] = [replace(take, seed=take.seed + 100) for take in takes[1:]]
    assert together(gathered, takes, tmp_path)[0][0] == batched[0][0]


def test_guided_takes_with_and_without_words_to_avoid_are_batched_each_among_themselves(sd: Path, tmp_path: Path) -> None:
    alone, gathered = engine(sd, batch=1, steps=2), engine(sd, batch=2, steps=2, batch_window_ms=GATHERED)
    takes = [replace(REQUEST, seed=seed, negative_prompt=words) for seed in (1, 2) for words in ("", "fog")]
    batched = together(gathered, takes, tmp_path)
    assert [output.meta["batch"] for _, output in batched] == [2, 2, 2, 2]
    assert all(alike(run(alone, take, tmp_path / "alone")[0], made[0]) for take, made in zip(takes, batched, strict=True))
    assert batched[0][0] != batched[1][0]


def test_a_picture_is_exactly_as_large_as_asked_and_says_how_it_was_painted(turbo: Path, tmp_path: Path) -> None:
    picture, output = run(engine(turbo), replace(REQUEST, width=128, height=72), tmp_path)
    with Image.open(output.files["image"].path) as opened:
        assert (opened.size, opened.mode, opened.format) == ((128, 72), "RGB", "PNG")
        assert np.asarray(opened).std() > 1
    assert output.meta["size"] == [112, 64]
    assert "size: painted at 112×64, scaled to 128×72" in output.meta["changed"]
    assert output.files["image"].content_type == "image/png"
    assert picture.startswith(b"\x89PNG")


def test_a_turbo_model_takes_few_steps_and_no_guidance_and_says_what_it_ignores(turbo: Path, tmp_path: Path) -> None:
    painting = engine(turbo)
    _, output = run(painting, replace(REQUEST, steps=15, guidance_scale=3.5, negative_prompt="fog"), tmp_path)
    assert (output.meta["family"], output.meta["steps"], output.meta["guidance"]) == ("turbo", 4, 0)
    assert output.meta["changed"] == [
        "steps: 15 → 4 (turbo takes at most 4)",
        "guidance: 3.5 → 0 (turbo is not guided)",
        "negative prompt: ignored (the model is not guided)",
    ]
    assert run(painting, REQUEST, tmp_path)[1].meta["changed"] == []


def test_a_guided_model_does_as_it_is_asked(sd: Path, tmp_path: Path) -> None:
    painting = engine(sd)
    asked = replace(REQUEST, steps=3, guidance_scale=4.0)
    plain, output = run(painting, asked, tmp_path)
    assert (output.meta["steps"], output.meta["guidance"], output.meta["changed"]) == (3, 4.0, [])
    assert run(painting, replace(asked, negative_prompt="fog"), tmp_path)[0] != plain
    assert run(painting, replace(asked, guidance_scale=6.0), tmp_path)[0] != plain
    assert run(painting, replace(asked, guidance_scale=1.0, negative_prompt="fog"), tmp_path)[1].meta["changed"]


def test_words_to_avoid_can_be_set_for_all_pictures(sd: Path, turbo: Path, tmp_path: Path) -> None:
    asked = replace(REQUEST, steps=3)
    plain, avoiding = engine(sd), engine(sd, negative_prompt="fog")
    assert run(avoiding, asked, tmp_path)[0] == run(plain, replace(asked, negative_prompt="fog"), tmp_path)[0]
    both = run(avoiding, replace(asked, negative_prompt="rain"), tmp_path)[0]
    assert both == run(plain, replace(asked, negative_prompt="rain, fog"), tmp_path)[0]
    assert avoiding.identity != plain.identity
    unguided = run(engine(turbo, negative_prompt="fog"), asked, tmp_path)[1]
    assert "negative prompt: ignored (the model is not guided)" in unguided.meta["changed"]


def test_a_sampler_is_chosen_by_name_and_an_unknown_one_is_refused_with_those_there_are(sd: Path, tmp_path: Path) -> None:
    pictures = {
        run(engine(sd, scheduler=name, steps=3), REQUEST, tmp_path)[0]
        for name in ("", "euler", "ddim", "dpm++", "unipc", "euler-a")
    }
    assert len(pictures) == 6
    with pytest.raises(EngineFailed, match=r"STORYREEL_DIFFUSERS_SCHEDULER=flow-euler; choose one of: euler, euler-a"):
        engine(sd, scheduler="flow-euler")


# -- words ---------------------------------------------------------------------------------------------------------------------


def test_words_beyond_77_tokens_are_read(turbo: Path, tmp_path: Path) -> None:
    painting = engine(turbo)
    long = "a road through the hills, " * 8  # the tiny tokenizer makes a token of every letter
    first, output = run(painting, replace(REQUEST, prompt=long + "and a castle"), tmp_path)
    other, _ = run(painting, replace(REQUEST, prompt=long + "and a harbour"), tmp_path)
    assert output.meta["changed"] == []
    assert "and a castle" in output.meta["prompt"]
    assert first != other


def test_words_beyond_all_bounds_are_cut_and_the_cut_is_said(turbo: Path, tmp_path: Path) -> None:
    _, output = run(engine(turbo), replace(REQUEST, prompt="a road, " * 200 + "and a castle"), tmp_path)
    assert any(note.startswith("prompt: cut after 600 tokens, before “") for note in output.meta["changed"])


def test_long_words_are_batched_with_words_as_long(turbo: Path, tmp_path: Path) -> None:
    gathered, alone = engine(turbo, batch=2, batch_window_ms=GATHERED), engine(turbo, batch=1)
    takes = [replace(REQUEST, prompt="a road through the hills, " * 4 + end) for end in ("by day", "by night")]
    batched = together(gathered, takes, tmp_path)
    assert [output.meta["batch"] for _, output in batched] == [2, 2]
    assert all(alike(run(alone, take, tmp_path / "alone")[0], made[0]) for take, made in zip(takes, batched, strict=True))


# -- progress and leaving ------------------------------------------------------------------------------------------------------


def test_everybody_in_a_batch_sees_progress_that_never_goes_back(sd: Path, tmp_path: Path) -> None:
    painting = engine(sd, batch=2, batch_window_ms=GATHERED, steps=6)
    jobs = [EngineJob(tmp_path / name) for name in "ab"]
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(painting.run, replace(REQUEST, seed=seed), job) for seed, job in enumerate(jobs)]:
            assert future.result(PATIENCE).meta["batch"] == 2
    for job in jobs:
        assert job.fractions == sorted(job.fractions)
        assert len(set(job.fractions)) >= 9
        assert (job.fractions[0], job.fractions[-1]) == (0.0, 1.0)


def test_one_who_leaves_between_steps_stops_the_model_within_a_step(sd: Path, tmp_path: Path) -> None:
    painting = engine(sd, steps=30, scheduler="ddim")
    job = Leaving(tmp_path / "leaving", after="step 3/30")
    with pytest.raises(Cancelled):
        painting.run(REQUEST, job)
    assert job.stages[-1] == "step 3/30"
    picture, _ = run(painting, replace(REQUEST, steps=2), tmp_path)
    assert picture == run(engine(sd, scheduler="ddim"), replace(REQUEST, steps=2), tmp_path)[0]


def test_one_of_two_leaves_and_the_other_gets_its_picture(sd: Path, tmp_path: Path) -> None:
    painting = engine(sd, batch=2, batch_window_ms=GATHERED, steps=6, scheduler="ddim")
    leaver = Leaving(tmp_path / "leaving", after="step 2/6")
    with ThreadPoolExecutor(2) as pool:
        left = pool.submit(painting.run, REQUEST, leaver)
        stayed = pool.submit(run, painting, replace(REQUEST, seed=8), tmp_path / "staying")
        with pytest.raises(Cancelled):
            left.result(PATIENCE)
        picture, _ = stayed.result(PATIENCE)
    assert alike(picture, run(engine(sd, steps=6, scheduler="ddim"), replace(REQUEST, seed=8), tmp_path)[0])


@pytest.mark.parametrize("batch", [None, 4], ids=["one at a time", "batched"])
def test_eight_threads_of_mixed_requests_get_what_each_would_get_alone(turbo: Path, tmp_path: Path, batch: int | None) -> None:
    takes = [replace(REQUEST, seed=seed, width=64 + 16 * (seed % 2), steps=1 + seed % 3) for seed in range(24)]
    alone = engine(turbo, batch=1)
    expected = [run(alone, take, tmp_path / "alone")[0] for take in takes]
    painting = engine(turbo, batch=batch, batch_window_ms=5)
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(run, painting, take, tmp_path / str(number)) for number, take in enumerate(takes)]
        made = [future.result(PATIENCE)[0] for future in futures]
    if batch is None:
        assert made == expected
    assert all(alike(one, other) for one, other in zip(made, expected, strict=True))


# -- the device ----------------------------------------------------------------------------------------------------------------


def test_two_models_that_do_not_fit_together_take_turns(
    turbo: Path, sd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    residency = Residency(CollectorRegistry())
    first = engine(turbo, residency)
    picture, _ = run(first, REQUEST, tmp_path)
    monkeypatch.setattr(device, "available_memory", lambda: 1_000_000)
    second = engine(sd, residency, steps=2)
    memory = device.TorchMemory(torch.device("cpu"))
    assert list(residency.resident(memory)) == ["diffusers/sd"]
    assert run(first, REQUEST, tmp_path)[0] == picture
    assert residency.resident(memory) == {"diffusers/turbo": pytest.approx(5.1e6, rel=0.05)}
    run(second, REQUEST, tmp_path)
    labels = {"device": "cpu", "model": "diffusers/turbo"}
    assert residency.metrics.evictions.labels(**labels)._value.get() == 2


def test_warming_up_paints_and_is_not_counted_as_a_batch(turbo: Path) -> None:
    registry = CollectorRegistry()
    engine(turbo, Residency(registry), warm_up=True)
    assert registry.get_sample_value("storyreel_device_use_seconds_count", {"device": "cpu", "model": "diffusers/turbo"}) == 2
    assert registry.get_sample_value("storyreel_device_batch_size_count", {"model": "diffusers/turbo"}) is None


def test_batches_never_exceed_the_workers_there_are(turbo: Path, tmp_path: Path) -> None:
    settings = DiffusersSettings(model=str(turbo), device="cpu", threads=1, warm_up=False, batch=8, batch_window_ms=GATHERED)
    painting = Diffusers(settings, Residency(CollectorRegistry()), workers=2)
    painting.load()
    assert [output.meta["batch"] for _, output in together(painting, [REQUEST, REQUEST], tmp_path)] == [2, 2]


@pytest.mark.parametrize(
    ("changes", "reason", "says"),
    [
        ({"device": "cuda:7"}, "DEVICE_MISSING", "cuda:7"),
        ({"device": "abacus"}, "BAD_ENGINE_SETTING", "STORYREEL_DIFFUSERS_DEVICE=abacus"),
        ({"dtype": "int4"}, "BAD_ENGINE_SETTING", "STORYREEL_DIFFUSERS_DTYPE=int4"),
        ({"family": "rubens"}, "BAD_ENGINE_SETTING", "STORYREEL_DIFFUSERS_FAMILY=rubens"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_the_start(turbo: Path, changes: dict[str, Any], reason: str, says: str) -> None:
    with pytest.raises(EngineFailed, match=says) as caught:
        engine(turbo, **changes)
    assert caught.value.reason == reason


def test_bfloat16_and_channels_last_paint_nearly_the_same_picture(turbo: Path, tmp_path: Path) -> None:
    plain, half = engine(turbo), engine(turbo, dtype="bfloat16", channels_last=True)
    assert plain.identity != half.identity
    assert np.abs(levels(run(plain, REQUEST, tmp_path)[0]) - levels(run(half, REQUEST, tmp_path)[0])).mean() < 6


# -- safety and references -----------------------------------------------------------------------------------------------------


def test_what_the_safety_checker_flags_is_refused_and_nothing_is_kept(folders: Path, tmp_path: Path) -> None:
    strict = engine(tiny_models.sd(folders / "strict", checked=True, concept=-1.0), safety_check=True, steps=2)
    with pytest.raises(ContentViolation) as caught:
        run(strict, REQUEST, tmp_path / "refused")
    assert caught.value.reason == "CONTENT_VIOLATION"
    assert not list((tmp_path / "refused").iterdir())


def test_what_it_lets_pass_is_painted_as_without_it(folders: Path, tmp_path: Path) -> None:
    folder = tiny_models.sd(folders / "lenient", checked=True, concept=1.0)
    checked, unchecked = engine(folder, safety_check=True, steps=2), engine(folder, steps=2)
    assert run(checked, REQUEST, tmp_path)[0] == run(unchecked, REQUEST, tmp_path)[0]
    assert checked.identity != unchecked.identity


def test_a_check_that_is_wanted_and_cannot_be_made_keeps_the_engine_from_loading(turbo: Path) -> None:
    with pytest.raises(EngineFailed, match="no safety checker; set STORYREEL_DIFFUSERS_SAFETY_CHECKER"):
        engine(turbo, safety_check=True)


def test_a_checker_of_its_own_folder_serves_weights_without_one(turbo: Path, folders: Path, tmp_path: Path) -> None:
    strict = tiny_models.sd(folders / "own", checked=True, concept=-1.0)
    shutil.copy(strict / "feature_extractor" / "preprocessor_config.json", strict / "safety_checker")
    with pytest.raises(ContentViolation):
        run(engine(turbo, safety_check=True, safety_checker=str(strict / "safety_checker")), REQUEST, tmp_path)


def test_reference_pictures_change_the_picture_where_an_adapter_is_set(sd: Path, folders: Path, tmp_path: Path) -> None:
    adapter = tiny_models.ip_adapter(folders / "adapter", sd)
    face, other = tmp_path / "face.png", tmp_path / "other.png"
    Image.linear_gradient("L").save(face)
    Image.radial_gradient("L").save(other)
    media = {"a" * 64: face, "b" * 64: other}
    painting = engine(sd, ip_adapter=str(adapter), steps=2)

    def picture(*digests: str, on: Diffusers = painting) -> bytes:
        request = replace(REQUEST, references=tuple(Digest(digest) for digest in digests))
        return on.run(request, EngineJob(tmp_path / "run", media)).files["image"].path.read_bytes()

    none, faced, both = picture(), picture("a" * 64), picture("a" * 64, "b" * 64)
    assert len({none, faced, both, picture("b" * 64)}) == 4
    assert faced == picture("a" * 64)
    assert none == picture()
    plain = engine(sd, steps=2)
    assert none == picture(on=plain)
    assert plain.identity != painting.identity
    ignoring = plain.run(replace(REQUEST, references=(Digest("a" * 64),)), EngineJob(tmp_path / "run", media))
    assert ignoring.meta["changed"] == ["references: ignored (no IP-Adapter is set)"]
