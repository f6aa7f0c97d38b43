"""Above the clouds: a sea of them with summits, a floating isle, a ledge to stand on."""

import numpy as np

from services.model_service.engines.keyframe.brush import dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Sheet, mix, rgb, smooth_curve
from services.model_service.engines.keyframe.ground import SOILS
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.relations import Tie
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import LEAF, TRUNK, foliage, leafy


def paint_cloud_sea(stage: Stage) -> None:
    """Billows from the horizon to the viewer's feet, with summits that stand out of them."""
    rng, frame = stage.rng("cloud sea"), stage.frame
    light = np.clip(mix(stage.palette.horizon, stage.palette.sun, 0.45), 0, 1)
    shade = mix(stage.palette.middle, stage.palette.zenith, 0.35)
    for row, (name, base, size, count) in enumerate(
        (
            ("far", 0.00, 0.030, 90),
            ("far", 0.10, 0.055, 60),
            ("mid", 0.26, 0.085, 46),
            ("ground", 0.50, 0.13, 40),
            ("ground", 0.78, 0.17, 30),
        )
    ):
        sheet = Sheet(frame.width, frame.height)
        if row in {1, 2}:
            for _ in range(2):
                _summit(stage, rng, sheet, base, 0.62 - 0.24 * row)
        distance = 0.6 * (1 - row / 4)
        body, lit = mix(shade, stage.palette.haze, distance), mix(light, stage.palette.haze, distance * 0.5)
        y = stage.y(base)
        sheet.box(-9, y, frame.width + 9, frame.height + 9, body)
        n = int(count * max(stage.span, 0.4)) + 4
        px = np.sort(rng.random(n)) * frame.width * 1.1 - frame.width * 0.05
        radius = stage.unit * size * rng.uniform(0.6, 1.35, n)
        wave = stage.unit * size * 0.7 * np.sin(px / stage.unit * (7 - row))
        py = y + wave * 0.5 + radius * 0.35
        order = rng.permutation(n)
        for tone, dx, dy, shrink in ((0.0, 0.0, 0.0, 1.0), (0.45, 0.08, -0.10, 0.82), (0.85, 0.20, -0.24, 0.56)):
            colours = (body[None] + (lit - body)[None] * (tone * rng.uniform(0.85, 1.1, n))[:, None])[order]
            dabs(
                sheet,
                (px + stage.side * radius * dx)[order],
                (py + radius * dy)[order],
                (radius * shrink * 1.25)[order],
                (radius * shrink * 0.78)[order],
                np.clip(colours, 0, 1),
                corners=18,
            )
        fade = np.ones((frame.height, frame.width), np.float32)
        grain = clouds(rng, max(frame.width // 4, 8), max(frame.height // 4, 8), cells=5, octaves=4, stretch=2.5)
        fade *= 0.94 + 0.12 * frame.refined(np.pad(grain, ((0, 2), (0, 2)), mode="edge"))
        lay(stage.layers[name], sheet, fade)


def _summit(stage: Stage, rng: np.random.Generator, sheet: Sheet, base: float, distance: float) -> None:
    """A peak that stands out of the clouds, one flank lit."""
    x, half = float(rng.random()) * stage.frame.width, stage.rise * float(rng.uniform(0.10, 0.18))
    foot, tall = stage.y(base) + 9, stage.rise * float(rng.uniform(0.08, 0.17))
    tip, side = (x + half * 0.1, foot - tall), stage.side
    rock = stage.lit(rgb("#6f7f95"), distance)
    shoulders = {-1: (x - half * 0.35, foot - tall * 0.5), 1: (x + half * 0.4, foot - tall * 0.45)}
    sheet.polygon([(x - half, foot), shoulders[-1], tip, shoulders[1], (x + half, foot)], rock)
    sheet.polygon([tip, shoulders[side], (x + side * half, foot), (x + half * 0.1, foot)], rock * np.float32(1.18))


def paint_isle(stage: Stage) -> None:
    """A floating island with a tree and a fall, and a rock to stand on before the viewer."""
    rng, frame, unit = stage.rng("isle"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    x, y, half = stage.x(0.5 - stage.side * 0.20), stage.horizon - stage.rise * 0.16, stage.rise * 0.17
    for cx, cy, size, distance in ((x, y, half, 0.25), (stage.x(0.5 + stage.side * 0.30), y - stage.rise * 0.10, half * 0.42, 0.5)):
        rock, turf = stage.lit(rgb("#7a6a5c"), distance), stage.lit(rgb("#6f9a48"), distance)
        v = np.linspace(-1, 1, 19)
        hang = (1 - np.abs(v) ** 1.4) * size * rng.uniform(0.55, 1.15, 19)
        sheet.polygon([(cx + size * float(a), cy + float(h)) for a, h in zip(v, hang, strict=True)], rock)
        lit = [(cx + size * float(a), cy + float(h)) for a, h in zip(v, hang, strict=True) if a * stage.side > 0.15]
        sheet.polygon([*lit, (cx + stage.side * size * 0.2, cy)], rock * np.float32(1.22))
        sheet.polygon(
            smooth_curve(
                [
                    (cx - size * 1.04, cy + size * 0.02),
                    (cx - size * 0.5, cy - size * 0.10),
                    (cx + size * 0.2, cy - size * 0.14),
                    (cx + size * 1.04, cy),
                    (cx, cy + size * 0.09),
                ]
            ),
            turf,
        )
        leafy(
            sheet,
            rng,
            cx - size * 0.2,
            cy - size * 0.08,
            size * 0.95,
            stage.lit(rgb(LEAF), distance),
            stage.lit(rgb(TRUNK), distance),
            side=stage.side,
        )
        n = 12
        foliage(
            sheet,
            rng,
            cx + size * rng.uniform(-0.85, 0.85, n),
            np.full(n, cy - size * 0.05),
            size * rng.uniform(0.04, 0.10, n),
            turf,
            side=stage.side,
            leaves=3,
        )
        white = stage.lit(rgb("#f4fbff"), distance)
        fall = cx + stage.side * size * 0.55
        sheet.polygon(
            [
                (fall - size * 0.03, cy - size * 0.02),
                (fall + size * 0.04, cy - size * 0.02),
                (fall + size * 0.07, cy + size * 1.5),
                (fall - size * 0.05, cy + size * 1.5),
            ],
            white,
        )
    lay(stage.layers["mid"], sheet)
    if any(bond.tie is Tie.MOUNT for bond in stage.scene.bonds):  # nobody stands on it
        return
    ledge = Sheet(frame.width, frame.height)
    top = stage.y(0.52)
    u = np.linspace(-1, 1, 30)
    edge = top + unit * (0.016 * np.sin(u * 9) + 0.08 * np.abs(u) ** 3)
    turf, rock = stage.lit(rgb(SOILS["grass"].near) * np.float32(1.3)), stage.lit(rgb("#6f6258"))
    px = frame.width / 2 + u * unit * 0.72
    rim = edge + unit * 0.12 * (1 - np.abs(u) ** 2.2)
    deep = rim + unit * (0.05 + 0.45 * (1 - np.abs(u) ** 1.7)) * rng.uniform(0.8, 1.1, 30)
    ledge.polygon(np.concatenate([np.stack([px, edge], 1), np.stack([px, deep], 1)[::-1]]).astype(np.float32), rock)
    ledge.polygon(np.concatenate([np.stack([px, edge], 1), np.stack([px, rim], 1)[::-1]]).astype(np.float32), turf)
    n = 420
    v = rng.uniform(-0.98, 0.98, n)
    py = np.interp(v, u, edge) + (np.interp(v, u, rim) - np.interp(v, u, edge)) * rng.random(n)
    dab = unit * rng.uniform(0.005, 0.014, n)
    dabs(
        ledge,
        frame.width / 2 + v * unit * 0.72,
        py,
        dab,
        dab * 0.42,
        tinted(turf, rng.uniform(0.75, 1.25, n)),
        rng.normal(0, 0.3, n),
        corners=5,
    )
    lay(stage.layers["ground"], ledge)
