"""Which operations a caller means: a condition as data, which SQL and the in-memory twin read alike.

The language that callers write it in is a subset of AIP-160; `parse` reads it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Operator = Literal["=", "!=", "<", "<=", ">", ">=", ":"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; `:` asks whether the field has the value at all (`error:*`) or contains it."""

    field: str
    operator: Operator
    value: str | datetime


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


Condition = Comparison | All | Any | Not
