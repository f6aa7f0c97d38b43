"""The device that a model runs on: which one, in which precision, and how much of its memory is free."""

import gc
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch

from services.core.errors import EngineFailed

T = TypeVar("T")

DTYPES: Mapping[str, torch.dtype] = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")
_BF16_CUDA = (8, 0)
"""The first compute capability (Ampere) that multiplies in bfloat16."""
_FULL = ("out of memory", "can't allocate memory", "not enough memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")


def choose(name: str, *, engine: str, setting: str) -> torch.device:
    """The device of that name: `auto` (cuda, else mps, else cpu), `cuda`, `cuda:1`, `mps` or `cpu`.

    Raises EngineFailed DEVICE_MISSING, BAD_ENGINE_SETTING.
    """
    found = _present()
    if name == "auto":
        return torch.device(found[0])
    try:
        device = torch.device(name)
    except RuntimeError:
        known = "auto, cuda, cuda:1, mps, cpu"
        raise EngineFailed("BAD_ENGINE_SETTING", engine=engine, setting=setting, found=name, known=known) from None
    if not any(there == name or there.split(":")[0] == name for there in found):
        raise EngineFailed("DEVICE_MISSING", engine=engine, device=name, found=", ".join(found), setting=setting)
    return torch.device("cuda:0") if name == "cuda" else device


def _present() -> list[str]:
    """The devices there are, the best first."""
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def precision(name: str, device: torch.device, *, engine: str, setting: str) -> torch.dtype:
    """The dtype of that name; `auto` is bfloat16 on GPUs that compute in it, else float16 on GPUs, float32 on the CPU.

    Raises EngineFailed BAD_ENGINE_SETTING.
    """
    if name in DTYPES:
        return DTYPES[name]
    if name != "auto":
        known = ", ".join(("auto", *DTYPES))
        raise EngineFailed("BAD_ENGINE_SETTING", engine=engine, setting=setting, found=name, known=known)
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= _BF16_CUDA else torch.float16
    return torch.float16 if device.type == "mps" else torch.float32


def multiply_in_tf32(enabled: bool) -> None:
    """Say for this process whether float32 may be multiplied in TF32: for matrices torch's default is no, for cuDNN it is yes."""
    torch.set_float32_matmul_precision("high" if enabled else "highest")
    torch.backends.cudnn.allow_tf32 = enabled


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory is full. Of the CPU and of mps, torch raises a plain RuntimeError."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _FULL)


class TorchMemory:
    """The `DeviceMemory` of a torch device."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    @property
    def device(self) -> str:
        return str(self._device)

    def free(self) -> int:
        match self._device.type:
            case "cuda":
                free: int = torch.cuda.mem_get_info(self._device)[0]
                cached: int = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
                return free + cached
            case "mps":
                left: int = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
                return max(0, left)
            case _:
                return available_memory()

    def load(self, load: Callable[[], T]) -> tuple[T, int]:
        """On cuda the growth of what is allocated; elsewhere the bytes of the model's parameters and buffers."""
        if self._device.type != "cuda":
            model = load()
            return model, size_of(model)
        before = torch.cuda.memory_allocated(self._device)
        model = load()
        return model, max(0, torch.cuda.memory_allocated(self._device) - before)

    def reclaim(self) -> None:
        gc.collect()
        match self._device.type:
            case "cuda":
                torch.cuda.empty_cache()
            case "mps":
                torch.mps.empty_cache()

    def is_out_of_memory(self, error: BaseException) -> bool:
        return is_out_of_memory(error)


def size_of(model: object) -> int:
    """Bytes of the parameters and buffers of a module, or of all modules that a pipeline is made of."""
    return sum(tensor.numel() * tensor.element_size() for module in modules_of(model) for tensor in _tensors(module))


def modules_of(model: object) -> list[torch.nn.Module]:
    """The module itself, or the modules among a pipeline's `components` (found below any attribute `pipeline` too)."""
    if isinstance(model, torch.nn.Module):
        return [model]
    components: Mapping[str, Any] = getattr(model, "components", None) or {}
    if not components and hasattr(model, "pipeline"):
        return modules_of(model.pipeline)
    return [part for part in components.values() if isinstance(part, torch.nn.Module)]


def _tensors(module: torch.nn.Module) -> list[torch.Tensor]:
    return [*module.parameters(), *module.buffers()]


def available_memory(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Bytes of main memory that may still be taken: what the system calls available, cut to the container's limit."""
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        available = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        available = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit, used = int((cgroup / "memory.max").read_text()), int((cgroup / "memory.current").read_text())
    except (OSError, ValueError):
        return available
    return max(0, min(available, limit - used))
