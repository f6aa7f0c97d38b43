"""Clips from a Sora-style `/videos`: create, poll, fetch the content.

Source: the API reference of OpenAI, "Videos". The picture goes along as `input_reference`, at the video's own size.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from services.core.errors import ContentViolation, EngineFailed, Unavailable
from services.core.model import Engine
from services.core.requests import ClipRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.motion.conform import conform
from services.model_service.engines.remote import refusals
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.job_ids import job_id
from services.model_service.engines.remote.openai_images import VIOLATIONS, judge
from services.model_service.engines.remote.peer import Peer, Session
from services.model_service.engines.remote.pictures import covering
from services.model_service.engines.remote.polling import until_done
from services.model_service.engines.remote.settings import PaidSettings, VideosSettings
from services.model_service.engines.remote.shapes import nearest_size
from services.model_service.engines.remote.submissions import Submission
from services.model_service.equipment import Equipment

_NAME = "openai-videos"
_MADE = 0.9
"""The part of the work that is done when the provider has finished."""
_GONE = (404, 410)
_PATIENCE = 3
"""How often in a row a job may be unknown before that is believed: the provider's copies may not agree yet."""
_UNDER_WAY = ("queued", "in_progress", "processing", "pending")


class OpenAIVideos:
    """One job a clip; after a crash it is polled again and not sent again."""

    def __init__(self, settings: VideosSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        facts = settings.model_dump(include={"base_url", "model", "sizes", "seconds", "send_picture"})
        self.identity: Engine = identity(_NAME, "1", facts)
        self._peer = Peer(_NAME, settings.base_url, headers=settings.bearer, limits=settings.limits, judge=judge(_NAME))

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(VideosSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED."""
        self._settings.check(_NAME)

    def run(self, request: ClipRequest, job: Job) -> Output:
        """Create, poll and fetch; then exactly the asked frames, rate and size. Raises PEER_JOB_FAILED.

        A job that the provider knows no more may be sent anew by a later attempt.
        """
        size = nearest_size(self._settings.sizes, request.width, request.height)
        seconds = long_enough(self._settings.seconds, request.frames / request.fps)
        prompt = ". ".join(part for part in (request.prompt, f"Camera: {request.camera}" if request.camera else "") if part)
        fields = {"model": self._settings.model, "prompt": prompt or "The picture comes alive.", "size": size, "seconds": seconds}
        picture = covering(job.media(request.keyframe["image"]), size) if self._settings.send_picture else None
        video = job.folder / "provider.mp4"
        facts = job.wait(self._made(fields, picture, video, job))
        meta = {
            "model": self._settings.model,
            "provider_id": facts["id"],
            "changed": [f"made at {size}, {seconds} s; seed not sent"],
        }
        return conform(video, request, job, engine=_NAME, meta=meta, begins=_MADE)

    async def _made(self, fields: Mapping[str, str], picture: bytes | None, to: Path, job: Job) -> Mapping[str, Any]:
        submission = Submission(job.notes, _NAME, resubmit_unknown=self._resubmit_unknown)
        async with self._peer.open() as session:

            async def submit() -> str:
                files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
                if picture is not None:
                    files["input_reference"] = ("keyframe.png", picture, "image/png")
                return job_id(_NAME, await session.json("POST", "/videos", files=files, paid=True), "id")

            found = await submission.id(submit)

            doubts = 0

            async def ask() -> Mapping[str, Any] | None:
                nonlocal doubts
                try:
                    answer = await self._asked(session, found, submission, job)
                except EngineFailed as error:
                    doubts += 1
                    if error.params.get("status") not in _GONE:
                        raise
                    if doubts == _PATIENCE:
                        await submission.over()
                        raise _lost(found, str(error)) from error
                    return None
                doubts = 0
                return answer

            facts = await until_done(ask, name=_NAME, seconds=self._settings.timeout_seconds)
            try:
                await session.fetch(f"/videos/{found}/content", to)
            except EngineFailed as error:
                if error.params.get("status") not in _GONE:
                    raise
                await submission.over()
                raise _lost(found, f"its content cannot be fetched ({error})") from error
        return {**facts, "id": found}

    async def _asked(self, session: Session, found: str, submission: Submission, job: Job) -> Mapping[str, Any] | None:
        video = await session.json("GET", f"/videos/{found}")
        if not isinstance(video, Mapping) or not isinstance(video.get("status"), str):
            raise refusals.unexpected(_NAME, "status", video)
        status = video["status"]
        if status in _UNDER_WAY:
            share = video.get("progress")
            job.progress(_MADE * min(max(share, 0), 100) / 100 if isinstance(share, int | float) else 0.0, status)
            return None
        if status == "completed":
            return video
        await submission.over()
        raise _failed(found, video)


def _lost(found: str, problem: str) -> Unavailable:
    return Unavailable("PEER_JOB_FAILED", engine=_NAME, id=found, problem=problem)


def _failed(found: str, video: Mapping[str, Any]) -> EngineFailed | ContentViolation:
    error = video.get("error")
    code = str(error.get("code", "")) if isinstance(error, Mapping) else ""
    problem = str(error.get("message") or code) if isinstance(error, Mapping) else str(video.get("status"))
    if code in VIOLATIONS:
        return ContentViolation("CONTENT_VIOLATION", problem=problem[:300])
    return EngineFailed("PEER_JOB_FAILED", engine=_NAME, id=found, problem=problem[:300])


def long_enough(lengths: str, seconds: float) -> str:
    """Of lengths such as `4,8,12` the shortest that lasts `seconds`, or the longest."""
    known = sorted(float(length) for length in lengths.split(",") if length.strip())
    best = next((length for length in known if length >= seconds), known[-1]) if known else seconds
    return f"{best:g}"
