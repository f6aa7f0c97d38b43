"""People in the water: the upper half of them, arms up, in foam and drops."""

from collections.abc import Sequence

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.aloft import wake
from services.model_service.engines.keyframe.brush import lay
from services.model_service.engines.keyframe.canvas import Sheet
from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.people import Act, draw_person
from services.model_service.engines.keyframe.poses import POSES
from services.model_service.engines.keyframe.sprites import place
from services.model_service.engines.keyframe.stage import Stage

_NEAR = frozenset({Framing.MEDIUM, Framing.CLOSE, Framing.DETAIL})
_UNDER = 0.50


def place_swimmers(stage: Stage, swimmers: Sequence[Figure]) -> None:
    """Draw them before everything, side by side, on the side of the picture that the light leaves free."""
    frame, unit, rng = stage.frame, stage.unit, stage.rng("swimmers")
    near = stage.scene.framing in _NEAR
    size = unit * (0.86 if near else 0.52)
    row = frame.height * 0.86
    for number, figure in enumerate(swimmers):
        x = frame.width * (0.5 + stage.side * (0.27 - 0.22 * number))
        facing = -stage.side
        pen = draw_person(stage, figure, Act(POSES["jumping"][number % 2], 34.0, "afraid"), size, facing=facing)
        pen.submerge(_UNDER)
        place(stage, stage.layers["cast"], pen, x, row, facing=1, grounded=False)
        _splash(stage, rng, x, row, size)
        wake(stage, x, row, size * 0.42)


def _splash(stage: Stage, rng: np.random.Generator, x: float, row: float, size: float) -> None:
    sheet = Sheet(stage.frame.width, stage.frame.height)
    foam = np.clip(stage.palette.haze * np.float32(1.5) + np.float32(0.10), 0, 1)
    for _ in range(22):
        way, up = float(rng.uniform(-1, 1)), float(rng.uniform(0.02, 0.34))
        drop = size * float(rng.uniform(0.006, 0.020))
        sheet.ellipse(x + way * size * (0.16 + 0.30 * up / 0.34), row - up * size * (1 - 0.5 * abs(way)), drop, drop * 1.4, foam)
    for share, tall in ((-0.20, 0.045), (0.0, 0.030), (0.21, 0.050), (-0.34, 0.024), (0.36, 0.026)):
        sheet.ellipse(x + share * size, row, size * 0.11, size * tall * 0.6, foam)
    lay(stage.layers["cast"], sheet)
