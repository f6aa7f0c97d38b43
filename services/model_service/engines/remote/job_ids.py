"""The id that a provider gives to a job."""

from collections.abc import Mapping
from typing import Any

from services.model_service.engines.remote import refusals

_LONGEST = 256


def job_id(name: str, answer: Any, field: str) -> str:
    """What `answer` has in `field`: it becomes part of paths, so it is nothing but what ids are made of.

    Raises EngineFailed PEER_UNEXPECTED.
    """
    found = answer.get(field) if isinstance(answer, Mapping) else None
    if (
        not isinstance(found, str)
        or len(found) > _LONGEST
        or not found.isascii()
        or not found.replace("_", "").replace("-", "").isalnum()
    ):
        raise refusals.unexpected(name, field, answer)
    return found
