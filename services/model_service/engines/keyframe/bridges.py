"""A bridge of stone over a stream, and where on it somebody can walk."""

import numpy as np

from services.model_service.engines.keyframe.brush import lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

_HALF = 0.84
_RISE = 0.17
_BODY = 0.11
"""Half its length, how high it is arched, and how thick it is above the water's arch; in units of the frame."""


def deck_row(stage: Stage, x: float) -> float:
    """The row of the deck at the column `x`, pixels."""
    t = np.clip((x - stage.frame.width / 2) / (stage.unit * _HALF), -1, 1)
    return float(_foot(stage) - stage.unit * _RISE * (1 - t**2) ** 0.9)


def paint_bridge(stage: Stage) -> None:
    """A humpbacked bridge across the middle, three openings in shade, its parapet behind whoever crosses; under it the water."""
    frame, unit = stage.frame, stage.unit
    foot, centre, half = _foot(stage), frame.width / 2, unit * _HALF
    sheet = Sheet(frame.width, frame.height)
    if not stage.scene.has("river", "sea", "beach", "city"):
        _stream(sheet, stage, foot)
    stone = stage.lit(rgb("#9a8a78"), 0.06)
    deep, pale = stone * np.float32(0.34), np.clip(stone * np.float32(1.28), 0, 1)
    xs = np.linspace(centre - half, centre + half, 61)
    deck = [(float(x), deck_row(stage, float(x))) for x in xs]
    rail = [(x, y - unit * 0.052) for x, y in deck]
    sheet.polygon([*rail, *deck[::-1]], mix(stone, stage.lit(rgb("#b8aa98")), 0.5))
    sheet.polygon([*deck, (centre + half * 1.06, foot + unit * 0.07), (centre - half * 1.06, foot + unit * 0.07)], stone)
    for share, wide, tall in ((0.0, 0.24, 0.205), (-0.52, 0.14, 0.120), (0.52, 0.14, 0.120)):
        _opening(sheet, stage, (centre + share * half, foot + unit * 0.075), wide * unit, tall * unit, (deep, pale))
    for number, (x, y) in enumerate(deck[2:-2:4]):
        sheet.box(x - unit * 0.011, y - unit * 0.078, x + unit * 0.011, y, pale if number % 2 else stone)
        sheet.disc(x, y - unit * 0.080, unit * 0.014, pale)
    sheet.line(rail, deep, max(unit / 260, 1))
    sheet.line(deck, deep, max(unit / 170, 1.2))
    for k in range(1, 3):
        course = [(x, y + unit * 0.030 * k) for x, y in deck[3:-3]]
        sheet.line(course, stone * np.float32(0.74), max(unit / 480, 1))
    lay(stage.layers["ground"], sheet)


def _foot(stage: Stage) -> float:
    return stage.y(0.52)


def _opening(sheet: Sheet, stage: Stage, at: tuple[float, float], wide: float, tall: float, tones: tuple[Array, Array]) -> None:
    """A round arch with its ring of stones; the water shows pale in its foot."""
    (x, foot), (deep, pale) = at, tones
    turn = np.linspace(np.pi, 2 * np.pi, 19)
    arch = [(x + float(np.cos(a)) * wide, foot + float(np.sin(a)) * tall) for a in turn]
    ring = [(x + float(np.cos(a)) * wide * 1.13, foot + float(np.sin(a)) * tall * 1.10) for a in turn]
    sheet.polygon([*ring], pale)
    for a, b in zip(arch[1:-1:2], ring[1:-1:2], strict=True):
        sheet.line([a, b], deep, 1)
    sheet.polygon([*arch], deep)
    water = mix(stage.palette.haze, stage.lit(rgb("#9ab4bc")), 0.5)
    sheet.ellipse(x, foot, wide * 0.86, tall * 0.16, water)


def _stream(sheet: Sheet, stage: Stage, foot: float) -> None:
    """A stream that comes from behind the bridge and widens towards the viewer."""
    frame, unit, rng = stage.frame, stage.unit, stage.rng("stream")
    centre, water = frame.width / 2, mix(stage.palette.haze, stage.lit(rgb("#7f9ca8")), 0.55)
    rows = np.linspace(foot + unit * 0.05, frame.height + 9, 14)
    t = (rows - rows[0]) / (rows[-1] - rows[0])
    bend = stage.side * unit * 0.10 * np.sin(t * 2.6)
    half = unit * (0.62 + 0.42 * t) + rng.normal(0, unit * 0.010, 14)
    bank = stage.lit(rgb("#5a5648"))
    for grow, tone in ((unit * 0.022, bank), (0.0, water)):
        left = [(centre + b - h - grow, y) for b, h, y in zip(bend, half, rows, strict=True)]
        right = [(centre + b + h + grow, y) for b, h, y in zip(bend, half, rows, strict=True)]
        sheet.polygon([*left, *right[::-1]], tone)
    for _ in range(26):
        u = float(rng.random())
        y, reach = float(rows[0] + u * (rows[-1] - rows[0])), unit * float(rng.uniform(0.03, 0.11)) * (0.4 + u)
        x = centre + unit * (0.5 + 0.35 * u) * float(rng.uniform(-1, 1))
        sheet.line(
            [(x - reach, y), (x, y + unit * 0.004), (x + reach, y)],
            water * np.float32(rng.choice([0.82, 1.12])),
            max(unit / 420, 1),
        )
