"""Clips by Jimeng's video models: of words alone, from a first picture, or from a first to a last one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from services.core.errors import InvalidArgument
from services.core.model import Accepts, Engine
from services.core.requests import ClipRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.motion.conform import conform
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.settings import PaidSettings
from services.model_service.engines.remote.shapes import nearest_ratio
from services.model_service.engines.remote.volcano import api, models
from services.model_service.engines.remote.volcano.frames import frame
from services.model_service.engines.remote.volcano.settings import VolcanoSettings
from services.model_service.engines.remote.volcano.tasks import Task
from services.model_service.equipment import Equipment

_NAME = "volcano"
_FITTED = 0.9
_ALIVE = "The picture comes alive."
"""For models that want words, where a clip has none."""


class VolcanoClips:
    """One paid job a clip; after a crash it is asked after, and never submitted again."""

    def __init__(self, settings: VolcanoSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        facts = settings.model_dump(mode="json", include={"base_url", "video", "mode"})
        accepts = Accepts(last=models.video_model(settings.video, settings.mode, last=True).pictures == 2)
        self.identity: Engine = identity(_NAME, "1", facts, accepts)
        self._peer = api.peer(_NAME, settings)

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(VolcanoSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED."""
        settings = self._settings
        settings.required(_NAME, api_key=settings.api_key, secret_key=settings.secret_key, base_url=settings.base_url)

    def run(self, request: ClipRequest, job: Job) -> Output:
        """Submit, ask after it, download; then exactly the asked frames, rate and size.

        Raises ContentViolation, EngineFailed SUBMISSION_UNKNOWN, Unavailable PEER_JOB_FAILED, and what `Session` raises.
        """
        job.progress(0.0, "submit")
        model = models.video_model(self._settings.video, self._settings.mode, last=request.last is not None)
        changed: list[str] = []
        body = self._body(model, request, job, changed)
        video = job.folder / "provider.mp4"
        found = job.wait(self._made(model, body, video, job))
        meta = {"model": model.req_key, "provider_id": found, "changed": changed}
        return conform(video, request, job, engine=_NAME, meta=meta, begins=_FITTED)

    async def _made(self, model: models.VideoModel, body: Mapping[str, Any], to: Path, job: Job) -> str:
        task = Task(
            _NAME,
            job,
            seconds=self._settings.timeout_seconds,
            expected=model.seconds,
            resubmit_unknown=self._resubmit_unknown,
        )
        async with self._peer.open() as session:
            found, data = await task.made(session, body)
            await task.video(session, found, data, to)
        return found

    def _body(self, model: models.VideoModel, request: ClipRequest, job: Job, changed: list[str]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "req_key": model.req_key,
            "prompt": prompt(request, changed, needed=not model.pictures),
            "seed": request.seed,
            "frames": models.frames(request.frames / request.fps),
        }
        if not model.pictures:
            body["aspect_ratio"] = nearest_ratio(models.RATIOS, request.width, request.height)
            changed.append("keyframe: not sent (the engine is set to make clips of their words)")
            return body
        if request.last is not None and model.pictures < 2:
            changed.append(f"last picture: not sent (the engine is set to {self._settings.video}, {self._settings.mode})")
        if request.speech is not None:
            changed.append("speech: not sent (figures that speak are made by volcano-human)")
        first = frame(job.media(request.keyframe["image"]))
        pictures = [first]
        if request.last is not None and model.pictures == 2:
            pictures.append(frame(job.media(request.last), size=first.size))
        body["binary_data_base64"] = [picture.text for picture in pictures]
        return body


def prompt(request: ClipRequest, changed: list[str], *, needed: bool, longest: int = models.LONGEST_PROMPT) -> str:
    """What moves, and how the camera does, in at most `longest` characters."""
    if needed and not request.prompt.strip():
        raise InvalidArgument("MISSING_FIELD", field="prompt")
    words = ". ".join(part.strip() for part in (request.prompt, request.camera) if part.strip())
    if len(words) > longest:
        changed.append(f"prompt: cut from {len(words)} to {longest} characters")
    changed.append("motion strength: not sent (this provider has none)")
    return words[:longest] or _ALIVE
