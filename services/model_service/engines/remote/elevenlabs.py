"""Lines spoken by ElevenLabs, with the times that it gives for every character.

Source: the API reference of ElevenLabs, "Create speech with timing".
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

from services.core.model import Engine
from services.core.requests import SpeechRequest
from services.core.vocabulary import Mood
from services.model_service.engine import Job, Output
from services.model_service.engines.remote import narration, pictures, refusals
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.peer import Peer
from services.model_service.engines.remote.settings import ElevenLabsSettings, PaidSettings
from services.model_service.engines.remote.submissions import Submission
from services.model_service.engines.speech import tokens
from services.model_service.engines.speech.manner import manner
from services.model_service.engines.speech.sound import Samples
from services.model_service.equipment import Equipment

_NAME = "elevenlabs"
_RATE = 24_000
_SLOWEST, _FASTEST = 0.7, 1.2
"""What ElevenLabs takes as speed."""
_STABILITY: Mapping[Mood, float] = {Mood.TENSE: 0.35, Mood.JOY: 0.35, Mood.DESPAIR: 0.4, Mood.EPIC: 0.4, Mood.CALM: 0.65}
"""Less is more expressive; 0.5 is the provider's default."""
_NATURAL = 0.5
"""What Eleven v3 takes of them: it knows 0, 0.5 and 1 alone, and refuses all between (`invalid_ttd_stability`)."""


class ElevenLabs:
    """One line a call."""

    def __init__(self, settings: ElevenLabsSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        self.identity: Engine = identity(_NAME, "1", settings.model_dump(include={"base_url", "model", "voices"}))
        headers = {"xi-api-key": settings.api_key.get_secret_value()}
        self._peer = Peer(_NAME, settings.base_url, headers=headers, limits=settings.limits)

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(ElevenLabsSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED."""
        self._settings.required(_NAME, api_key=self._settings.api_key, model=self._settings.model)

    def run(self, request: SpeechRequest, job: Job) -> Output:
        """One paid call."""
        job.progress(0.0, "speak")
        voice = narration.voice(self._settings.voices, request.voice, request.language)
        mood = Mood.recognise(request.mood)
        asked = manner(request).speed
        speed = round(min(max(asked, _SLOWEST), _FASTEST), 3)
        body = {
            "text": request.text,
            "model_id": self._settings.model,
            "seed": request.seed,
            "voice_settings": {"speed": speed, "stability": self._stability(mood)},
        }
        answer = job.wait(self._spoken(f"/v1/text-to-speech/{quote(voice, safe='')}/with-timestamps", body, job))
        samples = _samples(answer)
        meta: dict[str, Any] = {"model": self._settings.model, "voice": voice, "speed": speed}
        if speed != asked:
            meta["changed"] = [f"speed: {asked} → {speed} (what the provider takes)"]
        return narration.speech(_NAME, samples, request, job, meta=meta, times=_times(request.text, answer.get("alignment")))

    def _stability(self, mood: Mood | None) -> float:
        if mood is None or self._settings.model.startswith("eleven_v3"):
            return _NATURAL
        return _STABILITY.get(mood, _NATURAL)

    async def _spoken(self, path: str, body: Mapping[str, Any], job: Job) -> Any:
        submission = Submission(job.notes, _NAME, resubmit_unknown=self._resubmit_unknown)
        async with self._peer.open() as session:
            params = {"output_format": f"pcm_{_RATE}"}
            return await submission.answer(lambda: session.json("POST", path, body, params=params, paid=True), _heard)


def _heard(answer: Any) -> Any:
    narration.check(_NAME, _samples(answer))
    return {"audio_base64": answer["audio_base64"], "alignment": answer.get("alignment")}


def _samples(answer: Any) -> Samples:
    if not isinstance(answer, Mapping) or not isinstance(answer.get("audio_base64"), str):
        raise refusals.unexpected(_NAME, "audio_base64", answer)
    return narration.from_pcm(_NAME, pictures.decoded(_NAME, answer["audio_base64"]), _RATE)


def _times(text: str, alignment: Any) -> Sequence[tuple[str, float, float]]:
    """Each word from its first character's begin to its last one's end; nothing when the alignment is not times of this text."""
    if not isinstance(alignment, Mapping):
        return ()
    characters, begins, ends = (
        alignment.get(name) for name in ("characters", "character_start_times_seconds", "character_end_times_seconds")
    )
    if not (isinstance(characters, list) and isinstance(begins, list) and isinstance(ends, list)):
        return ()
    if "".join(map(str, characters)) != text or not len(characters) == len(begins) == len(ends) == len(text):
        return ()
    times = [at for span in zip(begins, ends, strict=True) for at in span]
    if not all(isinstance(at, int | float) and 0 <= at < narration.LONGEST for at in times) or begins != sorted(begins):
        return ()
    if any(begin > end for begin, end in zip(begins, ends, strict=True)):
        return ()
    words = tokens.words(text, list)
    return [(word.text, float(begins[word.start]), float(ends[word.start + len(word.text) - 1])) for word in words]
