"""Routes whose errors are rendered as problem details. A dialect with another envelope brings its own route class."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from services.core.errors import StoryreelError
from services.gateway import problems, validation
from services.gateway.validation import InvalidRequest

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ProblemRoute(APIRoute):
    """Turns what a handler raises into a problem; the unexpected goes on to the outermost middleware."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except InvalidRequest as error:
                return problems.render(request, error.errors)
            except StoryreelError as error:
                return problems.render(request, (error,))
            except RequestValidationError as error:
                return problems.render(request, validation.translate(error.errors()))

        return handle
