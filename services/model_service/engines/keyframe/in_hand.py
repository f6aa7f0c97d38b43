"""Things in people's hands, as icons: which of a scene's things are carried by whom, and how each lies in a hand."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.canvas import Point
from services.model_service.engines.keyframe.fauna import material_light
from services.model_service.engines.keyframe.scene import PEOPLE, Scene
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Hold:
    """How a thing is held: the icon, its height against a grown-up's, where the hand is on it, and its own tilt in degrees."""

    icon: str
    height: float
    grip: Point = (0.5, 0.5)
    tilt: float = 0.0
    mirrored: bool = False
    glows: bool = False


_HOLDS: Mapping[str, Hold] = {
    "lantern": Hold("own/lantern", 0.20, (0.5, 0.98), glows=True),
    "paper lantern": Hold("things/red-paper-lantern", 0.20, (0.5, 0.98), glows=True),
    "candle": Hold("things/candle", 0.14, (0.5, 0.12), glows=True),
    "torch": Hold("own/torch", 0.40, (0.5, 0.22), glows=True),
    "oil lamp": Hold("things/diya-lamp", 0.10, (0.5, 0.1), glows=True),
    "flashlight": Hold("things/flashlight", 0.12, (0.7, 0.3), mirrored=True, glows=True),
    "sword": Hold("own/sword", 0.46, (0.5, 0.14), 20),
    "bow": Hold("things/bow-and-arrow", 0.42, (0.42, 0.60)),
    "shield": Hold("things/shield", 0.34),
    "axe": Hold("things/axe", 0.32, (0.62, 0.30), mirrored=True),
    "hammer": Hold("things/hammer", 0.22, (0.75, 0.25), mirrored=True),
    "spade": Hold("things/shovel", 0.50, (0.60, 0.60)),
    "broom": Hold("things/broom", 0.62, (0.72, 0.62), -20),
    "book": Hold("things/closed-book", 0.16, (0.3, 0.5), 8),
    "letter": Hold("own/letter", 0.10, (0.15, 0.4), 6),
    "scroll": Hold("things/scroll", 0.17, (0.4, 0.4)),
    "newspaper": Hold("things/newspaper", 0.16, (0.2, 0.4), 6),
    "map": Hold("things/world-map", 0.17, (0.2, 0.35), 6),
    "photo": Hold("own/photo", 0.13, (0.3, 0.3)),
    "phone": Hold("things/mobile-phone", 0.10, (0.5, 0.35), 12),
    "camera": Hold("things/camera", 0.09, (0.5, 0.4)),
    "compass": Hold("things/compass", 0.09, (0.4, 0.4)),
    "pocket watch": Hold("own/pocket-watch", 0.12, (0.5, 0.95)),
    "key": Hold("things/old-key", 0.12, (0.75, 0.75), mirrored=True),
    "single rose": Hold("own/rose", 0.26, (0.5, 0.25), 10),
    "bouquet": Hold("things/bouquet", 0.24, (0.75, 0.2), 10, mirrored=True),
    "seedling": Hold("things/seedling", 0.14, (0.55, 0.1)),
    "gift box": Hold("things/wrapped-gift", 0.17, (0.3, 0.3)),
    "cake": Hold("things/birthday-cake", 0.18, (0.4, 0.1)),
    "balloon": Hold("things/balloon", 0.55, (0.80, 0.02), 4),
    "kite": Hold("things/kite", 0.34, (0.9, 0.05)),
    "fishing rod": Hold("own/fishing-rod", 0.80, (0.05, 0.05)),
    "umbrella": Hold("things/umbrella", 0.62, (0.46, 0.12)),
    "bag": Hold("things/handbag", 0.18, (0.5, 0.92)),
    "suitcase": Hold("things/luggage", 0.28, (0.35, 0.95)),
    "basket": Hold("things/basket", 0.19, (0.5, 0.95)),
    "bucket": Hold("things/bucket", 0.18, (0.5, 0.9)),
    "telescope": Hold("own/spyglass", 0.10, (0.35, 0.45)),
    "magnifying glass": Hold("things/magnifying-glass-tilted-left", 0.14, (0.88, 0.12)),
    "cup": Hold("things/hot-beverage", 0.09, (0.8, 0.5), mirrored=True),
    "bowl": Hold("things/steaming-bowl", 0.13, (0.3, 0.2)),
    "wine glass": Hold("things/wine-glass", 0.13, (0.5, 0.3)),
    "bread": Hold("things/baguette-bread", 0.20, (0.3, 0.3)),
    "apple": Hold("things/red-apple", 0.08, (0.4, 0.3)),
    "mushroom": Hold("things/mushroom", 0.10, (0.5, 0.15)),
    "egg": Hold("things/egg", 0.10, (0.4, 0.3)),
    "feather": Hold("things/feather", 0.18, (0.15, 0.15)),
    "shell": Hold("things/spiral-shell", 0.09, (0.4, 0.3)),
    "gem": Hold("things/gem-stone", 0.07, (0.5, 0.2)),
    "potion": Hold("own/potion", 0.10, (0.5, 0.4)),
    "crystal ball": Hold("things/crystal-ball", 0.15, (0.5, 0.1), glows=True),
    "magic wand": Hold("things/magic-wand", 0.26, (0.9, 0.1), mirrored=True, glows=True),
    "crown": Hold("things/crown", 0.11, (0.3, 0.15)),
    "mask": Hold("things/performing-arts", 0.15, (0.4, 0.3)),
    "doll": Hold("things/nesting-dolls", 0.14, (0.5, 0.4)),
    "teddy bear": Hold("things/teddy-bear", 0.20, (0.25, 0.45)),
    "ball": Hold("things/soccer-ball", 0.13, (0.4, 0.2)),
    "guitar": Hold("things/guitar", 0.42, (0.35, 0.35), mirrored=True),
    "violin": Hold("things/violin", 0.30),
    "flute": Hold("things/flute", 0.24),
    "trumpet": Hold("things/trumpet", 0.18, (0.4, 0.4), mirrored=True),
    "folding fan": Hold("things/folding-hand-fan", 0.15, (0.5, 0.1)),
    "flag": Hold("own/flag", 0.62, (0.05, 0.15)),
    "medicine": Hold("own/medicine", 0.10, (0.5, 0.4)),
    "test tube": Hold("things/test-tube", 0.11, (0.3, 0.3)),
    "brush": Hold("things/paintbrush", 0.16, (0.8, 0.8), mirrored=True),
    "coin": Hold("things/coin", 0.06, (0.5, 0.3)),
}
IN_HAND = frozenset(_HOLDS)
"""The props that a hand can hold."""


def carried(scene: Scene) -> Mapping[int, str]:
    """Who carries what: the index of a figure, and the prop in its hand; one thing a person, in the order of the text.

    In a detail shot nobody does: there the thing itself is the picture.
    """
    if scene.framing in {Framing.DETAIL, Framing.ESTABLISHING} or scene.action == "hugging":
        return {}
    people = [index for index, figure in enumerate(scene.figures) if figure.tag in PEOPLE]
    things = [thing.tag for thing in scene.things if thing.tag in IN_HAND]
    return dict(zip(people, things, strict=False))


def draw_in_hand(
    pen: Pen, stage: Stage, name: str, hand: Point, *, size: float = 1.0, angle: float = 0.0, colour: str = ""
) -> None:
    """Draw the prop `name` (one of `IN_HAND`) in a hand at `hand`, in the pen's units, over what is drawn already.

    `size` is a grown-up's height in the pen's units (for a child's pen more than 1). `angle` in degrees tilts the thing's top
    forward (to positive x) from how it is held at rest. `colour` is a code such as `#b8332f`; left out, the one that the
    text gives the thing is taken.
    """
    hold = _HOLDS[name]
    named = next((thing.colour for thing in stage.scene.things if thing.tag == name), "")
    light = np.ones(3, np.float32) if hold.glows else material_light(stage)
    pen.icon(
        hold.icon,
        hand,
        hold.height * size,
        light,
        grip=hold.grip,
        angle=hold.tilt + angle,
        mirrored=hold.mirrored,
        colour=colour or named,
    )
