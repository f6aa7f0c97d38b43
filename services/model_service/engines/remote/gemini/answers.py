"""What Gemini answers: a picture, a refusal, or an error of the API."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from google.genai import types

from services.adapters.retry_after import LONGEST
from services.core.errors import ContentViolation, EngineFailed, ResourceExhausted, StoryreelError, Unavailable
from services.model_service.engines.remote import refusals

_REFUSALS = frozenset(
    (
        "BLOCKLIST",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "IMAGE_SAFETY",
        "MODEL_ARMOR",
        "PROHIBITED_CONTENT",
        "RECITATION",
        "SAFETY",
        "SPII",
    )
)
"""Reasons to finish that mean that the words, or the picture made of them, are not let pass."""
_SAID = 300


def picture(name: str, answer: types.GenerateContentResponse) -> bytes:
    """The picture that was made. Raises ContentViolation; Unavailable PEER_JOB_FAILED where there is none, without a refusal."""
    feedback = answer.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        raise _violation("the prompt was blocked", _name(feedback.block_reason), feedback.block_reason_message)
    found = [part.inline_data.data for part in _parts(answer) if part.inline_data is not None and part.inline_data.data]
    if found:
        return found[-1]
    candidate = answer.candidates[0] if answer.candidates else None
    reason = _name(candidate.finish_reason) if candidate is not None and candidate.finish_reason is not None else "no candidate"
    said = " ".join(part.text for part in _parts(answer) if part.text)
    message = candidate.finish_message if candidate is not None else None
    if reason in _REFUSALS:
        raise _violation("no picture was made", reason, message or said)
    problem = f"no picture ({reason}) {message or said}".strip()[:_SAID]
    raise Unavailable("PEER_JOB_FAILED", engine=name, id=answer.response_id or "without id", problem=problem)


def facts(answer: types.GenerateContentResponse) -> dict[str, Any]:
    """Who made it, and what it cost."""
    usage = answer.usage_metadata
    return {
        "model_version": answer.model_version,
        "provider_id": answer.response_id,
        "usage": usage.model_dump(mode="json", exclude_none=True) if usage is not None else {},
    }


def judged(name: str, status: int, body: bytes) -> StoryreelError | None:
    """Errors in the form of google.rpc.Status: quotas with the wait they ask for, and wrong keys, which come as 400."""
    try:
        error = refusals.parsed(body)["error"]
        details = [detail for detail in error.get("details") or () if isinstance(detail, Mapping)]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    problem = refusals.said(body)
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return EngineFailed("PEER_UNAUTHORIZED", engine=name, status=status, problem=problem)
    wait = next((found for detail in details if (found := _seconds(detail.get("retryDelay"))) is not None), None)
    if status == 429:
        return ResourceExhausted("PEER_BUSY", engine=name, problem=problem, retry_after=wait)
    if status == 503:
        return Unavailable("PEER_ERROR", engine=name, status=status, problem=problem, retry_after=wait)
    return None


def _parts(answer: types.GenerateContentResponse) -> Iterator[types.Part]:
    """What the model says, without what it thinks: it may sketch before it answers."""
    for candidate in (answer.candidates or ())[:1]:
        content = candidate.content
        yield from (part for part in (content.parts if content is not None else None) or () if not part.thought)


def _violation(what: str, reason: str, message: str | None) -> ContentViolation:
    return ContentViolation("CONTENT_VIOLATION", problem=f"{what} ({reason}) {message or ''}".strip()[:_SAID])


def _name(reason: Any) -> str:
    """The reason's name, also of one that this SDK does not know."""
    return str(getattr(reason, "value", reason))


def _seconds(duration: Any) -> float | None:
    """Of a google.protobuf.Duration in JSON, such as `37s` or `0.5s`."""
    if not isinstance(duration, str) or not duration.endswith("s"):
        return None
    try:
        seconds = float(duration[:-1])
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST) if math.isfinite(seconds) else None
