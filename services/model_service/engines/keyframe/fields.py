"""Flowers, crops and terraces: what covers open land."""

from collections.abc import Mapping

import numpy as np

from services.model_service.engines.keyframe.brush import blades, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import scattered, size_at
from services.model_service.engines.keyframe.noise import ridge
from services.model_service.engines.keyframe.stage import Stage

FLOWERS: Mapping[str, tuple[str, ...]] = {
    "mixed": ("#ffffff", "#ffd84d", "#ff8fb0", "#b48cff", "#ff6f61"),
    "lavender": ("#8f6fd8", "#a78be8", "#b9a0f0"),
    "poppies": ("#e8483a", "#f26a4b", "#ffd9c9"),
    "sunflowers": ("#ffc92e", "#ffb300", "#ffe07a"),
    "daisies": ("#ffffff", "#fff6d8", "#ffe9a0"),
}


def bouquet(stage: Stage) -> list[Array]:
    """The colours of this picture's flowers."""
    names = ("mixed", "mixed", "lavender", "poppies", "sunflowers", "daisies")
    return [rgb(code) for code in FLOWERS[names[int(stage.rng("bouquet").integers(len(names)))]]]


def paint_flowers(stage: Stage, line: Array, *, amount: float) -> None:
    """Flowers in drifts over the ground, dots far away, petals near."""
    rng, sheet = stage.rng("flowers"), Sheet(stage.frame.width, stage.frame.height)
    hues = np.stack(bouquet(stage))
    n = int(900 * amount * stage.span)
    x, y, near = scattered(stage, rng, line, n, 0.85)
    drift = np.sin(x / stage.frame.width * 11 + y / stage.unit * 6) + 0.8 * np.sin(x / stage.frame.width * 5 - y / stage.unit * 11)
    keep = drift > -0.35
    x, y, near = x[keep], y[keep], near[keep]
    size = np.float32(stage.unit) * (0.0014 + 0.0100 * size_at(stage, y)) * rng.uniform(0.7, 1.25, x.size)
    which = (np.abs(drift[keep] * 1.6).astype(int) + rng.integers(0, 2, x.size)) % len(hues)
    light = np.clip(stage.palette.light * np.float32(1.05), 0, 1.1)
    lit = hues[which] * light[None]
    colours = lit + (stage.palette.haze[None] - lit) * (0.30 * (1 - near))[:, None]
    y = np.asarray(y - size * 2.2, np.float32)
    stem = tinted(stage.lit(rgb("#3f7030")), rng.uniform(0.8, 1.1, x.size))
    tall = size > 2.5
    blades(sheet, x[tall], y[tall] + size[tall] * 3.2, size[tall] * 0.13, size[tall] * 3.0, np.zeros(int(tall.sum())), stem[tall])
    small = ~tall
    dabs(sheet, x[small], y[small], np.maximum(size[small], 0.7), np.maximum(size[small] * 0.8, 0.6), colours[small], corners=6)
    turn = rng.random(x.size) * 6.28
    for k in range(5):
        angle = turn[tall] + k * 1.2566
        dabs(
            sheet,
            x[tall] + np.cos(angle) * size[tall] * 0.62,
            y[tall] + np.sin(angle) * size[tall] * 0.5,
            size[tall] * 0.52,
            size[tall] * 0.42,
            np.clip(colours[tall] * (0.90 + 0.05 * k), 0, 1),
            corners=7,
        )
    dabs(sheet, x[tall], y[tall], size[tall] * 0.32, size[tall] * 0.27, stage.lit(rgb("#f2a900"))[None], corners=6)
    lay(stage.layers["ground"], sheet)


def paint_wheat(stage: Stage, line: Array) -> None:
    """A field of ripe ears in rows that run to the vanishing point, with a trodden lane."""
    rng, frame = stage.rng("wheat"), stage.frame
    sheet = Sheet(frame.width, frame.height)
    n = int(3000 * stage.span)
    x, y, near = scattered(stage, rng, line, n, 0.62)
    away = np.clip((y - stage.horizon) / (frame.height - stage.horizon), 0.02, 1)
    lane = np.abs((x - frame.width * 0.5) / (stage.unit * (0.03 + 0.20 * away)) + stage.side * 0.2) < 1
    x, y, near, away = x[~lane], y[~lane], near[~lane], away[~lane]
    size = np.float32(stage.unit) * (0.010 + 0.055 * away) * rng.uniform(0.75, 1.2, x.size)
    wave = 0.30 * np.sin(x / stage.unit * 7 + away * 9)
    gold, pale = stage.lit(rgb("#d8a83c")), stage.lit(rgb("#e8cc78"), 0.35)
    tone = rng.uniform(0.66, 1.12, x.size) + 0.5 * wave
    colours = np.clip((gold[None] + (pale - gold)[None] * ((1 - near) ** 1.2)[:, None]) * tone[:, None], 0, 1)
    blow = -stage.side * (0.9 if "wind" in stage.scene.weather else 0.32)
    lean = size * (rng.normal(0, 0.12, x.size) + blow * (0.6 + wave))
    blades(sheet, x, y, size * 0.055, size, lean, colours)
    tall = size > stage.unit * 0.018
    dabs(
        sheet,
        (x + lean)[tall],
        (y - size)[tall],
        (size * 0.055)[tall],
        (size * 0.20)[tall],
        np.clip(colours[tall] * 1.16, 0, 1),
        np.full(int(tall.sum()), blow * 0.5),
        corners=5,
    )
    lay(stage.layers["ground"], sheet)


def paint_terraces(stage: Stage) -> None:
    """Rice terraces: steps that follow the slope, each a band of water with the sky in it under a green bank."""
    rng, frame = stage.rng("terraces"), stage.frame
    sheet = Sheet(frame.width, frame.height)
    x = np.linspace(0, frame.width, 60)
    u = x / frame.width
    steps = 19
    green, sky = rgb("#6f9a3c"), mix(stage.palette.middle, stage.palette.horizon, 0.25)
    bend = [ridge(rng, 60, waves=3.2, roughness=0.42, octaves=4) for _ in range(3)]
    for k in range(steps):
        t = k / (steps - 1)
        row = stage.horizon - stage.rise * 0.26 * (1 - t) ** 1.3 + (frame.height - stage.horizon) * 1.02 * t**1.7
        sway = stage.rise * (0.12 * (1 - t) + 0.07)
        slope = (u - 0.5) * stage.side * stage.rise * 0.26 * (1 - t)
        curve = bend[0] * (1 - t) + bend[1] * t + 0.35 * bend[2] * np.sin(k * 1.3)
        line = row + slope + sway * (curve - 0.5)
        bank = stage.unit * (0.010 + 0.030 * t)
        distance = 0.5 * (1 - t) ** 1.2
        foot = np.full_like(line, frame.height + 9.0)
        pool = mix(sky * np.float32(0.78), stage.lit(rgb("#7fa058"), distance), 0.10 + 0.75 * float(rng.random()) ** 2)
        leaf = stage.lit(green * np.float32(0.86 + 0.2 * float(rng.random())), distance)
        sheet.polygon(np.concatenate([np.stack([x, line], 1), np.stack([x, foot], 1)[::-1]]).astype(np.float32), pool)
        edge = np.concatenate([np.stack([x, line - bank * 0.25], 1), np.stack([x, line + bank * 0.8], 1)[::-1]]).astype(np.float32)
        sheet.polygon(edge, leaf)
        sheet.line(
            [(float(a), float(b)) for a, b in zip(x, line - bank * 0.25, strict=True)], leaf * np.float32(1.25), max(bank * 0.12, 1)
        )
        n = int(46 * stage.span * (0.4 + t))
        at = rng.random(n) * frame.width
        py = np.interp(at, x, line) + bank * (1.0 + rng.random(n) * 1.6)
        tall = bank * rng.uniform(0.3, 0.6, n)
        blades(sheet, at, py, tall * 0.14, tall, tall * rng.normal(0, 0.3, n), tinted(leaf, rng.uniform(0.9, 1.3, n)))
    lay(stage.layers["ground"], sheet)


def paint_reeds(stage: Stage, line: Array, *, share: float = 0.0) -> None:
    """Reeds and bulrushes at a water's edge, thicker at the picture's sides."""
    rng, frame = stage.rng("reeds"), stage.frame
    sheet = Sheet(frame.width, frame.height)
    n = int(150 * stage.span)
    u = rng.random(n)
    u = np.where(rng.random(n) < 0.5, u * 0.3, 1 - u * 0.3)
    x = (u * frame.width).astype(np.float32)
    y = line[np.clip(x.astype(np.int32), 0, frame.width - 1)] + stage.unit * (share + rng.uniform(-0.015, 0.05, n))
    size = stage.unit * rng.uniform(0.06, 0.15, n)
    order = np.argsort(y)
    x, y, size = x[order], y[order], size[order]
    lean = size * rng.normal(0, 0.16, n)
    blades(sheet, x, y, size * 0.025, size, lean, tinted(stage.lit(rgb("#6f8a44")), rng.uniform(0.6, 1.2, n)))
    head = rng.random(n) < 0.22
    dabs(
        sheet,
        (x + lean)[head],
        (y - size)[head],
        (size * 0.035)[head],
        (size * 0.13)[head],
        stage.lit(rgb("#7a5230"))[None],
        corners=9,
    )
    lay(stage.layers["ground"], sheet)


def paint_lotus(stage: Stage, top: float) -> None:
    """Lily pads and lotus flowers on still water."""
    rng, frame = stage.rng("lotus"), stage.frame
    sheet = Sheet(frame.width, frame.height)
    n = int(54 * stage.span)
    t = np.sort(rng.random(n))
    u = rng.random(n)
    x, y = np.where(u < 0.5, u * 0.7, 1 - (1 - u) * 0.7) * frame.width, top + (frame.height - top) * (0.08 + 0.7 * t)
    size = stage.unit * (0.008 + 0.05 * t) * rng.uniform(0.6, 1.2, n)
    leaf = stage.lit(rgb("#4f8a4a"))
    dabs(sheet, x, y, size, size * 0.30, tinted(leaf, rng.uniform(0.7, 1.15, n)), corners=16)
    for px, py, s in zip(x[::5].tolist(), y[::5].tolist(), size[::5].tolist(), strict=True):
        for angle in (-0.9, -0.45, 0.9, 0.45, 0.0):
            dabs(
                sheet,
                np.array([px + np.sin(angle) * s * 0.36]),
                np.array([py - s * 0.36 - np.cos(angle) * s * 0.1]),
                np.array([s * 0.14]),
                np.array([s * 0.42]),
                stage.lit(rgb("#f4a8c0"))[None] * (0.9 + 0.12 * np.cos(angle)),
                angle,
                corners=8,
            )
    lay(stage.layers["mid"], sheet)
