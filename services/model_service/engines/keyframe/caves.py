"""The inside of a cave: its mouth around the view, crystals that glow in it."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Sheet, rgb
from services.model_service.engines.keyframe.stage import Stage


def paint_cave_mouth(stage: Stage) -> None:
    """Rock around the view in three tones, darkest nearest, with hanging stones and light falling in from the mouth."""
    rng, frame, unit = stage.rng("cave"), stage.frame, stage.unit
    rock = np.clip(stage.lit(rgb("#5a504a")), 0.02, 1)
    for layer, reach, tone in (("far", 0.42, 0.92), ("mid", 0.52, 0.62), ("ground", 0.62, 0.36), ("front", 0.72, 0.14)):
        sheet = Sheet(frame.width, frame.height)
        x, y = frame.width * (0.5 + 0.03 * stage.side), frame.height * 0.56
        turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        rough = (
            rng.normal(0, 0.025, turn.size)
            + 0.05 * np.sin(turn * 5 + rng.random() * 6)
            + np.where((np.sin(turn) < -0.4) & (np.arange(72) % 5 == 0), -0.13, 0.0)
        )
        wide, high = frame.width * reach * 0.80, frame.height * reach * 0.92
        floor = {"far": 0.10, "mid": 0.16, "ground": 0.24, "front": 0.97}[layer]
        limit = stage.y(floor) if layer != "front" else frame.height * 1.02
        mx = x + wide * np.cos(turn) * (1 + rough)
        my = np.minimum(y + high * np.sin(turn) * (1 + rough), limit)
        mouth = np.stack([mx, my], 1)
        outer = np.stack([x + frame.width * 2 * np.cos(turn), np.minimum(y + frame.height * 2 * np.sin(turn), limit)], 1)
        for k in range(72):
            j = (k + 1) % 72
            if min(mouth[k][1], mouth[j][1]) >= limit - 1:
                continue
            shade = tone * float(0.86 + 0.22 * rng.random())
            sheet.polygon(np.array([mouth[k], mouth[j], outer[j], outer[k]], np.float32), rock * np.float32(shade))
        n = 240
        angle = rng.random(n) * 2 * np.pi
        away = 1 + rng.random(n) * 0.8
        px, py = x + wide * np.cos(angle) * away * 1.12, y + high * np.sin(angle) * away * 1.12
        facing = np.clip(1.25 - (away - 1) * 1.1, 0.5, 1.3)
        size = unit * rng.uniform(0.008, 0.035, n)
        solid = (py < limit - unit * 0.03) | (np.abs(px - x) > wide)
        dabs(
            sheet,
            px[solid],
            py[solid],
            size[solid],
            size[solid] * 0.5,
            tinted(rock * np.float32(tone), (facing * rng.uniform(0.75, 1.3, n))[solid]),
            (angle + 1.57)[solid],
            corners=5,
        )
        lay(stage.layers[layer], sheet)
    glow = frame.glow(frame.width / 2, stage.horizon, unit * 0.55)
    stage.layers["mid"].light(glow, stage.palette.sun * np.float32(0.16))


def paint_crystals(stage: Stage) -> None:
    """Glowing crystals in the dark of a cave."""
    rng, unit = stage.rng("crystals"), stage.unit
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    for _ in range(7):
        way = 1 if rng.random() < 0.5 else -1
        x, y = stage.x(0.5 + way * float(rng.uniform(0.26, 0.46))), stage.y(float(rng.uniform(0.2, 0.7)))
        hue = rgb(("#6fe0ff", "#b08aff", "#7affc8")[int(rng.integers(3))])
        for _ in range(4):
            lean, tall = float(rng.normal(0, 0.35)), unit * float(rng.uniform(0.03, 0.09))
            w = tall * 0.16
            tip = (x + lean * tall, y - tall)
            sheet.polygon(
                [(x - w, y), (tip[0] - w * 0.6, tip[1] + w), tip, (tip[0] + w * 0.6, tip[1] + w), (x + w, y)],
                hue * np.float32(0.62),
            )
            sheet.polygon([(x, y), tip, (tip[0] + w * 0.6, tip[1] + w), (x + w, y)], hue)
        lights.add(x, y - unit * 0.03, unit * 0.08, hue, 0.4)
    lay(stage.layers["ground"], sheet)
    lights.shine(stage.layers["ground"])
