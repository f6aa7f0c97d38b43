"""Steps that the store's tests share: stories at some point of their life."""

import hashlib
from dataclasses import dataclass
from uuid import uuid4

from services.core.commands import CreateStory, ShotChange, StartOperation
from services.core.model import (
    AssetType,
    BibleEntry,
    Digest,
    Engine,
    Failure,
    Film,
    Key,
    Language,
    Made,
    MediaRef,
    Operation,
    OperationId,
    OperationType,
    Shot,
    ShotDraft,
    ShotId,
    Storyboard,
    StoryId,
    UserId,
)
from services.core.ports import Claim, Store, Work

LEASE = 60.0
OVER = 0.0
"""A lease that has expired as soon as it is given: what a worker leaves behind that was killed."""

FAILURE = Failure("engine_failed", "ENGINE_FAILED", "The engine painter failed: no paint.", params={"engine": "painter"})
BOARD = Storyboard(
    shots=(
        ShotDraft(
            title="Dusk", description="A boat at dusk", narration="Night falls.", prompt="boat, dusk", camera="pan", seconds=4.0
        ),
        ShotDraft(title="Dawn", description="The same boat at dawn", narration="Day breaks.", prompt="boat, dawn", bgm="calm"),
    ),
    bible=(BibleEntry("character", "Lin", "a girl in a red coat"), BibleEntry("place", "the bay", "black cliffs")),
)


@dataclass(frozen=True)
class Tale:
    """A story with the ids that a test needs."""

    user: UserId
    story_id: StoryId
    operation: Operation


def someone() -> UserId:
    return UserId(uuid4())


def story_command(content: str = "A girl waits for a boat.") -> CreateStory:
    return CreateStory(
        content=content,
        title="The boat",
        style="ink",
        language=Language.EN,
        aspect="16:9",
        voice="",
        shot_count=2,
        payload={"script_content": content, "nested": {"ünïcode": ["船", 1, 2.5, None, True]}},
    )


def ref(name: str, content_type: str = "image/png") -> MediaRef:
    return MediaRef(Digest(hashlib.sha256(name.encode()).hexdigest()), content_type, len(name))


def made(name: str, part: str = "image") -> Made:
    key = Key(hashlib.sha256(f"key {name}".encode()).hexdigest())
    return Made(key, Digest(hashlib.sha256(f"request {name}".encode()).hexdigest()), {part: ref(name)}, {"name": name})


def picture(shot: Shot, name: str, *, revises: bool = False) -> ShotChange:
    return ShotChange(shot_id=shot.id, keyframe=made(name), version=AssetType.IMAGE, revises=revises)


def film(revision: int) -> Film:
    return Film(Key("f" * 64), ref("film", "video/mp4"), ref("cover"), None, None, 8.0, (), revision)


def claim_of(work: Work) -> Claim:
    operation = work.operation
    return Claim(operation.id, operation.user_id, operation.attempt, operation.worker)


async def new_story(store: Store, user: UserId | None = None) -> Tale:
    """A story whose creation is queued."""
    accepted = await store.create_story(user or someone(), story_command())
    return Tale(accepted.operation.user_id, accepted.operation.story_id, accepted.operation)


async def start(store: Store, tale: Tale, type_: OperationType, shot_id: ShotId | None = None) -> Operation:
    command = StartOperation(type=type_, story_id=tale.story_id, shot_id=shot_id, payload={"asset_type": "ASSET_IMAGE"})
    return (await store.start_operation(tale.user, command)).operation


async def claimed(store: Store, operation_id: OperationId, *, worker: str = "story-worker/a", lease: float = LEASE) -> Work:
    work = await store.claim(operation_id, worker, lease)
    assert work is not None
    return work


async def drafted_story(store: Store, user: UserId | None = None) -> tuple[Tale, Claim, tuple[Shot, ...]]:
    """A story whose storyboard has landed, still being created."""
    tale = await new_story(store, user)
    claim = claim_of(await claimed(store, tale.operation.id))
    shots, _ = await store.land_storyboard(claim, BOARD, [7, 8])
    return tale, claim, shots


async def ready_story(store: Store, user: UserId | None = None) -> tuple[Tale, tuple[Shot, ...]]:
    """A story with pictures in all of its shots."""
    tale, claim, shots = await drafted_story(store, user)
    for shot in shots:
        await store.land_shot(claim, picture(shot, f"first {shot.id}"))
    await store.finish(claim)
    return tale, await store.shots(tale.user, tale.story_id)


def engine() -> Engine:
    return Engine("painter", "1", "r1")
