"""Everything that can go wrong, as a tree. Whether a retry helps is data on the error; only the edges know HTTP and gRPC codes.

    StoryreelError
    ├── InvalidArgument        the request is wrong; sending it again will not help
    │   └── TooLarge           … because it is too long or too big
    ├── Unauthenticated        who is asking is not said, or not believed
    ├── NotFound               absent, or another user's: never told apart
    ├── FailedPrecondition     right request, wrong moment
    │   └── Conflict           … it contradicts an earlier request
    ├── ContentViolation       refused by a safety check
    ├── Cancelled              asked for by the owner
    ├── LeaseLost              this attempt no longer owns the operation (fencing); never shown to users
    ├── Transient              worth trying again, after `retry_after` seconds if that is set
    │   ├── Unavailable        a peer cannot be reached or answered badly
    │   ├── ResourceExhausted  a queue or quota is full, or the disk is
    │   └── DeadlineExceeded   it took too long
    └── EngineFailed           an engine ended with an error that a retry will not mend

An error carries a `reason` (UPPER_SNAKE_CASE, a key of `texts.TEXTS`) and the parameters of its text, so that the
message can be worded in the reader's language at the edge.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from services.core import texts
from services.core.model import Failure, Language


class StoryreelError(Exception):
    """The root. `str()` is the English message."""

    kind: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, reason: str, *, retry_after: float | None = None, **params: Any) -> None:
        self.reason = reason
        self.params: Mapping[str, Any] = params
        self.retry_after = retry_after
        super().__init__(self.message(Language.EN))

    def message(self, language: Language) -> str:
        return texts.render(self.reason, language, self.params)

    def failure(self, language: Language) -> Failure:
        """The storable form, worded in `language`."""
        return Failure(self.kind, self.reason, self.message(language), self.retryable, dict(self.params))


class InvalidArgument(StoryreelError):
    """`params["field"]`, where given, names the offending field as the client spelled it (`body.style`, `query.page_size`)."""

    kind = "invalid_argument"


class TooLarge(InvalidArgument):
    kind = "too_large"


class Unauthenticated(StoryreelError):
    kind = "unauthenticated"


class NotFound(StoryreelError):
    kind = "not_found"


class FailedPrecondition(StoryreelError):
    kind = "failed_precondition"


class Conflict(FailedPrecondition):
    kind = "conflict"


class ContentViolation(StoryreelError):
    kind = "content_violation"


class Cancelled(StoryreelError):
    kind = "cancelled"


class LeaseLost(StoryreelError):
    kind = "lease_lost"


class Transient(StoryreelError):
    kind = "transient"
    retryable = True


class Unavailable(Transient):
    kind = "unavailable"


class ResourceExhausted(Transient):
    kind = "resource_exhausted"


class DeadlineExceeded(Transient):
    kind = "deadline_exceeded"


class EngineFailed(StoryreelError):
    kind = "engine_failed"


def _tree(cls: type[StoryreelError]) -> dict[str, type[StoryreelError]]:
    found = {cls.kind: cls}
    for child in cls.__subclasses__():
        found |= _tree(child)
    return found


BY_KIND: Mapping[str, type[StoryreelError]] = _tree(StoryreelError)
