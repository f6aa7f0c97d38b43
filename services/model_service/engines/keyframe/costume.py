"""A costume: the body, the cut and the choices of colour that make a kind of person."""

from dataclasses import dataclass

from services.model_service.engines.keyframe.skeleton import Body


@dataclass(frozen=True, slots=True)
class Costume:
    """`top` names the cut of the outer garment, `cover` how far down the legs it reaches (0.5: knee, 1: ground), `flare` how
    wide it swings there. Colours are choices, of which a character keeps one. A `uniform` keeps its own outer colour.
    """

    body: Body
    top: str
    cover: float
    outers: tuple[str, ...]
    hairs: tuple[str, ...] = ("short",)
    flare: float = 0.02
    inner: tuple[str, ...] = ("#f2ead8",)
    legs: tuple[str, ...] = ("#3a3f52", "#4a4038", "#2f3a48")
    boots: tuple[str, ...] = ("#3a2a22", "#4a3226")
    accents: tuple[str, ...] = ("#e8c15a", "#c94a3f", "#e8e0d0", "#3f8a8a")
    hat: str = ""
    beard: float = 0.0
    gear: frozenset[str] = frozenset()
    hand: str = ""
    sleeve: str = "long"
    grey: bool = False
    uniform: bool = False
    female: bool = False
    stern: bool = False


MAN = Body()
STOUT = Body(girth=1.14, shoulders=0.126, hips=0.084)
HERO = Body(height=1.04, shoulders=0.134, girth=1.06, head=0.082)
WOMAN = Body(height=0.95, shoulders=0.098, hips=0.082, girth=0.86, hip=0.450, head=0.081)
OLD_MAN = Body(height=0.92, shoulders=0.110, hip=0.418, stoop=11.0, girth=1.02, head=0.084)
OLD_WOMAN = Body(height=0.84, shoulders=0.088, hips=0.086, hip=0.372, stoop=12.0, girth=1.0, head=0.082)
TEEN = Body(height=0.86, shoulders=0.098, hips=0.068, hip=0.395, girth=0.88, head=0.080)
BOY = Body(height=0.66, shoulders=0.070, hips=0.056, hip=0.275, girth=0.84, head=0.081)
GIRL = Body(height=0.65, shoulders=0.064, hips=0.056, hip=0.272, girth=0.80, head=0.082)
CHILD = Body(height=0.58, shoulders=0.062, hips=0.053, hip=0.232, girth=0.84, head=0.080)

DRESS = ("#b8455a", "#3f7a78", "#7a5a92", "#c98a4a", "#4a6a9a")
COAT = ("#4a5a78", "#6a5442", "#37566a", "#7a4a42", "#4f6350")


def kit(*names: str) -> frozenset[str]:
    return frozenset(names)
