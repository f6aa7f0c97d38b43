"""Keyframes from an OpenAI-compatible `/images/generations` (OpenAI, LocalAI, SGLang, Ark and others).

Source: the API reference of OpenAI, "Create image". Fields beyond it go through STORYREEL_IMAGES_EXTRA as JSON.
"""

from collections.abc import Mapping
from typing import Any, Self

from services.core.errors import ContentViolation, EngineFailed, StoryreelError
from services.core.model import Engine
from services.core.requests import KeyframeRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.picture.wording import worded
from services.model_service.engines.remote import pictures, refusals
from services.model_service.engines.remote.identity import identity
from services.model_service.engines.remote.peer import Judge, Peer, Session
from services.model_service.engines.remote.settings import ImagesSettings, PaidSettings
from services.model_service.engines.remote.shapes import nearest_size
from services.model_service.engines.remote.submissions import Submission
from services.model_service.equipment import Equipment

_NAME = "openai-images"
_KEPT = ("b64_json", "url", "revised_prompt")
_SPENT = frozenset(("insufficient_quota", "billing_hard_limit_reached"))
"""Said with 429, though no later time helps."""
VIOLATIONS = frozenset(("content_policy_violation", "moderation_blocked", "content_filter"))


class OpenAIImages:
    """One picture a call. The prompt says what is to be avoided, since the API has no negative prompt."""

    def __init__(self, settings: ImagesSettings, *, resubmit_unknown: bool = False) -> None:
        self._settings = settings
        self._resubmit_unknown = resubmit_unknown
        self.identity: Engine = identity(
            _NAME, "1", settings.model_dump(include={"base_url", "model", "sizes", "extra", "send_seed"})
        )
        self._peer = Peer(
            _NAME,
            settings.base_url,
            headers=settings.bearer,
            limits=settings.limits,
            judge=judge(_NAME),
        )

    @classmethod
    def create(cls, _equipment: Equipment) -> Self:
        return cls(ImagesSettings(), resubmit_unknown=PaidSettings().resubmit_unknown)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_CONFIGURED."""
        self._settings.check(_NAME)

    def run(self, request: KeyframeRequest, job: Job) -> Output:
        """One paid call. Raises ContentViolation when the provider refuses the prompt; and as `Session` and `Submission` do."""
        job.progress(0.0, "ask")
        wording = worded(request, chinese=True)
        changed = list(wording.changed)
        size = nearest_size(self._settings.sizes, request.width, request.height)
        body = {"model": self._settings.model, "prompt": _prompt(wording.prompt, wording.negative), "n": 1, "size": size}
        if self._settings.send_seed:
            body["seed"] = request.seed
        else:
            changed.append("seed: not sent (this provider has none); a new call gives another picture")
        if request.steps is not None or request.guidance_scale is not None:
            changed.append("steps and guidance: not sent (this provider chooses them)")
        data, meta = job.wait(self._made(body | self._settings.extra, job))
        job.progress(0.95, "fit")
        return pictures.keyframe(_NAME, data, request, job.folder, meta | {"changed": changed})

    async def _made(self, body: Mapping[str, Any], job: Job) -> tuple[bytes, dict[str, Any]]:
        submission = Submission(job.notes, _NAME, resubmit_unknown=self._resubmit_unknown)
        async with self._peer.open() as session:
            answer = await submission.answer(lambda: session.json("POST", "/images/generations", body, paid=True), _usable)
            picture = answer["data"][0]
            meta = {"model": self._settings.model, "usage": answer.get("usage") or {}}
            if picture.get("revised_prompt"):
                meta["revised_prompt"] = str(picture["revised_prompt"])
            try:
                return await _bytes(session, picture, job), meta
            except EngineFailed as error:
                if error.reason in ("PEER_REFUSED", "PEER_UNAUTHORIZED"):  # links that have expired answer 403
                    await submission.over()
                raise


def _usable(answer: Any) -> Mapping[str, Any]:
    """An answer that has a picture, or links to one."""
    try:
        picture = answer["data"][0]
        inline, link = picture.get("b64_json"), picture.get("url")
        usage = answer.get("usage")
    except (LookupError, TypeError, AttributeError):
        raise refusals.unexpected(_NAME, "data[0]", answer) from None
    if isinstance(inline, str):
        pictures.check(_NAME, pictures.decoded(_NAME, inline))
    elif not isinstance(link, str):
        raise refusals.unexpected(_NAME, "b64_json or url", picture)
    kept = {name: value for name in _KEPT if isinstance(value := picture.get(name), str)}
    return {"data": [kept], "usage": usage if isinstance(usage, Mapping) else None}


async def _bytes(session: Session, picture: Mapping[str, Any], job: Job) -> bytes:
    if isinstance(picture.get("b64_json"), str):
        return pictures.decoded(_NAME, picture["b64_json"])
    target = job.folder / "downloaded"
    await session.download(picture["url"], target, pictures.MOST_BYTES)
    return target.read_bytes()


def judge(name: str) -> Judge:
    """Knows OpenAI's codes of what is against the provider's policy, or of an account that is spent, for the engine `name`."""

    def judged(status: int, body: bytes) -> StoryreelError | None:
        try:
            error = refusals.parsed(body)["error"]
            code = error.get("code") or error.get("type")
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        if not isinstance(code, str):
            return None
        if code in VIOLATIONS:
            return ContentViolation("CONTENT_VIOLATION", problem=refusals.said(body))
        if code in _SPENT:
            return EngineFailed("PEER_REFUSED", engine=name, status=status, problem=refusals.said(body))
        return None

    return judged


def _prompt(prompt: str, negative: str) -> str:
    return f"{prompt}. Avoid: {negative}." if negative else prompt
