"""What a restored take means for the next compile: the planner over the twin and over Postgres, with made-up artifacts."""

from collections import Counter

import pytest

from services.core import codec, pipeline
from services.core.commands import PatchShot, StartOperation
from services.core.ledger import LandShot, LandStoryboard
from services.core.model import Artifact, AssetType, Key, OperationId, OperationType, Shot
from services.core.ports import Store
from tests import builders
from tests.contract.store_steps import BOARD, Tale, claim_of, claimed, new_story

IMAGE = AssetType.IMAGE


class Studio:
    """Runs queued operations of one story to their ends, as a worker does, and counts the steps that are made."""

    def __init__(self, store: Store, tale: Tale) -> None:
        self.store = store
        self.tale = tale
        self._made: dict[Key, Artifact] = {}

    async def run(self, operation_id: OperationId) -> Counter[str]:
        calls: Counter[str] = Counter()
        while True:
            # A new attempt for each turn: it reads what has landed.
            work = await claimed(self.store, operation_id)
            claim = claim_of(work)
            plan = pipeline.plan(work, builders.ENGINES, self._made)
            if plan.complete:
                await self.store.finish(claim, film=plan.film)
                return calls
            for landing in plan.landings:
                match landing:
                    case LandStoryboard(board, seeds):
                        await self.store.land_storyboard(claim, board, seeds)
                    case LandShot(change):
                        assert await self.store.land_shot(claim, change)
            for step in plan.steps if not plan.landings else ():
                calls[step.kind] += 1
                facts = {"storyboard": codec.storyboard_to_json(BOARD)} if step.kind == "storyboard" else {}
                self._made[step.key] = builders.artifact(step, **facts)
            await self.store.requeue(claim, None, 0.0)

    async def start(self, type_: OperationType, shot: Shot | None = None, **payload: str) -> Counter[str]:
        command = StartOperation(type=type_, story_id=self.tale.story_id, shot_id=shot.id if shot else None, payload=payload)
        return await self.run((await self.store.start_operation(self.tale.user, command)).operation.id)

    async def compile(self) -> Counter[str]:
        return await self.start(OperationType.VIDEO_RENDER)

    async def patch(self, shot: Shot, patch: PatchShot) -> Shot:
        return await self.store.patch_shot(self.tale.user, self.tale.story_id, shot.id, patch)

    async def restore(self, shot: Shot, number: int) -> Shot:
        return await self.store.restore_version(self.tale.user, self.tale.story_id, shot.id, IMAGE, number)

    async def first(self) -> Shot:
        return (await self.store.shots(self.tale.user, self.tale.story_id))[0]


@pytest.fixture
async def studio(any_store: Store) -> Studio:
    """A story that is filmed."""
    tale = await new_story(any_store)
    studio = Studio(any_store, tale)
    await studio.run(tale.operation.id)
    assert (await studio.compile())["film"] == 1
    return studio


async def test_a_compile_keeps_a_picture_that_came_back(studio: Studio) -> None:
    before = await studio.first()
    assert await studio.start(OperationType.SHOT_REGEN, before, details="A storm") == {"keyframe": 1}
    stormy = await studio.first()
    assert (stormy.details, stormy.prompt) == ("A storm", "")

    back = await studio.restore(before, 1)

    assert (back.keyframe, back.seeds) == (before.keyframe, before.seeds)
    assert (back.details, back.description, back.prompt) == (before.details, before.description, before.prompt)
    assert (await studio.compile())["keyframe"] == 0
    assert (await studio.first()).keyframe == before.keyframe

    again = await studio.restore(before, 2)
    assert (again.keyframe, again.details, again.prompt) == (stormy.keyframe, "A storm", "")
    assert (await studio.compile())["keyframe"] == 0


@pytest.mark.parametrize("patch", [PatchShot(details="A storm"), PatchShot(voice="frightened")])
async def test_it_is_kept_whichever_of_its_words_was_edited(studio: Studio, patch: PatchShot) -> None:
    before = await studio.first()
    await studio.patch(before, patch)
    assert (await studio.compile())["keyframe"] == 1
    await studio.restore(before, 1)
    assert (await studio.compile())["keyframe"] == 0
    assert (await studio.first()).keyframe == before.keyframe


async def test_the_current_picture_brings_its_words_back_too(studio: Studio) -> None:
    before = await studio.first()
    edited = await studio.patch(before, PatchShot(details="A storm", narration="Thunder."))
    back = await studio.restore(before, 1)
    assert (back.details, back.prompt, back.revision) == (before.details, before.prompt, edited.revision + 1)
    assert back.narration == "Thunder."  # no words of the picture
    assert (await studio.compile())["keyframe"] == 0


async def test_the_words_that_come_back_are_a_version_of_the_text(studio: Studio) -> None:
    before = await studio.first()
    await studio.patch(before, PatchShot(details="A storm", narration="Thunder."))
    await studio.restore(before, 1)

    kept = await studio.store.shot_versions(studio.tale.user, studio.tale.story_id, before.id)
    texts = [version for version in kept if version.asset_type is AssetType.TEXT]

    assert [(v.number, v.current, v.text["details"], v.text["narration"]) for v in texts] == [
        (3, True, before.details, "Thunder."),
        (2, False, "A storm", "Thunder."),
        (1, False, before.details, before.narration),
    ]
