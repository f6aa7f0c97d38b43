"""The checker of what clients were told: what is in order passes, and each kind of disorder put into it is found."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.core.model import Operation, OperationEvent, OperationId, OperationStatus, OperationType, Story, StoryId, StoryStatus
from tests.builders import ALICE, BOB, NOW, operation, story
from tests.chaos.creations import creations, forgotten
from tests.chaos.history import Asked, Followed, Heard, History, Message, Seen, Steered
from tests.chaos.load import EVERYTHING
from tests.chaos.steered import steered
from tests.chaos.told import told
from tests.chaos.told_webhooks import webhooks
from tests.invariants import Snapshot, Violation

STORY = story(status=StoryStatus.READY, content="#1 A boat.")
DONE: dict[str, Any] = {"status": OperationStatus.SUCCEEDED, "finished_at": NOW + timedelta(seconds=9), "started_at": NOW}
CREATION = operation(STORY, OperationType.STORY_CREATE, attempt=3, payload={"script_content": "#1 A boat."}, **DONE)
FILM = operation(STORY, OperationType.VIDEO_RENDER, **DONE)
GONE = uuid4()
TIMELINE: list[tuple[str, dict[str, Any]]] = [
    ("queued", {}),
    ("started", {"attempt": 1}),
    ("pause_requested", {}),
    ("paused", {}),
    ("resumed", {}),
    ("started", {"attempt": 2}),
    ("resumed", {}),
    ("cancel_requested", {}),
    ("cancelled", {}),
    ("retry_requested", {}),
    ("started", {"attempt": 3}),
    ("shot_landed", {"version": 1}),
    ("succeeded", {}),
]


def timeline(of: Operation, told_of: list[tuple[str, dict[str, Any]]]) -> tuple[OperationEvent, ...]:
    return tuple(
        OperationEvent(of.id, ALICE, STORY.id, seq, NOW + timedelta(seconds=seq), kind, data)
        for seq, (kind, data) in enumerate(told_of, start=1)
    )


def message(of: UUID, seq: int, kind: str, **data: Any) -> Message:
    return Message(ALICE, f"evt_{of.hex}_{seq}", True, {"type": kind, "data": {"operation_id": str(of), "seq": seq, **data}})


def heard(seq: int, told_at: int) -> Heard:
    kind, data = TIMELINE[seq - 1]
    return Heard(seq, kind, (NOW + timedelta(seconds=seq)).isoformat(), data, told_at)


@dataclass
class Told:
    """A creation that was paused, cancelled and tried again, a film beside it, and an operation that was forgotten."""

    history: History
    keys: dict[tuple[UUID, str], UUID]
    operations: list[Operation] = field(default_factory=lambda: [CREATION, FILM])
    stories: list[Story] = field(default_factory=lambda: [STORY])

    @property
    def follower(self) -> Followed:
        return self.history.followed[0]

    def found(self) -> list[Violation]:
        short: list[tuple[str, dict[str, Any]]] = [("queued", {}), ("started", {"attempt": 1}), ("succeeded", {})]
        events = {each.id: timeline(each, TIMELINE if each.id == CREATION.id else short) for each in self.operations}
        rows = Snapshot(
            {each.id: each for each in self.stories}, frozenset(), {}, {each.id: each for each in self.operations}, events
        )
        return [
            *creations(rows, self.keys, self.history),
            *forgotten(rows, self.keys, self.history),
            *told(rows, self.history),
            *steered(rows, self.history),
            *webhooks(rows, self.history),
        ]


@pytest.fixture
def it() -> Told:
    follower = Followed(CREATION.id, [heard(seq, 30 + seq) for seq in range(1, 14)], whole=True)
    follower.loose.update({"operation": 2, "progress": 5})
    history = History(
        asked=[
            Asked(ALICE, "/v1/stories", "#1", "key", 3, (CREATION.id, CREATION.id), lost=1),
            Asked(ALICE, "/v1/stories", "#2", "other", 1, (GONE,)),
            Asked(ALICE, f"/v1/stories/{STORY.id}/compile", "", "", 1, (), lost=1),
            Asked(ALICE, "/v1/stories", "#3", "", 1, (), refusable=True),
        ],
        seen=[
            Seen(CREATION.id, 1, 4, "queued", 0),
            Seen(CREATION.id, 2, 3, "running", 1),  # overtaken by the one before, which was asked for earlier
            Seen(CREATION.id, 5, 6, "paused", 1),
            Seen(CREATION.id, 7, 8, "running", 2),
            Seen(CREATION.id, 9, 10, "cancelled", 2),
            Seen(CREATION.id, 11, 12, "succeeded", 3),
            Seen(GONE, 13, 14, "failed", 1),
        ],
        followed=[follower],
        steered=[Steered("cancel", frozenset({CREATION.id, GONE}), NOW.timestamp() + 8.5)],
        messages=[
            message(CREATION.id, 9, "operation.cancelled"),
            message(CREATION.id, 12, "shot.landed"),
            message(CREATION.id, 13, "operation.succeeded"),
            message(CREATION.id, 13, "operation.succeeded"),
            message(FILM.id, 3, "operation.succeeded"),
            message(GONE, 2, "operation.failed"),
        ],
        told_of={ALICE: EVERYTHING},
        waited={CREATION.id: "succeeded"},
        listed=[(ALICE, [FILM.id, CREATION.id])],
        forgotten={GONE},
        gone={GONE: 15},
        wanted_again={CREATION.id},
    )
    return Told(history, {(ALICE, "key"): CREATION.id})


def test_what_is_in_order_passes(it: Told) -> None:
    assert it.found() == []


def back_in_time(it: Told) -> None:
    it.history.seen.append(Seen(CREATION.id, 20, 21, "running", 2))


def back_behind_an_event(it: Told) -> None:
    it.history.seen.append(Seen(CREATION.id, 50, 51, "cancelled", 2))


def never_so(it: Told) -> None:
    it.history.seen.insert(0, Seen(CREATION.id, 1, 2, "failed", 1))


def waited_in_vain(it: Told) -> None:
    it.history.waited[CREATION.id] = "running"


def listed_twice(it: Told) -> None:
    it.history.listed[0][1].append(FILM.id)


def left_out_of_the_list(it: Told) -> None:
    it.history.listed[0][1].pop()


def an_event_twice(it: Told) -> None:
    it.follower.events.insert(4, heard(4, 34))


def an_event_left_out(it: Told) -> None:
    del it.follower.events[4]


def events_out_of_order(it: Told) -> None:
    events = it.follower.events
    events[2], events[3] = events[3], events[2]


def another_content(it: Told) -> None:
    it.follower.events[5] = replace(it.follower.events[5], data={"attempt": 7})


def an_event_of_nowhere(it: Told) -> None:
    it.follower.events.append(Heard(14, "retry_requested", NOW.isoformat(), {}, 60))


def left_before_the_end(it: Told) -> None:
    del it.follower.events[9:]


def never_told_that_it_is_over(it: Told) -> None:
    it.follower.whole = False


def an_event_without_a_number(it: Told) -> None:
    it.follower.loose["step_started"] += 1


def deleted_and_there(it: Told) -> None:
    it.operations.append(replace(FILM, id=OperationId(GONE)))


def deleted_with_its_key_kept(it: Told) -> None:
    it.keys[ALICE, "other"] = GONE


def deleted_and_told_of(it: Told) -> None:
    it.history.seen.append(Seen(GONE, 16, 17, "failed", 1))


def wrong_and_accepted(it: Told) -> None:
    it.history.asked[3] = replace(it.history.asked[3], answers=(FILM.id,))


def refused_and_begun(it: Told) -> None:
    it.operations.append(replace(CREATION, id=OperationId(uuid4()), payload={"script_content": "#3 No."}))


def refused_and_a_story(it: Told) -> None:
    it.stories.append(replace(STORY, id=StoryId(uuid4()), content="#3 No."))


def refused_and_its_key_kept(it: Told) -> None:
    it.history.asked.append(Asked(ALICE, "/v1/stories", "#4", "fourth", 1, ()))
    it.keys[ALICE, "fourth"] = FILM.id


def begun_twice_under_a_key(it: Told) -> None:
    it.operations.append(replace(CREATION, id=OperationId(uuid4())))


def two_stories_under_a_key(it: Told) -> None:
    it.stories.append(replace(STORY, id=StoryId(uuid4())))


def its_key_is_lost(it: Told) -> None:
    it.keys.clear()


def two_films(it: Told) -> None:
    it.operations.append(replace(FILM, id=OperationId(uuid4())))


def unheard_by_a_bulk_cancel(it: Told) -> None:
    it.history.steered = [replace(it.history.steered[0], at=NOW.timestamp() + 7.5)]


def unheard_by_a_bulk_retry(it: Told) -> None:
    it.history.steered.append(Steered("retry", frozenset({FILM.id}), NOW.timestamp() + 60.0))


def a_message_lost(it: Told) -> None:
    del it.history.messages[0]


def a_message_lost_of_what_is_forgotten(it: Told) -> None:
    it.history.messages.pop()


def a_message_unsigned(it: Told) -> None:
    it.history.messages[0] = replace(it.history.messages[0], verified=False)


def a_message_of_nothing(it: Told) -> None:
    it.history.messages.append(message(uuid4(), 1, "operation.failed"))


def a_message_of_another_end(it: Told) -> None:
    it.history.messages[0] = message(CREATION.id, 9, "operation.succeeded")


def a_message_to_another(it: Told) -> None:
    it.history.messages[0] = replace(it.history.messages[0], user=BOB)


def a_message_renamed(it: Told) -> None:
    it.history.messages[3] = replace(it.history.messages[3], id="evt_again")


def a_message_changed(it: Told) -> None:
    it.history.messages[3] = message(CREATION.id, 13, "operation.succeeded", attempt=4)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (back_in_time, "told_of_the_past"),
        (back_behind_an_event, "told_of_the_past"),
        (never_so, "told_of_the_past"),
        (waited_in_vain, "waited_in_vain"),
        (listed_twice, "listed_otherwise_than_kept"),
        (left_out_of_the_list, "listed_otherwise_than_kept"),
        (an_event_twice, "followed_twice"),
        (an_event_left_out, "followed_with_a_gap"),
        (events_out_of_order, "followed_twice"),
        (another_content, "followed_otherwise_than_written"),
        (an_event_of_nowhere, "followed_otherwise_than_written"),
        (left_before_the_end, "followed_to_no_end"),
        (never_told_that_it_is_over, "followed_to_no_end"),
        (an_event_without_a_number, "followed_without_a_number"),
        (deleted_and_there, "forgotten_but_there"),
        (deleted_with_its_key_kept, "forgotten_but_there"),
        (deleted_and_told_of, "forgotten_but_there"),
        (wrong_and_accepted, "accepted_what_is_wrong"),
        (refused_and_begun, "refused_but_stored"),
        (refused_and_a_story, "refused_but_stored"),
        (refused_and_its_key_kept, "refused_but_stored"),
        (begun_twice_under_a_key, "accepted_twice"),
        (two_stories_under_a_key, "story_made_twice"),
        (its_key_is_lost, "key_names_another"),
        (two_films, "made_up"),
        (unheard_by_a_bulk_cancel, "missed_by_a_bulk_request"),
        (unheard_by_a_bulk_retry, "missed_by_a_bulk_request"),
        (a_message_lost, "webhook_lost"),
        (a_message_lost_of_what_is_forgotten, "webhook_lost"),
        (a_message_unsigned, "webhook_unsigned"),
        (a_message_of_nothing, "webhook_made_up"),
        (a_message_of_another_end, "webhook_made_up"),
        (a_message_to_another, "webhook_made_up"),
        (a_message_renamed, "webhook_renamed"),
        (a_message_changed, "webhook_changed"),
    ],
)
def test_each_kind_of_disorder_is_found(it: Told, spoil: Callable[[Told], None], kind: str) -> None:
    spoil(it)
    assert kind in {violation.kind for violation in it.found()}


def test_what_came_of_a_request_under_way_while_its_operation_was_forgotten_is_excused(it: Told) -> None:
    it.history.asked[1] = replace(it.history.asked[1], tries=2, lost=1)
    late = OperationId(uuid4())
    it.operations.append(replace(FILM, id=late, payload={"script_content": "#2 A boat."}))
    it.keys[ALICE, "other"] = late
    it.history.messages.append(message(late, 3, "operation.succeeded"))
    it.history.listed[0][1].append(late)
    assert it.found() == []
