"""Trees of several kinds, drawn by the dozen: every kind's shapes are computed together and painted tree by tree."""

import itertools

import numpy as np

from services.model_service.engines.keyframe.brush import dabs, polygons, tinted
from services.model_service.engines.keyframe.canvas import Array, Point, Sheet, rgb

Chance = np.random.Generator
PINE, LEAF, TRUNK = "#2f5a41", "#4f8a3c", "#5a4130"


def pines(
    sheet: Sheet, rng: Chance, x: Array, base: Array, height: Array, colours: Array, *, side: int, snow: Array | None = None
) -> None:
    """Conifers of ragged tiers, darker on the flank away from `side`; `snow` lies on every tier. Arrays hold one value a tree."""
    count, tiers, spikes = x.size, 6, 5
    tall = float(height.max(initial=0))
    if not count:
        return
    if tall < 40:
        tiers, spikes = 4, 3
    t = (np.arange(tiers, dtype=np.float32) / tiers)[None, :]
    h = height[:, None]
    half = h * 0.20 * (1 - t) ** 0.85 + h * 0.014
    y, tip = base[:, None] - h * (0.08 + 0.80 * t), base[:, None] - h * np.minimum(0.08 + 0.80 * t + 0.27, 1.0)
    u = np.linspace(-1, 1, spikes + 1, dtype=np.float32)[None, None, :]
    wobble = rng.uniform(0.82, 1.12, (count, tiers, spikes + 1)).astype(np.float32)
    edge_x = x[:, None, None] + half[:, :, None] * u * wobble
    edge_y = y[:, :, None] + half[:, :, None] * (0.20 * np.abs(u) - 0.10)
    spike_x = (edge_x[:, :, :-1] + edge_x[:, :, 1:]) / 2
    drop = rng.uniform(0.10, 0.34, (count, tiers, spikes)).astype(np.float32)
    spike_y = (edge_y[:, :, :-1] + edge_y[:, :, 1:]) / 2 + half[:, :, None] * drop
    apex_x = np.broadcast_to(x[:, None, None], spike_x.shape)
    apex_y = np.broadcast_to(tip[:, :, None], spike_x.shape)
    px = np.stack([apex_x, edge_x[:, :, :-1], spike_x, edge_x[:, :, 1:]], -1)
    py = np.stack([apex_y, edge_y[:, :, :-1], spike_y, edge_y[:, :, 1:]], -1)
    flank = np.linspace(-1, 1, spikes, dtype=np.float32) * side
    tone = (0.92 + 0.26 * flank)[None, None, :] + (0.12 * t)[:, :, None] + rng.uniform(-0.07, 0.07, spike_x.shape)
    paint = colours[:, None, None, :] * tone[..., None]
    shapes, paints = np.stack([px, py], -1), paint
    if snow is not None:
        shrink = np.float32(0.55)
        cap_y = apex_y[..., None] + (py - apex_y[..., None]) * shrink
        cap_x = apex_x[..., None] + (px - apex_x[..., None]) * np.float32(0.72)
        caps = np.stack([cap_x, cap_y], -1)
        white = np.broadcast_to(snow * (0.86 + 0.14 * np.clip(flank, 0, 1))[None, None, :, None], paint.shape)
        shapes, paints = np.concatenate([shapes, caps], 2), np.concatenate([paint, white], 2)
    trunk = np.stack(
        [
            np.stack([x - height * 0.016, x - height * 0.010, x + height * 0.010, x + height * 0.016], 1),
            np.stack([base, base - height * 0.2, base - height * 0.2, base], 1),
        ],
        -1,
    )
    bark = colours * 0.55
    for index in range(count):
        polygons(sheet, trunk[index : index + 1], bark[index])
        polygons(sheet, shapes[index].reshape(-1, 4, 2), paints[index].reshape(-1, 3))


def foliage(sheet: Sheet, rng: Chance, x: Array, y: Array, radius: Array, leaf: Array, *, side: int, leaves: int = 5) -> None:
    """Heaps of leaves, later ones before earlier ones: a dark body, dabs in middle tones, light ones above and to `side`."""
    count = x.size
    dabs(sheet, x, y, radius, radius * 0.92, tinted(leaf, rng.uniform(0.58, 0.70, count)), corners=12)
    for low, high, lift, spread, size, share in ((0.74, 0.98, 0.06, 0.98, 0.27, 1.3), (1.02, 1.34, 0.30, 0.70, 0.19, 1.0)):
        each = max(int(leaves * share), 1)
        n = count * each
        at = np.repeat(np.arange(count), each)
        angle, away = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.random(n)) * spread
        r = radius[at]
        px = x[at] + r * (away * np.cos(angle) + 0.22 * side * lift * 2)
        py = y[at] + r * (away * np.sin(angle) * 0.85 - lift)
        dab = r * rng.uniform(0.7, 1.3, n) * size
        dabs(sheet, px, py, dab, dab * 0.55, tinted(leaf, rng.uniform(low, high, n)), rng.uniform(-0.9, 0.9, n), corners=5)


def leafy(
    sheet: Sheet, rng: Chance, x: float, base: float, height: float, leaf: Array, trunk: Array, *, side: int, wide: float = 1.0
) -> None:
    """A broad-leaved tree with a forked trunk and a crown of heaps."""
    fork = (x + height * 0.02 * side, base - height * 0.40)
    w = height * 0.034
    sheet.polygon(
        [
            (x - w * 1.7, base),
            (x - w * 0.8, base - height * 0.16),
            (fork[0] - w * 0.6, fork[1]),
            (fork[0] + w * 0.6, fork[1]),
            (x + w * 0.9, base - height * 0.16),
            (x + w * 1.8, base),
        ],
        trunk,
    )
    lit = x + side * w * 0.5
    sheet.polygon(
        [(lit, base), (lit - side * w * 0.2, fork[1]), (lit + side * w * 0.3, fork[1]), (lit + side * w * 0.9, base)],
        trunk * np.float32(1.25),
    )
    for way, tall in ((-1, 0.62), (1, 0.66), (-0.4, 0.72)):
        sheet.taper(fork, (x + way * height * 0.20 * wide, base - height * tall), w * 0.5, w * 0.2, trunk)
    around = np.linspace(0, 2 * np.pi, 11) + rng.uniform(-0.2, 0.2, 11)
    px = np.concatenate([[0.0, -0.11, 0.12], 0.215 * np.cos(around)]) * wide
    py = np.concatenate([[0.0, 0.02, 0.03], 0.135 * np.sin(around)])
    r = np.concatenate([[0.17, 0.13, 0.13], rng.uniform(0.085, 0.125, 11)])
    order = np.argsort(-py)
    foliage(sheet, rng, (x + px * height)[order], (base - height * 0.68 + py * height)[order], (r * height)[order], leaf, side=side)


def grove(sheet: Sheet, rng: Chance, x: Array, base: Array, height: Array, leaves: Array, trunk: Array, *, side: int) -> None:
    """Many small broad-leaved trees, simply drawn; `leaves` is N × 3."""
    for index in np.argsort(base):
        h, px, py = float(height[index]), float(x[index]), float(base[index])
        sheet.polygon(
            [(px - h * 0.04, py), (px - h * 0.015, py - h * 0.4), (px + h * 0.015, py - h * 0.4), (px + h * 0.045, py)], trunk
        )
        n = 7
        u = np.concatenate([[0.0], 0.17 * np.cos(np.linspace(0, 2 * np.pi, n) + rng.random())])
        v = np.concatenate([[0.0], 0.13 * np.sin(np.linspace(0, 2 * np.pi, n) + rng.random())])
        r = np.concatenate([[0.20], rng.uniform(0.10, 0.15, n)])
        order = np.argsort(-v)
        foliage(sheet, rng, (px + u * h)[order], (py - h * 0.62 + v * h)[order], (r * h)[order], leaves[index], side=side, leaves=3)


def bare(sheet: Sheet, rng: Chance, x: float, base: float, height: float, colour: Array, bend: float = 0.0) -> None:
    """A dead tree; `bend` leans it in the wind."""

    def branch(at: Point, angle: float, length: float, thickness: float, depth: int) -> None:
        end = (at[0] + float(np.sin(angle)) * length, at[1] - float(np.cos(angle)) * length)
        sheet.taper(at, end, thickness, thickness * 0.62, colour)
        if depth:
            for way in (-1, 1):
                turn = way * float(rng.uniform(0.25, 0.7)) + bend * 0.3
                branch(end, angle + turn, length * float(rng.uniform(0.55, 0.75)), thickness * 0.6, depth - 1)

    branch((x, base), float(rng.normal(0, 0.08)) + bend * 0.2, height * 0.36, height * 0.03, 4)


def palm(sheet: Sheet, rng: Chance, x: float, base: float, height: float, leaf: Array, trunk: Array, lean: float) -> None:
    """A palm with a ringed, leaning trunk, drooping fronds of leaflets, and coconuts."""
    t = np.linspace(0, 1, 14)
    points = [(x + lean * height * v**1.8, base - height * v) for v in t.tolist()]
    for index, (a, b) in enumerate(itertools.pairwise(points)):
        w = height * (0.028 - 0.0011 * index)
        sheet.taper(a, b, w, w * 0.86, trunk * np.float32(1.06 - 0.14 * (index % 2)))
    top = np.array(points[-1], np.float32)
    for angle in np.sort(np.abs(np.linspace(-2.5, 2.5, 11) + rng.normal(0, 0.12, 11)))[::-1].tolist():
        for way in (-1, 1):
            reach = height * float(rng.uniform(0.36, 0.46))
            v = np.linspace(0.04, 1, 15, dtype=np.float32)
            fx = top[0] + way * np.sin(min(angle, 2.0)) * reach * v
            fy = top[1] - np.cos(angle) * reach * 0.42 * v - reach * 0.20 * v + reach * 0.46 * v**2.2
            size = reach * 0.19 * (1 - v) ** 0.6 * np.minimum(v * 5, 1) + 1
            for down in (0.5, 1.25):
                turn = np.full(v.size, way * down)
                dabs(
                    sheet,
                    fx + way * np.cos(down) * size * 0.5,
                    fy + np.sin(down) * size * 0.5,
                    size,
                    size * 0.17,
                    tinted(leaf, rng.uniform(0.72, 1.2, v.size)),
                    turn,
                    corners=5,
                )
    for aside in (-1.0, 0.2, 1.0):
        sheet.disc(float(top[0]) + aside * height * 0.022, float(top[1]) + height * 0.03, height * 0.020, trunk * np.float32(0.62))


def bamboos(
    sheet: Sheet, rng: Chance, x: Array, base: Array, height: float, width: Array, stem: Array, leaf: Array, *, side: int
) -> None:
    """Stems with nodes that run up out of the picture, and sprays of narrow leaves."""
    for px, py, w in zip(x.tolist(), base.tolist(), width.tolist(), strict=True):
        lean = float(rng.normal(0, 0.03)) * height
        tone = stem * np.float32(rng.uniform(0.82, 1.1))
        sheet.polygon([(px - w, py), (px + lean - w * 0.8, py - height), (px + lean + w * 0.8, py - height), (px + w, py)], tone)
        edge = side * w * 0.45
        sheet.line([(px + edge, py), (px + lean + edge * 0.8, py - height)], tone * np.float32(1.3), max(w * 0.35, 1))
        step = max(w * 9, 12.0)
        for k in range(1, int(height / step) + 1):
            at, along = py - k * step, k * step / height
            sheet.line(
                [(px + lean * along - w * 1.1, at), (px + lean * along + w * 1.1, at)], tone * np.float32(0.62), max(w * 0.28, 1)
            )
    n = x.size * 16
    at = rng.integers(x.size, size=n)
    lx, ly = x[at] + rng.normal(0, 1, n) * height * 0.06, base[at] - height * rng.uniform(0.42, 1.0, n)
    size = width[at] * rng.uniform(2.2, 4.6, n)
    dabs(
        sheet,
        lx,
        ly,
        size,
        size * 0.17,
        tinted(leaf, rng.uniform(0.62, 1.3, n)),
        rng.uniform(0.2, 1.2, n) * rng.choice([-1, 1], n),
        corners=5,
    )


def bough(
    sheet: Sheet,
    rng: Chance,
    start: Point,
    way: int,
    length: float,
    leaf: Array,
    wood: Array,
    *,
    bare_twigs: bool = False,
) -> None:
    """A branch that hangs into the picture from its edge, `way` 1 to the right."""
    t = np.linspace(0, 1, 9)
    spine = [(start[0] + way * length * v, start[1] + length * (0.10 * v + 0.20 * v * v)) for v in t.tolist()]
    for k, (a, b) in enumerate(itertools.pairwise(spine)):
        sheet.taper(a, b, length * 0.026 * (1 - k / 9), length * 0.024 * (1 - k / 9), wood)
    for k in range(2, 9):
        twig = (spine[k][0] + way * length * 0.12, spine[k][1] + length * float(rng.uniform(-0.10, 0.18)))
        sheet.taper(spine[k], twig, length * 0.007, length * 0.003, wood)
    if bare_twigs:
        return
    n = 240
    v = rng.random(n) ** 0.75
    x = start[0] + way * length * (v * 1.10)
    y = start[1] + length * (0.10 * v + 0.20 * v * v) + rng.normal(0.015, 0.050, n) * length
    long = length * rng.uniform(0.022, 0.042, n)
    hang = rng.normal(0.7, 0.55, n) * rng.choice([-1, 1], n)
    order = np.argsort(rng.random(n))
    tones = np.where(rng.random(n) < 0.25, rng.uniform(1.2, 1.6, n), rng.uniform(0.6, 1.1, n))
    dabs(sheet, x[order], y[order], long, long * 0.34, tinted(leaf, tones), hang, corners=6)


def trunk_code(kind: str) -> Array:
    """Bark by the kind of wood."""
    return rgb({"cherry grove": "#4f3a3a", "autumn forest": "#4a3628", "birch": "#d8d4cc"}.get(kind, TRUNK))
