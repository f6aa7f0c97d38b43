"""Skies: the gradient with the sun's own side, sun or moon, stars; what shines in it is in `skylights`, clouds in `cloudscape`."""

import cv2
import numpy as np

from services.core.vocabulary import Mood
from services.model_service.engines.keyframe import skylights
from services.model_service.engines.keyframe.canvas import Array, Sheet, luma, mix, rgb, smoothstep
from services.model_service.engines.keyframe.cloudscape import paint_clouds
from services.model_service.engines.keyframe.stage import Stage


def paint_sky(stage: Stage) -> None:
    """Fill the sky layer, the whole frame, and the clouds layer."""
    scene = stage.scene
    _gradient(stage)
    starry = bool(scene.weather & {"stars", "aurora"})
    if stage.dark and (starry or not stage.overcast):
        skylights.stars(stage, dense=starry)
    if "aurora" in scene.weather:
        skylights.aurora(stage)
    if not scene.weather & {"storm", "rain", "sandstorm"}:
        _sun_or_moon(stage)
    paint_clouds(stage)
    if "rainbow" in scene.weather:
        skylights.rainbow(stage)
    if "storm" in scene.weather:
        skylights.lightning(stage)
    hopeful = scene.mood in {Mood.HOPE, Mood.EPIC, Mood.WONDER} and not stage.dark
    if (hopeful or stage.palette.low_sun) and not stage.overcast:
        skylights.rays(stage, 0.22 if hopeful else 0.10)


def _gradient(stage: Stage) -> None:
    """Top to foot, brighter and warmer around the sun, cooler away from it; computed coarsely, as skies are smooth."""
    frame, palette = stage.frame, stage.palette
    rows, columns = frame.coarse_rows, frame.coarse_columns
    t = np.clip(rows / np.float32(stage.horizon), 0, 1.2) + np.zeros_like(columns)
    upper = smoothstep(0, 0.55, t)
    lower = np.clip((t - 0.52) / 0.48, 0, 1) ** np.float32(1.25)
    colour = np.where(t < 0.52, mix(palette.zenith, palette.middle, upper), mix(palette.middle, palette.horizon, lower))
    x, y = stage.sun
    dx, dy = (columns - np.float32(x)) / np.float32(frame.width), (rows - np.float32(y)) / np.float32(stage.rise)
    if palette.low_sun:
        near = np.exp(-((dx / 0.42) ** 2) - (dy / 0.34) ** 2)
        colour = mix(colour, plane_of(mix(palette.horizon, palette.sun, 0.5), colour), near * np.float32(0.62))
        colour = mix(colour, plane_of(mix(palette.zenith, palette.middle, 0.55), colour), smoothstep(0.35, 0.9, np.abs(dx)) * 0.38)
    elif not stage.dark:
        near = np.exp(-((dx / 0.55) ** 2) - (dy / 0.6) ** 2)
        colour = mix(colour, plane_of(palette.horizon, colour), near * np.float32(0.42))
    elif stage.scene.time == "blue hour":
        foot = np.exp(-((dx / 0.55) ** 2)) * smoothstep(0.62, 1.0, t)
        colour = mix(colour, plane_of(np.clip(palette.sun * np.float32(0.95), 0, 1), colour), foot * np.float32(0.55))
    layer = stage.layers["sky"]
    for channel in range(3):
        layer.rgba[..., channel] = frame.refined(colour[channel])
    layer.rgba[..., 3] = 1


def plane_of(colour: Array, like: Array) -> Array:
    """The colour as a field of the other one's shape."""
    return np.broadcast_to(colour[:, None, None], like.shape)


def _sun_or_moon(stage: Stage) -> None:
    layer, frame, palette = stage.layers["sky"], stage.frame, stage.palette
    x, y = stage.sun
    unit = min(stage.unit, stage.rise)
    veiled = stage.overcast
    if not (stage.dark or palette.low_sun):  # the high sun is a glare, not a disc
        layer.light(frame.glow(x, y, unit * 0.10, power=0.9) * np.float32(0.25 if veiled else 0.75), palette.sun)
        return
    pale = float(luma(palette.horizon))
    strength = 0.20 if stage.dark else 0.72 * max(1.3 - pale, 0.2)
    if stage.scene.time == "blue hour":
        _evening_star(stage)
        return
    layer.light(frame.glow(x, y, unit * (0.42 if palette.low_sun else 0.24), power=1.3) * np.float32(strength), palette.sun)
    radius = unit * (0.042 if stage.dark else 0.050)
    layer.light(frame.glow(x, y, unit * 0.03, core=radius, power=1.0) * np.float32(0.15 if veiled else 0.34), palette.sun)
    if stage.dark and not veiled:
        ring = frame.glow(x, y, unit * 0.012, core=unit * 0.15, power=2.0) * (1 - frame.glow(x, y, unit * 0.11, power=4.0))
        layer.light(ring * np.float32(0.06), palette.sun)
    rows = slice(max(int(y - radius) - 2, 0), min(int(y + radius) + 3, frame.height))
    distance = np.sqrt((frame.columns - np.float32(x)) ** 2 + (frame.rows[rows] - np.float32(y)) ** 2)
    disc = np.clip(np.float32(radius) - distance + 0.5, 0, 1) * np.float32(0.45 if veiled else 1.0)
    tone = mix(palette.sun, rgb("#ffffff"), 0.15 if stage.dark else 0.6) * np.float32(1.0 if stage.dark else 1.3)
    layer.fill(disc, tone, rows)
    if stage.dark and not veiled:
        seas = Sheet(frame.width, frame.height)
        for dx, dy, r in ((-0.32, -0.2, 0.26), (0.25, 0.1, 0.2), (-0.1, 0.42, 0.17), (0.38, -0.38, 0.12)):
            seas.disc(x + dx * radius, y + dy * radius, r * radius, palette.sun * np.float32(0.87))
        layer.over(seas)


def _evening_star(stage: Stage) -> None:
    """A thin crescent and one bright star over the last light."""
    layer, frame = stage.layers["sky"], stage.frame
    x, y = stage.sun[0], stage.horizon * 0.42
    radius = min(stage.unit, stage.rise) * 0.024
    rows = slice(max(int(y - radius) - 2, 0), max(min(int(y + radius) + 3, frame.height), 1))
    dx, dy = frame.columns - np.float32(x), frame.rows[rows] - np.float32(y)
    disc = np.clip(np.float32(radius) - np.sqrt(dx**2 + dy**2) + 0.5, 0, 1)
    bite_x = dx + np.float32(stage.side * radius * 0.42)
    bite = np.clip(np.float32(radius) - np.sqrt(bite_x**2 + (dy + np.float32(radius * 0.25)) ** 2) + 0.5, 0, 1)
    layer.fill(np.clip(disc - bite, 0, 1), mix(stage.palette.sun, rgb("#ffffff"), 0.6), rows)
    star = np.zeros((frame.height, frame.width), np.uint8)
    at = (round((x - stage.side * stage.unit * 0.09) * 16), round((y - stage.unit * 0.05) * 16))
    cv2.circle(star, at, max(round(stage.unit / 300 * 16), 16), 255, -1, cv2.LINE_AA, 4)
    layer.light(star.astype(np.float32) / 255, rgb("#ffffff"))
