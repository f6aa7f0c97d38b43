"""What a route calls: each dependency once and in order, with what its signature asks for."""

from typing import Annotated, Any

import pytest
from fastapi import Cookie, Depends, Header, Query
from fastapi.dependencies.utils import get_dependant
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.calls import Calls


def laid_out(function: Any) -> Calls:
    return Calls(get_dependant(path="/things/{thing}", call=function))


def request(query: str = "", thing: str = "7", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "headers": raw,
            "query_string": query.encode(),
            "path_params": {"thing": thing},
            "path": "/",
            "method": "GET",
        }
    )


async def test_a_dependency_of_several_is_called_once_and_before_them() -> None:
    called = []

    async def first(request: Request) -> str:
        called.append("first")
        return request.headers["x-name"]

    async def second(name: Annotated[str, Depends(first)]) -> str:
        called.append("second")
        return name.upper()

    async def endpoint(
        loud: Annotated[str, Depends(second)], name: Annotated[str, Depends(first)], response: Response
    ) -> tuple[str, str]:
        called.append("endpoint")
        response.headers["x-told"] = name
        return loud, name

    calls, response = laid_out(endpoint), Response()
    assert calls.wants_response
    assert await calls.answer(request(x_name="ann"), response) == ("ANN", "ann")
    assert called == ["first", "second", "endpoint"]
    assert response.headers["x-told"] == "ann"


async def test_parameters_come_as_what_they_are_declared_to_be() -> None:
    async def endpoint(
        thing: int, size: Annotated[int | None, Query()] = 5, x_flag: Annotated[bool, Header()] = False
    ) -> tuple[int, int | None, bool]:
        return thing, size, x_flag

    calls = laid_out(endpoint)
    assert not calls.wants_response
    assert await calls.answer(request(), None) == (7, 5, False)
    assert await calls.answer(request("size=9", x_flag="yes"), None) == (7, 9, True)


async def test_every_parameter_that_cannot_be_read_is_told() -> None:
    async def endpoint(thing: int, size: int = 5) -> None:
        pytest.fail("must not be called")

    with pytest.raises(RequestValidationError) as caught:
        await laid_out(endpoint).answer(request("size=big", thing="x"), None)
    assert [error["loc"] for error in caught.value.errors()] == [("path", "thing"), ("query", "size")]


async def test_what_a_dependency_refuses_comes_before_wrong_parameters() -> None:
    async def refusing() -> None:
        raise PermissionError

    async def endpoint(thing: int, _who: Annotated[None, Depends(refusing)]) -> None:
        pytest.fail("must not be called")

    with pytest.raises(PermissionError):
        await laid_out(endpoint).answer(request(thing="x"), None)


async def test_a_parameter_with_an_underscore_is_not_read() -> None:
    async def endpoint(_prefer: Annotated[str | None, Header(alias="Prefer")] = None) -> str | None:
        return _prefer

    assert await laid_out(endpoint).answer(request(prefer="wait=1"), None) is None


def _not_awaited() -> None:
    pass


async def _left_open() -> Any:
    yield


async def _asks_for_a_cookie(session: Annotated[str, Cookie()] = "") -> None:
    pass


async def _needs_what_is_not_awaited(_nothing: Annotated[None, Depends(_not_awaited)]) -> None:
    pass


@pytest.mark.parametrize("function", [_not_awaited, _left_open, _asks_for_a_cookie, _needs_what_is_not_awaited])
def test_what_is_not_laid_out_here_is_refused_at_once(function: Any) -> None:
    with pytest.raises(TypeError):
        laid_out(function)
