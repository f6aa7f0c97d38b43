"""Samplers by name."""

from collections.abc import Mapping
from typing import Any

import diffusers

from services.core.errors import EngineFailed
from services.model_service.engines.diffusion.families import Family

NAMES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "euler": ("EulerDiscreteScheduler", {}),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "ddim": ("DDIMScheduler", {}),
    "ddpm": ("DDPMScheduler", {}),
    "pndm": ("PNDMScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", {}),
    "dpm++-karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "flow-euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "flow-heun": ("FlowMatchHeunDiscreteScheduler", {}),
}
"""Class and configuration by the name that the setting takes. All draw their noise from the picture's own generator."""

_FLOW = "FlowMatch"


def chosen(name: str, there: Any, family: Family, *, engine: str, setting: str) -> Any:
    """The sampler of that name, configured as the folder's sampler `there` is; that one itself when `name` is empty.

    Raises EngineFailed BAD_ENGINE_SETTING when there is none of that name, or the weights were not trained for it.
    """
    forced = {"timestep_spacing": "trailing"} if family.trailing else {}
    if not name:
        return type(there).from_config(there.config, **forced) if forced else there
    flow = type(there).__name__.startswith(_FLOW)
    suitable = [known for known, (kind, _) in NAMES.items() if kind.startswith(_FLOW) == flow]
    if name not in suitable:
        raise EngineFailed("BAD_ENGINE_SETTING", engine=engine, setting=setting, found=name, known=", ".join(suitable))
    kind, changes = NAMES[name]
    return getattr(diffusers, kind).from_config(there.config, **changes, **forced)
