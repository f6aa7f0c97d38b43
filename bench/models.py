"""What keyframes through diffusers cost: requests a second and seconds a request, alone and batched, and the engine's own share.

Weights are random, since timing does not depend on them: `--shape tiny` shows the engine, `--shape sd-turbo` is SD-Turbo's
architecture. Callers come again as soon as they are answered. The engine's share is the part of a lone request that is not the
pipeline's call: words, waiting, scaling and the PNG. With fewer than a hundred requests a p99 is the slowest of them.

The whole can be run in parts: `--batches 1 --callers 16 --lone 0 --weights FOLDER`, and so on.
"""

import argparse
import gc
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from prometheus_client import CollectorRegistry

from bench import random_weights, report
from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.diffusion.engine import Diffusers
from services.model_service.engines.diffusion.settings import DiffusersSettings
from services.model_service.residency import Residency
from tests.fixtures.engine_job import EngineJob

WORDS = "snow peaks, dusk, two travellers, walking"
SIZES = {"tiny": (64, 64), "sd-turbo": (512, 512)}


class Bench:
    """One engine under load."""

    def __init__(self, folder: Path, scratch: Path, chosen: argparse.Namespace, batch: int) -> None:
        self._scratch = scratch
        self._width, self._height = chosen.size
        settings = DiffusersSettings(
            model=str(folder),
            device=chosen.device,
            dtype=chosen.dtype,
            steps=chosen.steps,
            batch=batch,
            compile=chosen.compile,
            channels_last=chosen.channels_last,
        )
        self._engine = Diffusers(settings, Residency(CollectorRegistry()), workers=max(chosen.callers))
        self._engine.load()
        self._seed = 0
        self._lock = threading.Lock()

    def load(self, callers: int, requests: int) -> dict[str, Any]:
        """So many callers until so many requests are answered."""
        began, cpu = monotonic(), process_time()
        with ThreadPoolExecutor(callers) as pool:
            made = [future.result() for future in [pool.submit(self._one) for _ in range(requests)]]
        wall = monotonic() - began
        seconds = [took for took, _ in made]
        batches = [batch for _, (_, batch) in made]
        return {
            "requests": requests,
            "per_second": round(requests / wall, 3),
            "seconds": report.percentiles(seconds),
            "cpu_seconds_a_request": round((process_time() - cpu) / requests, 4),
            "device_busy": round(sum(call / batch for _, (call, batch) in made) / wall, 3),
            "mean_batch": round(requests / sum(1 / batch for batch in batches), 2),
        }

    def own_share(self, requests: int) -> float:
        """Of lone requests, the middle share of time that is not the pipeline's call."""
        shares = sorted((took - call) / took for took, (call, _) in (self._one() for _ in range(requests)))
        return shares[len(shares) // 2]

    def _one(self) -> tuple[float, tuple[float, int]]:
        """Seconds of a request, and those of its pipeline's call with its batch's size."""
        with self._lock:
            self._seed += 1
            seed = self._seed
        request = KeyframeRequest(
            prompt=WORDS, style="movie", language=Language.EN, width=self._width, height=self._height, seed=seed
        )
        began = monotonic()
        output = self._engine.run(request, EngineJob(self._scratch / str(seed)))
        return monotonic() - began, (output.meta["seconds"], output.meta["batch"])


def measure(folder: Path, scratch: Path, chosen: argparse.Namespace) -> Mapping[str, Any]:
    """Loads by batch limit and callers, and the engine's own share, which a batch limit does not change."""
    found: dict[str, Any] = {}
    for batch in sorted(set(chosen.batches)):
        bench = Bench(folder, scratch / f"batch{batch}", chosen, batch)
        if chosen.lone and "own_share" not in found:
            found["own_share"] = round(bench.own_share(chosen.lone), 4)
        found[f"batch {batch}"] = {callers: bench.load(callers, max(chosen.requests, callers)) for callers in chosen.callers}
        del bench
        gc.collect()
    return found


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    random_weights.add_arguments(parser, list(SIZES), steps=1)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8], help="limits of a batch")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--requests", type=int, default=128, help="at each number of callers, and one of each at least")
    parser.add_argument("--lone", type=int, default=3, help="requests that the engine's own share is measured by; 0 for none")
    parser.add_argument("--channels-last", action="store_true")
    chosen = parser.parse_args(given)
    chosen.size = chosen.size or SIZES[chosen.shape]
    return chosen


def main() -> None:
    """Measure and tell."""
    chosen = arguments(sys.argv[1:])
    with random_weights.written(chosen) as (folder, scratch):
        found = measure(folder, scratch, chosen)
    where = random_weights.device()
    rows = [
        [
            limit,
            callers,
            load["requests"],
            load["per_second"],
            load["seconds"]["p50"],
            load["seconds"]["p99"],
            load["cpu_seconds_a_request"],
            load["mean_batch"],
            f"{load['device_busy']:.0%}",
        ]
        for limit, loads in found.items()
        if isinstance(loads, dict)
        for callers, load in loads.items()
    ]
    title = f"{chosen.shape}, {chosen.size[0]}×{chosen.size[1]}, {chosen.steps} steps, {where}"
    columns = [title, "callers", "requests", "requests/s", "p50 s", "p99 s", "CPU-s each", "mean batch", "device busy"]
    share = [[f"{found['own_share']:.2%}"]] if "own_share" in found else []
    asked = {name: str(value) if isinstance(value, Path) else value for name, value in vars(chosen).items()}
    report.tell(
        {"benchmark": "models", "machine": report.machine(), "device": where, "asked": asked, "results": found},
        report.markdown(columns, rows),
        *([report.markdown(["the engine's own share of a lone request"], share)] if share else []),
    )


if __name__ == "__main__":
    main()
