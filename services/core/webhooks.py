"""Webhooks after the Standard Webhooks specification 1.0: what is told, how it is signed, and when it is sent again.

An event's message is the same for every endpoint and every time that it is sent: `webhook-id` names the event, and a receiver
that has seen the id has seen the event. Order is not promised.
"""

import base64
import hashlib
import hmac
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from services.core.errors import FailedPrecondition, StoryreelError, Unavailable
from services.core.model import Failure, Language, Operation, OperationEvent, UserId

WebhookId = NewType("WebhookId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
Secret = NewType("Secret", str)
"""`whsec_` and the base64 of the key."""

SECRET_PREFIX = "whsec_"  # noqa: S105 -- what secrets begin with
SECRET_BYTES = 32

SCHEDULE = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 28_800.0, 28_800.0)
"""Seconds from one try to the next: eight tries within a day."""
JITTER = 0.1
"""The part by which a wait is made longer or shorter, so that what failed together does not come back together."""
LONGEST_WAIT = 86_400.0
"""Seconds: what an endpoint asks for by Retry-After is heard up to here."""
KEPT_SECONDS = 30 * 86_400.0
"""How long a delivery can be looked at, and sent again."""


class EventType(StrEnum):
    OPERATION_SUCCEEDED = "operation.succeeded"
    OPERATION_FAILED = "operation.failed"
    OPERATION_CANCELLED = "operation.cancelled"
    SHOT_LANDED = "shot.landed"
    TEST = "webhook.test"


SUBSCRIBABLE = tuple(kind for kind in EventType if kind is not EventType.TEST)
"""What an endpoint may ask for; a test comes to it whatever it has asked for."""

TYPE_OF_KIND: Mapping[str, EventType] = {
    "succeeded": EventType.OPERATION_SUCCEEDED,
    "failed": EventType.OPERATION_FAILED,
    "cancelled": EventType.OPERATION_CANCELLED,
    "shot_landed": EventType.SHOT_LANDED,
}
"""Which entries of an operation's timeline are told to webhooks, and as what."""


class DeliveryState(StrEnum):
    # Waits for its time, the first or a later one.
    PENDING = "pending"
    # A worker holds it on a lease, and sends it.
    SENDING = "sending"
    # Answered with 2xx.
    DELIVERED = "delivered"
    # Given up, after the last try or because the endpoint is gone. It can be sent again on request.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What is told. `id` is the header `webhook-id`; `type` is an `EventType`, or one that a newer release has added."""

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    url: str
    description: str = ""
    event_types: tuple[EventType, ...] = SUBSCRIBABLE
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchWebhook:
    """The fields to change; None leaves a field as it is."""

    url: str | None = None
    description: str | None = None
    event_types: tuple[EventType, ...] | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An endpoint of a user's. `gone` says that it was disabled because it answered 410.

    The secret itself is only ever handed to who signs. Until `old_secret_until` messages carry a signature by the secret before
    the present one too.
    """

    id: WebhookId
    user_id: UserId
    created_at: datetime
    updated_at: datetime
    url: str
    description: str
    event_types: tuple[str, ...]
    enabled: bool
    gone: bool = False
    old_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CreatedWebhook:
    """An endpoint as created. `replayed` when an Idempotency-Key named one that was there already; `expires_at` is that key's.

    `secret` is as it was stored; None where it has been replaced since the creation that is replayed.
    """

    webhook: Webhook
    secret: Secret | None = field(repr=False)
    replayed: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint.

    `attempt` counts the times it was sent; `failures` those since it was last begun anew. `next_at` is when it will be sent, or
    when the lease of who sends it ends; None once it has ended. `status` is the last answer's, `problem` why it was no success.
    """

    id: DeliveryId
    user_id: UserId
    webhook_id: WebhookId
    created_at: datetime
    event: WebhookEvent
    state: DeliveryState = DeliveryState.PENDING
    attempt: int = 0
    failures: int = 0
    next_at: datetime | None = None
    sent_at: datetime | None = None
    status: int | None = None
    problem: Failure | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One attempt's right and duty to send a delivery: whereto, and what to sign it with. The attempt is the fencing token.

    `delivery.sent_at` is the time to sign: the store's, as all of our times.
    """

    delivery: Delivery
    worker: str
    url: str
    secrets: tuple[Secret, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending a message: the status, where one came, and what was wrong with it, if anything was."""

    status: int | None
    problem: StoryreelError | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means for the delivery. `delay` is for a pending one, in seconds; `gone` disables the endpoint."""

    state: DeliveryState
    status: int | None = None
    problem: Failure | None = None
    delay: float = 0.0
    gone: bool = False


def new_secret() -> Secret:
    return Secret(SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode())


def event_of(event: OperationEvent, operation: Operation) -> WebhookEvent | None:
    """What webhooks are told of an entry of an operation's timeline; None when they are told nothing.

    The database's trigger does the same in SQL; a test holds the two to the same answers.
    """
    kind = TYPE_OF_KIND.get(event.kind)
    if kind is None:
        return None
    data: dict[str, Any] = {
        "operation_id": str(operation.id),
        "operation_type": operation.type.value,
        "story_id": str(event.story_id),
        "shot_id": str(operation.shot_id) if operation.shot_id else None,
        "seq": event.seq,
    }
    if kind is EventType.SHOT_LANDED:
        data |= event.data
    else:
        said = {name: event.data[name] for name in ("reason", "message") if event.data.get(name) is not None}
        data |= {"status": event.kind, "attempt": operation.attempt, "error": said or None}
    return WebhookEvent(f"evt_{operation.id.hex}_{event.seq}", kind, event.at, data)


def trial_of(webhook_id: WebhookId, unique: UUID) -> tuple[str, Mapping[str, Any]]:
    """Id and data of the event that a user has sent to see whether an endpoint works; its time is when it is stored."""
    return f"evt_{unique.hex}_test", {"webhook_id": str(webhook_id)}


def body(event: WebhookEvent) -> bytes:
    """The message: UTF-8 JSON, the same bytes whenever it is sent."""
    message = {
        "type": event.type,
        "timestamp": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data": event.data,
    }
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def headers(event: WebhookEvent, at: datetime, content: bytes, keys: Sequence[Secret]) -> dict[str, str]:
    """The three headers of the specification, with a signature by each of the keys."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": event.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(sign(key, event.id, timestamp, content) for key in keys),
    }


def sign(secret: Secret, message_id: str, timestamp: str, content: bytes) -> str:
    """`v1,` and the base64 HMAC-SHA256 of id, time and body, with dots between."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + content, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


def answered(status: int, retry_after: float | None = None) -> Answer:
    """2xx alone is success; `retry_after` (seconds) is heard of an endpoint that is busy."""
    if 200 <= status < 300:
        return Answer(status)
    if status == 410:
        return Answer(status, FailedPrecondition("WEBHOOK_GONE"))
    if 300 <= status < 400:
        return Answer(status, FailedPrecondition("WEBHOOK_REDIRECTED", status=status))
    wait = retry_after if status in (429, 503) else None
    return Answer(status, Unavailable("WEBHOOK_REFUSED", status=status, retry_after=wait))


def verdict(answer: Answer, failures: int, chance: random.Random) -> Verdict:
    """What becomes of a delivery that has failed `failures` times before."""
    if answer.problem is None:
        return Verdict(DeliveryState.DELIVERED, answer.status)
    problem = answer.problem.failure(Language.EN)
    gone = answer.status == 410
    if gone or failures >= len(SCHEDULE):
        return Verdict(DeliveryState.FAILED, answer.status, problem, gone=gone)
    wait = SCHEDULE[failures] * chance.uniform(1 - JITTER, 1 + JITTER)
    delay = max(wait, min(answer.problem.retry_after or 0.0, LONGEST_WAIT))
    return Verdict(DeliveryState.PENDING, answer.status, problem, delay=delay)
