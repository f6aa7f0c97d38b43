"""Skies: gradient, sun or moon with its glow, clouds, stars, the milky way and auroras."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Sheet, luma, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.stage import Stage


def paint_sky(stage: Stage) -> None:
    """Fill the sky layer, the whole frame."""
    layer, frame, palette, scene = stage.layers["sky"], stage.frame, stage.palette, stage.scene
    t = np.clip(frame.rows / np.float32(stage.horizon), 0, 1)
    gradient = np.where(
        t < 0.55,
        mix(palette.zenith, palette.middle, smoothstep(0, 0.55, t)),
        mix(palette.middle, palette.horizon, np.maximum((t - 0.55) / 0.45, 0) ** 1.3),
    )
    layer.fill(np.ones((frame.height, frame.width), np.float32), gradient)
    if stage.dark and not (stage.overcast and "stars" not in scene.weather):
        _stars(stage, dense="stars" in scene.weather or "aurora" in scene.weather)
    if "aurora" in scene.weather:
        _aurora(stage)
    if not scene.weather & {"storm", "rain"}:
        _sun_or_moon(stage)
    _clouds(stage)
    if "storm" in scene.weather:
        _lightning(stage)


def _sun_or_moon(stage: Stage) -> None:
    layer, frame, palette = stage.layers["sky"], stage.frame, stage.palette
    x, y = stage.sun
    unit = stage.unit
    veiled = stage.overcast
    # The paler the sky, the less light it takes before the sun drowns in it.
    pale = float(luma(palette.horizon))
    strength = 0.22 if stage.dark else 0.72 * max(1.3 - pale, 0.2) if palette.low_sun else 0.28
    wide = frame.glow(x, y, unit * (0.42 if palette.low_sun else 0.26), power=1.3)
    layer.light(wide * np.float32(strength), palette.sun)
    radius = unit * (0.040 if stage.dark else 0.052 if palette.low_sun else 0.036)
    near = frame.glow(x, y, unit * 0.03, power=1.0, core=radius)
    layer.light(near * np.float32(0.30 if not veiled else 0.15), palette.sun)
    rows = slice(max(int(y - radius) - 2, 0), min(int(y + radius) + 3, frame.height))
    distance = np.sqrt((frame.columns - np.float32(x)) ** 2 + (frame.rows[rows] - np.float32(y)) ** 2)
    disc = np.clip(np.float32(radius) - distance + 0.5, 0, 1) * np.float32(0.45 if veiled else 1.0)
    layer.fill(
        disc, mix(palette.sun, rgb("#ffffff"), 0.15 if stage.dark else 0.6) * np.float32(1.3 if not stage.dark else 1.0), rows
    )
    if stage.dark and not veiled:
        seas = Sheet(frame.width, frame.height)
        for dx, dy, r in ((-0.32, -0.2, 0.26), (0.25, 0.1, 0.2), (-0.1, 0.42, 0.17), (0.38, -0.38, 0.12)):
            seas.disc(x + dx * radius, y + dy * radius, r * radius, palette.sun * np.float32(0.86))
        layer.over(seas)


def _stars(stage: Stage, *, dense: bool) -> None:
    layer, frame = stage.layers["sky"], stage.frame
    rng = stage.rng("stars")
    light = np.zeros((frame.height, frame.width), np.uint8)
    area = frame.width * stage.horizon / stage.unit**2
    reach = stage.horizon * 0.98
    for x, y, size in zip(
        rng.random(n := int(area * (620 if dense else 240))), rng.random(n) ** 1.25, rng.random(n) ** 6, strict=True
    ):
        radius = stage.unit / 720 * (0.55 + 1.9 * float(size))
        shine = int(255 * (0.30 + 0.7 * float(size) ** 0.3) * (1 - 0.6 * float(y)))
        cv2.circle(
            light, (round(float(x) * frame.width * 16), round(float(y) * reach * 16)), round(radius * 16), shine, -1, cv2.LINE_AA, 4
        )
    glow = light.astype(np.float32) / 255
    if dense:
        band = clouds(rng, frame.width, frame.height, cells=4, octaves=6, stretch=1.4)
        slope = float(rng.uniform(0.35, 0.7)) * -stage.side
        across = (frame.rows - np.float32(stage.horizon * 0.45)) / stage.unit - (
            frame.columns - np.float32(frame.width / 2)
        ) / stage.unit * np.float32(slope)
        milk = (
            np.exp(-((across / 0.17) ** 2))
            * smoothstep(0.3, 0.85, band)
            * smoothstep(stage.horizon, stage.horizon * 0.4, frame.rows)
        )
        layer.light(milk * np.float32(0.26), mix(stage.palette.horizon, stage.palette.sun, 0.55))
        glow = glow + cv2.GaussianBlur(glow, (0, 0), stage.unit / 320) * np.float32(1.2)
    layer.light(glow, mix(stage.palette.sun, rgb("#ffffff"), 0.5))
    if dense:
        _shooting_star(stage, rng)


def _shooting_star(stage: Stage, rng: np.random.Generator) -> None:
    layer, frame = stage.layers["sky"], stage.frame
    x, y = frame.width * (0.5 - stage.side * float(rng.uniform(0.1, 0.3))), stage.horizon * float(rng.uniform(0.12, 0.3))
    length = stage.unit * 0.16
    streak = np.zeros((frame.height, frame.width), np.uint8)
    for step in range(10):
        a, b = step / 10, (step + 1) / 10
        ends = [(round((x + stage.side * length * s) * 16), round((y + length * 0.42 * s) * 16)) for s in (a, b)]
        cv2.line(streak, ends[0], ends[1], int(220 * b**2), max(1, round(stage.unit / 480)), cv2.LINE_AA, 4)
    layer.light(streak.astype(np.float32) / 255, rgb("#ffffff"))


def _aurora(stage: Stage) -> None:
    """Curtains: a wavy foot line, light falling off upwards in rays, green at the foot and violet above."""
    layer, frame = stage.layers["sky"], stage.frame
    rng = stage.rng("aurora")
    violet, green = rgb("#8a5cff"), rgb("#4dffb4")
    rows = frame.coarse_rows
    width = frame.coarse_columns.shape[1]
    curtains = np.zeros((3, rows.shape[0], width), np.float32)
    for curtain in range(3):
        foot = stage.horizon * (0.42 + 0.17 * curtain + 0.06 * float(rng.random()))
        line = ridge(rng, width, waves=1.6, roughness=0.38, octaves=4)
        at = np.float32(foot) + (line - 0.5) * np.float32(stage.horizon * 0.42)
        rays = cv2.GaussianBlur(ridge(rng, width, waves=26, roughness=0.7, octaves=3)[None], (0, 0), 0.7)[0]
        bright = smoothstep(0.25, 0.95, ridge(rng, width, waves=2.2, roughness=0.4, octaves=3))
        above = (at[None] - rows) / np.float32(stage.horizon * (0.34 + 0.1 * curtain))
        height = (0.55 + 0.75 * rays)[None]
        body = np.where(above > 0, np.exp(-np.maximum(above, 0) / height * 2.1), np.exp(np.minimum(above, 0) * 26))
        glow = body * (0.25 + 0.75 * rays)[None] * (0.30 + 0.70 * bright)[None] * np.float32(0.78 - 0.14 * curtain)
        curtains += glow * mix(green, violet, np.clip(above * 1.15, 0, 1))
    for channel in range(3):
        layer.rgba[..., channel] += frame.refined(curtains[channel])


def _clouds(stage: Stage) -> None:
    layer, frame, palette, scene = stage.layers["sky"], stage.frame, stage.palette, stage.scene
    rng = stage.rng("clouds")
    heavy = bool(scene.weather & {"storm", "rain"})
    if not (stage.dark or palette.low_sun or stage.overcast):
        _cumulus(stage, rng)
        return
    if stage.dark and not heavy and (scene.weather & {"stars", "aurora"}):
        return
    field = clouds(rng, frame.width, frame.height, cells=2.2, octaves=6, stretch=1.5 if heavy else 3.6)
    move = np.array([[1, 0, -stage.side * frame.width * 0.012], [0, 1, frame.height * 0.018]], np.float32)
    shifted = cv2.warpAffine(field, move, (frame.width, frame.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = smoothstep(0.30 if heavy else 0.52, 0.78 if heavy else 0.86, field) * smoothstep(
        stage.horizon * 1.02, stage.horizon * 0.55, frame.rows
    )
    relief = np.clip((field - shifted) * 3.2, -0.5, 0.5)
    base = mix(palette.middle, palette.zenith, 0.45) if heavy or stage.dark else mix(palette.middle, palette.zenith, 0.35)
    lit_side = mix(palette.horizon, palette.sun, 0.35)
    colour = mix(base, lit_side, np.clip(0.30 + relief, 0, 1))
    layer.fill(cover * np.float32(0.85 if heavy else 0.45 if stage.dark else 0.7), colour)


def _cumulus(stage: Stage, rng: np.random.Generator) -> None:
    """Fair-weather heaps: discs on a flat base, white above and tinted below, softened."""
    layer, frame, palette = stage.layers["sky"], stage.frame, stage.palette
    unit = stage.unit
    white, under = np.clip(mix(palette.sun, rgb("#ffffff"), 0.75), 0, 1), mix(palette.middle, rgb("#ffffff"), 0.42)
    for _ in range(int(3 + 3 * frame.width / frame.height / 1.78)):
        x, y = float(rng.random()) * frame.width, stage.horizon * float(rng.uniform(0.12, 0.78))
        size = unit * float(rng.uniform(0.07, 0.15)) * (1.25 - 0.75 * y / stage.horizon)
        mask = np.zeros((frame.height, frame.width), np.uint8)
        for _ in range(20):
            u = float(rng.normal(0, 0.42))
            r = size * (0.62 - 0.38 * min(abs(u), 1.2)) * float(rng.uniform(0.6, 1.0))
            cv2.circle(
                mask,
                (round((x + u * size * 2.4) * 16), round((y - r * 0.55) * 16)),
                max(round(r * 16), 16),
                255,
                -1,
                cv2.LINE_AA,
                4,
            )
        top, bottom = max(int(y - size * 1.6), 0), min(int(y + size * 0.8), frame.height)
        left, right = max(int(x - size * 4), 0), min(int(x + size * 4), frame.width)
        if bottom - top < 4 or right - left < 4:
            continue
        rows = frame.rows[top:bottom]
        soft = cv2.GaussianBlur(mask[top:bottom, left:right].astype(np.float32) / 255, (0, 0), unit / 260)
        soft *= smoothstep(y + size * 0.22, y - size * 0.12, rows)
        tone = smoothstep(y + size * 0.1, y - size * 0.75, rows)
        layer.fill(soft * np.float32(0.94), mix(under, white, tone), slice(top, bottom), slice(left, right))


def _lightning(stage: Stage) -> None:
    layer, frame = stage.layers["sky"], stage.frame
    rng = stage.rng("lightning")
    x, y = frame.width * (0.5 - stage.side * float(rng.uniform(0.15, 0.35))), stage.horizon * 0.08
    bolt = np.zeros((frame.height, frame.width), np.uint8)
    points: list[tuple[float, float]] = [(x, y)]
    while points[-1][1] < stage.horizon:
        px, py = points[-1]
        points.append((px + stage.unit * float(rng.normal(0, 0.022)), py + stage.unit * float(rng.uniform(0.02, 0.05))))
    _stroke(bolt, points, stage.unit / 240)
    for start in rng.integers(3, max(len(points) - 2, 4), 3):
        px, py = points[min(int(start), len(points) - 1)]
        way = float(rng.choice([-1, 1]))
        branch = [(px, py)]
        for _ in range(6):
            branch.append((branch[-1][0] + way * stage.unit * float(rng.uniform(0.008, 0.03)), branch[-1][1] + stage.unit * 0.022))
        _stroke(bolt, branch, stage.unit / 560)
    glow: Array = bolt.astype(np.float32) / 255
    halo = cv2.GaussianBlur(
        cv2.resize(glow, (frame.width // 4, frame.height // 4), interpolation=cv2.INTER_AREA), (0, 0), stage.unit / 90
    )
    layer.light(cv2.resize(halo, (frame.width, frame.height)) * np.float32(2.2), rgb("#9db4ff"))
    layer.light(glow, rgb("#f4f4ff"))


def _stroke(mask: Array, points: list[tuple[float, float]], thickness: float) -> None:
    fixed = np.round(np.asarray(points) * 16).astype(np.int32)
    cv2.polylines(mask, [fixed], False, 255, max(1, round(thickness)), cv2.LINE_AA, 4)
