"""What an engine says of a result: what it changed of a wish, who made it, what that used. Bounded, for a timeline keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 16
"""Remarks of one sort, and counts of `usage`; any more are left out."""
LONGEST = 300
"""Characters of one remark; the rest is cut off."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """`changed` says what of the request was changed or ignored; `made_by` which of several engines made the result, and
    `passed_over` what kept the ones before it; `usage` counts what a provider says that it charges for, such as tokens.
    """

    changed: tuple[str, ...] = ()
    made_by: str = ""
    passed_over: tuple[str, ...] = ()
    usage: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Remarks":
        """Read them off an artifact's meta, or off an event that tells of it; what has another form is left out."""
        usage = facts.get("usage")
        counts = usage.items() if isinstance(usage, Mapping) else ()
        numbers = [(_cut(name), count) for name, count in counts if _is_count(count)]
        made_by = facts.get("made_by")
        return cls(
            _lines(facts.get("changed")),
            _cut(made_by) if isinstance(made_by, str) else "",
            _lines(facts.get("passed_over")),
            dict(numbers[:MOST]),
        )

    def to_json(self) -> dict[str, Any]:
        """Only what there is."""
        told = {"changed": list(self.changed), "made_by": self.made_by, "passed_over": list(self.passed_over), "usage": self.usage}
        return {name: value for name, value in told.items() if value}


def _lines(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(_cut(line) for line in value if isinstance(line, str) and line)[:MOST]


def _is_count(value: object) -> bool:
    """A number that every reader of JSON has: what a provider answers may be anything."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53


def _cut(text: object) -> str:
    line = str(text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
