"""In which order operations are listed, after AIP-132 (`priority desc, create_time`), and the place in it where a page ended."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from services.core.errors import InvalidArgument
from services.core.model import Operation

Place: TypeAlias = tuple[datetime | int | UUID | None, ...]
"""Where in an order something stands: the values of the order's fields, None for one that is not set, and last the id.

A page begins after a place, not after a row, which may have changed or gone since the page before.
"""

NEWEST_FIRST = ("-create_time",)
_FOREVER = datetime.max.replace(tzinfo=UTC)
_LONGEST = 60

SORTABLE: Mapping[str, Callable[[Operation], datetime | int | None]] = {
    "create_time": lambda o: o.created_at,
    # An ended operation changes no more; both times are taken within the same statement.
    "update_time": lambda o: o.finished_at or o.updated_at,
    "start_time": lambda o: o.started_at,
    "end_time": lambda o: o.finished_at,
    "priority": lambda o: o.priority,
}
"""What can be ordered by. A time that has not come yet is later than all that have."""


def parse_order(text: str, *, field: str = "order_by") -> tuple[str, ...]:
    """The fields with a leading minus for descending; the newest first where the text is empty.

    A field that was named before says nothing new. Raises InvalidArgument UNKNOWN_VALUE, naming the text's place as `field`.
    """
    order: dict[str, str] = {}
    for term in text.split(",") if text.strip() else ():
        name, *direction = term.split() or [""]
        if name not in SORTABLE or direction not in ([], ["asc"], ["desc"]):
            known = ", ".join(f"{known}, {known} desc" for known in SORTABLE)
            raise InvalidArgument("UNKNOWN_VALUE", field=field, found=term.strip()[:_LONGEST], known=known)
        order.setdefault(name, f"-{name}" if direction == ["desc"] else name)
    return tuple(order.values()) or NEWEST_FIRST


def place_of(operation: Operation, order: Sequence[str]) -> Place:
    return (*(SORTABLE[name.lstrip("-")](operation) for name in order), operation.id)


def descending(order: Sequence[str]) -> tuple[bool, ...]:
    """Of each element of a place, whether it falls from page to page. The id, which breaks ties, goes with the last field."""
    falls = [name.startswith("-") for name in order]
    return (*falls, falls[-1])


def comes_after(place: Place, before: Place, order: Sequence[str]) -> bool:
    """Whether `place` stands later in the order than `before`."""
    for mine, other, falls in zip(place, before, descending(order), strict=True):
        a, b = _rank(mine), _rank(other)
        if a != b:
            return bool(a < b if falls else a > b)
    return False


def in_order(operations: Sequence[Operation], order: Sequence[str]) -> list[Operation]:
    """Sorted by one field after the other, the least important first: Python's sort is stable."""
    found = list(operations)
    for index, falls in reversed(list(enumerate(descending(order)))):
        found.sort(key=lambda operation: _rank(place_of(operation, order)[index]), reverse=falls)
    return found


def _rank(value: datetime | int | UUID | None) -> Any:
    """Comparable with the ranks of the same element of other places."""
    return _FOREVER if value is None else value
