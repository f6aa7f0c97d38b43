"""Who holds and wears what: the things of a scene that are on somebody rather than on the ground, and how they are held."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.canvas import Point
from services.model_service.engines.keyframe.casting import PEOPLE
from services.model_service.engines.keyframe.scene import Scene

DRAWN: Mapping[str, str] = {
    "lantern": "lantern",
    "torch": "torch",
    "letter": "letter",
    "book": "book",
    "map": "map",
    "umbrella": "umbrella",
    "balloon": "balloon",
    "fishing rod": "rod",
    "sword": "sword",
    "box": "box",
    "broom": "broom",
    "hammer": "hammer",
    "spade": "hoe",
    "magic wand": "wand",
    "bow": "bow",
    "treasure chest": "box",
}
"""Things with a drawing for the hand, and its name there."""


@dataclass(frozen=True, slots=True)
class InHand:
    """How an icon is held: its `height` against a grown-up's, the point of it that the hand has (as in `icons.raster`) and how it
    is turned there, in degrees; what `hangs` is held by its top.
    """

    height: float
    grip: Point = (0.5, 0.0)
    angle: float = 0.0
    hangs: bool = False


AS_ICONS: Mapping[str, InHand] = {
    "candle": InHand(0.16),
    "oil lamp": InHand(0.14),
    "flashlight": InHand(0.13),
    "fallen star": InHand(0.16),
    "scroll": InHand(0.16),
    "newspaper": InHand(0.18),
    "brush": InHand(0.15),
    "pen": InHand(0.12),
    "pocket watch": InHand(0.12),
    "hourglass": InHand(0.16),
    "crown": InHand(0.15),
    "gem": InHand(0.12),
    "mirror": InHand(0.20),
    "mask": InHand(0.16),
    "potion": InHand(0.15),
    "crystal ball": InHand(0.17),
    "cake": InHand(0.20),
    "bread": InHand(0.15),
    "meat": InHand(0.15),
    "bowl": InHand(0.15),
    "cup": InHand(0.12),
    "cup of water": InHand(0.12),
    "apple": InHand(0.10),
    "peach": InHand(0.10),
    "watermelon": InHand(0.18),
    "ice cream": InHand(0.15),
    "candy": InHand(0.15),
    "ball": InHand(0.17),
    "basketball": InHand(0.17),
    "doll": InHand(0.18),
    "teddy bear": InHand(0.24),
    "flute": InHand(0.22),
    "violin": InHand(0.34),
    "guitar": InHand(0.46),
    "camera": InHand(0.13, hangs=True),
    "magnifying glass": InHand(0.17),
    "bell": InHand(0.12),
    "basket": InHand(0.22, hangs=True),
    "bucket": InHand(0.22, hangs=True),
    "suitcase": InHand(0.24, hangs=True),
    "bag": InHand(0.20, hangs=True),
    "teapot": InHand(0.15),
    "feather": InHand(0.16),
    "seedling": InHand(0.15),
    "sunflower": InHand(0.28),
    "tulip": InHand(0.22),
    "maple leaf": InHand(0.11),
    "egg": InHand(0.14),
    "dragon egg": InHand(0.22),
    "folding fan": InHand(0.15),
    "axe": InHand(0.34),
    "trophy": InHand(0.18),
    "microphone": InHand(0.12),
    "shell": InHand(0.11),
    "ring": InHand(0.09),
    "money": InHand(0.16),
    "red envelope": InHand(0.12),
    "bottle": InHand(0.16),
    "wine glass": InHand(0.13),
    "paper lantern": InHand(0.24, hangs=True),
    "phone": InHand(0.11),
    "photo": InHand(0.13),
    "compass": InHand(0.14),
    "key": InHand(0.16, grip=(0.86, 0.84), angle=135.0),
    "bouquet": InHand(0.20, grip=(0.80, 0.10), angle=24.0),
    "single rose": InHand(0.24, grip=(0.5, 0.12)),
    "gift box": InHand(0.20),
}
"""Things held as their icon."""
READ = frozenset({"letter", "book", "map", "phone", "photo", "newspaper", "scroll", "compass", "pocket watch"})
RAISED = frozenset({"lantern", "paper lantern", "torch", "candle", "flashlight", "magic wand", "fallen star", "magnifying glass"})
HUNG = frozenset({"basket", "bucket", "suitcase", "bag", "sword", "axe", "hammer", "camera"})
_BUSY = frozenset(
    {"fighting", "hugging", "sleeping", "climbing", "crying", "praying", "rowing", "falling", "holding hands", "jumping"}
)


def carried(scene: Scene) -> Mapping[int, str]:
    """Figure (its number in the scene) to the thing in its hand: the first person takes the first thing that a hand can hold."""
    if scene.framing is Framing.DETAIL:
        return {}
    holder = next((index for index, figure in enumerate(scene.figures) if figure.tag in PEOPLE), None)
    if holder is None:
        return {}
    for thing in scene.things:
        fit = (thing.tag in DRAWN or thing.tag in AS_ICONS) and not (thing.worn or thing.lies) and thing.count == 1
        if fit and (scene.action not in _BUSY or (scene.action == "fighting" and thing.tag in {"sword", "bow", "axe"})):
            return {holder: thing.tag}
    return {}


WORN: Mapping[str, str] = {
    "scarf": "scarf",
    "glasses": "glasses",
    "backpack": "backpack",
    "straw hat": "straw",
    "hat": "felt",
    "crown": "crown",
    "stethoscope": "stethoscope",
    "helmet": "helm",
}
"""Things that the first person wears, by what they are called in a costume."""


def worn(scene: Scene) -> frozenset[str]:
    """The things that the first person wears."""
    return frozenset(thing.tag for thing in scene.things if thing.worn and thing.tag in WORN)
