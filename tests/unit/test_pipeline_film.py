"""What a plan asks of the engines for a film: sizes, transitions, cards, drafts, segments and the soundtrack."""

import pytest

from services.core import cutting, pipeline
from services.core.ledger import Plan
from services.core.model import Artifact, Key, OperationType
from services.core.ports import Work
from services.core.requests import (
    CardRequest,
    ClipRequest,
    FilmRequest,
    SegmentRequest,
    SoundtrackRequest,
    SpeechRequest,
    TransitionRequest,
)
from tests import builders
from tests.fixtures.hand import Hand, steps


def test_a_film_of_another_size_leaves_the_shots_clips(compiled: Hand) -> None:
    before = [shot.clip for shot in compiled.work.shots]
    compiled.next(OperationType.VIDEO_RENDER, payload={"width": 640, "height": 360})
    assert compiled.run() is not None
    assert [shot.clip for shot in compiled.work.shots] == before


def test_a_shot_is_never_shorter_than_its_voice(hand: Hand) -> None:
    hand.run()
    hand.artifact = lambda step: builders.artifact(step, **({"seconds": 9.0} if step.kind == "speech" else {}))  # type: ignore[method-assign]  # long voices
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    film_plan = pipeline.plan(hand.work, hand.engines, hand.made)
    assert film_plan.film is not None
    assert all(entry.duration > 9.0 + cutting.LEAD_AFTER_CUT for entry in film_plan.film.timeline)


def test_the_same_story_gives_the_same_recipes_to_everyone(hand: Hand) -> None:
    other = builders.story(user_id=builders.BOB)
    theirs = Work(builders.operation(other, OperationType.STORY_CREATE), other, ())
    mine = pipeline.plan(hand.work, hand.engines, {})
    assert pipeline.plan(theirs, hand.engines, {}).steps == mine.steps


def test_a_clip_is_asked_for_with_what_its_picture_shows(hand: Hand) -> None:
    hand.run()
    hand.change(2, prompt="a lighthouse", details="waves break below")
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    hand.made.clear()
    prompts = {step.shot_id: step.request.prompt for step in steps(hand) if isinstance(step.request, ClipRequest)}
    assert prompts[hand.work.shots[1].id] == "a lighthouse\nwaves break below"


def test_compile_options_change_clips_and_not_pictures(compiled: Hand) -> None:
    compiled.next(OperationType.VIDEO_RENDER, payload={"width": 640, "height": 360, "subtitles": "none", "music": False})
    compiled.run()
    assert compiled.calls == {"clip": 5, "card": 2, "segment": 7, "transition": 2, "soundtrack": 1, "film": 1}
    sizes = {(s.request.width, s.request.height) for s in steps(compiled) if isinstance(s.request, ClipRequest)}
    assert sizes == {(640, 360)}


def test_a_transition_beside_an_edited_shot_is_made_again(hand: Hand) -> None:
    hand.run()
    hand.change(2, transition="dissolve")
    hand.change(3, transition="叠化")
    hand.change(4, transition="wipe")
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    assert hand.calls["transition"] == 2 + 3
    hand.change(3, details="改为夜晚星空场景", prompt="", revision=2)
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    assert hand.calls == {"keyframe": 1, "clip": 1, "segment": 1, "transition": 2, "film": 1}


def test_another_transition_moves_two_segments_and_leaves_the_clips(compiled: Hand) -> None:
    compiled.change(3, transition="fade", revision=2)
    compiled.next(OperationType.VIDEO_RENDER)
    compiled.run()
    # The film is shorter, and the voices that follow are earlier.
    assert compiled.calls == {"segment": 2, "transition": 1, "soundtrack": 1, "film": 1}


def test_a_draft_is_small_and_quick_and_leaves_the_shots_alone(hand: Hand) -> None:
    hand.run()
    before = hand.work.shots
    hand.next(OperationType.VIDEO_RENDER, payload={"quality": "draft"})
    assert hand.run() is not None
    assert hand.work.shots == before
    assert hand.calls == {"speech": 5, "clip": 5, "card": 2, "segment": 7, "transition": 2, "soundtrack": 1, "film": 1}
    asked = steps(hand)
    shapes = {(s.request.width, s.request.height, s.request.fps) for s in asked if isinstance(s.request, ClipRequest | CardRequest)}
    assert shapes == {(640, 360, 12)}
    made = (SpeechRequest, SegmentRequest, TransitionRequest, CardRequest)
    assert all(s.request.draft for s in asked if isinstance(s.request, made))


def test_a_draft_uses_the_voices_that_are_there(compiled: Hand) -> None:
    compiled.next(OperationType.VIDEO_RENDER, payload={"quality": "draft"})
    assert compiled.run() is not None
    assert compiled.calls["speech"] == 0


@pytest.mark.parametrize(("payload", "cards"), [({}, 2), ({"title_card": False}, 1), ({"title_card": False, "end_card": False}, 0)])
def test_cards_are_made_unless_unwanted(hand: Hand, payload: dict[str, bool], cards: int) -> None:
    hand.run()
    hand.next(OperationType.VIDEO_RENDER, payload=payload)
    film = hand.run()
    assert (hand.calls["card"], hand.calls["segment"], hand.calls["transition"]) == (cards, 5 + cards, cards)
    assert film is not None
    assert (film.timeline[0].start == 0.0) == ("title_card" in payload)


def test_a_segment_is_asked_for_as_soon_as_its_clip_is_there(hand: Hand) -> None:
    hand.run()
    hand.next(OperationType.VIDEO_RENDER)
    made: dict[Key, Artifact] = {}
    for kind in ("speech", "clip"):
        for step in pipeline.plan(hand.work, hand.engines, made).steps:
            if step.kind == kind and step.shot_id == hand.work.shots[1].id:
                made[step.key] = hand.artifact(step)
    waiting = pipeline.plan(hand.work, hand.engines, made)
    assert [step.shot_id for step in waiting.steps if step.kind == "segment"] == [hand.work.shots[1].id]


def test_the_soundtrack_is_asked_for_as_soon_as_every_voice_is_there(hand: Hand) -> None:
    hand.run()
    hand.next(OperationType.VIDEO_RENDER)
    made: dict[Key, Artifact] = {}
    voices = [step for step in pipeline.plan(hand.work, hand.engines, made).steps if step.kind == "speech"]
    for step in voices:
        assert not _soundtracks(pipeline.plan(hand.work, hand.engines, made))
        made[step.key] = hand.artifact(step)
    waiting = pipeline.plan(hand.work, hand.engines, made)
    (request,) = _soundtracks(waiting)
    assert {"clip", "card", "soundtrack"} == {step.kind for step in waiting.steps}, "beside them"
    assert [voice.speech for voice in request.voices] == [made[step.key].parts["audio"].digest for step in voices]
    assert [voice.speech_start for voice in request.voices] == [cutting.LEAD_AFTER_TRANSITION] + [cutting.LEAD_AFTER_CUT] * 4
    film = hand.run()
    assert film is not None
    assert [round(voice.start / request.fps, 3) for voice in request.voices] == [entry.start for entry in film.timeline]


def test_the_soundtrack_is_as_long_as_the_pieces(hand: Hand) -> None:
    hand.run()
    hand.change(3, transition="wipe")
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    asked = steps(hand)
    (soundtrack,) = (step.request for step in asked if isinstance(step.request, SoundtrackRequest))
    (film,) = (step.request for step in asked if isinstance(step.request, FilmRequest))
    assert soundtrack.frames == sum(piece.frames for piece in film.pieces)


@pytest.mark.parametrize(("payload", "music"), [({}, "calm"), ({"music": False}, "")])
def test_a_film_in_which_nobody_speaks_has_a_soundtrack_too(hand: Hand, payload: dict[str, bool], music: str) -> None:
    hand.run()
    for shot in hand.work.shots:
        hand.change(shot.sequence, narration="")
    hand.next(OperationType.VIDEO_RENDER, payload=payload)
    (request,) = _soundtracks(pipeline.plan(hand.work, hand.engines, {}))
    assert (request.voices, request.music) == ((), music)
    assert hand.run() is not None


def _soundtracks(plan: Plan) -> list[SoundtrackRequest]:
    return [step.request for step in plan.steps if isinstance(step.request, SoundtrackRequest)]
