"""What a plan asks of an engine of clips that can use more than a picture."""

from dataclasses import replace

import pytest

from services.core import cutting, pipeline
from services.core.model import Accepts, Digest, OperationType
from services.core.requests import ClipRequest, Service, SoundtrackRequest, TransitionRequest
from tests.fixtures.hand import Hand, steps


def accepting(hand: Hand, accepts: Accepts) -> None:
    hand.engines[Service.CLIPS] = replace(hand.engines[Service.CLIPS], accepts=accepts)


def clips(hand: Hand) -> list[ClipRequest]:
    """The clips of the film, in its order."""
    by_shot = {step.shot_id: step.request for step in steps(hand) if isinstance(step.request, ClipRequest)}
    return [by_shot[shot.id] for shot in hand.work.shots]


def test_lips_move_when_the_voice_is_heard(hand: Hand) -> None:
    hand.run()
    hand.change(2, transition="wipe")
    hand.change(4, narration="")
    accepting(hand, Accepts(speech=True))
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    (soundtrack,) = (step.request for step in steps(hand) if isinstance(step.request, SoundtrackRequest))
    spoken = [clip for clip in clips(hand) if clip.speech]
    assert [clip.speech for clip in clips(hand)].index(None) == 3
    assert [(clip.speech, clip.speech_at) for clip in spoken] == [(v.speech, v.speech_start) for v in soundtrack.voices]
    assert {clip.speech_at for clip in spoken} == {cutting.LEAD_AFTER_CUT, cutting.LEAD_AFTER_TRANSITION}
    assert all(shot.clip for shot in hand.work.shots)


def test_another_line_is_another_clip_only_where_lips_move(compiled: Hand) -> None:
    for accepts, clips_made in ((Accepts(), 0), (Accepts(speech=True), 1)):
        accepting(compiled, accepts)
        compiled.next(OperationType.VIDEO_RENDER)
        compiled.run()
        compiled.change(2, narration=f"换一句 {accepts}。", revision=2)
        compiled.next(OperationType.VIDEO_RENDER)
        compiled.run()
        assert (compiled.calls["speech"], compiled.calls["clip"]) == (1, clips_made)


def test_a_regenerated_clip_is_the_one_that_the_film_asks_for(hand: Hand) -> None:
    hand.run()
    accepting(hand, Accepts(speech=True))
    payload = {"asset_type": "ASSET_VIDEO"}
    hand.next(OperationType.SHOT_REGEN, shot_id=hand.work.shots[1].id, payload=payload)
    hand.run()
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    assert hand.calls["clip"] == 4


@pytest.mark.parametrize("accepts", [Accepts(), Accepts(speech=True)])
def test_a_draft_moves_no_lips(hand: Hand, accepts: Accepts) -> None:
    hand.run()
    accepting(hand, accepts)
    hand.next(OperationType.VIDEO_RENDER, payload={"quality": "draft"})
    assert not any(clip.speech or clip.speech_at for clip in clips(hand))


def test_an_engine_that_moves_no_lips_is_asked_as_it_always_was(compiled: Hand) -> None:
    accepting(compiled, Accepts(last=True))
    compiled.next(OperationType.VIDEO_RENDER)
    assert pipeline.plan(compiled.work, compiled.engines, compiled.made).complete


@pytest.fixture
def morphing(hand: Hand) -> Hand:
    """A story whose third shot the second one turns into, by an engine that can; its film is asked for."""
    hand.run()
    hand.change(3, transition="morph")
    accepting(hand, Accepts(last=True))
    hand.next(OperationType.VIDEO_RENDER)
    return hand


def image(hand: Hand, sequence: int) -> Digest:
    keyframe = hand.work.shots[sequence - 1].keyframe
    assert keyframe is not None
    return keyframe.parts["image"].digest


def transitions(hand: Hand) -> list[str]:
    return [step.request.transition for step in steps(hand) if isinstance(step.request, TransitionRequest)]


def test_a_shot_turns_into_the_next_and_a_cut_joins_them(morphing: Hand) -> None:
    film = morphing.run()
    assert [clip.last for clip in clips(morphing)] == [None, image(morphing, 3), None, None, None]
    assert transitions(morphing) == ["dissolve", "dissolve"]  # the cards'
    assert film is not None
    (soundtrack,) = (step.request for step in steps(morphing) if isinstance(step.request, SoundtrackRequest))
    assert soundtrack.voices[2].speech_start == cutting.LEAD_AFTER_CUT
    assert film.timeline[2].start == pytest.approx(film.timeline[1].start + clips(morphing)[1].frames / 24, abs=0.001)


def test_where_no_engine_makes_it_it_is_a_dissolve(morphing: Hand) -> None:
    accepting(morphing, Accepts(speech=True))
    morphing.run()
    assert transitions(morphing) == ["dissolve"] * 3
    assert not any(clip.last for clip in clips(morphing))
    film = [step.key for step in steps(morphing) if step.kind != "clip"]
    morphing.change(3, transition="dissolve")
    assert [step.key for step in steps(morphing) if step.kind != "clip"] == film


def test_another_picture_is_another_end_of_the_clip_before(morphing: Hand) -> None:
    morphing.run()
    morphing.change(3, details="改为夜晚星空场景", prompt="", revision=2)
    morphing.next(OperationType.VIDEO_RENDER)
    morphing.run()
    assert morphing.calls == {"keyframe": 1, "clip": 2, "segment": 2, "film": 1}
    morphing.next(OperationType.VIDEO_RENDER)
    assert pipeline.plan(morphing.work, morphing.engines, morphing.made).complete


def test_the_clip_waits_for_the_picture_that_it_ends_on(morphing: Hand) -> None:
    morphing.change(3, details="改为夜晚星空场景", prompt="", revision=2)
    made = {step.key: morphing.artifact(step) for step in steps(morphing) if step.kind == "speech"}
    plan = pipeline.plan(morphing.work, morphing.engines, made)
    waiting = [shot.id for shot in morphing.work.shots if shot.sequence in {2, 3}]
    assert [step.shot_id for step in plan.steps if step.kind == "keyframe"] == waiting[1:]
    assert not {step.shot_id for step in plan.steps if step.kind == "clip"} & set(waiting)
    assert plan.waiting


@pytest.mark.parametrize(("has_picture", "made"), [(True, 4), (False, 5)])
def test_a_regenerated_clip_ends_on_the_next_picture_where_there_is_one(morphing: Hand, *, has_picture: bool, made: int) -> None:
    second, third = morphing.work.shots[1:3]
    if not has_picture:
        morphing.change(3, keyframe=None)
    morphing.next(OperationType.SHOT_REGEN, shot_id=second.id, payload={"asset_type": "ASSET_VIDEO"})
    morphing.run()
    morphing.change(3, keyframe=third.keyframe)
    morphing.next(OperationType.VIDEO_RENDER)
    morphing.run()
    assert morphing.calls["clip"] == made


def test_nothing_turns_into_the_first_shot(hand: Hand) -> None:
    hand.run()
    hand.change(1, transition="morph")
    accepting(hand, Accepts(last=True))
    hand.next(OperationType.VIDEO_RENDER)
    assert not any(clip.last for clip in clips(hand))
    assert transitions(hand) == ["dissolve", "dissolve"]
