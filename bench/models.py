"""What keyframes through diffusers cost: requests a second and seconds a request, alone and batched, and the engine's own share.

Weights are random, since timing does not depend on them: `--shape tiny` shows the engine, `--shape sd-turbo` is SD-Turbo's
architecture (866 million parameters in the denoiser). Callers come again as soon as they are answered. The engine's share is the
part of a lone request that is not the pipeline's call: words, waiting, scaling and the PNG.
"""

import argparse
import gc
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel
from prometheus_client import CollectorRegistry
from transformers import CLIPTextConfig, CLIPTextModel

from bench import report
from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.diffusion.engine import Diffusers
from services.model_service.engines.diffusion.settings import DiffusersSettings
from services.model_service.residency import Residency
from tests.fixtures import tiny_models
from tests.fixtures.engine_job import EngineJob

WORDS = "snow peaks, dusk, two travellers, walking"


def sd_turbo(folder: Path, dtype: torch.dtype) -> Path:
    """SD-Turbo's architecture with random weights, saved in `dtype`: its published configuration, but for the tokenizer's words."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        unet = UNet2DConditionModel(
            sample_size=64, cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True
        )
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
            latent_channels=4,
            sample_size=512,
        )
        words = CLIPTextConfig(
            vocab_size=49_408,
            hidden_size=1024,
            intermediate_size=4096,
            num_hidden_layers=23,
            num_attention_heads=16,
            hidden_act="gelu",
            projection_dim=512,
        )
        text_encoder = CLIPTextModel(words)
    finally:
        torch.set_default_dtype(before)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, timestep_spacing="trailing"
    )
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tiny_models.tokenizer(folder),
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    return folder


class Bench:
    """One engine under load."""

    def __init__(self, folder: Path, scratch: Path, chosen: argparse.Namespace, batch: int) -> None:
        self._scratch = scratch
        self._chosen = chosen
        self._registry = CollectorRegistry()
        settings = DiffusersSettings(
            model=str(folder),
            device=chosen.device,
            dtype=chosen.dtype,
            steps=chosen.steps,
            batch=batch,
            compile=chosen.compile,
            channels_last=chosen.channels_last,
        )
        self._engine = Diffusers(settings, Residency(self._registry), workers=max(chosen.callers))
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
            prompt=WORDS, style="movie", language=Language.EN, width=self._chosen.width, height=self._chosen.height, seed=seed
        )
        began = monotonic()
        output = self._engine.run(request, EngineJob(self._scratch / str(seed)))
        return monotonic() - began, (output.meta["seconds"], output.meta["batch"])


def measure(folder: Path, scratch: Path, chosen: argparse.Namespace) -> Mapping[str, Any]:
    """Loads by batch limit and callers, and the engine's own share."""
    found: dict[str, Any] = {}
    for batch in sorted({1, chosen.batch}):
        bench = Bench(folder, scratch / f"batch{batch}", chosen, batch)
        if batch == 1:
            found["own_share"] = round(bench.own_share(chosen.requests), 4)
        found[f"batch {batch}"] = {callers: bench.load(callers, chosen.requests * callers) for callers in chosen.callers}
        del bench
        gc.collect()
    return found


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=("tiny", "sd-turbo"), default="tiny")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--requests", type=int, default=8, help="of each caller")
    parser.add_argument("--width", type=int, default=0, help="the model's own by default")
    parser.add_argument("--height", type=int, default=0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--channels-last", action="store_true")
    chosen = parser.parse_args(given)
    side = 64 if chosen.shape == "tiny" else 512
    chosen.width, chosen.height = chosen.width or side, chosen.height or side
    return chosen


def main() -> None:
    """Measure and tell."""
    chosen = arguments(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as scratch:
        half = torch.bfloat16 if chosen.dtype in {"auto", "bfloat16"} else torch.float32
        folder = Path(scratch) / chosen.shape
        made = tiny_models.turbo(folder) if chosen.shape == "tiny" else sd_turbo(folder, half)
        gc.collect()
        found = measure(made, Path(scratch), chosen)
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    rows = [
        [
            limit,
            callers,
            load["per_second"],
            load["seconds"]["p50"],
            load["seconds"]["p99"],
            load["mean_batch"],
            f"{load['device_busy']:.0%}",
        ]
        for limit, loads in found.items()
        if isinstance(loads, dict)
        for callers, load in loads.items()
    ]
    title = f"{chosen.shape}, {chosen.width}×{chosen.height}, {chosen.steps} steps, {where}"
    report.tell(
        {"benchmark": "models", "machine": report.machine(), "device": where, "asked": vars(chosen), "results": found},
        report.markdown([title, "callers", "requests/s", "p50 s", "p99 s", "mean batch", "device busy"], rows),
    )


if __name__ == "__main__":
    main()
