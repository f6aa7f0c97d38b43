"""What the makers of pictures work with: ffmpeg, its encoder's setting, and two typefaces."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pylopdf_fonts_zh_cn

from services.model_service.engines.film.encoder import Encoder
from services.model_service.engines.film.glyphs import Coverage


class Face:
    """A font's file, the family that its own tables name (by which libass finds it), and what it can draw."""

    def __init__(self, path: Path, family: str) -> None:
        self.path = path
        self.family = family

    @cached_property
    def coverage(self) -> Coverage:
        """Read once. Raises EngineFailed ENGINE_NOT_INSTALLED."""
        return Coverage(self.path)


@dataclass(frozen=True, slots=True)
class Tools:
    """One set for all jobs of an engine. Nothing is read before it is needed."""

    executable: Path
    encoder: Encoder
    sans: Face = field(default_factory=lambda: Face(Path(pylopdf_fonts_zh_cn.sans_path()), "Noto Sans SC"))
    serif: Face = field(default_factory=lambda: Face(Path(pylopdf_fonts_zh_cn.serif_path()), "Noto Serif SC"))

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when a font is not there."""
        for face in (self.sans, self.serif):
            _ = face.coverage
