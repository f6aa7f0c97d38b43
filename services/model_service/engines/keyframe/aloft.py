"""Figures that do not stand on the ground: in the air, on the water, under the surface, before the stars."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe import creatures
from services.model_service.engines.keyframe.bestiary import KINDS, Home
from services.model_service.engines.keyframe.casting import PEOPLE
from services.model_service.engines.keyframe.fauna import draw_figure
from services.model_service.engines.keyframe.riding import place_riders
from services.model_service.engines.keyframe.scene import Figure, Scene
from services.model_service.engines.keyframe.sprites import Pen, place
from services.model_service.engines.keyframe.stage import Stage

_WATERS = ("sea", "beach", "lighthouse", "river")
_WATER_LAYER = "mid"
_NEAR = {Framing.CLOSE, Framing.DETAIL, Framing.MEDIUM}
_LEAPERS = {"dolphin", "orca", "koi", "fish"}
WINGED = frozenset({"crane", "owl", "crow", "sparrow", "swan", "goose", "duck", "parrot", "flamingo"})
"""Birds that stand on the ground or swim until they are said to fly."""
_PERCHED = {"sitting", "standing"}
_FAR_OUT = {"ship", "boat", "steamer"}
_DRAUGHT = {"whale": 0.34, "shark": 0.45, "orca": 0.30, "octopus": 0.45, "squid": 0.5, "jellyfish": 0.5, "submarine": 0.42}
"""How much of a body that shows itself at the surface is under it."""
_LEAP = 0.06
_HUGE = 1.6
_HUGGED = 0.5
"""The height from which on an animal is hugged where it stands, not held."""
_PLUMES = {"crane": "#f2efe8", "swan": "#f4f1ea", "goose": "#d8d2c4", "crow": "#23232b", "flamingo": "#e58aa8"}


def embraced(scene: Scene) -> Figure | None:
    """The large animal that the only person of the scene puts the arms around."""
    people = [figure for figure in scene.figures if figure.tag in PEOPLE]
    others = [figure for figure in scene.figures if figure.tag not in PEOPLE]
    if scene.action != "hugging" or len(people) != 1 or len(others) != 1 or others[0].tag not in KINDS:
        return None
    kind = KINDS[others[0].tag]
    return others[0] if kind.height >= _HUGGED and kind.home in {Home.GROUND, Home.AIR} else None


def is_aloft(scene: Scene, tag: str) -> bool:
    """Whether the figure is placed here rather than in the row on the ground."""
    kind = KINDS.get(tag)
    if kind is None:
        return False
    if tag in WINGED and scene.action == "flying":
        return True
    hugged = embraced(scene)
    if hugged is not None and hugged.tag == tag:
        return False
    if kind.home in {Home.AIR, Home.SPACE}:
        return not (tag == "bird" and scene.has("room") and scene.action in _PERCHED)
    if kind.home is Home.SHORE:
        return scene.has(*_WATERS, "underwater")
    return kind.home in {Home.WATER, Home.DEEP}


def place_aloft(stage: Stage, figure: Figure, size: float, order: int = 0, ridden_by: Sequence[Figure] = ()) -> None:
    """Set the figure, the `order`-th of its like, where it is at home, with its riders on it; `size` is a grown-up's height in
    pixels.
    """
    if ridden_by:
        _carry(stage, figure, ridden_by)
        return
    home = KINDS[figure.tag].home
    if figure.tag in WINGED and stage.scene.action == "flying":
        _fly(stage, figure, size, order)
    elif stage.scene.has("underwater") and home is not Home.AIR:
        _swim(stage, figure, size, order)
    elif home in {Home.AIR, Home.SPACE}:
        _fly(stage, figure, size, order)
    else:
        _float(stage, figure, size, order)


def _carry(stage: Stage, mount: Figure, ridden_by: Sequence[Figure]) -> None:
    """A mount large in the middle of the picture with its riders: in the air, or its back above the water."""
    rng, frame, kind = stage.rng(f"aloft {mount.tag} 0"), stage.frame, KINDS[mount.tag]
    near = stage.scene.framing in _NEAR
    heading = _heading(rng)
    tall = stage.unit * (0.80 if near else 0.70)
    size = min(tall / kind.height, frame.width * 0.80 / kind.breadth)
    x = frame.width * (0.5 - heading * 0.03)
    on_water = kind.home in {Home.DEEP, Home.SHORE, Home.WATER} and stage.scene.has(*_WATERS)
    y = max(frame.height * 0.68, stage.horizon + stage.unit * 0.06) if on_water else frame.height * 0.52 + size * kind.height * 0.5
    pen = draw_figure(stage, mount, "flying", size, rng)
    layer = stage.layers["cast"]
    if on_water and mount.tag in _DRAUGHT:
        pen.submerge(_DRAUGHT[mount.tag])
        place(stage, layer, pen, x, y, facing=heading, grounded=False)
        wake(stage, x, y, size * kind.breadth * 0.5)
        y += _DRAUGHT[mount.tag] * kind.height * size
    else:
        place(stage, layer, pen, x, y, facing=heading, grounded=False)
    place_riders(stage, mount, ridden_by, x, y, size, heading)


def _heading(rng: np.random.Generator) -> int:
    return 1 if rng.random() < 0.5 else -1


def _grown(stage: Stage, figure: Figure, size: float, least: float, most: float) -> float:
    """The size at which the figure itself is between `least` and `most` units tall or, when wide, broad."""
    kind = KINDS[figure.tag]
    reach = max(kind.height, kind.breadth * 0.72)
    company = sum(is_aloft(stage.scene, other.tag) for other in stage.scene.figures)
    most *= (1.0, 1.0, 0.80, 0.66)[min(company, 3)]
    return min(max(size, stage.unit * min(least, most) / reach), stage.unit * most / reach)


def _column(stage: Stage, rng: np.random.Generator, order: int, *, clear_of_landmarks: bool) -> float:
    landmark = stage.scene.has("castle", "lighthouse", "snow peaks", "mountains")
    away = stage.side if clear_of_landmarks and landmark else -stage.side
    spread = (0.10, -0.24, 0.30, -0.04, 0.22)[order % 5]
    return stage.frame.width * (0.5 + away * (spread + float(rng.uniform(-0.04, 0.04))))


def _fly(stage: Stage, figure: Figure, size: float, order: int) -> None:
    rng, frame, kind = stage.rng(f"aloft {figure.tag} {order}"), stage.frame, KINDS[figure.tag]
    near = stage.scene.framing in _NEAR
    cast = stage.layers["cast"]
    heading, x = _heading(rng), _column(stage, rng, order, clear_of_landmarks=True)
    small = kind.height < 0.5
    least, most = (0.13 if small else 0.34, 0.30 if small else 0.62) if near else (0.09 if small else 0.24, 0.16 if small else 0.46)
    if figure.tag in stage.scene.huge:
        least, most = least * _HUGE, most * _HUGE
    grown = _grown(stage, figure, size, least, most)
    open_sky = stage.scene.has("space", "room", "underwater", "cave")
    sky = frame.height * 0.52 if open_sky else stage.horizon * (0.72 if not small else 0.80)
    y = max(sky, grown * kind.height * 1.12 + frame.height * 0.03)
    stands = figure.tag in stage.scene.huge and "house" in stage.scene.props and stage.scene.action != "flying"
    if stands:
        grown = min(stage.unit * 0.74 / kind.height, frame.width * 0.46 / kind.breadth)
        heading, x, y = -stage.side, frame.width * (0.5 + stage.side * 0.20), stage.y(0.62)  # as large as the house, facing it
    for index in range(kind.flock, -1, -1):
        share = 1.0 if index == 0 else float(rng.uniform(0.40, 0.75))
        bx = x + (0 if index == 0 else stage.unit * float(rng.uniform(-0.48, 0.48)))
        by = y if index == 0 else y * float(rng.uniform(0.50, 1.05))
        if figure.tag == "bird" or figure.tag in WINGED:
            plumed = figure if figure.outer or figure.tag == "bird" else replace(figure, outer=_PLUMES.get(figure.tag, "#8a8d93"))
            pen = creatures.draw_bird(stage, plumed, grown * (1.7 if figure.tag == "bird" else 1.35) * share, rng, flying=True)
        else:
            pen = draw_figure(stage, figure, "flying", grown * share, rng)
        place(stage, cast, pen, bx, by, facing=heading, grounded=stands, depth=0.0 if index == 0 else 0.12)


def _float(stage: Stage, figure: Figure, size: float, order: int) -> None:
    """On the water: keels and swimmers at their waterline, in the far layer; where there is none, on the ground."""
    rng, frame, kind = stage.rng(f"aloft {figure.tag} {order}"), stage.frame, KINDS[figure.tag]
    near = stage.scene.framing in _NEAR
    heading = _heading(rng)
    if not stage.scene.has(*_WATERS):
        grown = _grown(stage, figure, size, 0.16, 0.50)
        x = _column(stage, rng, order, clear_of_landmarks=True)
        on_ground = min(frame.height * 0.80, stage.y(0.62))
        place(stage, stage.layers["cast"], draw_figure(stage, figure, "", grown, rng), x, on_ground, facing=heading)
        return
    x = frame.width * (0.5 + stage.side * ((0.08, -0.22, 0.30, -0.02, 0.18)[order % 5] + float(rng.uniform(-0.04, 0.04))))
    large = kind.height > 0.7
    grown = _grown(
        stage,
        figure,
        size,
        0.26 if large else 0.13 if _on_foot(stage) else 0.20,
        (0.56 if near else 0.46) if large else 0.26 if _on_foot(stage) else 0.34,
    )
    y = _water_row(stage, x, grown * kind.breadth * 0.5, (0.30 if figure.tag in _FAR_OUT else 0.62) + 0.12 * order)
    pen = draw_figure(stage, figure, "", grown, rng)
    if stage.scene.action == "jumping" and kind.home is Home.DEEP:
        _leap(stage, pen, x, y, grown * kind.breadth, heading)
        return
    if figure.tag in _DRAUGHT:
        pen.submerge(_DRAUGHT[figure.tag])
    elif figure.tag in _LEAPERS:
        pen.submerge(_LEAP)
    elif kind.icon and kind.home is Home.SHORE:
        pen.submerge(0.16)
    place(stage, stage.layers[_WATER_LAYER], pen, x, y, facing=heading, grounded=False, depth=0.05)
    wake(stage, x, y, grown * kind.breadth * 0.5)


def _on_foot(stage: Stage) -> bool:
    """Whether people stand before the water; without them a small boat is what the picture is about."""
    return any(figure.tag in PEOPLE for figure in stage.scene.figures)


def _leap(stage: Stage, pen: Pen, x: float, y: float, length: float, heading: int) -> None:
    """Out of the water head first, the tail still in it, with the splash at its foot."""
    layer = stage.layers[_WATER_LAYER]
    pen.tilt(38.0)
    pen.submerge(0.16)
    place(stage, layer, pen, x, y, facing=heading, grounded=False, depth=0.05)
    wake(stage, x - heading * length * 0.10, y, length * 0.34)


def _water_row(stage: Stage, x: float, half: float, share: float) -> float:
    """A row of open water at the columns x ± half: `share` of the way from the horizon to the land before it."""
    frame, top = stage.frame, int(stage.horizon) + 2
    left, right = max(int(x - half), 0), min(int(x + half) + 1, frame.width)
    land = stage.layers["ground"].rgba[top : int(frame.height * 0.84), left:right, 3]
    rows = np.flatnonzero((land > 0.5).any(1)) if right > left else np.zeros(0)
    shore = float(top + rows[0]) if rows.size else frame.height * 0.84
    return stage.horizon + max(shore - stage.horizon, frame.height * 0.03) * min(share, 0.85)


def wake(stage: Stage, x: float, y: float, half: float) -> None:
    """Light water around a hull or a body, so that it lies in the water and not on it."""
    frame, layer = stage.frame, stage.layers[_WATER_LAYER]
    foam = np.clip(stage.palette.haze * np.float32(1.12), 0, 1)
    tall = max(half * 0.075, 1.5)
    top, bottom = max(int(y - tall * 3), 0), min(int(y + tall * 3) + 1, frame.height)
    left, right = max(int(x - half * 1.5), 0), min(int(x + half * 1.5) + 1, frame.width)
    if bottom <= top or right <= left:
        return
    dx = (frame.columns[:, left:right] - np.float32(x)) / np.float32(half * 0.9)
    dy = (frame.rows[top:bottom] - np.float32(y)) / np.float32(tall)
    ripple = np.exp(-(dx**2) * 1.6) * np.exp(-(dy**2)) * (0.42 + 0.2 * np.sin(dx * 9 + dy * 2))
    layer.fill(ripple.astype(np.float32), foam, slice(top, bottom), slice(left, right))


def _swim(stage: Stage, figure: Figure, size: float, order: int) -> None:
    rng, frame, kind = stage.rng(f"aloft {figure.tag} {order}"), stage.frame, KINDS[figure.tag]
    heading, x = _heading(rng), _column(stage, rng, order, clear_of_landmarks=False)
    small = kind.height < 0.4
    grown = _grown(stage, figure, size, 0.16 if small else 0.34, 0.26 if small else 0.62)
    y = min(frame.height * (0.58, 0.36, 0.70)[order % 3] + grown * kind.height * 0.3, frame.height * 0.84)
    for index in range(kind.flock, -1, -1):
        share = 1.0 if index == 0 else float(rng.uniform(0.35, 0.70))
        fx = x + (0 if index == 0 else stage.unit * float(rng.uniform(-0.7, 0.7)))
        fy = y if index == 0 else frame.height * float(rng.uniform(0.2, 0.72))
        pen = draw_figure(stage, figure, "swimming", grown * share, rng)
        place(
            stage,
            stage.layers["cast"],
            pen,
            fx,
            fy,
            facing=heading,
            grounded=False,
            rim=0.5,
            depth=0.06 if index == 0 else 0.28,
        )
