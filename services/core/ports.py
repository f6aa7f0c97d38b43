"""The four ports. Each has one real adapter and one in-memory twin, and both pass the suite in `tests/contract`.

* `Store`  (Postgres): owns everything that must not be lost.
* `WakeUps` and `LiveEvents` (Kafka): say that something is worth looking at; may lose, double and reorder.
* `Models` (gRPC): make things.
* `Media`  (an object store): holds bytes by digest.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from services.core.commands import CreateStory, Idempotency, PatchShot, ShotChange, StartOperation
from services.core.filtering import Condition
from services.core.model import (
    Artifact,
    AssetType,
    Digest,
    Engine,
    Failure,
    Film,
    Key,
    MediaRef,
    Operation,
    OperationEvent,
    OperationId,
    OperationStatus,
    OperationType,
    Shot,
    ShotId,
    ShotVersion,
    Story,
    Storyboard,
    StoryId,
    UserId,
)
from services.core.ordering import NEWEST_FIRST, Place
from services.core.requests import Request, Service
from services.core.webhook_store import WebhookStore


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt's right to write. The attempt is the fencing token: every write of a worker carries the claim."""

    operation_id: OperationId
    user_id: UserId
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that planning an operation needs. Story and shots are read in one snapshot: the shots are of its revision."""

    operation: Operation
    story: Story
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """An operation as created. `replayed` when an Idempotency-Key named one that was there already; `expires_at` is that key's."""

    operation: Operation
    replayed: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What ending or releasing an operation brought about: its row, its new event, and who may go now.

    Of operations that ended at once, one may tell for all of them who may go now.
    """

    operation: Operation
    event: OperationEvent
    unblocked: tuple[OperationId, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """What an owner's wish to stop brought about: new events, and who may go now."""

    events: tuple[OperationEvent, ...] = ()
    unblocked: tuple[OperationId, ...] = ()


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep found: operations to announce (again), and events to show."""

    announce: tuple[OperationId, ...] = ()
    events: tuple[OperationEvent, ...] = ()


class Wish(Enum):
    """What an operation's owner wants of its running attempt."""

    CANCEL = "cancel"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class OperationFilter:
    """Which operations, and in which order: `order_by` names what `ordering.SORTABLE` has, a leading minus for descending."""

    status: OperationStatus | None = None
    type: OperationType | None = None
    story_id: StoryId | None = None
    where: Condition | None = None
    order_by: tuple[str, ...] = NEWEST_FIRST


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an unfinished operation may expect.

    `position` is its place in its owner's queue, counted from 1 by priority and age (None unless queued); how owners take
    turns is not in it. `seconds` is how long it will still take until it ends, measured on operations of its type that
    succeeded lately (None while there are none, and while it is paused).
    """

    position: int | None = None
    seconds: float | None = None


class OwnerStore(Protocol):
    """What the gateway asks for. Every method names the owner; another user's row is absent (`NotFound`)."""

    async def create_story(self, user: UserId, command: CreateStory, idempotency: Idempotency | None = None) -> Accepted:
        """The story (`generating`), its queued `story_create`, the first event and the idempotency key, in one transaction.

        Raises Conflict IDEMPOTENCY_KEY_REUSED, and ResourceExhausted QUEUE_FULL when `terms.most_queued` operations of the owner
        are queued already, however many are asked for at once. A key that was used before is answered however full the queue is.
        """

    async def start_operation(self, user: UserId, command: StartOperation, idempotency: Idempotency | None = None) -> Accepted:
        """Queue an operation on a story. Raises NotFound STORY_NOT_FOUND, SHOT_NOT_FOUND, and what `create_story` raises."""

    async def story(self, user: UserId, story_id: StoryId) -> Story: ...

    async def stories(self, user: UserId, *, limit: int, before: StoryId | None = None) -> tuple[Story, ...]: ...  # newest first

    async def delete_story(self, user: UserId, story_id: StoryId) -> Stopped:
        """Hide the story; its queued operations end `cancelled`, running ones are asked to stop."""

    async def shots(self, user: UserId, story_id: StoryId) -> tuple[Shot, ...]:
        """By sequence. Raises NotFound STORY_NOT_FOUND."""

    async def shot(self, user: UserId, story_id: StoryId, shot_id: ShotId) -> Shot: ...

    async def patch_shot(self, user: UserId, story_id: StoryId, shot_id: ShotId, patch: PatchShot) -> Shot:
        """Change the fields given, keep the text as a version, bump the revisions. New details clear `prompt`."""

    async def shot_versions(self, user: UserId, story_id: StoryId, shot_id: ShotId) -> tuple[ShotVersion, ...]:
        """Newest first within each asset type."""

    async def restore_version(self, user: UserId, story_id: StoryId, shot_id: ShotId, asset_type: AssetType, number: int) -> Shot:
        """Make a take the current one, as `takes.restored` says: a picture comes back with the words that it was made from.

        Raises NotFound STORY_NOT_FOUND, SHOT_NOT_FOUND, VERSION_NOT_FOUND.
        """

    async def operation(self, user: UserId, operation_id: OperationId) -> Operation: ...

    async def watched(self, which: Sequence[tuple[UserId, OperationId]]) -> tuple[Operation, ...]:
        """Those of these owners' operations that are there, in any order."""

    async def operations(
        self, user: UserId, *, limit: int, after: Place | None = None, where: OperationFilter = OperationFilter()
    ) -> tuple[Operation, ...]:
        """Those that `where` names, in its order, and of these what comes after a place in that order (`ordering.place_of`)."""

    async def outlook(self, user: UserId, operation_ids: Sequence[OperationId]) -> Mapping[OperationId, Outlook]:
        """Of those that have not ended."""

    async def request_cancel(self, user: UserId, operation_id: OperationId) -> tuple[Operation, Stopped]:
        """A queued or paused operation ends `cancelled` at once; a running one is marked; an ended one is returned as it is."""

    async def request_pause(self, user: UserId, operation_id: OperationId) -> tuple[Operation, Stopped]:
        """A queued operation is `paused` at once; a running one is marked; a paused one is returned as it is.

        What waited behind it may go now. Raises FailedPrecondition OPERATION_ENDED.
        """

    async def resume(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> tuple[Operation, Stopped]:
        """`paused → queued`, due now; the wish to pause a running one is taken back; a queued one is returned as it is.

        `unblocked` names it when it may start. Raises FailedPrecondition OPERATION_ENDED, ResourceExhausted QUEUE_FULL.
        """

    async def retry(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> tuple[Operation, Stopped]:
        """`failed | cancelled → queued`, with all its failures and losses forgiven; one that has not ended is returned as it is.

        What its attempts have made is kept, so the next goes on where they failed. Its story or shot is `generating` from its
        next claim on; a deadline that has passed is lifted. Raises FailedPrecondition OPERATION_SUCCEEDED, NotFound
        STORY_NOT_FOUND when its story was deleted, and ResourceExhausted QUEUE_FULL.
        """

    async def forget(self, user: UserId, operation_id: OperationId) -> None:
        """Delete an ended operation with its timeline and its idempotency key. Raises FailedPrecondition OPERATION_UNFINISHED."""

    async def events(
        self, user: UserId, operation_id: OperationId, *, after: int = 0, limit: int = 500
    ) -> tuple[OperationEvent, ...]:
        """The stored timeline with `seq` > `after`, in order."""


class WorkerStore(Protocol):
    """What a worker asks for. Every write under a claim raises LeaseLost when a newer attempt owns the operation."""

    async def claim_fairest(self, worker: str, lease: float, *, room: int, most_running: int | None = None) -> tuple[Work, ...]:
        """Start attempts at up to `room` operations: `queued → running`, attempt + 1, a lease of `lease` seconds by the database's
        clock. Sets the story or shot `generating`, and appends the event `started`.

        Never one that is not due, that an earlier conflicting operation comes before, or by which its owner would have more than
        `most_running` running, however many workers claim at once. Of the others the fairest: owners with fewer running go first,
        and of these who was served longest ago; within an owner a higher priority, then the older. Fewer than `room` means that
        nothing else may start now.
        """

    async def claim(self, operation_id: OperationId, worker: str, lease: float) -> Work | None:
        """Likewise, but this operation, whoever else waits; None when it may not start. No worker of ours chooses."""

    async def claimable(self, limit: int) -> tuple[OperationId, ...]:
        """Queued operations that are due and free of conflicts, oldest first."""

    async def heartbeat(self, claim: Claim, lease: float, *, progress: float, stage: str) -> Wish | None:
        """Extend the lease and note the progress (never backwards); what the owner wants of the attempt (a cancel goes first)."""

    async def append_event(self, claim: Claim, kind: str, data: Mapping[str, Any]) -> OperationEvent: ...

    async def artifacts(self, keys: Sequence[Key]) -> Mapping[Key, Artifact]: ...

    async def save_artifact(self, claim: Claim, artifact: Artifact) -> Artifact:
        """Keep it, and return the one that is kept: the first of its key wins, and is what every attempt goes on with."""

    async def land_storyboard(
        self, claim: Claim, board: Storyboard, seeds: Sequence[int]
    ) -> tuple[tuple[Shot, ...], OperationEvent]:
        """The whole storyboard, once: a second call returns the shots that are there. Appends the event `storyboard_landed`.

        Missing shots are inserted (`pending`), and those of a storyboard that grew are made to say what the board says, but for
        what a user has changed meanwhile: see `storyboarding`. `seeds[i]` becomes all four seeds of shot i.
        """

    async def grow_storyboard(self, claim: Claim, part: Storyboard, seeds: Sequence[int]) -> OperationEvent | None:
        """What is written so far of a storyboard: likewise, but nothing is removed, and the story is `storyboard_unfinished`.

        Appends the event `storyboard_grew`; None when all of it is there already, or the whole storyboard has landed.
        """

    async def land_shot(self, claim: Claim, change: ShotChange) -> tuple[Shot, OperationEvent] | None:
        """Merge a change into a shot, keep a version, set it `done` once it has a picture. None when its guard failed."""

    async def finish(self, claim: Claim, *, film: Film | None = None) -> Ended:
        """`running → succeeded` with the story's and shots' states, in one transaction."""

    async def fail(self, claim: Claim, failure: Failure) -> Ended:
        """`running → failed`, likewise."""

    async def end_cancelled(self, claim: Claim) -> Ended:
        """`running → cancelled`, likewise."""

    async def requeue(self, claim: Claim, failure: Failure | None, delay: float) -> Ended:
        """`running → queued` after `delay` seconds: a retry (`failure` says why; see `retrying.counts`) or a drain (None, delay 0).

        An operation that was asked to stop ends `cancelled` instead, and one that was asked to pause is `paused`.
        """

    async def sweep(self, *, announce_after: float, limit: int = 500) -> Swept | None:
        """Return expired leases to `queued`, or to `failed` at the loss `lifecycle.MOST_LOSSES`; list what should be announced.

        Listed: queued and due operations whose announcement is missing for longer than `announce_after` seconds, and
        retries that have become due. Operations past their deadline are asked to stop. Idempotency keys past their time are
        pruned. None when another worker sweeps.
        """

    async def beat(self, worker: str) -> None:
        """Note that this worker is alive, by the database's clock."""


class OutboxStore(Protocol):
    async def mark_announced(self, ids: Sequence[OperationId], *, ago: float = 0.0) -> Sequence[OperationEvent]:
        """The broker has acknowledged the wake-ups, which were sent at most `ago` seconds ago: the events `announced`.

        What has been attempted and put off since then wants another announcement, and is not marked; nor is what has started.
        """

    async def ready(self) -> None:
        """Raises Unavailable when the database cannot be used."""

    async def live_workers(self, within: float) -> int:
        """How many workers have beaten within the last `within` seconds."""


class Store(OwnerStore, WorkerStore, OutboxStore, WebhookStore, Protocol):
    """All of it; adapters implement this."""


class WakeUpSender(Protocol):
    async def announce(self, ids: Sequence[OperationId]) -> None:
        """Returns when the broker has acknowledged all of them. Raises Unavailable."""


class WakeUpReceiver(Protocol):
    """A worker's end of `storyreel.operations`."""

    def __aiter__(self) -> AsyncIterator["WakeUp"]: ...

    def pause(self) -> None:
        """Take no more until `resume`: the worker is full."""

    def resume(self) -> None: ...

    @property
    def waiting(self) -> int:
        """How many wake-ups are known to wait for this receiver."""


class WakeUp(Protocol):
    """A hint that there is work: this operation's, when it was sent. Whoever takes it may start another one instead."""

    @property
    def operation_id(self) -> OperationId: ...

    async def settle(self) -> None:
        """The claim has been tried; the message need not come again."""


class EventSender(Protocol):
    async def publish(self, events: Sequence[OperationEvent]) -> None:
        """Best effort: an event that cannot be sent is read from the store later. Never raises on a broken broker."""


class EventReceiver(Protocol):
    def __aiter__(self) -> AsyncIterator[OperationEvent]:
        """All events from now on, of all operations."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is: `fraction` from 0 to 1, and what is being done.

    `board` is all that is written so far of a storyboard: each next one has the earlier shots too. None says nothing of it.
    """

    fraction: float
    stage: str = ""
    board: Storyboard | None = None


OnProgress = Callable[[Progress], None]


class Models(Protocol):
    """The worker's view of the model services."""

    async def engine(self, service: Service) -> Engine:
        """Who serves it now. Raises Unavailable."""

    async def make(self, request: Request, key: Key, *, on_progress: OnProgress, tenant: str = "") -> Artifact:
        """Make it for `tenant`, attach to one that is being made under the same key, or return what is there.

        Raises the errors of `errors`; cancelling the task tells the service that nobody waits any more.
        """

    async def ready(self) -> None:
        """Raises Unavailable unless all five services are SERVING."""


class Media(Protocol):
    """Bytes by digest under `media/`, and small JSON documents by name: artifacts' records under `artifacts/`, engines' notes
    under `notes/`.
    """

    async def put(self, data: bytes | Path, content_type: str) -> MediaRef:
        """Store once; the same bytes give the same reference. Raises ResourceExhausted STORAGE_FULL, Unavailable."""

    async def size(self, digest: Digest) -> int:
        """Bytes. Raises NotFound MEDIA_MISSING."""

    async def read(self, digest: Digest) -> bytes: ...

    def stream(self, digest: Digest, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`."""

    async def fetch(self, digest: Digest, to: Path) -> Path:
        """A readable local file with the bytes: `to`, or the store's own file where it is local (do not write to it)."""

    async def put_document(self, name: str, document: bytes) -> None: ...

    async def document(self, name: str) -> bytes | None: ...

    async def ready(self) -> None: ...
