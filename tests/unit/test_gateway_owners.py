"""Two users over every route: another user's anything looks just like nothing at all."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount, Route

from services.core.model import OperationId, ShotId, StoryId, UserId
from services.core.webhooks import DeliveryId, NewWebhook, WebhookId, new_secret
from tests import route_cases
from tests.builders import ALICE, BOB
from tests.fixtures.gateway_app import STORY, Served
from tests.route_cases import Case, absent, anonymous


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


async def test_every_route_has_a_case(served: Served) -> None:
    assert set(routes_of(served.app)) == route_cases.ROUTES


@dataclass(frozen=True)
class Things:
    story: StoryId
    shot: ShotId
    operation: OperationId
    webhook: WebhookId
    delivery: DeliveryId


async def _things(served: Served) -> Things:
    story, shots = await served.create(shots=1)
    webhook = (await served.store.create_webhook(ALICE, NewWebhook(url="https://example.com/"), new_secret(), most=1)).webhook
    delivery = await served.store.try_webhook(ALICE, webhook.id)
    return Things(story, shots[0].id, await served.compile(story), webhook.id, delivery.id)


@pytest.mark.parametrize(("method", "case"), route_cases.MATRIX, ids=route_cases.NAMES)
async def test_another_users_thing_is_an_absent_thing(served: Served, method: str, case: Case) -> None:
    things = await _things(served)
    path = case.of(**asdict(things), cover="cover.jpg")
    before = await served.get(f"/v1/stories/{things.story}"), await served.stored()

    async def ask(path: str, user: UserId | None) -> httpx2.Response:
        return await served.ask(method, path, user=user, json=case.body, headers=case.headers)

    stranger = await ask(path, BOB)
    assert stranger.status_code == 404
    assert anonymous(stranger) == anonymous(await ask(absent(path), BOB))
    assert anonymous(stranger) == anonymous(await ask(absent(path), ALICE))
    assert (await ask(path, None)).status_code == 401
    assert (await served.get(f"/v1/stories/{things.story}"), await served.stored()) == before
    assert await served.stored(BOB) == (0, 0)
    assert (await ask(path, ALICE)).status_code == case.status


@pytest.mark.parametrize(("route", "key"), route_cases.LISTS.items())
async def test_lists_show_only_ones_own(served: Served, route: tuple[str, str], key: str) -> None:
    things = await _things(served)
    path = route[1]
    assert len((await served.get(path))[key]) >= 1
    assert (await served.get(path, user=BOB)) == {key: [], "next_page_token": ""}
    assert (await served.ask("GET", path, user=None)).status_code == 401
    filtered = await served.get("/v1/operations", user=BOB, params={"story_id": str(things.story)})
    assert filtered["operations"] == []


async def test_another_users_page_token_is_refused(served: Served) -> None:
    for _ in range(2):
        await served.begin()
    token = (await served.get("/v1/stories", params={"page_size": 1}))["next_page_token"]
    answer = await served.ask("GET", "/v1/stories", user=BOB, params={"page_token": token})
    assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_PAGE_TOKEN")


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
