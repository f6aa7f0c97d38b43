"""What shines in the sky: stars and the milky way, auroras, lightning, rainbows, rays from behind the clouds."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.stage import Stage


def stars(stage: Stage, *, dense: bool) -> None:
    """Stars of many sizes; `dense` adds the milky way and a shooting star."""
    layer, frame = stage.layers["sky"], stage.frame
    rng = stage.rng("stars")
    light = np.zeros((frame.height, frame.width), np.uint8)
    area = frame.width * stage.horizon / stage.unit**2
    dusk = stage.scene.time == "blue hour"
    count = int(area * (640 if dense else 70 if dusk else 300))
    reach = stage.horizon * 0.98
    spots = zip(rng.random(count), rng.random(count) ** 1.25, rng.random(count) ** 6, strict=True)
    for x, y, size in spots:
        radius = stage.unit / 720 * (0.55 + 1.9 * float(size))
        shine = int(255 * (0.30 + 0.7 * float(size) ** 0.3) * (1 - 0.6 * float(y)))
        at = (round(float(x) * frame.width * 16), round(float(y) * reach * 16))
        cv2.circle(light, at, round(radius * 16), shine, -1, cv2.LINE_AA, 4)
    glow = light.astype(np.float32) / 255
    if dense:
        layer.light(_milky_way(stage, rng), mix(stage.palette.horizon, stage.palette.sun, 0.55))
        glow = glow + cv2.GaussianBlur(glow, (0, 0), max(stage.unit / 320, 0.5)) * np.float32(1.2)
    layer.light(glow, mix(stage.palette.sun, rgb("#ffffff"), 0.5))
    if dense:
        _shooting_star(stage, rng)


def _milky_way(stage: Stage, rng: np.random.Generator) -> Array:
    """A slanting band of milk with dark lanes, H × W."""
    frame = stage.frame
    rows, columns = frame.coarse_rows, frame.coarse_columns
    band = clouds(rng, columns.shape[1], rows.shape[0], cells=4, octaves=6, stretch=1.4)
    lanes = clouds(rng, columns.shape[1], rows.shape[0], cells=6, octaves=5, stretch=1.2)
    slope = float(rng.uniform(0.45, 0.9)) * -stage.side
    middle = np.float32(frame.width * (0.5 - stage.side * 0.08))
    across = (rows - np.float32(stage.horizon * 0.45)) / stage.unit - (columns - middle) / stage.unit * np.float32(slope)
    milk = np.exp(-((across / 0.19) ** 2)) * smoothstep(0.25, 0.85, band)
    milk = milk * (1 - np.exp(-((across / 0.05) ** 2)) * smoothstep(0.45, 0.65, lanes) * 0.75)
    return frame.refined(milk * smoothstep(stage.horizon, stage.horizon * 0.5, rows)) * np.float32(0.36)


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


def aurora(stage: Stage) -> None:
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
        rays_of = cv2.GaussianBlur(ridge(rng, width, waves=26, roughness=0.7, octaves=3)[None], (0, 0), 0.7)[0]
        bright = smoothstep(0.25, 0.95, ridge(rng, width, waves=2.2, roughness=0.4, octaves=3))
        above = (at[None] - rows) / np.float32(stage.horizon * (0.34 + 0.1 * curtain))
        height = (0.55 + 0.75 * rays_of)[None]
        body = np.where(above > 0, np.exp(-np.maximum(above, 0) / height * 2.1), np.exp(np.minimum(above, 0) * 26))
        glow = body * (0.25 + 0.75 * rays_of)[None] * (0.30 + 0.70 * bright)[None] * np.float32(0.78 - 0.14 * curtain)
        curtains += glow * mix(green, violet, np.clip(above * 1.15, 0, 1))
    for channel in range(3):
        layer.rgba[..., channel] += frame.refined(curtains[channel])


def rainbow(stage: Stage) -> None:
    """A bow opposite the light, with the fainter second one outside it, its colours reversed."""
    frame = stage.frame
    rows, columns = frame.coarse_rows, frame.coarse_columns
    x, y = frame.width * (0.5 - stage.side * 0.10), stage.horizon * 1.12
    radius = min(frame.width * 0.46, stage.horizon * 1.0)
    away = np.sqrt((columns - np.float32(x)) ** 2 + (rows - np.float32(y)) ** 2) / np.float32(radius)
    bow = np.zeros((3, *away.shape), np.float32)
    hues = ("#8a4dff", "#3f7bff", "#38d0c8", "#62e06a", "#ffe65a", "#ffa24a", "#ff5a5a")
    for first, wide, strength in ((0.90, 0.075, 0.26), (1.10, -0.075, 0.09)):
        for index, hue in enumerate(hues):
            at = first + wide * index / len(hues)
            ring = np.exp(-(((away - np.float32(at)) / np.float32(0.0062)) ** 2)) * np.float32(strength)
            bow += ring[None] * rgb(hue)[:, None, None]
    fade = smoothstep(stage.horizon * 1.02, stage.horizon * 0.4, rows)
    for channel in range(3):
        stage.layers["clouds"].rgba[..., channel] += frame.refined(
            np.maximum(bow[channel] - np.float32(1 / 512), 0) * (0.35 + 0.65 * fade)
        )


def rays(stage: Stage, strength: float) -> None:
    """Beams that fan out from the sun, as light in the air before the clouds."""
    frame, rng = stage.frame, stage.rng("rays")
    x, y = stage.sun
    dx, dy = frame.coarse_columns - np.float32(x), frame.coarse_rows - np.float32(y)
    angle = np.arctan2(dy, dx) + np.zeros_like(dx)
    comb = ridge(rng, 512, waves=20, roughness=0.6, octaves=3)
    comb[-32:] = comb[-32:] * np.linspace(1, 0, 32) + comb[0] * np.linspace(0, 1, 32)
    beam = comb[np.clip((angle + np.pi) / (2 * np.pi) * 511, 0, 511).astype(np.int32)]
    away = np.sqrt(dx**2 + dy**2) / np.float32(stage.rise)
    glow = smoothstep(0.45, 0.85, beam) * np.exp(-(((away - 0.22) / 0.42) ** 2)) * smoothstep(0.02, 0.14, away)
    glow = np.maximum(glow - np.float32(1 / 256), 0)
    stage.layers["clouds"].shine(frame.refined(glow * np.float32(strength)), stage.palette.sun)


def lightning(stage: Stage) -> None:
    """One bolt with branches, and the cloud lit around it."""
    layer, frame = stage.layers["clouds"], stage.frame
    rng = stage.rng("lightning")
    x, y = frame.width * (0.5 - stage.side * float(rng.uniform(0.12, 0.30))), stage.horizon * 0.08
    bolt = np.zeros((frame.height, frame.width), np.uint8)
    points: list[tuple[float, float]] = [(x, y)]
    step = stage.rise
    while points[-1][1] < stage.horizon:
        px, py = points[-1]
        points.append((px + step * float(rng.normal(0, 0.022)), py + step * float(rng.uniform(0.02, 0.05))))
    _stroke(bolt, points, stage.unit / 200)
    for start in rng.integers(3, max(len(points) - 2, 4), 4):
        px, py = points[min(int(start), len(points) - 1)]
        way = float(rng.choice([-1, 1]))
        branch = [(px, py)]
        for _ in range(6):
            branch.append((branch[-1][0] + way * step * float(rng.uniform(0.008, 0.03)), branch[-1][1] + step * 0.022))
        _stroke(bolt, branch, stage.unit / 520)
    glow: Array = bolt.astype(np.float32) / 255
    small = (max(frame.width // 4, 2), max(frame.height // 4, 2))
    halo = cv2.GaussianBlur(cv2.resize(glow, small, interpolation=cv2.INTER_AREA), (0, 0), max(stage.unit / 90, 0.5))
    layer.shine(
        np.maximum(cv2.resize(halo, (frame.width, frame.height)) * np.float32(2.2) - np.float32(1 / 256), 0), rgb("#9db4ff")
    )
    layer.shine(frame.glow(x, stage.horizon * 0.25, step * 0.32, power=1.2) * np.float32(0.30), rgb("#8fa4e0"))
    layer.fill(glow, rgb("#f8f8ff"))


def _stroke(mask: Array, points: list[tuple[float, float]], thickness: float) -> None:
    fixed = np.round(np.asarray(points) * 16).astype(np.int32)
    cv2.polylines(mask, [fixed], False, 255, max(1, round(thickness)), cv2.LINE_AA, 4)
