"""Puts the gateway together: what it stands on comes in, an application comes out."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from services.core.announcer import Announcer
from services.core.errors import InvalidArgument, NotFound, StoryreelError
from services.core.ports import Media
from services.core.use_cases import Stories
from services.gateway import openapi, probes, problems, webhooks
from services.gateway.auth import Authenticator, HeaderAuthenticator
from services.gateway.dialects import stories
from services.gateway.live import Hub
from services.gateway.metrics import Metrics
from services.gateway.middleware import RequestContext
from services.gateway.problems import Problem
from services.gateway.readiness import Readiness
from services.gateway.settings import GatewaySettings
from services.gateway.validation import LONGEST_PATH, quote
from services.gateway.wiring import GatewayStore, Wiring

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def create_app(
    *,
    store: GatewayStore,
    media: Media,
    announcer: Announcer,
    live: Hub,
    settings: GatewaySettings,
    readiness: Readiness,
    auth: Authenticator | None = None,
) -> FastAPI:
    """The application. It opens and closes nothing: whoever made the parts runs `announcer` and `live` and ends them."""
    app: FastAPI = FastAPIOffline(
        title="Storyreel",
        summary="A story goes in, a film comes out.",
        description=openapi.DESCRIPTION,
        version=openapi.VERSION,
        static_url="/docs-assets",
        redoc_url=None,
        redirect_slashes=False,
    )
    metrics = Metrics()
    app.state.wiring = Wiring(
        store=store,
        media=media,
        stories=Stories(store, announcer),
        live=live,
        auth=auth or HeaderAuthenticator(),
        readiness=readiness,
        metrics=metrics,
        settings=settings,
    )
    # Not `include_router`: every request would be matched again at each level. And before the pages that FastAPI has added.
    app.router.routes[:0] = [route for part in (probes, stories, webhooks) for route in part.router().routes]
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_middleware(RequestContext, metrics=metrics)
    openapi.describe(app, (Problem, *stories.FURTHER_MODELS))
    return app


async def _unrouted(request: Request, error: Exception) -> Response:
    """What the routing itself refuses: an unknown path, or a method that the path does not have."""
    if not isinstance(error, HTTPException):
        raise error
    path = quote(request.url.path, longest=LONGEST_PATH)
    if error.status_code == 405:
        allowed = ", ".join(_allowed(request))
        refusal: StoryreelError = InvalidArgument("METHOD_NOT_ALLOWED", method=quote(request.method), allowed=allowed)
    else:
        refusal = NotFound("NO_SUCH_PATH", path=path)
    return problems.render(request, (refusal,))


def _allowed(request: Request) -> list[str]:
    """Every method of this path: routes are one a method, so the first that matches the path does not know them all."""
    routes = request.app.router.routes
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    return [name for name, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]
