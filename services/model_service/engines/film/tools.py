"""What the makers of pictures work with: ffmpeg, its encoder's setting, and two typefaces."""

from dataclasses import dataclass, field
from pathlib import Path

import manimgx_fonts
import pylopdf_fonts_zh_cn

from services.model_service.engines.film.encoder import Encoder
from services.model_service.engines.film.glyphs import Face
from services.model_service.engines.film.typeface import Typeface

_APART = ("Sans", "SansArmenian", "SansEthiopic", "SansGeorgian", "SansSymbols")
_JOINED = (
    *("Arabic", "Bengali", "Devanagari", "Gujarati", "Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar"),
    *("Oriya", "Sinhala", "Tamil", "Telugu", "Thai"),
)


def sans() -> Typeface:
    """Noto Sans of every script but Korean, which no package of a fitting size has."""
    return _with_others(pylopdf_fonts_zh_cn.sans_path())


def serif() -> Typeface:
    """Noto Serif of Chinese, Japanese and most of Latin; what it lacks is without serifs."""
    return _with_others(pylopdf_fonts_zh_cn.serif_path())


def _with_others(main: Path) -> Typeface:
    joined = [_noto(f"Sans{script}") for script in _JOINED]
    return Typeface(Face(main), *map(_noto, _APART), joined=joined, emoji=_noto("Emoji"))


def _noto(name: str) -> Face:
    return Face(Path(manimgx_fonts.__file__).parent / f"Noto{name}[wght].ttf")


@dataclass(frozen=True, slots=True)
class Tools:
    """One set for all jobs of an engine. Nothing is read before it is needed."""

    executable: Path
    encoder: Encoder
    sans: Typeface = field(default_factory=sans)
    serif: Typeface = field(default_factory=serif)

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when a font is not there."""
        self.sans.check()
        self.serif.check()
