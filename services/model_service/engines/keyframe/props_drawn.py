"""Things drawn by code, in their own height: lantern, campfire, letter, open book, tiller, tent, snowman."""

import numpy as np

from services.model_service.engines.keyframe.canvas import mix, rgb
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


def draw_lantern(pen: Pen, stage: Stage) -> None:
    iron = stage.lit(rgb("#3a3230"))
    pen.limb(((0, 0.40), (-0.03, 0.47), (0.0, 0.53), (0.03, 0.47), (0, 0.40)), (0.010,) * 5, iron)
    pen.polygon([(-0.10, 0.40), (0.10, 0.40), (0.14, 0.35), (-0.14, 0.35)], iron)
    if "lantern" in stage.scene.unlit:
        glass, smoke = (mix(stage.lit(rgb(code)), rgb(code), 0.34) for code in ("#5c6670", "#a8b0ba"))
        pen.polygon([(-0.115, 0.36), (0.115, 0.36), (0.10, 0.07), (-0.10, 0.07)], glass)
        pen.polygon([(-0.04, 0.36), (0.03, 0.36), (-0.05, 0.07), (-0.10, 0.07)], np.clip(glass * np.float32(1.4), 0, 1))
        pen.limb(((0, 0.07), (0, 0.15)), (0.020, 0.016), mix(glass, rgb("#e8dfc8"), 0.5))
        pen.limb(((0, 0.15), (0.006, 0.175)), (0.005, 0.004), iron)
        rise = np.linspace(0, 1, 24)
        curl = [(0.06 + 0.05 * float(np.sin(9 * t)) * (0.4 + t), 0.42 + 0.50 * float(t)) for t in rise]
        pen.limb(curl, [0.020 * (1 - 0.8 * float(t)) for t in rise], smoke)
    else:
        pen.polygon([(-0.115, 0.36), (0.115, 0.36), (0.10, 0.07), (-0.10, 0.07)], rgb("#ffc85a"))
        pen.oval((0, 0.19), 0.045, 0.09, rgb("#fff6cf"))
    for x in (-0.11, 0.0, 0.11):
        pen.limb(((x, 0.36), (x * 0.9, 0.06)), (0.010, 0.010), iron)
    pen.polygon([(-0.14, 0.08), (0.14, 0.08), (0.14, 0.0), (-0.14, 0.0)], iron)


def draw_campfire(pen: Pen, stage: Stage) -> None:
    wood = stage.lit(rgb("#5a3a26")) + np.array([0.10, 0.04, 0.0], np.float32)
    for a, b in (((-0.30, 0.02), (0.22, 0.12)), ((0.30, 0.02), (-0.22, 0.12)), ((-0.16, 0.0), (0.20, 0.04))):
        pen.limb((a, b), (0.040, 0.036), wood)
    if "campfire" in stage.scene.unlit:
        return
    for shape, colour in (
        ([(-0.20, 0.08), (-0.16, 0.30), (-0.06, 0.36), (0.0, 0.66), (0.09, 0.40), (0.17, 0.34), (0.20, 0.08)], "#ff6a2a"),
        ([(-0.13, 0.08), (-0.09, 0.26), (0.01, 0.48), (0.08, 0.27), (0.13, 0.08)], "#ffb03a"),
        ([(-0.07, 0.08), (-0.02, 0.28), (0.03, 0.30), (0.07, 0.08)], "#fff0b0"),
    ):
        pen.shape([(x, y) for x, y in shape], rgb(colour))


def draw_letter(pen: Pen, stage: Stage) -> None:
    paper = np.clip(stage.lit(rgb("#f8efdc")) * np.float32(1.2), 0, 1)
    pen.polygon([(-0.30, 0.06), (-0.22, 0.42), (0.32, 0.36), (0.26, 0.0)], paper)
    pen.polygon([(-0.22, 0.42), (0.03, 0.18), (0.32, 0.36)], paper * np.float32(0.86))
    pen.line([(-0.22, 0.42), (0.03, 0.18), (0.32, 0.36)], 0.010, paper * np.float32(0.6))
    pen.disc((0.03, 0.19), 0.048, stage.lit(rgb("#b8332f")))


def draw_book(pen: Pen, stage: Stage) -> None:
    cover, page = stage.lit(rgb("#7a3a34")), np.clip(stage.lit(rgb("#f6ecd6")) * np.float32(1.15), 0, 1)
    pen.polygon([(-0.40, 0.04), (-0.34, 0.34), (0.0, 0.30), (0.34, 0.34), (0.40, 0.04), (0.0, -0.02)], cover)
    pen.shape([(-0.37, 0.07), (-0.31, 0.36), (-0.15, 0.37), (0.0, 0.31), (0.0, 0.02), (-0.18, 0.08)], page)
    pen.shape([(0.37, 0.07), (0.31, 0.36), (0.15, 0.37), (0.0, 0.31), (0.0, 0.02), (0.18, 0.08)], page * np.float32(0.9))
    for k in range(4):
        y = 0.30 - 0.055 * k
        pen.line([(-0.29, y - 0.005), (-0.05, y - 0.03)], 0.008, page * np.float32(0.62))
        pen.line([(0.29, y - 0.005), (0.05, y - 0.03)], 0.008, page * np.float32(0.56))


def draw_tiller(pen: Pen, stage: Stage) -> None:
    wood = stage.lit(rgb("#8a5f38"))
    pen.polygon([(-0.34, 0.34), (-0.24, 0.36), (-0.20, 0.0), (-0.44, 0.0)], wood * np.float32(0.8))
    pen.limb(((-0.29, 0.33), (0.36, 0.40)), (0.030, 0.020), wood)
    pen.disc((0.37, 0.40), 0.026, wood * np.float32(1.2))


def draw_tent(pen: Pen, stage: Stage) -> None:
    named = next((thing.colour for thing in stage.scene.things if thing.tag == "tent"), "")
    cloth = stage.lit(rgb(named or "#d98a3a"))
    if stage.dark:  # a light burns in it
        cloth = mix(cloth, mix(rgb(named or "#ff9f4a"), rgb("#ff9f4a"), 0.45), 0.55)
    pen.polygon([(-0.85, 0.0), (-0.25, 0.78), (0.60, 0.70), (0.95, 0.0)], cloth * np.float32(0.78))
    pen.polygon([(-0.85, 0.0), (-0.25, 0.80), (0.30, 0.0)], cloth)
    pen.polygon(
        [(-0.46, 0.0), (-0.25, 0.60), (-0.02, 0.0)], mix(cloth, rgb("#fff0b8"), 0.6) if stage.dark else cloth * np.float32(0.4)
    )
    pen.line([(-0.25, 0.79), (-1.05, 0.02)], 0.010, cloth * np.float32(0.5))
    pen.line([(0.60, 0.70), (1.15, 0.02)], 0.010, cloth * np.float32(0.5))


def draw_snowman(pen: Pen, stage: Stage) -> None:
    snow = np.clip(stage.lit(rgb("#f6faff")) * np.float32(1.05), 0, 1)
    for y, r in ((0.20, 0.22), (0.50, 0.165), (0.75, 0.12)):
        pen.disc((0, y), r, snow)
    pen.limb(((0.06, 0.76), (0.24, 0.73)), (0.022, 0.004), stage.lit(rgb("#f2862a")))
    ink = stage.lit(rgb("#22252c"))
    for x, y in ((0.0, 0.80), (0.07, 0.80), (0.04, 0.58), (0.05, 0.50), (0.05, 0.42)):
        pen.disc((x, y), 0.016, ink)
    pen.limb(((-0.11, 0.655), (0.11, 0.655)), (0.030, 0.030), stage.lit(rgb("#c8332f")))
    pen.polygon(
        [(-0.14, 0.84), (0.14, 0.84), (0.14, 0.87), (0.09, 0.87), (0.09, 1.02), (-0.09, 1.02), (-0.09, 0.87), (-0.14, 0.87)], ink
    )
    for way in (-1, 1):
        pen.limb(((0.13 * way, 0.54), (0.36 * way, 0.66)), (0.012, 0.008), stage.lit(rgb("#5a4030")))
