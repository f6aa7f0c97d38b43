"""Where a scene's things go: around the cast on the ground, on a table, in the air; or, in a detail shot, before everything."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.canvas import mix, rgb
from services.model_service.engines.keyframe.casting import PEOPLE
from services.model_service.engines.keyframe.fireworks import paint_fireworks
from services.model_service.engines.keyframe.held import carried
from services.model_service.engines.keyframe.props import PROPS, Spot, cast_light, draw_prop, gives_light, place_prop
from services.model_service.engines.keyframe.scene import Scene
from services.model_service.engines.keyframe.sprites import Pen, place
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.things import Thing
from services.model_service.engines.keyframe.trail import paint_trail

MOST = 4
_LOWEST = 0.845
_TABLE = 0.40
_LANDSCAPE_TOO = frozenset({"flower", "tree", "house", "door", "bridge", "fireflies", "neon"})
_SHARES = (0.46, 0.40, 0.34, 0.29, 0.26)
"""How tall a thing is that is the picture, in units, by how many of it there are."""
_SMALL = 0.32
"""The height, against a grown-up's, below which a thing is shown smaller than whoever is beyond it."""
_BEFORE_SOMEBODY = 0.72
_HERO_ICONS = {"flower": "little flower"}


def things_to_place(scene: Scene) -> tuple[Thing, ...]:
    """The things that are neither in a hand nor part of the landscape, in order of mention."""
    in_hands = set(carried(scene).values())
    return tuple(thing for thing in scene.things if thing.tag in PROPS and not thing.worn and thing.tag not in in_hands)[:MOST]


def has_hero(scene: Scene) -> bool:
    """Whether a thing is the picture: a detail shot that names one, or a close shot of nothing but things."""
    if not _heroes(scene):
        return False
    return scene.framing is Framing.DETAIL or (scene.framing is Framing.CLOSE and not scene.figures)


def hero_is_small(scene: Scene) -> bool:
    """Whether the thing that is the picture is one that a hand could hold."""
    return PROPS[_heroes(scene)[0].tag].height < _SMALL


def _heroes(scene: Scene) -> tuple[Thing, ...]:
    """The thing that is the picture, then what is shown beside it: what is counted comes first, what grows everywhere last."""
    named = (replace(thing, tag=_HERO_ICONS.get(thing.tag, thing.tag)) for thing in scene.things if not thing.worn)
    found = tuple(dict.fromkeys(thing for thing in named if thing.tag in PROPS))
    first = sorted(found, key=lambda thing: (thing.count == 1, thing.tag in _HERO_ICONS.values()))
    return tuple(thing for thing in first[:3] if thing is first[0] or first[0].count == 1)


def place_hero(stage: Stage) -> None:
    """The first thing large before everything, as many as are named, on a table or on the ground; up to two more beside it."""
    _in_the_sky(stage)
    frame, unit, rng = stage.frame, stage.unit, stage.rng("hero")
    layer = stage.layers["cast"]
    if stage.scene.has("room"):
        _table_top(stage, frame.height * 0.70)
    main, *others = _heroes(stage.scene)
    if main.tag == "footprint":
        paint_trail(stage)
        return
    x = frame.width * (0.5 + (-stage.side * 0.02 if not others else stage.side * 0.08)) + unit * 0.02 * float(rng.normal())
    foot = frame.height * 0.83
    for index, thing in reversed(list(enumerate(others))):
        size = _hero_size(stage, thing, 0.24)
        way = -stage.side if index == 0 else stage.side
        place_prop(stage, layer, thing.tag, x + way * frame.width * 0.27, foot - unit * 0.05, size, colour=thing.colour)
    prop = PROPS[main.tag]
    people = any(figure.tag in PEOPLE for figure in stage.scene.figures)
    share = _BEFORE_SOMEBODY if people and hero_is_small(stage.scene) and not stage.scene.has("room") else 1.0
    size = _hero_size(stage, main, _SHARES[main.count - 1] * share)
    shines = gives_light(stage, main.tag)
    if shines:
        cast_light(stage, main.tag, x, foot - size * prop.height * 0.6, size * prop.height * 1.6)
    elif main.tag not in stage.scene.unlit:
        _shaft(stage, x, foot - size * prop.height * 0.5, size * prop.height)
    in_air = prop.spot is Spot.SKY
    wide = min(prop.breadth * size * 1.06, frame.width * 0.86 / main.count)
    # The outer ones lie a little farther back and are drawn first.
    for number in sorted(range(main.count), key=lambda k: -abs(k - (main.count - 1) / 2)):
        off = number - (main.count - 1) / 2
        y = (frame.height * 0.62 if in_air else foot) - unit * 0.035 * abs(off)
        pen = draw_prop(stage, main.tag, size, colour=main.colour, lift=0.55)
        rim = 0.0 if shines else 0.9
        place(stage, layer, pen, x + off * wide, y, grounded=not in_air, rim=rim, lying=prop.flat)


def _hero_size(stage: Stage, thing: Thing, share: float) -> float:
    """The size at which the thing is `share` units tall, or less where it would be broader than fits."""
    prop = PROPS[thing.tag]
    return min(stage.unit * share / prop.height, stage.frame.width * share * 0.95 / prop.breadth)


def _table_top(stage: Stage, top: float) -> None:
    """A board across the foot of the picture, lit from the side."""
    frame, layer = stage.frame, stage.layers["cast"]
    wood = stage.lit(rgb("#9a6a40"))
    if stage.dark:
        wood = mix(wood, rgb("#6a4426"), 0.35)
    rows = slice(int(top), frame.height)
    tall = frame.height - int(top)
    down = ((frame.rows[rows] - np.float32(rows.start)) / np.float32(max(tall, 1))).astype(np.float32)
    across = frame.columns / np.float32(frame.width)
    side = across if stage.side > 0 else 1 - across
    tone = (0.70 + 0.42 * side) * (1.12 - 0.42 * down)
    boards = 1 - 0.10 * (np.abs(((down**0.6) * 3.2) % 1 - 0.5) > 0.47)
    field = (wood[:, None, None] * (tone * boards)[None]).astype(np.float32)
    layer.fill(np.ones((tall, frame.width), np.float32), np.clip(field, 0, 1), rows)
    edge = max(round(stage.unit * 0.006), 1)
    lit = np.clip(wood * np.float32(1.45), 0, 1)
    layer.fill(np.full((edge, frame.width), 0.8, np.float32), lit, slice(int(top), int(top) + edge))


def _shaft(stage: Stage, x: float, y: float, size: float) -> None:
    """Light that falls on the thing: a soft pool behind it, towards the sun's side."""
    colour = stage.palette.rim
    strength = 0.34 if stage.dark else 0.20
    glow = stage.frame.glow(x + stage.side * size * 0.15, y, size * 0.95, power=1.6, stretch=1.1)
    for name in ("far", "ground"):  # whoever stands behind the thing keeps their colours
        stage.layers[name].light(glow * np.float32(strength), colour)


def place_things(stage: Stage, *, size: float, feet: float, left: float, right: float) -> None:
    """The scene's things around the cast, who take the columns `left` to `right` and stand at the row `feet`.

    `size` is a grown-up's height there. With nobody about, `left` equals `right` and the things take the middle.
    """
    _in_the_sky(stage)
    things = things_to_place(stage.scene)
    aloft = [thing for thing in things if PROPS[thing.tag].spot is Spot.SKY]
    for index, thing in enumerate(aloft):
        _hang(stage, thing, index, size)
    low = [thing for thing in things if PROPS[thing.tag].spot is Spot.LOW]
    table = stage.scene.has("room") and bool(low)
    laid = [[thing] * thing.count for thing in low]
    groups: list[Sequence[Thing]] = [[thing for alike in laid for thing in alike]] if table else list(laid)
    groups += [[thing] * thing.count for thing in things if PROPS[thing.tag].spot is Spot.GROUND]
    alone = right <= left
    base = min(max(size, stage.unit * (0.62 if alone else 0.30)), stage.unit * (0.95 if alone else 0.62))
    row = min(feet, stage.frame.height * _LOWEST)
    way = 1 if (left + right) / 2 < stage.frame.width / 2 else -1
    free = {1: right, -1: left}
    for group in groups:
        on_table = table and group is groups[0]
        shown = [_seen(stage, thing, base) for thing in group]
        breadth = sum(PROPS[thing.tag].breadth * scale for thing, scale in zip(group, shown, strict=True))
        breadth = max(breadth * 1.15, base * 0.5 if on_table else 0.0)
        if not stage.frame.width * 0.02 < free[way] + way * breadth < stage.frame.width * 0.98:
            way = -way
        x = (
            free[way] + way * (breadth / 2 + base * 0.05)
            if right > left or free[1] > right or free[-1] < left
            else (left + right) / 2
        )
        x = min(max(x, breadth * 0.5), stage.frame.width - breadth * 0.5)
        if right <= left and free[1] == right and free[-1] == left:
            free = {1: x + breadth / 2, -1: x - breadth / 2}
        else:
            free[way] = x + way * breadth / 2
        tall = max(PROPS[thing.tag].height for thing in group)
        y = row - (stage.unit * 0.05 if tall > 0.75 else 0.0)
        y = _on_land(stage, x, breadth / 2, y)
        if on_table:
            _on_table(stage, group, shown, x, row, base, breadth)
        else:
            _in_a_row(stage, group, shown, x, y)
        way = -way


def _in_a_row(stage: Stage, group: Sequence[Thing], shown: Sequence[float], x: float, y: float) -> None:
    """Things of one kind beside each other, every other one a step behind."""
    widths = [PROPS[thing.tag].breadth * scale for thing, scale in zip(group, shown, strict=True)]
    at = x - sum(widths) / 2
    for index, (thing, scale, wide) in enumerate(zip(group, shown, widths, strict=True)):
        row = y - (wide * 0.14 if index % 2 else 0.0)
        place_prop(stage, stage.layers["cast"], thing.tag, at + wide / 2, row, scale, colour=thing.colour)
        at += wide


def _on_land(stage: Stage, x: float, half: float, y: float) -> float:
    """The row `y`, or the first below it where dry land carries the columns x ± half."""
    frame, top = stage.frame, int(y)
    if not stage.scene.has("sea", "beach", "lighthouse", "river"):
        return y
    left, right = max(int(x - half), 0), min(int(x + half) + 1, frame.width)
    low = int(frame.height * 0.875)
    land = stage.layers["ground"].rgba[top:low, left:right, 3]
    dry = np.flatnonzero((land > 0.5).mean(1) > 0.9) if land.size else np.zeros(0)
    return float(top + dry[0]) + stage.unit * 0.01 if dry.size else y


def _in_the_sky(stage: Stage) -> None:
    if "fireworks" in stage.scene.props and not stage.scene.has("room", "underwater", "cave"):
        paint_fireworks(stage)


def _seen(stage: Stage, thing: Thing, base: float) -> float:
    """The size for a thing, enough that it is at least an eighth of the frame tall and at most half."""
    height = PROPS[thing.tag].height
    return min(max(base, stage.unit * 0.125 / height), stage.unit * 0.60 / height)


def _hang(stage: Stage, thing: Thing, index: int, size: float) -> None:
    """In the air: over the cast's free side."""
    frame = stage.frame
    scale = min(max(size, stage.unit * 0.22 / PROPS[thing.tag].height), stage.unit * 0.46 / PROPS[thing.tag].height)
    x = frame.width * (0.5 - stage.side * (0.20, -0.24, 0.34)[index % 3])
    y = frame.height * 0.44 if stage.scene.has("room") else max(stage.horizon * 0.72, stage.unit * 0.30)
    place_prop(stage, stage.layers["cast"], thing.tag, x, y, scale, colour=thing.colour)


def _on_table(
    stage: Stage, group: Sequence[Thing], shown: Sequence[float], x: float, row: float, base: float, breadth: float
) -> None:
    tall = base * _TABLE
    pen = Pen(base, left=breadth / base * 0.75, right=breadth / base * 0.75, top=_TABLE + 0.1)
    wood = stage.lit(rgb("#8a5a34"))
    half = breadth / base * 0.56
    for way in (-1, 1):
        pen.limb(((half * 0.82 * way, _TABLE - 0.02), (half * 0.86 * way, 0.01)), (0.022, 0.016), wood * np.float32(0.7))
    pen.polygon([(-half, _TABLE), (half, _TABLE), (half * 1.04, _TABLE - 0.045), (-half * 1.04, _TABLE - 0.045)], wood)
    pen.polygon(
        [(-half * 0.92, _TABLE + 0.035), (half * 0.92, _TABLE + 0.035), (half, _TABLE), (-half, _TABLE)],
        np.clip(wood * np.float32(1.28), 0, 1),
    )
    layer = stage.layers["cast"]
    place(stage, layer, pen, x, row)
    start = x - sum(PROPS[t.tag].breadth * s for t, s in zip(group, shown, strict=True)) * 0.575
    for thing, scale in zip(group, shown, strict=True):
        wide = PROPS[thing.tag].breadth * scale * 1.15
        place_prop(stage, layer, thing.tag, start + wide / 2, row - tall - base * 0.012, scale, colour=thing.colour)
        start += wide
