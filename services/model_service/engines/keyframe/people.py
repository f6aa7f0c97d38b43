"""People: a figure of any kind, pose and turn, drawn part by part from the back to the front."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from services.model_service.engines.keyframe import attire, gear, heads, robots
from services.model_service.engines.keyframe.canvas import Array, Point
from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.costumes import Wardrobe, costume_of, dress, lit_cloth
from services.model_service.engines.keyframe.faces import EXPRESSIONS
from services.model_service.engines.keyframe.figure_brush import Brush
from services.model_service.engines.keyframe.handheld import HELD, Grip
from services.model_service.engines.keyframe.held import AS_ICONS
from services.model_service.engines.keyframe.props import PROPS
from services.model_service.engines.keyframe.skeleton import Pose, Skeleton, solve
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Act:
    """What one person does: the pose, how far it is turned (0 faces the viewer, 90 faces right or left, 180 away), what the
    face says, and what is in the near and the far hand, pointing `aim` degrees from straight up to the front, in the
    `colour` that is named for it (`tint` is that colour under the scene's light). An `opened` box has its lid up.
    """

    pose: Pose
    yaw: float
    feeling: str = "calm"
    near: str = ""
    far: str = ""
    aim: float = 12.0
    big: float = 1.0
    ground: float = 0.0
    colour: str = ""
    opened: bool = False
    tint: Array | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What can be seen around a figure's origin, in pixels: left, right, up and down."""

    left: float
    right: float
    up: float
    down: float


_ROOM = (0.95, 0.95, 1.60, 0.14)
"""A figure's own room: left, right, up and down in shares of a grown-up's height, with whatever it holds."""
_MARGIN = 0.10


def draw_person(
    stage: Stage, figure: Figure, act: Act, size: float, *, facing: int = 1, window: Window | None = None, arms_only: bool = False
) -> Brush:
    """The person with the feet at the origin. `size` is a grown-up's height in pixels; what lies outside the window is not drawn.

    `arms_only` draws the near arm alone: laid over another figure it holds her.
    """
    left, right, top, bottom = _ROOM
    if window is not None:
        left, right = min(left, window.left / size + _MARGIN), min(right, window.right / size + _MARGIN)
        top, bottom = min(top, window.up / size + _MARGIN), min(bottom, window.down / size + _MARGIN)
    pen = Brush(size, left=left, right=right, top=top, bottom=bottom, facing=facing, side=stage.side)
    pen.wind = _wind(stage) * facing
    wear = dress(stage, figure)
    if act.colour:
        act = replace(act, tint=lit_cloth(stage, act.colour))
    sk = solve(wear.costume.body, act.pose, act.yaw)
    if arms_only:
        _arm(pen, sk, 0, wear, act)
    else:
        for draw in _in_order(pen, sk, wear, act):
            draw()
    pen.trim()
    return pen


def _wind(stage: Stage) -> float:
    """How strongly it blows to the right; away from the light, as clouds drift."""
    weather = stage.scene.weather
    if stage.scene.has("room", "space", "underwater"):
        return 0.0
    return -stage.side * (0.95 if "storm" in weather else 0.7 if "wind" in weather else 0.0)


def hand_at(stage: Stage, figure: Figure, act: Act) -> Point:
    """Where the hand that holds something is, in grown-ups' heights from the feet, facing right."""
    body = costume_of(figure, ancient=stage.scene.ancient).body
    return solve(body, act.pose, act.yaw).arms[1 if act.far else 0].end.point


def _in_order(pen: Brush, sk: Skeleton, wear: Wardrobe, act: Act) -> list[Callable[[], None]]:
    """Parts from the farthest to the nearest to the viewer."""
    away = math.cos(math.radians(sk.yaw)) < -0.05
    arms = [(0.5 * (arm.bend.depth + arm.end.depth), index) for index, arm in enumerate(sk.arms)]
    behind = [index for depth, index in sorted(arms) if depth < -0.018]
    before = [index for depth, index in sorted(arms) if depth >= -0.018]
    legs = sorted((0, 1), key=lambda i: sk.legs[i].bend.depth + sk.legs[i].end.depth)
    mood = EXPRESSIONS[act.feeling]
    if wear.costume.top == "robot":
        return _robot_in_order(pen, sk, wear, act, behind, before, legs)
    parts: list[Callable[[], None]] = []
    if not away:
        parts += [lambda: gear.draw_back(pen, sk, wear), lambda: heads.draw_hair_behind(pen, sk, wear)]
    parts += [_arm_part(pen, sk, index, wear, act) for index in behind]
    parts += [_leg_part(pen, sk, index, wear) for index in legs]
    parts += [
        lambda: attire.draw_skirt(pen, sk, wear),
        lambda: attire.draw_trunk(pen, sk, wear),
        lambda: gear.draw_front(pen, sk, wear),
    ]
    shy = sk.pose.nod < 26
    if away:
        parts += [lambda: gear.draw_back(pen, sk, wear)]
    if not shy or away:
        parts += [_arm_part(pen, sk, index, wear, act) for index in before if away]
    parts += [lambda: gear.draw_straw(pen, sk, wear, upper=False), lambda: gear.draw_neckwear(pen, sk, wear)]
    parts += [lambda: heads.draw_head(pen, sk, wear, mood)]
    if away:
        parts += [lambda: heads.draw_hair_behind(pen, sk, wear)]
    else:
        parts += [_arm_part(pen, sk, index, wear, act) for index in before]
    if away or sk.pose.nod < 20:
        parts += [lambda: gear.draw_straw(pen, sk, wear, upper=True)]
    return parts


def _robot_in_order(
    pen: Brush, sk: Skeleton, wear: Wardrobe, act: Act, behind: list[int], before: list[int], legs: list[int]
) -> list[Callable[[], None]]:
    mood = EXPRESSIONS[act.feeling]
    return [
        *(_arm_part(pen, sk, index, wear, act) for index in behind),
        *(_leg_part(pen, sk, index, wear) for index in legs),
        lambda: robots.draw_trunk(pen, sk, wear, mood),
        lambda: robots.draw_head(pen, sk, wear, mood),
        *(_arm_part(pen, sk, index, wear, act) for index in before),
    ]


def _arm_part(pen: Brush, sk: Skeleton, index: int, wear: Wardrobe, act: Act) -> Callable[[], None]:
    return lambda: _arm(pen, sk, index, wear, act)


def _leg_part(pen: Brush, sk: Skeleton, index: int, wear: Wardrobe) -> Callable[[], None]:
    draw = robots.draw_leg if wear.costume.top == "robot" else attire.draw_leg
    return lambda: draw(pen, sk, index, wear)


def _arm(pen: Brush, sk: Skeleton, index: int, wear: Wardrobe, act: Act) -> None:
    thing = act.far if index else act.near
    if thing in HELD:
        grip = Grip(sk.arms[index].end.point, act.aim, act.big, act.ground, act.tint, opened=act.opened)
        HELD[thing](pen, grip, wear)
    elif thing in AS_ICONS:
        own = AS_ICONS[thing]
        x, y = sk.arms[index].end.point
        at = (x, y if own.hangs else y - 0.03)
        pen.icon(
            PROPS[thing].icon,
            at,
            own.height * act.big,
            wear.white,
            grip=(own.grip[0] if pen.facing > 0 else 1 - own.grip[0], 0.94 if own.hangs else own.grip[1]),
            angle=own.angle,
            mirrored=pen.facing < 0,
            colour=act.colour or PROPS[thing].colour,
        )
    (robots.draw_arm if wear.costume.top == "robot" else attire.draw_arm)(pen, sk, index, wear)
