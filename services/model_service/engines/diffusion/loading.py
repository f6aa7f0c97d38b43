"""A model's folder: whether all of it is there and whole, what it is, and the digest that stands for its weights.

What diffusers says of a folder that lacks a file names everything but the file; so the folder is looked through first. Weights
are read from safetensors alone: other formats may run code when they are opened.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.core.errors import EngineFailed
from services.model_service.engines.weights import sampled

_INDEX = "model_index.json"
_CONFIG_TYPES = (".json", ".txt", ".model")
_LARGEST_CONFIG = 32 << 20
_LONGEST_HEADER = 100 << 20
_LFS = b"version https://git-lfs"
_VARIANTS = ("", "fp16", "bf16")


@dataclass(frozen=True, slots=True)
class Folder:
    """A pipeline's folder, looked through. `index` is its `model_index.json`; `parameters` how many numbers its weights are."""

    path: Path
    index: Mapping[str, Any]
    variant: str
    parameters: int
    digest: str

    @property
    def pipeline(self) -> str:
        """The pipeline's class, such as `StableDiffusionPipeline`."""
        return str(self.index["_class_name"])

    def has(self, component: str) -> bool:
        """Whether a component (`safety_checker`, `image_encoder`) is part of the pipeline and not left empty."""
        return _is_component(self.index.get(component))

    @property
    def empty(self) -> list[str]:
        """Components that the pipeline knows and this folder leaves out: Stable Diffusion 3 without T5."""
        return [name for name, of in self.index.items() if isinstance(of, list) and of == [None, None]]

    def config(self, component: str, name: str = "config.json") -> Mapping[str, Any]:
        """A component's configuration; empty when it has none."""
        path = self.path / component / name
        found: Mapping[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        return found


class Loader:
    """Looks through model folders on behalf of `engine`, whose `setting` names the model."""

    def __init__(self, engine: str, setting: str) -> None:
        self._engine = engine
        self._setting = setting

    def find(self, model: str, revision: str = "") -> Folder:
        """The folder `model`, or the local copy of the hub's `model` at `revision`, which is downloaded when it is not there.

        Raises EngineFailed WEIGHTS_MISSING, WEIGHTS_BROKEN, WEIGHTS_UNSUITABLE.
        """
        path = Path(model).expanduser()
        if not path.is_dir():
            path = self._downloaded(model, revision)
        return self._looked_through(path)

    def missing(self, model: Path | str, problem: str) -> EngineFailed:
        """The error that says what is not there."""
        return EngineFailed("WEIGHTS_MISSING", engine=self._engine, model=str(model), problem=problem, setting=self._setting)

    def broken(self, file: Path | str, problem: str) -> EngineFailed:
        """The error that says which file cannot be read."""
        return EngineFailed("WEIGHTS_BROKEN", engine=self._engine, file=str(file), problem=problem)

    def unsuitable(self, model: Path | str, problem: str) -> EngineFailed:
        """The error that says why a model that is there cannot serve."""
        return EngineFailed("WEIGHTS_UNSUITABLE", engine=self._engine, model=str(model), problem=problem, setting=self._setting)

    def _downloaded(self, model: str, revision: str) -> Path:
        if model.startswith((".", "/", "~")) or model.count("/") != 1:
            raise self.missing(model, "there is no such folder")
        from diffusers import DiffusionPipeline  # noqa: PLC0415 -- seconds to import, and folders do not need it

        try:
            return Path(DiffusionPipeline.download(model, revision=revision or None, use_safetensors=True))
        except (OSError, ValueError) as error:
            said = " ".join(str(error).split())[:200]
            raise self.missing(model, f"it is no folder here, and it could not be had from the model hub ({said})") from error

    def _looked_through(self, path: Path) -> Folder:
        index = self._json(path / _INDEX, "this is not a diffusers folder; point to the one that has it")
        if "_class_name" not in index:
            raise self.broken(path / _INDEX, "it does not say which pipeline it is of")
        parts = [name for name, of in index.items() if not name.startswith("_") and _is_component(of)]
        absent = [name for name in parts if not (path / name).is_dir()]
        if absent:
            raise self.missing(path, f"the folders {', '.join(absent)} are missing, which {_INDEX} names")
        weighty = [path / name for name in parts if (path / name / "config.json").is_file()]
        variant, files = self._weights(weighty)
        parameters = 0
        hashed = hashlib.sha256()
        configs = [path / _INDEX, *(file for name in parts for file in (path / name).rglob("*") if _is_config(file))]
        for file in sorted(configs):
            hashed.update(f"{file.relative_to(path)}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
        for file in sorted(files):
            parameters += self._checked(file)
            hashed.update(f"{file.relative_to(path)}\n{file.stat().st_size}\n".encode() + sampled(file))
        return Folder(path, index, variant, parameters, hashed.hexdigest())

    def _weights(self, folders: list[Path]) -> tuple[str, list[Path]]:
        """The variant that all the folders have, and its files."""
        problems = []
        for variant in _VARIANTS:
            try:
                return variant, [file for folder in folders for file in self._of_variant(folder, variant)]
            except EngineFailed as error:
                problems.append(error)
        raise problems[0]

    def _of_variant(self, folder: Path, variant: str) -> list[Path]:
        infix = f".{variant}" if variant else ""
        for stem in ("diffusion_pytorch_model", "model"):
            single = folder / f"{stem}{infix}.safetensors"
            if single.is_file():
                return [single]
            index = folder / f"{stem}.safetensors.index{infix}.json"
            if index.is_file():
                shards = sorted({folder / name for name in self._json(index, "")["weight_map"].values()})
                absent = [shard.name for shard in shards if not shard.is_file()]
                if absent:
                    raise self.missing(folder, f"of {len(shards)} shards {', '.join(absent)} are missing")
                return shards
        others = sorted(file.name for file in folder.iterdir() if file.suffix in {".bin", ".ckpt", ".pt", ".safetensors"})
        there = f"only {', '.join(others)}" if others else "no weights"
        raise self.missing(folder, f"it holds {there}; a .safetensors file is needed")

    def _checked(self, file: Path) -> int:
        """The number of parameters in a safetensors file whose header and length agree."""
        size = file.stat().st_size
        with file.open("rb") as opened:
            start = opened.read(len(_LFS))
            if start == _LFS:
                raise self.broken(file, "it is a Git LFS pointer, not the file itself (run `git lfs pull`)")
            length = int.from_bytes(start[:8], "little")
            if len(start) < 8 or length > min(size - 8, _LONGEST_HEADER):
                raise self.broken(file, "it is not a safetensors file, or it was cut off")
            opened.seek(8)
            try:
                header = json.loads(opened.read(length))
                tensors = [of for name, of in header.items() if name != "__metadata__"]
                end = max((of["data_offsets"][1] for of in tensors), default=0)
                parameters: int = sum(math.prod(of["shape"]) for of in tensors)
            except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
                raise self.broken(file, f"its header cannot be read ({error})") from error
        if size != 8 + length + end:
            raise self.broken(file, f"it has {size} bytes and should have {8 + length + end}: it was cut off, or is still copied")
        return parameters

    def _json(self, file: Path, hint: str) -> Mapping[str, Any]:
        if not file.is_file():
            raise self.missing(file.parent, f"{file.name} is missing" + (f" ({hint})" if hint else ""))
        try:
            found: Mapping[str, Any] = json.loads(file.read_text())
        except ValueError as error:
            raise self.broken(file, f"it is not JSON ({error})") from error
        return found


def _is_component(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)


def _is_config(file: Path) -> bool:
    return file.is_file() and file.suffix in _CONFIG_TYPES and file.stat().st_size <= _LARGEST_CONFIG
