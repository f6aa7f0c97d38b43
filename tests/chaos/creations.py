"""What was accepted is there, once; what was refused or forgotten is not; and nothing is that nobody has asked for."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.core.model import Operation, OperationId, Story
from tests.chaos.history import Asked, History
from tests.invariants import Snapshot, Violation

Keys = Mapping[tuple[UUID, str], UUID]
"""The table of idempotency keys: (owner, key) to operation."""


def creations(rows: Snapshot, keys: Keys, history: History) -> Iterator[Violation]:
    """Every wish of the clients against the rows."""
    made: dict[str, list[Operation]] = defaultdict(list)
    for operation in rows.operations.values():
        made[marker_of(operation.payload)].append(operation)
    told: dict[str, list[Story]] = defaultdict(list)
    for story in rows.stories.values():
        told[_marker(story.content)].append(story)
    for asked in history.asked:
        of_it = made[asked.marker] if asked.marker else []
        stories = told[asked.marker] if asked.marker and asked.path == "/v1/stories" else []
        yield from _kept(asked, rows, keys, history)
        yield from _once(asked, of_it, stories, history.forgotten)
        yield from _refused(asked, of_it, stories, keys)
    yield from _made_up(rows, made, keys, history.asked)


def forgotten(rows: Snapshot, keys: Keys, history: History) -> Iterator[Violation]:
    """What was deleted stays so: its row, its timeline, its key, and what clients are told."""
    named = set(keys.values())
    for operation in history.gone:
        left = [
            *(["the row"] if OperationId(operation) in rows.operations else []),
            *(["the timeline"] if rows.events.get(OperationId(operation)) else []),
            *(["the key"] if operation in named else []),
        ]
        if left:
            yield Violation("forgotten_but_there", operation, ", ".join(left))
    for seen in history.seen:
        if seen.operation in history.gone and seen.asked > history.gone[seen.operation]:
            yield Violation("forgotten_but_there", seen.operation, f"told {seen.status} afterwards")


def marker_of(payload: Mapping[str, Any]) -> str:
    """The mark that the load puts into a request: the first word of its text."""
    return _marker(str(payload.get("script_content") or payload.get("details") or ""))


def _marker(text: str) -> str:
    return text.split(" ", 1)[0] if text.startswith("#") else ""


def _kept(asked: Asked, rows: Snapshot, keys: Keys, history: History) -> Iterator[Violation]:
    for answer in asked.answers:
        if OperationId(answer) in rows.operations:
            if asked.key and keys.get((asked.user, asked.key)) != answer:
                yield Violation("key_names_another", asked.key, f"told {answer}, kept {keys.get((asked.user, asked.key))}")
        elif answer not in history.forgotten:
            yield Violation("accepted_but_lost", answer, f"{asked.path} was accepted")


def _once(asked: Asked, made: Sequence[Operation], stories: Sequence[Story], forgotten: Collection[UUID]) -> Iterator[Violation]:
    """One for each request, or for all with one key."""
    others = [operation.id for operation in made if asked.answers and operation.id not in asked.answers]
    # Forgetting an operation frees its key: a request that was under way all the time may begin another then.
    freed = asked.lost and set(asked.answers) <= set(forgotten)
    if asked.key and (len(set(asked.answers)) > 1 or (others and not freed)):
        yield Violation("accepted_twice", asked.key, f"{set(asked.answers)} told, {[operation.id for operation in made]} there")
    most = 1 if asked.key else len(asked.answers) + asked.lost
    if len(made) > most:
        kind = "accepted_twice" if asked.key else "made_up"
        yield Violation(kind, asked.key or asked.marker, f"{len(made)} operations of {asked.tries} requests")
    if len(stories) > most + bool(freed):
        yield Violation("story_made_twice", asked.marker, f"{len(stories)} stories of {asked.tries} requests")


def _refused(asked: Asked, made: Sequence[Operation], stories: Sequence[Story], keys: Keys) -> Iterator[Violation]:
    """A refusal leaves nothing, where each try was one: of a lost answer nobody knows."""
    if asked.refusable and asked.answers:
        yield Violation("accepted_what_is_wrong", asked.marker, str(asked.answers))
    if asked.answers or asked.lost:
        return
    left = [*(operation.id for operation in made), *(story.id for story in stories)]
    left += [operation for (user, key), operation in keys.items() if asked.key and (user, key) == (asked.user, asked.key)]
    if left:
        yield Violation("refused_but_stored", asked.marker or asked.key, f"{asked.path}: {left}")


def _made_up(rows: Snapshot, made: Mapping[str, Sequence[Operation]], keys: Keys, asked: Sequence[Asked]) -> Iterator[Violation]:
    """Operations that no answer has named, beyond those of which the answers were lost."""
    named = {answer for each in asked for answer in each.answers}
    named |= {keys[each.user, each.key] for each in asked if each.lost and (each.user, each.key) in keys}
    lost = Counter[str]()
    for each in asked:
        if each.lost and not each.key:
            lost[each.marker or each.path] += each.lost
    unnamed = Counter[str]()
    for marker, operations in made.items():
        for operation in operations:
            if operation.id not in named:
                unnamed[marker or f"/v1/stories/{operation.story_id}/compile"] += 1
    for what, count in (unnamed - lost).items():
        yield Violation("made_up", what, f"{count} that nobody was told of, and no lost answer explains")
