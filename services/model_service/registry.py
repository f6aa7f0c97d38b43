"""Engines by name. An engine's module is imported only when it is chosen, so that a pod carries only what it serves.

An engine is a class with the `Generator` protocol. One that has a class method `create(equipment)` is built by it; any other
is called without arguments. Several names in a setting, separated by commas, are engines that stand in for each other.
"""

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.core.errors import EngineFailed
from services.core.requests import Service
from services.model_service.engine import Generator
from services.model_service.equipment import Equipment
from services.model_service.fallback import FirstThatAnswers, FirstThatLoads

_ENGINES = "services.model_service.engines"

ENGINES: Mapping[Service, Mapping[str, tuple[str, ...]]] = {
    Service.STORYBOARDS: {
        "screenwriter": (f"{_ENGINES}.storyboard.screenwriter:Screenwriter",),
        "vllm": (f"{_ENGINES}.storyboard.llm.engine:Vllm",),
        "vllm-inprocess": (f"{_ENGINES}.storyboard.llm.inprocess:VllmInProcess",),
        "blank": (f"{_ENGINES}.blank:BlankStoryboards",),
    },
    Service.KEYFRAMES: {
        "painter": (f"{_ENGINES}.keyframe.painter:Painter",),
        "diffusers": (f"{_ENGINES}.diffusion.engine:Diffusers",),
        "comfyui": (f"{_ENGINES}.remote.comfyui.engines:ComfyKeyframes",),
        "gemini": (f"{_ENGINES}.remote.gemini.images:Gemini",),
        "volcano-images": (f"{_ENGINES}.remote.volcano.images:VolcanoImages",),
        "openai-images": (f"{_ENGINES}.remote.openai_images:OpenAIImages",),
        "blank": (f"{_ENGINES}.blank:BlankKeyframes",),
    },
    Service.CLIPS: {
        "camera": (f"{_ENGINES}.clip.camera:Camera",),
        "svd": (f"{_ENGINES}.motion.svd:Svd",),
        "image-to-video": (f"{_ENGINES}.motion.image_to_video:ImageToVideo",),
        "comfyui": (f"{_ENGINES}.remote.comfyui.engines:ComfyClips",),
        "volcano": (f"{_ENGINES}.remote.volcano.clips:VolcanoClips",),
        "volcano-human": (f"{_ENGINES}.remote.volcano.human:VolcanoHuman",),
        "openai-videos": (f"{_ENGINES}.remote.openai_videos:OpenAIVideos",),
        "blank": (f"{_ENGINES}.blank:BlankClips",),
    },
    Service.SPEECH: {
        "auto": (f"{_ENGINES}.speech.kokoro:Kokoro", f"{_ENGINES}.speech.espeak:Espeak"),
        "kokoro": (f"{_ENGINES}.speech.kokoro:Kokoro",),
        "espeak": (f"{_ENGINES}.speech.espeak:Espeak",),
        "openai-speech": (f"{_ENGINES}.remote.openai_speech:OpenAISpeech",),
        "elevenlabs": (f"{_ENGINES}.remote.elevenlabs:ElevenLabs",),
        "cosyvoice": (f"{_ENGINES}.remote.cosyvoice:CosyVoice",),
        "blank": (f"{_ENGINES}.blank:BlankSpeech",),
    },
    Service.FILMS: {
        "ffmpeg": (f"{_ENGINES}.film.ffmpeg:Ffmpeg",),
        "blank": (f"{_ENGINES}.blank:BlankFilms",),
    },
}
"""Where each service's engines are, as module:Class. Of several, the first that loads serves."""


def engine(service: Service, equipment: Equipment) -> Generator[Any]:
    """The engine that the settings choose for a service, built but not loaded. Raises EngineFailed UNKNOWN_ENGINE."""
    names = [name.strip() for name in equipment.settings.engine(service).split(",")]
    candidates = {name: partial(named, service, name, equipment) for name in names}
    for name in names:
        _paths(service, name)  # an unknown name is a mistake, not an engine that is away
    return candidates[names[0]]() if len(candidates) == 1 else FirstThatAnswers(candidates)


def named(service: Service, name: str, equipment: Equipment) -> Generator[Any]:
    """The engine of that name, built but not loaded. Raises EngineFailed UNKNOWN_ENGINE, ENGINE_NOT_INSTALLED."""
    candidates: list[Callable[[], Generator[Any]]] = [partial(build, path, equipment) for path in _paths(service, name)]
    return candidates[0]() if len(candidates) == 1 else FirstThatLoads(name, candidates)


def _paths(service: Service, name: str) -> tuple[str, ...]:
    try:
        return ENGINES[service][name]
    except KeyError:
        known = ", ".join(sorted(ENGINES[service]))
        raise EngineFailed("UNKNOWN_ENGINE", engine=name, service=service.value, known=known) from None


def build(path: str, equipment: Equipment) -> Generator[Any]:
    """Import `module:Class` and make one. Raises EngineFailed ENGINE_NOT_INSTALLED when a package is missing."""
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise EngineFailed("ENGINE_NOT_INSTALLED", engine=name.lower(), problem=str(error)) from error
    create = getattr(found, "create", None)
    made: Generator[Any] = create(equipment) if create is not None else found()
    return made
