"""A peer's bad answers as the errors of `core.errors`."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from services.core.errors import EngineFailed, ResourceExhausted, StoryreelError, Unavailable

_EXCERPT = 300
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\s]+")
_HALVES = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""Escapes and bytes of which halves of characters are made."""


def parsed(body: bytes) -> Any:
    """The JSON in it, as it can be written down again: half characters are replaced.

    Raises ValueError for what is none, is nested without end, or holds numbers that JSON does not have.
    """
    try:
        found = json.loads(body, parse_constant=_not_json, parse_float=_finite)
        if _HALVES.search(body):
            found = json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
    except RecursionError as error:
        raise ValueError("it is nested without end") from error
    return found


def of_status(name: str, status: int, body: bytes, retry_after: float | None) -> StoryreelError:
    """The error that an HTTP status stands for, with what the peer said of it."""
    problem = said(body) or f"HTTP {status}"
    if status in (401, 403):
        return EngineFailed("PEER_UNAUTHORIZED", engine=name, status=status, problem=problem)
    if status == 429:
        return ResourceExhausted("PEER_BUSY", engine=name, problem=problem, retry_after=retry_after)
    if status in (408, 425) or status >= 500:
        return Unavailable("PEER_ERROR", engine=name, status=status, problem=problem, retry_after=retry_after)
    if 300 <= status < 400:
        return EngineFailed("PEER_REDIRECTED", engine=name, status=status)
    return EngineFailed("PEER_REFUSED", engine=name, status=status, problem=problem)


def unreadable(name: str, content_type: str, body: bytes) -> Unavailable:
    """For what should have been JSON: a proxy's page, a cut answer. The next one may be better."""
    return Unavailable("PEER_UNREADABLE", engine=name, content_type=content_type or "no type", excerpt=_excerpt(body))


def unexpected(name: str, wanted: str, answer: Any) -> EngineFailed:
    """For JSON that lacks what the protocol promises."""
    try:
        text = json.dumps(answer, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):
        text = type(answer).__name__
    return EngineFailed("PEER_UNEXPECTED", engine=name, wanted=wanted, excerpt=_excerpt(text.encode(errors="replace")))


def said(body: bytes) -> str:
    """What an error's body says: the message of the usual JSON shapes, otherwise the beginning of it."""
    try:
        answer = parsed(body)
    except ValueError:
        return _excerpt(body)
    while isinstance(answer, Mapping):
        inner = next((answer[key] for key in ("error", "detail", "message", "msg", "Message") if answer.get(key)), None)
        if inner is None:
            return _excerpt(body)
        answer = inner
    return _excerpt((answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)).encode())


def _excerpt(body: bytes) -> str:
    text = _UNSAFE.sub(" ", body[: 4 * _EXCERPT].decode(errors="replace")).strip()
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"


def _not_json(constant: str) -> NoReturn:
    """Python's parser takes NaN and Infinity, which nobody else reads once they are noted."""
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number")
    return number
