"""Keyframes by Gemini's image models."""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx2
from google import genai
from google.genai import types
from google.genai.models import AsyncModels
from PIL import Image

from services.core.model import Accepts, Engine
from services.core.requests import MOST_REFERENCES, KeyframeRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.picture.wording import worded
from services.model_service.engines.remote import pictures, refusals
from services.model_service.engines.remote.gemini import answers
from services.model_service.engines.remote.gemini.settings import GeminiSettings
from services.model_service.engines.remote.gemini.transport import PaidCalls
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.peer import Peer
from services.model_service.engines.remote.settings import PaidSettings
from services.model_service.engines.remote.shapes import nearest_ratio
from services.model_service.engines.remote.submissions import Submission
from services.model_service.equipment import Equipment

_NAME = "gemini"
_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
"""`aspectRatio` of all image models."""
_LONGEST_REFERENCE = 1024
"""Pixels of the longer side: a request may have 20 MB, with all its pictures."""
_LIKE = "The pictures show who and what appears; keep their looks. Draw this: "
_CATEGORIES = (
    types.HarmCategory.HARM_CATEGORY_HARASSMENT,
    types.HarmCategory.HARM_CATEGORY_HATE_SPEECH,
    types.HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT,
    types.HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT,
)


class Gemini:
    """One paid call a picture. The prompt says what is to be avoided, since the API has no negative prompt."""

    def __init__(self, settings: GeminiSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        facts = settings.model_dump(mode="json", include={"base_url", "model", "image_size", "safety", "send_seed"})
        self.identity: Engine = identity(_NAME, "1", facts, Accepts(references=MOST_REFERENCES, chinese=True))
        self._loaded: genai.Client | None = None

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(GeminiSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED."""
        settings = self._settings
        settings.required(_NAME, api_key=settings.api_key, base_url=settings.base_url, model=settings.model)
        self._loaded = _client(settings)

    def run(self, request: KeyframeRequest, job: Job) -> Output:
        """Raises ContentViolation, Unavailable PEER_JOB_FAILED (no picture), and what `Session` and `Submission` do."""
        job.progress(0.0, "ask")
        wording = worded(request, chinese=True)
        changed = list(wording.changed)
        if request.steps is not None or request.guidance_scale is not None:
            changed.append("steps and guidance: not sent (this provider chooses them)")
        if not self._settings.send_seed:
            changed.append("seed: not sent; a new call gives another picture")
        words = f"{wording.prompt}. Avoid: {wording.negative}." if wording.negative else wording.prompt
        references = [_reference(job.media(digest)) for digest in request.references]
        answer = job.wait(self._answered(words, references, request, job))
        job.progress(0.95, "fit")
        meta = {"model": self._settings.model, **answer["facts"], "changed": changed}
        return pictures.keyframe(_NAME, pictures.decoded(_NAME, answer["picture"]), request, job.folder, meta)

    async def _answered(self, words: str, references: Sequence[bytes], request: KeyframeRequest, job: Job) -> Mapping[str, Any]:
        submission = Submission(job.notes, _NAME, resubmit_unknown=self._resubmit_unknown)
        parts = [types.Part.from_bytes(data=data, mime_type="image/jpeg") for data in references]
        parts.append(types.Part.from_text(text=_LIKE + words if references else words))
        contents: list[types.ContentUnion] = [types.Content(role="user", parts=parts)]
        config = self._config(request)

        async def ask() -> types.GenerateContentResponse | Exception:
            try:
                return await self._models.generate_content(model=self._settings.model, contents=contents, config=config)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                return error  # JSON of another form: it was answered, so nothing is in doubt

        return await submission.answer(ask, _usable)

    @property
    def _models(self) -> AsyncModels:
        if self._loaded is None:
            raise RuntimeError("the engine gemini is asked before it was loaded")
        return self._loaded.aio.models

    def _config(self, request: KeyframeRequest) -> types.GenerateContentConfig:
        settings = self._settings
        threshold = types.HarmBlockThreshold(settings.safety.value) if settings.safety is not None else None
        return types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=types.ImageConfig(
                aspect_ratio=nearest_ratio(_RATIOS, request.width, request.height), image_size=settings.image_size or None
            ),
            seed=request.seed if settings.send_seed else None,
            safety_settings=[types.SafetySetting(category=category, threshold=threshold) for category in _CATEGORIES]
            if threshold is not None
            else None,
        )


def _usable(answer: types.GenerateContentResponse | Exception) -> Mapping[str, Any]:
    """Its picture, in base64, and its facts."""
    if isinstance(answer, Exception):
        raise refusals.unexpected(_NAME, "candidates", str(answer)) from answer
    picture = answers.picture(_NAME, answer)
    pictures.check(_NAME, picture)
    return {"picture": base64.b64encode(picture).decode("ascii"), "facts": answers.facts(answer)}


def _client(settings: GeminiSettings) -> genai.Client:
    """Google's client over a peer of ours: its own repeats are off, and what it reads is bounded."""
    peer = Peer(_NAME, settings.base_url, limits=settings.limits, judge=lambda status, body: answers.judged(_NAME, status, body))
    http = httpx2.AsyncClient(transport=PaidCalls(peer, settings.base_url))
    options = types.HttpOptions(base_url=settings.base_url, api_version=settings.api_version, httpx_async_client=http)
    return genai.Client(vertexai=False, api_key=settings.api_key.get_secret_value(), http_options=options)


def _reference(path: Path) -> bytes:
    """The picture as a JPEG, no longer than it need be to be resembled."""
    target = io.BytesIO()
    with Image.open(path) as image:
        picture = image.convert("RGB")
    picture.thumbnail((_LONGEST_REFERENCE, _LONGEST_REFERENCE), Image.Resampling.LANCZOS)
    picture.save(target, format="JPEG", quality=90)
    return target.getvalue()
