"""Things that a story turns on: what each is drawn from, how large it is, and where it lies, stands or flies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from services.model_service.engines.keyframe import props_drawn
from services.model_service.engines.keyframe.canvas import Layer, Point, mix, rgb
from services.model_service.engines.keyframe.fauna import material_light
from services.model_service.engines.keyframe.icons import aspect
from services.model_service.engines.keyframe.sprites import Pen, place
from services.model_service.engines.keyframe.stage import Stage


class Spot(Enum):
    """Where a thing is put."""

    LOW = "small: on a table in a room, on the ground outdoors"
    GROUND = "on the ground or the floor"
    SKY = "in the air"


@dataclass(frozen=True, slots=True)
class Prop:
    """`height` against a grown-up's, a little more than life for what would not be seen. `flat` things lie, tilted back."""

    icon: str = ""
    height: float = 0.2
    spot: Spot = Spot.LOW
    flat: bool = False
    tilt: float = 0.0
    draw: Callable[[Pen, Stage], None] | None = None
    colour: str = ""
    grip: Point = (0.5, 0.0)

    @property
    def breadth(self) -> float:
        """The width against a grown-up's height."""
        return self.height * (aspect(self.icon) if self.icon else 1.3)


LIGHTS: Mapping[str, tuple[str, float]] = {
    "lantern": ("#ffb84a", 0.42),
    "campfire": ("#ff8a3a", 0.62),
    "paper lantern": ("#ff7a3a", 0.42),
    "candle": ("#ffc25a", 0.36),
    "torch": ("#ff9a3a", 0.50),
    "oil lamp": ("#ffb84a", 0.34),
    "desk lamp": ("#ffdf9a", 0.42),
    "light bulb": ("#ffe08a", 0.36),
    "crystal ball": ("#b48aff", 0.36),
    "magic wand": ("#c8a8ff", 0.30),
    "fallen star": ("#ffe27a", 0.40),
    "pumpkin lantern": ("#ff9a2a", 0.34),
}
"""Props that give light: its colour, and its reach in shares of a grown-up's height."""


def gives_light(stage: Stage, name: str) -> bool:
    """Whether a thing of that name shines in this scene."""
    return name in LIGHTS and name not in stage.scene.unlit


_G, _S = Spot.GROUND, Spot.SKY
_T = "things/"
PROPS: Mapping[str, Prop] = {
    # light
    "lantern": Prop(height=0.22, spot=_G, draw=props_drawn.draw_lantern),
    "campfire": Prop(height=0.42, spot=_G, draw=props_drawn.draw_campfire),
    "paper lantern": Prop(_T + "red-paper-lantern", 0.30),
    "candle": Prop(_T + "candle", 0.26),
    "torch": Prop("own/torch", 0.55, _G),
    "oil lamp": Prop(_T + "diya-lamp", 0.18),
    "desk lamp": Prop("own/desk-lamp", 0.34),
    "light bulb": Prop(_T + "light-bulb", 0.20),
    "flashlight": Prop(_T + "flashlight", 0.18),
    "pumpkin lantern": Prop(_T + "jack-o-lantern", 0.28, _G),
    "fallen star": Prop(_T + "glowing-star", 0.26),
    # paper
    "letter": Prop(height=0.20, flat=True, draw=props_drawn.draw_letter),
    "book": Prop(height=0.20, draw=props_drawn.draw_book),
    "books": Prop(_T + "books", 0.26),
    "map": Prop(_T + "world-map", 0.24, flat=True),
    "scroll": Prop(_T + "scroll", 0.26),
    "newspaper": Prop(_T + "newspaper", 0.22, flat=True),
    "painting": Prop(_T + "framed-picture", 0.36),
    "photo": Prop("own/photo", 0.20),
    "brush": Prop(_T + "paintbrush", 0.22),
    "pen": Prop(_T + "fountain-pen", 0.18),
    "pencil": Prop(_T + "pencil", 0.18),
    # small and precious
    "compass": Prop(_T + "compass", 0.20),
    "pocket watch": Prop("own/pocket-watch", 0.22),
    "clock": Prop(_T + "mantelpiece-clock", 0.28),
    "alarm clock": Prop(_T + "alarm-clock", 0.22),
    "hourglass": Prop(_T + "hourglass-done", 0.26),
    "key": Prop(_T + "old-key", 0.20, flat=True, tilt=52, grip=(0.5, 0.5), colour="#c8a04a"),
    "treasure chest": Prop(_T + "treasure-chest", 0.40, _G),
    "crown": Prop(_T + "crown", 0.22),
    "ring": Prop(_T + "ring", 0.18),
    "gem": Prop(_T + "gem-stone", 0.20),
    "pearl": Prop(_T + "oyster", 0.20),
    "coin": Prop("own/coins", 0.18),
    "money": Prop(_T + "money-bag", 0.26),
    "mirror": Prop(_T + "mirror", 0.34),
    "mask": Prop(_T + "performing-arts", 0.24),
    "hat": Prop(_T + "top-hat", 0.20),
    "straw hat": Prop(_T + "womans-hat", 0.20),
    "glasses": Prop(_T + "glasses", 0.11),
    "shoes": Prop(_T + "mans-shoe", 0.16),
    "scarf": Prop(_T + "scarf", 0.26),
    "ribbon": Prop(_T + "ribbon", 0.18),
    "medal": Prop(_T + "sports-medal", 0.22),
    "trophy": Prop(_T + "trophy", 0.28),
    "paper heart": Prop(_T + "red-heart", 0.22),
    "footprint": Prop(_T + "footprints", 0.26, _G, flat=True, colour="#5f6270"),
    # arms and magic
    "sword": Prop("own/sword", 0.50, _G, tilt=188, grip=(0.5, 0.93)),
    "bow": Prop(_T + "bow-and-arrow", 0.46, _G),
    "shield": Prop(_T + "shield", 0.38, _G),
    "helmet": Prop("own/helmet", 0.24),
    "potion": Prop("own/potion", 0.24),
    "crystal ball": Prop(_T + "crystal-ball", 0.26),
    "magic wand": Prop(_T + "magic-wand", 0.24),
    "skull": Prop(_T + "skull", 0.22, _G),
    # food
    "cake": Prop(_T + "birthday-cake", 0.28),
    "bread": Prop(_T + "bread", 0.20),
    "meat": Prop("own/meat", 0.18),
    "bowl": Prop(_T + "steaming-bowl", 0.22),
    "rice": Prop(_T + "cooked-rice", 0.20),
    "dumpling": Prop(_T + "dumpling", 0.16),
    "mooncake": Prop(_T + "moon-cake", 0.16),
    "teapot": Prop(_T + "teapot", 0.24),
    "cup": Prop(_T + "hot-beverage", 0.18),
    "cup of water": Prop("own/water-glass", 0.20),
    "wine": Prop(_T + "sake", 0.26),
    "wine glass": Prop(_T + "wine-glass", 0.24),
    "apple": Prop(_T + "red-apple", 0.18),
    "fruit": Prop(_T + "grapes", 0.22),
    "peach": Prop(_T + "peach", 0.18),
    "tangerine": Prop(_T + "tangerine", 0.17),
    "banana": Prop(_T + "banana", 0.18),
    "strawberry": Prop(_T + "strawberry", 0.16),
    "watermelon": Prop(_T + "watermelon", 0.22),
    "carrot": Prop(_T + "carrot", 0.20),
    "cheese": Prop(_T + "cheese-wedge", 0.16),
    "candy": Prop(_T + "lollipop", 0.20),
    "ice cream": Prop(_T + "ice-cream", 0.22),
    "pot": Prop(_T + "pot-of-food", 0.24),
    "mushroom": Prop(_T + "mushroom", 0.22, _G),
    # what grows
    "single rose": Prop("own/rose", 0.34),
    "bouquet": Prop(_T + "bouquet", 0.32),
    "little flower": Prop("own/daisy", 0.26),
    "sunflower": Prop(_T + "sunflower", 0.44, _G),
    "tulip": Prop(_T + "tulip", 0.30, _G),
    "seedling": Prop(_T + "seedling", 0.20, _G),
    "potted plant": Prop(_T + "potted-plant", 0.34),
    "lotus": Prop(_T + "lotus", 0.24, _G),
    "maple leaf": Prop(_T + "maple-leaf", 0.18, _G),
    "clover": Prop(_T + "four-leaf-clover", 0.18, _G),
    "cactus": Prop(_T + "cactus", 0.70, _G),
    "palm tree": Prop(_T + "palm-tree", 1.9, _G),
    "christmas tree": Prop(_T + "christmas-tree", 1.5, _G),
    "egg": Prop(_T + "egg", 0.26),
    "dragon egg": Prop("own/dragon-egg", 0.36),
    "nest": Prop(_T + "nest-with-eggs", 0.22),
    "feather": Prop(_T + "feather", 0.24, flat=True, tilt=20),
    "shell": Prop(_T + "spiral-shell", 0.18, _G),
    # play
    "kite": Prop(_T + "kite", 0.55, _S),
    "balloon": Prop(_T + "balloon", 0.55, _S),
    "ball": Prop(_T + "soccer-ball", 0.20, _G),
    "basketball": Prop(_T + "basketball", 0.20, _G),
    "doll": Prop(_T + "nesting-dolls", 0.26),
    "teddy bear": Prop(_T + "teddy-bear", 0.32),
    "toy": Prop(_T + "yo-yo", 0.18),
    "toy horse": Prop(_T + "carousel-horse", 0.34),
    "dice": Prop(_T + "game-die", 0.16),
    "chess": Prop(_T + "chess-pawn", 0.22),
    "gift box": Prop(_T + "wrapped-gift", 0.28),
    "red envelope": Prop(_T + "red-envelope", 0.20),
    "yarn": Prop(_T + "yarn", 0.18),
    # music
    "guitar": Prop(_T + "guitar", 0.55, _G, tilt=-32),
    "violin": Prop(_T + "violin", 0.42, _G, tilt=-34),
    "flute": Prop(_T + "flute", 0.26),
    "erhu": Prop("own/erhu", 0.62, _G),
    "guqin": Prop("own/guqin", 0.16),
    "drum": Prop(_T + "drum", 0.40, _G),
    "piano": Prop("own/piano", 0.95, _G),
    "harp": Prop(_T + "harp", 0.95, _G),
    "trumpet": Prop(_T + "trumpet", 0.24),
    "saxophone": Prop(_T + "saxophone", 0.40, _G),
    "accordion": Prop(_T + "accordion", 0.34),
    "bell": Prop(_T + "bell", 0.26),
    "wind chime": Prop(_T + "wind-chime", 0.36, _S),
    "musical note": Prop(_T + "musical-notes", 0.24, _S),
    "microphone": Prop(_T + "microphone", 0.20),
    # machines
    "phone": Prop(_T + "mobile-phone", 0.24),
    "telephone": Prop(_T + "telephone", 0.18),
    "computer": Prop(_T + "desktop-computer", 0.34),
    "laptop": Prop(_T + "laptop", 0.24),
    "camera": Prop(_T + "camera", 0.20),
    "telescope": Prop(_T + "telescope", 0.62, _G),
    "magnifying glass": Prop(_T + "magnifying-glass-tilted-left", 0.22),
    "microscope": Prop(_T + "microscope", 0.30),
    "radio": Prop(_T + "radio", 0.22),
    "television": Prop(_T + "television", 0.36),
    "gear": Prop(_T + "gear", 0.22),
    "test tube": Prop(_T + "test-tube", 0.20),
    "flask": Prop(_T + "alembic", 0.28),
    "stethoscope": Prop(_T + "stethoscope", 0.24),
    "medicine": Prop("own/medicine", 0.20),
    "headphones": Prop(_T + "headphone", 0.20),
    # the house and its tools
    "chair": Prop(_T + "chair", 0.52, _G),
    "couch": Prop(_T + "couch-and-lamp", 0.70, _G),
    "table": Prop("own/table", 0.42, _G),
    "ladder": Prop(_T + "ladder", 1.25, _G),
    "basket": Prop(_T + "basket", 0.28, _G),
    "bucket": Prop(_T + "bucket", 0.28, _G),
    "vase": Prop(_T + "amphora", 0.36),
    "jar": Prop(_T + "jar", 0.24),
    "lock": Prop(_T + "locked", 0.18),
    "rope": Prop("own/rope", 0.20, _G),
    "backpack": Prop(_T + "backpack", 0.36, _G),
    "bag": Prop(_T + "handbag", 0.28, _G),
    "suitcase": Prop(_T + "luggage", 0.40, _G),
    "box": Prop("own/wooden-box", 0.30, _G),
    "cardboard box": Prop(_T + "package", 0.34, _G),
    "bottle": Prop("own/message-bottle", 0.18, _G),
    "fishing rod": Prop("own/fishing-rod", 0.70, _G),
    "spade": Prop(_T + "shovel", 0.52, _G),
    "hammer": Prop(_T + "hammer", 0.22),
    "axe": Prop(_T + "axe", 0.34, _G),
    "pickaxe": Prop(_T + "pick", 0.36, _G),
    "broom": Prop(_T + "broom", 0.62, _G),
    "scissors": Prop(_T + "scissors", 0.20),
    "needle": Prop(_T + "sewing-needle", 0.20),
    "umbrella": Prop(_T + "umbrella", 0.60, _G),
    "folding fan": Prop(_T + "folding-hand-fan", 0.20),
    "flag": Prop("own/flag", 1.20, _G),
    "wheel": Prop(_T + "wheel", 0.40, _G),
    "ship's wheel": Prop("own/ships-wheel", 0.72, _G),
    "tiller": Prop(height=0.30, spot=_G, draw=props_drawn.draw_tiller),
    "anchor": Prop(_T + "anchor", 0.45, _G),
    "dress": Prop(_T + "dress", 0.55, _G),
    # out of doors
    "tent": Prop(height=0.80, spot=_G, draw=props_drawn.draw_tent),
    "snowman": Prop(height=0.88, spot=_G, draw=props_drawn.draw_snowman),
    "rock": Prop(_T + "rock", 0.34, _G),
    "log": Prop(_T + "wood", 0.34, _G),
    "headstone": Prop(_T + "headstone", 0.60, _G),
    "statue": Prop("own/statue", 1.35, _G),
    "fountain": Prop(_T + "fountain", 0.90, _G),
    "water well": Prop("own/well", 0.85, _G),
    "windmill": Prop("own/windmill", 2.6, _G),
    "postbox": Prop(_T + "postbox", 0.62, _G),
    "ferris wheel": Prop(_T + "ferris-wheel", 2.6, _G),
    "signpost": Prop("own/signpost", 0.95, _G),
}


def draw_prop(stage: Stage, name: str, size: float, *, colour: str = "", lift: float = 0.0) -> Pen:
    """The thing with its foot at the pen's origin; `size` is a grown-up's height in pixels.

    `lift` (0 to 1) is how much light of its own falls on it in a dark scene.
    """
    prop = PROPS[name]
    if prop.draw is not None:
        natural = _NATURAL[name]
        pen = Pen(size * prop.height / natural, left=1.2, right=1.25, top=1.35)
        prop.draw(pen, stage)
        return pen
    half = max(aspect(prop.icon) / 2 + 0.25, 0.8)
    low = 0.62 if prop.grip[1] > 0 else 0.25
    pen = Pen(size * prop.height, left=half, right=half, top=1.35, bottom=low)
    light = material_light(stage)
    if gives_light(stage, name):
        light = np.ones(3, np.float32)
    elif lift:
        light = mix(light, np.maximum(light, np.float32(0.86)), lift)
    pen.icon(
        prop.icon,
        (0.0, 0.0),
        1.0,
        light,
        grip=prop.grip,
        angle=prop.tilt + (-14 if prop.flat else 0),
        squash=0.66 if prop.flat else 1.0,
        colour=colour or prop.colour,
    )
    if prop.flat:
        pen.stand_on_ink()
    return pen


_NATURAL: Mapping[str, float] = {
    "lantern": 0.53,
    "campfire": 0.66,
    "letter": 0.42,
    "book": 0.37,
    "tiller": 0.43,
    "tent": 0.80,
    "snowman": 1.02,
}


def place_prop(
    stage: Stage, layer: Layer, name: str, x: float, y: float, size: float, *, colour: str = "", depth: float = 0.0
) -> None:
    """Draw the prop with its foot at (x, y); `size` is a grown-up's height there, in pixels."""
    prop = PROPS[name]
    near_light = bool(stage.scene.props & LIGHTS.keys() - stage.scene.unlit)
    pen = draw_prop(stage, name, size, colour=colour, lift=0.45 if stage.dark and near_light else 0.15)
    shines = gives_light(stage, name)
    if shines:
        cast_light(stage, name, x, y - size * prop.height * 0.6, max(size, size * prop.height * 2.2))
    grounded = prop.spot is not Spot.SKY
    place(stage, layer, pen, x, y, grounded=grounded, rim=0.0 if shines else 0.8, depth=depth, lying=prop.flat)


def cast_light(stage: Stage, name: str, x: float, y: float, size: float) -> None:
    """The light of a lantern or fire on the ground and in the air around it."""
    code, reach = LIGHTS[name]
    strength = 0.55 if stage.dark else 0.30 if stage.palette.low_sun or stage.overcast else 0.10
    pool = stage.frame.glow(x, y, size * reach, power=1.4, stretch=1.5)
    air = stage.frame.glow(x, y, size * reach / 1.6, power=1.2, stretch=1.5)
    stage.layers["ground"].light(pool * strength * 1.2, rgb(code))
    stage.layers["cast"].shine(air * strength * 0.55, rgb(code))
