"""What a person sees while and after a film is made: stages, the contact sheet's lines, words in two languages."""

import string
from collections.abc import Mapping

import pytest
from PIL import ImageFont

from services.cli.client import Event, parse_events
from services.cli.contact_sheet import columns_for, wrap
from services.cli.stages import Stages
from services.cli.texts import TEXTS, Words


def step(kind: str, step: str, shot: str | None = None, **facts: object) -> Event:
    at = facts.pop("at", "2026-11-22T10:00:00+00:00")
    return Event("1", kind, {"at": at, "data": {"step": step, "shot_id": shot, "key": "k", **facts}})


def test_stages_count_finished_steps_and_parts_of_running_ones() -> None:
    stages = Stages()
    stages.take(step("step_started", "storyboard"))
    stages.take(step("step_finished", "storyboard", seconds=0.25))
    stages.expect(4, spoken=3)
    stages.take(step("step_started", "keyframe", "a"))
    stages.take(step("step_started", "keyframe", "b"))
    stages.take(step("step_finished", "keyframe", "a", seconds=1.0))
    stages.take(Event("", "progress", {"data": {"steps": [{"kind": "keyframe", "shot_id": "b", "fraction": 0.5}]}}))
    assert (stages.done("storyboard"), stages.total("storyboard")) == (1, 1)
    assert (stages.done("keyframe"), stages.total("keyframe")) == (1.5, 4)
    assert [stages.total(stage) for stage in ("speech", "clip", "soundtrack", "film")] == [3, 4, 1, 5]


def test_portraits_are_one_more_picture_together() -> None:
    stages = Stages()
    stages.expect(2, spoken=2)
    stages.take(step("step_started", "keyframe"))
    assert (stages.done("keyframe"), stages.total("keyframe")) == (0, 3)
    for shot in (None, "a", "b"):
        stages.take(step("step_finished", "keyframe", shot, seconds=1.0))
    assert (stages.done("keyframe"), stages.total("keyframe")) == (3, 3)
    stages.finish("keyframe")
    assert stages.done("keyframe") == stages.total("keyframe") == 3


def test_a_storyboard_that_grows_counts_its_shots() -> None:
    stages = Stages()
    stages.take(step("step_started", "storyboard"))
    stages.take(Event("", "progress", {"data": {"steps": [{"kind": "storyboard", "shot_id": None, "fraction": 0.5}]}}))
    for written in (1, 2):
        stages.grow(written)
        assert (stages.done("storyboard"), stages.total("storyboard")) == (written, None)
    stages.take(step("step_finished", "storyboard", seconds=9.0))
    stages.finish("storyboard")
    stages.expect(3, spoken=3)
    assert (stages.done("storyboard"), stages.total("storyboard")) == (3, 3)
    assert stages.total("keyframe") == 3


def test_stages_say_what_they_took() -> None:
    stages = Stages()
    stages.take(step("step_started", "clip", "a", at="2026-11-22T10:00:00.000000+00:00"))
    stages.take(step("step_started", "clip", "b", at="2026-11-22T10:00:00.500000+00:00"))
    stages.take(step("step_finished", "clip", "b", seconds=1.0, at="2026-11-22T10:00:01.500000+00:00"))
    stages.take(step("step_finished", "clip", "a", seconds=2.0, at="2026-11-22T10:00:02.000000+00:00"))
    assert stages.spent() == {"clip": {"engine": 3.0, "wall": 2.0}}


def test_a_step_that_is_made_again_counts_once() -> None:
    stages = Stages()
    for kind in ("step_started", "step_failed", "step_started", "step_finished", "step_finished"):
        stages.take(step(kind, "clip", "a"))
    assert stages.done("clip") == 1


def test_a_late_progress_does_not_count_a_finished_step_again() -> None:
    stages = Stages()
    stages.take(step("step_finished", "clip", "a"))
    stages.take(Event("", "progress", {"data": {"steps": [{"kind": "clip", "shot_id": "a", "fraction": 0.9}]}}))
    assert stages.done("clip") == 1


def test_a_stage_where_nothing_had_to_be_made_is_complete() -> None:
    stages = Stages()
    stages.expect(3, spoken=3)
    stages.finish("keyframe", "storyboard")
    assert stages.done("keyframe") == stages.total("keyframe") == 3


def test_server_sent_events_are_read_as_the_standard_says() -> None:
    lines = [
        ": a comment",
        "",
        "event: started",
        "id: 3",
        'data: {"a":',
        "data:1}",
        "",
        "event: broken",
        "data: {",
        "",
        'data: {"b": 2}',
        "retry: 5",
        "",
        'data: {"unfinished": 1}',
    ]
    assert list(parse_events(iter(lines))) == [Event("3", "started", {"a": 1}), Event("", "message", {"b": 2})]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("one", ["one"]),
        ("one two three", ["one two", "three"]),
        ("one two three four five", ["one two", "three…"]),
        ("一二三四五六七八九十一二", ["一二三四五六七八", "九十一二"]),
    ],
)
def test_lines_break_at_spaces_and_end_in_an_ellipsis(text: str, lines: list[str]) -> None:
    assert wrap(text, ImageFont.load_default(10), round(ImageFont.load_default(10).getlength("one two t"))) == lines


@pytest.mark.parametrize(("shots", "columns"), [(1, 1), (2, 2), (4, 2), (5, 3), (12, 4), (60, 6)])
def test_a_sheet_is_at_most_six_pictures_wide(shots: int, columns: int) -> None:
    assert columns_for(shots) == columns


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_both_languages_name_the_same_facts(name: str) -> None:
    english, chinese = ({field for _, field, _, _ in string.Formatter().parse(text) if field} for text in TEXTS[name])
    assert english == chinese


@pytest.mark.parametrize(
    ("wanted", "environment", "language"),
    [
        ("", {}, "en"),
        ("", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ("", {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ("zh", {"LANG": "en_GB.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_wanted_one_or_the_locales(wanted: str, environment: Mapping[str, str], language: str) -> None:
    assert Words.of(wanted, environment).language == language
