"""Lines spoken by the HTTP server that comes with CosyVoice (`runtime/python/fastapi`): raw 16-bit samples as its answer.

It speaks with a trained speaker (`/inference_sft`) or, with a reference recording, in that recording's voice
(`/inference_zero_shot`, or `/inference_instruct2` for a mood in words). It costs nothing, so a lost answer is asked for again.
"""

import hashlib
from pathlib import Path
from typing import Any, Self

from services.core.errors import EngineFailed
from services.core.model import Engine, Language
from services.core.requests import SpeechRequest
from services.core.vocabulary import Mood
from services.model_service.engine import Job, Output
from services.model_service.engines.remote import narration
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.peer import Peer
from services.model_service.engines.remote.settings import CosyVoiceSettings
from services.model_service.equipment import Equipment

_NAME = "cosyvoice"
_END = "<|endofprompt|>"
"""Ends an instruction, which would be spoken without it. Servers from before CosyVoice 3 add one by themselves."""


class CosyVoice:
    """One line a call."""

    def __init__(self, settings: CosyVoiceSettings) -> None:
        self._settings = settings
        self._recording = b""
        self._peer = Peer(_NAME, settings.base_url, headers=settings.bearer, limits=settings.limits)

    @property
    def identity(self) -> Engine:
        facts = self._settings.model_dump(include={"base_url", "rate", "speakers", "prompt_text"})
        return identity(_NAME, "2", facts | {"recording": hashlib.sha256(self._recording).hexdigest()})

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(CosyVoiceSettings())

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED when the recording cannot be read."""
        self._settings.required(_NAME, base_url=self._settings.base_url)
        if self._settings.prompt_wav:
            try:
                self._recording = Path(self._settings.prompt_wav).read_bytes()
            except OSError as error:
                setting = "STORYREEL_COSYVOICE_PROMPT_WAV"
                raise EngineFailed("ENGINE_NOT_CONFIGURED", engine=_NAME, setting=setting, hint=str(error)) from error

    def run(self, request: SpeechRequest, job: Job) -> Output:
        """One call. The server has neither seed nor speed: what it does not take is said."""
        job.progress(0.0, "speak")
        path, fields, voice = self._asked(request)
        files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        if self._recording:
            files["prompt_wav"] = ("prompt.wav", self._recording, "audio/wav")
        data = job.wait(self._spoken(path, files))
        changed = ["seed and speed: not sent (the server takes none)"]
        samples = narration.from_pcm(_NAME, data, self._settings.rate)
        return narration.speech(_NAME, samples, request, job, meta={"voice": voice, "changed": changed})

    def _asked(self, request: SpeechRequest) -> tuple[str, dict[str, str], str]:
        """The path, its form, and the voice by its name."""
        settings = self._settings
        if not self._recording:
            speaker = narration.voice(settings.speakers, request.voice, request.language)
            return "/inference_sft", {"tts_text": request.text, "spk_id": speaker}, speaker
        voice = Path(settings.prompt_wav).stem
        if settings.prompt_text:
            return "/inference_zero_shot", {"tts_text": request.text, "prompt_text": settings.prompt_text}, voice
        mood = Mood.recognise(request.mood)
        chinese = request.language is Language.ZH
        word = mood.words[1 if chinese else 0] if mood else ("自然" if chinese else "natural")
        told = f"用{word}的语气讲故事。" if chinese else f"Narrate a story, in a {word} mood."
        return "/inference_instruct2", {"tts_text": request.text, "instruct_text": told + _END}, voice

    async def _spoken(self, path: str, files: dict[str, Any]) -> bytes:
        async with self._peer.open() as session:
            return await session.media("POST", path, files=files)
