"""Operations in the stories dialect, key by key: what a client of the old server reads, and what is mended."""

from typing import Any

import pytest

from services.core.model import Failure
from tests import builders
from tests.contract.stories_documents import has_all, is_time
from tests.fixtures.gateway_app import STORY, WORKER, Served

OPERATION_KEYS = (
    "id user_id created_at updated_at story_id shot_id type payload status retries error_msg worker started_at finished_at"
)
NO_SHOT = "00000000-0000-0000-0000-000000000000"


async def test_an_operation_from_queued_to_succeeded(served: Served) -> None:
    name = await served.begin()
    queued = await served.get(f"/v1/operations/{name}")
    has_all(queued, OPERATION_KEYS)
    assert (queued["type"], queued["status"], queued["shot_id"]) == ("story_create", "queued", NO_SHOT)
    assert (queued["payload"], queued["retries"], queued["error_msg"]) == (STORY, 0, "")
    assert (queued["started_at"], queued["finished_at"], queued["done"]) == (None, None, False)
    assert queued["name"] == f"operations/{name}"
    assert not {"error", "response"} & set(queued)
    claim, _ = await served.claim(name)
    running = await served.get(f"/v1/operations/{name}")
    assert (running["status"], running["worker"], running["attempt"]) == ("running", WORKER, 1)
    assert running["worker"].startswith("story-worker")
    is_time(running["started_at"])
    await served.store.land_storyboard(claim, builders.storyboard(1), (1,))
    await served.store.finish(claim)
    ended = await served.get(f"/v1/operations/{name}")
    assert (ended["status"], ended["done"], ended["error_msg"]) == ("succeeded", True, "")
    is_time(ended["finished_at"])
    result = "type.googleapis.com/storyreel.v1.CreateStoryResult"
    assert ended["response"] == {"@type": result, "name": f"stories/{ended['story_id']}"}
    assert set(ended["metadata"]) >= {"progress", "stage", "attempt", "last_error"}
    assert "error" not in ended
    assert await served.get(f"/v1/operations/operations/{name}") == ended


async def test_a_failed_operation_says_why_for_people_and_for_machines(served: Served) -> None:
    name = await served.begin()
    claim, _ = await served.claim(name)
    failure = Failure("unavailable", "MODEL_UNAVAILABLE", "无法连接", retryable=True, params={"service": "storyboards"})
    await served.store.fail(claim, failure)
    operation = await served.get(f"/v1/operations/{name}", headers={"Accept-Language": "en"})
    assert operation["status"] == "failed"
    assert operation["error_msg"].startswith("The model service for storyboards cannot be reached")
    assert operation["error"]["code"] == 14
    assert operation["error"]["message"] == operation["error_msg"]
    assert operation["error"]["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "MODEL_UNAVAILABLE",
            "domain": "storyreel.dev",
            "metadata": {"service": "storyboards"},
        }
    ]
    assert "response" not in operation
    assert (await served.get(f"/v1/operations/{name}"))["error_msg"] == "无法连接"
    (story,) = (await served.get("/v1/stories"))["items"]
    assert story["status"] == "failed"


async def test_an_operation_that_is_tried_again_says_why_the_last_attempt_failed(served: Served) -> None:
    name = await served.begin()
    claim, _ = await served.claim(name)
    failure = Failure("unavailable", "MODEL_UNAVAILABLE", "无法连接", retryable=True, params={"service": "storyboards"})
    await served.store.requeue(claim, failure, 0.0)
    waiting = await served.get(f"/v1/operations/{name}", headers={"Accept-Language": "en"})
    assert (waiting["status"], waiting["error_msg"], waiting["done"]) == ("queued", "", False)
    assert waiting["metadata"]["last_error"].startswith("The model service for storyboards cannot be reached")
    assert "error" not in waiting
    claim, _ = await served.claim(name)
    await served.store.finish(claim)
    assert (await served.get(f"/v1/operations/{name}"))["metadata"]["last_error"] == ""


async def test_a_queued_operation_is_cancelled_at_once(served: Served) -> None:
    name = await served.begin()
    answer = await served.ask("POST", f"/v1/operations/{name}:cancel")
    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["error"]["code"] == 1
    again = await served.ask("POST", f"/v1/operations/{name}/cancel")
    assert again.json() == await served.get(f"/v1/operations/{name}")


async def test_regenerate_repeats_the_whole_request(served: Served) -> None:
    story_id, shots = await served.create()
    path = f"/v1/stories/{story_id}/shots/{shots[0].id}/regenerate"
    name = await served.begin(path, {"details": "需要极光星空画面", "asset_type": "ASSET_VIDEO"})
    operation = await served.get(f"/v1/operations/{name}")
    assert (operation["type"], operation["shot_id"]) == ("shot_regen", str(shots[0].id))
    assert operation["payload"] == {
        "details": "需要极光星空画面",
        "asset_type": "ASSET_VIDEO",
        "shot_id": str(shots[0].id),
    }
    plain = await served.get(f"/v1/operations/{await served.begin(path, {})}")
    assert plain["payload"] == {"asset_type": "ASSET_IMAGE", "shot_id": str(shots[0].id)}


@pytest.mark.parametrize(
    "request_of",
    [
        {},
        {"content": b""},
        {"content": b"", "headers": {"Content-Type": "application/json"}},
        {"json": {}},
        {"content": b" \n", "headers": {"Content-Type": "application/json"}},
    ],
    ids=["nothing", "empty", "empty json", "object", "blank"],
)
async def test_compile_needs_no_body(served: Served, request_of: dict[str, Any]) -> None:
    story_id, _ = await served.create()
    answer = await served.ask("POST", f"/v1/stories/{story_id}/compile", **request_of)
    assert answer.status_code == 202, answer.text
    operation = await served.get(f"/v1/{answer.json()['operation_name']}")
    assert (operation["type"], operation["payload"]) == ("video_render", {"story_id": str(story_id)})


async def test_compile_takes_options(served: Served) -> None:
    story_id, _ = await served.create()
    options = {"width": 640, "height": 360, "fps": 12, "subtitles": "none", "music": False}
    name = await served.begin(f"/v1/stories/{story_id}/compile", options)
    assert (await served.get(f"/v1/operations/{name}"))["payload"] == {"story_id": str(story_id), **options}


async def test_compile_of_a_story_that_is_still_being_created_waits_its_turn(served: Served) -> None:
    creation = await served.begin()
    story_id = (await served.get(f"/v1/operations/{creation}"))["story_id"]
    compiling = await served.begin(f"/v1/stories/{story_id}/compile", None)
    assert await served.store.claimable(10) == (creation,)
    assert (await served.get(f"/v1/operations/{compiling}"))["status"] == "queued"


async def test_compile_of_a_story_without_shots_is_refused(served: Served) -> None:
    name = await served.begin()
    await served.ask("POST", f"/v1/operations/{name}:cancel")
    (story,) = (await served.get("/v1/stories"))["items"]
    answer = await served.ask("POST", f"/v1/stories/{story['id']}/compile")
    assert (answer.status_code, answer.json()["reason"]) == (409, "STORY_HAS_NO_SHOTS")
    assert await served.stored() == (1, 1)


async def test_the_first_shots_of_a_storyboard_are_listed_while_the_rest_is_written(served: Served) -> None:
    name = await served.begin()
    claim, work = await served.claim(name)
    path = f"/v1/stories/{work.story.id}"
    for count in (1, 2):
        await served.store.grow_storyboard(claim, builders.storyboard(count), tuple(range(count)))
        shots = (await served.get(f"{path}/shots"))["shots"]
        assert [(shot["sequence"], shot["status"]) for shot in shots] == [(str(n), "pending") for n in range(1, count + 1)]
        assert (await served.get(path))["status"] == "generating"
    listed = await served.get(f"/v1/operations/{name}/events", headers={"Accept": "application/json"})
    grown = [event["data"] for event in listed["events"] if event["kind"] == "storyboard_grew"]
    assert grown == [{"shots": 1}, {"shots": 2}]
    await served.store.fail(claim, Failure("engine_failed", "ENGINE_FAILED", "x"))
    answer = await served.ask("POST", f"{path}/compile")
    assert (answer.status_code, answer.json()["reason"]) == (409, "STORYBOARD_UNFINISHED")
    assert len((await served.get(f"{path}/shots"))["shots"]) == 2


async def test_operations_come_newest_first_with_filters_and_pages(served: Served) -> None:
    story_id, shots = await served.create()
    regenerate = f"/v1/stories/{story_id}/shots/{shots[0].id}/regenerate"
    queued = [await served.begin(regenerate, {}) for _ in range(3)]
    other = await served.begin()

    async def listed(**query: Any) -> list[str]:
        return [operation["id"] for operation in (await served.get("/v1/operations", params=query))["operations"]]

    everything = await listed()
    assert everything[:4] == [str(other), *(str(name) for name in reversed(queued))]
    assert len(everything) == 5
    assert await listed(type="shot_regen") == [str(name) for name in reversed(queued)]
    assert await listed(status="succeeded") == everything[4:]
    assert await listed(story_id=str(story_id)) == everything[1:]
    first = await served.get("/v1/operations", params={"type": "shot_regen", "page_size": 2})
    rest = await served.get("/v1/operations", params={"type": "shot_regen", "page_size": 2, "page_token": first["next_page_token"]})
    assert [o["id"] for o in first["operations"] + rest["operations"]] == [str(name) for name in reversed(queued)]
    assert rest["next_page_token"] == ""


# -- idempotency ---------------------------------------------------------------------------------------------------------------


async def test_the_same_key_and_request_begin_one_operation(served: Served) -> None:
    key = {"Idempotency-Key": "once"}
    first = await served.ask("POST", "/v1/stories", json=STORY, headers=key)
    again = await served.ask("POST", "/v1/stories", json=dict(reversed(STORY.items())), headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.headers["location"] == again.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await served.stored() == (1, 1)


async def test_the_same_key_for_another_request_is_refused(served: Served) -> None:
    key = {"Idempotency-Key": "once"}
    await served.begin(headers=key)
    answer = await served.ask("POST", "/v1/stories", json=STORY | {"style": "ink"}, headers=key)
    assert (answer.status_code, answer.json()["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await served.stored() == (1, 1)


async def test_one_key_of_two_users_is_two_keys(served: Served) -> None:
    key = {"Idempotency-Key": "once"}
    first = await served.begin(headers=key)
    assert await served.begin(headers=key, user=builders.BOB) != first


async def test_one_key_for_two_shots_is_refused(served: Served) -> None:
    story_id, shots = await served.create()
    key = {"Idempotency-Key": "take"}
    await served.begin(f"/v1/stories/{story_id}/shots/{shots[0].id}/regenerate", {}, headers=key)
    answer = await served.ask("POST", f"/v1/stories/{story_id}/shots/{shots[1].id}/regenerate", json={}, headers=key)
    assert answer.status_code == 422
