"""Keyframes by Seedream through Jimeng's API."""

from collections.abc import Mapping
from typing import Any, Self

from services.core.errors import EngineFailed
from services.core.model import Accepts, Engine
from services.core.requests import KeyframeRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.picture.wording import worded
from services.model_service.engines.remote import pictures, refusals
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.peer import Session
from services.model_service.engines.remote.settings import PaidSettings
from services.model_service.engines.remote.shapes import nearest
from services.model_service.engines.remote.volcano import api, models
from services.model_service.engines.remote.volcano.settings import VolcanoSettings
from services.model_service.engines.remote.volcano.tasks import Task
from services.model_service.equipment import Equipment

_NAME = "volcano-images"
_EXPECTED = 15.0


class VolcanoImages:
    """One paid job a picture. The prompt says what is to be avoided, since the API has no negative prompt."""

    def __init__(self, settings: VolcanoSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        model = models.IMAGES.get(settings.image_model)
        accepts = Accepts(references=model.references if model and settings.media_url else 0, chinese=True)
        self.identity: Engine = identity(_NAME, "1", settings.model_dump(include={"base_url", "image_model"}), accepts)
        self._peer = api.peer(_NAME, settings)

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(VolcanoSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED, BAD_ENGINE_SETTING."""
        settings = self._settings
        settings.required(_NAME, api_key=settings.api_key, secret_key=settings.secret_key, base_url=settings.base_url)
        if settings.image_model not in models.IMAGES:
            setting, known = "STORYREEL_VOLCANO_IMAGE_MODEL", ", ".join(models.IMAGES)
            raise EngineFailed("BAD_ENGINE_SETTING", engine=_NAME, setting=setting, found=settings.image_model, known=known)
        if settings.media_url:
            settings.check_media_url(_NAME)

    def run(self, request: KeyframeRequest, job: Job) -> Output:
        """Submit, ask after it, fetch. Raises as `VolcanoClips.run` does."""
        job.progress(0.0, "submit")
        wording = worded(request, chinese=True)
        changed = list(wording.changed)
        body = self._body(wording.prompt, wording.negative, request, changed)
        found, data = job.wait(self._made(body, job))
        job.progress(0.95, "fit")
        meta = {"model": self._settings.image_model, "provider_id": found, "changed": changed}
        return pictures.keyframe(_NAME, data, request, job.folder, meta)

    async def _made(self, body: Mapping[str, Any], job: Job) -> tuple[str, bytes]:
        seconds = self._settings.timeout_seconds
        task = Task(_NAME, job, seconds=seconds, expected=_EXPECTED, resubmit_unknown=self._resubmit_unknown)
        async with self._peer.open() as session:
            found, data = await task.made(session, body)
            return found, await _picture(session, task, found, data, job)

    def _body(self, words: str, avoided: str, request: KeyframeRequest, changed: list[str]) -> dict[str, Any]:
        model = models.IMAGES[self._settings.image_model]
        prompt = f"{words}. Avoid: {avoided}." if avoided else words
        if len(prompt) > models.LONGEST_PROMPT:
            changed.append(f"prompt: cut from {len(prompt)} to {models.LONGEST_PROMPT} characters")
        width, height = size(model, request.width, request.height)
        body: dict[str, Any] = {
            "req_key": self._settings.image_model,
            "prompt": prompt[: models.LONGEST_PROMPT],
            "width": width,
            "height": height,
        }
        if model.seed:
            # Its words are made by a storyboard already: another model's rewording would only lose them.
            body |= {"seed": request.seed, "use_pre_llm": False}
        else:
            body["force_single"] = True
            changed.append("seed: not sent (this model has none); a new call gives another picture")
        used = request.references[: model.references] if self._settings.media_url else ()
        if used:
            body["image_urls"] = [self._settings.address(digest) for digest in used]
        if len(used) < len(request.references):
            why = f"this model takes {model.references}" if self._settings.media_url else "it takes addresses, and none is set"
            changed.append(f"references: {len(request.references) - len(used)} not sent ({why})")
        if request.steps is not None or request.guidance_scale is not None:
            changed.append("steps and guidance: not sent (this provider chooses them)")
        return body


async def _picture(session: Session, task: Task, found: str, data: Mapping[str, Any], job: Job) -> bytes:
    inline, links = data.get("binary_data_base64"), data.get("image_urls")
    if isinstance(inline, list) and inline and isinstance(inline[0], str):
        return pictures.decoded(_NAME, inline[0])
    if isinstance(links, list) and links and isinstance(links[0], str):
        target = job.folder / "downloaded"
        await task.fetch(session, found, links[0], target, pictures.MOST_BYTES)
        return target.read_bytes()
    await task.over()
    raise refusals.unexpected(_NAME, "data.binary_data_base64 or data.image_urls", data)


def size(model: models.ImageModel, width: int, height: int) -> tuple[int, int]:
    """The asked size where the model takes it as it is, else the recommended one that is nearest in shape, upright or lying."""
    least, most = model.area
    if least <= width * height <= most and max(width, height) <= models.LONGEST_SHAPE * min(width, height):
        return width, height
    turned = [(high, wide) for wide, high in model.sizes]
    return nearest([*model.sizes, *turned], width, height)
