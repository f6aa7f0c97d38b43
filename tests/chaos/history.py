"""What the clients of a chaos run did and were told: the half of the evidence that no service has written."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish of a client, however often it was sent. `key` is its Idempotency-Key or request_id ("" for none); `answers` are the
    ids that answers named, one for each that arrived; `tries` counts the requests sent, and `lost` those of them of which nobody
    knows what came: no answer, or one that says that something broke.

    `marker` is in the request's payload and in no other's; "" where the payload has no text. `refusable` says that the request is
    wrong, or its key another's: it must not be accepted.
    """

    user: UUID
    path: str
    marker: str
    key: str
    tries: int
    answers: tuple[UUID, ...]
    lost: int = 0
    refusable: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """How an operation stood, by an answer that was asked for at `asked` and there at `told`, on the history's own clock.

    `attempt` is None where the answer did not say.
    """

    operation: UUID
    asked: int
    told: int
    status: str
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of a stream, as it came at `told`."""

    seq: int
    kind: str
    at: str
    data: Mapping[str, Any]
    told: int


@dataclass
class Followed:
    """What one follower heard of an operation, over all its connections. `loose` counts the events that had no number.

    `whole`: it was told at last that there is no more. `gone`: that there is no such operation.
    """

    operation: UUID
    events: list[Heard] = field(default_factory=list)
    loose: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    whole: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Steered:
    """A bulk `:cancel` or `:retry` that was answered by `at`, in seconds of the epoch, and those that it must have reached."""

    verb: str
    operations: frozenset[UUID]
    at: float


@dataclass(frozen=True, slots=True)
class Message:
    """What a webhook's receiver got, at an address that only `user` has named. `verified`: the signature is by that secret."""

    user: UUID
    id: str
    verified: bool
    body: Mapping[str, Any]


@dataclass
class History:
    """Everything that clients recorded. `answers` counts statuses of HTTP and of gRPC, and `no answer`. `listed` are a user's
    operations at the end, as each way in lists them.

    `forgotten` may have been deleted, and `gone` have been, by the time that the history's clock showed. `told_of` are the users
    who have a webhook, and the types that it asks for. `waited` are the ends of the last waits, "" where none came.
    """

    asked: list[Asked] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    followed: list[Followed] = field(default_factory=list)
    steered: list[Steered] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    told_of: dict[UUID, frozenset[str]] = field(default_factory=dict)
    waited: dict[UUID, str] = field(default_factory=dict)
    listed: list[tuple[UUID, list[UUID]]] = field(default_factory=list)
    forgotten: set[UUID] = field(default_factory=set)
    gone: dict[UUID, int] = field(default_factory=dict)
    wanted_again: set[UUID] = field(default_factory=set)
    hasty: list[str] = field(default_factory=list)
    """Refusals for want of room that did not say when to come again."""
    answers: Counter[str] = field(default_factory=Counter)
    _clock: int = 0

    def tick(self) -> int:
        """A number greater than all before it: what was told before something was asked has the smaller one."""
        self._clock += 1
        return self._clock

    @property
    def accepted(self) -> set[UUID]:
        """Operations that some client was told of."""
        return {operation for asked in self.asked for operation in asked.answers}
