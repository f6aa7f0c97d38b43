"""Operations listed and found: pages in any order under any condition, and what the unfinished ones may expect.

The SQL of a page is put together from the fixed texts of this module; whatever a caller wrote travels as a parameter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.adapters.postgres import rows
from services.adapters.postgres.database import Database
from services.core import filtering, outlook
from services.core.errors import DeadlineExceeded
from services.core.filtering import FIELDS, All, Comparison, Condition, Kind, Not, Presence
from services.core.lifecycle import TERMINAL
from services.core.model import Operation, OperationId, OperationStatus, UserId
from services.core.ordering import Place, descending
from services.core.ports import OperationFilter, Outlook

_ANY = OperationFilter()
PAGE_SECONDS = 5.0
"""A page takes milliseconds; one that takes so long looks through too much, and would only hold up others."""
PLANNED_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"
"""Said before each page: which index is best depends on the values that are compared."""


class Listing:
    """The part of `OwnerStore` that finds operations."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def operations(
        self, user: UserId, *, limit: int, after: Place | None = None, where: OperationFilter = _ANY
    ) -> tuple[Operation, ...]:
        """Raises DeadlineExceeded LIST_TOO_SLOW when the condition finds too little in too many rows."""
        sql, parameters = page(user, limit=limit, after=after, where=where)
        async with self._db.transaction() as connection:
            await connection.execute(PLANNED_ANEW)
            try:
                found = await connection.fetch(sql, *parameters, timeout=PAGE_SECONDS)
            except TimeoutError as error:
                raise DeadlineExceeded("LIST_TOO_SLOW", seconds=PAGE_SECONDS) from error
        return tuple(rows.operation(row) for row in found)

    async def outlook(self, user: UserId, operation_ids: Sequence[OperationId]) -> Mapping[OperationId, Outlook]:
        asked = {"user_id": user, "operation_ids": list(operation_ids), "line": outlook.LINE, "history": outlook.HISTORY}
        async with self._db.connection() as connection:
            found = [row async for row in self._db.queries.outlook(connection, **asked)]
        return {
            OperationId(row["id"]): outlook.expected(
                OperationStatus(row["status"]),
                progress=row["progress"],
                position=row["position"],
                running=row["running"],
                median=row["median"],
                delay=row["delay"],
            )
            for row in found
        }


def page(user: UserId, *, limit: int, after: Place | None, where: OperationFilter) -> tuple[str, list[Any]]:
    """The statement of one page and its parameters.

    By creation, one index holds all of an owner's operations in order. For every other order, those that have ended come from
    an index in order, and those that have not are sorted; the page is the first rows of both.
    """
    given, wanted = _Parameters(), _wanted(where)
    conditions = [f"user_id = {given.add(user, 'uuid')}", *(_condition(each, given) for each in wanted)]
    row_limit = given.add(limit, "bigint")
    keys = [_KEYS[name.lstrip("-")] for name in where.order_by]
    falls = descending(where.order_by)

    def part(columns: Iterable[str], *state: str) -> str:
        columns = [*columns, "id"]
        place = [_after(columns, falls, after, given)] if after else []
        true = " AND ".join([*conditions, *state, *place])
        return f"SELECT * FROM operations WHERE {true} ORDER BY {_order(columns, falls)} LIMIT {row_limit}"  # noqa: S608 -- see above

    if keys[0] is _CREATION:
        return part(key.whole for key in keys), given.values
    if not all(_possible(each, done=False) for each in wanted):
        return part((key.ended for key in keys), "finished_at IS NOT NULL"), given.values
    if not all(_possible(each, done=True) for each in wanted):
        return part((key.unfinished for key in keys), _UNFINISHED), given.values
    ended = part((key.ended for key in keys), "finished_at IS NOT NULL")
    unfinished = part((key.unfinished for key in keys), _UNFINISHED)
    order = _order([*(key.whole for key in keys), "id"], falls)
    both = f"SELECT * FROM (({ended}) UNION ALL ({unfinished})) both_parts ORDER BY {order} LIMIT {row_limit}"  # noqa: S608
    return both, given.values


@dataclass(frozen=True, slots=True)
class _Parameters:
    """A statement's parameters, as they are named in its text."""

    values: list[Any] = field(default_factory=list)

    def add(self, value: object, type_: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{type_}"


# -- the order -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Key:
    """What an order compares: of all operations, of those that have ended, of those that have not."""

    whole: str
    ended: str
    unfinished: str


def _same(column: str) -> _Key:
    return _Key(column, column, column)


_CREATION = _same("created_at")
_ENDED_OR_NEVER = "coalesce(finished_at, 'infinity')"
_KEYS: Mapping[str, _Key] = {
    "create_time": _CREATION,
    # updated_at changes too often to be in an index; once an operation has ended it says the same as finished_at.
    "update_time": _Key("coalesce(finished_at, updated_at)", "finished_at", "updated_at"),
    "start_time": _same("coalesce(started_at, 'infinity')"),
    # Not the bare constant: then the id alone would order the unfinished, and the planner would search them in the order of ids.
    "end_time": _Key(_ENDED_OR_NEVER, "finished_at", _ENDED_OR_NEVER),
    "priority": _same("priority"),
}


def _order(columns: Sequence[str], falls: Sequence[bool]) -> str:
    return ", ".join(f"{column} {'DESC' if down else 'ASC'}" for column, down in zip(columns, falls, strict=True))


def _after(columns: Sequence[str], falls: Sequence[bool], place: Place, given: _Parameters) -> str:
    """What comes after a place, in a form that an index can begin at."""
    values = [_value_at(value, given) for value in place]
    if len(set(falls)) == 1:
        return f"({', '.join(columns)}) {'<' if falls[0] else '>'} ({', '.join(values)})"
    later = [f"{column} {'<' if down else '>'} {value}" for column, down, value in zip(columns, falls, values, strict=True)]
    equal = [f"{column} = {value}" for column, value in zip(columns, values, strict=True)]
    chain = " OR ".join(f"({' AND '.join([*equal[:index], later[index]])})" for index in range(len(columns)))
    return f"{columns[0]} {'<=' if falls[0] else '>='} {values[0]} AND ({chain})"


def _value_at(value: datetime | int | UUID | None, given: _Parameters) -> str:
    match value:
        case None:
            return "'infinity'::timestamptz"
        case datetime():
            return given.add(value, "timestamptz")
        case UUID():
            return given.add(value, "uuid")
        case _:
            return given.add(value, "smallint")


# -- the condition -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Column:
    """A field as SQL, and when it is set: always, where that is empty."""

    sql: str
    is_set: str = ""


_STATES: Mapping[Any, str] = {status.value: f"status = '{status.value}'" for status in OperationStatus}
_UNFINISHED = f"({' OR '.join(_STATES[status.value] for status in OperationStatus if status not in TERMINAL)})"
_EQUAL: Mapping[str, Mapping[Any, str]] = {"status": _STATES, "done": {True: "finished_at IS NOT NULL", False: _UNFINISHED}}
"""Not as parameters: the planner has to see which state is meant, for there is an index for almost each of them."""
_WENT_WRONG = "status IN ('failed', 'cancelled')"
_STOP_REASON = "CASE WHEN cancel_requested_at >= deadline_at THEN 'DEADLINE_EXCEEDED' ELSE 'CANCELLED' END"
_ERROR_REASON = f"CASE status WHEN 'failed' THEN failure ->> 'reason' WHEN 'cancelled' THEN {_STOP_REASON} END"
"""As the index has it, or the index is of no use."""
_COLUMNS: Mapping[str, _Column] = {
    "status": _Column("status"),
    "type": _Column("type"),
    "story_id": _Column("story_id"),
    "shot_id": _Column("shot_id", "shot_id IS NOT NULL"),
    "create_time": _Column("created_at"),
    "start_time": _Column("started_at", "started_at IS NOT NULL"),
    "end_time": _Column("finished_at", "finished_at IS NOT NULL"),
    "worker": _Column("worker", "worker <> ''"),
    "error.reason": _Column(_ERROR_REASON, _WENT_WRONG),
    "done": _Column("(finished_at IS NOT NULL)"),
    "attempt": _Column("attempt"),
}
_TYPES: Mapping[Kind, str] = {
    Kind.CHOICE: "text",
    Kind.ID: "uuid",
    Kind.FLAG: "boolean",
    Kind.TEXT: "text",
    Kind.TIME: "timestamptz",
    Kind.NUMBER: "integer",
}


def _wanted(where: OperationFilter) -> list[Condition]:
    """All that has to be true."""
    simple = {"status": where.status, "type": where.type, "story_id": where.story_id}
    asked: list[Condition] = [Comparison(name, "=", value) for name, value in simple.items() if value is not None]
    return [*asked, where.where] if where.where else asked


def _possible(condition: Condition, *, done: bool) -> bool:
    """Whether an operation that has ended, or one that has not, may meet the condition: what cannot need not be looked for."""
    match condition:
        case Comparison("status", "=", status):
            return (status in TERMINAL) is done
        case Comparison("done", "=", value):
            return value is done
        case All(of=parts):
            return all(_possible(part, done=done) for part in parts)
        case filtering.Any(of=parts):
            return any(_possible(part, done=done) for part in parts)
        case _:
            return True


def _condition(condition: Condition, given: _Parameters) -> str:
    match condition:
        case All(of=parts):
            return f"({' AND '.join(_condition(part, given) for part in parts)})"
        case filtering.Any(of=parts):
            return f"({' OR '.join(_condition(part, given) for part in parts)})"
        case Not(of=part):
            return f"(NOT {_condition(part, given)})"
        case Comparison():
            return _comparison(condition, given)


def _comparison(comparison: Comparison, given: _Parameters) -> str:
    """True or false, never null, so that NOT means what it says."""
    column, value = _COLUMNS[comparison.field], comparison.value
    if value is Presence.ANY:
        return f"({column.is_set or 'true'})"
    if comparison.operator == "=" and comparison.field in _EQUAL:
        return f"({_EQUAL[comparison.field][value]})"
    parameter = given.add(value, _TYPES[FIELDS[comparison.field].kind])
    match comparison.operator:
        case "!=":
            differs = f"{column.sql} <> {parameter}"
            return f"({column.is_set} IS NOT TRUE OR {differs})" if column.is_set else f"({differs})"
        case ":":
            holds = f"strpos({column.sql}, {parameter}) > 0"
        case compare:
            holds = f"{column.sql} {compare} {parameter}"
    return f"({column.is_set} AND {holds})" if column.is_set else f"({holds})"
