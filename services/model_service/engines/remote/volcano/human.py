"""Clips by OmniHuman 1.5: the keyframe's figure speaks the line that is spoken over the clip."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from services.core.model import Accepts, Digest, Engine
from services.core.requests import ClipRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.film import sound as sounds
from services.model_service.engines.film.loudness import RATE as READ_RATE
from services.model_service.engines.motion.conform import conform
from services.model_service.engines.remote import refusals
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.settings import PaidSettings
from services.model_service.engines.remote.volcano import api, models
from services.model_service.engines.remote.volcano.clips import VolcanoClips, prompt
from services.model_service.engines.remote.volcano.frames import frame
from services.model_service.engines.remote.volcano.settings import VolcanoSettings
from services.model_service.engines.remote.volcano.tasks import Task
from services.model_service.engines.speech import sound
from services.model_service.equipment import Equipment

_NAME = "volcano-human"
_LOOK = "volcano-human-subject"
"""Under this name the look for somebody in the picture is noted: it is a job of its own."""
_ACTIONS = api.Actions("CVSubmitTask", "CVGetResult")
_LOOKED = 5.0
"""Seconds that a look takes, about."""
_PACE = 35.0
"""Seconds of work for a second of video, as the product's manual says."""
_FITTED = 0.9
_SPEAKING = "The character is talking."
"""The manual advises to say so."""


class VolcanoHuman:
    """A paid look for somebody in the picture, and a paid job for the clip; neither is submitted again after a crash.

    What OmniHuman cannot make (a clip without a line, too long a one, a picture without anybody) is made as `VolcanoClips` does.
    """

    def __init__(self, settings: VolcanoSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        self._silent = VolcanoClips(settings, resubmit_unknown=resubmit_unknown)
        facts = settings.model_dump(mode="json", include={"base_url", "video", "mode"})
        # No last picture: the clips without a line could end on one, but a film would have to know which those are.
        self.identity: Engine = identity(_NAME, "1", facts, Accepts(speech=True))
        self._peer = api.peer(_NAME, settings)

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(VolcanoSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED, BAD_ENGINE_SETTING."""
        settings = self._settings
        settings.required(
            _NAME,
            api_key=settings.api_key,
            secret_key=settings.secret_key,
            base_url=settings.base_url,
            media_url=settings.media_url,
        )
        settings.check_media_url(_NAME)

    def run(self, request: ClipRequest, job: Job) -> Output:
        """Look for somebody, submit, ask after it, download; then exactly the asked frames, rate and size, in time with the line.

        Raises as `VolcanoClips.run` does, and EngineFailed MEDIA_UNREADABLE for a line that is no sound.
        """
        job.progress(0.0, "submit")
        if request.speech is None:
            return self._without(request, job, "nobody speaks in it")
        if request.frames / request.fps >= models.LONGEST_SOUND:
            return self._without(request, job, f"OmniHuman makes less than {models.LONGEST_SOUND:.0f} s")
        picture = self._address(self._portrait(request, job), "image/jpeg", job)
        if not job.wait(self._somebody(picture, job)):
            return self._without(request, job, "nobody is seen in its picture")
        return self._spoken(request, request.speech, picture, job)

    def _spoken(self, request: ClipRequest, speech: Digest, picture: str, job: Job) -> Output:
        changed: list[str] = []
        track = _track(job.media(speech), request, job.folder / "line.wav", changed)
        body = self._body(request, picture, self._address(track, "audio/wav", job), changed)
        video = job.folder / "provider.mp4"
        found = job.wait(self._made(body, video, request.frames / request.fps * _PACE, job))
        meta = {"model": models.HUMAN, "provider_id": found, "changed": changed}
        return conform(video, request, job, engine=_NAME, meta=meta, begins=_FITTED, synced=True)

    def _without(self, request: ClipRequest, job: Job, why: str) -> Output:
        output = self._silent.run(replace(request, speech=None, speech_at=0.0), job)
        said = f"digital human: not used ({why}); made from the picture by {output.meta['model']}"
        return replace(output, meta={**output.meta, "changed": [said, *output.meta.get("changed", ())]})

    def _portrait(self, request: ClipRequest, job: Job) -> Path:
        path = job.folder / "portrait.jpg"
        path.write_bytes(frame(job.media(request.keyframe["image"]), longest=models.LONGEST_SIDE - 1).data)
        return path

    def _address(self, path: Path, content_type: str, job: Job) -> str:
        """Where the provider reads the file, which is put into the object store."""
        return self._settings.address(job.keep(path, content_type))

    def _body(self, request: ClipRequest, picture: str, line: str, changed: list[str]) -> dict[str, Any]:
        if request.last is not None:
            changed.append("last picture: not sent (OmniHuman takes none)")
        longest = models.LONGEST_HUMAN_PROMPT - len(_SPEAKING) - 1
        words = prompt(request, changed, needed=False, longest=longest)
        resolution = models.HUMAN_RESOLUTIONS[self._settings.video]
        return {
            "req_key": models.HUMAN,
            "image_url": picture,
            "audio_url": line,
            "prompt": f"{_SPEAKING} {words}",
            "seed": request.seed,
            "output_resolution": resolution,
            "pe_fast_mode": resolution == min(models.HUMAN_RESOLUTIONS.values()),
        }

    async def _somebody(self, picture: str, job: Job) -> bool:
        """Whether a person, or what is like one, is seen in the picture."""
        task = self._task(_LOOK, _LOOKED, job)
        async with self._peer.open() as session:
            _, data = await task.made(session, {"req_key": models.SUBJECT, "image_url": picture})
            status = _status(data.get("resp_data"))
            if status is None:
                await task.over()
                raise refusals.unexpected(_NAME, "data.resp_data with a status of 0 or 1", data)
        return status == 1

    async def _made(self, body: Mapping[str, Any], to: Path, expected: float, job: Job) -> str:
        task = self._task(_NAME, expected, job)
        async with self._peer.open() as session:
            found, data = await task.made(session, body)
            await task.video(session, found, data, to)
        return found

    def _task(self, name: str, expected: float, job: Job) -> Task:
        seconds, resubmit = self._settings.timeout_seconds, self._resubmit_unknown
        return Task(name, job, seconds=seconds, expected=expected, resubmit_unknown=resubmit, actions=_ACTIONS)


def _status(answer: object) -> int | None:
    """0 or 1 of `resp_data`, which is JSON in a string."""
    try:
        found = refusals.parsed(answer.encode(errors="replace")) if isinstance(answer, str) else None
    except ValueError:
        return None
    status = found.get("status") if isinstance(found, Mapping) else None
    return status if status in (0, 1) else None


def _track(line: Path, request: ClipRequest, to: Path, changed: list[str]) -> Path:
    """What is heard during the clip, of exactly its length, so that the video's time is the clip's: silence around the line."""
    spoken = sound.resampled(sounds.read(line, channels=1)[0], READ_RATE)
    length, first = (round(seconds * sound.RATE) for seconds in (request.frames / request.fps, request.speech_at))
    heard = spoken[: max(length - first, 0)]
    if len(heard) < len(spoken):
        changed.append(f"speech: its last {(len(spoken) - len(heard)) / sound.RATE:.1f} s are after the clip's end, and not sent")
    track = np.zeros(length, np.float32)
    track[first : first + len(heard)] = heard
    return sound.write(to, track)
