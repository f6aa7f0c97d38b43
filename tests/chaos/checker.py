"""Reads what happened, and says what must not have: the rows, the timelines, what clients were told, the media."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.core.model import (
    MediaRef,
    Operation,
    OperationEvent,
    OperationStatus,
    OperationType,
    Shot,
    StoryStatus,
)
from tests.chaos.creations import Keys, creations, forgotten
from tests.chaos.deploys import LETS_GO, deploys
from tests.chaos.history import History
from tests.chaos.injector import Injected
from tests.chaos.makings import Making, made_twice
from tests.chaos.steered import steered
from tests.chaos.told import told
from tests.chaos.told_webhooks import webhooks
from tests.invariants import Snapshot, Violation, violations

OUTRIGHT = frozenset({"INTERNAL", "LEASE_LOST", "MEDIA_MISSING"})
"""Reasons of failures that no fault excuses: something of ours was wrong."""


@dataclass(frozen=True)
class Evidence:
    """Everything that a run has left: rows after quiet returned, clients' records, and the folder of the media.

    `made` is what the model service has logged, and
    `injected` what was done to the stack.
    """

    rows: Snapshot
    keys: Keys
    history: History
    media: Path
    artifacts: tuple[MediaRef, ...] = ()
    made: tuple[Making, ...] = ()
    injected: tuple[Injected, ...] = ()


def check(evidence: Evidence) -> list[Violation]:
    """Every violation; none is what is wanted."""
    rows, keys, history = evidence.rows, evidence.keys, evidence.history
    found = [*violations(rows), *creations(rows, keys, history), *forgotten(rows, keys, history), *told(rows, history)]
    found += [*steered(rows, history), *webhooks(rows, history), *_media(evidence)]
    found += [Violation("refused_without_a_time", path, "no Retry-After, no RetryInfo") for path in history.hasty]
    for operation in rows.operations.values():
        events = rows.events.get(operation.id, ())
        found += [*_end(operation), *_attempts(operation, events), *_result(operation, events, rows)]
    found += deploys(rows, evidence.injected)
    found += made_twice(evidence.made, rows.events, evidence.injected)
    return found


def _end(operation: Operation) -> Iterator[Violation]:
    if not operation.done:
        yield Violation("never_ended", operation.id, f"{operation.type} is {operation.status}, {operation.stage}")
    if operation.failure is not None and operation.status is OperationStatus.FAILED and operation.failure.reason in OUTRIGHT:
        yield Violation("failed_without_excuse", operation.id, f"{operation.failure.reason}: {operation.failure.message}")


def _attempts(operation: Operation, events: tuple[OperationEvent, ...]) -> Iterator[Violation]:
    """One attempt at a time, each with its own steps; what one has made, none makes again."""
    live = False
    begun: set[str] = set()
    finished: Counter[str] = Counter()
    for event in events:
        key = str(event.data.get("key", ""))
        if event.kind == "started":
            if live:
                yield Violation("two_live_attempts", operation.id, f"attempt {event.data['attempt']} began beside another")
            live, begun = True, set()
        elif event.kind in LETS_GO:
            live = False
        elif event.kind == "step_started":
            begun.add(key)
            if finished[key]:
                yield Violation("step_begun_again", operation.id, f"{event.data.get('step')} {key} was finished already")
        elif event.kind == "step_finished":
            finished[key] += 1
            if not live or key not in begun:
                yield Violation("written_by_a_lost_attempt", operation.id, f"{event.data.get('step')} {key}")
            if finished[key] > 1:
                yield Violation("step_made_twice", operation.id, f"{event.data.get('step')} {key}")


def _result(operation: Operation, events: tuple[OperationEvent, ...], rows: Snapshot) -> Iterator[Violation]:
    """What a success promises can be seen, once."""
    if operation.status is not OperationStatus.SUCCEEDED or operation.story_id in rows.deleted:
        return
    story = rows.stories[operation.story_id]
    shots = [shot for shot in rows.shots.values() if shot.story_id == story.id]
    match operation.type:
        case OperationType.STORY_CREATE:
            sequences = sorted(shot.sequence for shot in shots)
            if not shots or sequences != list(range(1, len(shots) + 1)):
                yield Violation("result_missing", operation.id, f"shots {sequences}")
            if any(shot.keyframe is None for shot in shots) or story.storyboard_unfinished:
                yield Violation("result_missing", operation.id, "a shot without its picture, or an unfinished storyboard")
        case OperationType.SHOT_REGEN:
            wanted = operation.payload.get("asset_type")
            landed = [event.data for event in events if event.kind == "shot_landed" and event.data.get("asset_type") == wanted]
            takes = {data.get("version") for data in landed}
            if len(takes) != 1:
                yield Violation("result_missing" if not takes else "result_twice", operation.id, f"takes {takes}")
        case OperationType.VIDEO_RENDER:
            if story.film is None:
                yield Violation("result_missing", operation.id, "no film")
    if story.status is StoryStatus.GENERATING and not any(not other.done for other in rows.of_story(story.id)):
        yield Violation("story_generating_with_nobody", story.id, "everything on it has ended")


def _media(evidence: Evidence) -> Iterator[Violation]:
    """All that rows refer to is there, whole; and nothing lies about in pieces."""
    whole: dict[str, int] = {}
    for path in evidence.media.rglob("*"):
        if path.is_file() and path.suffix != ".json" and path.name != "ballast" and "#" not in path.name:
            data = path.read_bytes()
            whole[path.name] = len(data)
            if hashlib.sha256(data).hexdigest() != path.name:
                yield Violation("media_in_pieces", path.name, f"{len(data)} bytes that have another digest")
    for name, ref in _refs(evidence):
        if whole.get(ref.digest) != ref.size:
            yield Violation("media_missing", name, f"{ref.digest}: {whole.get(ref.digest)} of {ref.size} bytes")


def _refs(evidence: Evidence) -> Iterator[tuple[object, MediaRef]]:
    for shot in evidence.rows.shots.values():
        for ref in _of_shot(shot):
            yield shot.id, ref
    for story in evidence.rows.stories.values():
        if story.film is not None:
            yield story.id, story.film.video
    for ref in evidence.artifacts:
        yield "artifact", ref


def _of_shot(shot: Shot) -> Iterator[MediaRef]:
    for made in (shot.keyframe, shot.clip, shot.speech):
        if made is not None:
            yield from made.parts.values()
