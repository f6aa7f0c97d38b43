"""From core values to what is said of them on the wire."""

from datetime import datetime

from services.core import webhooks
from services.core.model import Failure, Language
from services.core.webhooks import DeliveryState, Secret
from services.gateway.failures import message_of
from services.gateway.webhooks import schemas


def webhook(row: webhooks.Webhook) -> schemas.Webhook:
    return schemas.Webhook(
        id=str(row.id),
        user_id=str(row.user_id),
        created_at=_time(row.created_at),
        updated_at=_time(row.updated_at),
        url=row.url,
        description=row.description,
        event_types=list(row.event_types),
        enabled=row.enabled,
        gone=row.gone,
        old_secret_expires_at=_time(row.old_secret_until) if row.old_secret_until else None,
    )


def with_secret(row: webhooks.Webhook, secret: Secret | None) -> schemas.WebhookWithSecret:
    return schemas.WebhookWithSecret(**dict(webhook(row)), secret=secret)


def delivery(row: webhooks.Delivery, language: Language | None = None) -> schemas.Delivery:
    """`language` words the problem; None leaves it in English."""
    pending = row.state is DeliveryState.PENDING
    return schemas.Delivery(
        id=str(row.id),
        webhook_id=str(row.webhook_id),
        created_at=_time(row.created_at),
        event_id=row.event.id,
        message=schemas.Message.model_validate_json(webhooks.body(row.event)),
        state=row.state,
        attempt=row.attempt,
        next_attempt_at=_time(row.next_at) if row.next_at and pending else None,
        last_attempt_at=_time(row.sent_at) if row.sent_at else None,
        finished_at=_time(row.finished_at) if row.finished_at else None,
        status=row.status,
        problem=_problem(row.problem, language) if row.problem else None,
    )


def _problem(failure: Failure, language: Language | None) -> schemas.DeliveryProblem:
    return schemas.DeliveryProblem(reason=failure.reason, message=message_of(failure, language))


def _time(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
