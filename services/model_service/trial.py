"""`python -m services.model_service.trial NAME`: try one engine by itself, with the settings that the service would have.

It loads, makes one small thing, and says what came of it as a line of JSON; a provider may charge for that. What is given to an
engine of figures that speak lies in the store that the settings name, since its provider reads it there. Without a name it lists
the engines. Exit codes: 0 it works, 1 it does not, 2 there is no such engine.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from prometheus_client import CollectorRegistry

from services.adapters import logs
from services.adapters.memory.media import MemoryMedia
from services.adapters.objects import open_media
from services.adapters.settings import MediaSettings
from services.core import recipes
from services.core.errors import EngineFailed, StoryreelError
from services.core.model import Language
from services.core.ports import Media, Progress
from services.core.requests import ClipRequest, KeyframeRequest, Request, Service, SpeechRequest, StoryboardRequest
from services.model_service import registry
from services.model_service.engine import Generator, Output
from services.model_service.engines.speech import sound
from services.model_service.equipment import Equipment
from services.model_service.job import EngineJob
from services.model_service.settings import ModelServiceSettings

TELLS = ("model", "provider_id", "usage", "changed", "made_by", "passed_over", "licence", "seconds")
"""What of a result's meta is worth a line."""

_STORY = {
    Language.EN: "An old woman lit the lamp of the lighthouse. At dawn a small boat came home.",
    Language.ZH: "老人点亮了灯塔的灯。天亮时，一条小船回来了。",
}


class NoSuchEngine(Exception):
    """The name is none of the known ones."""


def services_of(name: str) -> Sequence[Service]:
    """The services that have an engine of this name. Raises NoSuchEngine, naming all that there are."""
    found = [service for service, engines in registry.ENGINES.items() if name in engines and service is not Service.FILMS]
    if not found:
        known = sorted(
            {known for service, engines in registry.ENGINES.items() if service is not Service.FILMS for known in engines}
        )
        raise NoSuchEngine(f"There is no engine {name}; choose one of: {', '.join(known)}.")
    return found


async def tried(engine: Generator[Any], service: Service, language: Language, to: Path | None) -> Mapping[str, Any]:
    """Load the engine and make one small thing with it; what came of it. Files are copied to the folder `to`."""
    began = monotonic()
    await asyncio.to_thread(engine.load)
    loaded = monotonic()
    speaks = engine.identity.accepts.speech
    media = _store(engine.identity.name) if speaks else MemoryMedia()
    request = await (_spoken(media) if speaks else _request(service, language, media))
    job = EngineJob(media, recipes.key(request, engine.identity), _show, None)
    job.open()
    try:
        output = await asyncio.to_thread(engine.run, request, job)
        files = {name: _kept(service, made.path, to) for name, made in output.files.items()}
    finally:
        await job.dispose()
    made = monotonic()
    identity = engine.identity
    return {
        "service": service.value,
        "engine": {"name": identity.name, "version": identity.version, "revision": identity.revision},
        "load_seconds": round(loaded - began, 2),
        "seconds": round(made - loaded, 2),
        "files": files,
        **_told(output),
    }


async def _request(service: Service, language: Language, media: Media) -> Request:
    text = _STORY[language]
    match service:
        case Service.STORYBOARDS:
            return StoryboardRequest(text=text, title="", style="movie", language=language, shots=2)
        case Service.KEYFRAMES:
            return KeyframeRequest(prompt="a lighthouse at dusk", style="movie", language=language, width=512, height=512, seed=1)
        case Service.CLIPS:
            return await _clip(_scene(), "a lighthouse at dusk, the sea moves", media)
        case _:
            return SpeechRequest(text=text, language=language)


async def _clip(picture: bytes, prompt: str, media: Media) -> ClipRequest:
    kept = await media.put(picture, "image/png")
    return ClipRequest(
        keyframe={"image": kept.digest}, prompt=prompt, camera="push in", frames=48, fps=24, width=640, height=360, seed=1
    )


async def _spoken(media: Media) -> Request:
    """A clip of a face that hums for a second."""
    with tempfile.TemporaryDirectory() as folder:
        times = np.arange(sound.RATE) / sound.RATE
        hum = sum(np.sin(2 * np.pi * 150 * tone * times) / tone for tone in range(1, 8)) * np.sin(np.pi * times) / 4
        line = await media.put(sound.write(Path(folder) / "line.wav", np.asarray(hum, np.float32)), "audio/wav")
    return replace(await _clip(_face(), "a face that speaks", media), speech=line.digest, speech_at=0.5)


def _store(engine: str) -> Media:
    try:
        return open_media(MediaSettings())
    except (ValueError, OSError) as error:
        raise EngineFailed("ENGINE_NOT_CONFIGURED", engine=engine, setting="STORYREEL_MEDIA_URL", hint=str(error)) from error


def _scene() -> bytes:
    """Sky, sea and a tower."""
    image = Image.new("RGB", (640, 360), "#f2b27a")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 230, 640, 360), fill="#2f5d7c")
    draw.polygon([(300, 240), (340, 240), (332, 90), (308, 90)], fill="#f4efe6")
    return _png(image)


def _face() -> bytes:
    image = Image.new("RGB", (640, 360), "#8fb7c9")
    draw = ImageDraw.Draw(image)
    draw.ellipse((170, 260, 470, 560), fill="#3d5a80")
    draw.ellipse((225, 40, 415, 290), fill="#3a2618")
    draw.ellipse((240, 70, 400, 290), fill="#f0c9a8")
    for left in (275, 335):
        draw.ellipse((left, 150, left + 30, 172), fill="white")
        draw.ellipse((left + 9, 152, left + 23, 170), fill="#2b1b12")
    draw.line((320, 175, 314, 208, 324, 210), fill="#c79a78", width=3)
    draw.chord((290, 222, 350, 254), 0, 180, fill="#a8433f")
    return _png(image)


def _png(image: Image.Image) -> bytes:
    with tempfile.SpooledTemporaryFile() as file:
        image.save(file, format="PNG")
        file.seek(0)
        return file.read()


def _kept(service: Service, path: Path, to: Path | None) -> str:
    if to is None:
        return f"{path.stat().st_size} bytes"
    to.mkdir(parents=True, exist_ok=True)
    return str(shutil.copy(path, to / f"{service.value}-{path.name}"))


def _told(output: Output) -> dict[str, Any]:
    told = {name: output.meta[name] for name in TELLS if name in output.meta}
    board = output.meta.get("storyboard")
    return {"meta": told} | ({"shots": [shot["title"] for shot in board["shots"]]} if board else {})


def _show(progress: Progress) -> None:
    print(f"{progress.fraction:6.1%} {progress.stage}", file=sys.stderr)  # noqa: T201


async def _all(name: str, language: Language, to: Path | None) -> bool:
    """Whether it works for every service that it is set up for; it must be for one at least."""
    equipment = Equipment(ModelServiceSettings(), CollectorRegistry())
    found: list[dict[str, Any]] = []
    for service in services_of(name):
        try:
            found.append({**await tried(registry.named(service, name, equipment), service, language, to)})
        except StoryreelError as error:
            said = {"reason": error.reason, "error": error.message(language)}
            found.append({"service": service.value, "engine": {"name": name}, **said})
    unset = [one for one in found if one.get("reason") == "ENGINE_NOT_CONFIGURED"]
    if len(unset) < len(found):
        for one in unset:
            one["skipped"] = one.pop("error")
    for one in found:
        print(json.dumps(one, ensure_ascii=False))  # noqa: T201
    return not any("error" in one for one in found)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Try one engine with the settings of the environment.")
    parser.add_argument("name", nargs="?")
    parser.add_argument("--language", type=Language, choices=list(Language), default=Language.EN)
    parser.add_argument("--to", type=Path, help="a folder for what it makes")
    chosen = parser.parse_args(arguments)
    logs.configure("trial", "WARNING")
    if chosen.name is None:
        for service, engines in registry.ENGINES.items():
            print(json.dumps({"service": service.value, "engines": list(engines)}))  # noqa: T201
        return 0
    try:
        return 0 if asyncio.run(_all(chosen.name, chosen.language, chosen.to)) else 1
    except NoSuchEngine as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2


if __name__ == "__main__":
    sys.exit(main())
