"""The sea from below: light from the surface, reefs, a shoal, a wreck."""

from dataclasses import replace

import numpy as np

from services.model_service.engines.keyframe.brush import blades, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.stage import Stage


def paint_underwater(stage: Stage, *, wreck: bool = False) -> None:
    """Blue depth with light from the surface, coral and weed on a sandy floor, a shoal, bubbles; a wreck if asked."""
    rng, frame, unit = stage.rng("underwater"), stage.frame, stage.unit
    dim = np.float32(0.5 if stage.dark else 1.0)
    top, deep = rgb("#5fd3e0") * dim, rgb("#06304f") * dim
    t = frame.rows / np.float32(frame.height)
    sky = stage.layers["sky"]
    sky.fill(np.ones((frame.height, frame.width), np.float32), mix(top, deep, smoothstep(-0.1, 0.95, t) ** 0.75))
    source = frame.width * (0.5 + stage.side * 0.18)
    angle = np.arctan2(frame.coarse_columns - np.float32(source), frame.coarse_rows + np.float32(unit * 0.35))
    comb = ridge(rng, 400, waves=22, roughness=0.7, octaves=4)
    shaft = comb[np.clip(((angle + 1.2) / 2.4 * 399), 0, 399).astype(np.int32)]
    glow = smoothstep(0.45, 0.85, shaft) * np.exp(-frame.coarse_rows / np.float32(frame.height * 0.55)) * np.float32(0.5)
    sky.light(frame.refined(glow), rgb("#d8fff4") * dim)
    haze = mix(top, deep, 0.62)
    stage.palette = replace(
        stage.palette,
        zenith=top,
        middle=haze,
        horizon=haze,
        light=np.array([0.62, 0.86, 0.92], np.float32) * dim,
        sun=rgb("#d8fff4"),
        dark=stage.dark,
        low_sun=False,
    )
    far = stage.layers["far"]
    for k, tone in enumerate((0.25, 0.55)):
        line = ridge(rng, frame.width, waves=2.5 + k, roughness=0.5)
        y = np.float32(stage.horizon + stage.rise * 0.04 * k) - np.float32(stage.rise * 0.22) * line
        far.fill(np.clip(frame.rows - y[None] + 0.5, 0, 1), mix(haze, deep * np.float32(0.6), tone))
    if wreck:
        _sunken_ship(stage)
    else:
        _shoal(stage, rng)
    _reef(stage, rng, "mid", 0.14, 0.35, 34)
    line = np.asarray(
        np.float32(stage.y(0.22)) - np.float32(unit * 0.04) * ridge(rng, frame.width, waves=2, roughness=0.3, octaves=4), np.float32
    )
    caustic = clouds(rng, frame.width, frame.height, cells=14, octaves=3, stretch=2.5)
    glitter = np.exp(-(((caustic - 0.5) / 0.045) ** 2))
    near = np.clip((frame.rows - line[None]) / np.float32(frame.height - stage.horizon), 0, 1)
    sand = mix(mix(rgb("#e8d8a8"), top, 0.6), deep, 0.35) * dim
    stage.layers["ground"].fill(np.clip(frame.rows - line[None] + 0.5, 0, 1), plane(sand) * (0.85 - 0.4 * near + 0.22 * glitter))
    _reef(stage, rng, "ground", 0.42, 0.06, 16)
    _bubbles(stage, rng, top, deep)


def _reef(stage: Stage, rng: np.random.Generator, name: str, share: float, distance: float, count: int) -> None:
    """Corals, sponges and weed in colours, thick at the sides."""
    frame, unit = stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    n = int(count * max(stage.span, 0.5))
    u = rng.random(n)
    u = np.where(u < 0.5, u * 0.66, 1 - (1 - u) * 0.66)
    size = unit * rng.uniform(0.04, 0.11, n) * (1.5 if name == "ground" else 1.0)
    for x, s in zip((u * frame.width).tolist(), size.tolist(), strict=True):
        y = stage.y(share) + unit * float(rng.uniform(0.0, 0.10))
        hue = stage.lit(rgb(("#ff7a6a", "#ffb04a", "#e85a9a", "#9a6ae8", "#ffe06a", "#5ac8b0")[int(rng.integers(6))]), distance)
        kind = float(rng.random())
        if kind < 0.35:  # branching coral
            for angle in np.linspace(-1.0, 1.0, 7) + rng.normal(0, 0.1, 7):
                end = (x + float(np.sin(angle)) * s, y - float(np.cos(angle)) * s)
                sheet.taper((x, y), end, s * 0.07, s * 0.045, hue * np.float32(0.9))
                for way in (-0.5, 0.5):
                    mid = ((x + end[0]) / 2, (y + end[1]) / 2)
                    sheet.taper(
                        mid,
                        (mid[0] + float(np.sin(angle + way)) * s * 0.4, mid[1] - float(np.cos(angle + way)) * s * 0.4),
                        s * 0.045,
                        s * 0.03,
                        hue,
                    )
        elif kind < 0.6:  # brain coral
            sheet.ellipse(x, y, s * 0.6, s * 0.42, hue * np.float32(0.7), 24)
            m = 26
            dabs(
                sheet,
                x + s * rng.uniform(-0.5, 0.5, m),
                y - s * 0.30 * rng.random(m),
                np.full(m, s * 0.09),
                np.full(m, s * 0.05),
                tinted(hue, rng.uniform(0.8, 1.25, m)),
                rng.normal(0, 0.6, m),
            )
        elif kind < 0.75:  # tube sponges
            for dx, h in ((-0.25, 0.6), (0.0, 0.9), (0.25, 0.7)):
                sheet.taper((x + dx * s, y), (x + dx * s * 1.3, y - h * s), s * 0.10, s * 0.13, hue * np.float32(0.85))
                sheet.ellipse(x + dx * s * 1.3, y - h * s, s * 0.11, s * 0.05, hue * np.float32(0.45))
        else:  # weed
            m = 7
            sway = rng.normal(0, 0.22, m) * s
            green = stage.lit(rgb("#4faf6a"), distance)
            blades(
                sheet,
                x + rng.uniform(-0.2, 0.2, m) * s,
                np.full(m, y),
                np.full(m, s * 0.05),
                s * rng.uniform(1.2, 2.6, m),
                sway,
                tinted(green, rng.uniform(0.7, 1.2, m)),
            )
    lay(stage.layers[name], sheet)


def _shoal(stage: Stage, rng: np.random.Generator) -> None:
    """A school of small fish, far off."""
    n, unit = int(46 * max(stage.span, 0.5)), stage.unit
    sheet = Sheet(stage.frame.width, stage.frame.height)
    x = stage.x(0.5 - stage.side * 0.22) + rng.normal(0, 0.13, n) * unit
    y = stage.horizon * 0.55 + rng.normal(0, 0.06, n) * unit + 0.1 * (x - stage.x(0.5)) * stage.side
    size = unit * rng.uniform(0.006, 0.011, n)
    colours = tinted(mix(stage.palette.haze, rgb("#e8f8ff"), 0.45), rng.uniform(0.7, 1.1, n))
    dabs(sheet, x, y, size * 1.3, size * 0.5, colours, corners=8)
    tail = x - stage.side * size * 1.4
    dabs(sheet, tail, y, size * 0.4, size * 0.5, colours, corners=4)
    lay(stage.layers["far"], sheet)


def _sunken_ship(stage: Stage) -> None:
    """A broken sailing ship leaning on the sea floor."""
    unit = stage.rise
    sheet = Sheet(stage.frame.width, stage.frame.height)
    x, y, s = stage.x(0.5 - stage.side * 0.16), stage.y(0.20), unit * 0.62
    hull = stage.lit(rgb("#5a4634"), 0.42)
    lean = stage.side * 0.16

    def at(u: float, v: float) -> tuple[float, float]:
        return x + s * (u + lean * v), y - s * (v - lean * u * 0.5)

    sheet.polygon(
        [
            at(-0.55, 0.34),
            at(-0.40, 0.26),
            at(-0.1, 0.20),
            at(0.14, 0.22),
            at(0.20, 0.12),
            at(0.27, 0.24),
            at(0.42, 0.25),
            at(0.62, 0.36),
            at(0.50, -0.02),
            at(-0.38, -0.06),
        ],
        hull,
    )
    for k in range(5):
        sheet.line(
            [at(-0.46 + 0.02 * k, 0.22 - 0.06 * k), at(0.52 - 0.02 * k, 0.22 - 0.06 * k)],
            hull * np.float32(0.72),
            max(s * 0.006, 1),
        )
    for u in (-0.3, -0.15, 0.0, 0.36):
        sheet.ellipse(*at(u, 0.10), s * 0.026, s * 0.022, hull * np.float32(0.4), 12)
    for u, tall in ((-0.28, 0.75), (0.10, 0.95), (0.38, 0.5)):
        sheet.taper(at(u, 0.2), at(u + 0.03, tall), s * 0.016, s * 0.010, hull)
        sheet.taper(at(u - 0.14, tall * 0.72), at(u + 0.16, tall * 0.70), s * 0.009, s * 0.007, hull)
        sheet.polygon(
            [
                at(u - 0.12, tall * 0.71),
                at(u + 0.10, tall * 0.70),
                at(u + 0.06, tall * 0.52),
                at(u + 0.01, tall * 0.60),
                at(u - 0.07, tall * 0.46),
            ],
            hull * np.float32(1.35),
        )
    lay(stage.layers["far"], sheet)


def _bubbles(stage: Stage, rng: np.random.Generator, top: Array, deep: Array) -> None:
    sheet, unit = Sheet(stage.frame.width, stage.frame.height), stage.unit
    for _ in range(34):
        x, y, r = (
            float(rng.random()) * stage.frame.width,
            float(rng.random()) * stage.frame.height * 0.8,
            unit * float(rng.uniform(0.002, 0.008)),
        )
        sheet.disc(x, y, r, mix(top, rgb("#ffffff"), 0.5))
        sheet.disc(x + r * 0.12, y + r * 0.15, r * 0.72, mix(top, deep, 0.3))
        sheet.disc(x - r * 0.3, y - r * 0.3, r * 0.2, rgb("#ffffff"))
    lay(stage.layers["front"], sheet)
