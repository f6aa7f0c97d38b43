"""How a film is to look: from the compile's payload, else the story's aspect."""

from dataclasses import dataclass
from typing import Self

from services.core.model import Story
from services.core.ports import Work
from services.core.vocabulary import Aspect

DEFAULT_FPS = 24


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """Size in pixels, frames a second, and what is laid over the picture and under the voice."""

    width: int
    height: int
    fps: int
    burn_subtitles: bool
    music: bool

    @classmethod
    def of(cls, work: Work) -> Self:
        """The options of this operation; a payload that names none gets the story's aspect at 24 frames a second."""
        payload = work.operation.payload
        width, height = cls.picture_size(work.story)
        return cls(
            width=int(payload.get("width") or width),
            height=int(payload.get("height") or height),
            fps=int(payload.get("fps") or DEFAULT_FPS),
            burn_subtitles=payload.get("subtitles", "burned") == "burned",
            music=bool(payload.get("music", True)),
        )

    def plain_for(self, story: Story) -> bool:
        """Whether the story's clips have the size and rate that they have without being asked."""
        return (self.width, self.height) == self.picture_size(story) and self.fps == DEFAULT_FPS

    @staticmethod
    def picture_size(story: Story) -> tuple[int, int]:
        """Width and height of the story's pictures."""
        return Aspect.of(story.aspect).size
