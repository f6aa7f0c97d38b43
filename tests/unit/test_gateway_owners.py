"""Two users over every route: another user's anything looks just like nothing at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount, Route

from services.core.model import OperationId, Shot, StoryId, UserId
from tests.builders import ALICE, BOB
from tests.fixtures.gateway_app import STORY, Served

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/docs/oauth2-redirect"),
    ("GET", "/openapi.json"),
    ("GET", "/docs-assets"),
}


@dataclass(frozen=True)
class Case:
    """How to ask one route for something of Alice's. `absent` replaces ids by ones that nobody has."""

    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


_STATIC = "/static/{name}"
_OPERATION = "/v1/operations/{operation_id}"
_NAMED = "/v1/operations/operations/{operation_id}"
_SHOT = "/v1/stories/{story_id}/shots/{shot_id}"
_JSON = {"Accept": "application/json"}
CASES: dict[tuple[str, str], list[Case]] = {
    ("GET", "/v1/stories/{story_id}"): [Case("/v1/stories/{story}")],
    ("DELETE", "/v1/stories/{story_id}"): [Case("/v1/stories/{story}", status=204)],
    ("POST", "/v1/stories/{story_id}/compile"): [Case("/v1/stories/{story}/compile", {}, status=202)],
    ("GET", "/v1/stories/{story_id}/shots"): [Case("/v1/stories/{story}/shots")],
    ("GET", _SHOT): [Case("/v1/stories/{story}/shots/{shot}")],
    ("PATCH", _SHOT): [Case("/v1/stories/{story}/shots/{shot}", {"shot": {"narration": "mine"}})],
    ("POST", f"{_SHOT}/regenerate"): [Case("/v1/stories/{story}/shots/{shot}/regenerate", {}, status=202)],
    ("GET", f"{_SHOT}/versions"): [Case("/v1/stories/{story}/shots/{shot}/versions")],
    ("POST", f"{_SHOT}/versions/{{asset_type}}/{{number}}:restore"): [
        Case("/v1/stories/{story}/shots/{shot}/versions/ASSET_IMAGE/1:restore")
    ],
    ("GET", _OPERATION): [Case("/v1/operations/{operation}")],
    ("GET", _NAMED): [Case("/v1/operations/operations/{operation}")],
    ("GET", f"{_OPERATION}/events"): [
        Case("/v1/operations/{operation}/events"),
        Case("/v1/operations/{operation}/events", headers=_JSON),
    ],
    ("GET", f"{_NAMED}/events"): [Case("/v1/operations/operations/{operation}/events")],
    ("POST", f"{_OPERATION}:cancel"): [Case("/v1/operations/{operation}:cancel")],
    ("POST", f"{_OPERATION}/cancel"): [Case("/v1/operations/{operation}/cancel")],
    ("POST", f"{_NAMED}:cancel"): [Case("/v1/operations/operations/{operation}:cancel")],
    ("POST", f"{_NAMED}/cancel"): [Case("/v1/operations/operations/{operation}/cancel")],
    ("HEAD", _STATIC): [Case("/static/{story}_FINAL_MOVIE.mp4")],
    ("GET", _STATIC): [
        Case(f"/static/{name}")
        for name in (
            "{story}_FINAL_MOVIE.mp4",
            "{story}_cover.jpg",
            "{story}_subtitles.srt",
            "{story}_{shot}_keyframe.png",
            "{story}_{shot}_keyframe_v1.png",
            "{story}_{shot}_clip.mp4",
            "{story}_{shot}_narration.wav",
        )
    ],
}
LISTS = {("GET", "/v1/stories"): "items", ("GET", "/v1/operations"): "operations"}
CREATES = {("POST", "/v1/stories")}


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path template that the application answers."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Mount):
            yield "GET", route.path
        else:
            assert isinstance(route, Route)
            methods = route.methods or set()
            yield from ((method, route.path) for method in methods if method != "HEAD" or isinstance(route, APIRoute))


async def test_every_route_has_a_case_here(served: Served) -> None:
    assert set(routes_of(served.app)) == PUBLIC | set(CASES) | set(LISTS) | CREATES


@dataclass(frozen=True)
class Things:
    story: StoryId
    shot: Shot
    operation: OperationId

    def fill(self, template: str) -> str:
        return template.format(story=self.story, shot=self.shot.id, operation=self.operation)


async def _things(served: Served) -> Things:
    story, shots = await served.create(shots=1)
    return Things(story, shots[0], await served.compile(story))


def _absent(path: str) -> str:
    """The same path with ids that are nobody's."""
    return re.sub(r"[0-9a-f]{8}(?=-[0-9a-f]{4}-7)", "00000000", path)


def _anonymous(answer: httpx2.Response) -> tuple[int, str, dict[str, str]]:
    """An answer without what differs from request to request."""
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, uuid.sub("#", answer.text), headers


MATRIX = [pytest.param(method, case, id=f"{method} {case.path}") for (method, _), cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("method", "case"), MATRIX)
async def test_another_users_thing_is_an_absent_thing(served: Served, method: str, case: Case) -> None:
    things = await _things(served)
    path = things.fill(case.path)
    before = await served.get(f"/v1/stories/{things.story}"), await served.stored()

    async def ask(path: str, user: UserId | None) -> httpx2.Response:
        return await served.ask(method, path, user=user, json=case.body, headers=case.headers)

    stranger = await ask(path, BOB)
    assert stranger.status_code == 404
    assert _anonymous(stranger) == _anonymous(await ask(_absent(path), BOB))
    assert _anonymous(stranger) == _anonymous(await ask(_absent(path), ALICE))
    assert (await ask(path, None)).status_code == 401
    assert (await served.get(f"/v1/stories/{things.story}"), await served.stored()) == before
    assert await served.stored(BOB) == (0, 0)
    assert (await ask(path, ALICE)).status_code == case.status


@pytest.mark.parametrize(("route", "key"), LISTS.items())
async def test_lists_show_only_ones_own(served: Served, route: tuple[str, str], key: str) -> None:
    things = await _things(served)
    path = route[1]
    assert len((await served.get(path))[key]) >= 1
    assert (await served.get(path, user=BOB)) == {key: [], "next_page_token": ""}
    assert (await served.ask("GET", path, user=None)).status_code == 401
    filtered = await served.get("/v1/operations", user=BOB, params={"story_id": str(things.story)})
    assert filtered["operations"] == []


async def test_another_users_page_token_leads_to_nothing_of_theirs(served: Served) -> None:
    for _ in range(2):
        await served.begin()
    token = (await served.get("/v1/stories", params={"page_size": 1}))["next_page_token"]
    assert (await served.get("/v1/stories", user=BOB, params={"page_token": token}))["items"] == []


async def test_creating_needs_a_user(served: Served) -> None:
    assert (await served.ask("POST", "/v1/stories", user=None, json=STORY)).status_code == 401


# -- who is asking -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["X_User_ID", "x.user.id", "X-User-Id2", "X-UserID", "User-ID"])
async def test_another_spelling_is_ignored(served: Served, spelling: str) -> None:
    answer = await served.ask("GET", "/v1/stories", user=None, headers={spelling: str(ALICE)})
    assert (answer.status_code, answer.json()["reason"]) == (401, "NO_USER")
    assert answer.headers["www-authenticate"] == "X-User-ID"
    both = await served.ask("GET", "/v1/stories", user=BOB, headers={spelling: str(ALICE)})
    assert both.status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "alice",
        "1111111-2222-3333-4444-555555555555",
        f"{ALICE}, {ALICE}",
        f"{{{ALICE}}}",
        str(ALICE).replace("-", ""),
        f"urn:uuid:{ALICE}",
        f"{ALICE};admin",
        "１１１１１１１１-2222-3333-4444-555555555555",
    ],
)
async def test_a_user_that_is_no_uuid(served: Served, value: str) -> None:
    answer = await served.client.get("/v1/stories", headers=[(b"X-User-ID", value.encode())])
    assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_USER")


async def test_a_doubled_user_is_refused_even_when_both_are_the_same(served: Served) -> None:
    for second in (ALICE, BOB):
        answer = await served.client.get("/v1/stories", headers=[("X-User-ID", str(ALICE)), ("X-User-ID", str(second))])
        assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_USER")


async def test_a_user_in_capitals_is_the_same_user(served: Served) -> None:
    user = UUID("abcdefab-2222-3333-4444-555555555555")
    await served.begin(user=UserId(user))
    answer = await served.client.get("/v1/stories", headers={"X-User-ID": str(user).upper()})
    assert [story["user_id"] for story in answer.json()["items"]] == [str(user)]
