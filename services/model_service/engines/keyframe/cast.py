"""The cast on its ground: who stands where, how large for the framing, doing what."""

from dataclasses import dataclass

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe import creatures, vehicles
from services.model_service.engines.keyframe.land import AFLOAT
from services.model_service.engines.keyframe.people import BUILDS, draw_person
from services.model_service.engines.keyframe.props import LIGHTS, PLACED, place_prop
from services.model_service.engines.keyframe.scene import PEOPLE, Figure
from services.model_service.engines.keyframe.sprites import Pen, place
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Shot:
    """A framing: a grown-up's height in units of the frame, and the row of the feet in shares of its height."""

    size: float
    feet: float


SHOTS = {
    Framing.ESTABLISHING: Shot(0.15, 0.76),
    Framing.WIDE: Shot(0.30, 0.825),
    Framing.MEDIUM: Shot(0.62, 1.00),
    Framing.CLOSE: Shot(1.30, 1.60),
    Framing.DETAIL: Shot(1.55, 1.80),
    Framing.LOW: Shot(0.52, 0.845),
}
ALOFT = frozenset({"dragon", "bird"})
SWIMMING = frozenset({"fish", "whale"})
WIDTHS = {
    "horse": 0.95,
    "ship": 1.9,
    "boat": 1.2,
    "car": 1.9,
    "train": 3.4,
    "dragon": 1.6,
    "whale": 1.8,
    "dog": 0.55,
    "wolf": 0.62,
    "puppy": 0.34,
    "cat": 0.26,
    "rabbit": 0.2,
    "bird": 0.3,
    "fish": 0.35,
    "deer": 0.7,
    "robot": 0.45,
}
HEIGHTS = {
    "horse": 1.3,
    "puppy": 0.36,
    "dog": 0.5,
    "wolf": 0.5,
    "cat": 0.28,
    "rabbit": 0.28,
    "bird": 0.2,
    "deer": 1.1,
    "car": 0.65,
    "train": 1.3,
    "robot": 1.0,
}


def place_cast(stage: Stage) -> None:
    """Draw the props and figures on the cast layer."""
    figures = stage.scene.figures
    shot = SHOTS[stage.scene.framing]
    size = shot.size * stage.unit * (1.45 if stage.scene.has("room") and shot.size < 0.5 else 1.0)
    feet = shot.feet * stage.frame.height
    crowd = any(figure.tag == "crowd" for figure in figures)
    if crowd:
        _crowd(stage, size, feet)
    walking = [f for f in figures if f.tag in PEOPLE or f.tag in creatures.BEASTS or f.tag in {"robot", "car", "train"}]
    others = [f for f in figures if f.tag in AFLOAT | ALOFT | SWIMMING]
    if walking and not any(f.tag in PEOPLE or f.tag in {"robot", "car", "train", "horse", "deer"} for f in walking):
        tallest = max(HEIGHTS.get(f.tag, 1.0) for f in walking)
        grow = min(0.72 / tallest, 2.0)
        size *= grow
        if feet > stage.frame.height:
            feet = stage.frame.height * 0.90 if tallest * size < stage.unit * 0.6 else feet - (grow - 1) * 0.2 * stage.unit
    _props(stage, size, feet, bool(walking))
    for figure in others:
        _elsewhere(stage, figure, size)
    _line_up(stage, walking, size, feet)


def _line_up(stage: Stage, figures: list[Figure], size: float, feet: float) -> None:
    """Side by side around the focus, small ones in front, all on one ground line give or take a step."""
    if not figures:
        return
    rng, frame = stage.rng("cast"), stage.frame
    hugging = stage.scene.action == "hugging" and len([f for f in figures if f.tag in PEOPLE]) >= 2
    gap = -0.10 if hugging else 0.16
    widths = [WIDTHS.get(f.tag, 0.32 * (BUILDS[f.tag].height if f.tag in BUILDS else 1.0)) for f in figures]
    total = sum(widths) + gap * (len(figures) - 1)
    room = frame.width * 0.92 / max(total * size, 1)
    if room < 1 and stage.scene.framing not in {Framing.CLOSE, Framing.DETAIL}:
        size *= max(room, 0.4)
    focus = _focus(stage, rng)
    heading = 1 if (stage.side > 0) != (rng.random() < 0.15) else -1
    x = focus - total * size / 2
    for index, (figure, width) in enumerate(zip(figures, widths, strict=True)):
        centre = x + width * size / 2
        facing = heading if not hugging else (1 if index % 2 == 0 else -1)
        step = size * 0.05 * (index % 2) if not hugging else 0.0
        pen = _draw(stage, figure, size, rng)
        place(stage, stage.layers["cast"], pen, centre, min(feet + step, feet + stage.unit * 0.02), facing=facing)
        x += (width + gap) * size


def _focus(stage: Stage, rng: np.random.Generator) -> float:
    """Where the eye is led: a third of the frame, on the side with less to look at."""
    frame = stage.frame
    near = stage.scene.framing in {Framing.CLOSE, Framing.DETAIL, Framing.MEDIUM}
    landmark = stage.scene.has(
        "lighthouse", "castle", "village", "ruins", "snow peaks", "mountains", "room"
    ) or stage.scene.props & {"house", "door", "tree"}
    away = stage.side if landmark else -stage.side
    return frame.width * (0.5 + away * (0.10 if near else 0.13) + 0.05 * (float(rng.random()) - 0.5))


def _draw(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    action = stage.scene.action
    if figure.tag in BUILDS:
        return draw_person(stage, figure, action, size, rng)
    if figure.tag in creatures.BEASTS:
        return creatures.draw_beast(stage, figure, action, size, rng)
    if figure.tag == "robot":
        return creatures.draw_robot(stage, figure, size, rng)
    if figure.tag == "car":
        return vehicles.draw_car(stage, figure, size, rng)
    return vehicles.draw_train(stage, figure, size, rng)


def _elsewhere(stage: Stage, figure: Figure, size: float) -> None:
    """Who does not stand on the ground: on the water, in the air, under the surface."""
    rng, frame = stage.rng(f"aloft {figure.tag}"), stage.frame
    cast, far = stage.layers["cast"], stage.layers["far"]
    near = stage.scene.framing in {Framing.CLOSE, Framing.DETAIL, Framing.MEDIUM}
    heading = 1 if rng.random() < 0.5 else -1
    x = frame.width * (0.5 - stage.side * float(rng.uniform(0.02, 0.16)))
    grown = min(max(size, stage.unit * 0.24), stage.unit * 0.55)
    if figure.tag in AFLOAT:
        on_water = stage.scene.has("sea", "beach", "lighthouse", "river", "underwater")
        draw = vehicles.draw_ship if figure.tag == "ship" else vehicles.draw_boat
        if on_water:
            x = frame.width * (0.5 + stage.side * float(rng.uniform(0.02, 0.14)))
            pen = draw(stage, figure, grown * (1.15 if near else 0.85), rng)
            place(stage, far, pen, x, stage.y(0.34 if figure.tag == "boat" else 0.22), facing=heading, grounded=False, depth=0.06)
        else:
            place(stage, cast, draw(stage, figure, grown, rng), x, stage.y(0.5), facing=heading)
    elif figure.tag == "bird":
        if stage.scene.action in {"sitting", "standing"} and near:
            place(
                stage,
                cast,
                creatures.draw_bird(stage, figure, size * 1.6, rng, flying=False),
                x,
                frame.height * 0.84,
                facing=heading,
            )
            return
        for index in range(5):
            share = 1.0 if index == 0 else float(rng.uniform(0.35, 0.7))
            bird = creatures.draw_bird(stage, figure, grown * 1.15 * share, rng, flying=True)
            bx = x + (0 if index == 0 else stage.unit * float(rng.uniform(-0.45, 0.45)))
            place(
                stage,
                cast,
                bird,
                bx,
                stage.horizon * (0.62 if index == 0 else float(rng.uniform(0.25, 0.6))),
                facing=heading,
                grounded=False,
            )
    elif figure.tag == "dragon":
        place(
            stage,
            cast,
            creatures.draw_dragon(stage, figure, grown * 1.1, rng),
            x,
            stage.horizon * 0.80,
            facing=heading,
            grounded=False,
        )
    elif figure.tag == "whale":
        under = stage.scene.has("underwater")
        pen = creatures.draw_whale(stage, figure, grown * (1.1 if under else 0.8), rng)
        place(
            stage, cast if under else far, pen, x, frame.height * 0.52 if under else stage.y(0.40), facing=heading, grounded=False
        )
    else:
        for index in range(7 if stage.scene.has("underwater") else 1):
            fish = creatures.draw_fish(stage, figure, grown * (1.5 if index == 0 else float(rng.uniform(0.5, 1.0))), rng)
            fx = x + (0 if index == 0 else stage.unit * float(rng.uniform(-0.7, 0.7)))
            fy = (
                frame.height * (0.55 if index == 0 else float(rng.uniform(0.2, 0.72)))
                if stage.scene.has("underwater")
                else frame.height * 0.78
            )
            place(stage, cast, fish, fx, fy, facing=heading, grounded=False)


def _crowd(stage: Stage, size: float, feet: float) -> None:
    rng, frame = stage.rng("crowd"), stage.frame
    kinds = ("man", "woman", "old man", "boy", "woman", "man", "girl", "traveller")
    near = min(size, stage.unit * 0.42)
    line = min(feet, frame.height * 0.83)
    for row, share in enumerate((0.62, 0.78, 1.0)):
        count = int(10 - 2 * row)
        y = stage.horizon + (line - stage.horizon) * (0.55 + 0.45 * share) - near * 0.10 * (2 - row)
        for index in range(count):
            x = frame.width * (0.5 + (index - (count - 1) / 2) / count * 0.86) + near * float(rng.uniform(-0.12, 0.12))
            pen = draw_person(stage, Figure(kinds[int(rng.integers(len(kinds)))]), "standing", near * share, rng)
            place(stage, stage.layers["cast"], pen, x, y, facing=1 if x < frame.width / 2 else -1, depth=0.22 * (2 - row) / 2)


def _props(stage: Stage, size: float, feet: float, beside: bool) -> None:
    """Things to hold in view: in a detail shot large and alone in the middle, else on the ground beside the cast."""
    frame = stage.frame
    named = [name for name in PLACED if name in stage.scene.props]
    detail = stage.scene.framing in {Framing.DETAIL, Framing.CLOSE} and not beside
    for index, name in enumerate(named[:3]):
        if name == "balloon":
            place_prop(
                stage, stage.layers["far"], name, frame.width * (0.5 - stage.side * 0.24), stage.horizon * 0.72, stage.unit * 0.30
            )
            continue
        if detail and name not in {"tent", "snowman"}:
            x, y, scale = frame.width * (0.5 + 0.16 * index), frame.height * 0.80, stage.unit * 1.05
        else:
            aside = stage.side if stage.scene.has("lighthouse", "castle", "village") else -stage.side
            large = name in {"tent", "snowman"}
            scale = min(size, stage.unit * 0.5) * (1.0 if large or name in LIGHTS else 0.8)
            x = frame.width * (0.5 - aside * (0.16 + 0.13 * index)) if beside else frame.width * (0.5 + 0.2 * index)
            y = min(feet, frame.height * 0.835) - (stage.unit * 0.05 if large else 0.0)
            scale = max(scale, stage.unit * 0.26)
        place_prop(stage, stage.layers["cast"], name, x, y, scale)
