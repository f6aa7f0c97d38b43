"""Stories and shots in the stories dialect, key by key: what a client of the old server reads, and what is mended."""

import re

import pytest

from tests.builders import ALICE
from tests.contract.stories_documents import has_all, is_time
from tests.fixtures.gateway_app import STORY, Served

STORY_KEYS = "id user_id created_at updated_at content title style duration status timeline cover_url video_url"
SHOT_KEYS = (
    "id user_id created_at updated_at story_id sequence title description details narration type transition "
    "voice status image_url bgm"
)

FILES = ("video_url", "cover_url", "subtitles_url", "captions_url")


# -- stories -------------------------------------------------------------------------------------------------------------------


async def test_creating_a_story_answers_at_once_and_tells_where_to_look(served: Served) -> None:
    answer = await served.ask("POST", "/v1/stories", json=STORY)
    assert answer.status_code == 202
    body = answer.json()
    assert set(body) == {"operation_name", "state", "create_time", "name", "done", "metadata"}
    assert (body["name"], body["done"]) == (body["operation_name"], False)
    assert body["state"] == "queued"
    is_time(body["create_time"])
    name = body["operation_name"]
    assert re.fullmatch(r"operations/[0-9a-f-]{36}", name)
    assert answer.headers["location"] == f"/v1/{name}"
    assert answer.headers["retry-after"] == "1"
    assert (await served.get(f"/v1/{name}"))["id"] == name.removeprefix("operations/")


async def test_a_new_story_is_generating_and_has_no_film(served: Served) -> None:
    await served.begin()
    (story,) = (await served.get("/v1/stories"))["items"]
    has_all(story, STORY_KEYS)
    assert story["content"] == STORY["script_content"]
    assert story["title"] == STORY["display_name"]
    assert story["user_id"] == str(ALICE)
    assert (story["status"], story["duration"], story["timeline"]) == ("generating", 0, None)
    assert [story[kind] for kind in FILES] == [""] * 4
    assert (story["style"], story["language"], story["aspect"], story["film_stale"]) == ("movie", "zh", "16:9", False)
    is_time(story["created_at"])
    is_time(story["updated_at"])
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
        has_all(shot, SHOT_KEYS)
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
