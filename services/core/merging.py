"""How a change lands on a shot: fields that the change does not name stay as they are, so nothing is ever blanked."""

from dataclasses import replace

from services.core.commands import ShotChange
from services.core.model import AssetType, Seeds, Shot, ShotStatus

_SEED = {AssetType.IMAGE: "image", AssetType.VIDEO: "video", AssetType.AUDIO: "audio", AssetType.TEXT: "text"}


def merged(shot: Shot, change: ShotChange) -> Shot:
    """The shot after the change. Its status becomes `done` once it has a picture; `updated_at` is the store's to set."""
    after = replace(
        shot,
        title=change.title or shot.title,
        description=change.description or shot.description,
        details=change.details or shot.details,
        narration=change.narration or shot.narration,
        camera=change.camera or shot.camera,
        framing=change.framing or shot.framing,
        transition=change.transition or shot.transition,
        voice=change.voice or shot.voice,
        bgm=change.bgm or shot.bgm,
        prompt=shot.prompt if change.prompt is None else change.prompt,
        seconds=change.seconds or shot.seconds,
        seeds=_seeds(shot, change),
        keyframe=change.keyframe or shot.keyframe,
        clip=change.clip or shot.clip,
        speech=change.speech or shot.speech,
        revision=shot.revision + 1 if change.revises else shot.revision,
    )
    return replace(after, status=ShotStatus.DONE) if after.keyframe else after


def _seeds(shot: Shot, change: ShotChange) -> Seeds:
    """The seed of the part that lands; the others may have moved on since the change was planned."""
    if change.seeds is None or change.version is None:
        return shot.seeds
    name = _SEED[change.version]
    return replace(shot.seeds, **{name: getattr(change.seeds, name)})
