"""The near ground that the cast stands on: grass, snow, sand, earth, leaves, rock; with what lies and grows on it."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import blades, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Layer, Sheet, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.perspective import View, floor_plan
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Soil:
    """How a ground looks: its colours far and near, how strongly it is mottled, what is scattered on it."""

    far: str
    near: str
    mottle: float = 0.25
    relief: float = 0.05
    tufts: str = ""
    stones: int = 0
    litter: str = ""


SOILS = {
    "grass": Soil("#8fb552", "#3f7330", 0.30, 0.06, tufts="#5c9440", stones=8),
    "dry grass": Soil("#c8b060", "#86713a", 0.30, 0.06, tufts="#a8924a", stones=12),
    "snow": Soil("#f2f6fc", "#d4e0f2", 0.10, 0.07, tufts="", stones=5),
    "beach": Soil("#ecd8a8", "#d8b880", 0.10, 0.02, stones=10, litter="shells"),
    "earth": Soil("#94805f", "#5f4c38", 0.32, 0.04, tufts="#8a8250", stones=34),
    "mud": Soil("#6f6a4c", "#3a3a2a", 0.30, 0.03, tufts="#6f7a3a", stones=6),
    "ash": Soil("#6a5c58", "#2c2628", 0.36, 0.05, stones=46),
    "forest floor": Soil("#7f8a4a", "#3f4426", 0.34, 0.05, tufts="#5a7a38", stones=10, litter="leaves"),
    "autumn floor": Soil("#c08a48", "#6f4426", 0.30, 0.05, tufts="#9a7a3a", stones=6, litter="red leaves"),
    "petal floor": Soil("#a6b872", "#56703c", 0.26, 0.05, tufts="#6f9448", stones=5, litter="petals"),
    "bamboo floor": Soil("#8fa058", "#4a5a2e", 0.30, 0.04, tufts="#6a8a3c", stones=8, litter="leaves"),
    "rock": Soil("#8a8278", "#4c4642", 0.36, 0.06, stones=40),
    "moon": Soil("#a6a2b4", "#5a5868", 0.30, 0.04, stones=26),
    "stone": Soil("#a09a92", "#6c6862", 0.20, 0.0, stones=4),
}
_LITTER = {
    "leaves": (("#8a6a34", "#6f7a34", "#a8803c", "#5c4a2c"), 260),
    "red leaves": (("#c8542a", "#e08a30", "#b83a2a", "#d8a838"), 480),
    "petals": (("#f8c8d8", "#f0a8c0", "#ffe4ec"), 420),
    "shells": (("#f8f0e4", "#e8c8b0", "#c8a088", "#f4dcc8"), 46),
}


def below(line: Array, rows: Array) -> Array:
    """Coverage of everything under `line` (W values), H × W."""
    return np.clip(rows - line[None] + 0.5, 0, 1)


def rolling(stage: Stage, share: float, relief: float, part: str = "ground") -> Array:
    """A gentle ground line about `share` of the way down from the horizon, W values."""
    line = ridge(stage.rng(part), stage.frame.width, waves=1.5, roughness=0.25, octaves=4)
    return np.asarray(np.float32(stage.y(share)) - np.float32(stage.unit * relief) * line, np.float32)


def carpet(stage: Stage, layer: Layer, line: Array, far: Array, near: Array, tone: Array | None = None) -> None:
    """Cover everything below `line`, from `far` at the line to `near` at the bottom edge, times `tone` (H × W)."""
    frame = stage.frame
    first = int(np.clip(line.min() - 1, 0, frame.height - 1))
    rows = frame.rows[first:]
    t = np.clip((rows - np.float32(line.min())) / np.float32(max(frame.height - float(line.min()), 1)), 0, 1) ** np.float32(0.75)
    cover = below(line, rows)
    region = layer.rgba[first:]
    kept = 1 - cover
    shade = cover if tone is None else cover * tone[first:]
    for channel in range(3):
        plate = region[..., channel]
        plate *= kept
        plate += shade * (far[channel] + (near[channel] - far[channel]) * t)
    region[..., 3] = region[..., 3] * kept + cover


def pave(
    stage: Stage,
    view: View,
    tile: Array,
    metres: float,
    line: float,
    *,
    plain: tuple[str, str],
    snowy: tuple[str, str],
    haze: float,
    top: float | None = None,
) -> None:
    """A tiled floor below the row `line` of the layer `ground`: far and near colours as codes, the far one behind `haze` of air.

    The tile repeats every `metres`; above the row `top` (the line's own, where it is not given) it shows only its mean.
    """
    far, near = snowy if stage.snowy else plain
    edge = np.full(stage.frame.width, line, np.float32)
    tone = floor_plan(stage, view, tile, metres, line if top is None else top)
    carpet(stage, stage.layers["ground"], edge, stage.lit(rgb(far), haze), stage.lit(rgb(near)), tone)


def paint_ground(stage: Stage, kind: str, line: Array, *, path: bool = False) -> None:
    """The ground of this kind below `line` on the layer `ground`, with its litter, stones, tufts and the light's dapples."""
    soil, frame = SOILS[kind], stage.frame
    rng = stage.rng("soil")
    layer = stage.layers["ground"]
    top = float(line.min())
    deep = max(frame.height - int(top), 8)
    grain = clouds(rng, frame.width, deep, cells=5, octaves=6, stretch=3.2)
    swathe = clouds(rng, max(frame.width // 4, 8), max(deep // 4, 8), cells=1.6, octaves=3, stretch=4.0)
    tone: Array = np.ones((frame.height, frame.width), np.float32)
    broad = _grown(swathe, frame.width, deep)
    tone[-deep:] += (grain - np.float32(0.5)) * np.float32(soil.mottle) + (broad - np.float32(0.5)) * np.float32(soil.mottle * 1.4)
    far, near = stage.lit(rgb(soil.far), 0.22), stage.lit(rgb(soil.near))
    carpet(stage, layer, line, far, near, tone)
    if not stage.overcast:
        _slant_light(stage, line, broad, deep)
    if kind == "snow":
        _drifts(stage, line, broad, deep)
    sheet = Sheet(frame.width, frame.height)
    if path:
        _path(stage, sheet, rng, line, kind)
    if kind == "snow":
        _footprints(stage, sheet, rng, line, stage.lit(rgb("#a8bce0")))
    elif kind == "beach":
        _footprints(stage, sheet, rng, line, stage.lit(rgb("#b89868")))
    if soil.litter:
        _scatter_litter(stage, sheet, rng, line, soil.litter)
    _stones(stage, sheet, rng, line, int(soil.stones * stage.span) + 1, stage.lit(rgb("#8c8880" if kind != "ash" else "#4c4444")))
    if soil.tufts:
        _tufts(stage, sheet, rng, line, rgb(soil.tufts), dense=kind in {"grass", "dry grass"})
    if stage.wet and (path or kind in {"earth", "mud", "stone"}):
        _puddles(stage, sheet, rng, line)
    lay(layer, sheet)


def scattered(stage: Stage, rng: np.random.Generator, line: Array, count: int, power: float = 1.0) -> tuple[Array, Array, Array]:
    """Columns, rows and nearness (0 to 1) of `count` places on the ground, the far ones first."""
    near = np.sort(rng.random(count).astype(np.float32) ** np.float32(power))
    x = rng.random(count).astype(np.float32) * np.float32(stage.frame.width)
    top = line[np.clip(x.astype(np.int32), 0, stage.frame.width - 1)]
    return x, top + near * (stage.frame.height - top) + np.float32(stage.unit * 0.006), near


def size_at(stage: Stage, y: Array) -> Array:
    """How large things are at these rows of the ground, 1 at the bottom edge."""
    return np.asarray(np.clip((y - stage.horizon) / np.float32(stage.frame.height - stage.horizon), 0.02, 1.2), np.float32)


def _grown(small: Array, width: int, height: int) -> Array:
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _slant_light(stage: Stage, line: Array, broad: Array, deep: int) -> None:
    """The ground is lighter towards the sun, and in patches that clouds leave open."""
    frame, layer = stage.frame, stage.layers["ground"]
    rows = slice(frame.height - deep, frame.height)
    away = np.exp(-(((frame.columns - np.float32(stage.sun[0])) / np.float32(stage.unit * 0.75)) ** 2))
    t = np.clip((frame.rows[rows] - np.float32(line.min())) / np.float32(deep), 0, 1)
    glow = away * (1 - t) ** 2 * np.float32(0.16 if stage.palette.low_sun else 0.09 if not stage.dark else 0.08)
    glow = glow + smoothstep(0.52, 0.70, broad) * np.float32(0.10 if not stage.dark else 0.03)
    layer.light(glow, stage.palette.sun * np.clip(stage.palette.light, 0, 1), rows)


def _path(stage: Stage, sheet: Sheet, rng: np.random.Generator, line: Array, kind: str) -> None:
    """A trodden path that winds up from the viewer's feet."""
    frame, unit = stage.frame, stage.unit
    code = {"snow": "#c6d2e6", "forest floor": "#a08a5c", "autumn floor": "#b89868", "petal floor": "#cbb98c"}.get(kind, "#cdb488")
    earth = stage.lit(rgb(code), 0.06)
    bend, goal = float(rng.uniform(0.10, 0.22)) * -stage.side, 0.5 + stage.side * float(rng.uniform(-0.06, 0.12))
    t = np.linspace(0, 1, 26, dtype=np.float32)
    x = frame.width * (goal + bend * np.sin(t * 4.2) * (0.15 + t) * 0.8 + (0.5 - goal) * t)
    first = line[np.clip(x[:1].astype(np.int32), 0, frame.width - 1)]
    y = first + (frame.height + unit * 0.02 - first) * t**1.25
    half = np.float32(unit) * (0.010 + 0.15 * t**1.5) * (1 + 0.12 * np.sin(t * 17))
    sheet.polygon(np.concatenate([np.stack([x - half, y], 1), np.stack([x + half, y], 1)[::-1]]), earth)
    count = 260
    u = rng.random(count).astype(np.float32)
    at = np.interp(u, t, x) + rng.uniform(-1.05, 1.05, count) * np.interp(u, t, half)
    rows = np.interp(u, t, y)
    wide = np.interp(u, t, half) * rng.uniform(0.04, 0.16, count)
    dabs(sheet, at.astype(np.float32), rows.astype(np.float32), wide, wide * 0.26, tinted(earth, rng.uniform(0.86, 1.10, count)))


def _drifts(stage: Stage, line: Array, broad: Array, deep: int) -> None:
    """Blue hollows in the snow, and the crests of drifts: bright edges with shade behind them."""
    frame, layer = stage.frame, stage.layers["ground"]
    first = frame.height - deep
    blue, white = stage.lit(rgb("#9fb8e4")), np.clip(stage.lit(rgb("#ffffff")) * np.float32(1.05), 0, 1)
    layer.fill(smoothstep(0.45, 0.80, broad) * np.float32(0.42) * (frame.rows[first:] > line[None]), blue, slice(first, None))
    top = float(line.min())
    for k, share in enumerate((0.16, 0.40, 0.68)):
        wave = ridge(stage.rng(f"drift {k}"), frame.width, waves=1.3, roughness=0.25, octaves=3)
        crest = np.float32(top + (frame.height - top) * share) - np.float32(stage.unit * (0.04 + 0.05 * share)) * wave
        crest = np.maximum(crest, line + 2)
        start = int(np.clip(crest.min() - stage.unit * 0.05, 0, frame.height - 1))
        rows = frame.rows[start:]
        depth = np.float32(stage.unit * (0.012 + 0.045 * share))
        under = rows - crest[None]
        shaded = np.exp(np.minimum(under, 0) / depth) * (under < 0) * (rows > line[None])
        lit = np.exp(-np.maximum(under, 0) / (depth * 1.3)) * np.clip(under + 0.5, 0, 1)
        layer.fill(shaded * np.float32(0.42), blue, slice(start, None))
        layer.fill(lit * np.float32(0.75), white, slice(start, None))


def _footprints(stage: Stage, sheet: Sheet, rng: np.random.Generator, line: Array, colour: Array) -> None:
    """A track that comes in from the side and winds away."""
    frame, unit = stage.frame, stage.unit
    t = np.linspace(0.05, 1, 30, dtype=np.float32) ** np.float32(1.5)
    start = 0.5 - stage.side * 0.34
    x = frame.width * (start + stage.side * (0.16 * (1 - t)) + 0.05 * np.sin(t * 5))
    top = line[np.clip(x.astype(np.int32), 0, frame.width - 1)]
    y = top + (frame.height - top) * (0.08 + 0.95 * t)
    size = size_at(stage, y)
    step = np.where(np.arange(t.size) % 2 == 0, -1.0, 1.0) * unit * 0.022 * size
    dabs(sheet, x + step, y, unit * 0.016 * size, unit * 0.0062 * size, tinted(colour, rng.uniform(0.92, 1.04, t.size)), corners=9)


def _scatter_litter(stage: Stage, sheet: Sheet, rng: np.random.Generator, line: Array, name: str) -> None:
    codes, count = _LITTER[name]
    x, y, near = scattered(stage, rng, line, int(count * stage.span), 0.8)
    size = np.float32(stage.unit) * size_at(stage, y) * rng.uniform(0.005, 0.012, x.size)
    hues = np.stack([rgb(code) for code in codes])[rng.integers(len(codes), size=x.size)]
    colours = hues * stage.palette.light[None] * rng.uniform(0.75, 1.1, x.size)[:, None]
    colours = colours + (stage.palette.haze[None] - colours) * (0.35 * (1 - near))[:, None]
    dabs(sheet, x, y, size, size * 0.45, colours.astype(np.float32), rng.uniform(-0.6, 0.6, x.size), corners=5)


def _stones(stage: Stage, sheet: Sheet, rng: np.random.Generator, line: Array, count: int, stone: Array) -> None:
    """Boulders and pebbles: a shadow, a body, a lit top; in snow each wears a cap."""
    x, y, _ = scattered(stage, rng, line, count * 3, 0.9)
    small = rng.random(x.size)
    size = np.float32(stage.unit) * size_at(stage, y) * (0.006 + 0.034 * small**6)
    keep = (np.abs(x / stage.frame.width - 0.5) > 0.22) | (small < 0.7)
    x, y, size = x[keep], y[keep], size[keep]
    if not x.size:
        return
    dabs(sheet, x - stage.side * size * 0.35, y + size * 0.20, size * 1.35, size * 0.34, stone * np.float32(0.42), corners=10)
    tones = rng.uniform(0.72, 0.95, x.size)
    dabs(sheet, x, y - size * 0.25, size, size * 0.62, tinted(stone, tones), rng.uniform(-0.3, 0.3, x.size), corners=7)
    cap = np.clip(stage.lit(rgb("#ffffff")), 0, 1) if stage.snowy else None
    lit = tinted(stone, tones * 1.3) if cap is None else np.broadcast_to(cap, (x.size, 3))
    dabs(sheet, x + stage.side * size * 0.18, y - size * 0.50, size * 0.66, size * 0.26, lit, corners=6)


def _tufts(stage: Stage, sheet: Sheet, rng: np.random.Generator, line: Array, leaf: Array, *, dense: bool) -> None:
    """Strokes of grass all over, and clumps of longer blades."""
    count = int((1500 if dense else 380) * stage.span)
    x, y, near = scattered(stage, rng, line, count, 0.72)
    size = np.float32(stage.unit) * (0.004 + 0.034 * size_at(stage, y)) * rng.uniform(0.6, 1.25, count)
    patch = np.sin(x / stage.unit * 9 + np.sin(y / stage.unit * 14) * 2)
    tones = rng.uniform(0.62, 1.15, count) + 0.16 * patch
    colours = tinted(stage.lit(leaf), tones)
    colours += (stage.lit(leaf, 0.42)[None] * 1.08 - colours) * ((1 - near) ** 1.5 * 0.7)[:, None]
    blow = 0.8 * stage.side * -1 if stage.scene.weather & {"wind", "storm"} else 0.0
    blades(sheet, x, y, size * 0.075, size, size * (rng.normal(0, 0.32, count) + blow), colours)


def _puddles(stage: Stage, sheet: Sheet, rng: np.random.Generator, line: Array) -> None:
    x, y, _ = scattered(stage, rng, line, int(12 * stage.span) + 2)
    wide = np.float32(stage.unit) * size_at(stage, y) * rng.uniform(0.05, 0.16, x.size)
    sky = mix(stage.palette.horizon, stage.palette.middle, 0.4)
    dabs(sheet, x, y, wide, wide * 0.16, tinted(sky * np.float32(0.62), rng.uniform(0.9, 1.0, x.size)), corners=16)
    dabs(sheet, x + wide * 0.1, y + wide * 0.01, wide * 0.86, wide * 0.12, tinted(sky, rng.uniform(0.9, 1.05, x.size)), corners=16)
