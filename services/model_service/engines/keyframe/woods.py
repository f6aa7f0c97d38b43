"""Woods seen from within and trees in open land: misty rows, near trunks, boughs overhead."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Layer, Sheet, mix, rgb, smoothstep
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import (
    LEAF,
    PINE,
    TRUNK,
    bamboos,
    bare,
    foliage,
    grove,
    leafy,
    palm,
    pines,
    trunk_code,
)

_LEAVES = {
    "forest": ("#4f8a3c", "#6a9a40", "#3f7a44"),
    "autumn forest": ("#d8702a", "#e8a034", "#c04428", "#c88a3a"),
    "cherry grove": ("#f4b4c8", "#f8ccd8", "#eca0bc"),
    "bamboo forest": ("#6f9a3f", "#86ac48"),
    "pine forest": (PINE, "#37654a"),
}


def kind_of_wood(stage: Stage) -> str:
    """Which wood it is: the named one, pines in snow, else by the seed."""
    for kind in ("bamboo forest", "autumn forest", "cherry grove", "pine forest"):
        if kind in stage.scene.places:
            return kind
    if stage.snowy:
        return "pine forest"
    return "pine forest" if stage.rng("wood").random() < 0.35 else "forest"


def floor_of_wood(stage: Stage) -> str:
    """The ground under it."""
    if stage.snowy:
        return "snow"
    kind = kind_of_wood(stage)
    return {"autumn forest": "autumn floor", "cherry grove": "petal floor", "bamboo forest": "bamboo floor"}.get(
        kind, "forest floor"
    )


def paint_wood(stage: Stage) -> None:
    """The wood's rows from the palest to the nearest, on `far`, `mid` and, at the sides, `ground`."""
    rng, kind = stage.rng("woods"), kind_of_wood(stage)
    leaves = [rgb(code) for code in _LEAVES[kind]]
    _light_within(stage, np.mean(leaves, 0))
    if kind == "pine forest":
        _pine_rows(stage, rng, leaves)
    elif kind == "bamboo forest":
        _bamboo_rows(stage, rng, leaves)
    else:
        _leafy_rows(stage, rng, leaves, trunk_code(kind))


def paint_near_trunks(stage: Stage) -> None:
    """Trees on the viewer's side of the wood, at the picture's edges, on the ground layer."""
    rng, kind = stage.rng("near trunks"), kind_of_wood(stage)
    leaves = [rgb(code) for code in _LEAVES[kind]]
    sheet = Sheet(stage.frame.width, stage.frame.height)
    leaf, bark = stage.lit(leaves[0] * np.float32(0.9)), stage.lit(trunk_code(kind)) * np.float32(0.8)
    for share, base, half in ((0.5 - 0.39 * stage.side, 0.30, 0.030), (0.5 + 0.43 * stage.side, 0.44, 0.040)):
        x, y = stage.x(share), stage.y(base)
        if kind == "bamboo forest":
            xs = x + np.linspace(-1, 1, 4) * stage.unit * 0.07
            bamboos(
                sheet,
                rng,
                xs,
                np.full(4, y),
                y + 40,
                np.full(4, stage.unit * 0.012),
                stage.lit(rgb("#7fa048")),
                leaf,
                side=stage.side,
            )
        else:
            _trunk(sheet, rng, stage, x, y, stage.unit * half, bark)
    _roots(sheet, rng, stage, bark) if kind in {"forest", "autumn forest"} else None
    lay(stage.layers["ground"], sheet)


def _trunk(sheet: Sheet, rng: np.random.Generator, stage: Stage, x: float, base: float, half: float, bark: Array) -> None:
    """A trunk that leaves the picture at the top: flared foot, bark in strokes, a lit edge, moss or snow on it."""
    lean = float(rng.normal(0, 0.25)) * half
    top = -20.0
    outline = [
        (x - half * 2.2, base + half * 0.45),
        (x - half * 1.55, base - half * 0.35),
        (x - half * 1.18, base - half * 1.6),
        (x - half * 1.02, base - half * 4),
        (x - half * 0.95 + lean, base * 0.5),
        (x - half * 0.85 + lean * 2, top),
    ]
    other = [
        (x + half * 0.85 + lean * 2, top),
        (x + half * 0.95 + lean, base * 0.5),
        (x + half * 1.02, base - half * 4),
        (x + half * 1.18, base - half * 1.6),
        (x + half * 1.6, base - half * 0.3),
        (x + half * 2.4, base + half * 0.4),
        (x + half * 0.5, base + half * 0.75),
    ]
    sheet.polygon([*outline, *other], bark)
    n = 70
    v = rng.random(n)
    y = base * (1 - v)
    px = x + lean * v * 2 + half * rng.uniform(-0.85, 0.85, n)
    edge = np.clip((px - x) / half * stage.side, -1, 1)
    dabs(
        sheet,
        px,
        y,
        half * rng.uniform(0.05, 0.13, n),
        half * rng.uniform(0.5, 1.6, n),
        tinted(bark, 0.86 + 0.30 * edge + rng.uniform(-0.1, 0.1, n)),
        corners=5,
    )
    for _ in range(2):
        y0, way = base * float(rng.uniform(0.08, 0.42)), 1 if x < stage.frame.width / 2 else -1
        sheet.taper((x + lean, y0), (x + way * stage.unit * 0.22, y0 - stage.unit * 0.10), half * 0.26, half * 0.05, bark)
    if stage.snowy:
        dabs(
            sheet,
            np.array([x]),
            np.array([base + half * 0.3]),
            np.array([half * 2.6]),
            np.array([half * 0.45]),
            stage.lit(rgb("#f4f8ff"))[None],
            corners=14,
        )


def _roots(sheet: Sheet, rng: np.random.Generator, stage: Stage, bark: Array) -> None:
    """A fallen log across one corner, with mushrooms."""
    x, y, w = stage.x(0.5 - stage.side * 0.30), stage.y(0.58), stage.unit * 0.020
    sheet.taper((x - w * 7, y + w * 0.6), (x + w * 5, y - w), w, w * 0.8, bark * np.float32(0.9))
    sheet.line([(x - w * 7, y - w * 0.2), (x + w * 5, y - w * 1.7)], stage.lit(rgb("#6f8f48")), w * 0.5)
    sheet.ellipse(x + w * 5, y - w, w * 0.45, w * 0.8, bark * np.float32(1.5))
    for k in range(3):
        mx, my = x + w * (k * 1.7 - 5), y + w * (0.9 + 0.5 * float(rng.random()))
        sheet.taper((mx, my), (mx, my - w * 0.7), w * 0.14, w * 0.12, stage.lit(rgb("#f0e4cc")))
        sheet.ellipse(mx, my - w * 0.75, w * 0.42, w * 0.24, stage.lit(rgb("#c8442f")))


def _light_within(stage: Stage, leaf: Array) -> None:
    """The glow between the trunks, brightest under the sun."""
    frame, palette = stage.frame, stage.palette
    glow = frame.glow(stage.sun[0], stage.horizon * 0.72, stage.rise * 0.45, power=1.6)
    tone = mix(palette.haze, palette.sun, 0.35 if not stage.dark else 0.10) * np.float32(1.0 if stage.dark else 0.98)
    far = stage.layers["far"]
    cover = smoothstep(-0.2 * stage.horizon, 0.75 * stage.horizon, frame.rows) * np.float32(0.80) + np.zeros_like(glow)
    far.fill(cover, mix(stage.lit(leaf * np.float32(0.9), 0.40), mix(tone, stage.lit(leaf), 0.22), np.clip(glow * 1.1, 0, 1)))


def _spread(stage: Stage, rng: np.random.Generator, count: int, gap: float) -> Array:
    """Columns across the picture, `gap` of it left free about the middle; sorted by chance."""
    n = max(int(count * max(stage.span, 0.45)), 3)
    x = (np.arange(n) + rng.uniform(0.1, 0.9, n)) / n
    return np.asarray(x[np.abs(x - 0.5) >= gap / 2] * stage.frame.width, np.float32)


def _pine_rows(stage: Stage, rng: np.random.Generator, leaves: list[Array]) -> None:
    snow = stage.snowy
    for name, distance, share, size, count, gap in (
        ("far", 0.76, 0.02, 0.40, 30, 0.0),
        ("far", 0.52, 0.06, 0.56, 20, 0.06),
        ("mid", 0.26, 0.13, 0.80, 11, 0.34),
    ):
        sheet = Sheet(stage.frame.width, stage.frame.height)
        x = _spread(stage, rng, count, gap)
        height = stage.rise * size * rng.uniform(0.72, 1.2, x.size)
        base = np.full(x.size, stage.y(share)) + rng.normal(0, 0.008, x.size) * stage.unit
        tones = rng.uniform(0.85, 1.12, x.size)
        colours = np.stack([stage.lit(leaves[k % len(leaves)] * np.float32(tone), distance) for k, tone in enumerate(tones)])
        white = np.clip(stage.lit(rgb("#f2f6fc"), distance * 0.7), 0, 1) if snow else None
        pines(sheet, rng, x, base, height, colours, side=stage.side, snow=white)
        lay(stage.layers[name], sheet)


def _leafy_rows(stage: Stage, rng: np.random.Generator, leaves: list[Array], bark: Array) -> None:
    """Trunks and a closed canopy, each row nearer, darker and wider apart."""
    for name, distance, share, half, count, gap in (
        ("far", 0.74, 0.03, 0.007, 26, 0.0),
        ("far", 0.50, 0.07, 0.012, 14, 0.10),
        ("mid", 0.24, 0.15, 0.022, 8, 0.36),
    ):
        sheet = Sheet(stage.frame.width, stage.frame.height)
        tone = stage.lit(bark, distance)
        for x in _spread(stage, rng, count, gap).tolist():
            base, w, lean = (
                stage.y(share) + stage.unit * float(rng.normal(0, 0.006)),
                stage.unit * half * float(rng.uniform(0.7, 1.3)),
                float(rng.normal(0, 0.5)),
            )
            sheet.polygon(
                [
                    (x - w * 1.6, base),
                    (x - w * 0.7, base - w * 3),
                    (x - w * 0.6 + lean * w * 3, -9),
                    (x + w * 0.6 + lean * w * 3, -9),
                    (x + w * 0.7, base - w * 3),
                    (x + w * 1.7, base),
                ],
                tone,
            )
            edge = stage.side * w * 0.35
            sheet.line([(x + edge, base - w * 2), (x + edge + lean * w * 3, -9)], tone * np.float32(1.22), max(w * 0.5, 1))
            fork = base * float(rng.uniform(0.35, 0.6))
            for way in (-1, 1):
                sheet.taper((x + lean * w, fork), (x + way * w * 9, fork - w * 12), w * 0.4, w * 0.15, tone)
        n = int((90 if distance > 0.6 else 70 if distance > 0.4 else 64) * max(stage.span, 0.5))
        x = rng.random(n) * stage.frame.width
        edge_in = np.abs(x / stage.frame.width - 0.5) * 2
        reach = stage.horizon * (
            0.44
            - 0.10 * (distance < 0.6)
            + (0.30 * edge_in**1.5 if distance < 0.4 else 0.10 * edge_in)
            - (0.12 if distance < 0.4 else 0)
        )
        y = reach * rng.random(n) ** 0.7 - stage.rise * 0.02
        radius = stage.rise * (0.034 + 0.05 * (1 - distance)) * rng.uniform(0.7, 1.3, n)
        for k, leaf in enumerate(leaves):
            part = slice(k, None, len(leaves))
            foliage(sheet, rng, x[part], y[part], radius[part], stage.lit(leaf, distance), side=stage.side, leaves=4)
        _undergrowth(
            sheet,
            rng,
            stage,
            stage.lit(leaves[-1] * np.float32(0.8) if leaves[0][1] > leaves[0][0] else rgb(LEAF), distance),
            stage.y(share),
            distance,
        )
        lay(stage.layers[name], sheet)


def _undergrowth(sheet: Sheet, rng: np.random.Generator, stage: Stage, leaf: Array, base: float, distance: float) -> None:
    n = int(22 * max(stage.span, 0.5))
    x = rng.random(n) * stage.frame.width
    keep = np.abs(x / stage.frame.width - 0.5) > (0.16 if distance < 0.4 else 0.0)
    x = x[keep]
    radius = stage.rise * (0.018 + 0.03 * (1 - distance)) * rng.uniform(0.6, 1.3, x.size)
    foliage(sheet, rng, x, base - radius * 0.2 + 0 * x, radius, leaf, side=stage.side, leaves=3)


def _bamboo_rows(stage: Stage, rng: np.random.Generator, leaves: list[Array]) -> None:
    for name, distance, share, half, count, gap in (
        ("far", 0.70, 0.03, 0.0035, 46, 0.0),
        ("far", 0.46, 0.07, 0.006, 26, 0.08),
        ("mid", 0.20, 0.14, 0.010, 15, 0.36),
    ):
        sheet = Sheet(stage.frame.width, stage.frame.height)
        x = _spread(stage, rng, count, gap)
        base = np.full(x.size, stage.y(share))
        stem = stage.lit(rgb("#86a84c"), distance)
        bamboos(
            sheet,
            rng,
            x,
            base,
            stage.y(share) + 20,
            stage.unit * half * rng.uniform(0.8, 1.25, x.size),
            stem,
            stage.lit(leaves[0], distance),
            side=stage.side,
        )
        _undergrowth(sheet, rng, stage, stage.lit(leaves[0] * np.float32(0.8), distance), stage.y(share), distance)
        lay(stage.layers[name], sheet)


def paint_copses(stage: Stage, *, dense: float = 1.0) -> None:
    """Trees on the rim of an open land, in groups, few in the middle."""
    rng, sheet = stage.rng("copses"), Sheet(stage.frame.width, stage.frame.height)
    n = int(20 * stage.span * dense) + 3
    groups = rng.random(5)
    x = np.where(rng.random(n) < 0.7, groups[rng.integers(5, size=n)] + rng.normal(0, 0.05, n), rng.random(n))
    keep = (np.abs(x - 0.5) > 0.14) | (rng.random(n) < 0.2)
    share = np.sort(rng.uniform(0.03, 0.16, n))[keep]
    x = (x[keep] * stage.frame.width).astype(np.float32)
    height = stage.rise * (0.035 + 0.85 * share) * rng.uniform(0.7, 1.25, x.size)
    base = stage.horizon + share * (stage.frame.height - stage.horizon) + stage.unit * 0.012
    distance = np.clip(0.62 - 3.0 * share, 0.12, 1)
    if stage.snowy or stage.scene.has("mountains"):
        colours = np.stack([stage.lit(rgb(PINE), float(d)) for d in distance]) if x.size else np.zeros((0, 3), np.float32)
        white = np.clip(stage.lit(rgb("#f4f8ff"), 0.3), 0, 1) if stage.snowy else None
        pines(sheet, rng, x, base, height * 1.3, colours, side=stage.side, snow=white)
    else:
        autumn = rng.random() < 0.12
        leaf = rgb("#c88a3a" if autumn else LEAF)
        colours = (
            np.stack([stage.lit(leaf * np.float32(rng.uniform(0.85, 1.15)), float(d)) for d in distance])
            if x.size
            else np.zeros((0, 3), np.float32)
        )
        grove(sheet, rng, x, base, height, colours, stage.lit(rgb(TRUNK), 0.3), side=stage.side)
    lay(stage.layers["mid"], sheet)


def paint_lone_tree(stage: Stage) -> None:
    """One tree large enough to stand under, on the side away from the light; in blossom beside flowers."""
    rng, frame, scene = stage.rng("tree"), stage.frame, stage.scene
    sheet = Sheet(frame.width, frame.height)
    away = stage.side if scene.has("village") or "house" in scene.props else -stage.side
    x, base, height = stage.x(0.5 + away * 0.30), stage.y(0.36), stage.rise * 0.62
    trunk = stage.lit(rgb(TRUNK))
    shadow = stage.palette.shade * stage.lit(rgb("#4a5a34"))
    n = 40
    dabs(
        sheet,
        x - stage.side * height * 0.10 + rng.normal(0, 0.14, n) * height,
        base + rng.normal(0.01, 0.02, n) * height,
        np.full(n, height * 0.06),
        np.full(n, height * 0.010),
        tinted(shadow, rng.uniform(0.9, 1.1, n)),
        corners=10,
    )
    if scene.has("ruins", "desert", "graveyard", "battlefield", "swamp") or stage.snowy:
        bare(
            sheet,
            rng,
            x,
            base,
            height,
            trunk * np.float32(0.7),
            bend=-stage.side * 0.8 if scene.weather & {"wind", "storm"} else 0.0,
        )
    elif scene.has("beach"):
        palm(sheet, rng, x, base, height * 0.9, stage.lit(rgb("#3f8f4a")), trunk, 0.2 * stage.side)
    else:
        leaf = rgb("#f0a8c0" if "flower" in scene.props or "cherry grove" in scene.places else LEAF)
        leafy(sheet, rng, x, base, height, stage.lit(leaf), trunk, side=stage.side, wide=1.15)
    lay(stage.layers["ground"], sheet)


def paint_palms(stage: Stage, layer: Layer, spots: tuple[tuple[float, float, float], ...]) -> None:
    """Palms at these places: shares of width and of the ground, height in shares of the sky's rise."""
    rng, sheet = stage.rng("palms"), Sheet(stage.frame.width, stage.frame.height)
    for share, base, tall in spots:
        lean = float(rng.uniform(0.10, 0.3)) * (1 if share < 0.5 else -1)
        palm(
            sheet,
            rng,
            stage.x(share),
            stage.y(base),
            stage.rise * tall,
            stage.lit(rgb("#4a9448"), 0.06),
            stage.lit(rgb("#8a6a48"), 0.06),
            lean,
        )
    lay(layer, sheet)


def paint_fireflies(stage: Stage) -> None:
    """Small warm lights between the trees, on the front layer."""
    rng, lights = stage.rng("fireflies"), Lights(stage.frame)
    sheet = Sheet(stage.frame.width, stage.frame.height)
    for _ in range(int(46 * stage.span) + 6):
        x, y = float(rng.random()) * stage.frame.width, stage.horizon + stage.unit * float(rng.normal(0.06, 0.13))
        size = stage.unit * float(rng.uniform(0.002, 0.0045))
        lights.add(x, y, size * 4.5, rgb("#f4ff8a"), 0.5)
        sheet.disc(x, y, size, rgb("#fbffc8"))
    lights.shine(stage.layers["front"])
    lay(stage.layers["front"], sheet)
