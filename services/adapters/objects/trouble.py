"""What the stores' own errors mean to the core."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from services.core.errors import NotFound, ResourceExhausted, Unavailable
from services.core.model import Digest

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


@contextmanager
def told(digest: Digest | None = None) -> Iterator[None]:
    """Raises NotFound MEDIA_MISSING for `digest`, ResourceExhausted STORAGE_FULL, or Unavailable STORAGE_UNAVAILABLE."""
    try:
        yield
    except FileNotFoundError as error:
        if digest is None:
            raise Unavailable("STORAGE_UNAVAILABLE", problem=first_line(error)) from error
        raise NotFound("MEDIA_MISSING", digest=digest) from error
    except (BaseError, OSError) as error:
        if _code(error) in _FULL:
            raise ResourceExhausted("STORAGE_FULL") from error
        raise Unavailable("STORAGE_UNAVAILABLE", problem=first_line(error)) from error


def _code(error: Exception) -> int | None:
    """The operating system's error number; obstore has it in the text only."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _OS_ERROR.search(str(error))
    return int(found[1]) if found else None


def first_line(error: Exception) -> str:
    """Without the dump of the library's internals that follows."""
    return str(error).partition("\n")[0].rstrip(". ") or type(error).__name__
