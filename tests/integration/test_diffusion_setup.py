"""How the engine `diffusers` is set up: an IP-Adapter that does not fit is told from a broken one, and TF32 is what is asked."""

from pathlib import Path

import pytest
import torch
from prometheus_client import CollectorRegistry
from safetensors.torch import load_file, save_file

from services.core.errors import EngineFailed
from services.model_service.engines.diffusion.device import multiply_in_tf32
from services.model_service.engines.diffusion.engine import Diffusers
from services.model_service.engines.diffusion.settings import DiffusersSettings
from services.model_service.residency import Residency
from tests.fixtures import tiny_models
from tests.fixtures.diffusion import engine

pytestmark = pytest.mark.models


def adapted(folder: Path) -> tuple[Path, Path]:
    """Weights, and an IP-Adapter that fits them."""
    weights = tiny_models.sd(folder / "sd")
    return weights, tiny_models.ip_adapter(folder / "adapter", weights)


def load(weights: Path, adapter: Path) -> None:
    settings = DiffusersSettings(model=str(weights), device="cpu", threads=torch.get_num_threads(), ip_adapter=str(adapter))
    Diffusers(settings, Residency(CollectorRegistry()), workers=1).load()


def test_an_adapter_that_fits_is_loaded_and_warmed_up(tmp_path: Path) -> None:
    load(*adapted(tmp_path))


def test_an_adapter_of_other_weights_is_not_called_broken(tmp_path: Path) -> None:
    sd, adapter = adapted(tmp_path)
    weights = {name: tensor[..., :-1] if name.endswith("_ip.weight") else tensor for name, tensor in load_file(adapter).items()}
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, adapter)
    with pytest.raises(EngineFailed, match="IP-Adapter for other weights") as caught:
        load(sd, adapter)
    assert (caught.value.reason, caught.value.params["setting"]) == ("WEIGHTS_UNSUITABLE", "STORYREEL_DIFFUSERS_IP_ADAPTER")


def test_an_adapter_beside_another_image_encoder_is_named(tmp_path: Path) -> None:
    sd, adapter = adapted(tmp_path)
    weights = load_file(adapter)
    wider = {"image_proj.proj.weight": weights["image_proj.proj.weight"].repeat(1, 2)}
    save_file(weights | wider, adapter)
    with pytest.raises(EngineFailed, match="image encoder 64 numbers wide") as caught:
        load(sd, adapter)
    assert caught.value.reason == "WEIGHTS_UNSUITABLE"


@pytest.mark.parametrize("enabled", [True, False])
def test_tf32_is_on_or_off_for_matrices_and_convolutions(enabled: bool) -> None:
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    try:
        multiply_in_tf32(not enabled)
        multiply_in_tf32(enabled)
        assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (enabled, enabled)
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def test_all_that_changes_bytes_is_part_of_the_recipe(tmp_path: Path) -> None:
    sd, adapter = adapted(tmp_path)
    plain = engine(sd).identity.revision
    assert engine(sd).identity.revision == plain
    assert engine(sd, channels_last=True).identity.revision != plain
    referring = engine(sd, ip_adapter=str(adapter)).identity.revision
    encoder = adapter.parent / "image_encoder" / "model.safetensors"
    weights = load_file(encoder)
    save_file({name: tensor + 1 if tensor.is_floating_point() else tensor for name, tensor in weights.items()}, encoder)
    assert engine(sd, ip_adapter=str(adapter)).identity.revision not in {plain, referring}


def test_an_adapter_that_is_not_there_is_named(tmp_path: Path) -> None:
    sd, adapter = adapted(tmp_path)
    with pytest.raises(EngineFailed, match="there is no such file") as caught:
        engine(sd, ip_adapter=str(adapter.with_name("other.safetensors")))
    assert caught.value.reason == "WEIGHTS_MISSING"
