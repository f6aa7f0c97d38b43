"""Every bad input gets a clear answer of its own, and leaves nothing behind."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from services.core.model import AssetType, Language
from services.core.vocabulary import Style
from services.gateway import body, validation
from services.gateway.dialects.stories import schemas
from tests.fixtures.gateway_app import STORY, Served

# -- what JSON may be ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason", "told"),
    [
        (b'{"script_content": "a",,}', "MALFORMED_JSON", "line 1, column 24"),
        (b'{\n  "script_content": "a"\n', "MALFORMED_JSON", "line 3, column 1"),
        (b"{'script_content': 'a'}", "MALFORMED_JSON", "line 1, column 2"),
        (b'{"script_content": "a\nb"}', "MALFORMED_JSON", "line 1, column 22"),
        (b"not json", "MALFORMED_JSON", "line 1, column 1"),
        (b'{"shots": NaN}', "NOT_A_JSON_NUMBER", "NaN"),
        (b'{"shots": -Infinity}', "NOT_A_JSON_NUMBER", "-Infinity"),
        (b'{"shots": ' + b"9" * 5000 + b"}", "NUMBER_TOO_LONG", "too many digits"),
        (b"[" * 100_000, "JSON_TOO_DEEP", "nested too deeply"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "JSON_TOO_DEEP", "nested too deeply"),
        ('{"script_content": "两名旅人"}'.encode("gb18030"), "NOT_UTF8", "UTF-8"),
        (b"\xff\xfe", "NOT_UTF8", "UTF-8"),
        (b"", "NO_BODY", "missing"),
        (b"  \r\n", "NO_BODY", "missing"),
        (b'["story"]', "NOT_AN_OBJECT", "array"),
        (b'"story"', "NOT_AN_OBJECT", "string"),
        (b"null", "NOT_AN_OBJECT", "null"),
        (b"true", "NOT_AN_OBJECT", "boolean"),
        (b"7.5", "NOT_AN_OBJECT", "number"),
        (b'{"script_content": "\\ud83d alone"}', "BROKEN_CHARACTER", "body.script_content"),
        (b'{"\\ud83d": "alone"}', "BROKEN_CHARACTER", "position 1"),
    ],
)
async def test_what_is_no_json(served: Served, content: bytes, reason: str, told: str) -> None:
    problem = await served.refused(400, reason, content=content)
    assert told in problem["detail"]


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert body.parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=gbk", "?"],
)
async def test_another_type_of_body(served: Served, content_type: str) -> None:
    content = json.dumps(STORY).encode()
    problem = await served.refused(415, "UNSUPPORTED_MEDIA_TYPE", content=content, headers={"Content-Type": content_type})
    assert content_type in problem["detail"]


async def test_a_packed_body(served: Served) -> None:
    await served.refused(415, "UNSUPPORTED_ENCODING", content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("content_type", [None, "application/json", "Application/JSON; charset=UTF-8"])
async def test_a_json_body_by_any_spelling(served: Served, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await served.ask("POST", "/v1/stories", content=json.dumps(STORY).encode(), headers=headers)
    assert answer.status_code == 202


# -- how big it may be ---------------------------------------------------------------------------------------------------------


async def test_a_story_of_more_than_a_mebibyte(served: Served) -> None:
    content = json.dumps({"script_content": "a" * 1_100_000}).encode()
    problem = await served.refused(413, "BODY_TOO_LARGE", content=content)
    assert "1048576 bytes" in problem["detail"]


async def test_a_body_that_grows_is_left_at_the_limit(served: Served) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65_536
            yield b"a" * 65_536

    answer = await served.ask("POST", "/v1/stories", content=endless())
    assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")
    assert answer.headers["connection"] == "close"
    assert read <= served.settings.max_body_bytes + 2 * 65_536


async def test_a_story_that_is_too_long(served: Served) -> None:
    problem = await served.refused(413, "TEXT_TOO_LONG", json={"script_content": "雪" * 20_001})
    assert problem["errors"][0]["field"] == "body.script_content"
    assert "20001" in problem["detail"]
    assert "20000" in problem["detail"]
    await served.begin(body={"script_content": "雪" * 20_000})


# -- what a story may be -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason", "told"),
    [
        ("", "EMPTY_TEXT", "body.script_content"),
        ("  \n\t ", "EMPTY_TEXT", "body.script_content"),
        ("\u200b\ufeff", "EMPTY_TEXT", "body.script_content"),
        ("😀🎬🐉", "NO_WORDS", "emoji"),
        ("!!! 123 ???", "NO_WORDS", "emoji"),
        ("a\x00b", "CONTROL_CHARACTER", "U+0000 at position 2"),
        ("雪\x1b[31m山", "CONTROL_CHARACTER", "U+001B at position 2"),
        ("كان يا ما كان في قديم الزمان", "LANGUAGE_NOT_TOLD", "Arabic"),
        ("שני מטיילים אבדו בהרים", "LANGUAGE_NOT_TOLD", "Hebrew"),
        ("Жили-были дед да баба", "LANGUAGE_NOT_TOLD", "Cyrillic"),
    ],
)
async def test_what_is_no_story(served: Served, text: str, reason: str, told: str) -> None:
    problem = await served.refused(400, reason, json={"script_content": text})
    assert told in problem["detail"]
    assert problem["errors"][0]["field"] == "body.script_content"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("小明 met a dragon 在雪山 called Snow，然后他们一起回家。", "zh"),
        ("Anna found the word 雪 carved into the old door of the lighthouse.", "en"),
        ("Two travellers read the sign \u202bسلام\u202c and went on through the snow together.", "en"),
        ("😀 A dragon learns to sing. 🎵", "en"),
        ("龙", "zh"),
    ],
)
async def test_unusual_stories_are_told(served: Served, text: str, language: str) -> None:
    await served.begin(body={"script_content": text})
    (story,) = (await served.get("/v1/stories"))["items"]
    assert (story["content"], story["language"]) == (text, language)


# -- fields --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason", "field", "told"),
    [
        ({"script_content": 7}, "WRONG_TYPE", "body.script_content", "string, not number"),
        ({"script_content": None}, "WRONG_TYPE", "body.script_content", "string, not null"),
        ({"script_content": ["a"]}, "WRONG_TYPE", "body.script_content", "string, not array"),
        ({"style": True}, "WRONG_TYPE", "body.style", "string, not boolean"),
        ({"display_name": {}}, "WRONG_TYPE", "body.display_name", "string, not object"),
        ({"shots": "5"}, "WRONG_TYPE", "body.shots", "integer, not string"),
        ({"shots": 5.5}, "WRONG_TYPE", "body.shots", "integer, not number"),
        ({"shots": True}, "WRONG_TYPE", "body.shots", "integer, not boolean"),
        ({"shots": 0}, "OUT_OF_RANGE", "body.shots", "from 1 to 60, not 0"),
        ({"shots": 61}, "OUT_OF_RANGE", "body.shots", "from 1 to 60, not 61"),
        ({"shots": 10**30}, "OUT_OF_RANGE", "body.shots", "from 1 to 60"),
        ({"stile": "ink"}, "UNKNOWN_FIELD", "body.stile", "script_content, display_name, style"),
        ({"x" * 5000: 1}, "UNKNOWN_FIELD", "", "…"),
        ({"style": "steampunk"}, "UNKNOWN_VALUE", "body.style", "'steampunk'"),
        ({"style": "movie poster"}, "UNKNOWN_VALUE", "body.style", "'movie poster'"),
        ({"style": "s" * 5000}, "UNKNOWN_VALUE", "body.style", "…"),
        ({"aspect": "21:9"}, "UNKNOWN_VALUE", "body.aspect", "16:9, 9:16, 1:1, 4:3"),
        ({"language": "fr"}, "UNKNOWN_VALUE", "body.language", "zh, en"),
        ({"display_name": "a\x07"}, "CONTROL_CHARACTER", "body.display_name", "U+0007"),
        ({"voice": "\x7f"}, "CONTROL_CHARACTER", "body.voice", "U+007F"),
    ],
)
async def test_a_field_that_is_wrong(served: Served, change: dict[str, Any], reason: str, field: str, told: str) -> None:
    problem = await served.refused(400, reason, json=STORY | change)
    assert told in problem["detail"]
    assert len(problem["detail"]) < 500
    if field:
        assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize("field", ["display_name", "voice"])
async def test_a_short_text_that_is_long(served: Served, field: str) -> None:
    problem = await served.refused(413, "TEXT_TOO_LONG", json=STORY | {field: "长" * 101})
    assert problem["errors"][0]["field"] == f"body.{field}"


async def test_an_unknown_style_names_all_styles(served: Served) -> None:
    problem = await served.refused(400, "UNKNOWN_VALUE", json=STORY | {"style": "油画"})
    for style in Style:
        assert style.value in problem["detail"]
        assert style.word(Language.ZH) in problem["detail"]


async def test_a_missing_field(served: Served) -> None:
    problem = await served.refused(400, "MISSING_FIELD", json={"style": "ink"})
    assert problem["errors"][0]["field"] == "body.script_content"


async def test_all_mistakes_of_a_body_are_told_at_once(served: Served) -> None:
    problem = await served.refused(400, "WRONG_TYPE", json={"script_content": 1, "shots": 99, "colour": "red"})
    assert [(error["field"], error["reason"]) for error in problem["errors"]] == [
        ("body.script_content", "WRONG_TYPE"),
        ("body.shots", "OUT_OF_RANGE"),
        ("body.colour", "UNKNOWN_FIELD"),
    ]


@pytest.mark.parametrize(
    ("sent", "status", "reason", "field"),
    [
        ({}, 400, "MISSING_FIELD", "body.shot"),
        ({"shot": None}, 400, "WRONG_TYPE", "body.shot"),
        ({"shot": "night"}, 400, "WRONG_TYPE", "body.shot"),
        ({"shot": {}}, 400, "NOTHING_TO_CHANGE", "body.shot"),
        ({"shot": {"narration": None}}, 400, "NOTHING_TO_CHANGE", "body.shot"),
        ({"details": "night"}, 400, "MISSING_FIELD", "body.shot"),
        ({"shot": {"detail": "night"}}, 400, "UNKNOWN_FIELD", "body.shot.detail"),
        ({"shot": {"sequence": "2"}}, 400, "UNKNOWN_FIELD", "body.shot.sequence"),
        ({"shot": {"details": 5}}, 400, "WRONG_TYPE", "body.shot.details"),
        ({"shot": {"details": " "}}, 400, "EMPTY_TEXT", "body.shot.details"),
        ({"shot": {"details": "a" * 2001}}, 413, "TEXT_TOO_LONG", "body.shot.details"),
        ({"shot": {"type": "a" * 101}}, 413, "TEXT_TOO_LONG", "body.shot.type"),
        ({"shot": {"bgm": "\x01"}}, 400, "CONTROL_CHARACTER", "body.shot.bgm"),
    ],
)
async def test_a_patch_that_is_wrong(served: Served, sent: Any, status: int, reason: str, field: str) -> None:
    story_id, shots = await served.create(shots=1)
    path = f"/v1/stories/{story_id}/shots/{shots[0].id}"
    problem = await served.refused(status, reason, path=path, method="PATCH", json=sent)
    assert problem["errors"][0]["field"] == field
    assert await served.store.shot(shots[0].user_id, story_id, shots[0].id) == shots[0]


@pytest.mark.parametrize(
    ("sent", "status", "reason", "field"),
    [
        ({"asset_type": "ASSET_SMELL"}, 400, "UNKNOWN_VALUE", "body.asset_type"),
        ({"asset_type": "image"}, 400, "UNKNOWN_VALUE", "body.asset_type"),
        ({"asset_type": 1}, 400, "WRONG_TYPE", "body.asset_type"),
        ({"details": "a" * 2001}, 413, "TEXT_TOO_LONG", "body.details"),
        ({"details": "\x00"}, 400, "CONTROL_CHARACTER", "body.details"),
        ({"asset": "ASSET_IMAGE"}, 400, "UNKNOWN_FIELD", "body.asset"),
    ],
)
async def test_a_regenerate_that_is_wrong(served: Served, sent: Any, status: int, reason: str, field: str) -> None:
    story_id, shots = await served.create(shots=1)
    path = f"/v1/stories/{story_id}/shots/{shots[0].id}/regenerate"
    problem = await served.refused(status, reason, path=path, json=sent)
    assert problem["errors"][0]["field"] == field
    if reason == "UNKNOWN_VALUE":
        assert all(asset_type.value in problem["detail"] for asset_type in AssetType)


@pytest.mark.parametrize(
    ("sent", "reason", "told"),
    [
        ({"width": 56}, "OUT_OF_RANGE", "from 64 to 1920"),
        ({"height": 1928}, "OUT_OF_RANGE", "from 64 to 1920"),
        ({"width": 1001}, "NOT_A_MULTIPLE", "multiple of 8"),
        ({"width": 640.5}, "WRONG_TYPE", "integer"),
        ({"fps": 7}, "OUT_OF_RANGE", "from 8 to 60"),
        ({"fps": 10**40}, "OUT_OF_RANGE", "from 8 to 60"),
        ({"subtitles": "open"}, "UNKNOWN_VALUE", "burned, soft, both, none"),
        ({"music": "yes"}, "WRONG_TYPE", "boolean, not string"),
        ({"title_card": "yes"}, "WRONG_TYPE", "boolean, not string"),
        ({"quality": "best"}, "UNKNOWN_VALUE", "standard, draft"),
        ({"music": 1}, "WRONG_TYPE", "boolean, not number"),
        ({"codec": "av1"}, "UNKNOWN_FIELD", "width, height, fps, subtitles, music"),
    ],
)
async def test_a_compile_that_is_wrong(served: Served, sent: Any, reason: str, told: str) -> None:
    story_id, _ = await served.create(shots=1)
    problem = await served.refused(400, reason, path=f"/v1/stories/{story_id}/compile", json=sent)
    assert told in problem["detail"]


@pytest.mark.parametrize("model", [schemas.CreateStoryBody, schemas.PatchShotBody, schemas.RegenerateBody, schemas.CompileBody])
@given(data=st.data())
def test_whatever_json_comes_the_complaint_can_be_worded(model: type[BaseModel], data: st.DataObject) -> None:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2))
    names = st.sampled_from([*model.model_fields, *schemas.ShotFields.model_fields]) | st.text()
    document = data.draw(st.dictionaries(names, values | st.dictionaries(names, values, max_size=3), max_size=4))
    try:
        model.model_validate(document)
    except ValidationError as error:
        complaints = validation.translate([{**e, "loc": ("body", *e["loc"])} for e in error.errors()], model)
        assert complaints
        for complaint in complaints:
            assert all(len(complaint.message(language)) < 400 for language in Language)
