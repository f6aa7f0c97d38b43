"""Settings without a landscape: a room, space, the sea from below."""

from dataclasses import replace

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.sky import paint_sky
from services.model_service.engines.keyframe.stage import Stage

_WALLS = (("#b98f6a", "#6f4a34"), ("#7f9a94", "#5a4636"), ("#b7a08c", "#5f4a3e"), ("#8a7f9c", "#4f3f3a"))


def paint_room(stage: Stage) -> None:
    """A wall with a window onto the scene's sky, furniture, a wooden floor, and light falling in."""
    rng, frame, unit = stage.rng("room"), stage.frame, stage.unit
    paint_sky(stage)
    far, ground = stage.layers["far"], stage.layers["ground"]
    wall_code, wood_code = _WALLS[int(rng.integers(len(_WALLS)))]
    gloomy = stage.dark
    indoor = np.array([0.62, 0.50, 0.42], np.float32) if gloomy else np.clip(stage.palette.light, 0.55, 1.0) * np.float32(0.92)
    wall, wood = rgb(wall_code) * indoor, rgb(wood_code) * indoor
    floor_y = stage.y(0.34)
    side = stage.side
    wx, wy, ww, wh = frame.width * 0.5 + side * unit * 0.34, floor_y - unit * 0.40, unit * 0.19, unit * 0.21
    inside = (np.abs(frame.columns - np.float32(wx)) < ww) & (np.abs(frame.rows - np.float32(wy)) < wh)
    lamp = (frame.width * 0.5 - side * unit * 0.47, floor_y - unit * 0.36)
    warmth = frame.glow(*lamp, unit * 0.55, power=1.4) * np.float32(0.85 if gloomy else 0.2)
    vignette = 0.72 + 0.28 * frame.glow(wx, wy, unit * 0.9)
    paper = 1 + np.float32(0.025) * np.sign(np.sin((frame.columns - np.float32(wx)) / np.float32(unit) * 90))
    colour = plane(wall) * (vignette * paper + warmth * plane(rgb("#ffb868")))
    far.fill((~inside).astype(np.float32), colour)
    sheet = Sheet(frame.width, frame.height)
    _window(sheet, stage, wx, wy, ww, wh, wood)
    _shelf(sheet, rng, stage, frame.width * 0.5 - side * unit * 0.02, floor_y - unit * 0.42, wood, indoor)
    skirting = wood * np.float32(1.1)
    sheet.box(-5, floor_y - unit * 0.03, frame.width + 5, floor_y + 4, skirting)
    _picture(sheet, stage, lamp[0] - side * unit * 0.22, floor_y - unit * 0.48, wood, indoor)
    far.over(sheet)
    t = np.clip((frame.rows - np.float32(floor_y)) / np.float32(frame.height - floor_y), 0, 1)
    planks = (frame.columns - np.float32(frame.width / 2)) / (0.35 + t * 1.3)
    board = np.floor(planks / np.float32(unit * 0.075))
    tone = 0.88 + 0.20 * np.modf(np.abs(np.sin(board * 12.9898) * 43758.5453))[0]
    seam = np.abs(planks / np.float32(unit * 0.075) - board - 0.5) > 0.485
    boards = np.float32(1.25) * tone * (1 - 0.3 * seam) * (0.72 + 0.38 * t)
    pool = frame.glow(lamp[0], floor_y, unit * 0.5, stretch=2.5) * np.float32(0.5 if gloomy else 0.1)
    floor = plane(wood) * (boards + pool * plane(rgb("#ffb868")))
    ground.fill(np.clip(frame.rows - np.float32(floor_y) + 0.5, 0, 1) + 0 * frame.columns, floor)
    _light_patch(stage, wx, floor_y, ww, gloomy)
    furniture = Sheet(frame.width, frame.height)
    rug = mix(rgb("#a8443c"), rgb("#3f5f7a"), float(rng.random())) * indoor
    furniture.ellipse(frame.width * 0.5, stage.y(0.70), unit * 0.52, unit * 0.085, rug)
    furniture.ellipse(frame.width * 0.5, stage.y(0.70), unit * 0.46, unit * 0.070, rug * np.float32(1.25))
    furniture.ellipse(frame.width * 0.5, stage.y(0.70), unit * 0.42, unit * 0.062, rug)
    _table(furniture, lamp[0], floor_y + unit * 0.06, unit, wood)
    _lamp(furniture, lamp, unit, gloomy, wood)
    _chair(furniture, frame.width * 0.5 + side * unit * 0.62, floor_y + unit * 0.10, unit * 0.36, side, rug * np.float32(0.9), wood)
    ground.over(furniture)
    stage.palette = replace(
        stage.palette,
        light=indoor,
        sun=rgb("#ffd9a0"),
        zenith=wall * np.float32(0.4),
        horizon=wall,
        middle=wall,
        dark=False,
        low_sun=gloomy,
    )
    ground.shine(
        frame.glow(lamp[0], lamp[1] - unit * 0.06, unit * 0.10, power=1.3) * np.float32(0.5 if gloomy else 0.12),
        rgb("#ffcf8a"),
    )


def _window(sheet: Sheet, stage: Stage, x: float, y: float, w: float, h: float, wood: Array) -> None:
    unit, frame_colour = stage.unit, np.clip(wood * np.float32(1.7), 0, 1)
    bar = unit * 0.011
    for x0, y0, x1, y1 in (
        (x - w - bar * 1.6, y - h - bar * 1.6, x - w + bar, y + h + bar),
        (x + w - bar, y - h - bar * 1.6, x + w + bar * 1.6, y + h + bar),
        (x - w, y - h - bar * 1.6, x + w, y - h + bar),
        (x - w - bar * 3.5, y + h - bar, x + w + bar * 3.5, y + h + bar * 2),
        (x - bar * 0.5, y - h, x + bar * 0.5, y + h),
        (x - w, y - bar * 0.5, x + w, y + bar * 0.5),
    ):
        sheet.box(x0, y0, x1, y1, frame_colour)
    cloth = stage.lit(rgb("#c9574a")) * np.float32(0.85) + wood * np.float32(0.3)
    for way in (-1, 1):
        edge = x + way * w * 1.28
        sheet.polygon(
            (
                (edge, y - h * 1.18),
                (x + way * w * 0.62, y - h * 1.18),
                (x + way * w * 0.80, y),
                (x + way * w * 0.98, y + h * 1.22),
                (edge, y + h * 1.22),
            ),
            cloth,
        )
        for k in (0.35, 0.7):
            sheet.polygon(
                (
                    (edge - way * w * 0.66 * k, y - h * 1.18),
                    (edge - way * w * 0.66 * k - way * w * 0.07, y - h * 1.18),
                    (edge - way * w * 0.30 * k, y + h * 1.22),
                ),
                cloth * np.float32(0.78),
            )
    sheet.box(x - w * 1.42, y - h * 1.23, x + w * 1.42, y - h * 1.16, wood)


def _shelf(sheet: Sheet, rng: np.random.Generator, stage: Stage, x: float, y: float, wood: Array, indoor: Array) -> None:
    unit = stage.unit
    for row in range(2):
        base = y + unit * 0.13 * row
        at = x - unit * 0.12
        while at < x + unit * 0.10:
            w, h = unit * float(rng.uniform(0.010, 0.024)), unit * float(rng.uniform(0.055, 0.088))
            sheet.box(
                at,
                base - h,
                at + w,
                base,
                rgb(("#a8443c", "#3f6a7a", "#c9a04a", "#5a7a4f", "#7a5a8a", "#d9cbb0")[int(rng.integers(6))]) * indoor,
            )
            at += w + unit * 0.002
        sheet.box(x - unit * 0.14, base, x + unit * 0.14, base + unit * 0.012, wood * np.float32(1.15))


def _picture(sheet: Sheet, stage: Stage, x: float, y: float, wood: Array, indoor: Array) -> None:
    r = stage.unit * 0.075
    sheet.box(x - r, y - r * 0.8, x + r, y + r * 0.8, wood * np.float32(1.3))
    sheet.box(x - r * 0.86, y - r * 0.66, x + r * 0.86, y + r * 0.66, rgb("#dfe6e0") * indoor)
    sheet.polygon(
        (
            (x - r * 0.86, y + r * 0.66),
            (x - r * 0.3, y - r * 0.2),
            (x + r * 0.1, y + r * 0.3),
            (x + r * 0.45, y - r * 0.05),
            (x + r * 0.86, y + r * 0.66),
        ),
        rgb("#6a8a7a") * indoor,
    )


def _table(sheet: Sheet, x: float, base: float, unit: float, wood: Array) -> None:
    top = base - unit * 0.25
    for dx in (-0.14, 0.14):
        sheet.taper((x + dx * unit, top), (x + dx * unit * 1.05, base), unit * 0.011, unit * 0.008, wood * np.float32(0.75))
    sheet.box(x - unit * 0.18, top - unit * 0.012, x + unit * 0.18, top + unit * 0.014, wood * np.float32(1.35))


def _lamp(sheet: Sheet, at: tuple[float, float], unit: float, gloomy: bool, wood: Array) -> None:
    x, y = at
    sheet.taper((x, y + unit * 0.158), (x, y - unit * 0.02), unit * 0.007, unit * 0.006, wood)
    sheet.ellipse(x, y + unit * 0.162, unit * 0.035, unit * 0.010, wood)
    shade = rgb("#ffd79a") if gloomy else rgb("#e8d2ac")
    sheet.polygon(
        (
            (x - unit * 0.038, y - unit * 0.115),
            (x + unit * 0.038, y - unit * 0.115),
            (x + unit * 0.07, y - unit * 0.01),
            (x - unit * 0.07, y - unit * 0.01),
        ),
        shade,
    )


def _chair(sheet: Sheet, x: float, base: float, size: float, side: int, cloth: Array, wood: Array) -> None:
    for dx in (-0.36, 0.36):
        sheet.taper((x + dx * size, base - size * 0.1), (x + dx * size, base), size * 0.04, size * 0.03, wood * np.float32(0.7))
    sheet.polygon(
        (
            (x - size * 0.45, base - size * 0.08),
            (x + size * 0.45, base - size * 0.08),
            (x + size * 0.45, base - size * 0.46),
            (x - size * 0.45, base - size * 0.46),
        ),
        cloth,
    )
    sheet.ellipse(x + side * size * 0.30, base - size * 0.66, size * 0.22, size * 0.44, cloth * np.float32(0.86))
    sheet.ellipse(x - side * size * 0.05, base - size * 0.44, size * 0.44, size * 0.12, cloth * np.float32(1.2))
    sheet.ellipse(x - side * size * 0.42, base - size * 0.40, size * 0.10, size * 0.24, cloth * np.float32(0.95))


def _light_patch(stage: Stage, x: float, floor_y: float, half: float, gloomy: bool) -> None:
    frame, unit = stage.frame, stage.unit
    patch = np.zeros((frame.height, frame.width), np.uint8)
    slide = -stage.side * unit * 0.22
    for a, b in ((-1.0, -0.06), (0.06, 1.0)):
        points = [
            (x + a * half + slide * 0.55, floor_y + unit * 0.04),
            (x + b * half + slide * 0.55, floor_y + unit * 0.04),
            (x + b * half * 1.4 + slide * 1.7, floor_y + unit * 0.22),
            (x + a * half * 1.4 + slide * 1.7, floor_y + unit * 0.22),
        ]
        cv2.fillPoly(patch, [np.round(np.asarray(points) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(patch, (0, 0), unit / 160).astype(np.float32) / 255
    stage.layers["ground"].light(soft * np.float32(0.12 if gloomy else 0.32), stage.palette.sun)


def paint_space(stage: Stage) -> None:
    """Deep space: stars, a nebula, a ringed planet, a cratered ground to stand on."""
    rng, frame, unit = stage.rng("space"), stage.frame, stage.unit
    sky = stage.layers["sky"]
    hues = (("#1a1140", "#a23f8f", "#3f6fd8"), ("#0a1a3a", "#2f8fa8", "#7a4fd0"), ("#1d0f2e", "#d0653f", "#8a3f9f"))[
        int(rng.integers(3))
    ]
    base, first, second = (rgb(code) for code in hues)
    sky.rgba[..., :3] = base * np.float32(0.35)
    sky.rgba[..., 3] = 1
    for hue, cells in ((first, 1.8), (second, 2.6)):
        cloud = clouds(rng, frame.width, frame.height, cells=cells, octaves=6, stretch=1.3)
        sky.light(smoothstep(0.45, 0.95, cloud) * np.float32(0.55), hue)
    dots = np.zeros((frame.height, frame.width), np.uint8)
    for x, y, s in zip(
        rng.random(n := int(900 * frame.width * frame.height / unit**2 / 1.78)), rng.random(n), rng.random(n) ** 7, strict=True
    ):
        cv2.circle(
            dots,
            (round(float(x) * frame.width * 16), round(float(y) * frame.height * 16)),
            round(unit / 720 * (0.5 + 2.0 * float(s)) * 16),
            int(80 + 175 * float(s) ** 0.4),
            -1,
            cv2.LINE_AA,
            4,
        )
    stars = dots.astype(np.float32) / 255
    sky.light(stars + cv2.GaussianBlur(stars, (0, 0), unit / 260), rgb("#f2f4ff"))
    stage.palette = replace(stage.palette, light=np.array([0.78, 0.80, 0.92], np.float32), dark=False)
    _planet(stage, rng, frame.width * (0.5 + stage.side * 0.22), stage.horizon * 0.50, unit * 0.19, second)
    if stage.scene.figures or not stage.scene.has("sea"):
        ground, line = stage.layers["ground"], ridge(rng, frame.width, waves=2, roughness=0.34, octaves=5)
        top = np.float32(stage.y(0.30)) - np.float32(unit * 0.06) * line
        t = np.clip((frame.rows - top[None]) / np.float32(frame.height - stage.horizon), 0, 1)
        grit = clouds(rng, frame.width, frame.height, cells=7, octaves=6, stretch=2.4)
        rock = mix(rgb("#8a86a0"), first, 0.25) * np.float32(0.62)
        ground.fill(np.clip(frame.rows - top[None] + 0.5, 0, 1), plane(rock) * ((1.1 - 0.55 * t) * (0.75 + 0.5 * grit)))
        pits = Sheet(frame.width, frame.height)
        for _ in range(14):
            u = float(rng.random())
            x, y, r = (
                float(rng.random()) * frame.width,
                stage.y(0.40 + 0.55 * u),
                unit * (0.012 + 0.05 * u) * float(rng.uniform(0.5, 1.2)),
            )
            pits.ellipse(x, y, r, r * 0.32, rock * np.float32(0.85))
            pits.ellipse(x + stage.side * r * 0.08, y + r * 0.05, r * 0.88, r * 0.25, rock * np.float32(0.45))
        ground.over(pits)


def _planet(stage: Stage, rng: np.random.Generator, x: float, y: float, radius: float, hue: Array) -> None:
    frame, layer = stage.frame, stage.layers["far"]
    dx, dy = (frame.columns - np.float32(x)) / np.float32(radius), (frame.rows - np.float32(y)) / np.float32(radius)
    inside = dx**2 + dy**2
    disc = np.clip((1 - np.sqrt(inside)) * np.float32(radius) + 0.5, 0, 1)
    z = np.sqrt(np.clip(1 - inside, 0, 1))
    light = np.clip((dx * stage.side * -0.62 - dy * 0.45 + z * 0.55) * 1.15, 0.03, 1)
    bands = clouds(rng, frame.width, frame.height, cells=13, octaves=4, stretch=9)
    colour = mix(mix(hue, rgb("#f2d6b0"), 0.55), hue * np.float32(0.6), bands) * light
    halo = np.exp(-np.maximum(np.sqrt(inside) - 1, 0) * 9) * (1 - disc)
    layer.shine(halo * np.float32(0.22), hue)
    layer.fill(disc, colour)
    tilt = np.float32(0.30 * stage.side)
    rx, ry = dx * np.cos(tilt) + dy * np.sin(tilt), (dy * np.cos(tilt) - dx * np.sin(tilt)) / np.float32(0.26)
    ring_radius = np.sqrt(rx**2 + ry**2)
    ring = (
        smoothstep(1.30, 1.34, ring_radius) * smoothstep(2.05, 1.98, ring_radius) * (0.45 + 0.55 * np.abs(np.sin(ring_radius * 17)))
    )
    ring = ring * np.where((ry < 0) & (inside < 1), 0, 1)
    layer.fill(ring * np.float32(0.75), mix(hue, rgb("#fff0d8"), 0.7) * np.float32(0.85))


def paint_underwater(stage: Stage) -> None:
    """Blue depth with light from the surface, rocks and weed on a sandy floor, bubbles."""
    rng, frame, unit = stage.rng("underwater"), stage.frame, stage.unit
    dim = np.float32(0.5 if stage.dark else 1.0)
    top, deep = rgb("#5fd3e0") * dim, rgb("#06304f") * dim
    t = frame.rows / np.float32(frame.height)
    sky = stage.layers["sky"]
    sky.fill(np.ones((frame.height, frame.width), np.float32), mix(top, deep, smoothstep(-0.1, 0.95, t) ** 0.75))
    source = frame.width * (0.5 + stage.side * 0.18)
    angle = np.arctan2(frame.columns - np.float32(source), frame.rows + np.float32(unit * 0.35))
    comb = ridge(rng, 400, waves=22, roughness=0.7, octaves=4)
    shaft = comb[np.clip(((angle + 1.2) / 2.4 * 399), 0, 399).astype(np.int32)]
    sky.light(
        smoothstep(0.45, 0.85, shaft) * np.exp(-frame.rows / np.float32(frame.height * 0.55)) * np.float32(0.5),
        rgb("#d8fff4") * dim,
    )
    far = stage.layers["far"]
    for k, tone in enumerate((0.25, 0.5)):
        line = ridge(rng, frame.width, waves=2.5 + k, roughness=0.5)
        y = np.float32(frame.height * (0.66 + 0.10 * k)) - np.float32(unit * 0.16) * line
        far.fill(np.clip(frame.rows - y[None] + 0.5, 0, 1), mix(mix(top, deep, 0.7), deep * np.float32(0.6), tone))
    ground = stage.layers["ground"]
    line = ridge(rng, frame.width, waves=2, roughness=0.3, octaves=4)
    y = np.float32(stage.y(0.42)) - np.float32(unit * 0.04) * line
    caustic = clouds(rng, frame.width, frame.height, cells=14, octaves=3, stretch=2.5)
    glitter = np.exp(-(((caustic - 0.5) / 0.045) ** 2))
    near = np.clip((frame.rows - y[None]) / np.float32(frame.height - stage.horizon), 0, 1)
    sand = mix(mix(rgb("#e8d8a8"), top, 0.6), deep, 0.35) * dim
    ground.fill(np.clip(frame.rows - y[None] + 0.5, 0, 1), plane(sand) * (0.85 - 0.4 * near + 0.22 * glitter))
    weeds = Sheet(frame.width, frame.height)
    for _ in range(26):
        x = float(rng.random())
        if abs(x - 0.5) < 0.14:
            continue
        base, height = stage.y(0.50 + 0.4 * float(rng.random())), unit * float(rng.uniform(0.10, 0.34))
        colour = mix(rgb(("#2f8f5f", "#4faf6a", "#c9506a", "#d98a4a")[int(rng.integers(4))]), deep, 0.35) * dim
        sway = float(rng.uniform(-0.05, 0.05)) * unit
        points = [(x * frame.width + np.sin(s * 5) * sway, base - height * s) for s in np.linspace(0, 1, 8)]
        for a, b, s in zip(points, points[1:], np.linspace(1, 0.2, 7), strict=False):
            weeds.taper(a, b, unit * 0.009 * float(s), unit * 0.008 * float(s), colour)
    ground.over(weeds)
    bubbles = Sheet(frame.width, frame.height)
    for _ in range(34):
        x, y0, r = (
            float(rng.random()) * frame.width,
            float(rng.random()) * frame.height * 0.8,
            unit * float(rng.uniform(0.002, 0.008)),
        )
        bubbles.disc(x, y0, r, mix(top, rgb("#ffffff"), 0.5) * dim)
        bubbles.disc(x + r * 0.12, y0 + r * 0.15, r * 0.72, mix(top, deep, 0.3))
    stage.layers["front"].over(bubbles)
