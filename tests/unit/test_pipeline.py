"""The plan is a pure function of what is there: each operation run to its end by hand, with the engines' calls counted."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from services.core import codec, cutting, film_plan, pipeline
from services.core.commands import ShotChange
from services.core.errors import FailedPrecondition
from services.core.ledger import LandShot, LandStoryboard, Plan, Step
from services.core.merging import merged
from services.core.model import Artifact, AssetType, Engine, Film, Key, OperationType, Shot
from services.core.ports import Work
from services.core.requests import (
    CardRequest,
    ClipRequest,
    FilmRequest,
    KeyframeRequest,
    SegmentRequest,
    Service,
    SoundtrackRequest,
    SpeechRequest,
    TransitionRequest,
)
from tests import builders


class Hand:
    """Runs a plan as a worker does, in memory, counting what each engine is asked for."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.made: dict[Key, Artifact] = {}
        self.calls: Counter[str] = Counter()
        self.engines = dict(builders.ENGINES)

    def run(self) -> Film | None:
        for _ in range(50):
            plan = pipeline.plan(self.work, self.engines, self.made)
            if plan.complete:
                return plan.film
            for landing in plan.landings:
                match landing:
                    case LandStoryboard(board, seeds):
                        shots = tuple(
                            builders.shot(
                                self.work.story,
                                n,
                                narration=draft.narration,
                                seeds=replace(builders.shot(self.work.story).seeds, image=seed),
                            )
                            for n, (draft, seed) in enumerate(zip(board.shots, seeds, strict=True), start=1)
                        )
                        self.work = replace(self.work, shots=shots)
                    case LandShot(change):
                        self.land(change)
            for step in plan.steps if not plan.landings else ():
                self.calls[step.kind] += 1
                self.made[step.key] = self.artifact(step)
        raise AssertionError("the plan never completes")

    def artifact(self, step: Step) -> Artifact:
        if step.kind == "storyboard":
            return builders.artifact(step, storyboard=codec.storyboard_to_json(builders.storyboard()))
        return builders.artifact(step)

    def land(self, change: ShotChange) -> None:
        shots = tuple(merged(shot, change) if shot.id == change.shot_id else shot for shot in self.work.shots)
        self.work = replace(self.work, shots=shots)

    def next(self, kind: OperationType, **changes: object) -> None:
        self.work = replace(self.work, operation=builders.operation(self.work.story, kind, **changes))
        self.calls.clear()

    def change(self, sequence: int, **fields: Any) -> Shot:
        shots = tuple(replace(shot, **fields) if shot.sequence == sequence else shot for shot in self.work.shots)
        self.work = replace(self.work, shots=shots)
        return shots[sequence - 1]


@pytest.fixture
def hand() -> Hand:
    story = builders.story()
    return Hand(Work(builders.operation(story, OperationType.STORY_CREATE), story, ()))


@pytest.fixture
def compiled(hand: Hand) -> Hand:
    hand.run()
    hand.next(OperationType.VIDEO_RENDER)
    hand.run()
    return hand


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
    prompts = {step.shot_id: step.request.prompt for step in _steps(hand) if isinstance(step.request, ClipRequest)}
    assert prompts[hand.work.shots[1].id] == "a lighthouse\nwaves break below"


def test_compile_options_change_clips_and_not_pictures(compiled: Hand) -> None:
    compiled.next(OperationType.VIDEO_RENDER, payload={"width": 640, "height": 360, "subtitles": "none", "music": False})
    compiled.run()
    assert compiled.calls == {"clip": 5, "card": 2, "segment": 7, "transition": 2, "soundtrack": 1, "film": 1}
    sizes = {(s.request.width, s.request.height) for s in _steps(compiled) if isinstance(s.request, ClipRequest)}
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
    steps = _steps(hand)
    shapes = {(s.request.width, s.request.height, s.request.fps) for s in steps if isinstance(s.request, ClipRequest | CardRequest)}
    assert shapes == {(640, 360, 12)}
    made = (SpeechRequest, SegmentRequest, TransitionRequest, CardRequest)
    assert all(s.request.draft for s in steps if isinstance(s.request, made))


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
    steps = _steps(hand)
    (soundtrack,) = (step.request for step in steps if isinstance(step.request, SoundtrackRequest))
    (film,) = (step.request for step in steps if isinstance(step.request, FilmRequest))
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


def _steps(hand: Hand) -> tuple[Step, ...]:
    """Everything that the operation would ask for if nothing were there, stage by stage."""
    seen: dict[Key, Step] = {}
    made: dict[Key, Artifact] = {}
    while plan := pipeline.plan(hand.work, hand.engines, made):
        fresh = [step for step in plan.steps if step.key not in seen]
        if not fresh:
            break
        for step in fresh:
            seen[step.key] = step
            made[step.key] = hand.artifact(step)
    return tuple(seen.values())
