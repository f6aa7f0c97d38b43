"""A model's folder that lacks something, or holds something broken, is refused at the start with what it is and how to mend it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from services.core.errors import EngineFailed
from services.model_service.engines.diffusion.loading import Folder, Loader
from tests.fixtures import tiny_models

pytestmark = pytest.mark.models

UNET = Path("unet/diffusion_pytorch_model.safetensors")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.turbo(tmp_path_factory.mktemp("weights") / "turbo")


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copied"))


def find(path: Path | str) -> Folder:
    return Loader("diffusers", "STORYREEL_DIFFUSERS_MODEL").find(str(path))


def test_a_whole_folder_is_known_by_what_is_in_it(whole: Path, copied: Path) -> None:
    folder = find(whole)
    assert folder.pipeline == "StableDiffusionPipeline"
    assert 1_000_000 < folder.parameters < 1_500_000
    assert folder.has("unet")
    assert not folder.has("safety_checker")
    assert folder.digest == find(copied).digest


def test_other_weights_of_the_same_shape_have_another_digest(whole: Path, copied: Path) -> None:
    raw = bytearray((copied / UNET).read_bytes())
    raw[-1] ^= 1
    (copied / UNET).write_bytes(raw)
    assert find(copied).digest != find(whole).digest


def test_another_sampler_has_another_digest(whole: Path, copied: Path) -> None:
    path = copied / "scheduler" / "scheduler_config.json"
    path.write_text(path.read_text().replace("trailing", "leading"))
    assert find(copied).digest != find(whole).digest


def test_what_lies_beside_the_model_does_not_count(whole: Path, copied: Path) -> None:
    (copied / "README.md").write_text("hello")
    (copied / "other-format.ckpt").write_text("hello")
    assert find(copied).digest == find(whole).digest


def cut_off(folder: Path) -> None:
    (folder / UNET).write_bytes((folder / UNET).read_bytes()[:-1000])


def empty(folder: Path) -> None:
    (folder / UNET).write_bytes(b"")


def pointer(folder: Path) -> None:
    (folder / UNET).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n")


def garbage(folder: Path) -> None:
    (folder / UNET).write_bytes(b"\x08" + bytes(7) + b"{}{}{}{}")


def shards_missing(folder: Path) -> None:
    index = {
        "weight_map": {"a": "diffusion_pytorch_model-00001-of-00002.safetensors", "b": "diffusion_pytorch_model-00002.safetensors"}
    }
    (folder / UNET).unlink()
    (folder / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("spoil", "reason", "says"),
    [
        (shutil.rmtree, "WEIGHTS_MISSING", "there is no such folder"),
        (lambda folder: (folder / "model_index.json").unlink(), "WEIGHTS_MISSING", "model_index.json is missing"),
        (lambda folder: (folder / "model_index.json").write_text("{"), "WEIGHTS_BROKEN", "it is not JSON"),
        (lambda folder: (folder / "model_index.json").write_text("{}"), "WEIGHTS_BROKEN", "which pipeline"),
        (lambda folder: shutil.rmtree(folder / "vae"), "WEIGHTS_MISSING", "the folders vae are missing"),
        (lambda folder: (folder / UNET).unlink(), "WEIGHTS_MISSING", "it holds no weights; a .safetensors file is needed"),
        (lambda folder: (folder / UNET).rename(folder / "unet/model.bin"), "WEIGHTS_MISSING", "it holds only model.bin"),
        (shards_missing, "WEIGHTS_MISSING", "of 2 shards"),
        (cut_off, "WEIGHTS_BROKEN", "it was cut off, or is still copied"),
        (empty, "WEIGHTS_BROKEN", "not a safetensors file"),
        (pointer, "WEIGHTS_BROKEN", "git lfs pull"),
        (garbage, "WEIGHTS_BROKEN", "its header cannot be read"),
    ],
)
def test_a_spoilt_folder_is_refused_with_what_is_wrong(
    copied: Path, spoil: Callable[[Path], object], reason: str, says: str
) -> None:
    spoil(copied)
    with pytest.raises(EngineFailed) as caught:
        find(copied)
    assert caught.value.reason == reason
    assert says in str(caught.value)
    assert str(copied) in str(caught.value)


def test_half_precision_files_serve_where_there_are_no_others(copied: Path) -> None:
    for file in copied.rglob("*.safetensors"):
        file.rename(file.with_name(file.name.replace(".safetensors", ".fp16.safetensors")))
    assert find(copied).variant == "fp16"


def test_a_hubs_model_that_cannot_be_had_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from diffusers import DiffusionPipeline  # noqa: PLC0415 -- this test alone

    def unreachable(*_: object, **__: object) -> str:
        raise OSError("We couldn't connect to the hub")

    monkeypatch.setattr(DiffusionPipeline, "download", unreachable)
    with pytest.raises(EngineFailed, match="could not be had from the model hub") as caught:
        find("stabilityai/sd-turbo")
    assert "STORYREEL_DIFFUSERS_MODEL" in str(caught.value)


def test_a_hubs_model_is_used_from_its_local_copy(monkeypatch: pytest.MonkeyPatch, whole: Path) -> None:
    from diffusers import DiffusionPipeline  # noqa: PLC0415 -- this test alone

    monkeypatch.setattr(DiffusionPipeline, "download", lambda model, **_: str(whole))
    assert find("stabilityai/sd-turbo").digest == find(whole).digest
