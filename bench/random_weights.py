"""Model folders with random weights for the benchmarks: tiny ones that show the engine, and published architectures in full size.

What a call takes does not depend on the weights' values. Sources of the architectures: the configurations that are published with
SD-Turbo and with Stable Video Diffusion XT; SD-Turbo's tokenizer has other words.
"""

import argparse
import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableVideoDiffusionPipeline,
    UNet2DConditionModel,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessor, CLIPTextConfig, CLIPTextModel, CLIPVisionConfig, CLIPVisionModelWithProjection

from tests.fixtures import tiny_models, tiny_video_models

_BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}


def sd_turbo(folder: Path) -> Path:
    """SD-Turbo: 866 million parameters in the denoiser, pictures of 512 × 512."""
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
            latent_channels=4,
            sample_size=512,
        ),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=49_408,
                hidden_size=1024,
                intermediate_size=4096,
                num_hidden_layers=23,
                num_attention_heads=16,
                hidden_act="gelu",
                projection_dim=512,
            )
        ),
        tokenizer=tiny_models.tokenizer(folder),
        unet=UNet2DConditionModel(
            sample_size=64, cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True
        ),
        scheduler=EulerDiscreteScheduler(**_BETAS, timestep_spacing="trailing"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    return folder


def svd_xt(folder: Path) -> Path:
    """SVD-XT: 1.5 billion parameters in the denoiser, 25 frames of 1024 × 576."""
    pipeline = StableVideoDiffusionPipeline(
        vae=AutoencoderKLTemporalDecoder(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            layers_per_block=2,
            latent_channels=4,
            sample_size=768,
            scaling_factor=0.18215,
            force_upcast=True,
        ),
        image_encoder=CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=1280,
                intermediate_size=5120,
                num_hidden_layers=32,
                num_attention_heads=16,
                patch_size=14,
                image_size=224,
                projection_dim=1024,
                hidden_act="gelu",
            )
        ),
        unet=UNetSpatioTemporalConditionModel(num_attention_heads=(5, 10, 20, 20), num_frames=25, sample_size=96),
        scheduler=EulerDiscreteScheduler(
            **_BETAS,
            prediction_type="v_prediction",
            sigma_max=700.0,
            sigma_min=0.002,
            timestep_spacing="leading",
            timestep_type="continuous",
            use_karras_sigmas=True,
        ),
        feature_extractor=CLIPImageProcessor(crop_size={"height": 224, "width": 224}, size={"shortest_edge": 224}),
    )
    pipeline.save_pretrained(folder)
    return folder


SHAPES: Mapping[str, Callable[[Path], Path]] = {
    "tiny": tiny_models.turbo,
    "sd-turbo": sd_turbo,
    "tiny-svd": tiny_video_models.svd,
    "svd-xt": svd_xt,
}
"""What writes a pipeline's folder, by the name of its shape."""


def add_arguments(parser: argparse.ArgumentParser, shapes: Sequence[str], *, steps: int) -> None:
    """What every benchmark of a model is told; the first of the `shapes` is the default."""
    parser.add_argument("--shape", choices=shapes, default=shapes[0])
    parser.add_argument("--size", type=_size, help="as 512x288; what suits the shape by default")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--weights", type=Path, help="folder that keeps the random weights, for a run in parts; removed by default")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


@contextmanager
def written(chosen: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """The folder of the chosen shape in the chosen precision (bfloat16 for `auto`), and a scratch folder; removed after it.

    Weights that are to be kept are written once, and found again by shape and precision.
    """
    dtype = torch.bfloat16 if chosen.dtype in {"auto", "bfloat16"} else torch.float32
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as root:
        folder = (chosen.weights or Path(root)) / f"{chosen.shape}-{str(dtype).removeprefix('torch.')}"
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="making-", dir=folder.parent) as making:
                _made(chosen.shape, dtype, Path(making)).rename(folder)  # whole, or not there
        yield folder, Path(root) / "scratch"


def _made(shape: str, dtype: torch.dtype, root: Path) -> Path:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        return SHAPES[shape](root / shape)
    finally:
        torch.set_default_dtype(before)
        gc.collect()  # the model is on the disk now, and not needed here


def device() -> str:
    """What the figures were measured on."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
