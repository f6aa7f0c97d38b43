"""The cast on its ground: who stands where, how large for the framing, doing what, and the things beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.aloft import is_aloft, place_aloft
from services.model_service.engines.keyframe.arrange import has_hero, place_hero, place_things
from services.model_service.engines.keyframe.attire import BUILDS
from services.model_service.engines.keyframe.bestiary import measures
from services.model_service.engines.keyframe.fauna import draw_figure
from services.model_service.engines.keyframe.people import draw_person
from services.model_service.engines.keyframe.scene import PEOPLE, Figure
from services.model_service.engines.keyframe.sprites import Pen, place
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Shot:
    """A framing: a grown-up's height in units of the frame; how tall the tallest figure is at least; the row of its head's top.

    Where `head` is None the feet stand at the row `feet`; rows are shares of the frame's height.
    """

    size: float
    least: float
    feet: float
    head: float | None = None


SHOTS = {
    Framing.ESTABLISHING: Shot(0.15, 0.07, 0.77),
    Framing.WIDE: Shot(0.31, 0.17, 0.83),
    Framing.MEDIUM: Shot(0.64, 0.48, 0.0, head=0.33),
    Framing.CLOSE: Shot(1.30, 0.66, 0.0, head=0.25),
    Framing.DETAIL: Shot(1.40, 0.70, 0.0, head=0.25),
    Framing.LOW: Shot(0.54, 0.40, 0.85),
}


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where the standing figures are: scale (a grown-up's height), the row of the feet, and the columns they take, all pixels."""

    size: float
    feet: float
    left: float
    right: float


def place_cast(stage: Stage) -> None:
    """Draw the props and figures on the cast layer."""
    scene = stage.scene
    hero = has_hero(scene)
    figures = [figure for figure in scene.figures if not is_aloft(scene, figure.tag) and figure.tag != "crowd"]
    ranks = _ranks(stage, figures, beside_thing=hero)
    if any(figure.tag == "crowd" for figure in scene.figures):
        _crowd(stage, ranks)
    for figure, order in _orders(scene.figures):
        if is_aloft(scene, figure.tag):
            place_aloft(stage, figure, ranks.size, order)
    if hero:
        _line_up(stage, figures, ranks)
        place_hero(stage)
        return
    place_things(stage, size=ranks.size, feet=ranks.feet, left=ranks.left, right=ranks.right)
    _line_up(stage, figures, ranks)


def _orders(figures: Sequence[Figure]) -> Sequence[tuple[Figure, int]]:
    """Each figure with its number among those that are not on the ground."""
    return [(figure, index) for index, figure in enumerate(figures)]


def _width(figure: Figure) -> float:
    measured = measures(figure.tag)
    return measured[0] if measured else 0.34 * BUILDS[figure.tag].height


def _height(figure: Figure) -> float:
    measured = measures(figure.tag)
    return measured[1] if measured else BUILDS[figure.tag].height


def _gap(stage: Stage, figures: Sequence[Figure]) -> float:
    return -0.10 if _embracing(stage, figures) else 0.16


def _embracing(stage: Stage, figures: Sequence[Figure]) -> bool:
    return stage.scene.action == "hugging" and sum(figure.tag in PEOPLE for figure in figures) >= 2


def _ranks(stage: Stage, figures: Sequence[Figure], *, beside_thing: bool) -> Ranks:
    """How large, and where: the framing's size, grown for small figures, shrunk until all fit."""
    frame, unit = stage.frame, stage.unit
    shot = SHOTS[Framing.MEDIUM if beside_thing else stage.scene.framing]
    size = shot.size * unit * (1.45 if stage.scene.has("room") and shot.size < 0.5 else 1.0)
    tallest = max((_height(figure) for figure in figures), default=1.0) * (0.66 if stage.scene.action == "sitting" else 1.0)
    size = max(size, min(shot.least * unit / tallest, size * 2.6))
    total = sum(_width(figure) for figure in figures) + _gap(stage, figures) * max(len(figures) - 1, 0)
    if shot.size < 1 and total * size > frame.width * 0.9:
        size = frame.width * 0.9 / total
    feet = frame.height * shot.feet if shot.head is None else max(frame.height * shot.head + tallest * size, frame.height * 0.85)
    focus = _focus(stage, stage.rng("focus"), aside=beside_thing)
    return Ranks(size, feet, focus - total * size / 2, focus + total * size / 2)


def _line_up(stage: Stage, figures: Sequence[Figure], ranks: Ranks) -> None:
    """Side by side, all on one ground line give or take a step."""
    rng, size = stage.rng("cast"), ranks.size
    embracing, gap = _embracing(stage, figures), _gap(stage, figures)
    heading = 1 if (stage.side > 0) != (rng.random() < 0.15) else -1
    x = ranks.left
    for index, figure in enumerate(figures):
        centre = x + _width(figure) * size / 2
        facing = (1 if index % 2 == 0 else -1) if embracing else heading
        step = 0.0 if embracing else min(size * 0.05, stage.unit * 0.02) * (index % 2)
        place(stage, stage.layers["cast"], _draw(stage, figure, size, rng, index), centre, ranks.feet + step, facing=facing)
        x += (_width(figure) + gap) * size


def _focus(stage: Stage, rng: np.random.Generator, *, aside: bool) -> float:
    """Where the eye is led: near a third of the frame, on the side with less to look at."""
    near = stage.scene.framing in {Framing.CLOSE, Framing.DETAIL, Framing.MEDIUM}
    crowded = stage.scene.has("lighthouse", "castle", "village", "ruins", "snow peaks", "mountains", "room")
    landmark = crowded or stage.scene.props & {"house", "door", "tree"}
    away = stage.side if landmark else -stage.side
    return stage.frame.width * (0.5 + away * (0.19 if aside else 0.10 if near else 0.13) + 0.05 * (float(rng.random()) - 0.5))


def _draw(stage: Stage, figure: Figure, size: float, rng: np.random.Generator, index: int) -> Pen:
    action = stage.scene.action
    if (action == "pointing" and index) or (action == "hugging" and not _embracing(stage, stage.scene.figures)):
        action = "looking up" if action == "pointing" else "standing"
    if figure.tag in BUILDS:
        return draw_person(stage, figure, action, size, rng)
    return draw_figure(stage, figure, action, size, rng)


def _crowd(stage: Stage, ranks: Ranks) -> None:
    rng, frame = stage.rng("crowd"), stage.frame
    kinds = ("man", "woman", "old man", "boy", "woman", "man", "girl", "traveller")
    near = min(ranks.size, stage.unit * 0.42)
    line = min(ranks.feet, frame.height * 0.83)
    for row, share in enumerate((0.62, 0.78, 1.0)):
        count = int(10 - 2 * row)
        y = stage.horizon + (line - stage.horizon) * (0.55 + 0.45 * share) - near * 0.10 * (2 - row)
        for index in range(count):
            x = frame.width * (0.5 + (index - (count - 1) / 2) / count * 0.86) + near * float(rng.uniform(-0.12, 0.12))
            pen = draw_person(stage, Figure(kinds[int(rng.integers(len(kinds)))]), "standing", near * share, rng)
            place(stage, stage.layers["cast"], pen, x, y, facing=1 if x < frame.width / 2 else -1, depth=0.22 * (2 - row) / 2)
