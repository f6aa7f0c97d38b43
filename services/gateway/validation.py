"""Pydantic's complaints in our own words, with each field spelled as the client spelled it (`body.shot.details`)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from annotated_types import Ge, Le
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.core.errors import InvalidArgument, StoryreelError

M = TypeVar("M", bound=BaseModel)

LONGEST_QUOTE = 60
"""Characters of a client's value that a message repeats."""
LONGEST_PATH = 200
"""The same for a path or a file's name."""

_EXPECTED: Mapping[str, str] = {
    "bool_parsing": "boolean",
    "bool_type": "boolean",
    "dict_type": "object",
    "int_from_float": "integer",
    "int_parsing": "integer",
    "int_parsing_size": "integer",
    "int_type": "integer",
    "list_type": "array",
    "model_attributes_type": "object",
    "model_type": "object",
    "string_type": "string",
    "string_unicode": "string",
}
_BOUNDS = frozenset({"greater_than_equal", "less_than_equal"})
_CHOICES = frozenset({"enum", "literal_error"})


class InvalidRequest(Exception):
    """Several things are wrong with one request; each is told."""

    def __init__(self, errors: Sequence[StoryreelError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(str(error) for error in errors))


def validated(model: type[M], document: Mapping[str, Any], *, at: str = "body") -> M:
    """The document as a model. Raises InvalidRequest, whose fields begin with where the document is."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        details = [{**detail, "loc": (at, *detail["loc"])} for detail in error.errors(include_url=False)]
        raise InvalidRequest(translate(details, model)) from None


def translate(errors: Iterable[ErrorDetails | Mapping[str, Any]], model: type[BaseModel] | None = None) -> list[StoryreelError]:
    """Our errors for Pydantic's, in their order. `model` is what was validated, where it was a body."""
    return [_one(error["type"], error, model) for error in errors]


def _one(kind: str, error: Mapping[str, Any], model: type[BaseModel] | None) -> StoryreelError:
    location: Sequence[str | int] = error["loc"]
    field = ".".join(str(part) for part in location)
    found = error.get("input")
    if kind == "missing":
        return InvalidArgument("MISSING_FIELD", field=field)
    if kind == "extra_forbidden":
        known = ", ".join(_model_at(model, location[1:-1]).model_fields) if model else ""
        return InvalidArgument("UNKNOWN_FIELD", field=quote(field), known=known)
    if kind == "uuid_parsing":
        return InvalidArgument("NOT_A_UUID", field=field, found=quote(found))
    if kind in _CHOICES:
        known = ", ".join(re.findall(r"'([^']*)'", error["ctx"]["expected"]))
        return InvalidArgument("UNKNOWN_VALUE", field=field, found=quote(found), known=known)
    if kind == "multiple_of":
        return InvalidArgument("NOT_A_MULTIPLE", field=field, step=error["ctx"]["multiple_of"], found=quote(found))
    if kind in _BOUNDS and model:
        low, high = _bounds(model, location[1:])
        return InvalidArgument("OUT_OF_RANGE", field=field, low=low, high=high, found=quote(found))
    return InvalidArgument("WRONG_TYPE", field=field, expected=_EXPECTED[kind], found=json_type(found))


def quote(value: object, *, longest: int = LONGEST_QUOTE) -> str:
    """A client's value for a message: short, and always encodable."""
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= longest else text[:longest] + "…"


def json_type(value: object) -> str:
    """What JSON calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    for name in path:
        annotation = model.model_fields[str(name)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return model


def _bounds(model: type[BaseModel], path: Sequence[str | int]) -> tuple[object, object]:
    metadata = _model_at(model, path[:-1]).model_fields[str(path[-1])].metadata
    low = next((m.ge for m in metadata if isinstance(m, Ge)), "-∞")
    high = next((m.le for m in metadata if isinstance(m, Le)), "∞")
    return low, high
