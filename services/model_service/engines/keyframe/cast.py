"""The cast on its ground: where the group stands, how large for the framing, and the things beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.vocabulary import Framing, Style
from services.model_service.engines.keyframe.aboard import BOATS, DEEDS
from services.model_service.engines.keyframe.aloft import embraced, is_aloft, place_aloft
from services.model_service.engines.keyframe.arrange import has_hero, hero_is_small, place_hero, place_things
from services.model_service.engines.keyframe.bestiary import measures
from services.model_service.engines.keyframe.boats import open_water, place_crew
from services.model_service.engines.keyframe.bridges import deck_row
from services.model_service.engines.keyframe.brush import soften
from services.model_service.engines.keyframe.canvas import rgb
from services.model_service.engines.keyframe.casting import PEOPLE, Figure
from services.model_service.engines.keyframe.crowds import place_crowd
from services.model_service.engines.keyframe.fauna import draw_figure
from services.model_service.engines.keyframe.held import READ, carried
from services.model_service.engines.keyframe.marks import Mark, span, stature
from services.model_service.engines.keyframe.palm import ON_PALM, place_in_palm
from services.model_service.engines.keyframe.people import Window, draw_person, hand_at
from services.model_service.engines.keyframe.poses import POSES
from services.model_service.engines.keyframe.props import LIGHTS, cast_light, gives_light
from services.model_service.engines.keyframe.relations import Tie
from services.model_service.engines.keyframe.riding import place_riders
from services.model_service.engines.keyframe.scene import SWIMMING, Scene
from services.model_service.engines.keyframe.seats import place_blanket, place_seat
from services.model_service.engines.keyframe.sprites import Fire, place
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.staging import block, riders
from services.model_service.engines.keyframe.swimmers import place_swimmers


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
    Framing.ESTABLISHING: Shot(0.18, 0.11, 0.77),
    Framing.WIDE: Shot(0.40, 0.27, 0.83),
    Framing.MEDIUM: Shot(1.02, 0.74, 0.0, head=0.15),
    Framing.CLOSE: Shot(1.75, 1.15, 0.0, head=0.14),
    Framing.DETAIL: Shot(1.60, 1.10, 0.0, head=0.15),
    Framing.LOW: Shot(0.62, 0.46, 0.845),
}
_HANDS = Shot(1.34, 0.98, 0.0, head=0.12)
"""A detail that somebody holds: the hands and the face above them."""
_BEHIND = Shot(0.72, 0.54, 0.97)
"""Somebody behind a thing that is the picture."""
_BEYOND = Shot(1.10, 0.86, 0.0, head=0.10)
"""Somebody beyond a small thing that is the picture: nearer, so that a loaf is not as large as who broke it."""
_MOUNTED = Shot(0.54, 0.44, 0.86)
"""A medium shot of somebody on a mount shows both."""
_IN_HANDS = frozenset({"holding", "raising", "reading", "fishing", "pointing", "talking"})
_CHEST = 0.25
"""How far before an animal's middle its neck is, in shares of its length."""
_HUGGED_TALL = 1.08
"""The most that an animal in somebody's arms measures, in grown-ups' heights."""
_ROOMIER = 1.45
"""Figures indoors are nearer."""
_FACES = (0.13, 0.74)
"""The rows between which the heads of a near shot lie, shares of the frame's height."""


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
    crew = [figure for figure in scene.figures if figure.deed in DEEDS]
    swimmers = [figure for figure in scene.figures if figure.deed == SWIMMING]
    if crew and swimmers:  # both are seen, the boat whole
        stage = replace(stage, scene=replace(scene, framing=Framing.LOW))
        scene = stage.scene
    if crew:
        for order, figure in enumerate(scene.figures):
            if is_aloft(scene, figure.tag) and figure.tag not in BOATS:
                place_aloft(stage, figure, stage.unit * SHOTS[Framing.WIDE].size, order)
        pets = [f for f in scene.figures if f.tag not in PEOPLE and not is_aloft(scene, f.tag) and _extent(f)[1] < 0.7]
        place_crew(stage, crew, [pet for pet in pets if pet.tag != "crowd"])
        place_swimmers(stage, swimmers)
        return
    if swimmers:
        open_water(stage)
        stage = replace(stage, scene=replace(scene, figures=tuple(f for f in scene.figures if f not in swimmers)))
        scene = stage.scene
        place_swimmers(stage, swimmers)
        if not any(figure.tag in PEOPLE for figure in scene.figures):
            return
    stage, in_hands = _held_up(stage)
    if in_hands and _in_palm(stage):
        return
    scene = stage.scene
    hero = has_hero(scene)
    grounded = [figure for figure in scene.figures if not is_aloft(scene, figure.tag) and figure.tag != "crowd"]
    people = [figure for figure in grounded if figure.tag in PEOPLE]
    others = [figure for figure in grounded if figure.tag not in PEOPLE]
    mount, ridden_by = _ridden(scene)
    people = [figure for figure in people if figure not in ridden_by]
    others = [figure for figure in others if figure not in ridden_by and not _in_arms(scene, figure)]
    marks = block(stage, people) if people else []
    if in_hands:
        marks = [replace(mark, act=replace(mark.act, big=1.3)) if mark.act.far or mark.act.near else mark for mark in marks]
    if hero:  # the thing is shown, not held a second time
        marks = [replace(mark, act=replace(mark.act, near="", far="")) for mark in marks]
    shot = (
        _HANDS
        if in_hands
        else _behind(stage, marks)
        if hero
        else _MOUNTED
        if mount and scene.framing is Framing.MEDIUM
        else SHOTS[scene.framing]
    )
    ranks = _ranks(stage, marks, others, shot, beside_thing=hero, mounted=_mounted_height(stage, mount, ridden_by))
    if scene.on_bridge and shot.head is None and marks:
        ranks = _bridged(stage, ranks)
    if any(figure.tag == "crowd" for figure in scene.figures):
        place_crowd(stage, min(ranks.size, stage.unit * 0.46), min(ranks.feet, stage.frame.height * 0.84), alone=not marks)
    for order, figure in enumerate(scene.figures):
        if is_aloft(scene, figure.tag) and figure not in ridden_by:
            place_aloft(stage, figure, ranks.size, order, ridden_by if figure == mount else ())
    if not hero:
        place_things(stage, size=ranks.size, feet=ranks.feet, left=ranks.left, right=ranks.right)
    hugged = embraced(scene)
    if hugged is not None and hugged in others and len(marks) == 1:
        _hug(stage, marks[0], hugged, shot)
    else:
        _line_up(stage, marks, others, ranks, mount, ridden_by)
    if hero:
        soften(stage.layers["cast"], 3.2 * stage.unit / 720)
        place_hero(stage)


def _behind(stage: Stage, marks: Sequence[Mark]) -> Shot:
    """How somebody is seen behind the thing that is the picture."""
    upright = bool(marks) and not any(mark.act.pose.roll for mark in marks)
    return _BEYOND if upright and hero_is_small(stage.scene) else _BEHIND


def _held_up(stage: Stage) -> tuple[Stage, bool]:
    """A detail of a thing that somebody has in the hands is a picture of those hands: the stage to play it on, and whether so."""
    if stage.scene.framing is not Framing.DETAIL:
        return stage, False
    closer = replace(stage, scene=replace(stage.scene, framing=Framing.CLOSE))
    thing = next(iter(carried(closer.scene).values()), "")
    if thing and (stage.scene.action in _IN_HANDS or thing in READ or thing in ON_PALM or thing == "umbrella"):
        return closer, True
    return stage, False


def _in_palm(stage: Stage) -> bool:
    """Draw a small thing that is the picture in its holder's hand alone; whether there is one."""
    held = next(iter(carried(stage.scene).items()), None)
    if held is None or held[1] not in ON_PALM or stage.scene.action == "raising":
        return False
    thing = next(thing for thing in stage.scene.things if thing.tag == held[1])
    place_in_palm(stage, stage.scene.figures[held[0]], thing)
    return True


def _extent(figure: Figure) -> tuple[float, float]:
    """Width and height of what is no person, in grown-ups' heights."""
    return measures(figure.tag) or (0.34, 1.0)


def _ranks(
    stage: Stage, marks: Sequence[Mark], others: Sequence[Figure], shot: Shot, *, beside_thing: bool, mounted: float
) -> Ranks:
    """How large, and where: the framing's size, grown for small figures, shrunk until all fit."""
    frame, unit = stage.frame, stage.unit
    size = shot.size * unit * (_ROOMIER if stage.scene.has("room") and shot.size < 0.5 else 1.0)
    heights = [stature(stage, mark) for mark in marks] + [_extent(figure)[1] for figure in others] + [mounted] * bool(mounted)
    tallest = max(heights, default=1.0)
    size = max(size, min(shot.least * unit / tallest, size * 2.4))
    total = _total(stage, marks, others)
    near = shot.head is not None
    if mounted and not near:
        size = min(size, (shot.feet - 0.05) * frame.height / tallest)
    size = min(size, frame.width * (1.02 if near else 0.90) / max(total, 0.1))
    if near and heights:
        short = min(heights)
        size = min(size, (_FACES[1] - _FACES[0]) * frame.height / max(tallest - short + 0.19, 0.05))
    feet = frame.height * shot.feet if shot.head is None else max(frame.height * shot.head + tallest * size, frame.height * 0.86)
    focus = _focus(stage, aside=beside_thing)
    half = total * size / 2
    if not near or total * size < frame.width:
        focus = min(max(focus, half + frame.width * 0.02), max(frame.width * 0.98 - half, frame.width / 2))
    if total * size > frame.width * 0.96:
        focus = frame.width / 2
    return Ranks(size, feet, focus - half, focus + half)


def _bridged(stage: Stage, ranks: Ranks) -> Ranks:
    """The ranks on the bridge's deck, near its crown, no larger than suits it."""
    size = min(ranks.size, stage.unit * 0.34)
    half = (ranks.right - ranks.left) / 2 * size / ranks.size
    middle = stage.frame.width * (0.5 - stage.side * 0.06)
    return Ranks(size, deck_row(stage, middle) + size * 0.012, middle - half, middle + half)


def _total(stage: Stage, marks: Sequence[Mark], others: Sequence[Figure]) -> float:
    left, right = span(stage, marks) if marks else (0.0, 0.0)
    return right - left + sum(_extent(figure)[0] + 0.10 for figure in others)


def _ridden(scene: Scene) -> tuple[Figure | None, tuple[Figure, ...]]:
    """The mount and who is on it; nobody where nobody rides."""
    bond = next((bond for bond in scene.bonds if bond.tie is Tie.MOUNT), None)
    return (scene.figures[bond.by], tuple(scene.figures[k] for k in bond.others)) if bond else (None, ())


def _mounted_height(stage: Stage, mount: Figure | None, ridden_by: Sequence[Figure]) -> float:
    """How high somebody on the mount reaches, in grown-ups' heights; 0 where nobody rides on the ground."""
    if mount is None or is_aloft(stage.scene, mount.tag):
        return 0.0
    return max(stature(stage, mark) for mark in riders(stage, mount, [figure for figure in ridden_by if figure.tag in PEOPLE]))


def _in_arms(scene: Scene, figure: Figure) -> bool:
    """Whether an animal is in somebody's arms."""
    return any(bond.tie is Tie.ARMS and scene.figures[bond.others[0]] == figure for bond in scene.bonds)


def _line_up(
    stage: Stage,
    marks: Sequence[Mark],
    others: Sequence[Figure],
    ranks: Ranks,
    mount: Figure | None = None,
    ridden_by: Sequence[Figure] = (),
) -> None:
    """The group of people, and the animals at its side, all on one ground line give or take a step."""
    rng, size, layer = stage.rng("cast"), ranks.size, stage.layers["cast"]
    middle = (ranks.left + ranks.right) / 2
    inward = 1 if middle < stage.frame.width / 2 else -1
    heading = inward if rng.random() < 0.85 else -inward
    x = ranks.left
    room = sum(_extent(figure)[0] + 0.10 for figure in others) * size
    if heading < 0:
        x = ranks.right - room
        group = ranks.left
    else:
        group = ranks.left + room
    if marks:
        left, right = span(stage, marks)
        centre = group + (right - left) / 2 * size - (left + right) / 2 * size * heading
        for mark in marks:
            _place_person(stage, mark, centre + mark.x * heading * size, ranks, mark.facing * heading)
        for mark in marks:
            if mark.pet is not None:
                hx, hy = hand_at(stage, mark.figure, mark.act)
                pen = draw_figure(stage, mark.pet, "sitting", size, rng)
                at = centre + (mark.x + hx * 0.95) * heading * size
                place(stage, layer, pen, at, ranks.feet - (hy - 0.13) * size, facing=heading, grounded=False)
        for mark in marks:
            if mark.holds:
                _place_person(stage, mark, centre + mark.x * heading * size, ranks, mark.facing * heading, arms_only=True)
    for figure in others:
        wide = _extent(figure)[0] * size
        at, row = x + wide / 2 + 0.05 * size, ranks.feet + min(size * 0.04, stage.unit * 0.015)
        place(stage, layer, draw_figure(stage, figure, stage.scene.action, size, rng), at, row, facing=heading)
        if figure == mount:
            place_riders(stage, mount, ridden_by, at, row, size, heading)
        x += wide + 0.10 * size


def _hug(stage: Stage, mark: Mark, animal: Figure, shot: Shot) -> None:
    """Somebody with the arms around an animal: at its neck, face to face; a very large one is drawn smaller than it is."""
    frame, unit, layer, rng = stage.frame, stage.unit, stage.layers["cast"], stage.rng("cast")
    near, wide = shot.head is not None, _extent(animal)[0]
    share = min(_HUGGED_TALL / _extent(animal)[1], 1.0)
    short, tall = stature(stage, mark), max(stature(stage, mark), _extent(animal)[1] * share)
    size = min(
        unit * (0.66 if near else 0.40) / short, unit * (1.02 if near else 0.62) / tall, frame.width * 0.86 / (wide * share + 0.3)
    )
    feet = max(frame.height * 0.08 + tall * size, frame.height * 0.86) if near else frame.height * shot.feet
    heading = 1 if rng.random() < 0.5 else -1
    at = frame.width / 2 + heading * size * 0.16
    pen = draw_figure(stage, animal, "standing", size * share, rng)
    place(stage, layer, pen, at, feet + min(size * 0.02, unit * 0.010), facing=-heading)
    act = replace(mark.act, pose=POSES["hugging"][0], yaw=74.0, feeling="tender", near="", far="")
    x = at - heading * size * (wide * share * _CHEST + 0.06)
    _place_person(stage, replace(mark, act=act, x=0.0, back=0.0), x, Ranks(size, feet, x, x), heading)


def _place_person(stage: Stage, mark: Mark, x: float, ranks: Ranks, facing: int, *, arms_only: bool = False) -> None:
    frame, size, layer = stage.frame, ranks.size, stage.layers["cast"]
    y = ranks.feet - mark.back * min(size, stage.unit * 0.5) - mark.up * size
    window = Window(left=x, right=frame.width - x, up=y, down=frame.height - y)
    pose = mark.act.pose
    if not arms_only and not mark.rides and (pose.pelvis < 0.55 or pose.roll):
        place_seat(stage, mark.figure, pose, x, y, size, facing)
    pen = draw_person(stage, mark.figure, mark.act, size, facing=facing, window=window, arms_only=arms_only)
    thing = mark.act.far or mark.act.near
    held = next((tag for tag in carried(stage.scene).values() if gives_light(stage, tag)), "")
    if held and thing and not arms_only:
        hx, hy = hand_at(stage, mark.figure, mark.act)
        cast_light(stage, held, x + hx * facing * size, y - (hy - 0.10) * size, size)
    fire = _fire(stage, held, facing if held and thing else 1 if (ranks.left + ranks.right) / 2 < frame.width / 2 else -1)
    place(stage, layer, pen, x, y, facing=1, grounded=not mark.rides and not arms_only, fire=fire)
    if pose.roll and stage.scene.has("room") and not mark.rides:
        place_blanket(stage, mark.figure, x, y, size, facing)


def _fire(stage: Stage, held: str, side: int) -> Fire | None:
    """The light of a lantern in the hand or a fire on the ground, which stands on the side with more room."""
    source = held or next((thing.tag for thing in stage.scene.things if gives_light(stage, thing.tag)), "")
    if not source or not (stage.dark or stage.palette.low_sun):
        return None
    return Fire(side, rgb(LIGHTS[source][0]), (0.85 if stage.dark else 0.35) * (0.5 if stage.scene.style is Style.INK else 1.0))


def _focus(stage: Stage, *, aside: bool) -> float:
    """Where the eye is led: near a third of the frame, on the side with less to look at."""
    rng = stage.rng("focus")
    near = stage.scene.framing in {Framing.CLOSE, Framing.DETAIL, Framing.MEDIUM}
    crowded = stage.scene.has("lighthouse", "castle", "village", "ruins", "snow peaks", "mountains", "room")
    landmark = crowded or stage.scene.props & {"house", "door", "tree"}
    away = stage.side if landmark else -stage.side
    if rng.random() < 0.25:
        away = -away
    return stage.frame.width * (0.5 + away * (0.19 if aside else 0.11 if near else 0.14) + 0.06 * (float(rng.random()) - 0.5))
