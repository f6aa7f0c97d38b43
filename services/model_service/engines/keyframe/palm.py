"""A detail of a small thing in somebody's hand: the hand large before the lens, the thing lying against its fingers."""

import numpy as np

from services.model_service.engines.keyframe.canvas import Point, mix, rgb
from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.costumes import dress, lit_cloth
from services.model_service.engines.keyframe.fauna import material_light
from services.model_service.engines.keyframe.figure_brush import Brush, along, shaded
from services.model_service.engines.keyframe.icons import aspect
from services.model_service.engines.keyframe.props import PROPS
from services.model_service.engines.keyframe.sprites import place
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.things import Thing

ON_PALM = frozenset(
    {
        *("compass", "pocket watch", "key", "ring", "gem", "pearl", "coin", "egg", "shell", "feather", "seedling", "maple leaf"),
        *("clover", "photo", "phone", "medal", "candy", "apple", "peach", "bell", "toy", "dice", "dumpling", "mooncake", "clock"),
        *(
            "bread",
            "meat",
            "potion",
            "flask",
            "fallen star",
            "paper heart",
            "hourglass",
            "mushroom",
            "strawberry",
            "tangerine",
            "magnifying glass",
        ),
    }
)
"""What lies in one hand."""
_TALL = 0.40
_WIDE = 0.40
_FINGERS: tuple[tuple[Point, Point, Point], ...] = (
    ((-0.08, -0.01), (-0.235, 0.10), (-0.175, 0.215)),
    ((-0.09, -0.05), (-0.265, 0.03), (-0.225, 0.135)),
    ((-0.09, -0.09), (-0.265, -0.045), (-0.240, 0.050)),
    ((-0.07, -0.13), (-0.215, -0.115), (-0.215, -0.030)),
)
"""Root, knuckle and tip, from the first finger to the little one, in units of the frame around the hollow of the hand."""


def place_in_palm(stage: Stage, holder: Figure, thing: Thing) -> None:
    """Draw the thing as large as a detail shows it, in the holder's hand, which reaches in from a lower corner."""
    frame, unit = stage.frame, stage.unit
    facing = -stage.side
    pen = Brush(unit, left=0.62, right=1.10, top=0.60, bottom=0.75, facing=facing, side=stage.side)
    wear = dress(stage, holder)
    robot = wear.costume.top == "robot"
    skin = np.asarray(wear.outer * np.float32(0.50), np.float32) if robot else wear.skin
    for root, knuckle, _ in reversed(_FINGERS):
        pen.tube((root, knuckle), (0.050, 0.042), shaded(skin))
        if robot:
            pen.disc(knuckle, 0.044, wear.outer)
    sleeve, cuff = wear.outer, shaded(wear.outer)
    pen.tube(((0.92, -0.74), (0.30, -0.27)), (0.20, 0.135), sleeve)
    pen.tube(((0.33, -0.29), (0.26, -0.235)), (0.140, 0.136), cuff)
    pen.tube(((0.27, -0.24), (0.10, -0.13)), (0.092, 0.098), skin)
    pen.drape([((0.09, -0.10), 0.105), ((-0.05, -0.11), 0.095), ((-0.03, -0.02), 0.075), ((0.10, 0.0), 0.075)], skin, fall=0.03)
    _thing(pen, stage, thing)
    for _, knuckle, tip in _FINGERS[1:]:  # the tips close over its edge
        pen.tube((knuckle, along(knuckle, tip, 0.55)), (0.042, 0.036), skin)
        nail = along(knuckle, tip, 0.62)
        pen.disc(nail, 0.016, mix(skin, np.ones(3, np.float32), 0.30))
    pen.tube(((0.15, -0.05), (0.215, 0.06), (0.150, 0.155)), (0.060, 0.050, 0.038), skin)
    pen.oval((0.152, 0.158), 0.020, 0.022, mix(skin, np.ones(3, np.float32), 0.30))
    x = frame.width * 0.5 - facing * unit * 0.03
    place(stage, stage.layers["cast"], pen, x, frame.height * 0.56, grounded=False, rim=0.7)


def _thing(pen: Brush, stage: Stage, thing: Thing) -> None:
    prop = PROPS[thing.tag]
    light = np.maximum(material_light(stage), np.float32(0.80))
    if not prop.icon:
        pen.disc((-0.01, 0.12), 0.15, lit_cloth(stage, thing.colour) if thing.colour else rgb("#d8c8a0"))
        return
    tall = min(_TALL, _WIDE / max(aspect(prop.icon), 0.1))
    pen.icon(prop.icon, (-0.015, 0.135), tall, light, grip=(0.5, 0.5), mirrored=pen.facing < 0, colour=thing.colour or prop.colour)
