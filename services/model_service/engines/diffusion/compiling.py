"""Parts of a pipeline compiled by torch.compile, and what is said when that cannot be done."""

from collections.abc import Iterable

import torch

from services.core.errors import EngineFailed

_COMPILERS = ("torch._dynamo", "torch._inductor")


def compile_parts(parts: Iterable[torch.nn.Module | None], device: torch.device, backend: str = "inductor") -> None:
    """Have the parts compiled when they are first called. On a CPU, torch's error when there is no C++ compiler.

    For every size at once: a size that comes later is not compiled anew, which takes minutes, but for a batch of one, which
    torch always tells from the others. And nothing that was painted before decides which code a size runs, and so its bytes.
    """
    if backend == "inductor" and device.type == "cpu":
        from torch._inductor.cpp_builder import get_cpp_compiler  # noqa: PLC0415 -- seconds to import, and seldom wanted

        get_cpp_compiler()  # else it would be missed after minutes of tracing
    for part in parts:
        if part is not None:
            part.compile(dynamic=True, backend=backend)


def failure(error: BaseException, *, engine: str, setting: str) -> EngineFailed | None:
    """What to tell of an error that the compiler raised, for want of a C++ compiler or of Triton mostly; None of any other."""
    if not type(error).__module__.startswith(_COMPILERS):
        return None
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return EngineFailed("COMPILE_FAILED", engine=engine, problem=" ".join(lines[:3])[:300], setting=setting)
