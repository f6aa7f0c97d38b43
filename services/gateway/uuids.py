"""UUIDs as clients write them: only the canonical form with hyphens, in either case."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def parse_uuid(text: str) -> UUID | None:
    """The UUID, or None: braces, `urn:uuid:` and missing hyphens would give one thing several names."""
    return UUID(text) if _CANONICAL.fullmatch(text) else None


def _canonical(value: object) -> object:
    if isinstance(value, str) and not _CANONICAL.fullmatch(value):
        raise PydanticCustomError("uuid_parsing", "not a canonical UUID")
    return value


CanonicalUUID = Annotated[UUID, BeforeValidator(_canonical)]
"""A path or query parameter."""
