"""Engines by name. An engine's module is imported only when it is chosen, so that a pod carries only what it serves.

An engine is a class with the `Generator` protocol. One that has a class method `create(settings)` is built by it; any other
is called without arguments.
"""

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from services.core.errors import EngineFailed
from services.core.requests import Service
from services.model_service.engine import Generator
from services.model_service.fallback import FirstThatLoads
from services.model_service.settings import ModelServiceSettings

_ENGINES = "services.model_service.engines"

ENGINES: Mapping[Service, Mapping[str, tuple[str, ...]]] = {
    Service.STORYBOARDS: {
        "screenwriter": (f"{_ENGINES}.storyboard.screenwriter:Screenwriter",),
        "blank": (f"{_ENGINES}.blank:BlankStoryboards",),
    },
    Service.KEYFRAMES: {
        "painter": (f"{_ENGINES}.keyframe.painter:Painter",),
        "blank": (f"{_ENGINES}.blank:BlankKeyframes",),
    },
    Service.CLIPS: {
        "camera": (f"{_ENGINES}.clip.camera:Camera",),
        "blank": (f"{_ENGINES}.blank:BlankClips",),
    },
    Service.SPEECH: {
        "auto": (f"{_ENGINES}.speech.kokoro:Kokoro", f"{_ENGINES}.speech.espeak:Espeak"),
        "kokoro": (f"{_ENGINES}.speech.kokoro:Kokoro",),
        "espeak": (f"{_ENGINES}.speech.espeak:Espeak",),
        "blank": (f"{_ENGINES}.blank:BlankSpeech",),
    },
    Service.FILMS: {
        "ffmpeg": (f"{_ENGINES}.film.ffmpeg:Ffmpeg",),
        "blank": (f"{_ENGINES}.blank:BlankFilms",),
    },
}
"""Where each service's engines are, as module:Class. Of several, the first that loads serves."""


def engine(service: Service, settings: ModelServiceSettings) -> Generator[Any]:
    """The engine that the settings choose for a service, built but not loaded. Raises EngineFailed UNKNOWN_ENGINE."""
    name = settings.engine(service)
    try:
        paths = ENGINES[service][name]
    except KeyError:
        known = ", ".join(sorted(ENGINES[service]))
        raise EngineFailed("UNKNOWN_ENGINE", engine=name, service=service.value, known=known) from None
    candidates: list[Callable[[], Generator[Any]]] = [partial(build, path, settings) for path in paths]
    return candidates[0]() if len(candidates) == 1 else FirstThatLoads(name, candidates)


def build(path: str, settings: ModelServiceSettings) -> Generator[Any]:
    """Import `module:Class` and make one. Raises EngineFailed ENGINE_NOT_INSTALLED when a package is missing."""
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise EngineFailed("ENGINE_NOT_INSTALLED", engine=name.lower(), problem=str(error)) from error
    create = getattr(found, "create", None)
    made: Generator[Any] = create(settings) if create is not None else found()
    return made
