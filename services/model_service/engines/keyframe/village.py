"""Villages: cottages up a slope, a path, smoke from the chimneys."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Point, Sheet, mix, rgb
from services.model_service.engines.keyframe.skyline import WARM_WINDOW, window_light
from services.model_service.engines.keyframe.stage import Stage


def cottage(sheet: Sheet, stage: Stage, rng: np.random.Generator, x: float, base: float, size: float, distance: float) -> Point:
    """A gabled house of `size` pixels height; returns where its chimney smokes."""
    wall = stage.lit(mix(rgb("#efe3cc"), rgb("#c9a67c"), float(rng.random())), distance)
    roof = stage.lit(rgb(("#a3513c", "#7c4a3a", "#5c6b7c", "#8a6a44")[int(rng.integers(4))]), distance)
    if stage.snowy:
        roof = stage.lit(rgb("#eef4fc"), distance)
    wood, window = (
        stage.lit(rgb("#5b3f2b"), distance),
        rgb(WARM_WINDOW) if window_light(stage) else stage.lit(rgb("#7fa6c0"), distance),
    )
    half, eaves = size * 0.62, base - size * 0.48
    side = stage.side
    gable = x + side * half * 0.45
    sheet.box(x - half, eaves, x + half, base, wall * np.float32(0.84))
    sheet.polygon(
        (
            (gable - half * 0.55, base),
            (gable - half * 0.55, eaves),
            (gable, base - size * 0.95),
            (gable + half * 0.55, eaves),
            (gable + half * 0.55, base),
        ),
        wall,
    )
    far_end = x - side * half
    sheet.polygon(
        (
            (gable, base - size),
            (far_end + side * half * 0.10, base - size),
            (far_end - side * half * 0.12, eaves + size * 0.05),
            (gable - side * half * 0.50, eaves + size * 0.05),
        ),
        roof * np.float32(0.86),
    )
    for way in (-1, 1):
        sheet.polygon(
            (
                (gable, base - size * 1.02),
                (gable + way * half * 0.68, eaves + size * 0.08),
                (gable + way * half * 0.58, eaves + size * 0.10),
                (gable, base - size * 0.90),
            ),
            roof,
        )
    chimney = x - side * half * 0.45
    sheet.box(chimney - size * 0.05, base - size * 1.18, chimney + size * 0.05, base - size * 0.9, wall * np.float32(0.66))
    sheet.box(gable - half * 0.14, base - size * 0.30, gable + half * 0.14, base, wood)
    for wx, wy in (
        (gable, base - size * 0.62),
        (x - side * half * 0.35, base - size * 0.30),
        (x - side * half * 0.75, base - size * 0.30),
    ):
        r = size * 0.062
        sheet.box(wx - r * 1.25, wy - r * 1.25, wx + r * 1.25, wy + r * 1.25, wood)
        sheet.box(wx - r, wy - r, wx + r, wy + r, window)
        sheet.line([(wx, wy - r), (wx, wy + r)], wood, max(size / 160, 1))
        sheet.line([(wx - r, wy), (wx + r, wy)], wood, max(size / 160, 1))
    return chimney, base - size * 1.18


def paint_village(stage: Stage) -> None:
    """Cottages up the slope with smoking chimneys, fences, and a path that leads in."""
    rng, unit = stage.rng("village"), stage.unit
    near = (0.5 - stage.side * 0.29, 0.30, 0.34 if "house" in stage.scene.props else 0.28, 0.06)
    rising = [
        (float(rng.uniform(0.02, 0.98)), share, 0.10 + 0.46 * share, 0.55 - 1.5 * share)
        for share in (0.05, 0.06, 0.07, 0.08, 0.10, 0.12, 0.13)
    ]
    homes = [*rising, (0.5 + stage.side * 0.40, 0.22, 0.24, 0.16), near]
    _settle(stage, rng, homes)
    fence = Sheet(stage.frame.width, stage.frame.height)
    wood = stage.lit(rgb("#eef3fa" if stage.snowy else "#8a6a48"))
    for way, row in ((-stage.side, 0.34), (stage.side, 0.40)):
        x, y = stage.x(0.5 + way * 0.16), stage.y(row)
        for k in range(9):
            px, py, tall = x + way * unit * 0.055 * k, y + unit * 0.004 * k, unit * 0.055
            fence.taper((px, py), (px, py - tall), unit * 0.005, unit * 0.004, wood * np.float32(0.85))
        for lift in (0.020, 0.042):
            fence.line([(x, y - unit * lift), (x + way * unit * 0.055 * 8, y + unit * (0.032 - lift))], wood, max(unit * 0.007, 1))
    lay(stage.layers["ground"], fence)


def paint_house(stage: Stage) -> None:
    """One large house in the landscape."""
    beside_giant = bool(stage.scene.huge)
    _settle(
        stage,
        stage.rng("village"),
        [(0.5 - stage.side * 0.27, 0.34 if beside_giant else 0.30, 0.58 if beside_giant else 0.36, 0.06)],
    )


def _settle(stage: Stage, rng: np.random.Generator, homes: list[tuple[float, float, float, float]]) -> None:
    """Houses given as share of the width, share of the ground, size in units and distance."""
    frame, unit = stage.frame, stage.unit
    sheet, lights = Sheet(frame.width, frame.height), Lights(frame)
    smoke: list[tuple[float, float, float]] = []
    path = stage.lit(rgb("#c9b089") if not stage.snowy else rgb("#c4cfdf"))
    bend = -stage.side * frame.width * 0.16
    road = [
        (frame.width * 0.5 + bend * float(np.sin(t * 2.4)) * (1 - t), stage.y(0.12 + 0.9 * t), unit * (0.012 + 0.16 * t**1.4))
        for t in np.linspace(0, 1, 16).tolist()
    ]
    sheet.polygon([(x - w, y) for x, y, w in road] + [(x + w, y) for x, y, w in road[::-1]], path)
    n = 160
    t = rng.random(n)
    wide = np.interp(t, np.linspace(0, 1, 16), [w for _, _, w in road])
    px = np.interp(t, np.linspace(0, 1, 16), [x for x, _, _ in road]) + wide * rng.uniform(-1.0, 1.0, n)
    py = np.interp(t, np.linspace(0, 1, 16), [y for _, y, _ in road])
    size = wide * rng.uniform(0.04, 0.12, n)
    dabs(sheet, px, py, size, size * 0.28, tinted(path, rng.uniform(0.84, 1.1, n)))
    for x, share, scale, distance in homes:
        sx, sy = cottage(sheet, stage, rng, x * frame.width, stage.y(share), unit * scale, max(distance, 0.0))
        smoke.append((sx, sy, unit * scale))
        if window_light(stage):
            lights.add(
                x * frame.width,
                stage.y(share) - unit * scale * 0.35,
                unit * scale * 0.6,
                rgb("#ffb45c"),
                0.26 if stage.dark else 0.10,
            )
    lay(stage.layers["ground"], sheet)
    lights.shine(stage.layers["ground"])
    _smoke(stage, smoke[-3:])


def _smoke(stage: Stage, chimneys: list[tuple[float, float, float]]) -> None:
    layer, frame, rng = stage.layers["ground"], stage.frame, stage.rng("smoke")
    mask = np.zeros((frame.height, frame.width), np.uint8)
    for x, y, size in chimneys:
        for k in range(9):
            t = k / 9
            cx, cy = x + stage.side * size * (0.3 * t**1.5 + 0.04 * float(rng.normal())), y - size * 0.65 * t
            cv2.circle(
                mask, (round(cx * 16), round(cy * 16)), round(size * (0.03 + 0.07 * t) * 16), int(150 * (1 - t)), -1, cv2.LINE_AA, 4
            )
    soft = cv2.GaussianBlur(mask, (0, 0), stage.unit / 120).astype(np.float32) / 255
    layer.fill(soft, mix(stage.palette.haze, stage.lit(rgb("#ffffff")), 0.5))
