"""Chinese buildings: pagodas, halls with sweeping roofs, a palace, a water town, a walled court with a moon gate."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.perspective import View
from services.model_service.engines.keyframe.stage import Stage

WARM = "#ffd08a"


def sweeping_roof(
    sheet: Sheet, x: float, eaves: float, half: float, tall: float, tile: Array, *, side: int, ridge: float = 0.55
) -> None:
    """A hipped roof whose eaves curve up at the ends: courses of tiles, a lit flank, a ridge with finials."""
    t = np.linspace(0, 1, 14)
    out = half * (ridge + (1.16 - ridge) * t**1.0)
    drop = tall * (1 - (1 - t) ** 1.7)
    curl = tall * 0.30 * np.maximum(t - 0.72, 0) / 0.28
    right = np.stack([x + out, eaves - tall + drop - curl], 1)
    left = np.stack([x - out, eaves - tall + drop - curl], 1)
    u = np.linspace(1, -1, 15)
    low = np.stack([x + half * 1.16 * u, eaves - tall * 0.30 * np.abs(u) ** 5 + tall * 0.03], 1)
    shape = np.concatenate([right, low, left[::-1]]).astype(np.float32)
    sheet.polygon(shape, tile)
    n = max(int(half / 13), 5)
    for k in range(-n, n + 1):
        v = k / n
        top, foot = (x + half * ridge * v * 0.98, eaves - tall), (x + half * 1.12 * v, eaves - tall * 0.30 * abs(v) ** 5)
        bow = ((top[0] + foot[0]) / 2, (top[1] + foot[1]) / 2 + tall * 0.10)
        sheet.line([top, bow, foot], tile * np.float32(0.78 if v * side < 0.2 else 1.16), max(half * 0.012, 1))
    sheet.line([(float(a), float(b)) for a, b in low], tile * np.float32(0.55), max(tall * 0.06, 1))
    w = max(tall * 0.06, 1.2)
    sheet.taper((x - half * ridge * 1.04, eaves - tall), (x + half * ridge * 1.04, eaves - tall), w, w, tile * np.float32(0.66))
    for way in (-1, 1):
        end = (x + way * half * ridge * 1.04, eaves - tall)
        sheet.taper(end, (end[0] + way * tall * 0.03, end[1] - tall * 0.20), w * 1.1, w * 0.4, tile * np.float32(0.66))


def hall(
    sheet: Sheet,
    stage: Stage,
    x: float,
    base: float,
    half: float,
    distance: float,
    *,
    tile: str = "#50565e",
    wall: str = "#a83a2c",
    lights: Lights | None = None,
) -> None:
    """A hall: stone base, red columns, lattice doors that glow at night, one sweeping roof."""
    tall = half * 0.52
    stone, red = stage.lit(rgb("#c8c0b0"), distance), stage.lit(rgb(wall), distance)
    tiles = stage.lit(rgb("#eef3fa" if stage.snowy else tile), distance)
    sheet.box(x - half * 1.12, base - tall * 0.14, x + half * 1.12, base + tall * 0.12, stone)
    sheet.box(x - half, base - tall, x + half, base - tall * 0.14, red * np.float32(0.62))
    glow = mix(rgb(WARM), stage.palette.haze, distance) if stage.lamps else stage.lit(rgb("#d8c090"), distance) * np.float32(0.8)
    bays = 7
    for k in range(bays):
        a, b = x - half + 2 * half * (k + 0.16) / bays, x - half + 2 * half * (k + 0.84) / bays
        sheet.box(a, base - tall * 0.82, b, base - tall * 0.16, red * np.float32(0.8))
        inset = (b - a) * 0.12
        sheet.box(a + inset, base - tall * 0.76, b - inset, base - tall * 0.40, glow)
        for j in range(1, 4):
            gx = a + inset + (b - a - 2 * inset) * j / 4
            sheet.line([(gx, base - tall * 0.76), (gx, base - tall * 0.40)], red * np.float32(0.6), 1)
        sheet.line([(a + inset, base - tall * 0.58), (b - inset, base - tall * 0.58)], red * np.float32(0.6), 1)
    for k in range(bays + 1):
        cx, w = x - half + 2 * half * k / bays, half * 0.022
        sheet.box(cx - w, base - tall, cx + w, base - tall * 0.12, red * np.float32(1.1))
    sheet.box(x - half * 1.02, base - tall * 1.04, x + half * 1.02, base - tall * 0.92, stage.lit(rgb("#2f6a6a"), distance))
    sweeping_roof(sheet, x, base - tall * 0.98, half * 1.08, half * 0.44, tiles, side=stage.side)
    if lights is not None and stage.lamps:
        lights.add(x, base - tall * 0.5, half * 0.75, rgb("#ffb060"), 0.28)


def pagoda(sheet: Sheet, stage: Stage, x: float, base: float, tall: float, distance: float, storeys: int = 7) -> None:
    """A tower of storeys that narrow upwards, each with its own eaves."""
    tile = stage.lit(rgb("#eef3fa" if stage.snowy else "#4a5258"), distance)
    wall = stage.lit(rgb("#b8624a"), distance)
    window = mix(rgb(WARM), stage.palette.haze, distance) if stage.lamps else wall * np.float32(0.45)
    y = base
    for k in range(storeys):
        shrink = 1 - 0.085 * k
        half, step = tall * 0.115 * shrink, tall * 0.82 / storeys * (1.08 - 0.025 * k)
        sheet.box(x - half, y - step, x + half, y, wall)
        lit = (x + half * 0.35, x + half) if stage.side > 0 else (x - half, x - half * 0.35)
        sheet.box(lit[0], y - step, lit[1], y, wall * np.float32(1.16))
        for dx in (-0.55, 0.0, 0.55):
            sheet.polygon(
                [
                    (x + half * (dx - 0.13), y - step * 0.22),
                    (x + half * (dx - 0.13), y - step * 0.55),
                    (x + half * dx, y - step * 0.66),
                    (x + half * (dx + 0.13), y - step * 0.55),
                    (x + half * (dx + 0.13), y - step * 0.22),
                ],
                window,
            )
        sheet.box(x - half * 1.06, y - step * 0.14, x + half * 1.06, y - step * 0.04, wall * np.float32(0.7))
        sweeping_roof(sheet, x, y - step * 0.86, half * 1.32, step * 0.42, tile, side=stage.side, ridge=0.66)
        y -= step
    sheet.taper((x, y), (x, y - tall * 0.14), tall * 0.010, tall * 0.003, stage.lit(rgb("#d8b050"), distance))
    for k in range(4):
        sheet.ellipse(
            x, y - tall * (0.03 + 0.022 * k), tall * (0.016 - 0.0025 * k), tall * 0.007, stage.lit(rgb("#d8b050"), distance)
        )


def paint_far_pagoda(stage: Stage) -> None:
    """A pagoda over the roofs at a street's end."""
    sheet = Sheet(stage.frame.width, stage.frame.height)
    pagoda(sheet, stage, stage.x(0.5 + 0.06 * stage.side), stage.horizon + 4, stage.rise * 0.40, 0.52)
    lay(stage.layers["far"], sheet)


def paint_temple(stage: Stage) -> None:
    """A hall and a pagoda on a wooded rise, mist between."""
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    pagoda(sheet, stage, stage.x(0.5 - stage.side * 0.27), stage.y(0.13), stage.rise * 0.58, 0.26)
    hall(
        sheet,
        stage,
        stage.x(0.5 + 0.08 * stage.side),
        stage.y(0.17),
        min(stage.rise * 0.27, stage.frame.width * 0.34),
        0.14,
        lights=lights,
    )
    lay(stage.layers["mid"], sheet)
    lights.shine(stage.layers["mid"])


def paint_temple_steps(stage: Stage) -> None:
    """Stone steps up to the hall, an incense burner, stone lanterns at the sides."""
    view, s = View.of(stage), stage.side
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    stone = stage.lit(rgb("#eef2f8" if stage.snowy else "#b8b0a0"))
    goal, row = stage.x(0.5 + 0.08 * s), stage.y(0.17)
    near, n = stage.frame.height + 9.0, 15
    for k in range(n):
        a, b = (k / n) ** 1.8, ((k + 1) / n) ** 1.8
        ya, yb = row + (near - row) * a, row + (near - row) * b
        xa, xb = goal + (stage.x(0.5) - goal) * a, goal + (stage.x(0.5) - goal) * b
        wa, wb = stage.unit * (0.055 + 0.30 * a), stage.unit * (0.055 + 0.30 * b)
        tread = stone * np.float32(1.0 if k % 2 else 0.94)
        sheet.polygon([(xa - wa, ya), (xa + wa, ya), (xb + wb, yb), (xb - wb, yb)], tread)
        sheet.polygon(
            [(xb - wb, yb - (yb - ya) * 0.22), (xb + wb, yb - (yb - ya) * 0.22), (xb + wb, yb), (xb - wb, yb)],
            stone * np.float32(0.66),
        )
    for way in (-1, 1):
        for z in (11.0, 6.6):
            x = way * (3.0 if stage.frame.width > stage.frame.height else 1.7)
            size = view.scale(z)
            px, py = view.at(x, 0, z)
            dark = stone * np.float32(0.86)
            sheet.box(px - size * 0.26, py - size * 0.16, px + size * 0.26, py, dark)
            sheet.box(px - size * 0.10, py - size * 0.85, px + size * 0.10, py - size * 0.16, stone)
            sheet.box(px - size * 0.22, py - size * 1.2, px + size * 0.22, py - size * 0.85, dark)
            sheet.box(
                px - size * 0.12,
                py - size * 1.14,
                px + size * 0.12,
                py - size * 0.92,
                rgb("#ffc870") if stage.lamps else dark * np.float32(0.4),
            )
            sheet.polygon(
                [
                    (px - size * 0.38, py - size * 1.18),
                    (px - size * 0.12, py - size * 1.42),
                    (px + size * 0.12, py - size * 1.42),
                    (px + size * 0.38, py - size * 1.18),
                ],
                stone * np.float32(0.9),
            )
            if stage.lamps:
                lights.add(px, py - size * 1.0, size * 0.7, rgb("#ffb860"), 0.5)
    lay(stage.layers["ground"], sheet)
    lights.shine(stage.layers["ground"])
