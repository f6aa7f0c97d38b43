"""What people sit and lie on: a stool or a bed indoors, a rock or a log outdoors."""

from services.model_service.engines.keyframe.canvas import rgb
from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.costumes import costume_of
from services.model_service.engines.keyframe.figure_brush import Brush, shaded
from services.model_service.engines.keyframe.skeleton import Pose
from services.model_service.engines.keyframe.sprites import place
from services.model_service.engines.keyframe.stage import Stage

BED = 0.22
"""The height of a mattress, in grown-ups' heights."""


def place_seat(stage: Stage, figure: Figure, pose: Pose, x: float, y: float, size: float, facing: int) -> None:
    """Draw what the figure at (x, y) rests on, if it needs something."""
    body = costume_of(figure, ancient=stage.scene.ancient).body
    pen = Brush(size, left=0.95, right=0.95, top=0.75, bottom=0.1, facing=facing, side=stage.side)
    indoors = stage.scene.has("room")
    if pose.roll:
        if not indoors:
            return
        _bed(pen, stage, body.height)
    elif pose.knees[1] < 0 or not 0.4 < pose.pelvis < 0.56:
        return
    else:
        high = body.hip * pose.pelvis - 0.045 * body.height
        if stage.scene.seat == "steps":
            _steps(pen, stage, high)
        elif stage.scene.seat == "bench":
            _bench(pen, stage, high)
        elif indoors:
            _stool(pen, stage, high)
        else:
            _rock(pen, stage, high)
    place(stage, stage.layers["cast"], pen, x, y, facing=1)


def _stool(pen: Brush, stage: Stage, high: float) -> None:
    wood = stage.lit(rgb("#8a5c38")) * (1.4 if stage.dark else 1.05)
    for way in (-1, 1):
        pen.tube(((-0.02 + 0.085 * way, high - 0.02), (-0.02 + 0.105 * way, 0.005)), (0.015, 0.011), shaded(wood))
    pen.drape([((-0.12, high - 0.015), 0.018), ((0.08, high - 0.015), 0.018)], wood, fall=0.01)


def _steps(pen: Brush, stage: Stage, high: float) -> None:
    """A short flight of stone steps that rises behind the sitter."""
    stone = stage.lit(rgb("#7c766e")) * (1.5 if stage.dark else 0.95)
    rise = high / 2
    for number in (3, 2, 1):
        back = -0.36 - 0.02 * number
        front = 0.30 - 0.17 * (number - 1)
        top = rise * number
        pen.polygon([(back, 0.0), (back, top), (front, top), (front, 0.0)], stone * (1.0 - 0.07 * (number - 1)))
        pen.polygon([(back, top), (back, top + 0.028), (front - 0.03, top + 0.028), (front, top)], (stone * 1.22).clip(0, 1))
        dark = (back, back + 0.05) if pen.light > 0 else (front - 0.05, front)
        pen.polygon([(dark[0], 0.0), (dark[0], top), (dark[1], top), (dark[1], 0.0)], shaded(stone))


def _bench(pen: Brush, stage: Stage, high: float) -> None:
    wood = stage.lit(rgb("#8a5c38")) * (1.4 if stage.dark else 1.05)
    for x in (-0.34, 0.30):
        pen.tube(((x, high + 0.16), (x, 0.0)), (0.016, 0.016), shaded(wood))
    for y in (0.10, 0.16):
        pen.tube(((-0.38, high + y), (0.34, high + y)), (0.018, 0.018), wood)
    pen.drape([((-0.38, high - 0.015), 0.020), ((0.34, high - 0.015), 0.020)], wood, fall=0.01)


def _rock(pen: Brush, stage: Stage, high: float) -> None:
    stone = stage.lit(rgb("#8a8782")) * (1.5 if stage.dark else 1.05)
    top = [(-0.20, high * 0.55), (-0.14, high * 0.95), (-0.02, high), (0.07, high * 0.93), (0.13, high * 0.45)]
    pen.shape([*top, (0.17, 0.0), (0.0, -0.015), (-0.25, 0.0)], stone)
    dark = [(-0.20, high * 0.55), (-0.14, high * 0.9), (-0.06, high * 0.5), (-0.05, 0.0), (-0.25, 0.0)]
    if pen.light < 0:
        dark = [(0.13, high * 0.45), (0.06, high * 0.9), (0.02, high * 0.45), (0.03, 0.0), (0.17, 0.0)]
    pen.shape(dark, shaded(stone))


def _bed(pen: Brush, stage: Stage, height: float) -> None:
    lift = 1.5 if stage.dark else 1.05
    wood, sheet = stage.lit(rgb("#7a4f30")) * lift, (stage.lit(rgb("#efe8dc")) * lift).clip(0, 1)
    long = 0.58 * height + 0.10
    for x in (-long, long * 0.92):
        pen.tube(((x, BED * 0.6), (x, 0.005)), (0.022, 0.018), shaded(wood))
    pen.panel([(-long - 0.05, BED + 0.26), (-long - 0.05, 0.04)], [(-long + 0.01, BED + 0.28), (-long + 0.01, 0.04)], wood)
    pen.drape([((-long, BED * 0.55), 0.035), ((long * 0.94, BED * 0.55), 0.035)], wood, fall=0.02)
    pen.drape([((-long + 0.05, BED - 0.03), 0.045), ((long * 0.90, BED - 0.03), 0.045)], sheet, fall=0.02)
    pen.drape([((-long + 0.08, BED + 0.05), 0.050), ((-long + 0.24, BED + 0.03), 0.040)], sheet, fall=0.02)


def place_blanket(stage: Stage, figure: Figure, x: float, y: float, size: float, facing: int) -> None:
    """Cover somebody who lies in the bed, up to the chest."""
    height = costume_of(figure, ancient=stage.scene.ancient).body.height
    pen = Brush(size, left=0.95, right=0.95, top=0.75, bottom=0.1, facing=facing, side=stage.side)
    wool = (stage.lit(rgb("#5f86b8")) * (1.6 if stage.dark else 1.05)).clip(0, 1)
    long = 0.58 * height + 0.10
    chest = -0.20 * height
    pen.drape(
        [
            ((chest, BED + 0.085), 0.062),
            ((0.05, BED + 0.09), 0.07),
            ((long * 0.70, BED + 0.08), 0.06),
            ((long * 0.84, BED - 0.04), 0.07),
            ((chest - 0.01, BED - 0.04), 0.06),
        ],
        wool,
        fall=0.04,
    )
    pen.tube(((chest - 0.015, BED + 0.125), (chest - 0.035, BED - 0.07)), (0.026, 0.026), (wool * 1.25).clip(0, 1))
    place(stage, stage.layers["cast"], pen, x, y, facing=1, grounded=False)
