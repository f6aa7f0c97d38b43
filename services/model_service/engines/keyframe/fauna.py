"""Drawing any animal, vehicle or machine of the bestiary: by code where it moves and matters, else from an icon."""

import numpy as np

from services.model_service.engines.keyframe import creatures, vehicles
from services.model_service.engines.keyframe.beasts import BEASTS
from services.model_service.engines.keyframe.bestiary import KINDS, Kind
from services.model_service.engines.keyframe.canvas import Array, rgb
from services.model_service.engines.keyframe.quadrupeds import draw_beast
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage

_DRAWN = {
    "whale": creatures.draw_whale,
    "fish": creatures.draw_fish,
    "car": vehicles.draw_car,
    "train": vehicles.draw_train,
    "boat": vehicles.draw_boat,
    "ship": vehicles.draw_ship,
}

_LAMPS = {
    "taxi": (0.93, 0.34),
    "police car": (0.93, 0.34),
    "ambulance": (0.95, 0.26),
    "fire engine": (0.96, 0.24),
    "bus": (0.97, 0.26),
    "truck": (0.96, 0.26),
    "tractor": (0.90, 0.50),
    "motorcycle": (0.80, 0.74),
    "scooter": (0.66, 0.78),
    "fast train": (0.92, 0.30),
}
"""Where a headlamp shines at night: to the front in shares of half the breadth, and up in shares of the height."""


def draw_figure(stage: Stage, figure: Figure, action: str, size: float, rng: np.random.Generator) -> Pen:
    """The figure facing right, its foot (or keel) at the pen's origin; `size` is a grown-up's height in pixels."""
    if figure.tag in BEASTS:
        return draw_beast(stage, figure, action, size, rng)
    if figure.tag == "bird":
        return creatures.draw_bird(stage, figure, size, rng, flying=False)
    if figure.tag in _DRAWN:
        return _DRAWN[figure.tag](stage, figure, size, rng)
    return draw_icon(stage, figure, KINDS[figure.tag], size, rng)


def draw_icon(stage: Stage, figure: Figure, kind: Kind, size: float, rng: np.random.Generator, *, angle: float = 0.0) -> Pen:
    half = kind.breadth / kind.height / 2 + 0.06
    margin = 0.5 if angle else 0.04
    pen = Pen(size * kind.height, left=half + margin, right=half + margin, top=1.03 + margin, bottom=0.06 + margin)
    colour = figure.outer or kind.colour or (kind.coats[int(rng.integers(len(kind.coats)))] if kind.coats else "")
    pen.icon(kind.icon, (0.0, 0.0), 1.0, material_light(stage), mirrored=not kind.straight, colour=colour, angle=angle)
    if figure.tag in _LAMPS and stage.dark:
        x, y = _LAMPS[figure.tag]
        pen.disc((x * kind.breadth / kind.height / 2, y), 0.035, rgb("#fff6d0"))
    return pen


def material_light(stage: Stage) -> Array:
    """What the scene's light makes of an icon's colours; at night a little more, since they carry no lights of their own."""
    return np.minimum(stage.palette.light * np.float32(1.32 if stage.dark else 1.10), np.float32(1.15))
