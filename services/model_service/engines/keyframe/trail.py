"""A line of footprints that leads away from the viewer."""

import numpy as np

from services.model_service.engines.keyframe.brush import lay
from services.model_service.engines.keyframe.canvas import Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

_STEPS = 13


def paint_trail(stage: Stage) -> None:
    """Left and right in turn, from the picture's foot to near the horizon, pressed into the ground: dark, with a lit far rim."""
    frame, unit, rng = stage.frame, stage.unit, stage.rng("trail")
    sheet = Sheet(frame.width, frame.height)
    ground = stage.lit(rgb("#e8eef8" if stage.snowy else "#b89a70"))
    dark, rim = ground * np.float32(0.26), np.clip(mix(ground, stage.palette.rim, 0.6) * np.float32(1.3), 0, 1)
    bend = stage.side * frame.width * float(rng.uniform(0.10, 0.18))
    top, foot = stage.y(0.10), frame.height * 0.86
    for step in range(_STEPS - 1, -1, -1):
        t = (step / (_STEPS - 1)) ** 0.62  # 0 at the viewer's feet
        y = foot + (top - foot) * t
        near = max((y - stage.horizon) / (frame.height - stage.horizon), 0.04)
        size = unit * 0.15 * near
        x = frame.width / 2 + bend * (t - 0.25) + (1 if step % 2 else -1) * size * 0.62
        for colour, shift in ((rim, -0.12), (dark, 0.0)):
            sheet.ellipse(x, y + shift * size, size * 0.33, size * 0.46, colour)
            sheet.ellipse(x, y + (shift + 0.80) * size, size * 0.25, size * 0.24, colour)
            sheet.polygon(
                [
                    (x - size * 0.26, y + (shift + 0.2) * size),
                    (x + size * 0.26, y + (shift + 0.2) * size),
                    (x + size * 0.19, y + (shift + 0.75) * size),
                    (x - size * 0.19, y + (shift + 0.75) * size),
                ],
                colour,
            )
    lay(stage.layers["cast"], sheet)
