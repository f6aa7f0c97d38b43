"""Storyboards that land in parts, break off and land again: alike in memory and in Postgres."""

from dataclasses import replace

import pytest

from services.core.commands import PatchShot
from services.core.model import (
    AssetType,
    BibleEntry,
    OperationEvent,
    OperationType,
    Seeds,
    Shot,
    ShotDraft,
    ShotStatus,
    Storyboard,
    StoryStatus,
)
from services.core.ports import Claim, Store
from tests.contract.store_steps import FAILURE, Tale, claim_of, claimed, new_story, picture, start

LIN = BibleEntry("character", "小林", "穿红色外套的女孩", "a girl in a red coat")
BAY = BibleEntry("place", "the bay", "black cliffs")


def board(*texts: str, bible: tuple[BibleEntry, ...] = (LIN,)) -> Storyboard:
    return Storyboard(tuple(ShotDraft(title=text, description=text, narration=text, seconds=3.0) for text in texts), bible)


def seeds(of: Storyboard) -> list[int]:
    return list(range(11, 11 + len(of.shots)))


async def grow(store: Store, claim: Claim, *texts: str, bible: tuple[BibleEntry, ...] = (LIN,)) -> OperationEvent | None:
    part = board(*texts, bible=bible)
    return await store.grow_storyboard(claim, part, seeds(part))


async def land(store: Store, claim: Claim, *texts: str) -> tuple[Shot, ...]:
    whole = board(*texts)
    return (await store.land_storyboard(claim, whole, seeds(whole)))[0]


async def beginning(store: Store, *texts: str) -> tuple[Tale, Claim, tuple[Shot, ...]]:
    """A story whose first shots have landed."""
    tale = await new_story(store)
    claim = claim_of(await claimed(store, tale.operation.id))
    await grow(store, claim, *texts)
    return tale, claim, await store.shots(tale.user, tale.story_id)


def said(shots: tuple[Shot, ...]) -> list[tuple[int, str]]:
    return [(shot.sequence, shot.description) for shot in shots]


async def test_shots_land_one_after_the_other(any_store: Store) -> None:
    tale = await new_story(any_store)
    claim = claim_of(await claimed(any_store, tale.operation.id))
    for texts in (["one"], ["one", "two"], ["one", "two", "three"]):
        event = await grow(any_store, claim, *texts)
        assert event is not None
        assert (event.kind, event.data) == ("storyboard_grew", {"shots": len(texts)})
        shots = await any_store.shots(tale.user, tale.story_id)
        assert said(shots) == list(enumerate(texts, start=1))
        assert (shots[-1].status, shots[-1].details, shots[-1].revision) == (ShotStatus.PENDING, texts[-1], 1)
        number = 10 + len(texts)
        assert shots[-1].seeds == Seeds(number, number, number, number)
        [version] = await any_store.shot_versions(tale.user, tale.story_id, shots[-1].id)
        assert (version.asset_type, version.number, version.text["details"]) == (AssetType.TEXT, 1, texts[-1])
    story = await any_store.story(tale.user, tale.story_id)
    assert (story.status, story.storyboard_unfinished, story.bible) == (StoryStatus.GENERATING, True, (LIN,))


async def test_a_part_that_brings_nothing_new_is_no_event(any_store: Store) -> None:
    tale, claim, shots = await beginning(any_store, "one", "two")
    events = await any_store.events(tale.user, claim.operation_id)
    assert await grow(any_store, claim, "one", "two") is None
    assert await grow(any_store, claim, "one") is None
    assert await grow(any_store, claim, "one", bible=()) is None
    assert await any_store.shots(tale.user, tale.story_id) == shots
    assert await any_store.events(tale.user, claim.operation_id) == events


async def test_a_bible_may_come_before_the_shots_and_grow(any_store: Store) -> None:
    tale, claim, _ = await beginning(any_store)
    story = await any_store.story(tale.user, tale.story_id)
    assert (story.bible, story.storyboard_unfinished) == ((LIN,), True)
    assert await grow(any_store, claim, bible=(LIN, BAY)) is not None
    assert (await any_store.story(tale.user, tale.story_id)).bible == (LIN, BAY)
    shots = await land(any_store, claim, "one")
    assert said(shots) == [(1, "one")]
    assert (await any_store.story(tale.user, tale.story_id)).bible == (LIN,)


async def test_the_whole_completes_what_grew(any_store: Store) -> None:
    tale, claim, early = await beginning(any_store, "one", "two")
    whole = board("one", "two", "three")
    shots, event = await any_store.land_storyboard(claim, whole, seeds(whole))

    assert said(shots) == [(1, "one"), (2, "two"), (3, "three")]
    assert shots[:2] == early
    assert (event.kind, event.data) == ("storyboard_landed", {"shots": 3})
    assert not (await any_store.story(tale.user, tale.story_id)).storyboard_unfinished
    again, same = await any_store.land_storyboard(claim, board("another"), [1])
    assert (again, same) == (shots, event)
    assert await grow(any_store, claim, "late", "parts", "of", "it") is None
    assert await any_store.shots(tale.user, tale.story_id) == shots


async def test_another_board_takes_the_places_of_the_first(any_store: Store) -> None:
    tale, claim, early = await beginning(any_store, "one", "two", "three", "four")
    assert await grow(any_store, claim, "uno") is not None
    assert said(await any_store.shots(tale.user, tale.story_id)) == [(1, "uno"), (2, "two"), (3, "three"), (4, "four")]
    shots = await land(any_store, claim, "uno", "due")

    assert said(shots) == [(1, "uno"), (2, "due")]
    assert [shot.id for shot in shots] == [shot.id for shot in early[:2]]
    assert [shot.revision for shot in shots] == [1, 1]
    assert await any_store.shots(tale.user, tale.story_id) == shots
    newest, oldest = await any_store.shot_versions(tale.user, tale.story_id, shots[0].id)
    assert (newest.number, newest.current, newest.text["title"]) == (2, True, "uno")
    assert (oldest.number, oldest.current, oldest.text["title"]) == (1, False, "one")


async def test_what_a_user_has_changed_stays(any_store: Store) -> None:
    tale, claim, early = await beginning(any_store, "one", "two")
    mine = await any_store.patch_shot(tale.user, tale.story_id, early[1].id, PatchShot(narration="mine"))
    await grow(any_store, claim, "uno", "due", "tre")
    shots = await land(any_store, claim, "uno", "due", "tre")
    assert said(shots) == [(1, "uno"), (2, "two"), (3, "tre")]
    assert shots[1] == mine


async def test_what_a_user_has_changed_is_not_removed_nor_what_is_before_it(any_store: Store) -> None:
    tale, claim, early = await beginning(any_store, "one", "two", "three", "four")
    await any_store.patch_shot(tale.user, tale.story_id, early[2].id, PatchShot(narration="mine"))
    assert said(await land(any_store, claim, "uno")) == [(1, "uno"), (2, "two"), (3, "three")]


async def test_a_shot_that_an_operation_is_about_is_not_removed(any_store: Store) -> None:
    tale, claim, early = await beginning(any_store, "one", "two", "three")
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, early[1].id)
    assert said(await land(any_store, claim, "uno")) == [(1, "uno"), (2, "two")]
    assert await any_store.operation(tale.user, regenerate.id) == regenerate


async def test_a_creation_that_breaks_off_leaves_its_shots_and_another_one_finishes_them(any_store: Store) -> None:
    tale, claim, early = await beginning(any_store, "one", "two")
    await any_store.fail(claim, FAILURE)
    story = await any_store.story(tale.user, tale.story_id)
    assert (story.status, story.storyboard_unfinished) == (StoryStatus.FAILED, True)
    assert [shot.status for shot in await any_store.shots(tale.user, tale.story_id)] == [ShotStatus.FAILED] * 2

    work = await claimed(any_store, (await start(any_store, tale, OperationType.STORY_CREATE)).id)
    assert (work.story.status, work.story.storyboard_unfinished) == (StoryStatus.GENERATING, True)
    assert said(work.shots) == [(1, "one"), (2, "two")]
    claim = claim_of(work)
    shots = await land(any_store, claim, "one", "two", "three")
    assert [shot.id for shot in shots[:2]] == [shot.id for shot in early]
    for shot in shots:
        await any_store.land_shot(claim, picture(shot, str(shot.id)))
    await any_store.finish(claim)
    assert (await any_store.story(tale.user, tale.story_id)).status is StoryStatus.READY
    assert [shot.status for shot in await any_store.shots(tale.user, tale.story_id)] == [ShotStatus.DONE] * 3


@pytest.mark.parametrize("finished", [False, True])
async def test_a_cancelled_creation_is_whole_only_with_its_whole_storyboard(any_store: Store, finished: bool) -> None:
    tale, claim, shots = await beginning(any_store, "one")
    if finished:
        shots = await land(any_store, claim, "one")
    await any_store.land_shot(claim, picture(shots[0], "one"))
    await any_store.request_cancel(tale.user, tale.operation.id)
    await any_store.end_cancelled(claim)
    status = (await any_store.story(tale.user, tale.story_id)).status
    assert status is (StoryStatus.READY if finished else StoryStatus.FAILED)


async def test_a_picture_that_an_early_shot_got_stays_with_it_under_another_wording(any_store: Store) -> None:
    tale, claim, early = await beginning(any_store, "one")
    change = replace(picture(early[0], "first"), expect_revision=early[0].revision)
    assert await any_store.land_shot(claim, change) is not None
    (shot,) = await land(any_store, claim, "uno")
    assert (shot.description, shot.status, shot.keyframe) == ("uno", ShotStatus.DONE, change.keyframe)
    assert await any_store.shot(tale.user, tale.story_id, shot.id) == shot
