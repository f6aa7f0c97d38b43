"""The core's tables and small functions."""

import string
from dataclasses import replace
from itertools import product

import pytest

from services.core import codec, errors, lifecycle, recipes
from services.core.commands import ShotChange
from services.core.merging import merged
from services.core.model import (
    Accepts,
    BibleEntry,
    Digest,
    Engine,
    Language,
    OperationStatus,
    OperationType,
    ShotStatus,
    StoryStatus,
)
from services.core.requests import ClipRequest, KeyframeRequest, SpeechRequest
from services.core.texts import TEXTS, render
from services.core.vocabulary import Aspect, CameraMove, Framing, Mood, Style, Transition
from tests import builders


def test_every_state_has_a_row_in_its_table() -> None:
    assert set(lifecycle.OPERATION) == set(OperationStatus)
    assert set(lifecycle.STORY) == set(StoryStatus)
    assert set(lifecycle.SHOT) == set(ShotStatus)


def test_terminal_states_are_those_without_a_way_out() -> None:
    assert {OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CANCELLED} == lifecycle.TERMINAL


def test_sources_are_the_states_that_lead_there() -> None:
    assert lifecycle.sources(lifecycle.OPERATION, OperationStatus.RUNNING) == (OperationStatus.QUEUED,)


@pytest.mark.parametrize(("a", "b", "same_shot"), list(product(OperationType, OperationType, [True, False])))
def test_conflicts_are_symmetric(a: OperationType, b: OperationType, *, same_shot: bool) -> None:
    assert lifecycle.conflicts(a, b, same_shot=same_shot) == lifecycle.conflicts(b, a, same_shot=same_shot)


def test_a_compile_runs_beside_a_regenerate() -> None:
    assert not lifecycle.conflicts(OperationType.VIDEO_RENDER, OperationType.SHOT_REGEN, same_shot=False)


@pytest.mark.parametrize("reason", TEXTS)
def test_both_languages_say_the_same_things(reason: str) -> None:
    english, chinese = TEXTS[reason]
    fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, chinese)]
    assert fields[0] == fields[1]
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    values = dict.fromkeys(fields[0], "x")
    assert "{" not in render(reason, Language.EN, values) + render(reason, Language.ZH, values)


def test_an_error_is_stored_in_the_storys_language_and_found_by_its_kind() -> None:
    error = errors.Unavailable("MODEL_UNAVAILABLE", service="speech")
    failure = error.failure(Language.ZH)
    assert failure.retryable
    assert "speech" in failure.message
    assert errors.BY_KIND[failure.kind] is errors.Unavailable


def test_error_kinds_are_distinct() -> None:
    kinds = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, errors.StoryreelError)]
    assert len(errors.BY_KIND) == len(kinds)


def test_a_recipe_depends_on_what_is_asked_and_who_serves_it_and_nothing_else() -> None:
    engine = Engine("kokoro", "1", "abc")
    request = SpeechRequest(text="你好", language=Language.ZH)
    key = recipes.key(request, engine)
    assert key == recipes.key(SpeechRequest(text="你好", language=Language.ZH, speed=1), engine)
    assert key != recipes.key(replace(request, text="您好"), engine)
    assert key != recipes.key(request, replace(engine, revision="abd"))
    assert len(key) == 64


def test_a_recipes_key_never_changes_between_releases() -> None:
    request = SpeechRequest(text="你好", language=Language.ZH)
    assert recipes.request_digest(request) == "8edda5ef02afb946c5aaa93a805414242f4c1598522c5864faf2883e6b342ea0"


def test_what_an_engine_accepts_is_part_of_no_recipe() -> None:
    clip = ClipRequest(
        keyframe={"image": Digest("ab" * 32)}, camera="镜头推进", frames=96, fps=24, width=1280, height=720, seed=7, prompt="雨"
    )
    picture = KeyframeRequest(
        prompt="雨",
        style="ink",
        language=Language.ZH,
        width=1280,
        height=720,
        seed=7,
        bible=(BibleEntry("character", "阿狸", "红色斗篷"),),
    )
    camera = Engine("camera", "2", accepts=Accepts(last=True, speech=True))
    diffusers = Engine("diffusers", "1", "abc", Accepts(references=8))
    # As the release before computed them.
    assert recipes.key(clip, camera) == "6c9169d033068733dd5cafc5be168240de246ba49e4a5910e9544f400c2e83df"
    assert recipes.key(picture, diffusers) == "d324ff4dc9dc85d66b38ca61e2e155fde9e53574c5aa1ec93c24749ffb266c82"
    assert codec.engine_to_json(camera) == {"name": "camera", "version": "2", "revision": ""}


def test_a_field_that_was_added_later_changes_a_key_only_when_it_is_used() -> None:
    plain = SpeechRequest(text="你好", language=Language.ZH)
    assert b"draft" not in recipes.canonical(plain)
    assert b'"draft":true' in recipes.canonical(replace(plain, draft=True))


def test_not_a_number_has_no_recipe() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        recipes.request_digest(SpeechRequest(text="x", language=Language.EN, speed=float("nan")))


def test_a_change_blanks_nothing() -> None:
    shot = builders.shot(builders.story())
    assert merged(shot, ShotChange(shot_id=shot.id)) == shot
    assert merged(shot, ShotChange(shot_id=shot.id, prompt="")).prompt == ""


@pytest.mark.parametrize(
    ("text", "move"),
    [
        ("水平横移拍摄", CameraMove.PAN),
        ("镜头推进", CameraMove.PUSH),
        ("绕轴横向左旋转", CameraMove.ORBIT),
        ("垂直升降拍摄", CameraMove.CRANE),
        ("固定机位", CameraMove.STATIC),
        ("slow dolly in on her face", CameraMove.PUSH),
        ("", None),
        ("no such move", None),
    ],
)
def test_camera_moves_are_recognised(text: str, move: CameraMove | None) -> None:
    assert CameraMove.recognise(text) is move


@pytest.mark.parametrize("word", [member for enum in (Style, CameraMove, Framing, Mood, Transition, Aspect) for member in enum])
def test_every_word_is_recognised_by_its_slug_and_in_both_languages(word: Style) -> None:
    enum = type(word)
    assert enum.of(word.value) is word
    assert {enum.recognise(spelling) for spelling in (word.value, word.word(Language.EN), word.word(Language.ZH))} == {word}
