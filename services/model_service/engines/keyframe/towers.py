"""High up in a tower: the winding stair inside it, the balcony around its top."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from services.model_service.engines.keyframe import land, skyline, water
from services.model_service.engines.keyframe.brush import Lights, lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.indoors import Finish, closed, opened
from services.model_service.engines.keyframe.stage import Stage

_TREADS = 15


def stairwell(stage: Stage) -> None:
    """A stone stair that winds up from the viewer around a pillar, with a rail and a window in the wall."""
    room = opened(stage, Finish("#8f887e", "#77706a", "#4a4642", "stone", half=3.4, gloom=0.1, lamp="#ffbf70"))
    frame, unit, side = stage.frame, stage.unit, stage.side
    wall, floor = room.back, room.floor
    _bricks(wall, stage, room.tint("#857e74"))
    room.window(side * room.half * 0.42, 1.9, 3.1, 0.42, bars=(1, 2), frame="#6a625a", arch=True)
    stone = room.tint("#a49c90", 1.05)
    low, high = frame.height * 1.02, frame.height * 0.06
    pillar = room.tint("#7a736a")
    rows, middles, halves = [], [], []
    for number in range(_TREADS + 1):
        t = number / _TREADS
        rows.append(low + (high - low) * (1 - (1 - t) ** 1.45))
        halves.append(max(frame.width * 0.40, unit * 0.44) * (1 - 0.74 * t))
        middles.append(frame.width * (0.5 + side * 0.02) - side * unit * 0.46 * (1 - np.cos(t * 2.0)))
    px = middles[-1] + side * (halves[-1] + unit * 0.05)
    for half, tone in ((0.085, 0.86), (0.05, 1.06)):
        floor.box(px - unit * half, -9, px + unit * half, rows[_TREADS // 2], pillar * np.float32(tone))
    for number in range(_TREADS - 1, -1, -1):  # from the farthest, each nearer one before it
        t = number / _TREADS
        x, half, y = middles[number], halves[number], rows[number]
        top, back, deep = rows[number + 1], middles[number + 1], halves[number + 1]
        rise = (y - top) * 0.52
        tread = [(x - half, y - rise), (back - deep * 1.02, top), (back + deep * 1.02, top), (x + half, y - rise)]
        shade = np.float32(1.0 - 0.34 * t)
        floor.polygon(
            [(x - half, y), (x - half, y - rise), (x + half, y - rise), (x + half, y + 2)], stone * shade * np.float32(0.62)
        )
        floor.polygon(tread, stone * shade)
        floor.line(
            [(x - half, y - rise), (x + half, y - rise)], np.clip(stone * shade * np.float32(1.28), 0, 1), max(unit * 0.005, 1)
        )
    iron = room.tint("#2e2a28")
    for way in (-1, 1):
        rail = [
            (m + way * h, y - unit * (0.30 - 0.20 * k / _TREADS))
            for k, (m, h, y) in enumerate(zip(middles, halves, rows, strict=True))
        ]
        for k, (m, h, y) in enumerate(zip(middles, halves, rows, strict=True)):
            floor.line([(m + way * h, y), rail[k]], iron, max(unit * 0.007 * (1 - 0.7 * k / _TREADS), 1))
        floor.line(rail, iron, max(unit * 0.014, 1.5))
    room.lamp(-side * room.half * 0.5, 2.4, 4.0, 1.1, 0.5)
    closed(room)


def _bricks(wall: Sheet, stage: Stage, stone: Array) -> None:
    """Courses of a round wall: the lines bend down towards the sides, the joints crowd there."""
    rng, frame, unit = stage.rng("bricks"), stage.frame, stage.unit
    course = unit * 0.075
    for row in range(int(frame.height / course) + 3):
        y = row * course
        joints = np.sort(np.arcsin(np.linspace(-0.98, 0.98, 13)) / np.pi + 0.5 + (0.02 if row % 2 else -0.02))
        for a, b in pairwise(joints):
            x0, x1 = float(a) * frame.width, float(b) * frame.width
            edge = abs((x0 + x1) / frame.width - 1)
            bend = (row * course - stage.horizon) * 0.10 * edge
            tone = stone * np.float32(rng.uniform(0.90, 1.08) * (1.02 - 0.40 * edge**2))
            wall.polygon(
                [(x0 + 1, y + bend + 1), (x1 - 1, y + bend + 1), (x1 - 1, y + bend + course - 1), (x0 + 1, y + bend + course - 1)],
                tone,
            )


def balcony(stage: Stage) -> Iterator[tuple[str, Callable[[], None]]]:
    """A railed walk high up; below it the sea, a city or the land, beside it the lit glass of a lighthouse's lamp room."""
    scene = stage.scene
    if scene.has("city", "street"):
        yield "skyline", lambda: skyline.paint_skyline(stage)
    elif scene.has("lighthouse", "sea", "beach"):
        yield "ranges", lambda: land.ranges(stage, count=1, height=0.06, roughness=0.45, share=0.5)
        yield "water", lambda: water.paint_water(stage, calm=False)
    else:
        yield "ranges", lambda: land.ranges(stage, count=3, height=0.20, roughness=0.45)
    yield "balcony", lambda: _walk(stage, lamp=scene.has("lighthouse"))


def _walk(stage: Stage, *, lamp: bool) -> None:
    frame, unit = stage.frame, stage.unit
    sheet, lights = Sheet(frame.width, frame.height), Lights(frame)
    floor, iron = stage.lit(rgb("#7d7a78")) * np.float32(1.5 if stage.dark else 1.0), stage.lit(rgb("#2c3138"))
    edge = stage.y(0.50)
    across = np.linspace(-0.1, 1.1, 25)
    rim = [(float(u) * frame.width, edge + unit * 0.09 * (2 * float(u) - 1) ** 2) for u in across]
    sheet.polygon([*rim, (frame.width * 1.1, frame.height + 9.0), (-frame.width * 0.1, frame.height + 9.0)], floor)
    for k in range(1, 5):
        drop = unit * 0.055 * k * (1 + 0.35 * k)
        sheet.line([(x, y + drop) for x, y in rim], floor * np.float32(0.78), max(unit * 0.004, 1))
    for k in range(-9, 10):
        x = frame.width / 2 + k * unit * 0.13
        y = edge + unit * 0.09 * (2 * x / frame.width - 1) ** 2
        sheet.line([(x, y), (frame.width / 2 + k * unit * 0.40, frame.height + 9)], floor * np.float32(0.82), 1)
    tall = unit * 0.21
    for height, thick in ((1.0, 0.016), (0.66, 0.008), (0.33, 0.008)):
        sheet.line([(x, y - tall * height) for x, y in rim], iron, max(unit * thick, 1.2))
    for k in range(int(frame.width / unit / 0.11) + 2):
        x = k * unit * 0.11
        y = edge + unit * 0.09 * (2 * x / frame.width - 1) ** 2
        sheet.line([(x, y + unit * 0.01), (x, y - tall)], iron, max(unit * 0.008, 1))
    if lamp:
        _lamp_room(sheet, lights, stage, iron)
    lay(stage.layers["ground"], sheet)
    lights.shine(stage.layers["ground"])
    lights.glow_on(stage.layers["ground"])


def _lamp_room(sheet: Sheet, lights: Lights, stage: Stage, iron: Array) -> None:
    """The great lamp behind its panes at the picture's edge, under the foot of a red roof."""
    frame, unit, way = stage.frame, stage.unit, -stage.side
    out = "lighthouse" in stage.scene.unlit
    lit = (stage.dark or stage.overcast or stage.palette.low_sun) and not out
    near, far = frame.width * (0.5 + way * 0.54), frame.width * (0.5 + way * 0.27)
    top, low = frame.height * 0.06, stage.y(0.62)
    glass = mix(rgb("#c89a4a"), stage.palette.zenith, 0.45) if lit else stage.lit(rgb("#59646e" if out else "#bcd4de"))
    left, right = min(near, far), max(near, far)
    sheet.box(left, top, right, low, glass)
    centre = (left + right) / 2
    if lit:
        sheet.ellipse(centre, (top + low) * 0.46, unit * 0.085, unit * 0.15, rgb("#fff6d0"))
        lights.add(centre, (top + low) * 0.46, unit * 0.40, rgb("#ffdc90"), 0.30)
    elif out:
        sheet.ellipse(centre, (top + low) * 0.46, unit * 0.085, unit * 0.15, stage.lit(rgb("#39424c")))
    for u in (0.0, 0.36, 0.72, 1.0):
        x = far + (near - far) * u
        sheet.box(x - unit * 0.010, top, x + unit * 0.010, low, iron)
    for v in (0.0, 0.34, 0.67):
        y = top + (low - top) * v
        sheet.box(left, y - unit * 0.007, right, y + unit * 0.007, iron)
    white, red = stage.lit(rgb("#f0ece2")), stage.lit(rgb("#c63d35"))
    sheet.box(left - unit * 0.02, low - unit * 0.10, right + unit * 0.02, low + unit * 0.04, white * np.float32(0.92))
    sheet.polygon(
        [
            (left - unit * 0.06, top + unit * 0.02),
            (right + unit * 0.06, top + unit * 0.02),
            (right + unit * 0.02, -9),
            (left - unit * 0.02, -9),
        ],
        red,
    )
