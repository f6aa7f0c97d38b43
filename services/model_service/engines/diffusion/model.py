"""The model on its device: built from its folder as the settings say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import diffusers
import torch
import transformers
from diffusers import AutoPipelineForText2Image
from diffusers.models.embeddings import ImageProjection
from safetensors import SafetensorError

from services.core.errors import EngineFailed
from services.model_service.engines.diffusion import compiling, schedulers
from services.model_service.engines.diffusion.device import is_out_of_memory, modules_of
from services.model_service.engines.diffusion.families import Family
from services.model_service.engines.diffusion.loading import Folder, Loader
from services.model_service.engines.diffusion.safety import Checker
from services.model_service.engines.diffusion.settings import PREFIX, DiffusersSettings

T = TypeVar("T")

ENGINE: Final = "diffusers"
_DENOISERS = ("unet", "transformer")
IMAGE_ENCODER: Final = "image_encoder"
"""The folder of the encoder that an IP-Adapter needs, beside the adapter's file or in the model's folder."""


@dataclass(frozen=True, slots=True)
class Model:
    """A pipeline on its device, with its safety checker and the strength of its IP-Adapter (None without one)."""

    pipeline: Any
    checker: Checker | None = None
    reference_scale: float | None = None

    @property
    def components(self) -> Mapping[str, Any]:
        """All that may hold memory of the device."""
        return {**self.pipeline.components, "checker": self.checker.module if self.checker else None}


class Builder:
    """Builds the model of one folder."""

    def __init__(
        self, settings: DiffusersSettings, folder: Folder, family: Family, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._family = family
        self._device = device
        self._dtype = dtype
        self._loader = Loader(ENGINE, PREFIX + "MODEL")

    def __call__(self) -> Model:
        """Read the weights and put them on the device.

        Raises EngineFailed WEIGHTS_BROKEN, WEIGHTS_UNSUITABLE, WEIGHTS_MISSING, BAD_ENGINE_SETTING, SAFETY_CHECKER_MISSING; torch's
        errors when memory is full.
        """
        checker = self._checker()
        pipeline = self._read(self._pipeline, self._folder.path)
        pipeline.scheduler = schedulers.chosen(
            self._settings.scheduler, pipeline.scheduler, self._family, engine=ENGINE, setting=PREFIX + "SCHEDULER"
        )
        scale = self._with_references(pipeline) if self._settings.ip_adapter else None
        pipeline.to(self._device)
        pipeline.set_progress_bar_config(disable=True)
        self._tune(pipeline)
        return Model(pipeline, checker, scale)

    def _pipeline(self) -> Any:
        # What a folder leaves empty is left out, which diffusers wants to be told of what some pipelines can do without (T5).
        without: dict[str, Any] = dict.fromkeys(self._folder.empty)
        if "safety_checker" in self._folder.index:
            without |= {"safety_checker": None, "requires_safety_checker": False}
        any_pipeline: Any = AutoPipelineForText2Image  # its methods carry no types
        return any_pipeline.from_pretrained(
            self._folder.path,
            dtype=self._dtype,
            variant=self._folder.variant or None,
            use_safetensors=True,
            local_files_only=True,
            **without,
        )

    def _checker(self) -> Checker | None:
        if not self._settings.safety_check:
            return None
        weights = checker_folder(self._settings, self._folder)
        extractor = weights if self._settings.safety_checker else self._folder.path / "feature_extractor"
        if not (weights / "config.json").is_file() or not (extractor / "preprocessor_config.json").is_file():
            where = self._settings.safety_checker or self._settings.model
            raise EngineFailed("SAFETY_CHECKER_MISSING", engine=ENGINE, model=where, setting=PREFIX + "SAFETY_CHECKER")
        return self._read(lambda: Checker(weights, extractor, self._device, self._dtype), weights)

    def _with_references(self, pipeline: Any) -> float:
        file = Path(self._settings.ip_adapter)
        loader = Loader(ENGINE, PREFIX + "IP_ADAPTER")
        if not file.is_file():
            raise loader.missing(file, "there is no such file")
        if not hasattr(pipeline, "load_ip_adapter"):
            raise loader.unsuitable(file, f"a {type(pipeline).__name__} takes no IP-Adapter")
        beside = file.parent / IMAGE_ENCODER
        if not self._folder.has(IMAGE_ENCODER) and not beside.is_dir():
            raise loader.missing(beside, "there is no image encoder, neither there nor in the model's folder")
        try:
            pipeline.load_ip_adapter(
                str(file.parent), subfolder="", weight_name=file.name, image_encoder_folder=IMAGE_ENCODER, local_files_only=True
            )
        except (OSError, SafetensorError) as error:
            raise loader.broken(file, _said(error)) from error
        except (ValueError, KeyError, AttributeError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise
            problem = f"it is an IP-Adapter for other weights than this {type(pipeline).__name__}'s ({_said(error)})"
            raise loader.unsuitable(file, problem) from error
        if misfit := _encoder_misfit(pipeline):
            raise loader.unsuitable(file, misfit)
        return self._settings.ip_adapter_scale

    def _tune(self, pipeline: Any) -> None:
        if self._settings.channels_last:
            for module in modules_of(pipeline):
                for parameter in module.parameters():
                    if parameter.dim() == 4:
                        parameter.data = parameter.data.to(memory_format=torch.channels_last)
        if self._settings.compile:
            denoisers = [getattr(pipeline, name, None) for name in _DENOISERS]
            parts = [*denoisers, getattr(getattr(pipeline, "vae", None), "decoder", None)]
            try:
                compiling.compile_parts(parts, self._device, self._settings.compile_backend)
            except (RuntimeError, ImportError) as error:  # a backend that is not known, or lacks a package
                failed = compiling.failure(error, engine=ENGINE, setting=PREFIX + "COMPILE")
                raise failed or error from error

    def _read(self, read: Callable[[], T], what: Path) -> T:
        """What `read` gives; its complaints about files say which they are."""
        try:
            return read()
        except (OSError, KeyError, RuntimeError, SafetensorError) as error:
            if is_out_of_memory(error):
                raise
            raise self._loader.broken(what, _said(error)) from error
        except (ValueError, AttributeError, TypeError, ImportError) as error:
            said = _said(error)
            if "AutoPipeline" in said:
                raise self._loader.unsuitable(what, self._unknown()) from error
            # A part's class or library that is not there, or takes other arguments than its configuration has.
            problem = f"it is not made for diffusers {diffusers.__version__} and transformers {transformers.__version__}"
            raise self._loader.unsuitable(what, f"{problem} ({said})") from error

    def _unknown(self) -> str:
        """Why the folder's pipeline is none of those that paint from text."""
        name = self._folder.pipeline
        if hasattr(diffusers, name):
            return f"a {name} paints no pictures from text"
        return f"diffusers {diffusers.__version__} has no {name}, and code that comes with weights is not run"


def checker_folder(settings: DiffusersSettings, folder: Folder) -> Path:
    """Where the safety checker's weights are, or would be."""
    return Path(settings.safety_checker) if settings.safety_checker else folder.path / "safety_checker"


def _encoder_misfit(pipeline: Any) -> str:
    """Why the image encoder's output does not fit the IP-Adapter, told by their widths; empty where it does, or none is known."""
    encoder = pipeline.image_encoder.config
    projections = getattr(getattr(getattr(pipeline, "unet", None), "encoder_hid_proj", None), "image_projection_layers", ())
    for projection in projections:
        if isinstance(projection, ImageProjection):
            takes, gets = projection.image_embeds.in_features, encoder.projection_dim
        elif hasattr(projection, "proj_in"):
            takes, gets = projection.proj_in.in_features, encoder.hidden_size
        else:
            continue
        if takes != gets:
            return (
                f"it is made for an image encoder {takes} numbers wide, and the one beside it or in the model's folder has {gets}"
            )
    return ""


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def quieten() -> None:
    """Keep diffusers' and transformers' progress bars off the log; they are for terminals."""
    for library in (diffusers, transformers):
        library.utils.logging.disable_progress_bar()
