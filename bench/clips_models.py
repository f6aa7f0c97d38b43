"""What a clip through Stable Video Diffusion costs: its steps, its decoding, and what the engine does beside the device.

Weights are random, since timing does not depend on them: `--shape tiny-svd` shows the engine, `--shape svd-xt` is SVD-XT's
architecture, which a CPU makes with `--frames` and `--side` smaller than its own 25 frames of 1024 × 576. Times are told apart by
the engine's own reports of progress. `conform` runs on the CPU when the device is free again: with two workers the next clip's
steps run meanwhile.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import numpy as np
import torch
from PIL import Image
from prometheus_client import CollectorRegistry

from bench import random_weights, report
from services.core.model import Digest
from services.core.requests import ClipRequest
from services.model_service.engines.motion.settings import SvdSettings
from services.model_service.engines.motion.svd import Svd
from services.model_service.residency import Residency
from tests.fixtures.engine_job import EngineJob

PICTURE = Digest("0" * 64)
_STAGES = ("waiting", "steps", "decoding", "conforming")


class Timed(EngineJob):
    """Notes when each stage began."""

    def __init__(self, folder: Path, picture: Path) -> None:
        super().__init__(folder, {PICTURE: picture})
        self.began: dict[str, float] = {}

    def progress(self, fraction: float, stage: str = "") -> None:
        name = "steps" if stage == "filming" or stage.startswith("step ") else stage
        self.began.setdefault(name, monotonic())
        super().progress(fraction, stage)

    def seconds(self) -> dict[str, float]:
        """Of each stage."""
        marks = [*(self.began[stage] for stage in _STAGES), self.began["done"]]
        return {stage: round(marks[place + 1] - marks[place], 3) for place, stage in enumerate(_STAGES)}


def measure(folder: Path, scratch: Path, chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """One row a clip, after one that warms all up."""
    width, height = chosen.size
    scratch.mkdir()
    picture = scratch / "picture.png"
    rows, columns = np.mgrid[0:height, 0:width]
    Image.fromarray(np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)).save(picture)
    settings = SvdSettings(
        model=str(folder),
        device=chosen.device,
        dtype=chosen.dtype,
        steps=chosen.steps,
        decode_chunk=chosen.decode_chunk,
        force_cpu=True,
        compile=chosen.compile,
        offload=chosen.offload,
        frames=chosen.frames,
        side=chosen.side,
    )
    engine = Svd(settings, Residency(CollectorRegistry()))
    engine.load()
    found = []
    for clip in range(chosen.clips + 1):
        job = Timed(scratch / str(clip), picture)
        request = ClipRequest(keyframe={"image": PICTURE}, camera="push", frames=96, fps=24, width=width, height=height, seed=clip)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        cpu = process_time()
        output = engine.run(request, job)
        peak = torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else 0.0
        facts = {"cpu_seconds": round(process_time() - cpu, 2), "peak_gb": round(peak, 2)}
        found.append({**job.seconds(), **facts, "decode_chunk": output.meta["decode_chunk"]})
    return found[1:]


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    random_weights.add_arguments(parser, ("tiny-svd", "svd-xt"), steps=25)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--decode-chunk", type=int, default=None)
    parser.add_argument("--frames", type=int, help="that the model makes; as many as it knows by default")
    parser.add_argument("--side", type=int, help="of a square as large as a frame; the model's own by default")
    parser.add_argument("--offload", choices=("none", "model", "sequential"), default="none")
    chosen = parser.parse_args(given)
    chosen.size = chosen.size or (1280, 720)
    return chosen


def main() -> None:
    """Measure and tell."""
    chosen = arguments(sys.argv[1:])
    with random_weights.written(chosen) as (folder, scratch):
        found = measure(folder, scratch, chosen)
    where = random_weights.device()
    made = f"{chosen.frames or 'all'} frames, {chosen.side or 'its own'} side"
    title = f"{chosen.shape}, {chosen.steps} steps, {made}, {where}"
    asked = {name: str(value) if isinstance(value, Path) else value for name, value in vars(chosen).items()}
    report.tell(
        {"benchmark": "clips-models", "machine": report.machine(), "device": where, "asked": asked, "clips": found},
        report.markdown([title, *found[0]], [[number, *row.values()] for number, row in enumerate(found, start=1)]),
    )


if __name__ == "__main__":
    main()
