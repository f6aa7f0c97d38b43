"""What an operator's machinery asks: alive, ready, and the figures. Nobody has to say who they are here."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.core.model import Language
from services.gateway import languages, metrics
from services.gateway.route import ProblemRoute
from services.gateway.wiring import Wired


class Alive(BaseModel):
    status: str = "ok"


class Part(BaseModel):
    """One part. `problem` is empty when it is ok."""

    state: str
    required: bool
    problem: str


class Ready(BaseModel):
    """Ready when every required part is ok."""

    ready: bool
    parts: dict[str, Part]


async def healthz() -> Alive:
    """The process is alive."""
    return Alive()


async def readyz(request: Request, wired: Wired, response: Response) -> Ready:
    """Whether every required part can be used; each part's state and problem are told."""
    language = languages.preferred(request.headers.get("accept-language")) or Language.EN
    states = await wired.readiness.parts()
    ready = not any(state.required and state.problem for state in states)
    response.status_code = 200 if ready else 503
    response.headers["Cache-Control"] = "no-store"
    return Ready(
        ready=ready,
        parts={
            state.name: Part(state="failing" if state.problem else "ok", required=state.required, problem=state.message(language))
            for state in states
        },
    )


async def exposition(wired: Wired) -> Response:
    """Prometheus metrics."""
    return Response(wired.metrics.text(), headers={"Content-Type": metrics.CONTENT_TYPE})


def router() -> APIRouter:
    routes = APIRouter(route_class=ProblemRoute, tags=["operating"])
    routes.get("/healthz", summary="Alive?")(healthz)
    routes.get("/readyz", summary="Ready?", responses={503: {"model": Ready, "description": "A required part fails."}})(readyz)
    routes.get("/metrics", summary="Metrics", response_class=Response)(exposition)
    return routes
