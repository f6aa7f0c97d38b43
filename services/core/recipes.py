"""A recipe is a typed request and the engine that serves it; its key names the artifact.

The canonical form is JSON with sorted keys, no spaces, UTF-8, no NaN: the same in every process and on every machine.
"""

import dataclasses
import hashlib
import json
from typing import Any

from services.core.model import ADDED, Digest, Engine, Key
from services.core.requests import Request

_VERSION = "storyreel.recipe.v1"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if not _left_out(value, f)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 4.0 and 4 are one recipe
    return value


def _left_out(value: object, field: dataclasses.Field[Any]) -> bool:
    """Whether a field tells no recipes apart: by its nature, or as one that was added later and still has its default."""
    return not field.compare or (ADDED in field.metadata and getattr(value, field.name) == field.default)


def canonical(value: object) -> bytes:
    """The canonical bytes of a dataclass, mapping, sequence or scalar."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def request_digest(request: Request) -> Digest:
    """The digest of what is asked, whoever serves it: tells whether something made earlier still answers the question."""
    return Digest(hashlib.sha256(b"\n".join([_VERSION.encode(), request.kind.encode(), canonical(request)])).hexdigest())


def seed(*parts: object) -> int:
    """A seed from 0 to 2³¹ - 1 that is the same wherever the same parts are: so the same story gives the same recipes."""
    text = "\n".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1


def key(request: Request, engine: Engine) -> Key:
    """The artifact's key: what is asked and who serves it, with version and weights' revision."""
    body = {"kind": request.kind, "request": request, "engine": engine}
    return Key(hashlib.sha256(b"\n".join([_VERSION.encode(), canonical(body)])).hexdigest())
