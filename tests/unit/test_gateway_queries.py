"""Ids, queries and headers that are wrong: a clear answer each, and nothing stored."""

import pytest

from services.core.model import Language
from services.gateway import languages
from tests.fixtures.gateway_app import STORY, Served

ABSENT = "0199d3a4-7c10-7b1e-9a52-4fbb04b3db6d"


@pytest.mark.parametrize(
    "spelling",
    ["abc", "aff9edc-cdad-4c26-8c3b-8fb44f8a6898", "{0199d3a4-7c10-7b1e-9a52-4fbb04b3db6d}", ABSENT.replace("-", ""), "x" * 3000],
)
async def test_an_id_that_is_none(served: Served, spelling: str) -> None:
    problem = await served.refused(400, "NOT_A_UUID", method="GET", path=f"/v1/stories/{spelling}/shots")
    assert problem["errors"][0]["field"] == "path.story_id"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (f"/v1/stories/{ABSENT}", "STORY_NOT_FOUND"),
        (f"/v1/stories/{ABSENT}/shots", "STORY_NOT_FOUND"),
        (f"/v1/operations/{ABSENT}", "OPERATION_NOT_FOUND"),
        (f"/v1/operations/{ABSENT}/events", "OPERATION_NOT_FOUND"),
    ],
)
async def test_what_is_absent(served: Served, path: str, reason: str) -> None:
    problem = await served.refused(404, reason, method="GET", path=path)
    assert ABSENT in problem["detail"]


async def test_an_unknown_shot(served: Served) -> None:
    story_id, _ = await served.create(shots=1)
    for suffix, method in (("", "GET"), ("/versions", "GET"), ("/regenerate", "POST")):
        path = f"/v1/stories/{story_id}/shots/{ABSENT}{suffix}"
        await served.refused(404, "SHOT_NOT_FOUND", method=method, path=path)


@pytest.mark.parametrize(
    ("query", "reason", "field"),
    [
        ("status=done", "UNKNOWN_VALUE", "query.status"),
        ("type=film", "UNKNOWN_VALUE", "query.type"),
        ("story_id=1", "NOT_A_UUID", "query.story_id"),
        ("page_size=-1", "OUT_OF_RANGE", "query.page_size"),
        ("page_size=ten", "WRONG_TYPE", "query.page_size"),
        ("page_token=%00", "BAD_PAGE_TOKEN", "query.page_token"),
        ("page_token=AAAA", "BAD_PAGE_TOKEN", "query.page_token"),
        ("page_token=雪", "BAD_PAGE_TOKEN", "query.page_token"),
        ("filter=colour = red", "FILTER_UNKNOWN_FIELD", "query.filter"),
        ("filter=status", "FILTER_UNFINISHED", "query.filter"),
        ("filter=status = done", "FILTER_VALUE", "query.filter"),
        ("filter=status > failed", "FILTER_OPERATOR", "query.filter"),
        ("filter=status = failed)", "FILTER_SYNTAX", "query.filter"),
        (f"filter={'(' * 21}done = true{')' * 21}", "FILTER_TOO_DEEP", "query.filter"),
        (f"filter=worker = {'x' * 2000}", "FILTER_TOO_LONG", "query.filter"),
        ("order_by=colour", "UNKNOWN_VALUE", "query.order_by"),
        ("order_by=create_time down", "UNKNOWN_VALUE", "query.order_by"),
        ("order_by=create_time,,priority", "UNKNOWN_VALUE", "query.order_by"),
    ],
)
async def test_a_query_that_is_wrong(served: Served, query: str, reason: str, field: str) -> None:
    problem = await served.refused(400, reason, method="GET", path=f"/v1/operations?{query}")
    assert problem["errors"][0]["field"] == field


async def test_a_page_token_of_another_list(served: Served) -> None:
    for _ in range(2):
        await served.begin()
    token = (await served.get("/v1/stories", params={"page_size": 1}))["next_page_token"]
    await served.refused(400, "BAD_PAGE_TOKEN", method="GET", path=f"/v1/operations?page_token={token}")
    token = (await served.get("/v1/operations", params={"page_size": 1}))["next_page_token"]
    await served.refused(400, "BAD_PAGE_TOKEN", method="GET", path=f"/v1/operations?status=queued&page_token={token}")


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "雪".encode().decode("latin-1")])
async def test_an_idempotency_key_that_is_none(served: Served, key: str) -> None:
    await served.refused(400, "BAD_IDEMPOTENCY_KEY", json=STORY, headers={"Idempotency-Key": key.encode("latin-1")})


async def test_whoever_is_nobody_learns_nothing_about_a_body(served: Served) -> None:
    answer = await served.ask("POST", "/v1/stories", content=b"{{{{", user=None)
    assert (answer.status_code, answer.json()["reason"]) == (401, "NO_USER")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, None),
        ("", None),
        ("fr", None),
        ("zh", Language.ZH),
        ("ZH-tw", Language.ZH),
        ("en-GB,zh;q=0.9", Language.EN),
        ("en;q=0.4, zh;q=0.7", Language.ZH),
        ("zh;q=0, en;q=0.1", Language.EN),
        ("zh;q=x", None),
        ("*", None),
    ],
)
def test_the_language_that_a_reader_prefers(header: str | None, language: Language | None) -> None:
    assert languages.preferred(header) == language
