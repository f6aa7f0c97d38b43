"""The messages on the wire."""

import uuid
from datetime import UTC, datetime

import pytest
from storyreel.v1 import messages_pb2

from services.adapters.kafka import messages
from services.core.model import OperationEvent, OperationId, StoryId, UserId

OPERATION = OperationId(uuid.UUID("11111111-2222-3333-4444-555555555555"))
EVENT = OperationEvent(
    OPERATION,
    UserId(uuid.UUID(int=2)),
    StoryId(uuid.UUID(int=3)),
    4,
    datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC),
    "shot_landed",
    {"shot": 3, "fraction": 0.5, "name": "雾", "nothing": None, "yes": True, "list": [1, [2.5], {"deep": "x"}], "empty": {}},
)


def test_a_wakeup_says_only_which_operation() -> None:
    assert messages_pb2.OperationQueued.FromString(messages.encode_wakeup(OPERATION)).operation_id == str(OPERATION)
    assert messages.decode_wakeup(messages.encode_wakeup(OPERATION)) == OPERATION


def test_an_event_comes_back_as_it_was() -> None:
    back = messages.decode_event(messages.encode_event(EVENT))
    assert back == EVENT
    assert isinstance(back.data["shot"], int)


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff\xff\xff", b"plain text", messages_pb2.OperationQueued(operation_id="x").SerializeToString()]
)
def test_what_is_no_message_is_malformed(value: bytes | None) -> None:
    with pytest.raises(messages.Malformed):
        messages.decode_wakeup(value)
    with pytest.raises(messages.Malformed):
        messages.decode_event(value)


def test_one_key_an_operation() -> None:
    assert messages.key(OPERATION) == messages.key(OperationId(uuid.UUID(str(OPERATION))))
    assert messages.key(OPERATION) != messages.key(OperationId(uuid.uuid4()))
