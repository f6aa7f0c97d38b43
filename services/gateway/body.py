"""Reads a request's JSON body, strictly, and never more of it than the limit.

FastAPI would parse the body before it asks who is there; as a dependency after the user's, a stranger's body is not read at all.
"""

import functools
import json
from collections.abc import Mapping
from email.message import Message
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from services.core.errors import InvalidArgument, TooLarge
from services.gateway import validation
from services.gateway.wiring import CurrentUser, wiring_of

M = TypeVar("M", bound=BaseModel)

DEEPEST = 32
"""Levels of nesting that a body may have."""


class JsonBody(Generic[M]):
    """A dependency that gives the body as a model. With `optional`, no body at all is the model's defaults."""

    def __init__(self, model: type[M], *, optional: bool = False, examples: Mapping[str, Any] | None = None) -> None:
        self.model = model
        self.optional = optional
        self.examples = examples or {}

    async def __call__(self, request: Request, _user: CurrentUser) -> M:
        data = await _read(request, limit=wiring_of(request).settings.max_body_bytes)
        if not data.strip():
            if self.optional:
                return self.model()
            raise InvalidArgument("NO_BODY")
        _check_type(request)
        document = parse(data)
        if not isinstance(document, dict):
            raise InvalidArgument("NOT_AN_OBJECT", field="body", found=validation.json_type(document))
        _check_characters(document)
        return validation.validated(self.model, document)


def parse(data: bytes) -> Any:
    """RFC 8259 JSON in UTF-8. Raises InvalidArgument saying what is wrong, and in which line and column."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument("NOT_UTF8") from None
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidArgument("MALFORMED_JSON", problem=error.msg, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise InvalidArgument("JSON_TOO_DEEP") from None
    except ValueError:  # an integer of more digits than Python reads
        raise InvalidArgument("NUMBER_TOO_LONG") from None


async def _read(request: Request, *, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise TooLarge("BODY_TOO_LARGE", limit=limit)
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > limit:
            raise TooLarge("BODY_TOO_LARGE", limit=limit)
    return bytes(read)


def _check_type(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise InvalidArgument("UNSUPPORTED_ENCODING", encoding=validation.quote(encoding))
    header = request.headers.get("content-type")
    if header and not _is_json(header):
        raise InvalidArgument("UNSUPPORTED_MEDIA_TYPE", content_type=validation.quote(header))


@functools.lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    return message.get_content_type() == "application/json" and message.get_content_charset("utf-8") in {"utf-8", "utf8"}


def _check_characters(value: object, field: str = "body", depth: int = 0) -> None:
    """Half of a surrogate pair, as JSON's escapes allow it, can be neither stored nor sent on."""
    if depth > DEEPEST:
        raise InvalidArgument("JSON_TOO_DEEP")
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise InvalidArgument("BROKEN_CHARACTER", field=validation.quote(field), position=error.start + 1) from None
        case dict():
            for name, item in value.items():
                _check_characters(name, field, depth)
                _check_characters(item, f"{field}.{name}", depth + 1)
        case list():
            for number, item in enumerate(value):
                _check_characters(item, f"{field}.{number}", depth + 1)


def _refuse_constant(name: str) -> None:
    raise InvalidArgument("NOT_A_JSON_NUMBER", found=name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
