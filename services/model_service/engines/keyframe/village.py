"""Villages: cottages up a slope, a path, smoke from the chimneys."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Point, Sheet, mix, rgb
from services.model_service.engines.keyframe.city import WARM_WINDOW, window_light
from services.model_service.engines.keyframe.stage import Stage


def cottage(sheet: Sheet, stage: Stage, rng: np.random.Generator, x: float, base: float, size: float, distance: float) -> Point:
    """A gabled house of `size` pixels height; returns where its chimney smokes."""
    wall = stage.lit(mix(rgb("#efe3cc"), rgb("#c9a67c"), float(rng.random())), distance)
    roof = stage.lit(rgb(("#a3513c", "#7c4a3a", "#5c6b7c", "#8a6a44")[int(rng.integers(4))]), distance)
    if "snow" in stage.scene.weather or stage.scene.has("snow peaks"):
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
    """Cottages up the slope with smoking chimneys, a path leading in; one large house when the prompt names a house."""
    rng, frame, unit = stage.rng("village"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    smoke: list[tuple[float, float, float]] = []
    near = (0.5 - stage.side * 0.27, 0.30, 0.34 if "house" in stage.scene.props else 0.25, 0.06)
    homes = [near]
    if stage.scene.has("village"):
        rising = [
            (float(rng.uniform(0.02, 0.98)), share, 0.10 + 0.42 * share, 0.55 - 1.5 * share)
            for share in (0.05, 0.06, 0.08, 0.10, 0.13)
        ]
        homes = [*rising, (0.5 + stage.side * 0.38, 0.22, 0.21, 0.16), near]
    path = stage.lit(rgb("#c9b089") if "snow" not in stage.scene.weather else rgb("#c4cfdf"))
    bend = -stage.side * frame.width * 0.16
    road = [
        (frame.width * 0.5 + bend * np.sin(t * 2.4) * (1 - t), stage.y(0.12 + 0.9 * t), unit * (0.012 + 0.16 * t**1.4))
        for t in np.linspace(0, 1, 16)
    ]
    sheet.polygon([(x - w, y) for x, y, w in road] + [(x + w, y) for x, y, w in road[::-1]], path)
    for x, share, size, distance in homes:
        sx, sy = cottage(sheet, stage, rng, x * frame.width, stage.y(share), unit * size, max(distance, 0.0))
        smoke.append((sx, sy, unit * size))
    stage.layers["ground"].over(sheet)
    if window_light(stage):
        for x, share, size, _ in homes:
            warmth = frame.glow(x * frame.width, stage.y(share) - unit * size * 0.35, unit * size * 0.75)
            stage.layers["ground"].shine(warmth * np.float32(0.20), rgb("#ffb45c"))
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
