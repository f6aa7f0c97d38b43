"""Storyboards and takes landing on shots, edits and versions: alike in memory and in Postgres."""

from dataclasses import fields, replace

import pytest

from services.core.commands import PatchShot, ShotChange
from services.core.errors import NotFound
from services.core.model import AssetType, OperationType, Seeds, Shot, ShotStatus, ShotVersion, Storyboard
from services.core.ports import Claim, Store
from tests.contract.store_steps import (
    BOARD,
    Tale,
    claim_of,
    claimed,
    drafted_story,
    film,
    made,
    picture,
    ready_story,
    start,
)

TEXT = AssetType.TEXT


async def regenerating(store: Store) -> tuple[Tale, Claim, Shot]:
    tale, shots = await ready_story(store)
    regenerate = await start(store, tale, OperationType.SHOT_REGEN, shots[0].id)
    return tale, claim_of(await claimed(store, regenerate.id)), shots[0]


async def land(store: Store, claim: Claim, change: ShotChange) -> Shot:
    landed = await store.land_shot(claim, change)
    assert landed is not None
    return landed[0]


async def versions(store: Store, shot: Shot, asset_type: AssetType) -> list[ShotVersion]:
    found = await store.shot_versions(shot.user_id, shot.story_id, shot.id)
    return [version for version in found if version.asset_type is asset_type]


async def test_a_storyboard_lands_whole(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)

    assert [shot.sequence for shot in shots] == [1, 2]
    for shot, draft, seed in zip(shots, BOARD.shots, [7, 8], strict=True):
        assert (shot.status, shot.seeds, shot.user_id) == (ShotStatus.PENDING, Seeds(seed, seed, seed, seed), tale.user)
        assert shot.details == draft.description
        assert (shot.keyframe, shot.clip, shot.speech) == (None, None, None)
        for field in fields(draft):
            assert getattr(shot, field.name) == getattr(draft, field.name)
        [version] = await versions(any_store, shot, TEXT)
        assert (version.number, version.current, version.made, version.seed) == (1, True, None, seed)
        assert version.text["description"] == version.text["details"] == draft.description
    assert (await any_store.story(tale.user, tale.story_id)).bible == BOARD.bible
    assert await any_store.shots(tale.user, tale.story_id) == shots
    event = (await any_store.events(tale.user, claim.operation_id))[-1]
    assert (event.kind, event.data) == ("storyboard_landed", {"shots": 2})


async def test_a_storyboard_lands_once(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    events = await any_store.events(tale.user, claim.operation_id)

    again, event = await any_store.land_storyboard(claim, Storyboard(BOARD.shots[:1]), [1])

    assert again == shots
    assert event == events[-1]
    assert await any_store.events(tale.user, claim.operation_id) == events
    assert (await any_store.story(tale.user, tale.story_id)).bible == BOARD.bible


async def test_a_picture_makes_its_shot_done(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    landed = await any_store.land_shot(claim, picture(shots[0], "one"))

    assert landed is not None
    shot, event = landed
    assert (shot.status, shot.keyframe, shot.revision) == (ShotStatus.DONE, made("one"), shots[0].revision)
    assert await any_store.shot(tale.user, tale.story_id, shot.id) == shot
    assert event.kind == "shot_landed"
    assert event.data == {
        "shot_id": str(shot.id),
        "sequence": 1,
        "asset_type": "ASSET_IMAGE",
        "key": made("one").key,
        "digest": made("one").parts["image"].digest,
        "version": 1,
    }
    sound = await land(any_store, claim, ShotChange(shot_id=shots[1].id, speech=made("voice", "audio"), version=AssetType.AUDIO))
    assert (sound.status, sound.speech) == (ShotStatus.PENDING, made("voice", "audio"))


async def test_nothing_is_ever_blanked(any_store: Store) -> None:
    _, claim, before = await regenerating(any_store)
    before = await land(any_store, claim, ShotChange(shot_id=before.id, clip=made("clip", "video"), version=AssetType.VIDEO))
    after = await land(any_store, claim, ShotChange(shot_id=before.id, title="Another title", version=TEXT))

    assert after == replace(before, title="Another title", updated_at=after.updated_at)
    assert after.prompt != ""
    cleared = await land(any_store, claim, ShotChange(shot_id=before.id, prompt=""))
    assert cleared == replace(after, prompt="", updated_at=cleared.updated_at)


async def test_a_take_that_revises_makes_the_film_stale(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    render = claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.VIDEO_RENDER)).id))
    story = await any_store.story(tale.user, tale.story_id)
    await any_store.land_shot(render, ShotChange(shot_id=shots[0].id, clip=made("c", "video"), version=AssetType.VIDEO))
    await any_store.finish(render, film=film(story.revision))
    assert not (await any_store.story(tale.user, tale.story_id)).film_stale

    regenerate = claim_of(await claimed(any_store, (await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)).id))
    shot = await land(any_store, regenerate, picture(shots[0], "second", revises=True))
    assert shot.revision == shots[0].revision + 1
    assert (await any_store.story(tale.user, tale.story_id)).film_stale


async def test_a_change_planned_on_older_fields_is_left_out(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    edited = await any_store.patch_shot(tale.user, tale.story_id, shots[0].id, PatchShot(details="A storm"))
    change = replace(picture(shots[0], "one"), expect_revision=shots[0].revision)

    assert await any_store.land_shot(claim, change) is None
    assert await any_store.shot(tale.user, tale.story_id, shots[0].id) == edited
    assert await any_store.land_shot(claim, replace(change, expect_revision=edited.revision)) is not None


async def test_a_shot_of_another_story_takes_nothing(any_store: Store) -> None:
    _, claim, _ = await drafted_story(any_store)
    other, others = await ready_story(any_store)
    assert await any_store.land_shot(claim, picture(others[0], "stray")) is None
    assert await any_store.shots(other.user, other.story_id) == others


async def test_the_same_take_is_kept_once(any_store: Store) -> None:
    _, claim, shot = await regenerating(any_store)
    for _ in range(2):
        await land(any_store, claim, picture(shot, "second"))
    third = replace(picture(shot, "third"), seeds=Seeds(3, 0, 0, 0))
    shown = await land(any_store, claim, third)
    assert shown.seeds == replace(shot.seeds, image=3)

    kept = await versions(any_store, shot, AssetType.IMAGE)
    assert [(v.number, v.current, v.made) for v in kept] == [
        (3, True, made("third")),
        (2, False, made("second")),
        (1, False, shot.keyframe),
    ]
    assert kept[0].seed == 3
    await land(any_store, claim, picture(shot, "second"))
    assert [v.current for v in await versions(any_store, shot, AssetType.IMAGE)] == [False, True, False]


async def test_a_landing_takes_no_other_parts_seed_back(any_store: Store) -> None:
    tale, claim, shot = await regenerating(any_store)
    await land(any_store, claim, replace(picture(shot, "second"), seeds=Seeds(9, 9, 9, 9)))
    spoken = ShotChange(shot_id=shot.id, speech=made("voice", "audio"), version=AssetType.AUDIO, seeds=Seeds(9, 9, 5, 9))
    back = await any_store.restore_version(tale.user, tale.story_id, shot.id, AssetType.IMAGE, 1)

    after = await land(any_store, claim, spoken)

    assert (after.keyframe, after.seeds) == (back.keyframe, replace(back.seeds, audio=5))


async def test_a_change_without_version_keeps_none(any_store: Store) -> None:
    _, claim, shot = await regenerating(any_store)
    landed = await any_store.land_shot(claim, ShotChange(shot_id=shot.id, keyframe=made("quiet")))
    assert landed is not None
    assert (landed[1].data["version"], landed[1].data["asset_type"]) == (None, "ASSET_IMAGE")
    assert len(await versions(any_store, shot, AssetType.IMAGE)) == 1


async def test_text_that_comes_with_a_picture_is_kept_too(any_store: Store) -> None:
    _, claim, shot = await regenerating(any_store)
    change = replace(picture(shot, "storm", revises=True), details="A storm", description="A storm", prompt="")
    await land(any_store, claim, change)
    newest = (await versions(any_store, shot, TEXT))[0]
    assert (newest.number, newest.current, newest.text["details"], newest.text["prompt"]) == (2, True, "A storm", "")


async def test_a_patch_changes_what_it_names_and_keeps_both_texts(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    story = await any_store.story(tale.user, tale.story_id)
    after = await any_store.patch_shot(tale.user, tale.story_id, shots[0].id, PatchShot(narration="Dark now.", voice=""))

    assert after == replace(shots[0], narration="Dark now.", revision=shots[0].revision + 1, updated_at=after.updated_at)
    assert (await any_store.story(tale.user, tale.story_id)).revision == story.revision + 1
    new, old = await versions(any_store, shots[0], TEXT)
    assert (new.number, new.current, new.text["narration"]) == (2, True, "Dark now.")
    assert (old.number, old.current, old.text["narration"]) == (1, False, "Night falls.")


async def test_new_details_clear_the_prompt(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    after = await any_store.patch_shot(tale.user, tale.story_id, shots[0].id, PatchShot(details="A storm"))
    assert (after.details, after.prompt, after.description) == ("A storm", "", shots[0].description)


async def test_a_patch_that_says_the_same_changes_nothing(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    same = PatchShot(title=shots[0].title, details=shots[0].details)
    assert await any_store.patch_shot(tale.user, tale.story_id, shots[0].id, same) == shots[0]
    assert len(await versions(any_store, shots[0], TEXT)) == 1


async def test_an_earlier_picture_comes_back(any_store: Store) -> None:
    tale, claim, shot = await regenerating(any_store)
    second = await land(any_store, claim, replace(picture(shot, "second", revises=True), seeds=Seeds(9, 9, 9, 9)))
    await any_store.finish(claim)
    story = await any_store.story(tale.user, tale.story_id)

    back = await any_store.restore_version(tale.user, tale.story_id, shot.id, AssetType.IMAGE, 1)

    assert second.seeds == replace(shot.seeds, image=9)
    assert (back.keyframe, back.seeds) == (shot.keyframe, shot.seeds)
    assert back.revision == second.revision + 1
    assert (await any_store.story(tale.user, tale.story_id)).revision == story.revision + 1
    assert [(v.number, v.current) for v in await versions(any_store, shot, AssetType.IMAGE)] == [(2, False), (1, True)]
    assert await any_store.restore_version(tale.user, tale.story_id, shot.id, AssetType.IMAGE, 1) == back


async def test_an_earlier_text_comes_back(any_store: Store) -> None:
    tale, shots = await ready_story(any_store)
    await any_store.patch_shot(tale.user, tale.story_id, shots[0].id, PatchShot(details="A storm", title="Storm"))
    back = await any_store.restore_version(tale.user, tale.story_id, shots[0].id, TEXT, 1)
    assert back == replace(shots[0], revision=shots[0].revision + 2, updated_at=back.updated_at)
    assert [(v.number, v.current) for v in await versions(any_store, shots[0], TEXT)] == [(2, False), (1, True)]


@pytest.mark.parametrize(("asset_type", "number"), [(AssetType.IMAGE, 2), (AssetType.VIDEO, 1), (TEXT, 0)])
async def test_a_version_that_is_not_there_cannot_come_back(any_store: Store, asset_type: AssetType, number: int) -> None:
    tale, shots = await ready_story(any_store)
    with pytest.raises(NotFound) as absent:
        await any_store.restore_version(tale.user, tale.story_id, shots[0].id, asset_type, number)
    assert absent.value.reason == "VERSION_NOT_FOUND"
