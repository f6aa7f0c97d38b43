"""The models' twin: the same promises as the model services, within one process, with results that a test scripts.

It keeps what it made by key, makes what is asked twice at once only once, reports progress, and puts its media (a few bytes
of text, not pictures) into the store that it is given.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.core import codec, recipes
from services.core.errors import FailedPrecondition, StoryreelError, Unavailable
from services.core.model import Artifact, Engine, Key, ShotDraft, Storyboard
from services.core.ports import Media, OnProgress, Progress
from services.core.requests import (
    FilmRequest,
    Request,
    RewriteRequest,
    Service,
    SoundtrackRequest,
    SpeechRequest,
    StoryboardRequest,
)

_CONTENT_TYPES = {"image": "image/png", "video": "video/mp4", "audio": "audio/wav", "cover": "image/png"}
_PARTS: Mapping[str, tuple[str, ...]] = {
    "keyframe": ("image",),
    "clip": ("video",),
    "speech": ("audio",),
    "card": ("video",),
    "segment": ("video",),
    "transition": ("video",),
    "soundtrack": ("audio",),
    "film": ("video", "cover", "subtitles", "captions"),
}


@dataclass(frozen=True, slots=True)
class Scripted:
    """What a script gives: bytes by part name, and facts."""

    parts: Mapping[str, bytes] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


Script = Callable[[Request], Scripted]


class MemoryModels:
    """All five services.

    `engines` says who serves what, and may be changed; `up` False makes every call raise Unavailable. `asked` lists every
    request of a `make`, `runs` counts what was really made, by kind, and `abandoned` the keys that were called off.
    """

    def __init__(self, media: Media) -> None:
        self.engines: dict[Service, Engine] = {service: Engine("twin", "1") for service in Service}
        self.up = True
        self.asked: list[Request] = []
        self.tenants: list[str] = []
        self.runs: Counter[str] = Counter()
        self.abandoned: list[Key] = []
        self._media = media
        self._scripts: dict[str, Script] = {}
        self._failures: dict[str, deque[StoryreelError]] = defaultdict(deque)
        self._gates: dict[str, asyncio.Event] = {}
        self._made: dict[Key, Artifact] = {}
        self._running: dict[Key, asyncio.Task[Artifact]] = {}
        self._waiting: Counter[Key] = Counter()
        self._listening: dict[str, list[OnProgress]] = defaultdict(list)

    def script(self, kind: str, script: Script) -> None:
        """Make `kind` like this from now on."""
        self._scripts[kind] = script

    def fail_next(self, kind: str, *failures: StoryreelError) -> None:
        """The next runs of `kind` end with these, one each."""
        self._failures[kind].extend(failures)

    def hold(self, kind: str) -> asyncio.Event:
        """Runs of `kind` report that they are half done, then wait until the event is set."""
        return self._gates.setdefault(kind, asyncio.Event())

    def report(self, kind: str, progress: Progress) -> None:
        """Tell everybody who waits for a `kind` now."""
        for on_progress in list(self._listening[kind]):
            on_progress(progress)

    async def engine(self, service: Service) -> Engine:
        self._reach(service)
        return self.engines[service]

    async def make(self, request: Request, key: Key, *, on_progress: OnProgress, tenant: str = "") -> Artifact:
        self.asked.append(request)
        self.tenants.append(tenant)
        self._reach(request.service)
        if key != recipes.key(request, self.engines[request.service]):
            raise FailedPrecondition("ENGINE_CHANGED", service=request.service.value)
        if key in self._made:
            return self._made[key]
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._run(request, key))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        self._waiting[key] += 1
        self._listening[request.kind].append(on_progress)
        try:
            on_progress(Progress(0.5, "making"))
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self._waiting[key] == 1:
                self.abandoned.append(key)
                task.cancel()
                await asyncio.wait([task])
            raise
        finally:
            self._waiting[key] -= 1
            self._listening[request.kind].remove(on_progress)

    async def ready(self) -> None:
        if not self.up:
            raise Unavailable("NOT_READY", parts=", ".join(Service))

    def _reach(self, service: Service) -> None:
        if not self.up:
            raise Unavailable("MODEL_UNAVAILABLE", service=service.value)

    async def _run(self, request: Request, key: Key) -> Artifact:
        gate = self._gates.get(request.kind)
        if gate is not None:
            await gate.wait()
        failures = self._failures[request.kind]
        if failures:
            raise failures.popleft()
        self.runs[request.kind] += 1
        made = self._scripts.get(request.kind, plain)(request)
        parts = {name: await self._media.put(data, _CONTENT_TYPES.get(name, "text/plain")) for name, data in made.parts.items()}
        artifact = Artifact(key, request.kind, self.engines[request.service], parts, made.meta, 0.0)
        self._made[key] = artifact
        return artifact


def plain(request: Request) -> Scripted:
    """The least that each kind promises: the bytes of a part say which request they answer."""
    digest = recipes.request_digest(request)
    return Scripted({name: f"{name} {digest}".encode() for name in _PARTS.get(request.kind, ())}, _facts(request))


def _facts(request: Request) -> Mapping[str, Any]:
    match request:
        case StoryboardRequest():
            shots = tuple(_draft(f"{request.text} {n}") for n in range(1, (request.shots or 5) + 1))
            return {"storyboard": codec.storyboard_to_json(Storyboard(shots))}
        case RewriteRequest():
            return {"draft": codec.draft_to_json(_draft(request.instruction or request.draft.description))}
        case SpeechRequest():
            words = [[word, n * 0.25, (n + 1) * 0.25] for n, word in enumerate(request.text.split())]
            return {"seconds": len(words) * 0.25, "words": words}
        case SoundtrackRequest():
            return {"seconds": request.frames / request.fps}
        case FilmRequest():
            return {"seconds": sum(piece.frames for piece in request.pieces) / request.fps}
        case _:
            return {}


def _draft(text: str) -> ShotDraft:
    return ShotDraft(title=text[:24], description=text, narration=text, prompt=text, seconds=4.0)
