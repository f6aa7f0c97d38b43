"""Rooms that people live in: living room, bedroom, study, kitchen, an old Chinese room."""

import numpy as np

from services.model_service.engines.keyframe import furniture as f
from services.model_service.engines.keyframe.indoors import Finish, Room, closed, opened
from services.model_service.engines.keyframe.stage import Stage

_PAPERS = (("#c9a784", "#8a5f3f"), ("#9fb4a4", "#7a5a40"), ("#c8b49c", "#8a6648"), ("#b4a4b4", "#74523c"), ("#d0b070", "#7a5438"))


def _paper(stage: Stage) -> tuple[str, str]:
    return _PAPERS[int(stage.rng("paper of walls").integers(len(_PAPERS)))]


def living_room(stage: Stage) -> None:
    """A sofa, books, a rug, a lamp and a window."""
    wall, wood = _paper(stage)
    room = opened(stage, Finish(wall, wood, "#e8e0d4", wainscot="#8a6848"))
    s, h = stage.side, room.half
    room.window(s * h * 0.42, 1.05, 2.5, 0.85, curtain="#b8584a")
    f.shelf(room, _span(-s * h * 0.62, 0.62), (0.14, 2.5), 5)
    f.picture(room, -s * h * 0.10, 1.95, 0.36)
    f.side_shelf(room, -s, (4.3, 6.2), 2.2, 5) if stage.rng("more books").random() < 0.5 else None
    f.rug(room, (-1.5, 1.5), (2.6, 4.4), round_=True)
    f.sofa(room, _span(s * h * 0.36, 1.0), 5.3)
    f.lamp(room, -s * h * 0.22, 5.9)
    f.plant(room, s * h * 0.86, 5.6, 1.3)
    f.table(room, _span(-s * h * 0.78, 0.42), (4.6, 5.2), 0.55)
    f.small_things(room, -s * h * 0.78 - 0.15, 4.8, 0.55, ("cup", "books"))
    closed(room)


def bedroom(stage: Stage) -> None:
    """A bed by the window, a night table with a lamp, a wardrobe."""
    wall, wood = _paper(stage)
    room = opened(stage, Finish(wall, wood, "#ece6dc"))
    s, h = stage.side, room.half
    cover = ("#7a9ac0", "#c08a8a", "#8aa87a", "#a890c0")[int(stage.rng("cover").integers(4))]
    room.window(-s * h * 0.14, 1.1, 2.6, 0.7, curtain="#d8c8a8")
    x = s * h * 0.56
    f.picture(room, x, 2.1, 0.34)
    f.rug(room, (-1.2, 1.2), (2.7, 4.2), "#6a7a9a")
    f.bed(room, (x - 0.95, x + 0.95), (4.1, 6.3), cover)
    room.shadow(_span(-s * h * 0.74, 0.6), (5.6, 6.3))
    room.box(_span(-s * h * 0.74, 0.6), (0, 2.15), (5.7, 6.4), "#7a5438")
    for dx in (-0.3, 0.3):
        a = room.view.points(
            [
                (-s * h * 0.74 + dx - 0.24, 0.2, 5.69),
                (-s * h * 0.74 + dx + 0.24, 0.2, 5.69),
                (-s * h * 0.74 + dx + 0.24, 2.0, 5.69),
                (-s * h * 0.74 + dx - 0.24, 2.0, 5.69),
            ]
        )
        room.floor.polygon(a, room.tint("#7a5438", 1.12))
    near = x - s * 1.32
    room.box((near - 0.26, near + 0.26), (0, 0.55), (5.6, 6.1), "#8a6040")
    f.lamp(room, near, 5.85, 0.55, 0.5)
    f.small_things(room, near - 0.2, 5.65, 0.55, ("books",))
    closed(room)


def study(stage: Stage) -> None:
    """A desk under the window, walls of books, a lamp."""
    room = opened(stage, Finish("#8f7a5c", "#6a4630", "#d8ccb8", wainscot="#5a3e28"))
    s, h = stage.side, room.half
    room.window(0.0, 1.15, 2.7, 0.8, bars=(2, 3), curtain="#5a6a4a")
    for way in (-1, 1):
        f.shelf(room, _span(way * h * 0.62, 0.36 * h - 0.1), (0.14, room.high - 0.5), 7)
        f.side_shelf(room, way, (2.6, 6.3), room.high - 0.5, 7)
    f.rug(room, (-1.6, 1.6), (2.5, 4.3), "#7a3a34")
    f.table(room, (-1.1, 1.1), (5.0, 5.8), code="#7a4e30")
    f.lamp(room, -s * 0.8, 5.4, 0.76, 0.45, "#4a8a5a")
    f.small_things(room, s * 0.3 - 0.3, 5.2, 0.76, ("books", "cup", "books"))
    f.chair(room, s * 0.35, 4.5, facing=-1)
    globe = room.view.at(s * h * 0.62, 0.95, 5.0)
    size = room.view.scale(5.0) * 0.27
    room.floor.taper(room.view.at(s * h * 0.62, 0, 5.0), globe, size * 0.2, size * 0.12, room.tint("#6a4a30"))
    room.floor.disc(*globe, size, room.tint("#5a8aa8"))
    room.floor.ellipse(globe[0] - size * 0.25, globe[1] - size * 0.2, size * 0.42, size * 0.34, room.tint("#a8b070"))
    room.floor.ellipse(globe[0] + size * 0.4, globe[1] + size * 0.25, size * 0.3, size * 0.36, room.tint("#a8b070"))
    closed(room)


def kitchen(stage: Stage) -> None:
    """Counters with a stove, cupboards, a window over the sink, a table with chairs."""
    room = opened(stage, Finish("#dcc8a0", "#b08a64", "#efe8da", "tiles"))
    s, h = stage.side, room.half
    room.on_wall(-h, 0.95, h, 1.55, "#e8ece4", 0.98)
    for k in range(int(h * 2 / 0.3)):
        room.on_wall(-h + 0.3 * k, 0.95, -h + 0.3 * k + 0.02, 1.55, "#c8ccc4")
    room.window(s * 0.5, 1.45, 2.55, 0.72)
    cupboard = ("#8fa88a", "#a86a4c", "#7f98a8")[int(stage.rng("cupboard").integers(3))]
    for a, b in ((-h, s * 0.5 - 1.0), (s * 0.5 + 1.0, h)):
        n = max(int((b - a) / 0.62), 1)
        for k in range(n):
            x0 = a + (b - a) * k / n
            room.on_wall(x0 + 0.02, 1.75, x0 + (b - a) / n - 0.02, 2.6, cupboard)
            room.on_wall(x0 + 0.08, 1.82, x0 + (b - a) / n - 0.08, 2.53, cupboard, 1.1)
    room.box((-h, h), (0, 0.88), (5.85, 6.5), cupboard, 0.92)
    room.box((-h, h), (0.88, 0.94), (5.8, 6.5), "#d8d0c0")
    for k in range(int(h * 2 / 0.66)):
        x0 = -h + 0.66 * k
        door = room.view.points([(x0 + 0.05, 0.1, 5.84), (x0 + 0.60, 0.1, 5.84), (x0 + 0.60, 0.78, 5.84), (x0 + 0.05, 0.78, 5.84)])
        room.floor.polygon(door, room.tint(cupboard, 1.02))
    stove = -s * h * 0.45
    room.box((stove - 0.4, stove + 0.4), (0, 0.95), (5.78, 6.5), "#3a3c42")
    room.floor.polygon(
        room.view.points(
            [(stove - 0.3, 0.2, 5.77), (stove + 0.3, 0.2, 5.77), (stove + 0.3, 0.62, 5.77), (stove - 0.3, 0.62, 5.77)]
        ),
        room.tint("#18181c"),
    )
    for dx in (-0.18, 0.2):
        px, py = room.view.at(stove + dx, 1.0, 6.1)
        r = room.view.scale(6.1)
        room.floor.box(px - r * 0.14, py - r * 0.2, px + r * 0.14, py, room.tint("#b85a44" if dx > 0 else "#8a9aa8"))
        room.floor.box(px - r * 0.16, py - r * 0.23, px + r * 0.16, py - r * 0.19, room.tint("#d8dce0"))
    f.small_things(room, s * h * 0.6, 6.0, 0.94, ("bottle", "bottle", "cup"))
    f.table(room, _span(-s * h * 0.40, 0.85), (3.5, 4.4))
    f.chair(room, -s * h * 0.40 - 0.5, 4.75)
    f.chair(room, -s * h * 0.40 + 0.45, 4.75)
    f.small_things(room, -s * h * 0.40 - 0.4, 3.9, 0.76, ("cup", "teapot", "cup"))
    f.pendant(room, -s * h * 0.40, 4.0, 2.2)
    closed(room)


def chinese_room(stage: Stage) -> None:
    """Pillars, lattice windows, scrolls, a low table with tea, paper lanterns."""
    room = opened(stage, Finish("#d8c8a4", "#6a4630", "#5a3a26", wainscot="#6b3a24"))
    s, h = stage.side, room.half
    room.window(0.0, 0.95, 2.65, 1.25, bars=(7, 6), frame="#6b3320")
    for way in (-1, 1):
        f.picture(room, way * h * 0.52, 1.85, 0.32, scroll=True)
        _lattice(room, way)
        x = way * h * 0.74
        room.box((x - 0.14, x + 0.14), (0, room.high), (6.0, 6.28), "#8a3524", wall=True)
        x = way * h * 0.96
        room.box((x - 0.16, x + 0.16), (0, room.high), (3.9, 4.2), "#8a3524", wall=True)
    room.box((-h, h), (room.high - 0.42, room.high - 0.16), (6.0, 6.25), "#7a2e20", wall=True)
    f.rug(room, (-1.7, 1.7), (2.7, 4.4), "#8a3a30")
    f.table(room, (-0.9, 0.9), (4.9, 5.6), 0.72, "#6b3a24")
    f.small_things(room, -0.45, 5.2, 0.72, ("cup", "teapot", "cup", "books"))
    for way in (-1, 1):
        f.chair(room, way * 1.35, 5.2, "#6b3a24")
        f.pendant(room, way * h * 0.44, 4.6, 2.75, lantern=True)
    f.plant(room, -s * h * 0.82, 5.5, 1.0)
    closed(room)


def _lattice(room: Room, way: int) -> None:
    """A folding screen of lattice on a side wall, paper lit from behind."""
    for k in range(3):
        z1 = 5.8 - 0.95 * k
        room.on_side(way, 0.5, 2.5, z1 - 0.86, z1, room.tint("#6b3320"))
        paper = np.clip(room.glass() * np.float32(0.75) + room.tint("#e8d8b0") * np.float32(0.25), 0, 1)
        room.on_side(way, 0.95, 2.42, z1 - 0.80, z1 - 0.06, paper)
        for j in range(1, 5):
            room.on_side(way, 0.95 + 0.29 * j, 0.98 + 0.29 * j, z1 - 0.80, z1 - 0.06, room.tint("#6b3320"))
        for j in range(1, 4):
            room.on_side(way, 0.95, 2.42, z1 - 0.06 - 0.185 * j - 0.02, z1 - 0.06 - 0.185 * j, room.tint("#6b3320"))


def _span(middle: float, half: float) -> tuple[float, float]:
    return middle - half, middle + half


def plain_room(stage: Stage) -> None:
    """A room of which nothing more is said: one of the others, by the seed."""
    (living_room, study, living_room, bedroom)[int(stage.rng("which room").integers(4))](stage)
