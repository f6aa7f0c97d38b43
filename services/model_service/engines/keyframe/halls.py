"""Rooms that people work and meet in: classroom, ward, office, library, café, shop, laboratory, corridor, prison cell."""

import numpy as np

from services.model_service.engines.keyframe import furniture as f
from services.model_service.engines.keyframe.brush import dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Sheet, rgb
from services.model_service.engines.keyframe.indoors import Finish, Room, closed, opened
from services.model_service.engines.keyframe.stage import Stage


def _side_windows(room: Room, way: int, y: tuple[float, float], spans: tuple[tuple[float, float], ...]) -> None:
    """Windows along a side wall, the light of the sky in them."""
    glass = room.glass()
    for z0, z1 in spans:
        room.on_side(way, y[0] - 0.08, y[1] + 0.08, z0 - 0.08, z1 + 0.08, room.tint("#e8e4da"))
        room.on_side(way, y[0], y[1], z0, z1, glass)
        middle = (z0 + z1) / 2
        room.on_side(way, y[0], y[1], middle - 0.03, middle + 0.03, room.tint("#e8e4da"))
        room.on_side(way, (y[0] + y[1]) / 2 - 0.03, (y[0] + y[1]) / 2 + 0.03, z0, z1, room.tint("#e8e4da"))
        if not room.stage.dark:
            room.lamps.add(
                *room.view.at(way * room.half * 0.96, (y[0] + y[1]) / 2, middle),
                room.view.scale(middle) * 0.9,
                room.stage.palette.sun,
                0.22,
            )


def _tubes(room: Room, rows: int = 2) -> None:
    """Light tubes on the ceiling."""
    for z in (5.6, 4.0, 2.8)[: rows + 1]:
        for x in (-room.half * 0.45, room.half * 0.45):
            points = room.view.points(
                [(x - 0.6, room.high, z), (x + 0.6, room.high, z), (x + 0.6, room.high, z - 0.16), (x - 0.6, room.high, z - 0.16)]
            )
            room.back.polygon(points, rgb("#fffdf0") * np.float32(1.0 if room.night else 0.94))
            room.lamp(x, room.high - 0.1, z, 0.6, 0.16, "#f4f8ff")


def classroom(stage: Stage) -> None:
    """A blackboard, a teacher's desk, rows of desks, windows along one side."""
    room = opened(stage, Finish("#e4dcc4", "#b08a5c", "#f0ece2", wainscot="#7f9a84", lamp="#ffe8c0"))
    s, h = stage.side, room.half
    room.on_wall(-h * 0.62, 0.95, h * 0.62, 2.35, "#8a6440")
    room.on_wall(-h * 0.62 + 0.08, 1.03, h * 0.62 - 0.08, 2.27, "#2f5546")
    for k, (x0, x1, y) in enumerate(((-1.7, -0.4, 2.0), (-1.7, -0.8, 1.75), (0.3, 1.6, 1.9), (0.3, 1.2, 1.6), (-1.7, -0.6, 1.45))):
        a, b = room.view.at(x0 * h / 4.3, y, room.depth), room.view.at(x1 * h / 4.3, y, room.depth)
        n = 14
        xs = np.linspace(a[0], b[0], n)
        ys = a[1] + np.sin(np.arange(n) * 2.1 + k) * room.view.scale(room.depth) * 0.035
        room.back.line([(float(p), float(q)) for p, q in zip(xs, ys, strict=True)], room.tint("#e8ece4", 0.9), 1)
    clock = room.view.at(0, 2.72, room.depth)
    room.back.disc(*clock, room.view.scale(room.depth) * 0.19, room.tint("#3a3a40"))
    room.back.disc(*clock, room.view.scale(room.depth) * 0.16, room.tint("#f8f6f0"))
    room.back.line([(clock[0] + 4, clock[1] - 6), clock, (clock[0] - 2, clock[1] - 8)], room.tint("#3a3a40"), 1)
    _side_windows(room, s, (1.0, 2.6), ((4.8, 6.1), (3.3, 4.5), (2.0, 3.0)))
    room.on_side(-s, 0, 2.2, 5.1, 6.0, room.tint("#8a6440"))
    _tubes(room, 1)
    f.table(room, (-s * 1.9 - 0.7, -s * 1.9 + 0.7), (5.5, 6.1), 0.9)
    for z in (4.6, 3.6, 2.7):
        for x in (-0.82, -0.46, 0.46, 0.82):
            if abs(x) < 0.6 and z < 3.0:
                continue
            at = x * h * 0.92
            f.chair(room, at, z - 0.42, "#8a6a44", facing=-1)
            f.table(room, (at - 0.42, at + 0.42), (z, z + 0.5), 0.72, "#c09a68")
    closed(room)


def hospital(stage: Stage) -> None:
    """A ward: a white bed with a drip and a monitor, a curtain on a rail, a bright window."""
    room = opened(stage, Finish("#d4e4e0", "#b4c4c0", "#f0f4f2", "tiles", wainscot="#a4c4bc", lamp="#f0f4ff"))
    s, h = stage.side, room.half
    room.window(-s * h * 0.12, 1.05, 2.6, 1.0, bars=(2, 1), frame="#f4f6f4", curtain="#e4ece8")
    _tubes(room, 1)
    x = s * h * 0.52
    f.bed(room, (x - 0.6, x + 0.6), (4.2, 6.2), "#b8d4d8", "#d8dee0")
    for k, dx in enumerate((-0.95, 0.95)):
        top, foot = room.view.at(x + dx, 2.0, 5.6), room.view.at(x + dx, 0, 5.6)
        r = room.view.scale(5.6)
        room.floor.taper(foot, top, r * 0.015, r * 0.015, room.tint("#a8b0b4"))
        if k == 0:
            room.floor.box(top[0] - r * 0.10, top[1], top[0] + r * 0.10, top[1] + r * 0.3, room.tint("#e8f0f4"))
            room.floor.line(
                [(top[0], top[1] + r * 0.3), (top[0] + r * 0.2, top[1] + r * 0.9), (top[0] + r * 0.45, top[1] + r * 1.2)],
                room.tint("#d8e4e8"),
                1,
            )
        else:
            room.floor.box(top[0] - r * 0.24, top[1] + r * 0.3, top[0] + r * 0.24, top[1] + r * 0.68, room.tint("#d8dce0"))
            room.floor.box(top[0] - r * 0.20, top[1] + r * 0.34, top[0] + r * 0.20, top[1] + r * 0.62, rgb("#12302c"))
            line = [
                (top[0] - r * 0.19 + r * 0.38 * k2 / 8, top[1] + r * (0.5 - (0.11 if k2 == 4 else -0.05 if k2 == 5 else 0)))
                for k2 in range(9)
            ]
            room.floor.line(line, rgb("#5aff9a"), max(r * 0.02, 1))
    cx = -s * h * 0.62
    for k in range(9):
        a = room.view.points(
            [
                (cx - 0.7 + 0.155 * k, 0.25, 5.2),
                (cx - 0.7 + 0.155 * (k + 1), 0.25, 5.2),
                (cx - 0.7 + 0.155 * (k + 1), 2.3, 5.2),
                (cx - 0.7 + 0.155 * k, 2.3, 5.2),
            ]
        )
        room.floor.polygon(a, room.tint("#a8ccd0", 1.05 if k % 2 else 0.88))
    room.floor.line([room.view.at(cx - 1.0, 2.32, 5.2), room.view.at(cx + 1.0, 2.32, 5.2)], room.tint("#b8c0c4"), 2)
    f.chair(room, x - s * 1.5, 4.6, "#8aa4a8")
    closed(room)


def office(stage: Stage) -> None:
    """Desks with screens before a wall of glass over the city."""
    room = opened(stage, Finish("#c4ccd4", "#6f7680", "#e8ecf0", "carpet", lamp="#f4f0e4"))
    s, h = stage.side, room.half
    room.window(0.0, 0.5, min(room.high - 0.3, 3.1), h * 0.90, bars=(6, 2), frame="#5a626c")
    _tubes(room, 2)
    for x, z in ((-h * 0.62, 5.0), (h * 0.62, 5.0), (-h * 0.78, 3.4), (h * 0.80, 3.4)):
        f.chair(room, x, z + 0.85, "#3a3f48")
        f.table(room, (x - 0.8, x + 0.8), (z, z + 0.7), code="#d8d4cc")
        f.small_things(room, x - 0.35, z + 0.35, 0.76, ("screen", "cup", "books"))
    f.plant(room, -s * h * 0.30, 6.1, 1.3)
    closed(room)


def library(stage: Stage) -> None:
    """Tall shelves on both sides, a ladder, a reading table with green lamps, an arched window."""
    room = opened(stage, Finish("#a88a60", "#6a4630", "#5a4430", high=4.4, depth=8.0, lens=1.0))
    s, h = stage.side, room.half
    room.window(0.0, 1.2, min(room.high - 0.7, 3.6), 0.95, bars=(3, 4), arch=True, frame="#5a3e28")
    for way in (-1, 1):
        f.side_shelf(room, way, (1.6, 7.9), min(room.high - 0.4, 4.0), 8)
        f.shelf(room, (way * h * 0.63 - h * 0.33, way * h * 0.63 + h * 0.33), (0.1, room.high - 0.5), 8)
    for dx in (-0.16, 0.16):
        a, b = room.view.at(-s * (h - 0.8) + dx, 0, 5.2), room.view.at(-s * (h - 0.12) + dx, 3.2, 5.4)
        room.floor.taper(a, b, room.view.scale(5.2) * 0.03, room.view.scale(5.2) * 0.026, room.tint("#8a6440"))
    for k in range(8):
        t = (k + 0.6) / 8.5
        a = room.view.at(-s * (h - 0.8 + 0.68 * t) - 0.16, 3.2 * t, 5.3)
        b = room.view.at(-s * (h - 0.8 + 0.68 * t) + 0.16, 3.2 * t, 5.3)
        room.floor.line([a, b], room.tint("#8a6440"), 2)
    f.rug(room, (-1.4, 1.4), (2.6, 6.6), "#6a2f2c")
    f.table(room, (-1.3, 1.3), (5.8, 6.6), 0.76, "#6b4528")
    for x in (-0.8, 0.8):
        f.lamp(room, x, 6.2, 0.76, 0.42, "#4a8a5a")
    f.small_things(room, -0.4, 6.0, 0.76, ("books", "books"))
    closed(room)


def cafe(stage: Stage) -> None:
    """A counter with bottles and a machine, round tables, lamps, a chalkboard, a wide window."""
    room = opened(stage, Finish("#8f6a4c", "#7a5a40", "#4a3a30", wainscot="#4a5a4c"))
    s, h = stage.side, room.half
    room.window(s * h * 0.48, 0.9, 2.55, h * 0.40, bars=(4, 1), frame="#3f3028")
    left = -s * h * 0.50
    f.shelf(
        room,
        (left - h * 0.36, left + h * 0.36),
        (1.35, 2.7),
        3,
        goods=("#3f7a5a", "#8a5a2c", "#d8c8a0", "#7a2f2c", "#4a6a9a"),
        fill=0.7,
    )
    room.on_wall(-s * 0.1 - 0.42, 1.6, -s * 0.1 + 0.42, 2.6, "#6b4a30")
    room.on_wall(-s * 0.1 - 0.36, 1.66, -s * 0.1 + 0.36, 2.54, "#26302c")
    for k in range(5):
        room.on_wall(-s * 0.1 - 0.26, 1.76 + 0.15 * k, -s * 0.1 + 0.05 + 0.05 * (k % 3), 1.79 + 0.15 * k, "#e8e4d4")
    room.shadow((left - h * 0.42, left + h * 0.40), (5.0, 5.7))
    room.box((left - h * 0.42, left + h * 0.40), (0, 1.05), (5.0, 5.7), "#5a3e2c")
    room.box((left - h * 0.44, left + h * 0.42), (1.05, 1.12), (4.9, 5.75), "#a87a4c")
    room.box((left - 0.5, left + 0.2), (1.12, 1.55), (5.2, 5.55), "#b0b4b8")
    f.small_things(room, left + 0.5, 5.1, 1.12, ("cup", "cup", "bottle"))
    for x, z in ((s * h * 0.46, 4.8), (s * h * 0.80, 3.5), (-s * h * 0.86, 3.3)):
        f.chair(room, x - 0.75, z + 0.25, "#6b4a34")
        f.chair(room, x + 0.75, z + 0.25, "#6b4a34")
        px, py = room.view.at(x, 0.76, z)
        r = room.view.scale(z)
        foot = room.view.at(x, 0, z)
        room.floor.ellipse(*foot, r * 0.26, r * 0.05, room.tint("#2a2624"))
        room.floor.taper(foot, (px, py), r * 0.035, r * 0.035, room.tint("#2a2624"))
        room.floor.ellipse(px, py, r * 0.46, r * 0.10, room.tint("#a87a4c"), 30)
        f.small_things(room, x - 0.15, z, 0.76, ("cup", "cup"))
    for x in (-h * 0.55, -h * 0.1, h * 0.40):
        f.pendant(room, x, 4.9, 2.45, "#8a4a34")
    closed(room)


def shop(stage: Stage) -> None:
    """Shelves of jars and boxes, a counter with a till, sacks and baskets, a window to the street."""
    room = opened(stage, Finish("#d0b48a", "#8a6648", "#e8dcc4"))
    s, h = stage.side, room.half
    goods = ("#d86a4a", "#e8b04a", "#6a9a7a", "#f0e4cc", "#7a8ab0", "#b85a7a", "#a8c06a")
    room.window(s * h * 0.40, 0.9, 2.5, 1.0, bars=(3, 2), frame="#4a6a5a")
    f.shelf(room, (-s * h * 0.42 - h * 0.42, -s * h * 0.42 + h * 0.36), (0.1, 2.8), 6, "#8a6440", goods=goods)
    f.side_shelf(room, -s, (2.4, 6.2), 2.6, 5, "#8a6440", goods)
    f.side_shelf(room, s, (2.4, 5.0), 1.8, 4, "#8a6440", goods)
    x = -s * h * 0.30
    room.shadow((x - 1.1, x + 1.1), (4.6, 5.2))
    room.box((x - 1.1, x + 1.1), (0, 0.95), (4.6, 5.2), "#7a5236")
    room.box((x - 1.18, x + 1.18), (0.95, 1.02), (4.5, 5.25), "#b08454")
    room.box((x + 0.4, x + 0.85), (1.02, 1.32), (4.8, 5.1), "#3f4a4a")
    f.small_things(room, x - 0.9, 4.7, 1.02, ("bottle", "books", "cup"))
    for k in range(4):
        px, py = room.view.at(s * (h * 0.44 + 0.42 * k), 0, 4.8 - 0.3 * k)
        r = room.view.scale(4.8 - 0.3 * k)
        room.floor.ellipse(px, py - r * 0.22, r * 0.26, r * 0.28, room.tint("#b89a68"), 20)
        n = 16
        dabs(
            room.floor,
            px + r * room.rng.uniform(-0.2, 0.2, n),
            py - r * (0.44 + 0.06 * room.rng.random(n)),
            np.full(n, r * 0.06),
            np.full(n, r * 0.055),
            tinted(room.tint(goods[k]), room.rng.uniform(0.8, 1.2, n)),
        )
    for xx in (-h * 0.4, h * 0.4):
        f.pendant(room, xx, 4.8, 2.7)
    closed(room)


def laboratory(stage: Stage) -> None:
    """Benches with glass and screens in a cold light."""
    room = opened(stage, Finish("#c0d0d8", "#8f9ea6", "#e8f0f4", "tiles", lamp="#c4e4ff"))
    s, h = stage.side, room.half
    room.window(s * h * 0.5, 1.3, 2.5, 0.8, bars=(3, 1), frame="#9aa8b0")
    f.shelf(
        room,
        (-s * h * 0.40 - 1.3, -s * h * 0.40 + 1.3),
        (1.4, 2.7),
        3,
        "#9aa8b0",
        goods=("#6ac8ff", "#ff8ab0", "#8affc0", "#ffe08a", "#e8f4f8"),
        fill=0.65,
    )
    _tubes(room, 2)
    room.box((-h, h), (0, 0.92), (6.0, 6.5), "#e0e8ec")
    f.small_things(room, -h * 0.8, 6.2, 0.92, ("flask", "flask", "screen", "flask", "screen", "flask", "flask"))
    for way in (-1, 1):
        x = way * h * 0.66
        room.shadow((x - 0.8, x + 0.8), (3.6, 4.4))
        room.box((x - 0.8, x + 0.8), (0, 0.9), (3.6, 4.4), "#d4dce0")
        room.box((x - 0.85, x + 0.85), (0.9, 0.96), (3.55, 4.45), "#4a5a64")
        f.small_things(room, x - 0.6, 3.9, 0.96, ("flask", "flask", "screen", "flask"))
    closed(room)


def corridor(stage: Stage) -> None:
    """Doors on both sides, lamps in a row, a window at the far end."""
    room = opened(
        stage,
        Finish(
            "#d0d4c4", "#8f9a98", "#e8ece4", "tiles", depth=14.0, half=2.0, high=3.0, wainscot="#8fa898", lamp="#f4f0d8", lens=0.80
        ),
    )
    room.window(0.0, 0.9, 2.5, 0.9, bars=(2, 2))
    for z in (12.5, 9.8, 7.4, 5.2, 3.3):
        for way in (-1, 1):
            room.on_side(way, 0, 2.15, z - 0.55, z + 0.55, room.tint("#6f5a44"))
            room.on_side(way, 0.05, 2.05, z - 0.45, z + 0.45, room.tint("#8f7050", 0.8 if way == stage.side else 1.0))
            room.on_side(way, 1.3, 1.9, z - 0.2, z + 0.2, room.glass() * np.float32(0.7))
        points = room.view.points(
            [(-0.35, room.high, z), (0.35, room.high, z), (0.35, room.high, z - 0.5), (-0.35, room.high, z - 0.5)]
        )
        room.back.polygon(points, rgb("#fffdf0"))
        room.lamp(0, room.high - 0.2, z, 0.7, 0.24, "#fff4d8")
    closed(room)


def prison(stage: Stage) -> None:
    """Damp stone, a barred window high up, straw, chains; bars before the viewer."""
    room = opened(stage, Finish("#6f6c68", "#55524e", "#3f3c3a", "stone", half=3.2, gloom=0.25, lamp="#ffb868"))
    s, h = stage.side, room.half
    room.window(s * h * 0.25, 2.15, 2.95, 0.55, bars=(5, 1), frame="#3a3836")
    n = 150
    for k in range(n):
        row, column = divmod(k, 15)
        x = -h + h * 2 * (column + 0.5 * (row % 2)) / 15
        y = 0.34 * row
        if y > room.high - 0.3 or (abs(x - s * h * 0.25) < 0.7 and 2.0 < y + 0.17 < 3.1):
            continue
        room.on_wall(x + 0.02, y + 0.02, min(x + h * 2 / 15 - 0.02, h), y + 0.31, "#7a7672", float(room.rng.uniform(0.75, 1.05)))
    f.table(room, (-s * h * 0.55 - 0.5, -s * h * 0.55 + 0.5), (5.2, 6.0), 0.45, "#5a4430")
    straw = 90
    across, along = s * h * 0.6 + room.rng.normal(0, 0.4, straw), 5.4 + room.rng.normal(0, 0.35, straw)
    at = room.view.points(np.stack([across, np.full(straw, 0.05), along], 1))
    dabs(
        room.floor,
        at[:, 0],
        at[:, 1],
        np.full(straw, stage.unit * 0.03),
        np.full(straw, stage.unit * 0.002),
        tinted(room.tint("#c8a860"), room.rng.uniform(0.6, 1.1, straw)),
        room.rng.uniform(-0.5, 0.5, straw),
    )
    for dx in (-0.4, 0.0):
        top = room.view.at(-s * h * 0.3 + dx, 1.9, room.depth)
        for k in range(9):
            room.back.ellipse(
                top[0] + (k % 2) * 2, top[1] + stage.unit * 0.011 * k, stage.unit * 0.004, stage.unit * 0.007, room.tint("#2a2826")
            )
    f.lamp(room, -s * h * 0.55, 5.6, 0.45, 0.2)
    closed(room)
    bars = Sheet(stage.frame.width, stage.frame.height)
    iron = room.tint("#1c1a1a", 0.8)
    for k in range(int(9 * max(stage.span, 0.5))):
        u = (k + 0.5) / int(9 * max(stage.span, 0.5))
        if 0.30 < u < 0.72:
            continue
        x = stage.x(u)
        bars.box(x - stage.unit * 0.011, -9, x + stage.unit * 0.011, stage.frame.height + 9, iron)
        bars.box(x + s * stage.unit * 0.004, -9, x + s * stage.unit * 0.009, stage.frame.height + 9, iron * np.float32(1.9))
    lay(stage.layers["front"], bars)
