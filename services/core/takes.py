"""Takes of a shot: what is kept as a version when something changes, and how an earlier one comes back.

A picture is kept with the words that it was made from, and comes back with them. Otherwise it would not answer what the shot
asks for, and the next compile would make another one in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from services.core.commands import PatchShot, ShotChange
from services.core.model import AssetType, Made, Shot, ShotVersion

TEXT_FIELDS = ("title", "description", "details", "narration", "prompt", "camera", "framing", "transition", "voice", "bgm")
PICTURE_WORDS = ("description", "details", "prompt", "framing", "voice")
"""What a shot says of its picture: the fields that `KeyframeRequest` is made of, and `description` beside its twin `details`."""
_MAIN_PART = {AssetType.IMAGE: "image", AssetType.VIDEO: "video", AssetType.AUDIO: "audio"}


@dataclass(frozen=True, slots=True)
class Take:
    """One part of a shot as it stands: media with the seed that gave them, or the text. A picture has its words with it."""

    asset_type: AssetType
    made: Made | None
    text: Mapping[str, str]
    seed: int


def take(shot: Shot, asset_type: AssetType) -> Take:
    """The shot's current take of `asset_type`."""
    match asset_type:
        case AssetType.IMAGE:
            words = {name: getattr(shot, name) for name in PICTURE_WORDS}
            return Take(asset_type, shot.keyframe, words, shot.seeds.image)
        case AssetType.VIDEO:
            return Take(asset_type, shot.clip, {}, shot.seeds.video)
        case AssetType.AUDIO:
            return Take(asset_type, shot.speech, {}, shot.seeds.audio)
        case AssetType.TEXT:
            return Take(asset_type, None, text_of(shot), shot.seeds.text)


def text_of(shot: Shot) -> dict[str, str]:
    return {name: getattr(shot, name) for name in TEXT_FIELDS}


def changed(before: Shot, after: Shot, kept: AssetType | None) -> tuple[Take, ...]:
    """The takes to keep after a change: the one it is kept as, and its text where that differs, so that none is lost."""
    if kept is None:
        return ()
    takes = {}
    if kept is AssetType.TEXT or text_of(before) != text_of(after):
        takes[AssetType.TEXT] = take(after, AssetType.TEXT)
    if kept is not AssetType.TEXT and take(after, kept).made is not None:
        takes[kept] = take(after, kept)
    return tuple(takes.values())


def patched(shot: Shot, patch: PatchShot) -> Shot:
    """The shot with the fields that the patch names, a revision on; the same shot when they say what it says already.

    New details clear `prompt`: the storyboard's words for the picture no longer fit.
    """
    values = {f.name: getattr(patch, f.name) for f in fields(patch) if getattr(patch, f.name) is not None}
    if values.get("details", shot.details) != shot.details:
        values["prompt"] = ""
    after = replace(shot, **values)
    return shot if after == shot else replace(after, revision=shot.revision + 1)


def restored(shot: Shot, version: ShotVersion) -> Shot:
    """The shot with a take back in place, a revision on; the same shot when it is so already.

    A picture brings the words back that it was made from, so that it answers what the shot asks for and is kept.
    """
    after = replace(shot, **_restored_fields(shot, version))
    return shot if after == shot else replace(after, revision=shot.revision + 1)


def brought_along(before: Shot, after: Shot, restored_type: AssetType) -> tuple[Take, ...]:
    """The takes to keep after a restore beside the one that came back: the text, where a picture has brought its words."""
    return tuple(kept for kept in changed(before, after, restored_type) if kept.asset_type is not restored_type)


def _restored_fields(shot: Shot, version: ShotVersion) -> dict[str, Any]:
    match version.asset_type:
        case AssetType.IMAGE:
            return {**version.text, "keyframe": version.made, "seeds": replace(shot.seeds, image=version.seed)}
        case AssetType.VIDEO:
            return {"clip": version.made, "seeds": replace(shot.seeds, video=version.seed)}
        case AssetType.AUDIO:
            return {"speech": version.made, "seeds": replace(shot.seeds, audio=version.seed)}
        case AssetType.TEXT:
            return {**version.text, "seeds": replace(shot.seeds, text=version.seed)}


def landed(shot: Shot, change: ShotChange, version: int | None) -> dict[str, Any]:
    """The data of the event `shot_landed`: which shot, what landed on it, and under which version number it is kept."""
    asset_type = change.version or next(
        (kind for kind, made in zip(_MAIN_PART, (change.keyframe, change.clip, change.speech), strict=True) if made), AssetType.TEXT
    )
    made = take(shot, asset_type).made
    part = made.parts.get(_MAIN_PART[asset_type]) if made else None
    return {
        "shot_id": str(shot.id),
        "sequence": shot.sequence,
        "asset_type": asset_type.value,
        "key": made.key if made else None,
        "digest": part.digest if part else None,
        "version": version,
    }
