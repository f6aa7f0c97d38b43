"""Who holds and wears what: the things of a scene that are on somebody rather than on the ground, and how they are held."""

from collections.abc import Mapping

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.casting import PEOPLE
from services.model_service.engines.keyframe.scene import Scene

DRAWN: Mapping[str, str] = {
    "lantern": "lantern",
    "paper lantern": "lantern",
    "torch": "torch",
    "letter": "letter",
    "book": "book",
    "map": "map",
    "phone": "phone",
    "photo": "photo",
    "compass": "compass",
    "key": "key",
    "umbrella": "umbrella",
    "balloon": "balloon",
    "bouquet": "bouquet",
    "single rose": "flower",
    "fishing rod": "rod",
    "sword": "sword",
    "box": "box",
    "broom": "broom",
    "hammer": "hammer",
    "spade": "hoe",
    "magic wand": "wand",
    "bow": "bow",
    "gift box": "box",
}
"""Things with a drawing for the hand, and its name there."""
AS_ICONS: Mapping[str, float] = {
    "candle": 0.16,
    "oil lamp": 0.14,
    "flashlight": 0.13,
    "fallen star": 0.16,
    "scroll": 0.16,
    "newspaper": 0.18,
    "brush": 0.15,
    "pen": 0.12,
    "pocket watch": 0.12,
    "hourglass": 0.16,
    "crown": 0.15,
    "gem": 0.12,
    "mirror": 0.20,
    "mask": 0.16,
    "potion": 0.15,
    "crystal ball": 0.17,
    "cake": 0.20,
    "bread": 0.15,
    "bowl": 0.15,
    "cup": 0.12,
    "cup of water": 0.12,
    "apple": 0.10,
    "peach": 0.10,
    "watermelon": 0.18,
    "ice cream": 0.15,
    "candy": 0.15,
    "ball": 0.17,
    "basketball": 0.17,
    "doll": 0.18,
    "teddy bear": 0.24,
    "flute": 0.22,
    "violin": 0.34,
    "guitar": 0.46,
    "camera": 0.13,
    "magnifying glass": 0.17,
    "bell": 0.12,
    "basket": 0.22,
    "bucket": 0.22,
    "suitcase": 0.24,
    "bag": 0.20,
    "teapot": 0.15,
    "feather": 0.16,
    "seedling": 0.15,
    "sunflower": 0.28,
    "tulip": 0.22,
    "maple leaf": 0.11,
    "egg": 0.14,
    "dragon egg": 0.22,
    "folding fan": 0.15,
    "axe": 0.34,
    "trophy": 0.18,
    "microphone": 0.12,
    "shell": 0.11,
    "ring": 0.09,
    "money": 0.16,
    "red envelope": 0.12,
    "bottle": 0.16,
    "wine glass": 0.13,
}
"""Things held as their icon, by height against a grown-up's."""
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
        fit = (thing.tag in DRAWN or thing.tag in AS_ICONS) and not thing.worn and thing.count == 1
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
