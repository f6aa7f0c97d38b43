"""Fireworks: bursts of light in the sky behind everything that stands on the ground."""

import math

import numpy as np

from services.model_service.engines.keyframe.canvas import Sheet, rgb
from services.model_service.engines.keyframe.stage import Stage

_COLOURS = ("#ffd24a", "#ff5a5a", "#6ad8ff", "#ff8ae0", "#9aff8a", "#ffb04a")


def paint_fireworks(stage: Stage) -> None:
    """Five bursts of rays with bright tips, each in its own colour, and the air lit around them."""
    rng, frame, layer = stage.rng("fireworks"), stage.frame, stage.layers["far"]
    sheet = Sheet(frame.width, frame.height)
    strength = 1.0 if stage.dark else 0.7
    for index in range(5):
        x = frame.width * (0.14 + 0.18 * index + float(rng.uniform(-0.05, 0.05)))
        y = stage.horizon * float(rng.uniform(0.20, 0.58))
        radius = stage.unit * float(rng.uniform(0.08, 0.17))
        colour = rgb(_COLOURS[(index + int(rng.integers(2))) % len(_COLOURS)])
        rays = int(rng.integers(18, 26))
        for ring, share in ((0, 1.0), (1, 0.58)):
            for ray in range(rays - 6 * ring):
                angle = 2 * math.pi * (ray + 0.5 * ring) / (rays - 6 * ring)
                reach = radius * share * float(rng.uniform(0.86, 1.0))
                dx, dy = math.cos(angle) * reach, math.sin(angle) * reach
                droop = radius * 0.10 * share
                sheet.taper(
                    (x + dx * 0.35, y + dy * 0.35), (x + dx, y + dy + droop), stage.unit * 0.0006, stage.unit * 0.0022, colour
                )
                sheet.disc(x + dx, y + dy + droop, stage.unit * 0.0038, np.clip(colour * np.float32(0.4) + np.float32(0.6), 0, 1))
        layer.shine(frame.glow(x, y, radius * 1.5, power=1.6) * np.float32(0.34 * strength), colour)
    rows = sheet.span()
    target = layer.rgba[rows]
    clear = (1 - target[..., 3:]) * np.float32(strength / 255)
    target[..., :3] += sheet.pixels[rows][..., :3] * clear
