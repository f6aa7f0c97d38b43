"""What a whole stack says to bad input: each mistake its own clear word in both languages, and nothing half-done."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.harness import Client, Json, RunningStack

TEXT = "A lantern burns on the quay. A boat comes home through the fog."
STORIES = "/v1/stories"
STORY = "/v1/stories/{story}"
SHOT = "/v1/stories/{story}/shots/{shot}"
COMPILE = f"{STORY}/compile"
REGENERATE = f"{SHOT}/regenerate"
NOBODYS = "01990000-0000-7000-8000-000000000000"
HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Bad:
    """A request, how it is refused, and a piece of what its user is told. A `body` of bytes is sent as it is."""

    named: str
    status: int
    reason: str
    told: str
    body: Any = None
    path: str = STORIES
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)


def story(named: str, status: int, reason: str, told: str, text: Any, **more: Any) -> Bad:
    return Bad(named, status, reason, told, {"script_content": text, **more})


CASES = [
    # what a story may be
    story("empty", 400, "EMPTY_TEXT", "body.script_content is empty", ""),
    story("blank", 400, "EMPTY_TEXT", "body.script_content is empty", " \n\t\u200b"),
    story("a megabyte", 413, "TEXT_TOO_LONG", "the limit is 20000", "a" * 1_000_000),
    story("a mebibyte and more", 413, "BODY_TOO_LARGE", "1048576 bytes", "a" * 1_048_576),
    story("emoji", 400, "NO_WORDS", "only symbols or emoji", "😀🎬🐉"),
    story("Hebrew", 400, "LANGUAGE_NOT_TOLD", "Hebrew", "שני מטיילים אבדו בהרים המושלגים"),
    story("Arabic", 400, "LANGUAGE_NOT_TOLD", "Arabic", "كان يا ما كان في قديم الزمان"),
    story("a control character", 400, "CONTROL_CHARACTER", "U+0000 at position 4", "雪山里\x00的故事"),
    story("an escape sequence", 400, "CONTROL_CHARACTER", "U+001B at position 1", "\x1b[31mRed"),
    Bad("half a character", 400, "BROKEN_CHARACTER", "position 1", rb'{"script_content": "\ud83d"}'),
    # what JSON may be
    Bad("malformed", 400, "MALFORMED_JSON", "line 1, column 24", b'{"script_content": "a",,}'),
    Bad("cut short", 400, "MALFORMED_JSON", "line 1", b'{"script_content": "a'),
    Bad("no body", 400, "NO_BODY", "The body is missing", b""),
    Bad("a list", 400, "NOT_AN_OBJECT", "not array", []),
    Bad("another encoding", 400, "NOT_UTF8", "UTF-8", '{"script_content": "两名旅人"}'.encode("gb18030")),
    Bad("a form", 415, "UNSUPPORTED_MEDIA_TYPE", "text/plain", b"{}", headers={"Content-Type": "text/plain"}),
    # what fields may be
    story("text as a number", 400, "WRONG_TYPE", "body.script_content must be string, not number", 7),
    story("text as null", 400, "WRONG_TYPE", "body.script_content must be string, not null", None),
    story("a number as text", 400, "WRONG_TYPE", "body.shots must be integer, not string", TEXT, shots="5"),
    story("too many shots", 400, "OUT_OF_RANGE", "from 1 to 60, not 61", TEXT, shots=61),
    story("an unknown field", 400, "UNKNOWN_FIELD", "body.stile is not a field here", TEXT, stile="ink"),
    story("an unknown style", 400, "UNKNOWN_VALUE", "body.style 'steampunk'", TEXT, style="steampunk"),
    story("an unknown language", 400, "UNKNOWN_VALUE", "choose one of: zh, en", TEXT, language="fr"),
    story("an absurd title", 413, "TEXT_TOO_LONG", "body.display_name has 5000", TEXT, display_name="长" * 5000),
    Bad("no text", 400, "MISSING_FIELD", "body.script_content is missing", {"style": "ink"}),
    # absurd sizes
    Bad("wide", 400, "OUT_OF_RANGE", "body.width must be from 64 to 1920, not 100000", {"width": 100_000}, COMPILE),
    Bad("flat", 400, "OUT_OF_RANGE", "body.height must be from 64 to 1920, not 0", {"height": 0}, COMPILE),
    Bad("negative", 400, "OUT_OF_RANGE", "body.width must be from 64 to 1920, not -8", {"width": -8}, COMPILE),
    Bad("odd", 400, "NOT_A_MULTIPLE", "body.width must be a multiple of 8, not 641", {"width": 641}, COMPILE),
    Bad("fast", 400, "OUT_OF_RANGE", "body.fps must be from 8 to 60, not 1000", {"fps": 1000}, COMPILE),
    Bad("broken frames", 400, "WRONG_TYPE", "body.fps must be integer", {"fps": 23.976}, COMPILE),
    Bad("beyond counting", 400, "OUT_OF_RANGE", "body.width must be from 64 to 1920", {"width": 10**30}, COMPILE),
    # shots
    Bad("an unknown asset", 400, "UNKNOWN_VALUE", "body.asset_type 'ASSET_SMELL'", {"asset_type": "ASSET_SMELL"}, REGENERATE),
    Bad("a long wish", 413, "TEXT_TOO_LONG", "body.details has 2001", {"details": "长" * 2001}, REGENERATE),
    Bad("a wrong patch", 400, "WRONG_TYPE", "body.shot.narration", {"shot": {"narration": 7}}, SHOT, "PATCH"),
    Bad("an empty patch", 400, "NOTHING_TO_CHANGE", "names nothing to change", {"shot": {}}, SHOT, "PATCH"),
    Bad("an empty shot", 400, "EMPTY_TEXT", "body.shot.details is empty", {"shot": {"details": " "}}, SHOT, "PATCH"),
    # what is not there
    Bad("an unknown shot", 404, "SHOT_NOT_FOUND", NOBODYS, {}, f"{STORY}/shots/{NOBODYS}/regenerate"),
    Bad("an unknown story", 404, "STORY_NOT_FOUND", NOBODYS, {}, f"/v1/stories/{NOBODYS}/compile"),
    Bad("no id", 400, "NOT_A_UUID", "path.story_id must be a UUID", {}, "/v1/stories/7/compile"),
    Bad("another's story", 404, "STORY_NOT_FOUND", "There is no story", {}, "/v1/stories/{other_story}/compile"),
    Bad("another's shot", 404, "SHOT_NOT_FOUND", "There is no shot", {}, f"{STORY}/shots/{{other_shot}}/regenerate"),
    Bad("another's operation", 404, "OPERATION_NOT_FOUND", "There is no operation", {}, "/v1/operations/{other_operation}:cancel"),
    Bad(
        "another's story, to be thrown away",
        404,
        "STORY_NOT_FOUND",
        "There is no story",
        None,
        "/v1/stories/{other_story}",
        "DELETE",
    ),
]


class Users:
    """One who makes mistakes, and one whose things are none of the first one's business; each with a story of one shot."""

    def __init__(self, user: Client, other: Client) -> None:
        self.user, self.other = user, other
        mine, yours = (each.made_story(TEXT, shots=1)["id"] for each in (user, other))
        self.ids = {
            "story": mine,
            "shot": user.shots(mine)[0]["id"],
            "other_story": yours,
            "other_shot": other.shots(yours)[0]["id"],
            "other_operation": other.operations(1)[0]["id"],
        }

    def refused(self, bad: Bad, language: str) -> tuple[int, str, Json]:
        """The answer's status, path and problem."""
        path = bad.path.format(**self.ids)
        content = bad.body if isinstance(bad.body, bytes | None) else json.dumps(bad.body).encode()
        headers = {"Accept-Language": language, "Content-Type": "application/json"} | bad.headers
        answer = self.user.http.request(bad.method, path, content=content, headers=headers)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        return answer.status_code, path, answer.json()

    def everything(self) -> list[Json]:
        """What both of them have."""
        owned = ((self.user, "story"), (self.other, "other_story"))
        paths = ((user, path) for user, name in owned for path in (STORIES, "/v1/operations", f"{STORIES}/{self.ids[name]}/shots"))
        return [user.http.get(path).json() for user, path in paths]


@pytest.fixture(scope="module")
def users(blank_stack: RunningStack) -> Iterator[Users]:
    with blank_stack.client() as user, blank_stack.client() as other:
        yield Users(user, other)


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.named)
def test_a_mistake_is_told_and_nothing_comes_of_it(users: Users, bad: Bad) -> None:
    before = users.everything()
    status, path, problem = users.refused(bad, "en")
    assert (status, problem["reason"]) == (bad.status, bad.reason), problem
    assert (problem["status"], problem["instance"]) == (status, path)
    assert bad.told in problem["detail"]
    assert len(problem["detail"]) < 400
    again, _, chinese = users.refused(bad, "zh")
    assert (again, chinese["reason"]) == (status, bad.reason)
    assert HAN.search(chinese["detail"])
    assert HAN.search(chinese["title"])
    assert users.everything() == before


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("小明 met a dragon 在雪山 called Snow，然后他们一起回家。", "zh"),
        ("Two travellers read the sign \u202bسلام\u202c and went on through the snow together. 🎬", "en"),
        ("Anna found the word 雪 carved into the old door of the lighthouse.", "en"),
    ],
)
def test_mixed_scripts_are_told(blank_client: Client, text: str, language: str) -> None:
    made = blank_client.made_story(text, shots=1)
    assert (made["status"], made["content"], made["language"]) == ("ready", text, language)
