"""From bodies to the core's commands. Every complaint names the field as the client spelled it."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from services.adapters.addresses import is_public
from services.core.errors import InvalidArgument
from services.core.story_text import check_line
from services.core.webhooks import SUBSCRIBABLE, DeliveryState, EventType, NewWebhook, PatchWebhook
from services.gateway.settings import GatewaySettings
from services.gateway.validation import quote
from services.gateway.webhooks.schemas import LONGEST_DESCRIPTION, LONGEST_URL, CreateWebhookBody, PatchWebhookBody, WebhookFields

_URL = re.compile(rf"https?://[!-~]{{1,{LONGEST_URL}}}", re.IGNORECASE | re.ASCII)
_FIELD = "body.url"


def create(body: CreateWebhookBody, settings: GatewaySettings) -> NewWebhook:
    """Raises InvalidArgument or TooLarge."""
    return NewWebhook(
        url=_url(body.url, settings),
        description=_description(body) or "",
        event_types=_event_types(body) or SUBSCRIBABLE,
        enabled=body.enabled is not False,
    )


def patch(body: PatchWebhookBody, settings: GatewaySettings) -> PatchWebhook:
    """Raises InvalidArgument NOTHING_TO_CHANGE, …, or TooLarge."""
    if all(getattr(body, name) is None for name in PatchWebhookBody.model_fields):
        raise InvalidArgument("NOTHING_TO_CHANGE", field="body", known=", ".join(PatchWebhookBody.model_fields))
    return PatchWebhook(
        url=_url(body.url, settings) if body.url is not None else None,
        description=_description(body),
        event_types=_event_types(body),
        enabled=body.enabled,
    )


def state(text: str | None) -> DeliveryState | None:
    """Raises InvalidArgument UNKNOWN_VALUE."""
    if text is None:
        return None
    try:
        return DeliveryState(text)
    except ValueError:
        raise _unknown("query.state", text, [known.value for known in DeliveryState]) from None


def _url(text: str, settings: GatewaySettings) -> str:
    """An address that can be sent to. What its name stands for is looked at each time that something is sent."""
    parts = _split(text)
    if parts.scheme.lower() == "http" and not settings.webhook_allow_http:
        raise InvalidArgument("WEBHOOK_NEEDS_HTTPS", field=_FIELD)
    host = parts.hostname or ""
    if not settings.webhook_allow_private and _is_private(host):
        raise InvalidArgument("WEBHOOK_PRIVATE_ADDRESS", field=_FIELD, host=quote(host))
    return text


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and "#" not in text and "\\" not in text
    except ValueError:
        usable = False
    if not usable or not _URL.fullmatch(text):
        raise InvalidArgument("WEBHOOK_URL_UNUSABLE", field=_FIELD, found=quote(text), limit=LONGEST_URL)
    return parts


def _is_private(host: str) -> bool:
    """As far as the name itself says so."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        return False


def _description(body: WebhookFields) -> str | None:
    check_line(body.description or "", field="body.description", limit=LONGEST_DESCRIPTION)
    return body.description


def _event_types(body: WebhookFields) -> tuple[EventType, ...] | None:
    """In our order, each once."""
    if body.event_types is None:
        return None
    known = {kind.value: kind for kind in SUBSCRIBABLE}
    if not body.event_types:
        raise InvalidArgument("WEBHOOK_WITHOUT_EVENTS", field="body.event_types", known=", ".join(known))
    for number, name in enumerate(body.event_types):
        if name not in known:
            raise _unknown(f"body.event_types.{number}", name, list(known))
    return tuple(kind for name, kind in known.items() if name in body.event_types)


def _unknown(field: str, found: str, known: list[str]) -> InvalidArgument:
    return InvalidArgument("UNKNOWN_VALUE", field=field, found=quote(found), known=", ".join(known))
