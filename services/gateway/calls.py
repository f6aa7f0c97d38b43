"""What a route calls to answer, laid out once: FastAPI itself walks the tree of dependencies again for every request.

FastAPI still reads the signatures, and describes and validates the parameters. What is laid out here are its plain
dependencies: coroutine functions, each called once a request, that ask for the request, the response whose headers they
add to, parameters of path, query and headers, and each other's results. Any other kind is refused when the route is made.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

_Source = Callable[[Request], Any]


@dataclass(frozen=True, slots=True)
class _Call:
    """A function, and where its arguments come from. `results` are the places of earlier calls."""

    function: Callable[..., Awaitable[Any]]
    results: Sequence[tuple[str, int]]
    parameters: Sequence[tuple[Sequence[Any], _Source]]
    request: str | None
    response: str | None

    def arguments(self, request: Request, response: Response | None, results: Sequence[Any]) -> dict[str, Any]:
        """Raises RequestValidationError, which tells of every parameter that cannot be read."""
        arguments: dict[str, Any] = {name: results[place] for name, place in self.results}
        wrong: list[Any] = []
        for fields, source in self.parameters:
            values, errors = request_params_to_args(fields, source(request))
            arguments |= values
            wrong += errors
        if wrong:
            raise RequestValidationError(wrong)
        if self.request:
            arguments[self.request] = request
        if self.response:
            arguments[self.response] = response
        return arguments


class Calls:
    """A route's dependencies in the order in which they are needed, and its own function as the last."""

    def __init__(self, dependant: Dependant) -> None:
        self._calls: list[_Call] = []
        self._places: dict[Callable[..., Any], int] = {}
        self._lay_out(dependant)
        self.wants_response = any(call.response for call in self._calls)

    async def answer(self, request: Request, response: Response | None) -> Any:
        """What the route's function returns. Raises RequestValidationError, and whatever the functions raise."""
        results: list[Any] = []
        for call in self._calls:
            results.append(await call.function(**call.arguments(request, response, results)))
        return results[-1]

    def _lay_out(self, dependant: Dependant) -> int:
        """The place of the function's result, after those of everything that it needs."""
        function = dependant.call
        if function is None or not _plain(dependant):
            raise TypeError(f"{function} asks for what no route here gives")
        if function not in self._places:
            needed = [(each.name, self._lay_out(each)) for each in dependant.dependencies]
            self._calls.append(
                _Call(
                    function,
                    results=[(name, place) for name, place in needed if name],
                    parameters=list(_parameters(dependant)),
                    request=dependant.request_param_name,
                    response=dependant.response_param_name,
                )
            )
            self._places[function] = len(self._calls) - 1
        return self._places[function]


def _parameters(dependant: Dependant) -> Any:
    """The fields of path, query and headers. One with a leading underscore is for the description alone: nobody reads it."""
    sources: Sequence[tuple[Sequence[Any], _Source]] = (
        (dependant.path_params, lambda request: request.path_params),
        (dependant.query_params, lambda request: request.query_params),
        (dependant.header_params, lambda request: request.headers),
    )
    for fields, source in sources:
        if read := [field for field in fields if not field.name.startswith("_")]:
            yield read, source


def _plain(dependant: Dependant) -> bool:
    function = dependant.call
    others = (
        dependant.cookie_params,
        dependant.body_params,
        dependant.websocket_param_name,
        dependant.http_connection_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.concurrency,
    )
    awaited = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
    return awaited and dependant.use_cache and not any(others)
