"""Eyes that shine out of the dark: pairs of them between the ground and the sky, each before the shade of a head."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, lay
from services.model_service.engines.keyframe.canvas import Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

_PAIRS = 7
_GREEN = "#9be86a"


def paint_eyes(stage: Stage) -> None:
    """Some pairs at the foot of the far view, most of them away from the picture's middle, where somebody may stand."""
    frame, rng = stage.frame, stage.rng("eyes")
    sheet, lights = Sheet(frame.width, frame.height), Lights(frame)
    named = next((thing.colour for thing in stage.scene.things if thing.tag == "glowing eyes"), "")
    glow = mix(rgb(named or _GREEN), rgb("#f4ffd0"), 0.25)
    shade = stage.lit(rgb("#15161c"))
    spread = np.concatenate([np.linspace(0.05, 0.40, 4), np.linspace(0.62, 0.95, _PAIRS - 4)])
    order = sorted(zip(spread.tolist(), rng.uniform(0.0, 1.0, _PAIRS).tolist(), strict=True), key=lambda pair: pair[1])
    for share, near in order:
        size = stage.unit * (0.050 + 0.035 * near)
        x = frame.width * (share + 0.03 * float(rng.normal()))
        y = stage.y(0.05 + 0.20 * near) - size
        way = 1 if rng.random() < 0.5 else -1
        head = [(-0.62, -0.75), (-0.50, -1.60), (-0.16, -0.92), (0.16, -0.92), (0.50, -1.60), (0.62, -0.75), (0.52, 0.0)]
        head += [(0.20, 0.62), (-0.20, 0.62), (-0.52, 0.0)]
        sheet.polygon([(x + way * px * size, y + py * size) for px, py in head], shade)
        sheet.ellipse(x - way * size * 0.9, y + size * 0.7, size * 1.3, size * 0.75, shade)
        for side in (-1, 1):
            ex, ey = x + side * size * 0.27, y - size * 0.28
            sheet.polygon(
                [
                    (ex - side * size * 0.20, ey + size * 0.06),
                    (ex, ey - size * 0.15),
                    (ex + side * size * 0.20, ey - size * 0.12),
                    (ex + side * size * 0.04, ey + size * 0.11),
                ],
                glow,
            )
            sheet.ellipse(ex + side * size * 0.02, ey - size * 0.02, size * 0.035, size * 0.09, shade)
        lights.add(x, y - size * 0.28, size * 0.5, glow, 0.22)
    layer = stage.layers["ground"]
    lay(layer, sheet)
    lights.shine(layer)
