"""How a film is to look: from the compile's payload, else the story's aspect."""

from dataclasses import dataclass
from typing import Self

from services.core.model import Story
from services.core.ports import Work
from services.core.vocabulary import Aspect, Quality

DEFAULT_FPS = 24
DRAFT_FPS = 12


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """Size in pixels, frames a second, and what is laid over the picture, under the voice and around the shots."""

    width: int
    height: int
    fps: int
    draft: bool
    burn_subtitles: bool
    soft_subtitles: bool
    music: bool
    title_card: bool
    end_card: bool

    @classmethod
    def of(cls, work: Work) -> Self:
        """The options of this operation; a payload that names none gets the story's aspect at the usual rate."""
        payload = work.operation.payload
        draft = payload.get("quality") == Quality.DRAFT
        width, height = Aspect.of(work.story.aspect).draft_size if draft else cls.picture_size(work.story)
        subtitles = payload.get("subtitles") or "burned"
        return cls(
            width=int(payload.get("width") or width),
            height=int(payload.get("height") or height),
            fps=int(payload.get("fps") or (DRAFT_FPS if draft else DEFAULT_FPS)),
            draft=draft,
            burn_subtitles=subtitles in ("burned", "both"),
            soft_subtitles=subtitles in ("soft", "both"),
            music=bool(payload.get("music", True)),
            title_card=bool(payload.get("title_card", True)) and bool(work.story.title),
            end_card=bool(payload.get("end_card", True)),
        )

    def plain_for(self, story: Story) -> bool:
        """Whether the story's clips have the size and rate that they have without being asked."""
        return (self.width, self.height) == self.picture_size(story) and self.fps == DEFAULT_FPS and not self.draft

    @staticmethod
    def picture_size(story: Story) -> tuple[int, int]:
        """Width and height of the story's pictures."""
        return Aspect.of(story.aspect).size
