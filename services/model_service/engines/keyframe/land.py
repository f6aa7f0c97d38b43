"""The far land: ranges in the haze, massifs, dunes, mesas, canyon walls, karst towers, a volcano."""

import itertools

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Layer, Sheet, mix, rgb, smoothstep, strips
from services.model_service.engines.keyframe.ground import below
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.stage import Stage

AFLOAT = frozenset({"boat", "ship"})
"""Figures that are on the water where there is any."""


def ranges(stage: Stage, *, count: int, height: float, roughness: float, code: str = "#5f7d6a", share: float = 1.0) -> None:
    """Ranges one behind the other, paler with distance; with `share` < 1 they end before the light's side."""
    layer, frame = stage.layers["far"], stage.frame
    rng = stage.rng("ranges")
    rock = rgb(code)
    for index in range(count):
        line = ridge(rng, frame.width, waves=1.6 + index, roughness=roughness)
        if share < 1:
            x = np.linspace(0, 1, frame.width, dtype=np.float32)
            gone = smoothstep(share, share - 0.25, x) if stage.side > 0 else smoothstep(1 - share, 1 - share + 0.25, x)
            line = line * gone - 0.04
        top = np.float32(stage.horizon) + stage.rise * (0.024 * index + 0.01 - height * (1 - 0.22 * index) * line)
        distance = 0.84 - 0.22 * index
        _slope(stage, layer, top, stage.lit(rock, distance), stage.lit(rock, min(distance + 0.16, 0.97)))
        if index == count - 1 and roughness < 0.48 and share == 1:
            _wooded(stage, rng, top, stage.lit(rgb("#47683f"), distance - 0.08))


def _slope(stage: Stage, layer: Layer, line: Array, upper: Array, lower: Array, depth: float = 0.2) -> None:
    """A body of land under `line`, `lower` where the haze lies in its foot."""
    rows = slice(max(int(line.min()) - 1, 0), stage.frame.height)
    y = stage.frame.rows[rows]
    t = np.clip((y - line[None]) / np.float32(stage.rise * depth), 0, 1)
    layer.fill(below(line, y), mix(upper, lower, t), rows)


def _wooded(stage: Stage, rng: np.random.Generator, line: Array, leaf: Array) -> None:
    """Woods on the nearest hill: dabs of trees in drifts along and under its line."""
    frame, sheet = stage.frame, Sheet(stage.frame.width, stage.frame.height)
    n = int(420 * stage.span)
    x = rng.random(n).astype(np.float32) * np.float32(frame.width)
    grove = np.sin(x / frame.width * 19 + float(rng.random()) * 6) + 0.7 * np.sin(x / frame.width * 43)
    keep = grove > -0.25
    x = x[keep]
    depth = rng.random(x.size).astype(np.float32) ** 2
    y = line[np.clip(x.astype(np.int32), 0, frame.width - 1)] + depth * np.float32(stage.rise * 0.05)
    order = np.argsort(y)
    x, y, depth = x[order], y[order], depth[order]
    size = np.float32(stage.rise) * rng.uniform(0.006, 0.012, x.size) * (0.8 + 0.6 * depth)
    dabs(sheet, x, y - size * 0.4, size, size * 1.05, tinted(leaf, rng.uniform(0.88, 1.04, x.size)))
    dabs(sheet, x + stage.side * size * 0.3, y - size * 0.8, size * 0.55, size * 0.5, tinted(leaf, rng.uniform(1.06, 1.2, x.size)))
    lay(stage.layers["far"], sheet)


def peaks(stage: Stage, *, height: float, snow: bool) -> None:
    """A massif of pointed peaks, each with a sunlit and a shaded face parted by a wandering arête, snow from the top down."""
    layer, frame = stage.layers["far"], stage.frame
    rng = stage.rng("peaks")
    unit, width = stage.rise, frame.width
    x = np.arange(width, dtype=np.float32)
    main = 0.5 - stage.side * float(rng.uniform(0.02, 0.26))
    step = float(rng.uniform(0.26, 0.36)) * max(unit / width * 1.78, 0.55)
    centres = [main, main + step, main - step * float(rng.uniform(0.85, 1.1)), main + step * 1.9, main - step * 1.8]
    sizes = [1.0, float(rng.uniform(0.55, 0.86)), float(rng.uniform(0.45, 0.78)), 0.6, 0.55]
    rough = (ridge(rng, width, waves=7, roughness=0.62) - 0.5) * np.float32(0.13)
    stack = np.full((len(centres), width), -1, np.float32)
    for index, (centre, size) in enumerate(zip(centres, sizes, strict=True)):
        away = np.abs(x - np.float32(centre * width)) / np.float32(unit)
        stack[index] = size - (away * 1.55) ** 0.92 + rough * np.minimum(away * 9 + 0.15, 1.4)
    owner, profile = stack.argmax(0), np.maximum(stack.max(0), 0.02 + rough * 0.5)
    top = np.float32(stage.horizon + 0.02 * unit) - np.float32(unit * height) * profile
    first = max(int(top.min()) - 1, 0)
    tall, deep = np.float32(unit * height), frame.height - first
    sway, facets, tongue = (
        clouds(rng, width, deep, cells=cells, octaves=octaves, stretch=stretch)
        for cells, octaves, stretch in ((5, 5, 1.0), (9, 4, 0.6), (7, 5, 0.45))
    )
    crest = np.array(centres, np.float32)[owner][None] * np.float32(width)
    summit = np.float32(stage.horizon) - tall * np.array(sizes, np.float32)[owner][None]
    distance, glow = 0.26, 0.35 if stage.palette.low_sun else 0.12
    rock_shade, rock_light = stage.lit(rgb("#3a4560"), distance * 0.8), stage.lit(rgb("#9a8880"), distance)
    white_shade = stage.lit(rgb("#7f9ac8"), distance * 0.7)
    white_light = np.clip(mix(stage.lit(rgb("#ffffff"), distance * 0.4), stage.palette.sun, glow), 0, 1)
    for rows in strips(slice(first, frame.height)):
        y, noise = frame.rows[rows], slice(rows.start - first, rows.stop - first)
        foot = np.maximum(y - top[None], 0)
        # Flanks meet on slanting lines: below the valleys the sunny flank lies before its neighbour.
        seen = np.clip(x[None] - stage.side * foot * 0.55 + (facets[noise] - 0.5) * foot * 0.5, 0, width - 1).astype(np.int32)
        drop = np.clip((y - summit[0][seen]) / tall, 0, 1.5)
        arete = crest[0][seen] + ((sway[noise] - 0.5) * np.float32(unit * 0.55) - np.float32(stage.side * unit * 0.10)) * drop
        sunlit = smoothstep(-0.004 * unit, 0.004 * unit, (x[None] - arete) * stage.side)
        facet = facets[noise]
        sunlit = sunlit * (0.66 + 0.34 * smoothstep(0.42, 0.5, facet)) + (1 - sunlit) * 0.26 * smoothstep(0.56, 0.62, facet)
        colour = mix(rock_shade, rock_light, sunlit)
        if snow:
            reach = (0.20 + 0.26 * profile[None]) * (0.35 + 1.9 * tongue[noise]) * (0.80 + 0.35 * (1 - sunlit))
            cover = smoothstep(0.035, -0.03, (y - top[None]) / tall - reach)
            colour = mix(colour, mix(white_shade, white_light, sunlit), cover)
        fog = smoothstep(stage.horizon - unit * height * 0.42, stage.horizon + unit * 0.03, y)
        layer.fill(below(top, y), mix(colour, stage.palette.haze, fog * np.float32(0.72)), rows)


def dunes(stage: Stage, layer: Layer, rng: np.random.Generator, *, first: float, last: float, count: int) -> None:
    """Dunes: a long crest with a lit and a shaded flank that meet on a curling line running down to the viewer."""
    frame, unit = stage.frame, stage.unit
    sand = rgb("#e2b16a")
    x = np.arange(frame.width, dtype=np.float32)
    for index in range(count):
        share = first + (last - first) * index / max(count - 1, 1)
        line = ridge(rng, frame.width, waves=1.3 + 0.4 * float(rng.random()), roughness=0.22, octaves=3)
        top = np.float32(stage.y(share)) - np.float32(unit * (0.07 + 0.10 * share + 0.03 * float(rng.random()))) * line
        rows = slice(max(int(top.min()) - 1, 0), frame.height)
        y = frame.rows[rows]
        depth = (y - top[None]) / np.float32(unit)
        summit = float(x[int(line[frame.width // 8 : -frame.width // 8 or None].argmax()) + frame.width // 8])
        bend = np.float32(summit) + np.float32(unit) * (depth * 1.7 * stage.side * -1 + np.sin(depth * 9) * 0.10)
        flank = smoothstep(-0.01 * unit, 0.02 * unit, (x[None] - bend) * stage.side)
        distance = 0.50 * (1 - share) ** 1.5
        shaded = stage.lit(sand * np.array([0.62, 0.55, 0.60], np.float32), distance)
        bright = np.clip(mix(stage.lit(sand, distance), stage.palette.sun * stage.palette.light, 0.18), 0, 1)
        colour = mix(shaded, bright, flank)
        ripples = np.sin(depth * 260 / (0.6 + 2.5 * depth + share) + line[None] * 30 + x[None] / unit * 14) * smoothstep(
            0.02, 0.2, depth + share * 0.1
        )
        colour = colour * (1 + np.float32(0.022) * ripples)
        layer.fill(below(top, y), colour, rows)


def mesas(stage: Stage) -> None:
    """Table mountains in the dust, and the first dunes before them."""
    layer, frame = stage.layers["far"], stage.frame
    rng = stage.rng("mesas")
    sheet = Sheet(frame.width, frame.height)
    stone = rgb("#b0623a")
    for k in range(5):
        x, half = float(rng.random()) * frame.width, stage.rise * float(rng.uniform(0.04, 0.13))
        top = stage.horizon - stage.rise * float(rng.uniform(0.05, 0.17))
        colour = stage.lit(stone, 0.76 - 0.06 * k)
        _butte(sheet, rng, x, half, top, stage.horizon + 4, colour, stage)
    lay(layer, sheet)
    dunes(stage, layer, rng, first=0.0, last=0.30, count=3)


def _butte(
    sheet: Sheet, rng: np.random.Generator, x: float, half: float, top: float, foot: float, colour: Array, stage: Stage
) -> None:
    """A flat-topped rock with a lit and a shaded flank, bands of strata and a skirt of scree."""
    side, tall = stage.side, foot - top
    rough = [float(v) * half * 0.10 for v in rng.normal(0, 1, 4)]
    crown = [(x - half + rough[0], top), (x + half + rough[1], top + rough[2] * 0.3)]
    cliff = foot - tall * 0.30
    sheet.polygon(
        [(x - half * 1.9, foot), (x - half * 1.12, cliff), *crown, (x + half * 1.12, cliff), (x + half * 1.9, foot)], colour
    )
    edge = x - side * half * 0.15
    away = -side
    sheet.polygon(
        [
            (edge, top),
            (x + away * half, top),
            (x + away * half * 1.12, cliff),
            (x + away * half * 1.9, foot),
            (edge + away * half * 0.3, foot),
        ],
        colour * np.float32(0.82),
    )
    for level in (0.16, 0.34, 0.52):
        y = top + tall * level
        sheet.line([(x - half * 1.02, y), (x + half * 1.03, y + rough[3] * 0.3)], colour * np.float32(0.90), max(tall * 0.02, 1))


def canyon(stage: Stage) -> None:
    """Walls of banded rock that stand on both sides of a deep valley, nearer ones darker and taller."""
    rng = stage.rng("canyon")
    bands = np.stack([rgb(code) for code in ("#c8703f", "#b85f38", "#dc9860", "#a04f32", "#cf8450", "#e0a870", "#b0603c")])
    for name, distance, gap, tall in (("far", 0.62, 0.07, 0.30), ("far", 0.38, 0.15, 0.50), ("mid", 0.10, 0.27, 0.90)):
        walls(stage, rng, stage.layers[name], bands, distance, gap, tall)


def walls(
    stage: Stage,
    rng: np.random.Generator,
    layer: Layer,
    bands: Array,
    distance: float,
    gap: float,
    tall: float,
    *,
    middle: float = 0.5,
) -> None:
    """One pair of walls, `gap` from `middle` (in shares of the width), in `bands` of rock; computed at half size."""
    frame = stage.frame
    width, height = max(frame.width // 2, 8), int(min(max(stage.y(0.30) / 2, 8), frame.height // 2))
    rise = np.float32(stage.rise / 2)
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    foot = np.float32(stage.y(0.16) / 2)
    away = np.abs(x / width - np.float32(middle + 0.02 * stage.side))
    rough = clouds(rng, width, height, cells=6, octaves=5, stretch=0.5) - np.float32(0.5)
    climb = np.clip((foot - y) / (rise * np.float32(tall)), 0, 1.2)
    ledges = np.floor(climb * 5) / 5 + (climb * 5 % 1) ** np.float32(3) * np.float32(0.2)
    edge = np.float32(gap) + np.float32(0.12) * ledges + rough * np.float32(0.10)
    rim = ridge(rng, width, waves=5, roughness=0.5)[None]
    top = foot - rise * np.float32(tall) * (
        np.float32(0.72) + np.float32(0.55) * np.clip((away - gap) * 2.2, 0, 0.5) + np.float32(0.14) * rim
    )
    cover = smoothstep(-0.002, 0.004, away - edge) * np.clip(y - top + 0.5, 0, 1)
    strata = clouds(rng, width, height, cells=3, octaves=4, stretch=4.0)
    level = (y / rise) * np.float32(17) + strata * np.float32(2.4)
    index = np.floor(level).astype(np.int32) % len(bands)
    step = level % 1
    cracks = smoothstep(0.62, 0.70, clouds(rng, width, height, cells=9, octaves=4, stretch=0.16))
    sunny = np.where((x / width > middle) == (stage.side < 0), 1.0, 0.70).astype(np.float32)
    tone = sunny * (np.float32(0.80) + np.float32(0.30) * step) * (1 - np.float32(0.34) * cracks) * (1 + rough * np.float32(0.5))
    rock = bands[index].transpose(2, 0, 1) * stage.palette.light[:, None, None] * tone
    colour = mix(np.clip(rock, 0, 1), np.broadcast_to(stage.palette.haze[:, None, None], rock.shape), np.full_like(tone, distance))
    paint = cv2.merge([*(colour * cover), cover.astype(np.float32)]).astype(np.float32)
    rows = min(height * 2, frame.height)
    full = np.asarray(cv2.resize(paint, (frame.width, rows), interpolation=cv2.INTER_LINEAR))
    layer.blend(full, slice(0, rows))


def karst(stage: Stage) -> None:
    """Steep rounded limestone towers in mist, as along a southern river."""
    rng, frame = stage.rng("karst"), stage.frame
    for row, (distance, tall, count) in enumerate(((0.78, 0.40, 7), (0.58, 0.32, 6), (0.36, 0.22, 4))):
        sheet = Sheet(frame.width, frame.height)
        for _ in range(int(count * max(stage.span, 0.6)) + 1):
            x, half = float(rng.random()) * frame.width, stage.rise * float(rng.uniform(0.05, 0.10))
            if row == 2 and abs(x / frame.width - 0.5) < 0.18:
                continue
            high = stage.rise * tall * float(rng.uniform(0.5, 1.1))
            u = np.linspace(-1, 1, 15)
            profile = (1 - np.abs(u) ** 2.6) * (0.88 + 0.16 * rng.random(15)) * high
            foot = stage.horizon + stage.rise * 0.02
            stone = stage.lit(rgb("#4f6f5c"), distance)
            sheet.polygon([(x + half * float(a), foot - float(p)) for a, p in zip(u, profile, strict=True)], stone)
            edge = [(x + half * float(a), foot - float(p) * 0.97) for a, p in zip(u, profile, strict=True) if a * stage.side > 0.1]
            sheet.polygon([*edge, (x + half * 0.35 * stage.side, foot - high * 0.2)], stone * np.float32(1.10))
        lay(stage.layers["far"], sheet)
        _mist(stage, "far", stage.horizon - stage.rise * (0.05 - 0.03 * row), stage.rise * 0.09, 0.55)


def _mist(stage: Stage, layer: str, row: float, depth: float, strength: float) -> None:
    frame = stage.frame
    band = np.exp(-(((frame.rows - np.float32(row)) / np.float32(depth)) ** 2)) * np.float32(strength)
    rows = slice(int(np.clip(row - 2.5 * depth, 0, frame.height - 1)), int(np.clip(row + 2.5 * depth, 1, frame.height)))
    stage.layers[layer].fill(band[rows] + np.zeros((1, frame.width), np.float32), stage.palette.haze, rows)


def volcano(stage: Stage) -> None:
    """A smoking cone with a glowing crater and streams of lava."""
    rng, frame = stage.rng("volcano"), stage.frame
    x, tall = frame.width * (0.5 - stage.side * 0.10), stage.rise * 0.44
    foot, half = stage.horizon + stage.rise * 0.03, stage.rise * 0.62
    top = foot - tall
    sheet = Sheet(frame.width, frame.height)
    rock = stage.lit(rgb("#4f4448"), 0.22)
    mouth = half * 0.16
    rough = rng.normal(0, 0.008, 24) * stage.rise
    t = np.linspace(0, 1, 12)
    left = [
        (x - mouth - (half - mouth) * float(v) ** 1.5, top + tall * float(v) + float(r)) for v, r in zip(t, rough[:12], strict=True)
    ]
    right = [
        (x + mouth + (half - mouth) * float(v) ** 1.5, top + tall * float(v) + float(r)) for v, r in zip(t, rough[12:], strict=True)
    ]
    sheet.polygon([*left[::-1], (x, top + mouth * 0.25), *right], rock)
    shaded = left if stage.side > 0 else right
    sheet.polygon([*shaded, (x - stage.side * half * 0.1, foot), (x, top + mouth * 0.3)], rock * np.float32(0.72))
    hot, core = rgb("#ff6a1e"), rgb("#ffd060")
    sheet.ellipse(x, top + mouth * 0.12, mouth * 0.95, mouth * 0.22, hot)
    for k, way in enumerate((-0.30, 0.12, 0.42)):
        at = [
            (
                x + mouth * way * 2 + way * half * float(v) ** 1.3 + float(rng.normal(0, 0.006)) * stage.rise,
                top + mouth * 0.1 + tall * (0.55 + 0.2 * (k % 2)) * float(v),
            )
            for v in np.linspace(0, 1, 9)
        ]
        for (p, q), v in zip(itertools.pairwise(at), np.linspace(1, 0.3, 8), strict=True):
            sheet.taper(p, q, stage.rise * 0.011 * float(v), stage.rise * 0.010 * float(v), hot)
            sheet.taper(p, q, stage.rise * 0.005 * float(v), stage.rise * 0.004 * float(v), core)
    far = stage.layers["far"]
    far.shine(frame.glow(x, top, stage.rise * 0.20, power=1.2) * np.float32(0.55), rgb("#ff5a1e"))
    _smoke(stage, rng, x, top, mouth)
    lay(far, sheet)
    far.light(frame.glow(x, top + tall * 0.1, stage.rise * 0.16) * np.float32(0.5), rgb("#ff6a2a"))


def _smoke(stage: Stage, rng: np.random.Generator, x: float, top: float, mouth: float) -> None:
    """A column of ash that spreads and leans away from the light, glowing at its foot."""
    sheet, n = Sheet(stage.frame.width, stage.frame.height), 150
    t = np.sort(rng.random(n).astype(np.float32))[::-1]
    px = x - stage.side * stage.rise * 0.22 * t**1.6 + rng.normal(0, 1, n) * (mouth * 0.35 + stage.rise * 0.09 * t)
    py = top - stage.rise * 0.46 * t + rng.normal(0, 0.012, n) * stage.rise
    radius = mouth * 0.5 + stage.rise * 0.075 * t * rng.uniform(0.6, 1.2, n)
    ash = stage.lit(rgb("#6a6068"), 0.15)
    glow = np.exp(-t * 7)[:, None] * (rgb("#ff7a2a") - ash)[None] * 0.8
    dabs(sheet, px, py, radius, radius * 0.9, tinted(ash, rng.uniform(0.62, 0.85, n)) + glow, corners=16)
    dabs(
        sheet,
        px + stage.side * radius * 0.25,
        py - radius * 0.28,
        radius * 0.66,
        radius * 0.58,
        tinted(ash, rng.uniform(0.9, 1.15, n)) + glow,
        corners=14,
    )
    lay(stage.layers["far"], sheet)
