"""The lens: what hangs or stands near it and frames the view, and which depths are out of focus."""

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.brush import blades, dabs, lay, soften, tinted
from services.model_service.engines.keyframe.canvas import Sheet, mix, rgb
from services.model_service.engines.keyframe.fields import bouquet
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import LEAF, PINE, bough

_BLUR = {
    Framing.MEDIUM: {"sky": 1.2, "clouds": 2.0, "far": 3.0, "mid": 2.4, "ground": 0.9},
    Framing.CLOSE: {"sky": 3.0, "clouds": 6.0, "far": 9.0, "mid": 7.5, "ground": 5.0},
    Framing.DETAIL: {"sky": 3.5, "clouds": 7.0, "far": 11.0, "mid": 9.0, "ground": 2.2},
}
"""Blur in 720ths of the unit."""


_BOUGHS = 0.35


def focus(stage: Stage) -> None:
    """Throw the view behind the cast out of focus, the more the closer the shot, and the things before the lens a little."""
    scale = stage.unit / 720
    for name, sigma in _BLUR.get(stage.scene.framing, {}).items():
        if stage.layers[name].rgba[..., 3].any():
            soften(stage.layers[name], sigma * scale)
    if stage.layers["front"].rgba[..., 3].any():
        soften(stage.layers["front"], (2.2 if stage.scene.framing in _BLUR else 1.3) * scale)


def paint_fringe(stage: Stage, *, flowers: bool, code: str = "#2c4a24") -> None:
    """Dark grass at the bottom edge, high at the corners, low over the subtitles."""
    rng, frame, unit = stage.rng("fringe"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    n = int(210 * stage.span) + 20
    x = np.sort(rng.random(n)).astype(np.float32)
    edge = np.abs(x - 0.5) * 2
    height = unit * (0.022 + 0.13 * edge**3.2) * rng.uniform(0.6, 1.3, n)
    px, base = x * frame.width, np.full(n, frame.height + 3.0)
    lean = unit * rng.normal(0, 0.02, n) + (0.5 - x) * unit * 0.05
    dark = stage.lit(rgb(code)) * np.float32(0.72)
    blades(sheet, px, base, np.full(n, unit * 0.0055), height, lean, tinted(dark, rng.uniform(0.75, 1.2, n)))
    if flowers:
        show = (edge > 0.6) & (rng.random(n) < 0.35)
        hues = np.stack(bouquet(stage))
        colours = hues[rng.integers(len(hues), size=n)] * stage.palette.light[None] * 0.85
        size = unit * rng.uniform(0.008, 0.014, n)
        for k in range(5):
            a = k * 1.2566
            cx, cy = (px + lean + np.cos(a) * size * 0.6)[show], (base - height + np.sin(a) * size * 0.5)[show]
            dabs(sheet, cx, cy, (size * 0.5)[show], (size * 0.42)[show], colours[show], corners=7)
        dabs(
            sheet,
            (px + lean)[show],
            (base - height)[show],
            (size * 0.34)[show],
            (size * 0.3)[show],
            stage.lit(rgb("#d89a20"))[None],
            corners=7,
        )
    lay(stage.layers["front"], sheet)


def paint_boughs(stage: Stage, kind: str = "leaf") -> None:
    """A branch that hangs in from one upper corner, sometimes from both; in a third of the takes, for it is soon seen too often."""
    rng, frame = stage.rng("boughs"), stage.frame
    if rng.random() > _BOUGHS:
        return
    sheet = Sheet(frame.width, frame.height)
    codes = {"leaf": LEAF, "pine": PINE, "blossom": "#f0b0c8", "autumn": "#d87a2e", "bare": LEAF}
    leaf, wood = stage.lit(rgb(codes[kind]) * np.float32(0.62)), stage.lit(rgb("#3a2a20")) * np.float32(0.6)
    length = min(stage.unit * 0.50, frame.width * 0.42)
    ways = (1, -1) if rng.random() < 0.3 else (int(stage.side) * -1,)
    for way in ways:
        start = (-length * 0.12 if way > 0 else frame.width + length * 0.12, frame.height * float(rng.uniform(-0.04, 0.06)))
        bough(sheet, rng, start, way, length * float(rng.uniform(0.75, 1.1)), leaf, wood, bare_twigs=kind == "bare")
    lay(stage.layers["front"], sheet)


def paint_rocks_before(stage: Stage, code: str = "#4c4642") -> None:
    """A dark boulder in a lower corner."""
    rng, frame, unit = stage.rng("rocks before"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    rock = stage.lit(rgb(code)) * np.float32(0.5)
    for way in (stage.side, -stage.side) if rng.random() < 0.5 else (-stage.side,):
        x = frame.width * (0.5 + 0.5 * way)
        line = [
            (x - way * unit * v, frame.height - unit * h * float(rng.uniform(0.85, 1.15)))
            for v, h in ((-0.1, 0.22), (0.05, 0.21), (0.12, 0.15), (0.20, 0.11), (0.27, 0.04), (0.33, -0.02))
        ]
        sheet.polygon([*line, (x + way * unit * 0.1, frame.height + unit)], rock)
        lit = [(px + way * unit * 0.01, py + unit * 0.012) for px, py in line]
        if way != stage.side:
            sheet.polygon([*line[1:4], *lit[1:4][::-1]], mix(rock * np.float32(1.7), stage.palette.sun * stage.palette.light, 0.15))
        n = 22
        v, h = rng.random(n), rng.random(n)
        dabs(
            sheet,
            x - way * unit * 0.26 * v,
            frame.height - unit * 0.17 * h * (1 - v),
            unit * rng.uniform(0.01, 0.03, n),
            unit * rng.uniform(0.004, 0.012, n),
            tinted(rock, rng.uniform(0.8, 1.35, n)),
            rng.uniform(-0.6, 0.6, n),
            corners=5,
        )
    lay(stage.layers["front"], sheet)
