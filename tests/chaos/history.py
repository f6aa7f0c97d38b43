"""What the clients of a chaos run did and were told: the half of the evidence that no service has written."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish of a client, however often it was sent. `key` is its Idempotency-Key ("" for none); `answers` are the ids that
    the 202s named, one for each answer that arrived; `tries` counts the requests sent.

    `marker` is in the request's payload and in no other's.
    """

    user: UUID
    path: str
    marker: str
    key: str
    tries: int
    answers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client was told of an operation's status, when: `number` counts a client's answers up."""

    operation: UUID
    number: int
    status: str


@dataclass
class History:
    """Everything that clients recorded, and what a run did to the stack. `answers` counts statuses of HTTP, `""` for none."""

    asked: list[Asked] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    forgotten: set[UUID] = field(default_factory=set)
    wanted_again: set[UUID] = field(default_factory=set)
    answers: dict[str, int] = field(default_factory=dict)

    def count(self, status: str) -> None:
        self.answers[status] = self.answers.get(status, 0) + 1

    @property
    def accepted(self) -> set[UUID]:
        """Operations that some client was told of."""
        return {operation for asked in self.asked for operation in asked.answers}
