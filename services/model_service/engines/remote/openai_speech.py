"""Lines spoken by an OpenAI-compatible `/audio/speech` (OpenAI, Kokoro servers, CosyVoice servers, LocalAI and others).

Source: the API reference of OpenAI, "Create speech"; `pcm` is 24 kHz, 16 bit, mono.
"""

from collections.abc import Mapping
from typing import Any, Self

from services.core.model import Engine
from services.core.requests import SpeechRequest
from services.core.vocabulary import Mood
from services.model_service.engine import Job, Output
from services.model_service.engines.remote import narration
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.openai_images import judge
from services.model_service.engines.remote.peer import Peer
from services.model_service.engines.remote.settings import OpenAISpeechSettings, PaidSettings
from services.model_service.engines.remote.submissions import Submission
from services.model_service.engines.speech.manner import manner
from services.model_service.engines.speech.sound import Samples
from services.model_service.equipment import Equipment

_NAME = "openai-speech"
_PCM_RATE = 24_000


class OpenAISpeech:
    """One line a call."""

    def __init__(self, settings: OpenAISpeechSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        self.identity: Engine = identity(
            _NAME, "1", settings.model_dump(include={"base_url", "model", "voices", "format", "instructions"})
        )
        self._peer = Peer(_NAME, settings.base_url, headers=settings.bearer, limits=settings.limits, judge=judge(_NAME))

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(OpenAISpeechSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED."""
        self._settings.check(_NAME)

    def run(self, request: SpeechRequest, job: Job) -> Output:
        """One paid call. A voice that the settings do not name gets their voice of its gender."""
        job.progress(0.0, "speak")
        settings = self._settings
        voice = narration.voice(settings.voices, request.voice, request.language)
        body: dict[str, Any] = {
            "model": settings.model,
            "input": request.text,
            "voice": voice,
            "response_format": settings.format,
            "speed": manner(request).speed,
        }
        if settings.instructions and (mood := Mood.recognise(request.mood)):
            body["instructions"] = f"Narrate a story. Mood: {mood.words[0]}."
        samples = self._samples(job.wait(self._spoken(body, job)))
        job.progress(0.95, "speak")
        return narration.speech(
            _NAME, samples, request, job, meta={"model": settings.model, "voice": voice, "speed": body["speed"]}
        )

    async def _spoken(self, body: Mapping[str, Any], job: Job) -> bytes:
        submission = Submission(job.notes, _NAME, resubmit_unknown=self._resubmit_unknown)
        async with self._peer.open() as session:
            return await submission.answer(lambda: session.media("POST", "/audio/speech", json=body, paid=True), self._heard)

    def _heard(self, data: bytes) -> bytes:
        narration.check(_NAME, self._samples(data))
        return data

    def _samples(self, data: bytes) -> Samples:
        pcm = self._settings.format == "pcm"
        return narration.from_pcm(_NAME, data, _PCM_RATE) if pcm else narration.from_file(_NAME, data)
