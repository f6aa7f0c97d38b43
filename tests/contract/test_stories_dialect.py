"""The stories dialect, key by key: what a client of the old server reads, and what is mended."""

import re
from datetime import datetime
from typing import Any

import pytest

from services.core.model import Failure
from tests import builders
from tests.builders import ALICE
from tests.fixtures.gateway_app import STORY, WORKER, Served

STORY_KEYS = "id user_id created_at updated_at content title style duration status timeline cover_url video_url"
SHOT_KEYS = (
    "id user_id created_at updated_at story_id sequence title description details narration type transition "
    "voice status image_url bgm"
)
OPERATION_KEYS = (
    "id user_id created_at updated_at story_id shot_id type payload status retries error_msg worker started_at finished_at"
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(\+|-)\d\d:\d\d")
NO_SHOT = "00000000-0000-0000-0000-000000000000"

FILES = ("video_url", "cover_url", "subtitles_url", "captions_url")


def _has_all(document: dict[str, Any], keys: str) -> None:
    assert set(keys.split()) <= set(document)


def _is_time(text: str) -> None:
    assert TIME.fullmatch(text), text
    assert datetime.fromisoformat(text).tzinfo is not None


# -- stories -------------------------------------------------------------------------------------------------------------------


async def test_creating_a_story_answers_at_once_and_tells_where_to_look(served: Served) -> None:
    answer = await served.ask("POST", "/v1/stories", json=STORY)
    assert answer.status_code == 202
    body = answer.json()
    assert set(body) == {"operation_name", "state", "create_time", "name", "done", "metadata"}
    assert (body["name"], body["done"]) == (body["operation_name"], False)
    assert body["state"] == "queued"
    _is_time(body["create_time"])
    name = body["operation_name"]
    assert re.fullmatch(r"operations/[0-9a-f-]{36}", name)
    assert answer.headers["location"] == f"/v1/{name}"
    assert answer.headers["retry-after"] == "1"
    assert (await served.get(f"/v1/{name}"))["id"] == name.removeprefix("operations/")


async def test_a_new_story_is_generating_and_has_no_film(served: Served) -> None:
    await served.begin()
    (story,) = (await served.get("/v1/stories"))["items"]
    _has_all(story, STORY_KEYS)
    assert story["content"] == STORY["script_content"]
    assert story["title"] == STORY["display_name"]
    assert story["user_id"] == str(ALICE)
    assert (story["status"], story["duration"], story["timeline"]) == ("generating", 0, None)
    assert [story[kind] for kind in FILES] == [""] * 4
    assert (story["style"], story["language"], story["aspect"], story["film_stale"]) == ("movie", "zh", "16:9", False)
    _is_time(story["created_at"])
    _is_time(story["updated_at"])
    assert await served.get(f"/v1/stories/{story['id']}") == story


@pytest.mark.parametrize(
    ("sent", "style"), [("电影", "movie"), ("赛博朋克", "cyberpunk"), ("Ink Wash", "ink"), ("水彩", "watercolor"), (None, "movie")]
)
async def test_a_style_is_known_by_its_words(served: Served, sent: str | None, style: str) -> None:
    await served.begin(body={"script_content": "雪山", "style": sent})
    assert (await served.get("/v1/stories"))["items"][0]["style"] == style


async def test_everything_else_of_a_story_may_be_left_out_or_chosen(served: Served) -> None:
    await served.begin(body={"script_content": "A ship finds its way home."})
    await served.begin(
        body={
            "script_content": "两只狐狸",
            "language": "en",
            "aspect": "竖屏",
            "voice": "zf_xiaoxiao",
            "shots": 60,
            "display_name": "",
        }
    )
    chosen, plain = (await served.get("/v1/stories"))["items"]
    assert plain["title"]
    assert (plain["language"], plain["aspect"], plain["voice"]) == ("en", "16:9", "")
    assert (chosen["language"], chosen["aspect"], chosen["voice"]) == ("en", "9:16", "zf_xiaoxiao")


async def test_stories_come_newest_first_in_pages(served: Served) -> None:
    for number in range(5):
        await served.begin(body={"script_content": f"第{number}个故事", "display_name": str(number)})
    titles: list[str] = []
    token = ""
    pages = 0
    while pages == 0 or token:
        page = await served.get("/v1/stories", params={"page_size": 2, "page_token": token})
        titles += [story["title"] for story in page["items"]]
        token = page["next_page_token"]
        pages += 1
    assert titles == ["4", "3", "2", "1", "0"]
    assert pages == 3


async def test_a_compiled_story_shows_its_film(served: Served) -> None:
    story_id, shots = await served.create(shots=2)
    await served.compile(story_id)
    story = await served.get(f"/v1/stories/{story_id}")
    assert story["status"] == "ready"
    assert story["duration"] == 8.0
    assert story["video_url"] == f"/static/{story_id}_FINAL_MOVIE.mp4"
    assert story["cover_url"] == f"/static/{story_id}_cover.jpg"
    assert story["subtitles_url"] == f"/static/{story_id}_subtitles.srt"
    assert story["captions_url"] == f"/static/{story_id}_captions.vtt"
    assert [entry["shot_id"] for entry in story["timeline"]] == [str(shot.id) for shot in shots]
    assert [entry["start"] for entry in story["timeline"]] == [0.0, 4.0]
    for kind in FILES:
        assert (await served.ask("GET", story[kind])).status_code == 200


async def test_a_change_makes_the_film_stale(served: Served) -> None:
    story_id, shots = await served.create()
    await served.compile(story_id)
    assert (await served.get(f"/v1/stories/{story_id}"))["film_stale"] is False
    await served.ask("PATCH", f"/v1/stories/{story_id}/shots/{shots[0].id}", json={"shot": {"narration": "新的一句"}})
    assert (await served.get(f"/v1/stories/{story_id}"))["film_stale"] is True


async def test_a_deleted_story_is_gone(served: Served) -> None:
    story_id, _ = await served.create()
    answer = await served.ask("DELETE", f"/v1/stories/{story_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await served.ask("GET", f"/v1/stories/{story_id}")).status_code == 404
    assert (await served.get("/v1/stories"))["items"] == []


# -- shots ---------------------------------------------------------------------------------------------------------------------


async def test_shots_come_by_sequence_with_their_keys(served: Served) -> None:
    story_id, _ = await served.create(shots=3)
    shots = (await served.get(f"/v1/stories/{story_id}/shots"))["shots"]
    assert [shot["sequence"] for shot in shots] == ["1", "2", "3"]
    for shot in shots:
        _has_all(shot, SHOT_KEYS)
        assert shot["status"] == "done"
        assert shot["image_url"] == f"/static/{story_id}_{shot['id']}_keyframe.png"
        assert (shot["video_url"], shot["audio_url"]) == ("", "")
        assert shot == await served.get(f"/v1/stories/{story_id}/shots/{shot['id']}")
        assert (await served.ask("GET", shot["image_url"])).headers["content-type"] == "image/png"


async def test_patch_changes_only_what_is_sent(served: Served) -> None:
    story_id, shots = await served.create()
    path = f"/v1/stories/{story_id}/shots/{shots[0].id}"
    before = await served.get(path)
    answer = await served.ask(
        "PATCH", path, json={"shot": {"details": "改为夜晚星空场景", "narration": "星空照亮前路", "type": "推进"}}
    )
    assert answer.status_code == 200
    after = answer.json()
    assert after == await served.get(path)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"details", "narration", "type", "revision", "updated_at"}
    assert (after["details"], after["narration"], after["type"]) == ("改为夜晚星空场景", "星空照亮前路", "推进")


async def test_patch_can_blank_a_narration_on_purpose(served: Served) -> None:
    story_id, shots = await served.create()
    answer = await served.ask("PATCH", f"/v1/stories/{story_id}/shots/{shots[0].id}", json={"shot": {"narration": ""}})
    assert answer.json()["narration"] == ""


async def test_a_new_take_keeps_every_text_and_every_older_take(served: Served) -> None:
    story_id, shots = await served.create()
    path = f"/v1/stories/{story_id}/shots/{shots[0].id}"
    before = await served.get(path)
    first = (await served.ask("GET", before["image_url"])).content
    await served.retake(shots[0])
    after = await served.get(path)
    kept = ("title", "narration", "type", "transition", "voice", "details", "description", "image_url")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    second = (await served.ask("GET", after["image_url"])).content
    assert first != second
    takes = [v for v in (await served.get(f"{path}/versions"))["versions"] if v["asset_type"] == "ASSET_IMAGE"]
    assert [(take["number"], take["current"]) for take in takes] == [(2, True), (1, False)]
    assert takes[1]["url"] == f"/static/{story_id}_{shots[0].id}_keyframe_v1.png"
    assert [(await served.ask("GET", take["url"])).content for take in takes] == [second, first]
    restored = await served.ask("POST", f"{path}/versions/ASSET_IMAGE/1:restore")
    assert restored.status_code == 200
    assert (await served.ask("GET", after["image_url"])).content == first


@pytest.mark.parametrize("number", ["0", "9", "x", "-1", "99999999999"])
async def test_a_version_that_is_not_there(served: Served, number: str) -> None:
    story_id, shots = await served.create()
    answer = await served.ask("POST", f"/v1/stories/{story_id}/shots/{shots[0].id}/versions/ASSET_IMAGE/{number}:restore")
    assert (answer.status_code, answer.json()["reason"]) == (404, "VERSION_NOT_FOUND")


# -- operations ----------------------------------------------------------------------------------------------------------------


async def test_an_operation_from_queued_to_succeeded(served: Served) -> None:
    name = await served.begin()
    queued = await served.get(f"/v1/operations/{name}")
    _has_all(queued, OPERATION_KEYS)
    assert (queued["type"], queued["status"], queued["shot_id"]) == ("story_create", "queued", NO_SHOT)
    assert (queued["payload"], queued["retries"], queued["error_msg"]) == (STORY, 0, "")
    assert (queued["started_at"], queued["finished_at"], queued["done"]) == (None, None, False)
    assert queued["name"] == f"operations/{name}"
    assert not {"error", "response"} & set(queued)
    claim, _ = await served.claim(name)
    running = await served.get(f"/v1/operations/{name}")
    assert (running["status"], running["worker"], running["attempt"]) == ("running", WORKER, 1)
    assert running["worker"].startswith("story-worker")
    _is_time(running["started_at"])
    await served.store.land_storyboard(claim, builders.storyboard(1), (1,))
    await served.store.finish(claim)
    ended = await served.get(f"/v1/operations/{name}")
    assert (ended["status"], ended["done"], ended["error_msg"]) == ("succeeded", True, "")
    _is_time(ended["finished_at"])
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
