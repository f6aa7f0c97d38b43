"""Pages of a list: sizes, tokens, and what a token is not good for."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidArgument
from services.core.ordering import Place
from services.gateway.paging import Pages, Scope
from services.gateway.settings import GatewaySettings
from tests.builders import ALICE, BOB
from tests.fixtures.gateway_app import Served

PAGES = Pages(GatewaySettings(page_token_key="k"))
SCOPE = Scope("operations", ALICE, ["status = failed", "create_time desc"])
VALUES = st.one_of(st.none(), st.integers(-10, 10), st.datetimes(timezones=st.just(UTC)), st.uuids())
PLACES = st.lists(VALUES, min_size=1, max_size=6).map(tuple)
PLACE: Place = (datetime(2026, 11, 20, 12, tzinfo=UTC), None, 3, UUID(int=7))


def token_of(place: Place, scope: Scope = SCOPE, pages: Pages = PAGES) -> str:
    _, token = pages.cut([place, place], 1, scope, lambda row: row)
    return token


@given(PLACES)
def test_a_token_leads_to_its_place(place: Place) -> None:
    assert PAGES.after(SCOPE, token_of(place)) == place


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_the_first_page_is_meant(token: str | None) -> None:
    assert PAGES.after(SCOPE, token) is None


@given(st.text(min_size=1))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="page_token"):
        PAGES.after(SCOPE, text)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_token_that_was_tampered_with_is_refused(position: int, change: int) -> None:
    token = token_of(PLACE)
    data = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    data[position % len(data)] ^= change
    with pytest.raises(InvalidArgument):
        PAGES.after(SCOPE, base64.urlsafe_b64encode(bytes(data)).decode().rstrip("="))


@pytest.mark.parametrize(
    "other",
    [
        Scope("operations", BOB, SCOPE.asked),
        Scope("stories", ALICE, SCOPE.asked),
        Scope("operations", ALICE, ["status = queued", "create_time desc"]),
        Scope("operations", ALICE, ["status = failed", "create_time"]),
        Scope("operations", ALICE, ["status = failedcreate_time desc"]),
    ],
)
def test_a_token_is_good_for_one_list_of_one_user_only(other: Scope) -> None:
    with pytest.raises(InvalidArgument, match="same filter and order"):
        PAGES.after(other, token_of(PLACE))


def test_replicas_with_one_key_read_each_others_tokens_and_no_others() -> None:
    replica = Pages(GatewaySettings(page_token_key="k", page_size=7))
    stranger = Pages(GatewaySettings(page_token_key="another"))
    assert replica.after(SCOPE, token_of(PLACE)) == PLACE
    with pytest.raises(InvalidArgument):
        stranger.after(SCOPE, token_of(PLACE))


def test_without_a_key_the_database_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYREEL_DATABASE_URL", "postgresql://one/storyreel")
    first, second = GatewaySettings(), GatewaySettings(page_token_key="")
    monkeypatch.setenv("STORYREEL_DATABASE_URL", "postgresql://two/storyreel")
    assert first.page_token_key == second.page_token_key != GatewaySettings().page_token_key
    assert "storyreel" not in first.page_token_key.get_secret_value()


@pytest.mark.parametrize(("asked", "size"), [(None, 50), (0, 50), (1, 1), (200, 200), (201, 200), (10**12, 200)])
def test_a_page_size_is_coerced(asked: int | None, size: int) -> None:
    assert PAGES.size(asked) == size


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="page_size"):
        PAGES.size(-1)


async def test_a_list_is_read_in_pages_whose_size_may_change(served: Served) -> None:
    names = [str(await served.begin()) for _ in range(5)]
    asked = {"filter": "type = story_create", "order_by": "create_time"}
    first = await served.get("/v1/operations", params=asked | {"page_size": 2})
    rest = await served.get("/v1/operations", params=asked | {"page_size": 9, "page_token": first["next_page_token"]})
    assert [o["id"] for o in first["operations"] + rest["operations"]] == names
    assert rest["next_page_token"] == ""
    for changed in ({"filter": ""}, {"order_by": "create_time desc"}, {"status": "queued"}):
        params = asked | changed | {"page_token": first["next_page_token"]}
        answer = await served.ask("GET", "/v1/operations", params=params)
        assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_PAGE_TOKEN")
    stranger = await served.ask("GET", "/v1/operations", params=asked | {"page_token": first["next_page_token"]}, user=BOB)
    assert (stranger.status_code, stranger.json()["reason"]) == (400, "BAD_PAGE_TOKEN")


async def test_a_timeline_is_read_in_pages(served: Served) -> None:
    name = await served.begin()
    claim, _ = await served.claim(name)
    for number in range(3):
        await served.store.append_event(claim, "step_started", {"step": str(number)})
    path, accept = f"/v1/operations/{name}/events", {"Accept": "application/json"}
    whole = await served.get(path, headers=accept)
    assert [event["seq"] for event in whole["events"]] == [1, 2, 3, 4, 5]
    assert whole["next_page_token"] == ""
    first = await served.get(path, headers=accept, params={"page_size": 2, "last_event_id": "1"})
    assert [event["seq"] for event in first["events"]] == [2, 3]
    rest = await served.get(path, headers=accept, params={"page_size": 2, "page_token": first["next_page_token"]})
    assert ([event["seq"] for event in rest["events"]], rest["next_page_token"]) == ([4, 5], "")
    other = await served.begin()
    answer = await served.ask(
        "GET", f"/v1/operations/{other}/events", headers=accept, params={"page_token": first["next_page_token"]}
    )
    assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_PAGE_TOKEN")
