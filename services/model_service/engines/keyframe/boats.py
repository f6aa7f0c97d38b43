"""People in a small boat: the hull drawn around them, their oars or their pole, and what the water mirrors of it all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.aloft import wake
from services.model_service.engines.keyframe.canvas import Array, Layer, Point, mix, rgb
from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.costumes import costume_of, dress
from services.model_service.engines.keyframe.directions import FEELING_OF_MOOD
from services.model_service.engines.keyframe.fauna import draw_figure
from services.model_service.engines.keyframe.figure_brush import Brush, along, shaded
from services.model_service.engines.keyframe.held import AS_ICONS, DRAWN, RAISED, carried
from services.model_service.engines.keyframe.people import Act, draw_person, hand_at
from services.model_service.engines.keyframe.poses import GRIPS, POSES
from services.model_service.engines.keyframe.props import cast_light, gives_light, place_prop
from services.model_service.engines.keyframe.skeleton import Pose
from services.model_service.engines.keyframe.sprites import place
from services.model_service.engines.keyframe.stage import Stage

_SIZES = {
    Framing.ESTABLISHING: 0.20,
    Framing.WIDE: 0.36,
    Framing.LOW: 0.46,
    Framing.MEDIUM: 0.80,
    Framing.CLOSE: 1.28,
    Framing.DETAIL: 0.95,
}
"""A grown-up's height in units of the frame."""
_NEAR = frozenset({Framing.MEDIUM, Framing.CLOSE, Framing.DETAIL})
_STEERED = frozenset({"tiller", "ship's wheel"})
_STEERING = Pose((0.06, -0.34, -0.62), (-0.10, -0.62, 0.50), (0.14, 0.0, 0.50), (0.12, 0.0, 0.54), pelvis=0.50, lean=6)
"""One hand on the tiller behind."""
_HEAD = 0.15
_SEAT = 0.235
_FLOOR = 0.02
_GUNWALE = ((-1.0, 0.36), (-0.86, 0.29), (-0.45, 0.225), (0.0, 0.205), (0.45, 0.235), (0.86, 0.33), (1.06, 0.45))
_SAMPAN = ((-1.05, 0.34), (-0.82, 0.24), (-0.45, 0.185), (0.0, 0.170), (0.45, 0.185), (0.82, 0.25), (1.10, 0.38))
"""The near gunwale from stern to bow: along in half-lengths, up from the water in grown-ups' heights."""
_FAR_SIDE = 0.055


@dataclass(frozen=True, slots=True)
class _Seat:
    figure: Figure
    act: Act
    x: float
    facing: int
    up: float


@dataclass(frozen=True, slots=True)
class _Hull:
    """Where the boat lies, pixels: its middle column, the water's row, a grown-up's height; `half` its length counts those."""

    middle: float
    line: float
    size: float
    half: float
    heading: int


def place_crew(stage: Stage, people: Sequence[Figure], pets: Sequence[Figure] = ()) -> None:
    """Draw the boat with its people and small animals on open water: afar in wide shots, its near side before the lens in close
    ones.
    """
    frame, scene = stage.frame, stage.scene
    rng = stage.rng("boat")
    near = scene.framing in _NEAR
    seats = _seats(stage, people[:4])
    half = 0.80 + 0.24 * (len(seats) - 1 + len(pets) // 2)
    tallest = max(_top(stage, seat) for seat in seats)
    size = _SIZES[scene.framing] * stage.unit
    size = max(size, min(size * 1.45, size * 0.80 / tallest))  # children are brought nearer
    size = min(size, frame.width * (1.5 if near else 0.86) / (2.3 * half))
    water = open_water(stage)
    line = frame.height * _HEAD + tallest * size if near else stage.horizon + (frame.height * 0.86 - stage.horizon) * 0.56
    line = max(line, frame.height * 0.80) if near else max(line, frame.height * 0.13 + tallest * size)
    heading = 1 if rng.random() < 0.5 else -1
    room = max(0.5 - half * 1.1 * size / frame.width, 0.0)
    middle = frame.width * (0.5 - heading * min(0.10, room + 0.03))
    if near:  # the head, not the hull, stands at a third
        middle -= heading * sum(seat.x for seat in seats) / len(seats) * size * 0.8
    if "rock" in scene.props and water:
        _rocks(stage, middle - heading * half * 1.05 * size, line, size, -heading)
    own = Layer(frame, stage.layers["cast"].depth)
    hull = _Hull(middle, line, size, half, heading)
    _draw(stage, own, seats, pets[:2], hull)
    if water:
        _mirror(stage, own, line, size)
    stage.layers["cast"].blend(own.rgba)


def _rocks(stage: Stage, x: float, line: float, size: float, way: int) -> None:
    """Rocks that stand out of the water beyond the boat's end at `x`, towards the edge on the side `way`."""
    width = stage.frame.width
    room = max(abs((width if way > 0 else 0.0) - x), width * 0.16)
    for share, tall, back in ((0.62, 1.9, 0.20), (0.22, 1.1, 0.10), (0.95, 1.4, 0.05)):
        at, row = x + way * room * share, line - back * size
        place_prop(stage, stage.layers["mid"], "rock", at, row, size * tall)
        wake(stage, at, row, size * tall * 0.22)


def open_water(stage: Stage) -> bool:
    """Give up the shore before the lens where there is water under it."""
    below = stage.layers["mid"].rgba[int(stage.horizon) + 4 :, :, 3]
    if not below.size or float(below.mean()) < 0.95:
        return False
    stage.layers["ground"].rgba[int(stage.horizon) :] = 0
    stage.layers["front"].rgba[int(stage.horizon) :] = 0
    return True


def _seats(stage: Stage, people: Sequence[Figure]) -> list[_Seat]:
    """Where each sits: one amidships, or the one who poles at the stern and the others before him."""
    scene, rng = stage.scene, stage.rng("crew")
    pick = int(rng.integers(0, 60))
    deed = people[0].deed
    works = next((k for k, f in enumerate(people) if f.tag in {"sailor", "farmer", "old man", "captain"}), 0) if deed else -1
    order = sorted(range(len(people)), key=lambda k: k != works)
    spots = {1: (-0.06,), 2: (-0.46, 0.36), 3: (-0.62, 0.02, 0.56), 4: (-0.80, -0.28, 0.22, 0.72)}[len(people)]
    if deed == "poling" and len(people) == 1:
        spots = (-0.34,)
    if _is_steered(stage, people[0]):
        spots = (-0.24, *(max(x, 0.30) for x in spots[1:]))
    feeling = scene.feeling or FEELING_OF_MOOD.get(scene.mood, "calm")
    thing = next(iter(carried(scene).values()), "")
    seats = []
    for number, (index, x) in enumerate(zip(order, spots, strict=True)):
        figure = people[index]
        body = costume_of(figure, ancient=scene.ancient).body
        at_work = index == works and deed in {"poling", "rowing"}
        face_on = scene.framing in {Framing.CLOSE, Framing.DETAIL}
        yaw = 40.0 if face_on else 56.0 + 6 * (pick % 3)
        if at_work and deed == "poling":
            act = Act(POSES["poling"][pick % 2], 46.0 if face_on else 64.0, feeling)
            seats.append(_Seat(figure, act, x, 1, _FLOOR + 0.03))
            continue
        if number == 0 and _is_steered(stage, figure):
            seats.append(_Seat(figure, Act(_STEERING, 62.0, feeling), x, 1, _SEAT - body.hip * 0.50))
            continue
        name = "rowing" if at_work else "aboard"
        pose = POSES[name][(pick + number) % len(POSES[name])]
        act = Act(replace(pose, pelvis=0.50), yaw, feeling)
        if index == 0 and not at_work and (thing in DRAWN or thing in AS_ICONS):
            raised = thing in RAISED
            grip = GRIPS["high"] if raised else GRIPS["chest"]
            act = replace(
                act, far=DRAWN.get(thing, thing), aim=8.0, pose=replace(act.pose, far_hand=grip, elbows=(0.4, -1.0, -0.3))
            )
        # Who rows looks at the others, and so does who talks.
        back = len(people) > 1 and ((at_work and deed == "rowing") or scene.action in {"talking", "smiling", "hugging"})
        seats.append(_Seat(figure, act, x, -1 if back and x > 0 else 1, _SEAT - body.hip * 0.50))
    return seats


def _is_steered(stage: Stage, figure: Figure) -> bool:
    """Whether the boat is steered by its tiller, and this is what its people do."""
    return figure.deed == "aboard" and bool(_STEERED & stage.scene.props)


def _top(stage: Stage, seat: _Seat) -> float:
    body, pose = costume_of(seat.figure, ancient=stage.scene.ancient).body, seat.act.pose
    return seat.up + body.height - body.hip * max(1 - pose.pelvis, 0.0)


def _draw(stage: Stage, layer: Layer, seats: Sequence[_Seat], pets: Sequence[Figure], at_sea: _Hull) -> None:
    middle, line, size, half, heading = at_sea.middle, at_sea.line, at_sea.size, at_sea.half, at_sea.heading
    eastern = stage.scene.ancient
    wood = np.clip(stage.lit(rgb("#7d5836" if not eastern else "#6b5238")) * np.float32(2.5 if stage.dark else 1.12), 0, 1)
    trim = mix(wood, stage.lit(rgb("#f0e2c4")) * np.float32(1.4 if stage.dark else 1.0), 0.45)
    shape = [(x * half, y) for x, y in (_SAMPAN if eastern else _GUNWALE)]

    def pen() -> Brush:
        return Brush(size, left=half * 1.9, right=half * 1.9, top=1.6, bottom=0.5, facing=heading, side=stage.side)

    inside = pen()
    far = [(x * 0.97, y + _FAR_SIDE * (1 - (x / (half * 1.08)) ** 2)) for x, y in shape]
    inside.polygon([*shape, *reversed(far)], shaded(shaded(wood)))
    inside.ribbon(far, 0.022, shaded(trim))
    if eastern and len(seats) == 1 and stage.scene.framing not in _NEAR:
        _awning(inside, stage, half)
    place(stage, layer, inside, middle, line, grounded=False, rim=0.3)
    grips: list[tuple[_Seat, Point]] = []
    for seat in sorted(seats, key=lambda seat: seat.x):
        at = middle + seat.x * heading * size
        foot = line - seat.up * size
        facing = heading * seat.facing
        figure = draw_person(stage, seat.figure, seat.act, size, facing=facing)
        held = next((tag for tag in carried(stage.scene).values() if gives_light(stage, tag)), "")
        x, y = hand_at(stage, seat.figure, seat.act)
        if held and seat.act.far:
            cast_light(stage, held, at + x * facing * size, foot - (y - 0.10) * size, size)
        place(stage, layer, figure, at, foot, grounded=False)
        grips.append((seat, (seat.x + x * seat.facing, y + seat.up)))
    for number, pet in enumerate(pets):
        at = middle + (0.52, -0.62)[number] * half * heading * size
        beast = draw_figure(stage, pet, "sitting", size, stage.rng(f"pet {number}"))
        place(stage, layer, beast, at, line - 0.10 * size, facing=heading, grounded=False)
    hull = pen()
    low = [(shape[0][0] * 0.90, -0.02), (0.0, -0.035), (shape[-1][0] * 0.84, -0.02)]
    hull.polygon([*shape, *reversed(low)], wood)
    for share in (0.36, 0.70):
        strake = [along(p, (p[0] * 0.92, -0.02), share) for p in shape]
        hull.ribbon(strake, 0.008, shaded(wood))
    keel = [along(p, (p[0] * 0.92, -0.02), 0.80) for p in shape]
    hull.polygon([*keel, *reversed(low)], shaded(wood))
    hull.ribbon(shape, 0.034, trim)
    for seat, grip in grips:
        _tool(hull, stage, seat, grip, half)
    place(stage, layer, hull, middle, line, grounded=False, rim=0.6)


def _awning(pen: Brush, stage: Stage, half: float) -> None:
    """The black mat roof of a 乌篷船, from the middle to the bow."""
    mat = np.clip(stage.lit(rgb("#4a4036")) * np.float32(1.8 if stage.dark else 1.0), 0, 1)
    left, right = 0.02 * half, 0.62 * half
    arch = [(left + (right - left) * t, 0.22 + 0.27 * (1 - (2 * t - 1) ** 4)) for t in np.linspace(0, 1, 9).tolist()]
    pen.polygon([(left, 0.16), *arch, (right, 0.16)], mat)
    for share in (0.2, 0.4, 0.6, 0.8):
        x = left + (right - left) * share
        pen.line([(x, 0.20), (x, 0.22 + 0.27 * (1 - (2 * share - 1) ** 4))], 0.010, shaded(mat))
    pen.ribbon(arch, 0.018, mix(mat, stage.lit(rgb("#c8b080")), 0.4))


def _tool(pen: Brush, stage: Stage, seat: _Seat, grip: Point, half: float) -> None:
    """The oar over the near side, or the pole into the water behind the stern."""
    wood = dress(stage, seat.figure).wood * np.float32(1.05)
    x, y = grip
    if seat.act.pose == _STEERING:
        post = (-0.97 * half, 0.43)
        pen.polygon(
            [(post[0] + 0.03, post[1]), (post[0] - 0.06, post[1]), (post[0] - 0.19, -0.03), (post[0] - 0.02, -0.03)], shaded(wood)
        )
        pen.tube(((x + 0.05, y + 0.01), (post[0] - 0.02, post[1] - 0.01)), (0.017, 0.026), mix(wood, np.ones(3, np.float32), 0.18))
        return
    if seat.act.pose in POSES["poling"]:
        end = (x - 0.44, -0.10)
        top = (x + (x - end[0]) * 0.75, y + (y - end[1]) * 0.75)
        pen.tube((top, end), (0.011, 0.013), wood)
    elif seat.figure.deed == "rowing" and seat.act.pose.near_hand == POSES["rowing"][0].near_hand:
        end = (x - seat.facing * (0.42 + 0.1 * half), -0.07)
        neck = along((x, y), end, 0.78)
        pen.tube(((x, y + 0.01), neck), (0.012, 0.013), wood)
        pen.tube((neck, end), (0.020, 0.036), wood)


def _mirror(stage: Stage, own: Layer, line: float, size: float) -> None:
    """What stands above the row `line`, upside down on the water, darker and shaken; then light ripples at the hull."""
    frame, water = stage.frame, stage.layers["mid"]
    row = round(line)
    tall = min(row, frame.height - row, int(size * 0.75))
    if tall < 4:
        return
    seen = own.rgba[max(row - int(tall / 0.72), 0) : row]
    upside: Array = cv2.resize(np.ascontiguousarray(seen[::-1]), (frame.width, tall), interpolation=cv2.INTER_LINEAR)
    rows = np.arange(tall, dtype=np.float32)
    sway = np.sin(rows * (24.0 / size) + np.sin(rows * 0.21)) * size * (0.006 + 0.020 * rows / tall)
    xs = np.arange(frame.width, dtype=np.float32)[None] + sway[:, None].astype(np.float32)
    ys = np.repeat(rows[:, None], frame.width, 1)
    shaken = cv2.remap(upside, xs.astype(np.float32), ys, cv2.INTER_LINEAR)
    fade = (0.50 * (1 - rows / tall) ** 0.8).astype(np.float32)[:, None, None]
    tint = np.ones(4, np.float32) * np.float32(0.72)
    tint[3] = 1.0
    water.blend((shaken * fade * tint).astype(np.float32), slice(row, row + tall))
    foam = np.clip(stage.palette.haze * np.float32(1.1), 0, 1)
    touched = np.flatnonzero(own.rgba[max(row - 2, 0) : row + 1, :, 3].max(0) > 0.4)
    if not touched.size:
        return
    left, right = float(touched[0]), float(touched[-1])
    for share, strength in ((0.0, 0.55), (0.05, 0.34), (0.11, 0.20)):
        y, reach = row + share * size, (right - left) / 2 * (1.06 + share * 2)
        thick = max(size * 0.008, 0.8)
        top, bottom = max(int(y - thick * 4), 0), min(int(y + thick * 4) + 1, frame.height)
        if bottom <= top:
            continue
        dx = (frame.columns - np.float32((left + right) / 2)) / np.float32(reach)
        bend = np.float32(y) - np.float32(size * 0.02) * dx**2
        band = np.exp(-(((frame.rows[top:bottom] - bend) / np.float32(thick)) ** 2)) * (np.abs(dx) < 1)
        broken = 0.6 + 0.4 * np.sin(dx * 17 + share * 60)
        water.fill((band * broken * np.float32(strength)).astype(np.float32), foam, slice(top, bottom))
