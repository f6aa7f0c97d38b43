"""Settings without a landscape: a planet's surface, orbit, the sea from below, a ship's deck."""

from dataclasses import replace

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import blades, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.ground import paint_ground, rolling
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.perspective import View, block
from services.model_service.engines.keyframe.stage import Stage

_NEBULAE = (
    ("#1a1140", "#a23f8f", "#3f6fd8"),
    ("#0a1a3a", "#2f8fa8", "#7a4fd0"),
    ("#1d0f2e", "#d0653f", "#8a3f9f"),
    ("#071a24", "#3fa88a", "#4a6fd0"),
)


def paint_deep_sky(stage: Stage) -> tuple[Array, Array, Array]:
    """Stars and nebulae over the whole sky layer; returns its three hues."""
    rng, frame, unit = stage.rng("space"), stage.frame, stage.unit
    sky = stage.layers["sky"]
    base, first, second = (rgb(code) for code in _NEBULAE[int(rng.integers(len(_NEBULAE)))])
    sky.rgba[..., :3] = base * np.float32(0.35)
    sky.rgba[..., 3] = 1
    for hue, cells in ((first, 1.8), (second, 2.6)):
        cloud = clouds(rng, frame.width, frame.height, cells=cells, octaves=6, stretch=1.3)
        sky.light(smoothstep(0.45, 0.95, cloud) * np.float32(0.62), hue)
    dots = np.zeros((frame.height, frame.width), np.uint8)
    count = int(900 * frame.width * frame.height / unit**2 / 1.78)
    for x, y, s in zip(rng.random(count), rng.random(count), rng.random(count) ** 7, strict=True):
        at = (round(float(x) * frame.width * 16), round(float(y) * frame.height * 16))
        cv2.circle(dots, at, round(unit / 720 * (0.5 + 2.0 * float(s)) * 16), int(80 + 175 * float(s) ** 0.4), -1, cv2.LINE_AA, 4)
    stars = dots.astype(np.float32) / 255
    sky.light(stars + cv2.GaussianBlur(stars, (0, 0), max(unit / 260, 0.5)), rgb("#f2f4ff"))
    return base, first, second


def _lit_by_a_star(stage: Stage) -> None:
    stage.palette = replace(
        stage.palette, light=np.array([0.78, 0.80, 0.92], np.float32), sun=rgb("#f4f0ff"), dark=False, low_sun=False
    )


def paint_space(stage: Stage) -> None:
    """A cratered plain under nebulae, a ringed planet, a moon, far ridges."""
    rng, frame, unit = stage.rng("surface"), stage.frame, stage.unit
    base, first, second = paint_deep_sky(stage)
    _lit_by_a_star(stage)
    paint_planet(stage, rng, frame.width * (0.5 + stage.side * 0.22), stage.horizon * 0.48, stage.rise * 0.20, second, ring=True)
    paint_planet(stage, rng, frame.width * (0.5 - stage.side * 0.30), stage.horizon * 0.26, stage.rise * 0.05, first)
    haze = mix(base, first, 0.35)
    stage.palette = replace(stage.palette, zenith=base * np.float32(0.5), middle=base, horizon=haze)
    far = stage.layers["far"]
    for k in range(2):
        line = np.float32(stage.horizon + unit * 0.03) - stage.rise * np.float32(0.17 - 0.06 * k) * ridge(
            rng, frame.width, waves=4 + 2 * k, roughness=0.6
        )
        tone = mix(rgb("#8a86a0") * np.float32(0.5), haze, 0.6 - 0.25 * k)
        far.fill(np.clip(frame.rows - line[None] + 0.5, 0, 1), tone)
    paint_ground(stage, "moon", rolling(stage, 0.06, 0.05))
    pits = Sheet(frame.width, frame.height)
    rock = stage.lit(rgb("#8a889a"))
    for u in np.sort(rng.random(15)).tolist():
        x, y = float(rng.random()) * frame.width, stage.y(0.16 + 0.8 * u)
        r = unit * (0.012 + 0.055 * u) * float(rng.uniform(0.5, 1.2))
        pits.ellipse(x, y, r, r * 0.30, rock * np.float32(1.05))
        pits.ellipse(x + stage.side * r * 0.05, y + r * 0.035, r * 0.92, r * 0.25, rock * np.float32(0.42))
        pits.ellipse(x - stage.side * r * 0.14, y + r * 0.06, r * 0.66, r * 0.16, rock * np.float32(0.66))
    lay(stage.layers["ground"], pits)


def paint_orbit(stage: Stage) -> None:
    """High above a blue planet: its lit limb, clouds and air, a station."""
    rng, frame, unit = stage.rng("orbit"), stage.frame, stage.unit
    paint_deep_sky(stage)
    _lit_by_a_star(stage)
    radius = max(frame.width, frame.height) * 1.25
    x, y = frame.width * (0.5 - stage.side * 0.15), stage.y(0.08) + radius
    dx, dy = frame.columns - np.float32(x), frame.rows - np.float32(y)
    away = np.sqrt(dx**2 + dy**2)
    disc = np.clip(np.float32(radius) - away + 0.5, 0, 1)
    deep = np.clip((np.float32(radius) - away) / np.float32(unit * 0.75), 0, 1)
    land_of = clouds(rng, frame.width, frame.height, cells=3.2, octaves=6, stretch=1.8)
    cover = clouds(rng, frame.width, frame.height, cells=5, octaves=6, stretch=3.0)
    ocean = mix(rgb("#6fb4e8"), rgb("#123f86"), deep**0.5)
    colour = mix(ocean, plane(rgb("#7f9a62")) * np.ones_like(ocean), smoothstep(0.54, 0.60, land_of))
    colour = mix(colour, plane(rgb("#ffffff")) * np.ones_like(ocean), smoothstep(0.48, 0.80, cover) * np.float32(0.9))
    light = np.clip(0.30 + 0.85 * smoothstep(-0.9, 0.7, dx / np.float32(frame.width) * stage.side), 0, 1.05)
    layer = stage.layers["far"]
    layer.fill(disc, colour * light)
    rim = np.exp(-np.abs(away - np.float32(radius)) / np.float32(unit * 0.022)) * light
    layer.shine(rim * np.float32(0.75), rgb("#7ac0ff"))
    layer.shine(
        frame.glow(frame.width * (0.5 + stage.side * 0.36), stage.y(-0.06), unit * 0.14, power=1.0) * np.float32(0.9),
        rgb("#fff4dc"),
    )
    _station(stage, frame.width * (0.5 + stage.side * 0.10), stage.horizon * 0.50, unit * 0.30)


def _station(stage: Stage, x: float, y: float, size: float) -> None:
    sheet = Sheet(stage.frame.width, stage.frame.height)
    hull, dark = rgb("#d4d8e0"), rgb("#6a7080")
    sheet.taper((x - size * 0.9, y - size * 0.03), (x + size * 0.9, y + size * 0.03), size * 0.018, size * 0.018, dark)
    for way in (-1, 1):
        for dx in (0.45, 0.80):
            px, py = x + way * size * dx, y + way * size * 0.03 * dx
            for up in (-1, 1):
                a, b = py + up * size * 0.04, py + up * size * 0.36
                sheet.polygon(
                    [(px - size * 0.12, a), (px + size * 0.12, a), (px + size * 0.12, b), (px - size * 0.12, b)], rgb("#27406f")
                )
                for k in range(1, 6):
                    row = a + (b - a) * k / 6
                    sheet.line([(px - size * 0.12, row), (px + size * 0.12, row)], rgb("#5a78b0"), 1)
                sheet.line([(px, a), (px, b)], rgb("#8aa0c8"), 1)
    for dx, w, h in ((-0.16, 0.10, 0.06), (0.0, 0.09, 0.09), (0.16, 0.10, 0.06)):
        sheet.box(x + size * (dx - w), y - size * h, x + size * (dx + w), y + size * h, hull)
        sheet.box(x + size * (dx - w), y + size * h * 0.2, x + size * (dx + w), y + size * h, hull * np.float32(0.7))
        sheet.box(x + size * (dx - w * 0.5), y - size * h * 0.4, x + size * (dx - w * 0.1), y, rgb("#ffe8a8"))
    lay(stage.layers["mid"], sheet)


def paint_planet(
    stage: Stage, rng: np.random.Generator, x: float, y: float, radius: float, hue: Array, *, ring: bool = False
) -> None:
    """A banded ball lit from the side, with an air glow and, if asked, rings; on `far`."""
    frame, layer = stage.frame, stage.layers["far"]
    reach = radius * (2.2 if ring else 1.5)
    top, bottom = (int(np.clip(v, 0, frame.height)) for v in (y - reach, y + reach + 1))
    left, right = (int(np.clip(v, 0, frame.width)) for v in (x - reach, x + reach + 1))
    if bottom - top < 2 or right - left < 2:
        return
    rows, columns = slice(top, bottom), slice(left, right)
    dx, dy = (
        (frame.columns[:, columns] - np.float32(x)) / np.float32(radius),
        (frame.rows[rows] - np.float32(y)) / np.float32(radius),
    )
    inside = dx**2 + dy**2
    disc = np.clip((1 - np.sqrt(inside)) * np.float32(radius) + 0.5, 0, 1)
    z = np.sqrt(np.clip(1 - inside, 0, 1))
    light = np.clip((dx * stage.side * 0.66 - dy * 0.40 + z * 0.45) * 1.15, 0.03, 1.05)
    bands = clouds(rng, right - left, bottom - top, cells=13, octaves=4, stretch=9)
    colour = mix(mix(hue, rgb("#f2d6b0"), 0.55), hue * np.float32(0.6), bands) * light
    halo = np.exp(-np.maximum(np.sqrt(inside) - 1, 0) * 9) * (1 - disc) * np.float32(0.22)
    region = layer.rgba[rows, columns]
    for channel in range(3):
        region[..., channel] += halo * hue[channel]
    layer.fill(disc, colour, rows, columns)
    if not ring:
        return
    tilt = np.float32(0.30 * stage.side)
    rx, ry = dx * np.cos(tilt) + dy * np.sin(tilt), (dy * np.cos(tilt) - dx * np.sin(tilt)) / np.float32(0.26)
    across = np.sqrt(rx**2 + ry**2)
    band = smoothstep(1.30, 1.34, across) * smoothstep(2.05, 1.98, across) * (0.45 + 0.55 * np.abs(np.sin(across * 17)))
    band = band * np.where((ry < 0) & (inside < 1), 0, 1)
    layer.fill(band * np.float32(0.75), mix(hue, rgb("#fff0d8"), 0.7) * np.float32(0.85), rows, columns)


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


def paint_deck(stage: Stage) -> None:
    """A ship's deck: planks, rails with ropes, masts with sails above, barrels; the sea around is on `mid`."""
    view = View.of(stage)
    frame = stage.frame
    sheet, rig = Sheet(frame.width, frame.height), Sheet(frame.width, frame.height)
    wood, dark = stage.lit(rgb("#a87f52")), stage.lit(rgb("#5a3c26"))
    bow, half = 15.0, 3.4

    def edge(z: float) -> float:
        return half * min(1.0, max((bow - z) / 6.0, 0.0)) ** 0.55

    zs = np.linspace(bow, 0.7, 34)
    left, right = (view.points(np.array([(way * edge(float(z)), 0.0, z) for z in zs])) for way in (-1, 1))
    sheet.polygon(np.concatenate([left, right[::-1]]), wood)
    for k in range(21):
        u = -1 + 2 * k / 20
        points = view.points(np.array([(u * edge(float(z)), 0.0, z) for z in zs]))
        sheet.line([(float(a), float(b)) for a, b in points], dark, 1)
    for way in (-1, 1):
        for z in (14.0, 12.6, 11.2, 9.8, 8.4, 7.0, 5.6, 4.4, 3.4):
            x = way * edge(z)
            block(sheet, view, (x - 0.07, x + 0.07), (0, 0.95), (z, z + 0.12), dark, side=stage.side)
        rail = [view.at(way * edge(float(z)), 0.98, float(z)) for z in zs]
        for a, b, z in zip(rail, rail[1:], zs, strict=False):
            w = view.scale(float(z)) * 0.07
            sheet.taper(a, b, w, w, wood * np.float32(0.85))
    prow = view.at(0, 0.9, bow)
    sheet.taper(prow, (prow[0], prow[1] - view.scale(bow) * 2.2), view.scale(bow) * 0.16, view.scale(bow) * 0.06, dark)
    for z, x in ((10.5, 0.0),):
        foot, top = view.at(x, 0, z), view.at(x, 14.0, z)
        s = view.scale(z)
        rig.taper(foot, top, s * 0.24, s * 0.16, dark)
        rig.taper(
            (foot[0] + stage.side * s * 0.08, foot[1]),
            (top[0] + stage.side * s * 0.05, top[1]),
            s * 0.08,
            s * 0.05,
            dark * np.float32(1.6),
        )
        for y0, y1, wide in ((5.6, 9.4, 3.6), (9.8, 12.6, 2.8)):
            a, b = view.at(x - wide, y1, z), view.at(x + wide, y1, z)
            c, d = view.at(x - wide * 1.08, y0, z), view.at(x + wide * 1.08, y0, z)
            belly = s * 0.55
            canvas = stage.lit(rgb("#efe4cc"))
            u = np.linspace(0, 1, 9)
            lower = [(c[0] + (d[0] - c[0]) * t, c[1] - belly * np.sin(np.pi * t)) for t in u[::-1]]
            rig.polygon([a, b, *lower], canvas)
            for k in range(1, 5):
                t = k / 5
                rig.polygon(
                    [
                        (a[0] + (b[0] - a[0]) * t, a[1]),
                        (c[0] + (d[0] - c[0]) * t, c[1] - belly * np.sin(np.pi * t)),
                        (c[0] + (d[0] - c[0]) * (t + 0.06), c[1] - belly * np.sin(np.pi * t)),
                    ],
                    canvas * np.float32(0.88),
                )
            rig.taper((a[0] - s * 0.2, a[1]), (b[0] + s * 0.2, b[1]), s * 0.09, s * 0.09, dark)
        for way in (-1, 1):
            for k in range(4):
                rig.line([view.at(x, 11.0, z), view.at(way * (edge(z) - 0.1), 0.9, z - 1.5 + 0.9 * k)], dark, max(s * 0.02, 1))
    for x, z in ((-2.2, 6.2), (-2.5, 5.4), (2.4, 6.8)):
        px, py = view.at(x, 0, z)
        s = view.scale(z)
        sheet.ellipse(px, py - s * 0.32, s * 0.33, s * 0.40, dark * np.float32(1.3), 20)
        for dy in (0.14, 0.5):
            sheet.box(px - s * 0.32, py - s * (dy + 0.05), px + s * 0.32, py - s * dy, stage.lit(rgb("#3a3a40")))
        sheet.ellipse(px, py - s * 0.66, s * 0.24, s * 0.07, wood * np.float32(0.9), 18)
    coil = view.at(1.9, 0.05, 4.6)
    s = view.scale(4.6)
    for k in range(4):
        sheet.ellipse(
            coil[0],
            coil[1] - s * 0.05 * k,
            s * (0.34 - 0.02 * k),
            s * 0.10,
            stage.lit(rgb("#d8c090")) * np.float32(0.8 + 0.08 * (k % 2)),
            22,
        )
    sheet.ellipse(coil[0], coil[1] - s * 0.17, s * 0.15, s * 0.045, dark, 16)
    lay(stage.layers["ground"], sheet)
    lay(stage.layers["ground"], rig)
