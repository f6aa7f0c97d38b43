"""What webhooks were told, by their receiver's records, against the timelines."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from services.core.model import OperationId
from tests.chaos.history import History, Message
from tests.invariants import ENDS, Snapshot, Violation

_KINDS = {f"operation.{end}": end for end in ENDS} | {"shot.landed": "shot_landed"}
"""Of each type of message the kind of event that it tells of."""
_TYPES = {kind: name for name, kind in _KINDS.items()}


def webhooks(rows: Snapshot, history: History) -> Iterator[Violation]:
    """Each event that was to be told has arrived, under one name and with one content however often; and nothing else has."""
    arrived: dict[tuple[UUID, int], set[str]] = defaultdict(set)
    bodies: dict[str, Message] = {}
    ended: set[UUID] = set()
    for message in history.messages:
        operation, seq = UUID(message.body["data"]["operation_id"]), int(message.body["data"]["seq"])
        arrived[operation, seq].add(message.id)
        first = bodies.setdefault(message.id, message)
        if first.body != message.body or first.user != message.user:
            yield Violation("webhook_changed", message.id, f"{first.body}, then {message.body}")
        if not message.verified:
            yield Violation("webhook_unsigned", message.id, f"to {message.user}")
        if not _true(message, operation, seq, rows, history):
            yield Violation("webhook_made_up", message.id, str(message.body))
        if _KINDS.get(message.body["type"]) in ENDS:
            ended.add(operation)
    for (operation, seq), names in arrived.items():
        if len(names) > 1:
            yield Violation("webhook_renamed", operation, f"event {seq} as {names}")
    yield from _missing(rows, history, set(arrived))
    for asked in history.asked:
        for operation in {*asked.answers} & history.gone.keys() - ended if asked.user in history.told_of else ():
            yield Violation("webhook_lost", operation, "no end of an operation that was forgotten")


def _true(message: Message, operation: UUID, seq: int, rows: Snapshot, history: History) -> bool:
    row = rows.operations.get(OperationId(operation))
    if row is None:
        return operation in history.forgotten
    events = rows.events[row.id]
    return row.user_id == message.user and seq <= len(events) and events[seq - 1].kind == _KINDS.get(message.body["type"])


def _missing(rows: Snapshot, history: History, arrived: set[tuple[UUID, int]]) -> Iterator[Violation]:
    for operation, events in rows.events.items():
        for event in events:
            wanted = _TYPES.get(event.kind) in history.told_of.get(event.user_id, ())
            if wanted and (operation, event.seq) not in arrived:
                yield Violation("webhook_lost", operation, f"event {event.seq}, {event.kind}")
