"""Ruins: broken towers, columns and an arch, rubble, and neon that still burns."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, rgb
from services.model_service.engines.keyframe.skyline import NEON
from services.model_service.engines.keyframe.stage import Stage


def paint_ruins(stage: Stage) -> None:
    """Broken towers, columns and an arch, with rubble at their feet."""
    rng, frame, unit = stage.rng("ruins"), stage.frame, stage.unit
    stone, neon = rgb("#8a8072"), "neon" in stage.scene.props
    lights = Lights(frame)
    for row, distance in enumerate((0.66, 0.42)):
        sheet = Sheet(frame.width, frame.height)
        x = -unit * 0.05
        while x < frame.width:
            width = unit * float(rng.uniform(0.06, 0.13))
            if row and abs((x + width / 2) / frame.width - 0.5) < 0.20:
                x += width
                continue
            height = stage.rise * float(rng.uniform(0.12, 0.46))
            base, wall = stage.y(0.06 + 0.05 * row), stage.lit(stone * np.float32(rng.uniform(0.7, 1.0)), distance)
            broken = [(x + width * u, base - height * float(rng.uniform(0.55, 1.0))) for u in np.linspace(0, 1, 7)]
            sheet.polygon([(x, base + unit * 0.05), *broken, (x + width, base + unit * 0.05)], wall)
            for wy in np.arange(base - height * 0.5, base - unit * 0.02, unit * 0.045):
                for wx in np.arange(x + width * 0.18, x + width * 0.8, unit * 0.03):
                    hole = rng.random()
                    if hole < 0.65:
                        lit = neon and hole < 0.06
                        sheet.box(
                            float(wx),
                            float(wy),
                            float(wx) + unit * 0.013,
                            float(wy) + unit * 0.024,
                            rgb(NEON[int(rng.integers(2))]) if lit else wall * np.float32(0.55),
                        )
            if neon and rng.random() < 0.6:
                sx, sy, sh, colour = (
                    x + width * 0.4,
                    base - height * 0.5,
                    unit * float(rng.uniform(0.05, 0.11)),
                    rgb(NEON[int(rng.integers(2))]),
                )
                sheet.box(sx, sy, sx + unit * 0.012, sy + sh, colour)
                lights.add(sx, sy + sh / 2, sh * 0.8, colour, 0.5)
            x += width + unit * float(rng.uniform(0.0, 0.06))
        lay(stage.layers["far"], sheet)
    lights.shine(stage.layers["far"])
    near = Sheet(frame.width, frame.height)
    wall = stage.lit(stone * np.float32(0.8), 0.10)
    _arch(near, rng, frame.width * (0.5 - stage.side * 0.27), stage.y(0.30), unit * 0.46, wall, stage.side)
    for x in (0.5 + stage.side * 0.33, 0.5 + stage.side * 0.43):
        _column(near, rng, x * frame.width, stage.y(0.26), unit * float(rng.uniform(0.16, 0.40)), wall, stage.side)
    for _ in range(60):
        t = float(rng.random()) ** 1.4
        x, y, r = (
            float(rng.random()) * frame.width,
            stage.y(0.16 + 0.8 * t),
            unit * (0.006 + 0.022 * t) * float(rng.uniform(0.5, 1.4)),
        )
        turn = np.sort(rng.random(6)) * 2 * np.pi
        corners = np.stack([x + np.cos(turn) * r * 1.4, y + np.sin(turn) * r * 0.7], 1)
        near.polygon(corners, wall * np.float32(rng.uniform(0.5, 0.95)))
    lay(stage.layers["ground"], near)


def _arch(sheet: Sheet, rng: np.random.Generator, x: float, base: float, height: float, wall: Array, side: int) -> None:
    half = height * 0.40
    for way in (-1, 1):
        top = base - height * (1.0 if way == side else float(rng.uniform(0.66, 0.86)))
        sheet.polygon(
            (
                (x + way * half * 0.58, base + 4),
                (x + way * half * 0.60, base - height * 0.62),
                (x + way * half * 0.62, top),
                (x + way * half * 0.98, top + height * 0.05),
                (x + way * half, base - height * 0.5),
                (x + way * half * 1.08, base + 4),
            ),
            wall,
        )
        light = wall * np.float32(1.3)
        edge = x + way * half * (1.0 if way == side else 0.58)
        sheet.polygon(
            (
                (edge - side * half * 0.1, base),
                (edge - side * half * 0.1, base - height * 0.62),
                (edge, base - height * 0.62),
                (edge, base),
            ),
            light,
        )
    turn = np.linspace(np.pi, np.pi * 1.74, 20) if side < 0 else np.linspace(0, -np.pi * 0.74, 20)
    outer = [(x + np.cos(a) * half * 1.0, base - height * 0.60 + np.sin(a) * height * 0.38) for a in turn]
    inner = [(x + np.cos(a) * half * 0.60, base - height * 0.60 + np.sin(a) * height * 0.22) for a in turn[::-1]]
    sheet.polygon([*outer, *inner], wall * np.float32(1.06))


def _column(sheet: Sheet, rng: np.random.Generator, x: float, base: float, height: float, wall: Array, side: int) -> None:
    half = height * 0.07 + 5
    sheet.box(x - half * 1.4, base - half * 0.6, x + half * 1.4, base + 3, wall * np.float32(0.9))
    top = [(x - half + 2 * half * u, base - height * float(rng.uniform(0.9, 1.0))) for u in np.linspace(0, 1, 5)]
    sheet.polygon([(x - half, base), *top, (x + half, base)], wall)
    sheet.box(x + side * half * 0.35, base - height * 0.88, x + side * half * 0.95, base, wall * np.float32(1.28))
    for k in (-0.45, 0.0):
        sheet.line([(x + half * k, base), (x + half * k, base - height * 0.88)], wall * np.float32(0.75), 1)
