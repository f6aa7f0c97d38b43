"""Trees, grass and flowers."""

from collections.abc import Mapping

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

Chance = np.random.Generator
PINE, LEAF, TRUNK = "#2f5a41", "#4f8a3c", "#5a4130"
FLOWERS: Mapping[str, tuple[str, ...]] = {
    "mixed": ("#ffffff", "#ffd84d", "#ff8fb0", "#b48cff", "#ff6f61"),
    "lavender": ("#8f6fd8", "#a78be8", "#b9a0f0"),
    "poppies": ("#e8483a", "#f26a4b", "#ffd9c9"),
    "sunflowers": ("#ffc92e", "#ffb300", "#ffe07a"),
}


def pine(
    sheet: Sheet, rng: Chance, x: float, base: float, height: float, colour: Array, *, snow: Array | None = None, side: int = 1
) -> None:
    """A conifer of ragged tiers; the flank towards `side` is lighter, and `snow` lies on the tiers."""
    sheet.taper((x, base), (x, base - height * 0.25), height * 0.018, height * 0.014, colour * np.float32(0.6))
    tiers = 7 if height > 60 else 4
    for tier in range(tiers):
        t = tier / tiers
        half = height * 0.21 * (1 - t) ** 0.85 + height * 0.012
        y, tip = base - height * (0.08 + 0.80 * t), base - height * min(0.08 + 0.80 * t + 0.26, 1.0)
        droop = half * 0.16
        ragged = [half * 0.10 * float(v) for v in rng.random(6)]
        skirt: list[Point] = [
            (x - half, y + droop),
            (x - half * 0.62, y - ragged[0]),
            (x - half * 0.48, y + droop * 0.7 + ragged[1]),
            (x - half * 0.14, y - ragged[2]),
            (x + half * 0.06, y + droop * 0.6 + ragged[3]),
            (x + half * 0.34, y - ragged[4]),
            (x + half * 0.58, y + droop * 0.7),
            (x + half * 0.66, y - ragged[5]),
            (x + half, y + droop),
        ]
        tone = colour * np.float32(0.80 + 0.10 * t)
        sheet.polygon([(x, tip), *skirt], tone)
        edge = 1 if side > 0 else -1
        sheet.polygon(
            [(x, tip), (x + edge * half, y + droop), (x + edge * half * 0.45, y - droop * 0.2)], colour * np.float32(1.16)
        )
        if snow is not None:
            sheet.polygon(
                [
                    (x, tip),
                    (x - half * 0.74, y - half * 0.10),
                    (x - half * 0.30, y - half * 0.34),
                    (x + half * 0.05, y - half * 0.16),
                    (x + half * 0.36, y - half * 0.36),
                    (x + half * 0.76, y - half * 0.10),
                ],
                snow,
            )


def leafy(sheet: Sheet, rng: Chance, x: float, base: float, height: float, leaf: Array, trunk: Array, *, side: int = 1) -> None:
    """A broad-leaved tree: a forked trunk and heaps of leaves in three tones, lit from `side`."""
    top = (x + height * 0.03 * side, base - height * 0.52)
    sheet.polygon(
        (
            (x - height * 0.055, base),
            (x - height * 0.026, base - height * 0.18),
            (top[0] - height * 0.02, top[1]),
            (top[0] + height * 0.02, top[1]),
            (x + height * 0.028, base - height * 0.18),
            (x + height * 0.06, base),
        ),
        trunk,
    )
    for way in (-1, 1):
        sheet.taper(
            (x, base - height * 0.34), (x + way * height * 0.20, base - height * 0.60), height * 0.018, height * 0.008, trunk
        )
    heaps = _heaps(rng)
    for tone, dx, dy, shrink in ((0.66, 0.0, 0.02, 1.0), (0.92, 0.025, -0.02, 0.86), (1.22, 0.06, -0.055, 0.52)):
        for u, v, r in heaps:
            if tone > 1 and u * side < -0.10:
                continue
            sheet.disc(
                x + height * (u + dx * side),
                base - height * (0.70 - v - dy),
                height * r * shrink,
                np.clip(leaf * np.float32(tone), 0, 1),
            )


def _heaps(rng: Chance) -> list[tuple[float, float, float]]:
    """Offsets and radii of a crown's heaps: a full middle and a ring of smaller ones around it."""
    ring = [
        (0.20 * float(np.cos(a)), 0.125 * float(np.sin(a)), float(rng.uniform(0.085, 0.125)))
        for a in np.linspace(0, 2 * np.pi, 10) + rng.uniform(-0.2, 0.2, 10)
    ]
    return [(0.0, 0.0, 0.17), (-0.09, -0.03, 0.14), (0.09, -0.04, 0.14), (0.0, -0.11, 0.12), *ring]


def bare(sheet: Sheet, rng: Chance, x: float, base: float, height: float, colour: Array) -> None:
    """A dead tree."""

    def branch(at: Point, angle: float, length: float, thickness: float, depth: int) -> None:
        end = (at[0] + np.sin(angle) * length, at[1] - np.cos(angle) * length)
        sheet.taper(at, end, thickness, thickness * 0.6, colour)
        if depth:
            for way in (-1, 1):
                branch(
                    end,
                    angle + way * float(rng.uniform(0.25, 0.7)),
                    length * float(rng.uniform(0.55, 0.75)),
                    thickness * 0.6,
                    depth - 1,
                )

    branch((x, base), float(rng.normal(0, 0.08)), height * 0.36, height * 0.03, 4)


def palm(sheet: Sheet, rng: Chance, x: float, base: float, height: float, leaf: Array, trunk: Array, lean: float) -> None:
    top = (x + lean * height, base - height)
    points = [(x + lean * height * t**1.8, base - height * t) for t in np.linspace(0, 1, 9)]
    for index in range(8):
        sheet.taper(
            points[index],
            points[index + 1],
            height * (0.026 - 0.0016 * index),
            height * (0.0244 - 0.0016 * index),
            trunk * np.float32(1 - 0.1 * (index % 2)),
        )
    for angle in np.linspace(-2.6, 2.6, 9) + rng.normal(0, 0.1, 9):
        reach = height * 0.42
        mid = (top[0] + np.sin(angle) * reach * 0.55, top[1] - np.cos(angle) * reach * 0.38 - reach * 0.10)
        tip = (top[0] + np.sin(angle) * reach, top[1] - np.cos(angle) * reach * 0.42 + reach * 0.22)
        sheet.polygon(
            (top, (mid[0], mid[1] - reach * 0.07), tip, (mid[0], mid[1] + reach * 0.10)),
            leaf * np.float32(0.8 + 0.3 * float(rng.random())),
        )


def paint_forest(stage: Stage) -> None:
    """Rows of trees nearer and nearer, and dark trunks that frame the view."""
    rng, frame, unit = stage.rng("forest"), stage.frame, stage.unit
    snowy = "snow" in stage.scene.weather or stage.scene.has("snow peaks")
    conifers = snowy or stage.dark or bool(rng.random() < 0.6)
    leaf = rgb(PINE) if conifers else mix(rgb(LEAF), rgb("#c98a2e"), 0.55 if rng.random() < 0.3 else 0.0)
    rows = ((0.72, 0.04, 0.20, 46), (0.48, 0.09, 0.32, 30), (0.24, 0.16, 0.50, 16))
    for distance, share, size, count in rows:
        sheet = Sheet(frame.width, frame.height)
        n = int(count * frame.width / frame.height / 1.78)
        for x in np.sort(rng.random(n)):
            if distance < 0.3 and abs(float(x) - 0.5) < 0.20:
                continue
            height = unit * size * float(rng.uniform(0.75, 1.25))
            tone = stage.lit(leaf * np.float32(rng.uniform(0.85, 1.1)), distance)
            at = (float(x) * frame.width, stage.y(share) + unit * float(rng.normal(0, 0.008)))
            if conifers:
                pine(sheet, rng, *at, height, tone, snow=stage.lit(rgb("#f2f6fc"), distance) if snowy else None, side=stage.side)
            else:
                leafy(sheet, rng, *at, height * 0.92, tone, stage.lit(rgb(TRUNK), distance), side=stage.side)
        stage.layers["far"].over(sheet)
    front = Sheet(frame.width, frame.height)
    bark = stage.lit(rgb("#2c231d")) * np.float32(0.55)
    for x, wide in ((0.03, 0.052), (0.975, 0.062), (0.14 if stage.side > 0 else 0.87, 0.024)):
        cx, half = x * frame.width, unit * wide
        front.polygon(
            (
                (cx - half * 1.5, frame.height + 9),
                (cx - half, frame.height * 0.6),
                (cx - half * 0.8, -9),
                (cx + half * 0.8, -9),
                (cx + half, frame.height * 0.62),
                (cx + half * 1.7, frame.height + 9),
            ),
            bark,
        )
        front.polygon(
            (
                (cx + stage.side * half * 0.55, frame.height),
                (cx + stage.side * half * 0.4, 0),
                (cx + stage.side * half * 0.78, 0),
                (cx + stage.side * half, frame.height),
            ),
            bark * np.float32(1.5),
        )
        for _ in range(3):
            y, way = frame.height * float(rng.uniform(0.05, 0.4)), 1 if cx < frame.width / 2 else -1
            front.taper((cx, y), (cx + way * unit * 0.16, y - unit * 0.07), half * 0.2, half * 0.05, bark)
    stage.layers["front"].over(front)


def paint_copses(stage: Stage) -> None:
    """Scattered trees on the hills of an open landscape."""
    rng, frame, unit = stage.rng("copses"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    snowy = "snow" in stage.scene.weather or stage.scene.has("snow peaks")
    rocky = snowy or stage.scene.has("mountains")
    for _ in range(int(26 * frame.width / frame.height / 1.78)):
        x = float(rng.random())
        if abs(x - 0.5) < 0.13 and rng.random() < 0.8:
            continue
        share = float(rng.uniform(0.03, 0.13))
        height = unit * (0.035 + 0.75 * share) * float(rng.uniform(0.7, 1.3))
        at = (x * frame.width, stage.y(share) + unit * 0.012)
        distance = 0.62 - 3.2 * share
        if rocky:
            pine(
                sheet,
                rng,
                *at,
                height * 1.25,
                stage.lit(rgb(PINE), distance),
                snow=stage.lit(rgb("#f4f8ff"), distance) if snowy else None,
                side=stage.side,
            )
        else:
            leafy(sheet, rng, *at, height, stage.lit(rgb(LEAF), distance), stage.lit(rgb(TRUNK), distance), side=stage.side)
    stage.layers["far"].over(sheet)


def paint_lone_tree(stage: Stage) -> None:
    """One tree large enough to stand under, on the side away from the light; in blossom beside flowers."""
    rng, frame = stage.rng("tree"), stage.frame
    sheet = Sheet(frame.width, frame.height)
    away = stage.side if stage.scene.has("village") or "house" in stage.scene.props else -stage.side
    x, base, height = frame.width * (0.5 + away * 0.30), stage.y(0.34), stage.unit * 0.56
    trunk = stage.lit(rgb(TRUNK))
    if stage.scene.has("ruins", "desert") or stage.scene.weather & {"snow"}:
        bare(sheet, rng, x, base, height, trunk * np.float32(0.7))
    elif stage.scene.has("beach"):
        palm(sheet, rng, x, base, height, stage.lit(rgb("#3f8f4a")), trunk, 0.2 * stage.side)
    else:
        blossom = "flower" in stage.scene.props
        leafy(sheet, rng, x, base, height, stage.lit(rgb("#f0a8c0" if blossom else LEAF)), trunk, side=stage.side)
    stage.layers["ground"].over(sheet)


def paint_grass(stage: Stage, *, flowers: bool) -> None:
    """Blades and, if asked, flowers over the near ground, larger towards the viewer; a dark fringe in front."""
    rng, frame, unit = stage.rng("grass"), stage.frame, stage.unit
    ground = stage.layers["ground"]
    top = (ground.rgba[..., 3] > 0.5).argmax(0)
    wild = np.random.default_rng(int(rng.integers(1 << 30)))
    sheet = Sheet(frame.width, frame.height)
    base = rgb("#5c9440")
    reach = frame.height - stage.horizon
    amount = frame.width / frame.height / 1.78
    blades = [(float(v) ** 0.7, float(x)) for v, x in rng.random((int(1500 * amount), 2))]
    choice = ("mixed", "mixed", "lavender", "poppies", "sunflowers")[int(rng.integers(5))]
    colours = [rgb(code) for code in FLOWERS[choice]]
    heads = [(float(v) ** 0.85, float(x)) for v, x in wild.random((int(520 * amount) if flowers else 0, 2))]
    things = sorted([(v, x, False) for v, x in blades] + [(v, x, True) for v, x in heads])
    for v, x, flower in things:
        px = x * frame.width
        line = float(top[min(int(px), frame.width - 1)])
        py = line + v * (frame.height - line) + unit * 0.01
        size = unit * (0.006 + 0.036 * (py - stage.horizon) / reach)
        if flower:
            _flower(
                sheet,
                wild,
                px,
                py - size * 0.9,
                size * 0.34,
                stage.lit(colours[int(wild.integers(len(colours)))], 0.25 * (1 - v)),
                stage,
            )
        else:
            lean = float(rng.normal(0, 0.35)) * size
            tone = stage.lit(base * np.float32(rng.uniform(0.55, 1.25)), 0.3 * (1 - v))
            sheet.polygon(((px - size * 0.07, py), (px + lean, py - size), (px + size * 0.09, py)), tone)
    ground.over(sheet)
    _fringe(stage, flowers, colours)


def _flower(sheet: Sheet, rng: Chance, x: float, y: float, r: float, colour: Array, stage: Stage) -> None:
    sheet.polygon(
        ((x - r * 0.12, y), (x - r * 0.06, y + r * 3), (x + r * 0.18, y + r * 3), (x + r * 0.12, y)), stage.lit(rgb("#3f7030"))
    )
    if r < 1.6:
        sheet.ellipse(x, y, max(r, 0.7), max(r * 0.8, 0.6), colour, 7)
        return
    turn = float(rng.random()) * 6.28
    for k in range(5):
        angle = turn + k * 1.2566
        sheet.ellipse(
            x + np.cos(angle) * r * 0.62,
            y + np.sin(angle) * r * 0.5,
            r * 0.52,
            r * 0.44,
            colour * np.float32(0.93 + 0.07 * (k % 2)),
            9,
        )
    sheet.ellipse(x, y, r * 0.32, r * 0.27, stage.lit(rgb("#f2a900")), 8)


def _fringe(stage: Stage, flowers: bool, colours: list[Array]) -> None:
    rng, frame, unit = stage.rng("fringe"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    dark = stage.lit(rgb("#2c4a24")) * np.float32(0.72)
    for x in np.sort(rng.random(int(170 * frame.width / frame.height / 1.78))):
        edge = abs(float(x) - 0.5) * 2
        height = unit * (0.03 + 0.075 * edge**2) * float(rng.uniform(0.6, 1.3))
        px, lean = float(x) * frame.width, unit * float(rng.normal(0, 0.018))
        base = frame.height + 2
        sheet.polygon(
            (
                (px - unit * 0.006, base),
                (px + lean * 0.4 - unit * 0.003, base - height * 0.6),
                (px + lean, base - height),
                (px + lean * 0.5 + unit * 0.004, base - height * 0.55),
                (px + unit * 0.006, base),
            ),
            dark * np.float32(rng.uniform(0.8, 1.15)),
        )
        if flowers and edge > 0.45 and rng.random() < 0.30:
            _flower(
                sheet,
                rng,
                px + lean,
                base - height,
                unit * 0.011,
                stage.lit(colours[int(rng.integers(len(colours)))]) * np.float32(0.8),
                stage,
            )
    stage.layers["front"].over(sheet)
