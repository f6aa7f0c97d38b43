"""What a plan asks of an engine of clips that can use more than a picture."""

from dataclasses import replace

import pytest

from services.core import cutting, pipeline
from services.core.model import Accepts, OperationType
from services.core.requests import ClipRequest, Service, SoundtrackRequest
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
