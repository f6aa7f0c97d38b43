"""Space: deep skies, planets, a cratered plain, an orbit with a station."""

from dataclasses import replace

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.ground import paint_ground, rolling
from services.model_service.engines.keyframe.noise import clouds, ridge
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
    rim = np.maximum(np.exp(-np.abs(away - np.float32(radius)) / np.float32(unit * 0.022)) - np.float32(1 / 512), 0) * light
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
    halo = np.maximum(np.exp(-np.maximum(np.sqrt(inside) - 1, 0) * 9) - np.float32(0.012), 0) * (1 - disc) * np.float32(0.22)
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
