"""The API's description: FastAPI's own, completed by what it cannot see."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.constants import REF_PREFIX
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.auth import HEADER
from services.gateway.body import JsonBody
from services.gateway.wiring import current_user

VERSION = version("storyreel")
DESCRIPTION = """\
Create a story, look at its shots, change one, make one again, compile the film; watch each long-running operation.

Every answer to a mistake is a problem (RFC 9457): `reason` is for machines, `detail` says what happened, where and how to mend
it, in the language of `Accept-Language` (English or Chinese). Every answer carries `X-Request-Id`.
POSTs that begin an operation take an `Idempotency-Key` (or `request_id` in the body), `Cancel-After`, `Operation-Priority`, and
`Prefer: wait=n` to be answered with its end; the one that creates a webhook takes an `Idempotency-Key` too.
Operations are those of google.longrunning, which the gateway also serves over gRPC.
"""
_SCHEME = "user"
_FASTAPIS_OWN = "HTTPValidationError"


def describe(app: FastAPI, models: Iterable[type[BaseModel]]) -> None:
    """Let `app.openapi()` tell request bodies, who has to say who they are, and further `models` that answers refer to."""
    original = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        schema = original()
        components = schema.setdefault("components", {})
        components["securitySchemes"] = {_SCHEME: {"type": "apiKey", "in": "header", "name": HEADER, "description": "Your UUID."}}
        for model in models:
            _add(model, "serialization", components["schemas"])
        for context in iter_route_contexts(app.routes):
            route = context.original_route
            if not (isinstance(route, APIRoute) and route.include_in_schema):
                continue
            for method in route.methods or ():
                _complete_operation(schema["paths"][route.path_format][method.lower()], route, components["schemas"])
        for unused in (_FASTAPIS_OWN, "ValidationError"):
            components["schemas"].pop(unused, None)
        return schema

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend the description


def _complete_operation(operation: dict[str, Any], route: APIRoute, schemas: dict[str, Any]) -> None:
    if _FASTAPIS_OWN in str(operation["responses"].get("422")):
        del operation["responses"]["422"]  # ours is a problem, with 400
    for status, response in route.responses.items():
        for kind, content in response.get("content", {}).items():
            if "example" in content:  # FastAPI leaves out what is null in it
                operation["responses"][str(status)]["content"][kind]["example"] = content["example"]
    for dependency in _flat(route.dependant):
        if dependency.call is current_user:
            operation["security"] = [{_SCHEME: []}]
        if isinstance(dependency.call, JsonBody):
            operation["requestBody"] = _request_body(dependency.call, schemas)


def _request_body(body: JsonBody[Any], schemas: dict[str, Any]) -> dict[str, Any]:
    content = {
        "schema": _add(body.model, "validation", schemas),
        "examples": {name: {"value": example} for name, example in body.examples.items()},
    }
    return {"required": not body.optional, "content": {"application/json": content}}


def _add(model: type[BaseModel], mode: Literal["validation", "serialization"], schemas: dict[str, Any]) -> dict[str, Any]:
    """Add the model's schema, and those that it needs, to the components; a reference to it."""
    references, definitions = models_json_schema([(model, mode)], ref_template=REF_PREFIX + "{model}")
    schemas |= definitions["$defs"]
    return references[model, mode]


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    for dependency in dependant.dependencies:
        yield dependency
        yield from _flat(dependency)
