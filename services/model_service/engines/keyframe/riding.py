"""Riders set on the drawing of what they ride."""

from collections.abc import Sequence

from services.model_service.engines.keyframe.casting import PEOPLE, Figure
from services.model_service.engines.keyframe.fauna import draw_figure
from services.model_service.engines.keyframe.people import draw_person
from services.model_service.engines.keyframe.sprites import place
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.staging import riders


def place_riders(stage: Stage, mount: Figure, ridden_by: Sequence[Figure], x: float, y: float, size: float, heading: int) -> None:
    """Draw the riders, and a small animal in the lap of the foremost, on the mount whose foot is at (x, y); `size` is a grown-up's
    height there, `heading` 1 or -1.
    """
    layer = stage.layers["cast"]
    people = [figure for figure in ridden_by if figure.tag in PEOPLE]
    marks = riders(stage, mount, people)
    for mark in marks:
        person = draw_person(stage, mark.figure, mark.act, size, facing=heading)
        place(stage, layer, person, x + mark.x * heading * size, y - mark.up * size, grounded=False)
    for pet in (figure for figure in ridden_by if figure.tag not in PEOPLE):
        foremost = marks[-1]
        pen = draw_figure(stage, pet, "sitting", size * 0.62, stage.rng("lap"))
        at = x + (foremost.x + 0.09) * heading * size
        place(stage, layer, pen, at, y - (foremost.up + 0.24) * size, facing=heading, grounded=False)
