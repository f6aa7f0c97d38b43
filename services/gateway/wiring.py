"""What the routes stand on, put together once by `create_app` and found again by every request."""

from dataclasses import dataclass
from typing import Annotated, Protocol, cast

from fastapi import Depends
from starlette.requests import Request

from services.core.model import UserId
from services.core.ports import Media, OwnerStore
from services.core.use_cases import Stories
from services.core.webhook_store import WebhookStore
from services.gateway.auth import Authenticator
from services.gateway.live import Hub
from services.gateway.metrics import Metrics
from services.gateway.readiness import Readiness
from services.gateway.settings import GatewaySettings


class GatewayStore(OwnerStore, WebhookStore, Protocol):
    """What owners may ask of the store."""


@dataclass(frozen=True, slots=True)
class Wiring:
    store: GatewayStore
    media: Media
    stories: Stories
    live: Hub
    auth: Authenticator
    readiness: Readiness
    metrics: Metrics
    settings: GatewaySettings


def wiring_of(request: Request) -> Wiring:
    return cast(Wiring, request.app.state.wiring)


async def _wired(request: Request) -> Wiring:
    return wiring_of(request)


Wired = Annotated[Wiring, Depends(_wired)]


async def current_user(request: Request) -> UserId:
    """Who is asking: the one door that every route with an owner goes through."""
    return await wiring_of(request).auth.user(request)


CurrentUser = Annotated[UserId, Depends(current_user)]
