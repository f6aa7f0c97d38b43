"""What every route shares: ids of requests, problems, readiness, metrics, the description."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from services.adapters.memory.media import MemoryMedia
from services.adapters.memory.store import MemoryStore
from services.core.errors import DeadlineExceeded, ResourceExhausted, Unavailable
from services.core.webhooks import NewWebhook, new_secret
from services.gateway.readiness import Readiness
from services.gateway.settings import GatewaySettings
from tests.builders import ALICE
from tests.fixtures.gateway_app import STORY, Served, application, serving

# -- ids of requests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/v1/stories", "/nowhere", "/v1/stories/x", "/openapi.json"])
async def test_every_answer_has_a_request_id(served: Served, path: str) -> None:
    given = await served.ask("GET", path, headers={"X-Request-Id": "trace-7/u"})
    assert given.headers["x-request-id"] == "trace-7/u"
    made = (await served.ask("GET", path)).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert made != (await served.ask("GET", path)).headers["x-request-id"]


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "雪", "a\tb"])
async def test_a_request_id_that_is_not_sane_is_replaced(served: Served, value: str) -> None:
    answer = await served.client.get("/healthz", headers=[(b"X-Request-Id", value.encode())])
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


# -- what is not there, and what breaks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/stories/", "/v2/stories", "/static", "/static/", "/docs-assets/x.js"])
async def test_an_unknown_path(served: Served, path: str) -> None:
    answer = await served.ask("GET", path)
    assert (answer.status_code, answer.json()["reason"]) == (404, "NO_SUCH_PATH")
    assert answer.headers["content-type"] == "application/problem+json"
    assert path in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/stories", "GET, POST"),
        ("PUT", "/v1/stories/x", "GET, DELETE"),
        ("POST", "/v1/stories/x/shots/y", "GET, PATCH"),
        ("GET", "/v1/stories/x/compile", "POST"),
        ("POST", "/v1/operations/x", "GET, DELETE"),
        ("POST", "/static/x", "GET, HEAD"),
        ("BREW", "/v1/operations", "GET"),
    ],
)
async def test_a_method_that_a_path_does_not_have(served: Served, method: str, path: str, allowed: str) -> None:
    answer = await served.ask(method, path)
    assert (answer.status_code, answer.json()["reason"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == allowed


async def test_what_nobody_foresaw_is_told_without_internals(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(served.store, "stories", broken)
    answer = await served.ask("GET", "/v1/stories", headers={"Accept-Language": "zh", "X-Request-Id": "r1"})
    assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
    assert "secret" not in answer.text
    assert "r1" in answer.json()["detail"]
    assert answer.headers["x-request-id"] == "r1"
    assert 'route="/v1/stories",status="500"' in (await served.ask("GET", "/metrics")).text


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (Unavailable("DATABASE_UNAVAILABLE"), 503, "1"),
        (Unavailable("DATABASE_UNAVAILABLE", retry_after=7.4), 503, "7"),
        (DeadlineExceeded("MODEL_TIMEOUT", service="x", seconds=1), 504, "1"),
        (ResourceExhausted("STORAGE_FULL"), 507, "1"),
    ],
)
async def test_what_is_worth_another_try_says_when(
    served: Served, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, retry_after: str
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(served.store, "create_story", away)
    answer = await served.ask("POST", "/v1/stories", json=STORY)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, retry_after)
    assert answer.headers["content-type"] == "application/problem+json"


# -- telling the workers -------------------------------------------------------------------------------------------------------


async def test_what_is_begun_is_announced(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = asyncio.Event()
    mark = served.store.mark_announced

    async def marking(*args: Any, **kwargs: Any) -> Any:
        events = await mark(*args, **kwargs)
        marked.set()
        return events

    monkeypatch.setattr(served.store, "mark_announced", marking)
    async with served.broker.open_wakeup_receiver("workers") as receiver:
        name = await served.begin(headers={"Idempotency-Key": "k"})
        wakeup = await anext(aiter(receiver))
        assert wakeup.operation_id == name
    async with asyncio.timeout(10):
        await marked.wait()
    assert (await served.store.operation(ALICE, name)).announced_at


async def test_a_cancel_is_shown_to_who_is_watching(served: Served) -> None:
    name = await served.begin()
    async with served.broker.open_event_receiver() as receiver:
        await served.ask("POST", f"/v1/operations/{name}:cancel")
        event = await anext(aiter(receiver))
    assert (event.operation_id, event.kind) == (name, "cancelled")


async def test_a_deleted_storys_operations_are_shown_to_end(served: Served) -> None:
    name = await served.begin()
    story_id = (await served.store.operation(ALICE, name)).story_id
    async with served.broker.open_event_receiver() as receiver:
        await served.ask("DELETE", f"/v1/stories/{story_id}")
        assert (await anext(aiter(receiver))).kind == "cancelled"


# -- operating -----------------------------------------------------------------------------------------------------------------


async def test_alive_whatever_happens(served: Served) -> None:
    assert await served.get("/healthz", user=None) == {"status": "ok"}


async def test_ready_when_what_is_required_is() -> None:
    media = MemoryMedia()
    async with serving(MemoryStore(), media) as served:
        media.up = False
        answer = await served.ask("GET", "/readyz", user=None)
        assert answer.status_code == 200
        parts = answer.json()["parts"]
        assert parts["database"] == {"state": "ok", "required": True, "problem": ""}
        assert parts["media"]["state"] == "failing"
        assert parts["workers"]["problem"].startswith("No story worker has been alive")


async def test_not_ready_until_a_worker_beats() -> None:
    async with serving(MemoryStore(), MemoryMedia(), ready_requires=("database", "workers")) as served:
        answer = await served.ask("GET", "/readyz", headers={"Accept-Language": "zh"})
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        assert "启动" in answer.json()["parts"]["workers"]["problem"]
        await served.store.beat("story-worker/one")
        assert (await served.ask("GET", "/readyz")).status_code == 200


async def test_a_part_that_does_not_answer_is_not_waited_for() -> None:
    async def silent() -> None:
        await asyncio.Event().wait()

    async def fine() -> None:
        return

    readiness = Readiness({"broker": silent, "models": silent, "database": fine}, ["broker"], timeout=0.01)
    async with asyncio.timeout(1.0):
        states = await readiness.parts()
    assert [(state.name, bool(state.problem)) for state in states] == [("broker", True), ("models", True), ("database", False)]


def test_what_cannot_be_checked_cannot_be_required() -> None:
    with pytest.raises(ValueError, match="models"):
        Readiness({}, ["models"])


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYREEL_READY_REQUIRES", "database, broker,workers")
    monkeypatch.setenv("STORYREEL_MAX_BODY_BYTES", "10")
    settings = GatewaySettings()
    assert settings.ready_requires == ("database", "broker", "workers")
    assert (settings.max_body_bytes, settings.gateway_host, settings.gateway_port) == (10, "127.0.0.1", 8080)
    monkeypatch.setenv("STORYREEL_READY_REQUIRES", "databse")
    with pytest.raises(ValidationError, match="databse"):
        GatewaySettings()


async def test_requests_and_operations_are_counted_by_template() -> None:
    application.cache_clear()  # counts from nothing
    async with serving(MemoryStore(), MemoryMedia()) as served:
        story_id, _ = await served.create(shots=1)
        await served.get(f"/v1/stories/{story_id}")
        await served.ask("BREW", "/nowhere")
        text = (await served.ask("GET", "/metrics", user=None)).text
    assert 'requests_total{method="GET",route="/v1/stories/{story_id}",status="200"} 1.0' in text
    assert 'requests_total{method="(other)",route="(none)",status="404"} 1.0' in text
    assert 'operations_created_total{type="story_create"} 1.0' in text
    assert 'request_seconds_count{method="POST",route="/v1/stories"} 1.0' in text
    assert str(story_id) not in text


# -- the description -----------------------------------------------------------------------------------------------------------


async def test_the_page_needs_no_network(served: Served) -> None:
    page = await served.ask("GET", "/docs", user=None)
    assert page.status_code == 200
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text)
    for asset in re.findall(r"(?:src|href)=\"(/[^\"]+)\"", page.text):
        assert (await served.ask("GET", asset, user=None)).status_code == 200


_WITHOUT_BODY = ("}:cancel", "}:pause", "}:resume", "}:retry", ":restore", ":rotate-secret", ":test", ":redeliver")


async def test_every_operation_is_described_with_examples(served: Served) -> None:
    description = await served.get("/openapi.json", user=None)
    assert "HTTPValidationError" not in json.dumps(description)
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if "operating" in operation["tags"]:
                continue
            assert operation["security"] == [{"user": []}], (method, path)
            assert "application/problem+json" in operation["responses"]["401"]["content"]
            assert operation["description"]
            if method in {"post", "patch"} and not path.endswith(_WITHOUT_BODY):
                assert operation["requestBody"]["content"]["application/json"]["examples"]
            if "files" not in operation["tags"] and method != "delete":
                answer = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
                assert all("example" in content for content in answer["content"].values()), (method, path)


async def test_every_example_fits_its_own_schema(served: Served) -> None:
    description = await served.get("/openapi.json", user=None)
    checked = 0
    for operations in description["paths"].values():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (content for body in bodies for content in body.get("content", {}).values()):
                examples = [example["value"] for example in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                for example in examples:
                    if "schema" in content:
                        assert_fits(example, content["schema"], description)
                        checked += 1
    assert checked >= 20


async def test_the_real_answers_fit_their_schemas(served: Served) -> None:
    story_id, shots = await served.create(shots=1)
    operation = await served.compile(story_id)
    description = await served.get("/openapi.json")
    templates = {"story_id": story_id, "shot_id": shots[0].id, "operation_id": operation}
    webhook = (await served.store.create_webhook(ALICE, NewWebhook(url="https://example.com/"), new_secret(), most=1)).webhook
    delivery = await served.store.try_webhook(ALICE, webhook.id)
    templates |= {"webhook_id": webhook.id, "delivery_id": delivery.id}
    for template, operations in description["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if template.startswith("/v1") and "application/json" in content:
            headers = {"Accept": "application/json"}
            answer = await served.get(template.format(**templates), headers=headers)
            assert_fits(answer, content["application/json"]["schema"], description)


async def test_a_problem_fits_its_schema(served: Served) -> None:
    description = await served.get("/openapi.json")
    problem = (await served.ask("POST", "/v1/stories", json={"shots": 0})).json()
    assert_fits(problem, {"$ref": "#/components/schemas/Problem"}, description)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("x", {"type": "integer"}),
        (True, {"type": "integer"}),
        ({}, {"type": "object", "required": ["a"], "properties": {}}),
        ({"b": 1}, {"type": "object", "properties": {"a": {}}, "additionalProperties": False}),
        ("c", {"enum": ["a", "b"]}),
        (None, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ([1, "a"], {"type": "array", "items": {"type": "integer"}}),
        (99, {"type": "integer", "maximum": 60}),
    ],
)
def test_the_check_itself_can_fail(value: Any, schema: Mapping[str, Any]) -> None:
    with pytest.raises(AssertionError):
        assert_fits(value, schema, {})


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def assert_fits(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "$") -> None:
    """Check the part of JSON Schema that the description uses. Unknown keys of an object that lists its own are refused too."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        assert_fits(value, root["components"]["schemas"][name], root, at)
        return
    if "anyOf" in schema:
        assert any(_fits(value, option, root) for option in schema["anyOf"]), f"{at}: {value!r} fits none"
        return
    if "type" in schema:
        assert isinstance(value, _TYPES[schema["type"]]), f"{at}: {value!r} is no {schema['type']}"
        assert isinstance(value, bool) == (schema["type"] == "boolean"), at
    assert value in schema.get("enum", [value]), f"{at}: {value!r}"
    assert value == schema.get("const", value), at
    if isinstance(value, int | float):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), at
    if isinstance(value, list):
        for number, item in enumerate(value):
            assert_fits(item, schema.get("items", {}), root, f"{at}[{number}]")
    if isinstance(value, dict):
        properties = schema.get("properties")
        assert set(schema.get("required", ())) <= set(value), f"{at} lacks {set(schema.get('required', ())) - set(value)}"
        extra = schema.get("additionalProperties", properties is None)
        for name, item in value.items():
            if name in (properties or {}):
                assert_fits(item, (properties or {})[name], root, f"{at}.{name}")
            else:
                assert extra is not False, f"{at}.{name} is not described"


def _fits(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    try:
        assert_fits(value, schema, root)
    except AssertionError:
        return False
    return True
