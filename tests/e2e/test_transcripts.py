"""The old server's transcripts, cleaned, one after another against a whole stack with the engines that users get."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import av
import pytest

from services.core.vocabulary import CameraMove, Mood
from tests.e2e.harness import Client, RunningStack

pytestmark = pytest.mark.slow

Json = dict[str, Any]

ZERO = "00000000-0000-0000-0000-000000000000"
STORY_KEYS = {
    "id",
    "user_id",
    "created_at",
    "updated_at",
    "content",
    "title",
    "style",
    "duration",
    "status",
    "timeline",
    "cover_url",
    "video_url",
}
SHOT_KEYS = {
    *("id", "user_id", "created_at", "updated_at", "story_id", "sequence", "title", "description", "details", "narration"),
    *("type", "transition", "voice", "status", "image_url", "bgm"),
}
OPERATION_KEYS = {
    *("id", "user_id", "created_at", "updated_at", "story_id", "shot_id", "type", "payload", "status", "retries", "error_msg"),
    *("worker", "started_at", "finished_at"),
}
BODY = {"display_name": "雪山奇缘", "script_content": "两名旅人在雪山中迷路的故事", "style": "movie"}
HAN = re.compile(r"[\u4e00-\u9fff]")


class Transcript:
    """One user's story through the twelve calls; each test reads on where the one before it stopped."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.http = client.http
        self.created = self.http.post("/v1/stories", json=BODY)
        self.operation = self.follow(self.created.json())
        self.story_id = self.operation["story_id"]
        self.shots: list[Json] = self.http.get(f"/v1/stories/{self.story_id}/shots").json()["shots"]

    def follow(self, answer: Json) -> Json:
        assert answer["state"] == "queued"
        return self.client.succeeded(answer["operation_name"].removeprefix("operations/"))

    def story(self) -> Json:
        items: list[Json] = self.http.get("/v1/stories").json()["items"]
        return next(item for item in items if item["id"] == self.story_id)


@pytest.fixture(scope="module")
def transcript(stack: RunningStack) -> Iterator[Transcript]:
    with stack.client() as client:
        yield Transcript(client)


def test_creating_a_story_is_queued(transcript: Transcript) -> None:
    answer = transcript.created
    assert answer.status_code == 202
    assert set(answer.json()) >= {"operation_name", "state", "create_time"}
    operation = answer.json()["operation_name"].removeprefix("operations/")
    assert answer.headers["location"] == f"/v1/operations/{operation}"
    assert int(answer.headers["retry-after"]) >= 1
    assert datetime.fromisoformat(answer.json()["create_time"]).tzinfo is not None


def test_the_operation_says_what_was_asked_and_how_it_went(transcript: Transcript) -> None:
    operation = transcript.operation
    assert set(operation) >= OPERATION_KEYS
    assert operation["type"] == "story_create"
    assert operation["payload"] == BODY
    assert (operation["status"], operation["retries"], operation["error_msg"]) == ("succeeded", 0, "")
    assert operation["shot_id"] == ZERO
    assert operation["worker"].startswith("story-worker")
    created, started, finished = (datetime.fromisoformat(operation[key]) for key in ("created_at", "started_at", "finished_at"))
    assert created <= started <= finished


@pytest.mark.parametrize("spelling", ["/v1/operations/{id}", "/v1/operations/operations/{id}"])
def test_the_operation_answers_to_both_spellings(transcript: Transcript, spelling: str) -> None:
    answer = transcript.http.get(spelling.format(id=transcript.operation["id"]))
    assert answer.json()["id"] == transcript.operation["id"]


def test_the_story_is_ready_and_listed_first(transcript: Transcript) -> None:
    items = transcript.http.get("/v1/stories").json()["items"]
    assert items[0]["id"] == transcript.story_id
    assert set(items[0]) >= STORY_KEYS
    assert (items[0]["content"], items[0]["title"], items[0]["style"]) == (BODY["script_content"], "雪山奇缘", "movie")
    assert items[0]["status"] == "ready"


def test_the_shots_are_whole_in_one_style_and_in_chinese(transcript: Transcript) -> None:
    shots = transcript.shots
    assert len(shots) >= 3
    assert [shot["sequence"] for shot in shots] == [str(n) for n in range(1, len(shots) + 1)]
    for shot in shots:
        assert set(shot) >= SHOT_KEYS
        assert shot["status"] == "done"
        assert shot["image_url"] == f"/static/{transcript.story_id}_{shot['id']}_keyframe.png"
        assert HAN.search(shot["title"])
        assert HAN.search(shot["description"])
        assert shot["description"] == shot["details"]
        assert HAN.search(shot["type"])
        assert CameraMove.recognise(shot["type"])
        assert HAN.search(shot["voice"])
        assert Mood.recognise(shot["voice"])
    styles = {re.split("[。，]", shot["description"])[0] for shot in shots}
    assert len(styles) == 1, styles


def test_every_picture_is_there(transcript: Transcript) -> None:
    pictures = set()
    for shot in transcript.shots:
        answer = transcript.http.get(shot["image_url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
        pictures.add(answer.content)
    assert len(pictures) == len(transcript.shots)


def test_a_patch_changes_only_what_it_names(transcript: Transcript) -> None:
    before = transcript.shots[0]
    path = f"/v1/stories/{transcript.story_id}/shots/{before['id']}"
    patch = {"shot": {"details": "改为夜晚星空场景", "narration": "星空照亮前路"}}
    after = transcript.http.patch(path, json=patch).json()
    changed = {key for key in SHOT_KEYS if after[key] != before[key]}
    assert changed == {"details", "narration", "updated_at"}
    assert (after["details"], after["narration"]) == ("改为夜晚星空场景", "星空照亮前路")
    assert transcript.http.get(path).json() == after


def test_a_regenerate_makes_a_new_picture_and_blanks_nothing(transcript: Transcript) -> None:
    path = f"/v1/stories/{transcript.story_id}/shots/{transcript.shots[0]['id']}"
    before = transcript.http.get(path).json()
    picture = transcript.http.get(before["image_url"])
    body = {"details": "需要极光星空画面", "asset_type": "ASSET_IMAGE"}
    operation = transcript.follow(transcript.http.post(f"{path}/regenerate", json=body).json())
    assert operation["type"] == "shot_regen"
    assert operation["shot_id"] == before["id"]
    assert operation["payload"] == body | {"shot_id": before["id"]}

    after = transcript.http.get(path).json()
    assert after["details"] == after["description"] == "需要极光星空画面"
    for key in ("title", "narration", "type", "transition", "voice", "image_url", "status"):
        assert after[key] == before[key], key
    renewed = transcript.http.get(after["image_url"])
    assert renewed.content != picture.content
    assert renewed.headers["etag"] != picture.headers["etag"]

    versions = transcript.http.get(f"{path}/versions").json()["versions"]
    first = next(v for v in versions if v["asset_type"] == "ASSET_IMAGE" and v["number"] == 1)
    assert transcript.http.get(first["url"]).content == picture.content


def test_a_compile_makes_what_is_missing_and_then_the_film(transcript: Transcript) -> None:
    operation = transcript.follow(transcript.http.post(f"/v1/stories/{transcript.story_id}/compile").json())
    assert operation["type"] == "video_render"
    assert operation["payload"] == {"story_id": transcript.story_id}
    story = transcript.story()
    assert story["status"] == "ready"
    assert story["video_url"] == f"/static/{transcript.story_id}_FINAL_MOVIE.mp4"
    assert len(story["timeline"]) == len(transcript.shots)
    assert UUID(story["timeline"][0]["shot_id"])

    film = transcript.http.get(story["video_url"])
    assert film.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(film.content)) as container:
        (video,), (audio,) = container.streams.video, container.streams.audio
        assert (video.width, video.height) == (1280, 720)
        assert float(video.average_rate or 0) == 24
        assert video.duration is not None
        assert video.time_base is not None
        assert audio.duration is not None
        assert audio.time_base is not None
        seconds = float(video.duration * video.time_base)
        assert seconds == pytest.approx(story["duration"], abs=1 / 24)
        assert float(audio.duration * audio.time_base) == pytest.approx(seconds, abs=1 / 24)
    assert transcript.http.get(story["cover_url"]).headers["content-type"].startswith("image/")


def test_a_player_can_seek_in_the_film(transcript: Transcript) -> None:
    url = transcript.story()["video_url"]
    part = transcript.http.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert len(part.content) == 100
    assert part.headers["content-range"].startswith("bytes 100-199/")


def test_nobody_else_sees_any_of_it(transcript: Transcript, stack: RunningStack) -> None:
    shot = transcript.shots[0]
    with stack.client() as stranger:
        assert stranger.http.get("/v1/stories").json()["items"] == []
        for path in (
            f"/v1/stories/{transcript.story_id}",
            f"/v1/stories/{transcript.story_id}/shots",
            f"/v1/stories/{transcript.story_id}/shots/{shot['id']}",
            f"/v1/operations/{transcript.operation['id']}",
            shot["image_url"],
            transcript.story()["video_url"],
        ):
            assert stranger.http.get(path).status_code == 404, path


def test_an_english_story_speaks_english(transcript: Transcript) -> None:
    text = "A fisherman finds a lantern on the beach at dusk. He follows its light to a lighthouse in the storm."
    operation = transcript.follow(transcript.http.post("/v1/stories", json={"script_content": text, "shots": 2}).json())
    shots = transcript.http.get(f"/v1/stories/{operation['story_id']}/shots").json()["shots"]
    assert len(shots) == 2
    for shot in shots:
        for key in ("title", "description", "narration", "type", "voice"):
            assert not HAN.search(shot[key]), (key, shot[key])
        assert shot["type"]
