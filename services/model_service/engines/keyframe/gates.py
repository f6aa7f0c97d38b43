"""Doors and gates that stand in a scene, shut or open: a great arched door, a garden gate between posts."""

import numpy as np

from services.model_service.engines.keyframe.brush import lay
from services.model_service.engines.keyframe.canvas import Array, Point, Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

_RURAL = ("garden", "village", "meadow", "park")
_BEYOND = "#fff0c0"


def paint_entrance(stage: Stage) -> None:
    """The door or gate of the scene, on the side away from the light; light falls through it where it is open."""
    if stage.scene.has(*_RURAL):
        _garden_gate(stage, opened="door" in stage.scene.opened)
    else:
        _arched_door(stage, opened="door" in stage.scene.opened)


def _arched_door(stage: Stage, *, opened: bool) -> None:
    frame, unit = stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    x, base, height = frame.width * (0.5 - stage.side * 0.20), stage.y(0.36), unit * 0.44
    half = height * 0.27
    stone, wood = stage.lit(rgb("#8d857b")), stage.lit(rgb("#6b4427"))
    beyond = mix(rgb(_BEYOND), stage.palette.horizon, 0.25)
    for size, colour in ((1.34, stone), (1.14, stone * np.float32(0.7)), (1.0, beyond if opened else wood)):
        sheet.polygon(_arch(x, base, half * size, height, size), colour)
    if opened:
        for way in (-1, 1):
            _leaf(sheet, (x + way * half, base), way, half * 0.72, height, wood)
    else:
        for k in (-0.5, 0.0, 0.5):
            sheet.line([(x + half * k, base), (x + half * k, base - height * 0.9)], wood * np.float32(0.65), max(unit / 360, 1))
        for level in (0.22, 0.6):
            y = base - height * level
            sheet.box(x - half * 0.95, y - unit * 0.006, x + half * 0.95, y + unit * 0.006, wood * np.float32(0.55))
        sheet.disc(x + half * 0.2, base - height * 0.42, unit * 0.009, mix(rgb("#e8b93c"), stage.palette.sun, 0.3))
    lay(stage.layers["ground"], sheet)
    _light_through(stage, x, base, height, half, 0.42 if opened else 0.16, opened=opened)


def _arch(x: float, base: float, half: float, height: float, size: float) -> list[Point]:
    turn = np.linspace(np.pi, 2 * np.pi, 24)
    crown = [(x + np.cos(a) * half, base - height * 0.66 + np.sin(a) * height * 0.34 * size) for a in turn]
    return [(x - half, base + 2), *crown, (x + half, base + 2)]


def _leaf(sheet: Sheet, hinge: Point, way: int, wide: float, height: float, wood: Array) -> None:
    """A leaf that has swung towards the viewer: seen at a slant, its free edge nearer and so larger."""
    x, base = hinge
    free = x + way * wide
    top, low = base - height * 0.66, base + height * 0.10
    face = [(x, base + 2), (x, top), (free, top - height * 0.24), (free, low)]
    sheet.polygon(face, wood * np.float32(0.82))
    for share in (0.33, 0.66):
        px = x + (free - x) * share
        sheet.line([(px, base + (low - base) * share), (px, top - height * 0.24 * share)], wood * np.float32(0.58), 1)
    sheet.line([(free, low), (free, top - height * 0.24)], wood * np.float32(1.25), max(height * 0.012, 1))


def _light_through(stage: Stage, x: float, base: float, height: float, half: float, strength: float, *, opened: bool) -> None:
    glow = stage.frame.glow(x, base - height * 0.5, height * 0.68, stretch=0.6)
    stage.layers["ground"].shine(glow * np.float32(strength * (1.0 if stage.dark or not opened else 0.6)), rgb("#ffd48a"))
    if opened:
        path = stage.frame.glow(x, base + height * 0.16, half * 2.2, power=1.6, stretch=1.5)
        stage.layers["ground"].light(path * np.float32(0.5), rgb(_BEYOND))


def _garden_gate(stage: Stage, *, opened: bool) -> None:
    """Two stone posts with a leaf of pickets between them, a hedge at both sides; opened, the leaf has swung aside."""
    frame, unit = stage.frame, stage.unit
    sheet, rng = Sheet(frame.width, frame.height), stage.rng("gate")
    x, base, height = frame.width * (0.5 - stage.side * 0.22), stage.y(0.40), unit * 0.27
    half, post = height * 0.52, height * 0.11
    stone, wood = stage.lit(rgb("#8f867b")), stage.lit(rgb("#7d5634"))
    leaf = stage.lit(rgb("#dfe6ee" if stage.snowy else "#4a7a3c"))
    for way in (-1, 1):
        edge = x + way * (half + post)
        n = 70
        px = edge + way * rng.uniform(0.0, 0.62, n) * unit
        py = base - rng.uniform(0.0, 0.72, n) * height
        size = unit * rng.uniform(0.018, 0.034, n)
        sheet.box(min(edge, edge + way * unit * 0.60), base - height * 0.66, max(edge, edge + way * unit * 0.60), base, leaf)
        for a, b, r, tone in zip(px.tolist(), py.tolist(), size.tolist(), rng.uniform(0.78, 1.22, n).tolist(), strict=True):
            sheet.ellipse(a, b, r, r * 0.8, leaf * np.float32(tone), 10)
    if opened:
        sheet.polygon(
            [(x - half, base), (x - half * 0.62, base - height * 0.30), (x + half * 0.62, base - height * 0.30), (x + half, base)],
            mix(rgb(_BEYOND), stage.lit(rgb("#d8c49a")), 0.70),
        )
    else:
        _pickets(sheet, (x - half, base), (x + half, base), height, wood, 7)
    for way in (-1, 1):
        left = x + way * (half + post * 0.5) - post
        sheet.box(left, base - height * 1.12, left + post * 2, base + unit * 0.008, stone)
        dark = left if stage.side > 0 else left + post * 1.25
        sheet.box(dark, base - height * 1.12, dark + post * 0.75, base + unit * 0.008, stone * np.float32(0.74))
        sheet.box(left - post * 0.25, base - height * 1.20, left + post * 2.25, base - height * 1.10, stone * np.float32(1.12))
        sheet.disc(left + post, base - height * 1.27, post * 0.78, stone)
    if opened:  # the leaf has swung towards the viewer, before its post
        _pickets(sheet, (x - half, base), (x - half - height * 0.50, base + height * 0.30), height, wood, 4)
    lay(stage.layers["ground"], sheet)
    if opened:
        _light_through(stage, x, base, height, half, 0.14, opened=True)


def _pickets(sheet: Sheet, a: Point, b: Point, height: float, wood: Array, count: int) -> None:
    """Pointed boards from `a` to `b` with two rails; nearer ones, lower in the picture, are taller."""
    grow = 1 + max(b[1] - a[1], 0.0) / height * 0.5
    for level in (0.28, 0.70):
        sheet.taper(
            (a[0], a[1] - height * level),
            (b[0], b[1] - height * level * grow),
            height * 0.030,
            height * 0.034,
            wood * np.float32(0.7),
        )
    for number in range(count):
        t = (number + 0.5) / count
        x, y = a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t
        tall, wide = height * (0.92 + 0.12 * np.sin(np.pi * t)) * (1 + (grow - 1) * t), abs(b[0] - a[0]) / count * 0.26 + 1
        sheet.polygon([(x - wide, y), (x - wide, y - tall * 0.9), (x, y - tall), (x + wide, y - tall * 0.9), (x + wide, y)], wood)
