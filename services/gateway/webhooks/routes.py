"""The routes of webhooks: parse, call the store, render. The table of paths is at the end."""

import functools
from collections.abc import Callable
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.core import webhooks
from services.core.webhooks import DeliveryId, WebhookId
from services.gateway import idempotency, languages
from services.gateway.body import JsonBody
from services.gateway.idempotency import IdempotencyKey
from services.gateway.paging import Pages, PageSize, PageToken, Scope
from services.gateway.problems import documented
from services.gateway.route import ProblemRoute
from services.gateway.uuids import CanonicalUUID
from services.gateway.webhooks import examples, parse, render, schemas
from services.gateway.wiring import CurrentUser, Wired

Create = Annotated[schemas.CreateWebhookBody, Depends(JsonBody(schemas.CreateWebhookBody, examples=examples.CREATE_WEBHOOK))]
Patch = Annotated[schemas.PatchWebhookBody, Depends(JsonBody(schemas.PatchWebhookBody, examples=examples.PATCH_WEBHOOK))]


# -- endpoints -----------------------------------------------------------------------------------------------------------------


async def list_webhooks(
    *, wired: Wired, user: CurrentUser, page_size: PageSize = None, page_token: PageToken = None
) -> schemas.WebhookList:
    """Your webhooks, newest first."""
    pages, scope = Pages(wired.settings), Scope("webhooks", user)
    size = pages.size(page_size)
    place = pages.after(scope, page_token)
    before = WebhookId(cast(UUID, place[0])) if place else None
    found = await wired.store.webhooks(user, limit=size + 1, before=before)
    page, token = pages.cut(found, size, scope, lambda row: (row.id,))
    return schemas.WebhookList(webhooks=[render.webhook(row) for row in page], next_page_token=token)


async def create_webhook(
    *, wired: Wired, user: CurrentUser, body: Create, request: Request, response: Response, _key: IdempotencyKey = None
) -> schemas.WebhookWithSecret:
    """Have a URL told what happens. The answer shows the secret that messages are signed with, this once; the same request under
    the same `Idempotency-Key` (or `request_id`) is given the same answer.
    """
    new, seal = parse.create(body, wired.settings), wired.settings.seal
    created = await wired.store.create_webhook(
        user,
        new,
        seal.close(webhooks.new_secret()),
        most=wired.settings.max_webhooks_per_user,
        idempotency=idempotency.of(request, body.sent(), body.request_id),
    )
    response.headers["Location"] = f"/v1/webhooks/{created.webhook.id}"
    idempotency.told(response, replayed=created.replayed, expires_at=created.expires_at)
    return render.with_secret(created.webhook, None if created.secret is None else seal.open(created.secret))


async def get_webhook(*, wired: Wired, user: CurrentUser, webhook_id: CanonicalUUID) -> schemas.Webhook:
    """One webhook."""
    return render.webhook(await wired.store.webhook(user, WebhookId(webhook_id)))


async def patch_webhook(*, wired: Wired, user: CurrentUser, webhook_id: CanonicalUUID, body: Patch) -> schemas.Webhook:
    """Change a webhook: only the fields sent. What waits for one that is disabled is sent when it is enabled again."""
    patch = parse.patch(body, wired.settings)
    return render.webhook(await wired.store.patch_webhook(user, WebhookId(webhook_id), patch))


async def delete_webhook(*, wired: Wired, user: CurrentUser, webhook_id: CanonicalUUID) -> Response:
    """Tell it nothing more; its deliveries are forgotten."""
    await wired.store.delete_webhook(user, WebhookId(webhook_id))
    return Response(status_code=204)


async def rotate_webhook_secret(*, wired: Wired, user: CurrentUser, webhook_id: CanonicalUUID) -> schemas.WebhookWithSecret:
    """Make a new secret, shown this once. Until `old_secret_expires_at` messages carry a signature by the old one too."""
    secret = webhooks.new_secret()
    keep = wired.settings.webhook_old_secret_seconds
    row = await wired.store.rotate_webhook_secret(user, WebhookId(webhook_id), wired.settings.seal.close(secret), keep=keep)
    return render.with_secret(row, secret)


async def try_webhook(*, wired: Wired, user: CurrentUser, webhook_id: CanonicalUUID) -> schemas.Delivery:
    """Send a `webhook.test`; look at the delivery to see what came of it."""
    return render.delivery(await wired.store.try_webhook(user, WebhookId(webhook_id)))


# -- deliveries ----------------------------------------------------------------------------------------------------------------


async def list_deliveries(
    *,
    wired: Wired,
    user: CurrentUser,
    webhook_id: CanonicalUUID,
    request: Request,
    state: Annotated[
        str | None, Query(description="Only these: `pending`, `sending`, `delivered` or `failed`.", examples=["failed"])
    ] = None,
    page_size: PageSize = None,
    page_token: PageToken = None,
) -> schemas.DeliveryList:
    """What was and will be sent to a webhook, newest first; kept for thirty days."""
    wanted = parse.state(state)
    pages, scope = Pages(wired.settings), Scope("deliveries", user, (str(webhook_id), wanted or ""))
    size = pages.size(page_size)
    place = pages.after(scope, page_token)
    before = DeliveryId(cast(UUID, place[0])) if place else None
    found = await wired.store.deliveries(user, WebhookId(webhook_id), limit=size + 1, before=before, state=wanted)
    page, token = pages.cut(found, size, scope, lambda row: (row.id,))
    language = languages.preferred(request.headers.get("accept-language"))
    return schemas.DeliveryList(deliveries=[render.delivery(row, language) for row in page], next_page_token=token)


async def get_delivery(
    *, wired: Wired, user: CurrentUser, webhook_id: CanonicalUUID, delivery_id: CanonicalUUID, request: Request
) -> schemas.Delivery:
    """One delivery."""
    row = await wired.store.delivery(user, WebhookId(webhook_id), DeliveryId(delivery_id))
    return render.delivery(row, languages.preferred(request.headers.get("accept-language")))


async def redeliver(
    *, wired: Wired, user: CurrentUser, webhook_id: CanonicalUUID, delivery_id: CanonicalUUID, request: Request
) -> schemas.Delivery:
    """Send it again at once, whatever became of it before, and retry it like a new one. Its `webhook-id` stays."""
    row = await wired.store.redeliver(user, WebhookId(webhook_id), DeliveryId(delivery_id))
    return render.delivery(row, languages.preferred(request.headers.get("accept-language")))


# -- the table -----------------------------------------------------------------------------------------------------------------


@functools.cache
def router() -> APIRouter:
    """Every route. It holds no state, and building it costs Pydantic tens of milliseconds: one serves all."""
    routes = APIRouter(route_class=ProblemRoute)

    def add(method: str, path: str, endpoint: Callable[..., Any], *errors: int, status: int = 200, example: Any = None) -> None:
        ok: dict[int | str, Any] = {status: {"content": {"application/json": {"example": example}}}} if example is not None else {}
        routes.add_api_route(
            path,
            endpoint,
            methods=[method],
            tags=["webhooks"],
            status_code=status,
            operation_id=endpoint.__name__,
            responses={**documented(400, *errors), **ok},
        )

    one = "/v1/webhooks/{webhook_id}"
    delivery = f"{one}/deliveries/{{delivery_id}}"
    add("GET", "/v1/webhooks", list_webhooks, example=examples.WEBHOOK_LIST)
    add("POST", "/v1/webhooks", create_webhook, 409, 413, 415, 422, status=201, example=examples.WITH_SECRET)
    add("GET", one, get_webhook, 404, example=examples.WEBHOOK)
    add("PATCH", one, patch_webhook, 404, 413, 415, example=examples.WEBHOOK)
    add("DELETE", one, delete_webhook, 404, status=204)
    add("POST", f"{one}:rotate-secret", rotate_webhook_secret, 404, example=examples.WITH_SECRET)
    add("POST", f"{one}:test", try_webhook, 404, 409, status=202, example=examples.TRIAL)
    add("GET", f"{one}/deliveries", list_deliveries, 404, example=examples.DELIVERY_LIST)
    add("GET", delivery, get_delivery, 404, example=examples.RETRIED)
    add("POST", f"{delivery}:redeliver", redeliver, 404, 409, status=202, example=examples.DUE)
    return routes
