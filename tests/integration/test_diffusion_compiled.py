"""`torch.compile`: warm at the start, the same graphs for every batch and size, and so the same bytes from run to run.

What torch traces is tested here, by the backend that runs it as it is: turning it into machine code takes minutes a model.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch._dynamo.utils import counters

from services.core.errors import EngineFailed
from tests.fixtures import tiny_models
from tests.fixtures.diffusion import GATHERED, REQUEST, alike, engine, run, together

pytestmark = [
    pytest.mark.models,
    pytest.mark.timeout(900),
    # torch's own, as its compiler is imported.
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:FutureWarning"),
]
LARGER = replace(REQUEST, width=80)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.turbo(tmp_path_factory.mktemp("weights") / "turbo")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    torch._dynamo.reset()  # nothing traced by an earlier test
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch._dynamo.reset()


def graphs() -> int:
    return int(counters["stats"]["unique_graphs"])


def test_every_size_and_batch_is_painted_by_the_graphs_of_the_warm_up(weights: Path, tmp_path: Path) -> None:
    before = graphs()
    painting = engine(weights, compile=True, compile_backend="eager", batch=3, batch_window_ms=GATHERED, steps=1)
    compiled = graphs()
    assert compiled > before  # at the start, before anybody asks
    plain = engine(weights, batch=1, steps=1)
    takes = [replace(REQUEST, seed=seed) for seed in range(3)]
    batched = together(painting, takes, tmp_path)
    assert [output.meta["batch"] for _, output in batched] == [3, 3, 3]
    assert all(alike(run(plain, take, tmp_path)[0], made[0]) for take, made in zip(takes, batched, strict=True))
    # Another size and a smaller batch, and then the first ones again: painted by the code that painted them before.
    together(painting, [replace(LARGER, seed=seed) for seed in range(3)], tmp_path)
    assert [made for made, _ in together(painting, takes, tmp_path)] == [made for made, _ in batched]
    assert graphs() == compiled
    assert painting.identity != plain.identity


def test_without_a_compiler_it_does_not_load_and_says_what_is_missing(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import config  # noqa: PLC0415 -- seconds to import

    monkeypatch.setattr(config.cpp, "cxx", ("/nowhere/g++",))
    with pytest.raises(EngineFailed, match=r"needs a C\+\+ compiler.* or set STORYREEL_DIFFUSERS_COMPILE=false") as caught:
        engine(weights, compile=True, batch=1, steps=1)
    assert caught.value.reason == "COMPILE_FAILED"
    assert "compiler" in str(caught.value.params["problem"])


def test_a_backend_that_is_not_there_is_named(weights: Path) -> None:
    with pytest.raises(EngineFailed, match="abacus") as caught:
        engine(weights, compile=True, compile_backend="abacus")
    assert caught.value.reason == "COMPILE_FAILED"
