"""Which operations a caller means: a condition as data, which SQL and the in-memory twin read alike.

Callers write it in a subset of AIP-160, which `filter_syntax.parse` reads: `status = failed AND create_time > 2026-11-20`.
A condition is true or false of every operation, never unknown: a comparison with a field that is not set is false, but for `!=`.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal, TypeAlias
from uuid import UUID

from services.core.model import Operation, OperationStatus, OperationType

Operator = Literal["=", "!=", "<", "<=", ">", ">=", ":"]
Value: TypeAlias = str | datetime | UUID | int
"""What a field holds and is compared with; a truth value is an int."""


class Presence(Enum):
    """The value `*`: any at all."""

    ANY = "*"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`. `:` asks whether the field is set (`Presence.ANY`), or whether a text contains the value."""

    field: str
    operator: Operator
    value: Value | Presence


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these: AND."""

    of: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of these: OR."""

    of: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    of: "Condition"


Condition: TypeAlias = Comparison | All | Any | Not


class Kind(Enum):
    """What a field's values are."""

    CHOICE = "one of a few words"
    ID = "a UUID"
    FLAG = "true or false"
    TEXT = "text"
    TIME = "a time"
    NUMBER = "a whole number"

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What its values can be compared with. `:` is `=`, but that a text need only contain the value."""
        ordered: tuple[Operator, ...] = ("<", "<=", ">", ">=") if self in (Kind.TIME, Kind.NUMBER) else ()
        return ("=", "!=", *ordered, ":")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an operation that conditions may name. `read` gives its value, None where it is not set."""

    kind: Kind
    read: Callable[[Operation], Value | None]
    says: str
    choices: tuple[str, ...] = ()


def error_reason(operation: Operation) -> str | None:
    """The reason in the operation's `error`: there once it has failed or was cancelled."""
    match operation.status:
        case OperationStatus.FAILED if operation.failure:
            return operation.failure.reason
        case OperationStatus.CANCELLED:
            return operation.stop_reason
        case _:
            return None


FIELDS: Mapping[str, Field] = {
    "status": Field(Kind.CHOICE, lambda o: o.status.value, "Where it is in its life.", tuple(s.value for s in OperationStatus)),
    "type": Field(Kind.CHOICE, lambda o: o.type.value, "What it does.", tuple(t.value for t in OperationType)),
    "story_id": Field(Kind.ID, lambda o: o.story_id, "The story that it works on."),
    "shot_id": Field(Kind.ID, lambda o: o.shot_id, "The shot that it works on; set only for `shot_regen`."),
    "create_time": Field(Kind.TIME, lambda o: o.created_at, "When it was asked for."),
    "start_time": Field(Kind.TIME, lambda o: o.started_at, "When a worker first took it."),
    "end_time": Field(Kind.TIME, lambda o: o.finished_at, "When it ended."),
    "worker": Field(Kind.TEXT, lambda o: o.worker or None, "Who runs it, or ran it last."),
    "error.reason": Field(Kind.TEXT, error_reason, "Why it failed, or was cancelled: the reason in its `error`."),
    "done": Field(Kind.FLAG, lambda o: o.done, "Whether it has ended."),
    "attempt": Field(Kind.NUMBER, lambda o: o.attempt, "How often workers have taken it."),
}


def matches(condition: Condition, operation: Operation) -> bool:
    """Whether the condition is true of the operation."""
    match condition:
        case All(of=parts):
            return all(matches(part, operation) for part in parts)
        case Any(of=parts):
            return any(matches(part, operation) for part in parts)
        case Not(of=part):
            return not matches(part, operation)
        case Comparison():
            return _holds(condition, FIELDS[condition.field].read(operation))


_COMPARE: Mapping[str, Callable[..., bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    ":": operator.contains,
}


def _holds(comparison: Comparison, found: Value | None) -> bool:
    if comparison.operator == "!=":
        return found != comparison.value
    if found is None or comparison.value is Presence.ANY:
        return found is not None
    return _COMPARE[comparison.operator](found, comparison.value)
