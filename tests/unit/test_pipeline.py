"""The plan is a pure function of what is there: each operation run to its end by hand, with the engines' calls counted."""

from dataclasses import replace

import pytest

from services.core import cutting, film_plan, pipeline
from services.core.errors import FailedPrecondition
from services.core.ledger import LandStoryboard
from services.core.model import AssetType, Engine, OperationType
from services.core.requests import (
    KeyframeRequest,
    Service,
)
from tests import builders
from tests.fixtures.hand import Hand


def test_creation_makes_one_storyboard_and_a_picture_for_each_shot(hand: Hand) -> None:
    hand.run()
    assert hand.calls == {"storyboard": 1, "keyframe": 5}
    assert all(shot.keyframe for shot in hand.work.shots)


def test_half_a_storyboard_is_not_taken_for_all_of_it(hand: Hand) -> None:
    story = replace(hand.work.story, storyboard_unfinished=True)
    hand.work = replace(hand.work, story=story, shots=(builders.shot(story, 1), builders.shot(story, 2)))
    plan = pipeline.plan(hand.work, hand.engines, hand.made)
    assert [step.kind for step in plan.steps] == ["storyboard"]
    hand.made[plan.steps[0].key] = hand.artifact(plan.steps[0])
    (landing,) = pipeline.plan(hand.work, hand.engines, hand.made).landings
    assert isinstance(landing, LandStoryboard)
    assert landing.seeds == pipeline.seeds(story, builders.storyboard())
    assert landing.seeds[:2] == pipeline.seeds(story, builders.storyboard(2))


def test_no_film_is_made_of_half_a_storyboard(compiled: Hand) -> None:
    work = replace(compiled.work, story=replace(compiled.work.story, storyboard_unfinished=True))
    with pytest.raises(FailedPrecondition) as caught:
        pipeline.plan(work, compiled.engines, compiled.made)
    assert caught.value.reason == "STORYBOARD_UNFINISHED"


def test_creation_resumes_with_only_what_is_missing(hand: Hand) -> None:
    hand.run()
    shots = hand.work.shots
    hand.work = replace(hand.work, shots=(*shots[:4], replace(shots[4], keyframe=None)))
    hand.made.clear()
    hand.next(OperationType.STORY_CREATE)
    hand.run()
    assert hand.calls == {"keyframe": 1}


def test_compile_makes_voices_clips_segments_and_one_film(hand: Hand) -> None:
    hand.run()
    hand.next(OperationType.VIDEO_RENDER)
    film = hand.run()
    assert hand.calls == {"speech": 5, "clip": 5, "card": 2, "segment": 7, "transition": 2, "soundtrack": 1, "film": 1}
    assert film is not None
    assert [entry.sequence for entry in film.timeline] == [1, 2, 3, 4, 5]
    first, second = film.timeline[:2]
    assert second.start == pytest.approx(first.start + first.duration)
    assert first.start == film_plan.CARD_SECONDS - cutting.OVERLAP
    assert set(film.timeline[0].artifacts) == {"image", "video", "audio", "segment"}


def test_compile_with_nothing_changed_calls_no_engine(compiled: Hand) -> None:
    compiled.next(OperationType.VIDEO_RENDER)
    assert compiled.run() is not None
    assert not compiled.calls


def test_editing_one_shot_re_makes_its_picture_clip_and_segment_once(compiled: Hand) -> None:
    compiled.change(3, details="改为夜晚星空场景", prompt="", revision=2)
    compiled.next(OperationType.VIDEO_RENDER)
    compiled.run()
    assert compiled.calls == {"keyframe": 1, "clip": 1, "segment": 1, "film": 1}


def test_editing_one_narration_leaves_its_picture(compiled: Hand) -> None:
    compiled.change(2, narration="星空照亮前路", revision=2)
    compiled.next(OperationType.VIDEO_RENDER)
    compiled.run()
    assert compiled.calls["keyframe"] == 0
    assert compiled.calls["speech"] == 1
    assert compiled.calls["segment"] == 1
    assert compiled.calls["soundtrack"] == 1


def test_another_clip_leaves_the_soundtrack(compiled: Hand) -> None:
    shot = compiled.work.shots[2]
    compiled.change(3, seeds=replace(shot.seeds, video=99), revision=2)
    compiled.next(OperationType.VIDEO_RENDER)
    compiled.run()
    assert compiled.calls == {"clip": 1, "segment": 1, "film": 1}


def test_a_new_picture_engine_does_not_replace_pictures_that_were_seen(compiled: Hand) -> None:
    compiled.engines[Service.KEYFRAMES] = Engine("another", "2")
    compiled.next(OperationType.VIDEO_RENDER)
    compiled.run()
    assert not compiled.calls


def test_a_shot_without_words_gets_no_voice(hand: Hand) -> None:
    hand.run()
    hand.change(1, narration="")
    hand.next(OperationType.VIDEO_RENDER)
    film = hand.run()
    assert hand.calls["speech"] == 4
    assert film is not None
    assert "audio" not in film.timeline[0].artifacts


@pytest.mark.parametrize(
    ("asset_type", "calls"),
    [
        (AssetType.IMAGE, {"keyframe": 1}),
        (AssetType.AUDIO, {"speech": 1}),
        (AssetType.VIDEO, {"speech": 1, "clip": 1}),
        (AssetType.TEXT, {"rewrite": 1}),
    ],
)
def test_regenerate_makes_exactly_what_it_names(hand: Hand, asset_type: AssetType, calls: dict[str, int]) -> None:
    hand.run()
    target = hand.work.shots[1]
    hand.next(OperationType.SHOT_REGEN, shot_id=target.id, payload={"asset_type": asset_type.value})
    if asset_type is AssetType.TEXT:
        hand.artifact = lambda step: builders.artifact(step, draft={"title": "新标题"})  # type: ignore[method-assign]  # one scripted answer
    hand.run()
    assert hand.calls == calls
    after = hand.work.shots[1]
    assert after.revision == target.revision + 1
    assert after.narration == target.narration
    assert after.camera == target.camera


def test_regenerate_is_a_new_take_and_every_attempt_asks_for_the_same_one(hand: Hand) -> None:
    hand.run()
    target = hand.work.shots[0]
    hand.next(OperationType.SHOT_REGEN, shot_id=target.id)
    first = pipeline.plan(hand.work, hand.engines, {}).steps
    again = replace(hand.work, operation=replace(hand.work.operation, attempt=2))
    assert pipeline.plan(again, hand.engines, {}).steps == first
    assert isinstance(first[0].request, KeyframeRequest)
    assert first[0].request.seed != target.seeds.image


def test_regenerate_with_details_changes_the_details_and_nothing_else(hand: Hand) -> None:
    hand.run()
    target = hand.work.shots[0]
    hand.next(OperationType.SHOT_REGEN, shot_id=target.id, payload={"details": "需要极光星空画面"})
    hand.run()
    after = hand.work.shots[0]
    assert (after.details, after.description, after.prompt) == ("需要极光星空画面", "需要极光星空画面", "")
    assert (after.title, after.narration, after.voice) == (target.title, target.narration, target.voice)
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    assert hand.calls["keyframe"] == 0


def test_regenerating_a_voice_with_details_speaks_them(hand: Hand) -> None:
    hand.run()
    target = hand.work.shots[0]
    hand.next(OperationType.SHOT_REGEN, shot_id=target.id, payload={"details": "星空照亮前路", "asset_type": "ASSET_AUDIO"})
    hand.run()
    after = hand.work.shots[0]
    assert (after.narration, after.details) == ("星空照亮前路", target.details)
    assert after.speech is not None
    assert hand.calls == {"speech": 1}
