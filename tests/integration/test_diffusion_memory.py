"""When the device's memory is full: halve the batch, then decode in tiles, then evict the others, then give the request back."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from services.core.errors import Cancelled, ContentViolation, EngineFailed, ResourceExhausted
from services.model_service.engines.diffusion.batching import Member
from services.model_service.engines.diffusion.device import TorchMemory, available_memory, is_out_of_memory, size_of
from services.model_service.engines.diffusion.families import FAMILIES
from services.model_service.engines.diffusion.model import Model
from services.model_service.engines.diffusion.sampling import Painted, Sampler
from services.model_service.engines.diffusion.takes import Take

pytestmark = pytest.mark.models


def full() -> Exception:
    error: Exception = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has …")
    return error


class Vae:
    """Notes how it is told to decode."""

    def __init__(self) -> None:
        self.tiling = self.slicing = False

    def enable_tiling(self) -> None:
        self.tiling = True

    def disable_tiling(self) -> None:
        self.tiling = False

    def enable_slicing(self) -> None:
        self.slicing = True

    def disable_slicing(self) -> None:
        self.slicing = False


@dataclass
class Pipeline:
    """Paints each picture in its seed's grey, as long as `fits(batch, tiled)`; fails in the middle of the steps otherwise."""

    fits: Callable[[int, bool], bool]
    steps: int = 3
    error: Callable[[], Exception] = full
    value: float | None = None
    calls: list[tuple[int, bool]] = field(default_factory=list)
    vae: Vae = field(default_factory=Vae)

    @property
    def num_timesteps(self) -> int:
        return self.steps

    def __call__(self, prompt: list[str], generator: list[torch.Generator], callback_on_step_end: Any) -> SimpleNamespace:
        self.calls.append((len(prompt), self.vae.tiling))
        for step in range(self.steps):
            callback_on_step_end(self, step, 0, {})
            if step == 1 and not self.fits(len(prompt), self.vae.tiling):
                raise self.error()
        greys = [generator.initial_seed() / 255 if self.value is None else self.value for generator in generator]
        return SimpleNamespace(images=torch.stack([torch.full((3, 8, 8), grey) for grey in greys]))


class Caller:
    """Sees its progress; leaves once `until` is reached."""

    tenant = ""

    def __init__(self, until: float = 2.0) -> None:
        self.fractions: list[float] = []
        self._until = until

    def progress(self, fraction: float, stage: str = "") -> None:
        self.fractions.append(fraction)
        self.check()

    def check(self) -> None:
        if self.fractions and self.fractions[-1] >= self._until:
            raise Cancelled("CANCELLED")


def members(count: int, **callers: Caller) -> list[Member[Take, Painted]]:
    takes = [Take(("x",), (), 3, 0.0, 8, 8, seed) for seed in range(count)]
    return [Member(take, callers.get(f"m{number}", Caller())) for number, take in enumerate(takes)]


def greys(answered: list[Member[Take, Painted]]) -> list[int]:
    return [int(member.outcome().pixels[0, 0, 0]) for member in answered]


def sampler(relieve: Callable[[], bool] = lambda: False, most: int = 8) -> Sampler:
    return Sampler(FAMILIES["turbo"], TorchMemory(torch.device("cpu")), relieve, most=most)


def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_nobody_is_forgotten() -> None:
    pipeline = Pipeline(lambda batch, _: batch <= 2)
    painting, group = sampler(), members(7)
    painting.paint(Model(pipeline), group)
    assert greys(group) == [0, 1, 2, 3, 4, 5, 6]
    assert [batch for batch, _ in pipeline.calls] == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert all(member.outcome().batch == 1 for member in group)


def test_what_fitted_is_remembered_for_the_size() -> None:
    pipeline = Pipeline(lambda batch, _: batch <= 2)
    painting = sampler()
    painting.paint(Model(pipeline), members(4))
    pipeline.calls.clear()
    group = members(4)
    painting.paint(Model(pipeline), group)
    assert pipeline.calls == [(2, False), (2, False)]
    assert greys(group) == [0, 1, 2, 3]


def test_one_picture_that_does_not_fit_is_decoded_in_tiles() -> None:
    pipeline = Pipeline(lambda _, tiled: tiled)
    painting, group = sampler(), members(1)
    painting.paint(Model(pipeline), group)
    assert pipeline.calls == [(1, False), (1, True)]
    assert group[0].outcome().tiled
    assert pipeline.vae.slicing


def test_then_the_other_models_are_evicted() -> None:
    evicted: list[str] = []

    def relieve() -> bool:
        evicted.append("others")
        return len(evicted) == 1

    pipeline = Pipeline(lambda _, __: bool(evicted))
    group = members(1)
    sampler(relieve).paint(Model(pipeline), group)
    assert pipeline.calls == [(1, False), (1, True), (1, False)]
    assert greys(group) == [0]


def test_once_the_others_are_gone_batches_are_whole_again() -> None:
    others = ["another model"]
    pipeline = Pipeline(lambda _, __: not others)
    painting = sampler(lambda: bool(others and others.pop()))
    group = members(4)
    assert painting.paint(Model(pipeline), group) == [4]
    assert pipeline.calls == [(4, False), (2, False), (1, False), (1, True), (4, False)]
    assert not any(member.outcome().tiled for member in group)


def test_what_found_no_room_begins_anew_the_next_time() -> None:
    room = False
    pipeline = Pipeline(lambda _, __: room)
    painting = sampler()
    painting.paint(Model(pipeline), members(1))
    room = True
    pipeline.calls.clear()
    assert painting.paint(Model(pipeline), members(2)) == [2]
    assert pipeline.calls == [(2, False)]


def test_at_the_ladders_end_each_is_told_to_come_again() -> None:
    pipeline = Pipeline(lambda _, __: False)
    group = members(2)
    sampler().paint(Model(pipeline), group)
    for member in group:
        with pytest.raises(ResourceExhausted, match="Tried to allocate") as caught:
            member.outcome()
        assert caught.value.reason == "DEVICE_MEMORY_FULL"
        assert caught.value.retry_after
        assert "GPU 0 has" not in str(caught.value)


def test_progress_is_kept_when_a_batch_begins_again() -> None:
    caller = Caller()
    group = members(2, m0=caller)
    sampler().paint(Model(Pipeline(lambda batch, _: batch == 1)), group)
    assert caller.fractions == sorted(caller.fractions)
    assert caller.fractions[-1] == pytest.approx(0.9)


def test_a_batch_that_all_have_left_stops_within_a_step() -> None:
    pipeline = Pipeline(lambda _, __: True, steps=50)
    callers = {f"m{number}": Caller(until=0.05 + 0.85 * step / 50) for number, step in enumerate((2, 4, 3))}
    group = members(3, **callers)
    sampler().paint(Model(pipeline), group)
    assert all(member.left and not member.answered for member in group)
    assert len(callers["m1"].fractions) == 5  # the beginning, and four steps


def test_one_who_left_a_halved_batch_is_not_painted_again() -> None:
    pipeline = Pipeline(lambda batch, _: batch == 1)
    group = members(2, m0=Caller(until=0.1))
    sampler().paint(Model(pipeline), group)
    assert pipeline.calls == [(2, False), (1, False)]
    assert greys(group[1:]) == [1]


def test_other_errors_are_not_taken_for_a_full_memory() -> None:
    pipeline = Pipeline(lambda _, __: False, error=lambda: RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1"):
        sampler().paint(Model(pipeline), members(2))
    assert len(pipeline.calls) == 1


def test_numbers_that_are_not_finite_are_an_error_and_no_black_picture() -> None:
    group = members(1)
    sampler().paint(Model(Pipeline(lambda _, __: True, value=float("nan"))), group)
    with pytest.raises(EngineFailed, match="STORYREEL_DIFFUSERS_DTYPE"):
        group[0].outcome()


class Censor:
    """Flags what is brighter than black."""

    def flagged(self, pictures: list[npt.NDArray[np.uint8]]) -> list[bool]:
        return [bool(picture.max() > 0) for picture in pictures]


def test_a_flagged_picture_is_its_own_callers_trouble_alone() -> None:
    group = members(2)
    checker: Any = Censor()
    sampler().paint(Model(Pipeline(lambda _, __: True), checker), group)
    assert greys(group[:1]) == [0]
    with pytest.raises(ContentViolation):
        group[1].outcome()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("x"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried …"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_full_memory_is_told_by_its_error(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_a_models_size_is_that_of_its_tensors() -> None:
    module = torch.nn.Linear(10, 5, dtype=torch.float64)
    module.register_buffer("kept", torch.zeros(3, dtype=torch.float32))
    assert size_of(module) == 55 * 8 + 12
    assert size_of(SimpleNamespace(components={"unet": module, "scheduler": object()})) == 452
    assert size_of(SimpleNamespace(pipeline=SimpleNamespace(components={"unet": module}))) == 452


def test_a_containers_limit_bounds_the_free_memory(tmp_path: Any) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 100 kB\nMemAvailable:  64 kB\n")
    assert available_memory(meminfo, tmp_path) == 65_536
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(meminfo, tmp_path) == 65_536
    (tmp_path / "memory.max").write_text("5000\n")
    assert available_memory(meminfo, tmp_path) == 4000
    assert available_memory(tmp_path / "absent", tmp_path) == 4000


def test_the_fake_takes_what_a_pipeline_takes() -> None:
    from diffusers import StableDiffusionPipeline  # noqa: PLC0415 -- this test alone

    real = inspect.signature(StableDiffusionPipeline.__call__).parameters
    assert set(inspect.signature(Pipeline.__call__).parameters) <= set(real)
