"""Which bytes of a file a request asks for (RFC 9110, 13 and 14): single ranges, If-Range and If-None-Match."""

import re
from dataclasses import dataclass

from services.core.errors import InvalidArgument

_SINGLE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to and without `end`, of `size`."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def wanted(header: str | None, size: int) -> Span | None:
    """The one range that is asked for; None for the whole file.

    Several ranges, another unit and what cannot be read are ignored, as the RFC allows. Raises InvalidArgument BAD_RANGE when
    the range lies outside.
    """
    match = _SINGLE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # a suffix: the last bytes
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise InvalidArgument("BAD_RANGE", found=(header or "")[:60], size=size)
    return Span(start, end, size)


def same(etag: str, if_range: str | None) -> bool:
    """Whether a range may be served: there is no If-Range, or it names just this version. A date or a weak tag never does."""
    return if_range is None or if_range.strip() == etag


def unchanged(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has just this version already."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
