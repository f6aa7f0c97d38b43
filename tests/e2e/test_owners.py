"""Two users over every route of a whole stack: to one, what is the other's is just what is not there."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from tests import route_cases
from tests.e2e.harness import Client, Json, RunningStack
from tests.route_cases import Case, absent, anonymous

TEXT = "A lantern burns on the quay. A boat comes home through the fog."
STORY = {"script_content": TEXT, "shots": 1}


@dataclass(frozen=True)
class Owned:
    """A filmed story, its owner, and somebody else."""

    owner: Client
    stranger: Client
    story: str
    shot: str
    operation: str
    webhook: str
    delivery: str

    def ask(self, client: Client | None, method: str, path: str, case: Case) -> httpx2.Response:
        """As nobody at all where `client` is None."""
        if client is None:
            return httpx2.request(method, str(self.owner.http.base_url.join(path)), json=case.body, headers=case.headers)
        return client.http.request(method, path, json=case.body, headers=case.headers)

    def everything(self) -> list[Json]:
        """What the owner has: to be the same before and after a stranger's visit."""
        story = f"/v1/stories/{self.story}"
        paths = ("/v1/stories", "/v1/operations", "/v1/webhooks", f"{story}/shots", f"{story}/shots/{self.shot}/versions")
        return [self.owner.http.get(path).json() for path in paths]


@pytest.fixture(scope="module")
def owned(blank_stack: RunningStack) -> Iterator[Owned]:
    with blank_stack.client() as owner, blank_stack.client() as stranger:
        story = owner.made_story(TEXT, shots=1)["id"]
        operation = owner.compile(story)
        owner.succeeded(operation)
        hook = {"url": "https://hooks.invalid/", "event_types": ["shot.landed"]}
        webhook = owner.http.post("/v1/webhooks", json=hook).json()["id"]
        delivery = owner.http.post(f"/v1/webhooks/{webhook}:test").json()["id"]
        yield Owned(owner, stranger, story, owner.shots(story)[0]["id"], operation, webhook, delivery)


def test_every_route_that_the_api_tells_of_has_a_case(owned: Owned) -> None:
    told = owned.owner.http.get("/openapi.json").json()["paths"]
    routes = {(method.upper(), path) for path, operations in told.items() for method in operations}
    assert len(routes) > 10
    assert routes <= route_cases.ROUTES


@pytest.mark.parametrize(("method", "case"), route_cases.MATRIX, ids=route_cases.NAMES)
def test_another_users_thing_is_an_absent_thing(owned: Owned, method: str, case: Case) -> None:
    ids = {name: getattr(owned, name) for name in ("story", "shot", "operation", "webhook", "delivery")}
    path = case.of(**ids, cover="cover.png")
    before = owned.everything()
    stranger = owned.ask(owned.stranger, method, path, case)
    assert stranger.status_code == 404
    assert anonymous(stranger) == anonymous(owned.ask(owned.stranger, method, absent(path), case))
    assert anonymous(stranger) == anonymous(owned.ask(owned.owner, method, absent(path), case))
    assert owned.ask(None, method, path, case).status_code == 401
    assert owned.everything() == before
    assert owned.stranger.http.get("/v1/stories").json()["items"] == []
    if method in {"GET", "HEAD"}:  # the others would change what the next case asks for
        assert owned.ask(owned.owner, method, path, case).status_code == case.status


@pytest.mark.parametrize(("route", "key"), route_cases.LISTS.items())
def test_lists_show_only_ones_own(owned: Owned, route: tuple[str, str], key: str) -> None:
    path = route[1]
    page = owned.owner.http.get(path, params={"page_size": 1}).json()
    assert len(page[key]) == 1
    nothing = {key: [], "next_page_token": ""}
    assert owned.stranger.http.get(path).json() == nothing
    assert owned.ask(None, "GET", path, Case(path)).status_code == 401
    if token := page["next_page_token"]:
        assert owned.stranger.http.get(path, params={"page_token": token}).status_code == 400
    if key == "operations":
        assert token
        assert owned.stranger.http.get(path, params={"story_id": owned.story}).json() == nothing


def test_creating_needs_a_user(owned: Owned) -> None:
    for method, path in route_cases.CREATES:
        assert owned.ask(None, method, path, Case(path, STORY)).status_code == 401


def test_a_key_of_idempotency_is_its_users_alone(owned: Owned, blank_stack: RunningStack) -> None:
    headers = {"Idempotency-Key": "of-both"}
    with blank_stack.client() as one, blank_stack.client() as other:
        mine, yours, again = (each.http.post("/v1/stories", json=STORY, headers=headers).json() for each in (one, other, one))
        assert (mine["operation_name"], mine["create_time"]) == (again["operation_name"], again["create_time"])
        assert mine["operation_name"] != yours["operation_name"]
        for each, accepted in ((one, mine), (other, yours)):
            assert each.succeeded(accepted["operation_name"].removeprefix("operations/"))["user_id"] == str(each.user)
