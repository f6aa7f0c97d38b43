"""What a clip through Stable Video Diffusion costs: its steps, its decoding, and what the engine does beside the device.

Weights are random, since timing does not depend on them: `--shape tiny` shows the engine, `--shape svd-xt` is the published
architecture of SVD-XT (1.5 billion parameters in the denoiser, 25 frames of 1024 × 576). Times are told apart by the engine's own
reports of progress. `conform` runs on the CPU when the device is free again: with two workers the next clip's steps run meanwhile.
"""

import argparse
import gc
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from PIL import Image
from prometheus_client import CollectorRegistry
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from bench import report
from services.core.model import Digest
from services.core.requests import ClipRequest
from services.model_service.engines.motion.settings import SvdSettings
from services.model_service.engines.motion.svd import Svd
from services.model_service.residency import Residency
from tests.fixtures import tiny_video_models
from tests.fixtures.engine_job import EngineJob

PICTURE = Digest("0" * 64)
_STAGES = ("waiting", "steps", "decoding", "conforming")


def svd_xt(folder: Path, dtype: torch.dtype) -> Path:
    """SVD-XT's architecture with random weights, saved in `dtype`: its published configuration."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        unet = UNetSpatioTemporalConditionModel(num_attention_heads=(5, 10, 20, 20), num_frames=25, sample_size=96)
        vae = AutoencoderKLTemporalDecoder(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            layers_per_block=2,
            latent_channels=4,
            sample_size=768,
            scaling_factor=0.18215,
            force_upcast=True,
        )
        vision = CLIPVisionConfig(
            hidden_size=1280,
            intermediate_size=5120,
            num_hidden_layers=32,
            num_attention_heads=16,
            patch_size=14,
            image_size=224,
            projection_dim=1024,
            hidden_act="gelu",
        )
        image_encoder = CLIPVisionModelWithProjection(vision)
    finally:
        torch.set_default_dtype(before)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        sigma_max=700.0,
        sigma_min=0.002,
        steps_offset=1,
        timestep_spacing="leading",
        timestep_type="continuous",
        use_karras_sigmas=True,
    )
    pipeline = StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=image_encoder,
        unet=unet,
        scheduler=scheduler,
        feature_extractor=CLIPImageProcessor(crop_size={"height": 224, "width": 224}, size={"shortest_edge": 224}),
    )
    pipeline.save_pretrained(folder)
    return folder


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
    picture = scratch / "picture.png"
    rows, columns = np.mgrid[0 : chosen.height, 0 : chosen.width]
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
    )
    engine = Svd(settings, Residency(CollectorRegistry()))
    engine.load()
    found = []
    for clip in range(chosen.clips + 1):
        job = Timed(scratch / str(clip), picture)
        request = ClipRequest(
            keyframe={"image": PICTURE}, camera="push", frames=96, fps=24, width=chosen.width, height=chosen.height, seed=clip
        )
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
    parser.add_argument("--shape", choices=("tiny", "svd-xt"), default="tiny")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--decode-chunk", type=int, default=None)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--offload", choices=("none", "model", "sequential"), default="none")
    parser.add_argument("--compile", action="store_true")
    return parser.parse_args(given)


def main() -> None:
    """Measure and tell."""
    chosen = arguments(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as scratch:
        half = torch.bfloat16 if chosen.dtype in {"auto", "bfloat16"} else torch.float32
        folder = Path(scratch) / chosen.shape
        made = tiny_video_models.svd(folder) if chosen.shape == "tiny" else svd_xt(folder, half)
        gc.collect()
        found = measure(made, Path(scratch), chosen)
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    title = f"{chosen.shape}, {chosen.steps} steps, {where}"
    report.tell(
        {"benchmark": "clips-models", "machine": report.machine(), "device": where, "asked": vars(chosen), "clips": found},
        report.markdown([title, *found[0]], [[number, *row.values()] for number, row in enumerate(found, start=1)]),
    )


if __name__ == "__main__":
    main()
