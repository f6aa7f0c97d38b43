"""The checker itself: a history that is in order passes, and each kind of disorder put into it is found."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.core.model import (
    Digest,
    Failure,
    Key,
    Made,
    MediaRef,
    Operation,
    OperationEvent,
    OperationId,
    OperationStatus,
    OperationType,
    Shot,
    ShotStatus,
    StoryStatus,
)
from tests.builders import ALICE, NOW, operation, shot, story
from tests.chaos.checker import Evidence, check
from tests.chaos.faults import Fault, Kind
from tests.chaos.history import Asked, History, Seen
from tests.chaos.injector import Injected
from tests.chaos.makings import Making
from tests.invariants import Snapshot

STORY = story(status=StoryStatus.READY)
PICTURE = b"a picture"


def ref(data: bytes) -> MediaRef:
    return MediaRef(Digest(hashlib.sha256(data).hexdigest()), "image/png", len(data))


KEYFRAME = Made(Key("a" * 64), Digest("b" * 64), {"image": ref(PICTURE)})
SHOT = shot(STORY, status=ShotStatus.DONE, keyframe=KEYFRAME)


def at(seconds: float) -> float:
    """Seconds of the epoch: the n-th event of a timeline is at n."""
    return NOW.timestamp() + seconds


def restart(began: float, ended: float, part: str, ending: str = "exit code 0") -> Injected:
    return Injected(Fault(0, Kind.RESTART, part, 0.0, 0.0, alone=True), at(began), at(ended), ending=ending)


@dataclass
class Doctored:
    """What a run left, open to be changed: a creation that a worker's death interrupted, then a regenerate."""

    creation: Operation
    regenerate: Operation
    told: dict[OperationId, list[tuple[str, dict[str, Any]]]]
    shot: Shot
    history: History
    media: Path
    keyed: Asked
    made: list[Making]
    injected: list[Injected]

    def evidence(self) -> Evidence:
        operations = {each.id: each for each in (self.creation, self.regenerate)}
        events = {
            each.id: tuple(
                OperationEvent(each.id, ALICE, STORY.id, seq, NOW + timedelta(seconds=seq), kind, data)
                for seq, (kind, data) in enumerate(self.told[each.id], start=1)
            )
            for each in operations.values()
        }
        keys: dict[tuple[UUID, str], UUID] = {(ALICE, "key"): self.creation.id}
        rows = Snapshot({STORY.id: STORY}, frozenset(), {self.shot.id: self.shot}, operations, events)
        history = replace(self.history, asked=[self.keyed, *self.history.asked])
        return Evidence(rows, keys, history, self.media, (), tuple(self.made), tuple(self.injected))

    @property
    def timeline(self) -> list[tuple[str, dict[str, Any]]]:
        """The creation's."""
        return self.told[self.creation.id]

    def kinds(self) -> set[str]:
        return {violation.kind for violation in check(self.evidence())}


@pytest.fixture
def doctored(tmp_path: Path) -> Doctored:
    picture = ref(PICTURE)
    (tmp_path / picture.digest).write_bytes(PICTURE)
    ended: dict[str, Any] = {"status": OperationStatus.SUCCEEDED, "finished_at": NOW + timedelta(seconds=9), "started_at": NOW}
    creation = operation(
        STORY, OperationType.STORY_CREATE, attempt=2, losses=1, payload={"script_content": "#1 A boat."}, progress=1.0, **ended
    )
    regenerate = operation(
        STORY,
        OperationType.SHOT_REGEN,
        shot_id=SHOT.id,
        payload={"details": "#2 at dusk", "asset_type": "ASSET_IMAGE"},
        progress=1.0,
        **ended,
    )
    step = {"step": "keyframe", "key": "k"}
    told: dict[OperationId, list[tuple[str, dict[str, Any]]]] = {
        creation.id: [
            ("queued", {}),
            ("started", {"attempt": 1, "worker": "story-worker/worker1"}),
            ("step_started", step),
            ("lease_expired", {}),
            ("started", {"attempt": 2, "worker": "story-worker/worker2"}),
            ("step_started", step),
            ("step_finished", step),
            ("shot_landed", {"asset_type": "ASSET_IMAGE", "version": 1}),
            ("succeeded", {}),
        ],
        regenerate.id: [
            ("queued", {}),
            ("started", {"attempt": 1, "worker": "story-worker/worker1"}),
            ("shot_landed", {"asset_type": "ASSET_IMAGE", "version": 2}),
            ("succeeded", {}),
        ],
    }
    keyed = Asked(ALICE, "/v1/stories", "#1", "key", 2, (creation.id, creation.id))
    history = History(
        asked=[Asked(ALICE, "/regenerate", "#2", "", 1, (regenerate.id,))],
        seen=[Seen(creation.id, 1, 2, "queued"), Seen(creation.id, 3, 4, "succeeded"), Seen(regenerate.id, 5, 6, "succeeded")],
    )
    made = [Making("k", at(3.5)), Making("k", at(6.5))]
    return Doctored(creation, regenerate, told, SHOT, history, tmp_path, keyed, made, [restart(4.5, 5.5, "worker2")])


def test_what_is_in_order_passes(doctored: Doctored) -> None:
    assert check(doctored.evidence()) == []


def unfinished(it: Doctored) -> None:
    it.creation = replace(it.creation, status=OperationStatus.QUEUED, finished_at=None)
    del it.timeline[-1]


def lost(it: Doctored) -> None:
    it.history.asked.append(Asked(ALICE, "/v1/stories", "", "", 1, (uuid4(),)))


def accepted_twice(it: Doctored) -> None:
    it.keyed = replace(it.keyed, answers=(it.creation.id, it.regenerate.id))


def another_under_the_key(it: Doctored) -> None:
    it.keyed = replace(it.keyed, answers=(it.regenerate.id,))


def never_asked_for(it: Doctored) -> None:
    it.history.asked.append(Asked(ALICE, "/v1/stories", "#2", "", 0, ()))


def finished_by_two_attempts(it: Doctored) -> None:
    it.timeline.insert(3, ("step_finished", {"step": "keyframe", "key": "k"}))


def beside_another(it: Doctored) -> None:
    del it.timeline[3]


def by_a_lost_attempt(it: Doctored) -> None:
    it.timeline.insert(4, ("step_finished", {"step": "keyframe", "key": "k"}))


def after_the_end(it: Doctored) -> None:
    it.timeline.append(("shot_landed", {}))


def ended_twice(it: Doctored) -> None:
    it.timeline.append(("succeeded", {}))


def an_attempt_is_missing(it: Doctored) -> None:
    it.creation = replace(it.creation, attempt=3)


def unknown_end(it: Doctored) -> None:
    it.timeline[-1] = ("failed", {})


def ends_before_it_starts(it: Doctored) -> None:
    it.creation = replace(it.creation, finished_at=NOW - timedelta(seconds=1))


def end_taken_back(it: Doctored) -> None:
    it.history.seen.append(Seen(it.creation.id, 7, 8, "running"))


def told_of_another_end(it: Doctored) -> None:
    it.history.seen = [Seen(it.creation.id, 1, 2, "cancelled")]


def broke_inside(it: Doctored) -> None:
    failure = Failure("internal", "INTERNAL", "Something of ours.")
    it.creation = replace(it.creation, status=OperationStatus.FAILED, failure=failure)
    it.timeline[-1] = ("failed", {})


def no_picture(it: Doctored) -> None:
    it.shot = replace(it.shot, keyframe=None, status=ShotStatus.PENDING)


def two_takes(it: Doctored) -> None:
    it.told[it.regenerate.id].insert(2, ("shot_landed", {"asset_type": "ASSET_IMAGE", "version": 1}))


def still_generating(it: Doctored) -> None:
    it.shot = replace(it.shot, status=ShotStatus.GENERATING)


def no_media(it: Doctored) -> None:
    (it.media / ref(PICTURE).digest).unlink()


def half_a_picture(it: Doctored) -> None:
    (it.media / ref(PICTURE).digest).write_bytes(PICTURE[:3])


def lost_by_its_worker(it: Doctored) -> None:
    it.injected.append(restart(2.5, 3.5, "worker1"))


def lost_by_the_gateway(it: Doctored) -> None:
    it.injected.append(restart(2.5, 2.6, "gateway"))


def killed_by_a_restart(it: Doctored) -> None:
    it.injected.append(restart(2.5, 2.6, "models", "signal SIGKILL"))


def made_by_an_attempt_beside(it: Doctored) -> None:
    it.made.append(Making("k", at(6.9)))


def made_by_two_operations(it: Doctored) -> None:
    it.made = [Making("l", at(2.5)), Making("l", at(3.5))]
    for timeline in it.told.values():
        timeline.insert(2, ("step_started", {"step": "keyframe", "key": "l"}))


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (unfinished, "never_ended"),
        (lost, "accepted_but_lost"),
        (accepted_twice, "accepted_twice"),
        (another_under_the_key, "key_names_another"),
        (never_asked_for, "made_up"),
        (finished_by_two_attempts, "step_made_twice"),
        (finished_by_two_attempts, "step_begun_again"),
        (beside_another, "two_live_attempts"),
        (by_a_lost_attempt, "written_by_a_lost_attempt"),
        (after_the_end, "more_after_the_end"),
        (ended_twice, "ended_more_than_once"),
        (an_attempt_is_missing, "attempts_do_not_count_up"),
        (unknown_end, "end_not_told"),
        (ends_before_it_starts, "ended_before_it_started"),
        (end_taken_back, "told_otherwise_after_the_end"),
        (told_of_another_end, "told_otherwise_than_kept"),
        (broke_inside, "failed_without_excuse"),
        (no_picture, "result_missing"),
        (two_takes, "result_twice"),
        (still_generating, "shot_generating_with_nobody"),
        (no_media, "media_missing"),
        (half_a_picture, "media_in_pieces"),
        (lost_by_its_worker, "lost_by_a_deploy"),
        (lost_by_the_gateway, "lost_by_a_deploy"),
        (killed_by_a_restart, "ended_in_disorder"),
        (made_by_an_attempt_beside, "made_twice_unfenced"),
        (made_by_two_operations, "made_twice_unfenced"),
    ],
)
def test_each_kind_of_disorder_is_found(doctored: Doctored, spoil: Callable[[Doctored], None], kind: str) -> None:
    spoil(doctored)
    assert kind in doctored.kinds()


def killed(part: str, seconds: float) -> Injected:
    return Injected(Fault(1, Kind.KILL, part, 0.0, 0.0), at(seconds), at(seconds))


@pytest.mark.parametrize(
    "injected",
    [
        [restart(2.5, 3.0, "worker2")],
        [restart(2.5, 3.0, "worker1"), killed("worker1", 3.5)],
        [killed("postgres", 2.3), restart(2.5, 3.0, "worker1")],
    ],
    ids=["of another worker", "before another fault", "with what another fault has struck"],
)
def test_a_loss_is_not_blamed_on_a_restart(doctored: Doctored, injected: list[Injected]) -> None:
    doctored.injected = injected
    assert check(doctored.evidence()) == []


def test_what_a_fault_on_the_model_service_has_made_again_is_excused(doctored: Doctored) -> None:
    made_by_an_attempt_beside(doctored)
    doctored.injected.append(killed("models", 6.7))
    assert check(doctored.evidence()) == []


def test_a_gap_and_a_step_back_in_time_are_found(doctored: Doctored) -> None:
    evidence = doctored.evidence()
    events = evidence.rows.events[doctored.creation.id]
    early = replace(events[3], at=NOW)
    gap = replace(evidence.rows, events={**evidence.rows.events, doctored.creation.id: (*events[:2], early, *events[4:])})
    assert {violation.kind for violation in check(replace(evidence, rows=gap))} >= {"timeline_gap", "timeline_out_of_order"}


def test_a_story_that_nobody_generates_is_found(doctored: Doctored) -> None:
    evidence = doctored.evidence()
    stories = {STORY.id: replace(STORY, status=StoryStatus.GENERATING)}
    rows = replace(evidence.rows, stories=stories)
    assert "story_generating_with_nobody" in {violation.kind for violation in check(replace(evidence, rows=rows))}


def test_conflicting_operations_at_once_are_found(doctored: Doctored) -> None:
    evidence = doctored.evidence()
    running = {
        each.id: replace(each, status=OperationStatus.RUNNING, finished_at=None) for each in evidence.rows.operations.values()
    }
    rows = replace(evidence.rows, operations=running)
    assert "conflicting_at_once" in {violation.kind for violation in check(replace(evidence, rows=rows))}
