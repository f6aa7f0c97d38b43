"""Figures that do not stand on the ground: on the water, in the air, under the surface."""

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe import creatures, vehicles
from services.model_service.engines.keyframe.land import AFLOAT
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import place
from services.model_service.engines.keyframe.stage import Stage

FLOATING = AFLOAT | {"dragon", "bird", "fish", "whale"}
"""The tags placed here."""


def place_aloft(stage: Stage, figure: Figure, size: float) -> None:
    """Who does not stand on the ground: on the water, in the air, under the surface."""
    rng, frame = stage.rng(f"aloft {figure.tag}"), stage.frame
    cast, far = stage.layers["cast"], stage.layers["far"]
    near = stage.scene.framing in {Framing.CLOSE, Framing.DETAIL, Framing.MEDIUM}
    heading = 1 if rng.random() < 0.5 else -1
    away = stage.side if stage.scene.has("castle", "lighthouse", "snow peaks", "mountains") else -stage.side
    x = frame.width * (0.5 + away * float(rng.uniform(0.04, 0.18)))
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
