"""The names under `/static/`: made here and read here, so that no other name and no path reaches the object store."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.core.model import AssetType, MediaRef, Shot, ShotId, ShotVersion, Story, StoryId

PREFIX = "/static/"

_EXTENSIONS: Mapping[str, str] = {"image/png": "png", "image/jpeg": "jpg"}
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_STORY_FILE = re.compile(rf"({_UUID})_(FINAL_MOVIE\.mp4|cover\.(?:png|jpg)|subtitles\.srt|captions\.vtt)", re.ASCII)
_SHOT_FILE = re.compile(rf"({_UUID})_({_UUID})_(keyframe|clip|narration)(?:_v([1-9][0-9]{{0,8}}))?\.(png|mp4|wav)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Part:
    """How a shot's asset type is named in a URL, and in an artifact's parts."""

    stem: str
    extension: str
    part: str


SHOT_PARTS: Mapping[AssetType, _Part] = {
    AssetType.IMAGE: _Part("keyframe", "png", "image"),
    AssetType.VIDEO: _Part("clip", "mp4", "video"),
    AssetType.AUDIO: _Part("narration", "wav", "audio"),
}
"""A text has no file."""


@dataclass(frozen=True, slots=True)
class StoryFile:
    """`what` is the name after the story's id."""

    story_id: StoryId
    what: str

    def ref(self, story: Story) -> MediaRef | None:
        """What the name shows now; None when there is nothing."""
        return next((ref for what, ref in _story_files(story) if what == self.what), None)


@dataclass(frozen=True, slots=True)
class ShotFile:
    """`number` None is the current take."""

    story_id: StoryId
    shot_id: ShotId
    asset_type: AssetType
    number: int | None

    @property
    def part(self) -> str:
        return SHOT_PARTS[self.asset_type].part

    def ref(self, shot: Shot) -> MediaRef | None:
        """What the name shows now; None when there is nothing."""
        made = {AssetType.IMAGE: shot.keyframe, AssetType.VIDEO: shot.clip, AssetType.AUDIO: shot.speech}[self.asset_type]
        return made.parts.get(self.part) if made else None

    def version_ref(self, versions: Sequence[ShotVersion]) -> MediaRef | None:
        """What this version shows, among all of the shot's; None when there is no such version."""
        for version in versions:
            if (version.asset_type, version.number) == (self.asset_type, self.number) and version.made:
                return version.made.parts.get(self.part)
        return None


def parse(name: str) -> StoryFile | ShotFile | None:
    """What a name asks for; None when it is not one of ours, to the letter."""
    if match := _STORY_FILE.fullmatch(name):
        return StoryFile(StoryId(UUID(match[1])), match[2])
    if match := _SHOT_FILE.fullmatch(name):
        story_id, shot_id, stem, number, extension = match.groups()
        for asset_type, part in SHOT_PARTS.items():
            if (part.stem, part.extension) == (stem, extension):
                version = int(number) if number else None
                return ShotFile(StoryId(UUID(story_id)), ShotId(UUID(shot_id)), asset_type, version)
    return None


def story_urls(story: Story) -> Mapping[str, str]:
    """The URLs of a story's film by kind: `video`, `cover`, `subtitles`, `captions`; one that is not there is absent."""
    kinds = {"FINAL_MOVIE": "video", "cover": "cover", "subtitles": "subtitles", "captions": "captions"}
    return {kinds[what.partition(".")[0]]: f"{PREFIX}{story.id}_{what}" for what, _ in _story_files(story)}


def shot_url(story_id: StoryId, shot_id: ShotId, asset_type: AssetType, number: int | None = None) -> str:
    """The URL of a shot's picture, clip or narration: the current one, or a version for ever."""
    part = SHOT_PARTS[asset_type]
    version = f"_v{number}" if number is not None else ""
    return f"{PREFIX}{story_id}_{shot_id}_{part.stem}{version}.{part.extension}"


def current_url(shot: Shot, asset_type: AssetType) -> str:
    """The URL of what the shot shows or sounds like now; empty when there is nothing."""
    there = ShotFile(shot.story_id, shot.id, asset_type, None).ref(shot)
    return shot_url(shot.story_id, shot.id, asset_type) if there else ""


def film_url(story_id: StoryId) -> str:
    """The URL of a story's film: it shows the newest."""
    return f"{PREFIX}{story_id}_FINAL_MOVIE.mp4"


def _story_files(story: Story) -> list[tuple[str, MediaRef]]:
    film = story.film
    if film is None:
        return []
    files = [("FINAL_MOVIE.mp4", film.video)]
    if film.cover and film.cover.content_type in _EXTENSIONS:
        files.append((f"cover.{_EXTENSIONS[film.cover.content_type]}", film.cover))
    if film.subtitles:
        files.append(("subtitles.srt", film.subtitles))
    if film.captions:
        files.append(("captions.vtt", film.captions))
    return files
