"""Media over HTTP: ranges, revalidation, versions, and names that lead nowhere else."""

from typing import Any

import pytest

from services.core.errors import InvalidArgument
from services.core.model import Shot, StoryId
from services.gateway import ranges
from services.gateway.ranges import Span
from tests.builders import ALICE
from tests.fixtures.gateway_app import Served

FILM = b"0123456789"


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", Span(0, 10, 10)),
        ("bytes=0-0", Span(0, 1, 10)),
        ("bytes=2-4", Span(2, 5, 10)),
        ("bytes=9-9", Span(9, 10, 10)),
        ("bytes=5-99999999999", Span(5, 10, 10)),
        ("bytes=-3", Span(7, 10, 10)),
        ("bytes=-99", Span(0, 10, 10)),
        ("bytes= 1-2 ", Span(1, 3, 10)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=1-2,4-5", None),
        ("bytes=١-٢", None),
        ("items=0-1", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_the_range_that_is_asked_for(header: str | None, span: Span | None) -> None:
    assert ranges.wanted(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999-"])
def test_a_range_outside(header: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        ranges.wanted(header, 10)
    assert refusal.value.reason == "BAD_RANGE"


def test_no_range_lies_in_an_empty_file() -> None:
    with pytest.raises(InvalidArgument):
        ranges.wanted("bytes=0-", 0)


async def _film(served: Served) -> tuple[str, StoryId, Shot]:
    story_id, shots = await served.create(shots=1)
    await served.compile(story_id)
    return f"/static/{story_id}_FINAL_MOVIE.mp4", story_id, shots[0]


async def test_a_whole_file(served: Served) -> None:
    url, story_id, _ = await _film(served)
    story = await served.store.story(ALICE, story_id)
    assert story.film is not None
    answer = await served.ask("GET", url)
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == "10"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{story.film.video.digest}"'
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"] == f'inline; filename="{story_id}_FINAL_MOVIE.mp4"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = await served.ask("HEAD", url)
    same = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    assert (head.status_code, head.content) == (200, b"")
    assert {name: value for name, value in head.headers.items() if name != "x-request-id"} == same


@pytest.mark.parametrize(
    ("header", "part", "told"),
    [("bytes=2-4", b"234", "bytes 2-4/10"), ("bytes=-2", b"89", "bytes 8-9/10"), ("bytes=7-", b"789", "bytes 7-9/10")],
)
async def test_a_part_of_a_file(served: Served, header: str, part: bytes, told: str) -> None:
    url, _, _ = await _film(served)
    answer = await served.ask("GET", url, headers={"Range": header})
    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["content-range"] == told
    assert answer.headers["content-length"] == str(len(part))


async def test_a_part_that_is_not_there(served: Served) -> None:
    url, _, _ = await _film(served)
    answer = await served.ask("GET", url, headers={"Range": "bytes=10-"})
    assert (answer.status_code, answer.json()["reason"]) == (416, "BAD_RANGE")
    assert answer.headers["content-range"] == "bytes */10"


async def test_several_parts_are_the_whole(served: Served) -> None:
    url, _, _ = await _film(served)
    answer = await served.ask("GET", url, headers={"Range": "bytes=0-1,4-5"})
    assert (answer.status_code, answer.content) == (200, FILM)


async def test_a_part_only_of_the_version_that_is_meant(served: Served) -> None:
    url, _, _ = await _film(served)
    etag = (await served.ask("HEAD", url)).headers["etag"]
    for if_range, status in ((etag, 206), ('"other"', 200), (f"W/{etag}", 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200)):
        answer = await served.ask("GET", url, headers={"Range": "bytes=0-1", "If-Range": if_range})
        assert answer.status_code == status, if_range


async def test_what_the_client_has_is_not_sent_again(served: Served) -> None:
    url, _, _ = await _film(served)
    etag = (await served.ask("HEAD", url)).headers["etag"]
    for tags, status in ((etag, 304), (f'"x", W/{etag}', 304), ("*", 304), ('"x"', 200)):
        answer = await served.ask("GET", url, headers={"If-None-Match": tags})
        assert answer.status_code == status, tags
        assert answer.headers["etag"] == etag
        assert (answer.content == b"") == (status == 304)


async def test_a_current_picture_is_asked_for_again_and_a_version_never(served: Served) -> None:
    _, story_id, shot = await _film(served)
    current = f"/static/{story_id}_{shot.id}_keyframe.png"
    first = (await served.ask("GET", current)).headers
    await served.retake(shot)
    assert (await served.ask("GET", current)).headers["etag"] != first["etag"]
    version = await served.ask("GET", current.replace("keyframe", "keyframe_v1"))
    assert version.headers["etag"] == first["etag"]
    assert first["cache-control"] == "private, no-cache"
    assert version.headers["cache-control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("suffix", "content_type"),
    [
        ("_cover.jpg", "image/jpeg"),
        ("_subtitles.srt", "application/x-subrip"),
        ("_captions.vtt", "text/vtt"),
        ("_{shot}_clip.mp4", "video/mp4"),
        ("_{shot}_clip_v1.mp4", "video/mp4"),
        ("_{shot}_narration.wav", "audio/wav"),
        ("_{shot}_narration_v1.wav", "audio/wav"),
        ("_{shot}_keyframe.png", "image/png"),
    ],
)
async def test_every_kind_of_file(served: Served, suffix: str, content_type: str) -> None:
    _, story_id, shot = await _film(served)
    answer = await served.ask("GET", f"/static/{story_id}{suffix.format(shot=shot.id)}")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, content_type)
    assert len(answer.content) == int(answer.headers["content-length"])


@pytest.mark.parametrize(
    "name",
    [
        "{story}_cover.png",
        "{story}_FINAL_MOVIE.MP4",
        "{story}_final_movie.mp4",
        "{STORY}_FINAL_MOVIE.mp4",
        "{story}_FINAL_MOVIE.mp4%00",
        "{story}_FINAL_MOVIE.mp4%0a",
        "%20{story}_FINAL_MOVIE.mp4",
        "{story}",
        "{story}_",
        "{shot}_FINAL_MOVIE.mp4",
        "{shot}_{story}_keyframe.png",
        "{story}_{shot}_keyframe.jpg",
        "{story}_{shot}_clip.png",
        "{story}_{shot}_keyframe_v0.png",
        "{story}_{shot}_keyframe_v01.png",
        "{story}_{shot}_keyframe_v2.png",
        "{story}_{shot}_keyframe_v9999999999999.png",
        "{story}_{shot}_keyframe_v١.png",
        "{story}_{shot}_storyboard.json",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "..",
        "../healthz/../static/x",
        "x" * 5000,
    ],
)
async def test_a_name_that_is_none_of_ours(served: Served, name: str) -> None:
    _, story_id, shot = await _film(served)
    path = name.format(story=story_id, STORY=str(story_id).upper(), shot=shot.id)
    answer = await served.ask("GET", f"/static/{path}")
    assert answer.status_code == 404, answer.text
    assert answer.json()["reason"] in {"FILE_NOT_FOUND", "NO_SUCH_PATH"}


async def test_a_file_that_the_object_store_has_lost(served: Served) -> None:
    url, _, _ = await _film(served)
    media: Any = served.media
    media.media.clear()
    answer = await served.ask("GET", url)
    assert (answer.status_code, answer.json()["reason"]) == (404, "MEDIA_MISSING")


async def test_an_object_store_that_is_away(served: Served) -> None:
    url, _, _ = await _film(served)
    media: Any = served.media
    media.up = False
    answer = await served.ask("GET", url)
    assert (answer.status_code, answer.json()["reason"]) == (503, "STORAGE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
