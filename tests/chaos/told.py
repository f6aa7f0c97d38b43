"""What clients were told of operations, against the timelines: by answers, waits and lists, and by streams of events."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from services.core.model import OperationEvent, OperationId
from tests.chaos.history import Followed, History, Seen
from tests.invariants import ENDS, Snapshot, Violation

Timelines = Mapping[OperationId, tuple[OperationEvent, ...]]
_UNNUMBERED = frozenset({"operation", "progress"})
"""What streams show and timelines do not keep."""
_LEADS_TO = {
    "queued": "queued",
    "started": "running",
    "retrying": "queued",
    "released": "queued",
    "lease_expired": "queued",
    "paused": "paused",
    "retry_requested": "queued",
    **{end: end for end in ENDS},
}


def told(rows: Snapshot, history: History) -> Iterator[Violation]:
    """Every answer, every list and every follower."""
    yield from _after_the_end(rows, history)
    yield from _of_the_past(rows.events, history)
    for operation, status in history.waited.items():
        row = rows.operations.get(OperationId(operation))
        if row is not None and row.status != status:
            yield Violation("waited_in_vain", operation, f"told {status or 'nothing'}, kept {row.status}")
    for user, listed in history.listed:
        kept = {row.id for row in rows.operations.values() if row.user_id == user}
        if len(listed) > len(set(listed)) or set(listed) != kept:
            yield Violation("listed_otherwise_than_kept", user, f"{len(listed)} listed, {len(kept)} kept")
    for followed in history.followed:
        yield from _numbered(followed)
        timeline = rows.events.get(OperationId(followed.operation))
        if timeline is not None:
            yield from _as_written(followed, timeline)


def _after_the_end(rows: Snapshot, history: History) -> Iterator[Violation]:
    """A client that has been told of an end is told of no other state later, and the row says the same."""
    ended: dict[UUID, Seen] = {}
    for seen in sorted(history.seen, key=lambda seen: seen.told):
        if seen.operation in history.wanted_again:
            continue
        earlier = ended.get(seen.operation)
        if earlier and earlier.told < seen.asked and seen.status != earlier.status:
            yield Violation("told_otherwise_after_the_end", seen.operation, f"{earlier.status}, then {seen.status}")
        if seen.status in ENDS:
            ended[seen.operation] = seen
    for operation, seen in ended.items():
        row = rows.operations.get(OperationId(operation))
        if row is not None and row.status != seen.status:
            yield Violation("told_otherwise_than_kept", operation, f"told {seen.status}, kept {row.status}")


def _of_the_past(timelines: Timelines, history: History) -> Iterator[Violation]:
    """Answers that can be of no moment since what had been told, to whomever, before they were asked for.

    Each is put at the earliest place of the timeline where it was true and that is not before the latest place that was known.
    """
    seen_of: dict[UUID, list[Seen]] = defaultdict(list)
    for seen in history.seen:
        seen_of[seen.operation].append(seen)
    heard_of: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for followed in history.followed:
        heard_of[followed.operation] += [(heard.told, heard.seq) for heard in followed.events]
    for operation, answers in seen_of.items():
        timeline = timelines.get(OperationId(operation))
        if timeline is None:
            continue
        states = list(states_of(timeline))
        known: list[tuple[int, int]] = []  # when it was told, and the latest place that was told of by then
        heard = sorted(heard_of[operation])
        for seen in sorted(answers, key=lambda seen: seen.told):
            while heard and heard[0][0] < seen.told:
                _note(known, *heard.pop(0))
            before = bisect_left(known, (seen.asked, 0))
            latest = known[before - 1][1] if before else 1
            place = _place(states, seen, latest)
            if place is None:
                so_far = f"event {latest}, {timeline[latest - 1].kind}, was known" if latest <= len(timeline) else f"event {latest}"
                yield Violation("told_of_the_past", operation, f"{seen.status} in attempt {seen.attempt}, when {so_far}")
            else:
                _note(known, seen.told, place)


def states_of(timeline: Sequence[OperationEvent]) -> Iterator[tuple[str, int]]:
    """Status and attempt after each event."""
    status, attempt = "", 0
    for event in timeline:
        if event.kind == "started":
            attempt = int(event.data["attempt"])
        if event.kind == "resumed":
            status = "queued" if status == "paused" else status  # else the wish to pause is taken back
        status = _LEADS_TO.get(event.kind, status)
        yield status, attempt


def _place(states: Sequence[tuple[str, int]], seen: Seen, first: int) -> int | None:
    """The number of the first event, from `first` on, after which it stood as it was seen."""
    for number, (status, attempt) in enumerate(states[first - 1 :], start=first):
        if status == seen.status and seen.attempt in {None, attempt}:
            return number
    return None


def _note(known: list[tuple[int, int]], told: int, place: int) -> None:
    known.append((told, max(place, known[-1][1] if known else 1)))


def _numbered(followed: Followed) -> Iterator[Violation]:
    """From 1 on, each number once, whatever became of connections; and no other event without one than those so documented."""
    for before, after in pairwise([0, *(heard.seq for heard in followed.events)]):
        if after <= before:
            yield Violation("followed_twice", followed.operation, f"event {after} after {before}")
        elif after > before + 1:
            yield Violation("followed_with_a_gap", followed.operation, f"event {after} after {before}")
    for kind in followed.loose.keys() - _UNNUMBERED:
        yield Violation("followed_without_a_number", followed.operation, kind)


def _as_written(followed: Followed, timeline: Sequence[OperationEvent]) -> Iterator[Violation]:
    """A follower hears what is stored, and all of it: it was brought to its end when the operation had ended."""
    for heard in followed.events:
        written = timeline[heard.seq - 1] if heard.seq <= len(timeline) else None
        same = written and (heard.kind, datetime.fromisoformat(heard.at)) == (written.kind, written.at)
        if not same or not written or heard.data != written.data:
            yield Violation("followed_otherwise_than_written", followed.operation, f"{heard}, and {written}")
    if not followed.whole:
        yield Violation("followed_to_no_end", followed.operation, f"{len(followed.events)} events of {len(timeline)}")
    elif len(followed.events) < len(timeline) or followed.events[-1].kind not in ENDS:
        last = followed.events[-1].kind if followed.events else "nothing"
        yield Violation("followed_to_no_end", followed.operation, f"the last of {len(timeline)} events was {last}")
