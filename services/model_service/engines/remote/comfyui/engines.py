"""Keyframes and clips by a workflow on a ComfyUI server."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Self

from services.core.errors import EngineFailed
from services.core.model import Accepts, Digest, Engine
from services.core.requests import ClipRequest, KeyframeRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.motion.conform import conform
from services.model_service.engines.picture.wording import worded
from services.model_service.engines.remote import pictures, refusals
from services.model_service.engines.remote.comfyui import server as comfy
from services.model_service.engines.remote.comfyui import workflow as workflows
from services.model_service.engines.remote.comfyui.runs import Run, lost
from services.model_service.engines.remote.comfyui.server import Server
from services.model_service.engines.remote.comfyui.settings import ComfySettings
from services.model_service.engines.remote.comfyui.workflow import Workflow
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.peer import Peer
from services.model_service.equipment import Equipment

_NAME = "comfyui"
_PICTURES = frozenset((".png", ".jpg", ".jpeg", ".webp"))
_VIDEOS = frozenset((".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif"))
_MADE, _FETCHED = 0.9, 0.93


class _Comfy:
    """What both engines share: a workflow, filled, run, and one file of it fetched."""

    def __init__(self, settings: ComfySettings) -> None:
        self._settings = settings
        self._loaded: Workflow | None = None
        self._peer = Peer(_NAME, settings.base_url, headers=settings.bearer, limits=settings.limits, judge=comfy.judge(_NAME))

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(ComfySettings())

    @property
    def identity(self) -> Engine:
        """The workflow's file decides it; known once it is loaded."""
        facts = {"workflow": self._workflow.digest, "chinese": self._settings.chinese}
        return identity(_NAME, "1", facts, self._accepts)

    @property
    def _accepts(self) -> Accepts:
        """What the workflow has a place for."""
        raise NotImplementedError

    @property
    def _workflow(self) -> Workflow:
        if self._loaded is None:
            raise RuntimeError("the engine comfyui is asked before it was loaded")
        return self._loaded

    def _run(self, values: Mapping[str, Any], sent: Mapping[str, Digest], wanted: frozenset[str], job: Job) -> tuple[str, Path]:
        """Run the workflow with `values` and the pictures that are `sent`; the job's id, and the file it made."""
        job.progress(0.0, "send")
        loaded = {name: (f"{digest}.png", job.media(digest).read_bytes()) for name, digest in sent.items()}
        target = job.folder / "downloaded"
        return job.wait(self._made(values, loaded, wanted, target, job)), target

    async def _made(
        self, values: Mapping[str, Any], sent: Mapping[str, tuple[str, bytes]], wanted: frozenset[str], to: Path, job: Job
    ) -> str:
        async with self._peer.open() as session:
            server = Server(_NAME, session)
            uploaded = {name: await server.upload(*picture) for name, picture in sent.items()}
            run = Run(_NAME, server, self._settings, job)
            found, entry = await run.ended(self._workflow.filled({**values, **uploaded}), _MADE)
            made = [file for file in comfy.files(entry, self._workflow.output) if _kind(file.filename) in wanted]
            if not made:
                await run.forget()
                raise refusals.unexpected(_NAME, f"a file of the kinds {', '.join(sorted(wanted))}", entry.get("outputs"))
            job.progress(_MADE, "fetch")
            try:
                await server.fetch(made[0], to, pictures.MOST_BYTES if wanted is _PICTURES else None)
            except EngineFailed as error:
                if error.reason != "PEER_REFUSED":
                    raise
                await run.forget()
                raise lost(_NAME, found, error) from error
        return found

    def _meta(self, found: str, changed: list[str]) -> dict[str, Any]:
        meta = {"model": self._workflow.model, "workflow": self._workflow.digest, "provider_id": found}
        return meta | {"changed": changed}

    def _unplaced(self, asked: Mapping[str, bool]) -> list[str]:
        """What a request asks and the workflow has no place for."""
        names = [name for name, is_asked in asked.items() if is_asked and name not in self._workflow.names]
        return [f"{name}: not used (the workflow has no place for it)" for name in names]


class ComfyKeyframes(_Comfy):
    """A picture a job. The workflow must take a prompt; a first reference goes to its `image`."""

    @property
    def _accepts(self) -> Accepts:
        return Accepts(references=1 if "image" in self._workflow.names else 0, chinese=self._settings.chinese)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED, WORKFLOW_UNUSABLE."""
        self._settings.required(_NAME, base_url=self._settings.base_url, workflow=self._settings.workflow)
        self._loaded = workflows.load(_NAME, self._settings.workflow or Path(), needed="prompt")

    def run(self, request: KeyframeRequest, job: Job) -> Output:
        """Raises what `Run.ended` and `pictures.keyframe` do."""
        wording = worded(request, chinese=self._settings.chinese)
        values = {
            "prompt": wording.prompt,
            "negative": wording.negative,
            "seed": request.seed,
            "width": request.width,
            "height": request.height,
            "steps": request.steps,
            "cfg": request.guidance_scale,
        }
        asked = {
            "negative": bool(wording.negative),
            "seed": True,
            "steps": request.steps is not None,
            "cfg": request.guidance_scale is not None,
            "image": bool(request.references),
        }
        changed = [*wording.changed, *self._unplaced(asked)]
        used = request.references[:1] if "image" in self._workflow.names else ()
        if used and len(request.references) > 1:
            changed.append(f"references: {len(request.references) - 1} not used (the workflow takes one)")
        sent = {"image": used[0]} if used else {}
        found, file = self._run(values, sent, _PICTURES, job)
        return pictures.keyframe(_NAME, file.read_bytes(), request, job.folder, self._meta(found, changed))


class ComfyClips(_Comfy):
    """A video a job. The workflow must take the keyframe as its `image`."""

    @property
    def _accepts(self) -> Accepts:
        return Accepts(last="last" in self._workflow.names)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED, WORKFLOW_UNUSABLE."""
        self._settings.required(_NAME, base_url=self._settings.base_url, clip_workflow=self._settings.clip_workflow)
        self._loaded = workflows.load(_NAME, self._settings.clip_workflow or Path(), needed="image")

    def run(self, request: ClipRequest, job: Job) -> Output:
        """Then exactly the asked frames, rate and size. Raises what `Run.ended` and `conform` do."""
        values = {
            "prompt": ". ".join(part for part in (request.prompt, request.camera) if part),
            "negative": "",
            "seed": request.seed,
            "width": request.width,
            "height": request.height,
            "frames": request.frames,
            "fps": request.fps,
        }
        changed = self._unplaced({"seed": True, "prompt": bool(request.prompt), "last": request.last is not None})
        changed.append("motion strength: not used")
        sent = {"image": request.keyframe["image"]}
        if request.last is not None and "last" in self._workflow.names:
            sent["last"] = request.last
        found, file = self._run(values, sent, _VIDEOS, job)
        return conform(file, request, job, engine=_NAME, meta=self._meta(found, changed), begins=_FETCHED)


def _kind(filename: str) -> str:
    return PurePosixPath(filename).suffix.lower()
