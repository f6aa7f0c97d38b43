"""Where things lie in the store. Nothing but these names is ever built, so no input can name anything outside of it."""

import re

from services.core.errors import NotFound
from services.core.model import Digest

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DOCUMENT = re.compile(r"(?:artifacts|notes)/[0-9a-z][0-9a-z_-]{0,127}\.json", re.ASCII)


def media(digest: Digest) -> str:
    """Raises NotFound MEDIA_MISSING for what is no digest: nothing can be stored under it."""
    if not _DIGEST.fullmatch(digest):
        raise NotFound("MEDIA_MISSING", digest=digest)
    return f"media/{digest}"


def document(name: str) -> str:
    """`artifacts/<key>.json` or `notes/<key>.json`, as it is.

    Raises ValueError for anything else: names are made by the code, not by users.
    """
    if not _DOCUMENT.fullmatch(name):
        raise ValueError(f"not a document's name: {name!r}")
    return name
