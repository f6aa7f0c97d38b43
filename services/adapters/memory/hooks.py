"""What the twin of the store keeps of webhooks, and how an entry of a timeline becomes deliveries: the trigger's part."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.core import webhooks
from services.core.model import Operation, OperationEvent
from services.core.webhooks import Delivery, DeliveryId, Secret, Webhook, WebhookEvent, WebhookId


@dataclass(frozen=True, slots=True)
class Keys:
    """What an endpoint's messages are signed with."""

    now: Secret
    old: Secret | None = None


class Hooks:
    """Endpoints, their keys, and deliveries, by id."""

    def __init__(self, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._clock = clock
        self._new_id = new_id
        self.webhooks: dict[WebhookId, Webhook] = {}
        self.keys: dict[WebhookId, Keys] = {}
        self.deliveries: dict[DeliveryId, Delivery] = {}
        self.listeners: set[Callable[[], None]] = set()

    def tell(self, event: OperationEvent, operation: Operation) -> None:
        """A delivery to every enabled endpoint of the owner that asks for it."""
        told = webhooks.event_of(event, operation)
        if told is None:
            return
        for webhook in self.webhooks.values():
            if webhook.user_id == event.user_id and webhook.enabled and told.type in webhook.event_types:
                self.add(webhook, told)

    def add(self, webhook: Webhook, event: WebhookEvent) -> Delivery:
        at = self._clock()
        delivery = Delivery(
            id=DeliveryId(self._new_id()),
            user_id=webhook.user_id,
            webhook_id=webhook.id,
            created_at=at,
            event=event,
            next_at=at,
        )
        self.deliveries[delivery.id] = delivery
        self.written()
        return delivery

    def written(self) -> None:
        """Deliveries have become due."""
        for listener in tuple(self.listeners):
            listener()

    def disable_gone(self, webhook_id: WebhookId, url: str) -> None:
        """Unless it has moved meanwhile, or was deleted."""
        webhook = self.webhooks.get(webhook_id)
        if webhook is not None and webhook.enabled and webhook.url == url:
            self.webhooks[webhook_id] = replace(webhook, enabled=False, gone=True, updated_at=self._clock())

    def prune(self, before: datetime) -> None:
        """Forget deliveries that are older, but for those that are being sent."""
        kept = webhooks.DeliveryState.SENDING
        self.deliveries = {key: d for key, d in self.deliveries.items() if d.created_at >= before or d.state is kept}
