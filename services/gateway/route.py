"""Routes whose errors are rendered as problem details. A dialect with another envelope brings its own route class."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.core.errors import StoryreelError
from services.gateway import problems, validation
from services.gateway.calls import Calls
from services.gateway.validation import InvalidRequest

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ProblemRoute(APIRoute):
    """Turns what a handler raises into a problem; the unexpected goes on to the outermost middleware.

    A handler returns a response, or a model: its JSON is the answer then, with the status and headers that the handler has
    given to the response that it asked for.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._handle = self.get_route_handler()
        self.app = self._serve  # less FastAPI's stacks for what dependencies leave open: none of ours does

    def get_route_handler(self) -> Handler:
        calls = Calls(self.dependant)

        async def handle(request: Request) -> Response:
            asked = self._response() if calls.wants_response else None
            try:
                answer = await calls.answer(request, asked)
            except InvalidRequest as error:
                return problems.render(request, error.errors)
            except StoryreelError as error:
                return problems.render(request, (error,))
            except RequestValidationError as error:
                return problems.render(request, validation.translate(error.errors()))
            return answer if isinstance(answer, Response) else self._json(answer, asked or self._response())

        return handle

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handle(Request(scope, receive, send))
        await response(scope, receive, send)

    def _response(self) -> Response:
        response = Response(status_code=self.status_code or 200)
        response.raw_headers.clear()
        return response

    def _json(self, model: BaseModel, asked: Response) -> Response:
        # Not model_dump_json: that makes a string of what the serializer gives as bytes.
        body = model.__pydantic_serializer__.to_json(model, by_alias=True, exclude_unset=self.response_model_exclude_unset)
        response = Response(body, status_code=asked.status_code, media_type="application/json")
        response.raw_headers += asked.raw_headers
        return response
