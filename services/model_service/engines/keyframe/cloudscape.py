"""Clouds on their own layer, between the sky and the land: heaps with volume, wisps, low bands, a closed cover.

Everything wraps around at the left and right edge, so that a camera can let the layer drift.
"""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.palette import TEMPERS
from services.model_service.engines.keyframe.stage import Stage

_PATCH = 48


def paint_clouds(stage: Stage) -> None:
    """The clouds that the hour, the weather and the mood ask for."""
    scene, rng = stage.scene, stage.rng("clouds")
    if scene.weather & {"storm", "rain", "cloudy", "sandstorm"} or ("snow" in scene.weather and not stage.dark):
        _cover(stage, rng, heavy=bool(scene.weather & {"storm", "rain"}))
        return
    if scene.weather & {"stars", "aurora"} or "clear" in scene.weather:
        return
    cover = TEMPERS[scene.mood].cover
    if cover > 0.4 and not stage.dark:
        _cover(stage, rng, heavy=cover > 0.5)
        return
    if stage.dark:
        _bands(stage, rng, strength=0.5)
        return
    kind = float(rng.random()) - cover
    if stage.palette.low_sun:
        if kind < 0.55:
            _bands(stage, rng, strength=0.85)
            _heaps(stage, rng, banks=0.5)
        else:
            _wisps(stage, rng, strength=0.75)
            _bands(stage, rng, strength=0.6)
    elif "fog" not in scene.weather:
        if kind < 0.4:
            _wisps(stage, rng, strength=0.5)
        _heaps(stage, rng, banks=1.0 if kind < 0.7 else 0.7)


def _wrapped_noise(rng: np.random.Generator, width: int, height: int, *, cells: float, octaves: int, stretch: float) -> Array:
    """Fractal noise whose right edge continues at the left one, H × W from about 0 to 1."""
    lap = max(width // 6, 2)
    field = clouds(rng, width + lap, height, cells=cells, octaves=octaves, stretch=stretch)
    t = np.linspace(0, 1, lap, dtype=np.float32)[None]
    field[:, :lap] = field[:, :lap] * t + field[:, width:] * (1 - t)
    return np.ascontiguousarray(field[:, :width])


def _half(stage: Stage) -> tuple[int, int]:
    """Half the picture's width, and half of the sky's height and a little more."""
    return max(stage.frame.width // 2, 8), int(min(max(stage.horizon * 0.56, 8), stage.frame.height // 2))


def _put(stage: Stage, alpha: Array, colour: Array) -> None:
    """Lay a half-size field of coverage and one of colour (3 × h × w) over the clouds layer."""
    layer, frame = stage.layers["clouds"], stage.frame
    height = min(alpha.shape[0] * 2, frame.height)
    paint = cv2.merge([*(colour * alpha[None]), alpha]).astype(np.float32)
    full = np.asarray(cv2.resize(paint, (frame.width, height), interpolation=cv2.INTER_LINEAR))
    region = layer.rgba[:height]
    kept = 1 - full[..., 3]
    cv2.multiply(region, cv2.merge([kept] * 4), region)
    cv2.add(region, full, region)


def _tones(stage: Stage) -> tuple[Array, Array, Array]:
    """The colours of a cloud's shade, of its body and of its sunlit edge."""
    palette = stage.palette
    if stage.dark:
        body = mix(palette.middle, palette.horizon, 0.35)
        return mix(palette.zenith, palette.middle, 0.55), body, np.clip(mix(body, palette.sun, 0.35), 0, 1)
    if palette.low_sun:
        shade = mix(mix(palette.zenith, palette.middle, 0.6), palette.horizon, 0.12)
        return shade, mix(palette.middle, palette.horizon, 0.55), np.clip(mix(palette.horizon, palette.sun, 0.7) * 1.04, 0, 1)
    white = np.clip(mix(palette.sun, rgb("#ffffff"), 0.7), 0, 1)
    grey = mix(mix(palette.middle, palette.zenith, 0.25), rgb("#aab4cc") * np.float32(0.4 + 0.6 * float(luma(palette.middle))), 0.5)
    return grey, mix(grey, white, 0.62), white


def _puff(stage: Stage, low: bool) -> tuple[Array, Array]:
    """A ball of cloud, lit from the sun's side: tone and coverage, each `_PATCH` squared."""
    v = np.linspace(-1, 1, _PATCH, dtype=np.float32)
    x, y = v[None, :], v[:, None]
    inside = x**2 + y**2
    z = np.sqrt(np.clip(1 - inside, 0, 1))
    lx, ly, lz = (0.75 * stage.side, 0.10, 0.45) if low else (0.45 * stage.side, -0.78, 0.42)
    facing = x * lx + y * ly + z * lz
    tone = 0.18 + 0.62 * smoothstep(-1.0, 1.1, facing) if low else smoothstep(-0.55, 0.95, facing)
    return np.asarray(tone, np.float32), smoothstep(1.0, 0.62, np.sqrt(inside))


def _heaps(stage: Stage, rng: np.random.Generator, *, banks: float) -> None:
    """Cumulus: a bank of heaps along the horizon and a few greater ones above it, each a heap of lit balls on a flat foot."""
    width, height = _half(stage)
    unit = stage.rise / 2
    tone: Array = np.full((height, width), 0.5, np.float32)
    cover: Array = np.zeros((height, width), np.float32)
    ball = _puff(stage, stage.palette.low_sun)
    horizon = stage.horizon / 2
    great = float(rng.uniform(0.1, 0.9))
    spots = [
        (float(rng.random()), 0.80 + 0.12 * float(rng.random()), float(rng.uniform(0.10, 0.20)), 0.42)
        for _ in range(int(5 * banks * max(stage.span, 0.5) + 2))
    ] + [
        ((great + 0.41 * k) % 1, float(rng.uniform(0.38, 0.62)), float(rng.uniform(0.15, 0.27)), 0.60)
        for k in range(max(int(2.4 * banks * max(stage.span, 0.6)), 1))
    ]
    for share, foot, size, tall in sorted(spots, key=lambda spot: -spot[1]):
        _heap(rng, tone, cover, ball, share * width, foot * horizon, size * unit, tall)
    small = (max(width // 2, 8), max(height // 2, 8))
    wide, deep = (
        np.asarray(cv2.resize(_wrapped_noise(rng, *small, cells=cells, octaves=4, stretch=1.2), (width, height))) - np.float32(0.5)
        for cells in (7, 9)
    )
    reach = np.float32(unit * 0.05)
    map_x = np.arange(width, dtype=np.float32)[None] + wide * reach * 1.4
    map_y = np.arange(height, dtype=np.float32)[:, None] + deep * reach
    tone = cv2.remap(tone, map_x % width, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.remap(cover, map_x % width, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shade, body, edge = _tones(stage)
    tone = np.clip(tone + wide * np.float32(0.22), 0, 1)
    colour = np.where(tone < 0.5, mix(shade, body, smoothstep(0.08, 0.5, tone)), mix(body, edge, smoothstep(0.5, 0.82, tone)))
    # Towards the horizon clouds sink into the haze.
    away = smoothstep(0.55, 1.02, np.arange(height, dtype=np.float32)[:, None] / np.float32(horizon))
    colour = mix(colour, stage.palette.haze, away * np.float32(0.55) + np.zeros_like(cover))
    _put(stage, cover * np.float32(0.97), colour)


def _heap(
    rng: np.random.Generator, tone: Array, cover: Array, ball: tuple[Array, Array], x: float, foot: float, size: float, tall: float
) -> None:
    """One heap: balls from the crown down to the foot, later ones before earlier ones."""
    count = int(np.clip(size * 1.1, 18, 70))
    u = np.clip(rng.normal(0, 0.45, count), -1, 1)
    crown = (1 - np.abs(u) ** 1.6) * tall * (0.65 + 0.5 * rng.random(count))
    v = crown * rng.random(count) ** 0.5
    radius = size * (0.19 - 0.10 * np.abs(u)) * rng.uniform(0.65, 1.25, count) * (1.15 - 0.4 * v / max(tall, 0.1))
    for k in np.argsort(-v):
        lift = 0.72 + 0.40 * v[k] / max(tall, 0.1)  # the foot lies in the heap's own shade
        _stamp(
            tone, cover, ball, x + u[k] * size, foot - v[k] * size - radius[k] * 0.25, float(radius[k]), foot + size * 0.04, lift
        )


def _stamp(
    tone: Array, cover: Array, ball: tuple[Array, Array], x: float, y: float, radius: float, foot: float, lift: float
) -> None:
    height, width = cover.shape
    r = max(int(radius), 2)
    size = (2 * r, 2 * r)
    light, mask = (cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) for part in ball)
    top, left = int(y) - r, int(x) - r
    y0, y1 = max(top, 0), min(top + 2 * r, height)
    if y1 <= y0:
        return
    light, mask = light[y0 - top : y1 - top] * np.float32(lift), mask[y0 - top : y1 - top]
    mask = mask * smoothstep(foot + r * 0.15, foot - r * 0.35, np.arange(y0, y1, dtype=np.float32)[:, None])
    for shift in (-width, 0, width):
        x0, x1 = max(left + shift, 0), min(left + shift + 2 * r, width)
        if x1 <= x0:
            continue
        part = slice(x0 - left - shift, x1 - left - shift)
        region, covered = tone[y0:y1, x0:x1], cover[y0:y1, x0:x1]
        region += (light[:, part] - region) * mask[:, part]
        np.maximum(covered, mask[:, part], out=covered)


def _wisps(stage: Stage, rng: np.random.Generator, *, strength: float) -> None:
    """Cirrus: fine streaks combed across the upper sky."""
    width, height = _half(stage)
    field = _wrapped_noise(rng, width, height, cells=5, octaves=6, stretch=6.0)
    broad = _wrapped_noise(rng, width, height, cells=1.6, octaves=3, stretch=2.0)
    rows = np.arange(height, dtype=np.float32)[:, None] / np.float32(stage.horizon / 2)
    slope = np.arange(width, dtype=np.float32)[None] / np.float32(width)
    bow = np.float32(height * 0.16) * np.sin(slope * np.float32(2 * np.pi) + float(rng.random()) * 6)
    columns = np.broadcast_to(np.arange(width, dtype=np.float32)[None], field.shape)
    combed = cv2.remap(
        field, columns, np.arange(height, dtype=np.float32)[:, None] + bow, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    cover = smoothstep(0.48, 0.95, combed) * smoothstep(0.35, 0.75, broad) * smoothstep(0.95, 0.35, rows)
    _, body, edge = _tones(stage)
    _put(stage, cover * np.float32(strength), mix(body, edge, smoothstep(0.5, 0.9, combed)))


def _bands(stage: Stage, rng: np.random.Generator, *, strength: float) -> None:
    """Stratus: long bands low in the sky, their undersides lit by a low sun."""
    width, height = _half(stage)
    field = _wrapped_noise(rng, width, height, cells=5.5, octaves=6, stretch=7.0)
    broad = _wrapped_noise(rng, width, height, cells=1.5, octaves=3, stretch=2.2)
    rows = np.arange(height, dtype=np.float32)[:, None] / np.float32(stage.horizon / 2)
    drop = max(int(stage.rise * 0.008), 1)
    below = np.vstack([field[drop:], np.repeat(field[-1:], drop, 0)])
    # Thin where the sky is high, thick bars towards the horizon; the side by the sun burns.
    cover = smoothstep(0.50, 0.74, field * 0.72 + broad * 0.38) * smoothstep(-0.05, 0.4, rows) * smoothstep(1.04, 0.86, rows)
    underside = np.clip((field - below) * 5 + 0.42, 0, 1)
    columns = np.arange(width, dtype=np.float32)[None]
    near = np.exp(-(((columns - np.float32(stage.sun[0] / 2)) / np.float32(width * 0.38)) ** 2))
    shade, body, edge = _tones(stage)
    tone = underside * (0.45 + 0.65 * near)
    colour = np.where(tone < 0.5, mix(shade, body, tone * 2), mix(body, edge, tone * 2 - 1))
    _put(stage, cover * np.float32(strength), colour)


def _cover(stage: Stage, rng: np.random.Generator, *, heavy: bool) -> None:
    """A closed cover: rolls of grey, nearer ones greater, with light breaking where they are thin."""
    width, height = _half(stage)
    rows = np.arange(height, dtype=np.float32)[:, None]
    # The underside of a flat cover, seen in perspective: rolls crowd together towards the horizon.
    plane = _wrapped_noise(rng, width, 256, cells=7, octaves=6, stretch=2.2)
    away = np.float32(0.16) / np.maximum(1.04 - rows / np.float32(stage.horizon / 2), 0.04)
    depth = np.broadcast_to(
        (np.float32(256) * (1 - np.clip(away, 0, 1)) ** 1.0).astype(np.float32) * np.float32(0.98), (height, width)
    )
    columns = np.broadcast_to(np.arange(width, dtype=np.float32)[None], depth.shape)
    field = np.asarray(cv2.remap(plane, columns, depth, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    drop = max(int(stage.rise * 0.010), 1)
    above = np.vstack([np.repeat(field[:1], drop, 0), field[:-drop]])
    relief = np.clip((above - field) * 3.0, -0.5, 0.5)
    palette = stage.palette
    storm = "storm" in stage.scene.weather
    dark = mix(palette.zenith, palette.middle, 0.25 if heavy else 0.6) * np.float32(0.62 if storm else 0.84 if heavy else 0.96)
    light = mix(palette.middle, palette.horizon, 0.7)
    tone = np.clip(0.45 + relief + (0.5 - field) * 0.9, 0, 1)
    thin = 0.62 if storm else 0.74 if heavy else 0.90
    cover = smoothstep(0.16, 0.46, field) * np.float32(thin) + np.float32(0.0)
    cover = cover * smoothstep(1.03, 0.80, rows / np.float32(stage.horizon / 2))
    _put(stage, np.clip(cover, 0, 1), mix(dark, light, tone))
