"""How a film's cards look, by its style: the ground under the words, the type and its colours."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from services.core.vocabulary import Style

Colour = tuple[int, int, int]
"""Red, green, blue, from 0 to 255."""


class Ground(Enum):
    """What lies under the words."""

    DARK = auto()
    """The picture out of focus, darkened towards its edges and behind the words."""
    PAPER = auto()
    """Warm paper, into which the picture fades like a wash of colour."""
    RICE = auto()
    """Pale rice paper with a faint grey picture, as under brush and ink."""
    BLOCKS = auto()
    """The picture in large pixels, darkened."""


class Mark(Enum):
    """What stands beside the words."""

    LINE = auto()
    """A thin line with a small diamond in its middle."""
    BAR = auto()
    """A plain bar."""
    SEAL = auto()
    """A red seal with white letters."""
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Look:
    """`tracking` and `stroke` in ems; `light` is how bright the picture stays; `glow` surrounds the letters."""

    ground: Ground
    letters: Colour
    glow: Colour
    mark: Mark
    serif: bool = True
    tracking: float = 0.16
    stroke: float = 0.0
    light: float = 0.5
    glow_strength: float = 0.75
    capitals: bool = False
    upright: bool = False
    neon: bool = False
    coarse: bool = False


_BLACK = (8, 8, 12)
_CINEMA = Look(Ground.DARK, (250, 246, 238), _BLACK, Mark.LINE, capitals=True)
_LOOKS: Mapping[Style, Look] = {
    Style.REALISTIC: Look(Ground.DARK, (250, 248, 244), _BLACK, Mark.LINE, light=0.55),
    Style.ANIME: Look(Ground.DARK, (255, 255, 255), (30, 40, 90), Mark.LINE, light=0.72, glow_strength=0.6),
    Style.CARTOON: Look(
        Ground.DARK,
        (255, 226, 104),
        (60, 24, 20),
        Mark.BAR,
        serif=False,
        tracking=0.06,
        stroke=0.022,
        light=0.75,
        glow_strength=1.0,
    ),
    Style.WATERCOLOR: Look(Ground.PAPER, (58, 62, 84), (250, 245, 234), Mark.LINE, glow_strength=0.6),
    Style.STORYBOOK: Look(Ground.PAPER, (92, 52, 34), (250, 240, 220), Mark.LINE, tracking=0.1, glow_strength=0.7),
    Style.INK: Look(Ground.RICE, (30, 28, 28), (238, 232, 218), Mark.SEAL, tracking=0.1, glow_strength=0.5, upright=True),
    Style.CYBERPUNK: Look(
        Ground.DARK, (236, 252, 255), (0, 214, 255), Mark.BAR, serif=False, light=0.75, tracking=0.2, capitals=True, neon=True
    ),
    Style.PIXEL: Look(
        Ground.BLOCKS, (255, 244, 200), (16, 12, 32), Mark.BAR, serif=False, tracking=0.08, stroke=0.012, light=0.6, coarse=True
    ),
}


def look_of(style: str) -> Look:
    """The look of a story's style, which is free text; that of the cinema where it names none."""
    known = Style.recognise(style)
    return _LOOKS.get(known, _CINEMA) if known else _CINEMA
