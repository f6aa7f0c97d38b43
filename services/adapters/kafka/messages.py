"""What travels on the two topics: `storyreel.v1.OperationQueued` and `storyreel.v1.OperationEvent`, serialised protobuf."""

from datetime import UTC
from typing import Any
from uuid import UUID

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct, Value
from storyreel.v1 import messages_pb2

from services.core.model import OperationEvent, OperationId, StoryId, UserId


class Malformed(ValueError):
    """A message that is not what its topic carries."""


def key(operation_id: OperationId) -> bytes:
    """One key an operation: its messages stay in one partition, and so in order."""
    return operation_id.bytes


def encode_wakeup(operation_id: OperationId) -> bytes:
    return messages_pb2.OperationQueued(operation_id=str(operation_id)).SerializeToString()


def decode_wakeup(value: bytes | None) -> OperationId:
    """Raises Malformed."""
    try:
        return OperationId(UUID(messages_pb2.OperationQueued.FromString(value or b"").operation_id))
    except (DecodeError, ValueError) as error:
        raise Malformed(str(error)) from error


def encode_event(event: OperationEvent) -> bytes:
    """`data` must be JSON-like; a whole number comes back as an int, however it was written."""
    message = messages_pb2.OperationEvent(
        operation_id=str(event.operation_id),
        user_id=str(event.user_id),
        story_id=str(event.story_id),
        seq=event.seq,
        kind=event.kind,
    )
    message.at.FromDatetime(event.at)
    message.data.update(event.data)
    return message.SerializeToString()


def decode_event(value: bytes | None) -> OperationEvent:
    """Raises Malformed."""
    try:
        message = messages_pb2.OperationEvent.FromString(value or b"")
        return OperationEvent(
            operation_id=OperationId(UUID(message.operation_id)),
            user_id=UserId(UUID(message.user_id)),
            story_id=StoryId(UUID(message.story_id)),
            seq=message.seq,
            at=message.at.ToDatetime(tzinfo=UTC),
            kind=message.kind,
            data=_mapping(message.data),
        )
    except (DecodeError, ValueError) as error:
        raise Malformed(str(error)) from error


def _mapping(struct: Struct) -> dict[str, Any]:
    return {name: _plain(value) for name, value in struct.fields.items()}


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _mapping(value.struct_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None
