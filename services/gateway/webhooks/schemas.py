"""What is said about webhooks on the wire. Input is strict: a number is no string, and an unknown field is refused."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.core.webhooks import SUBSCRIBABLE, DeliveryState

LONGEST_URL = 2_000
"""Characters."""
LONGEST_DESCRIPTION = 200
"""Characters."""

Time = Annotated[str, Field(description="RFC 3339, with offset and fraction.", json_schema_extra={"format": "date-time"})]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]

_TYPES = ", ".join(f"`{kind.value}`" for kind in SUBSCRIBABLE)


class Body(BaseModel):
    """Null and absent are the same: not given."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class WebhookFields(Body):
    event_types: Annotated[list[str] | None, Field(description=f"Which events to tell: {_TYPES}; all when left out.")] = None
    description: Annotated[str | None, Field(description="A note to yourself.")] = None
    enabled: Annotated[bool | None, Field(description="Whether anything is sent; true when left out.")] = None


class CreateWebhookBody(WebhookFields):
    request_id: Annotated[
        str | None,
        Field(description="A UUID that says the same as Idempotency-Key: the same request under it creates nothing new."),
    ] = None
    url: Annotated[str, Field(description="Where messages are sent by POST: https, and not into a private network.")]

    def sent(self) -> dict[str, Any]:
        """Just what the client sent, without the request's name."""
        return self.model_dump(exclude_unset=True, exclude={"request_id"})


class PatchWebhookBody(WebhookFields):
    """The fields to change; all others stay as they are."""

    url: Annotated[str | None, Field(description="Where messages are sent from now on, those that wait among them.")] = None


class Webhook(BaseModel):
    """An endpoint that is told what happens."""

    id: Id
    user_id: Id
    created_at: Time
    updated_at: Time
    url: str
    description: str
    event_types: Annotated[list[str], Field(description=f"Which events are told: {_TYPES}.")]
    enabled: bool
    gone: Annotated[bool, Field(description="Whether it was disabled because it answered 410 Gone.")]
    old_secret_expires_at: Annotated[
        Time | None, Field(description="Until then messages are signed with the secret before the present one too.")
    ]


class WebhookWithSecret(Webhook):
    """The only answers that show a secret: the one that makes it."""

    secret: Annotated[
        str | None,
        Field(
            description="What messages are signed with. It is shown this once; null where a replayed request's was replaced since."
        ),
    ]


class WebhookList(BaseModel):
    webhooks: list[Webhook]
    next_page_token: Annotated[str, Field(description="Empty on the last page.")]


class DeliveryProblem(BaseModel):
    """Why the last attempt was no success."""

    reason: Annotated[str, Field(description="For machines: UPPER_SNAKE_CASE, and never reworded.")]
    message: str


class Message(BaseModel):
    """The body that is sent."""

    type: str
    timestamp: Time
    data: dict[str, Any]


class Delivery(BaseModel):
    """One event on its way to one endpoint: `pending`, `sending`, `delivered` or, given up, `failed`."""

    id: Id
    webhook_id: Id
    created_at: Time
    event_id: Annotated[str, Field(description="The header `webhook-id`: the same each time that it is sent.")]
    message: Message
    state: DeliveryState
    attempt: Annotated[int, Field(description="How often it was sent.")]
    next_attempt_at: Annotated[Time | None, Field(description="When a pending one is sent.")]
    last_attempt_at: Time | None
    finished_at: Time | None
    status: Annotated[int | None, Field(description="The last answer's HTTP status; null where there was none.")]
    problem: DeliveryProblem | None


class DeliveryList(BaseModel):
    deliveries: list[Delivery]
    next_page_token: Annotated[str, Field(description="Empty on the last page.")]
