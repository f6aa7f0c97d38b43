"""Great interiors: throne room, church, theatre stage, factory, train carriage, spaceship."""

import numpy as np

from services.model_service.engines.keyframe import furniture as f
from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Sheet, rgb, smoothstep
from services.model_service.engines.keyframe.indoors import Finish, Room, closed, opened
from services.model_service.engines.keyframe.space import paint_deep_sky, paint_planet
from services.model_service.engines.keyframe.stage import Stage


def _pillars(room: Room, spots: tuple[float, ...], inset: float, code: str, *, round_: float = 0.3) -> None:
    """Pillars on both sides, the far ones first, with foot and capital and a lit flank."""
    for z in spots:
        for way in (-1, 1):
            x = way * room.half * inset
            a, b = room.view.at(x - round_, 0, z), room.view.at(x + round_, room.high, z)
            w = b[0] - a[0]
            tone = room.tint(code, 0.82 + 0.2 * (1 - z / 10))
            room.floor.box(a[0], b[1], b[0], a[1], tone)
            for k, shade in enumerate((0.62, 0.86, 1.16, 1.0)):
                u = (0.0, 0.25, 0.62, 0.82)[k] if room.stage.side > 0 else 1 - (0.0, 0.25, 0.62, 0.82)[k] - 0.2
                room.floor.box(a[0] + w * u, b[1], a[0] + w * (u + 0.2), a[1], tone * np.float32(shade))
            room.floor.box(a[0] - w * 0.2, a[1] - w * 0.4, b[0] + w * 0.2, a[1], tone * np.float32(0.9))
            room.floor.box(a[0] - w * 0.22, b[1], b[0] + w * 0.22, b[1] + w * 0.42, tone * np.float32(1.05))


def throne_room(stage: Stage) -> None:
    """A throne on steps at the end of a carpet, pillars, banners, high windows."""
    room = opened(stage, Finish("#a8957c", "#8a7a6a", "#4a4038", "stone", depth=9.5, half=4.6, high=5.4, lens=0.84))
    h = room.half
    for way in (-1, 1):
        room.window(way * h * 0.52, 1.7, room.high - 0.7, 0.55, bars=(2, 4), arch=True, frame="#6a5a48")
    room.on_wall(-1.15, 0.6, 1.15, room.high - 0.5, "#7a1f24")
    room.on_wall(-0.95, 0.6, 0.95, room.high - 0.7, "#9a2a2c")
    emblem = room.view.at(0, room.high - 1.4, room.depth)
    r = room.view.scale(room.depth)
    room.back.disc(*emblem, r * 0.42, room.tint("#e0b450"))
    room.back.disc(*emblem, r * 0.32, room.tint("#9a2a2c"))
    room.back.polygon(
        [
            (emblem[0] + np.cos(a) * r * (0.3 if k % 2 == 0 else 0.12), emblem[1] + np.sin(a) * r * (0.3 if k % 2 == 0 else 0.12))
            for k, a in enumerate(np.linspace(-np.pi / 2, 1.5 * np.pi, 11)[:10])
        ],
        room.tint("#e0b450"),
    )
    for code, inset, tone in (("#e0b450", 0.0, 0.9), ("#a02a2c", 0.10, 1.0)):
        room.floor.polygon(
            room.view.points([(-1.0 + inset, 0, 8.9), (1.0 - inset, 0, 8.9), (1.0 - inset, 0, 0.6), (-1.0 + inset, 0, 0.6)]),
            room.tint(code, tone),
        )
    for k in range(3):
        room.box((-2.1 + 0.3 * k, 2.1 - 0.3 * k), (0.18 * k, 0.18 * (k + 1)), (8.0 + 0.25 * k, 9.4), "#9a8a74")
        room.box((-0.9 + 0.05 * k, 0.9 - 0.05 * k), (0.18 * k, 0.18 * (k + 1) + 0.005), (7.99 + 0.25 * k, 9.4), "#a02a2c")
    room.box((-0.62, 0.62), (0.54, 2.5), (9.0, 9.15), "#c8963a")
    room.box((-0.48, 0.48), (0.9, 2.3), (8.97, 9.1), "#8a1f28")
    for x in (-0.62, 0.5):
        room.box((x, x + 0.12), (0.54, 1.25), (8.5, 9.1), "#d8a84a")
        px, py = room.view.at(x + 0.06, 2.62, 9.0)
        room.floor.disc(px, py, r * 0.1, room.tint("#f0c860"))
    room.box((-0.5, 0.5), (0.54, 0.98), (8.5, 9.1), "#8a1f28")
    _pillars(room, (8.2, 6.2, 4.4), 0.78, "#c8b89c")
    for z in (7.2, 5.2):
        for way in (-1, 1):
            room.lamp(way * h * 0.66, 2.3, z, 0.9, 0.5, "#ffb45a")
            px, py = room.view.at(way * h * 0.66, 2.2, z)
            s = room.view.scale(z)
            room.floor.box(px - s * 0.05, py, px + s * 0.05, py + s * 0.5, room.tint("#3a322c"))
            room.floor.ellipse(px, py - s * 0.12, s * 0.09, s * 0.2, rgb("#ffb04a"), 14)
            room.floor.ellipse(px, py - s * 0.08, s * 0.05, s * 0.12, rgb("#fff0b0"), 12)
    closed(room)


def church(stage: Stage) -> None:
    """A nave with pews, pillars and stained glass."""
    room = opened(stage, Finish("#b4a890", "#8f8270", "#6a6052", "stone", depth=10.0, half=4.2, high=5.6, lens=0.84))
    h = room.half
    room.window(0.0, 1.9, room.high - 0.6, 0.85, bars=(3, 4), arch=True, frame="#5a5044")
    hues = ("#e8443c", "#3f7ad8", "#f0c040", "#4aa86a", "#a05ac8")
    hole = room.windows[0]
    left, right, top, bottom = float(hole[:, 0].min()), float(hole[:, 0].max()), float(hole[:, 1].min()), float(hole[:, 1].max())
    for row in range(7):
        for column in range(4):
            x0, y0 = left + (right - left) * column / 4, top + (bottom - top) * (0.16 + 0.84 * row / 7)
            room.back.box(
                x0 + 2,
                y0 + 2,
                x0 + (right - left) / 4 - 1,
                y0 + (bottom - top) * 0.12 - 1,
                rgb(hues[int(room.rng.integers(5))]) * np.float32(0.5 if stage.dark else 0.92),
            )
    for way in (-1, 1):
        for z in (8.6, 6.6, 4.8):
            room.on_side(
                way,
                1.6,
                room.high - 1.2,
                z - 0.4,
                z + 0.4,
                rgb(hues[int(room.rng.integers(5))]) * np.float32(0.35 if stage.dark else 0.75),
            )
            room.on_side(way, 1.6, room.high - 1.2, z - 0.03, z + 0.03, room.tint("#4a4238"))
    room.box((-1.1, 1.1), (0, 1.0), (9.2, 9.6), "#e8e0d0")
    a, b = room.view.at(0, 1.0, 9.4), room.view.at(0, 2.1, 9.4)
    s = room.view.scale(9.4)
    room.floor.box(a[0] - s * 0.05, b[1], a[0] + s * 0.05, a[1], room.tint("#d8a84a"))
    room.floor.box(a[0] - s * 0.3, b[1] + s * 0.3, a[0] + s * 0.3, b[1] + s * 0.4, room.tint("#d8a84a"))
    _pillars(room, (8.8, 7.0, 5.2), 0.86, "#c8bca4")
    room.floor.polygon(room.view.points([(-0.7, 0, 9.0), (0.7, 0, 9.0), (0.7, 0, 0.6), (-0.7, 0, 0.6)]), room.tint("#8a2f34"))
    for z in (7.6, 6.5, 5.4, 4.4, 3.5):
        for way in (-1, 1):
            x = (1.0, h * 0.80) if way > 0 else (-h * 0.80, -1.0)
            room.box(x, (0, 0.9), (z + 0.3, z + 0.38), "#7a5236")
            room.box(x, (0.4, 0.46), (z, z + 0.34), "#8a6040")
    for candle in (-0.7, 0.7):
        room.lamp(candle, 1.5, 9.3, 0.5, 0.7, "#ffd08a")
    closed(room)


def theatre(stage: Stage) -> None:
    """Red curtains, boards, spotlights, the audience's heads before the viewer."""
    room = opened(stage, Finish("#3a2a3c", "#8a5a38", "#2a2030", half=5.2, gloom=0.2, lamp="#fff0d0", lens=0.95))
    frame, unit = stage.frame, stage.unit
    scale = room.view.scale(room.depth)
    n = 26
    for k in range(n):
        u0, u1 = k / n, (k + 1) / n
        x0, x1 = -room.half + room.half * 2 * u0, -room.half + room.half * 2 * u1
        open_ = abs((u0 + u1) / 2 - 0.5) < 0.27
        code = "#28385c" if open_ else "#a02430"
        room.on_wall(x0, 0, x1, room.high, code, 1.1 if k % 2 == 0 else 0.72)
    moon = room.view.at(stage.side * 0.8, 2.3, room.depth)
    room.back.disc(*moon, scale * 0.42, room.tint("#f8e8b0", 1.4))
    for k in range(9):
        x = room.view.at(-room.half * 0.5 + room.half * k / 8, 0.9 + 0.4 * (k % 3), room.depth)
        room.back.ellipse(x[0], x[1], scale * 0.6, scale * 0.5, room.tint("#1c2f3c", 1.1))
    for k in range(15):
        u = (k + 0.5) / 15
        a = room.view.at(-room.half + room.half * 2 * u, room.high, 4.2)
        room.floor.ellipse(
            a[0], a[1] - unit * 0.01, unit * 0.05, unit * (0.10 + 0.012 * (k % 2)), room.tint("#b02a36", 1.0 if k % 2 else 0.78), 20
        )
    for way in (-1, 1):
        for k in range(6):
            x0 = way * room.half * (0.74 + 0.07 * k)
            a, b = room.view.at(x0, 0, 4.2), room.view.at(x0 + way * room.half * 0.075, room.high, 4.2)
            room.floor.polygon([a, (b[0], a[1]), (b[0], b[1]), (a[0], b[1])], room.tint("#a82834", 1.08 if k % 2 else 0.7))
    closed(room)
    ground, mid = stage.layers["ground"], stage.layers["mid"]
    for share, lean in ((0.30, 0.12), (0.5, 0.0), (0.70, -0.12)):
        px, foot = stage.x(share), stage.y(0.55)
        spread = np.float32(unit * 0.03) + np.maximum(frame.coarse_rows, 0) * np.float32(0.17)
        axis = np.float32(px) + frame.coarse_rows * np.float32(lean)
        beam = np.exp(-(((frame.coarse_columns - axis) / spread) ** 2)) * smoothstep(
            foot + unit * 0.06, foot - unit * 0.06, frame.coarse_rows
        )
        ground.shine(frame.refined(np.maximum(beam - np.float32(1 / 256), 0) * np.float32(0.16)), rgb("#fff0cc"))
    ground.light(frame.glow(stage.x(0.5), stage.y(0.52), unit * 0.42, stretch=3.0) * np.float32(0.32), rgb("#ffe8c0"))
    mid.light(frame.glow(stage.x(0.5), stage.horizon, unit * 0.4) * np.float32(0.10), rgb("#fff0d0"))
    heads, rng = Sheet(frame.width, frame.height), stage.rng("audience")
    for row, (y, size, tone) in enumerate(((0.955, 0.030, 0.20), (1.0, 0.042, 0.10))):
        n = int((17 - 4 * row) * max(stage.span, 0.4))
        for k in range(n):
            at = frame.width * (k + 0.5 + 0.3 * float(rng.normal(0, 0.3))) / n
            s = unit * size * float(rng.uniform(0.85, 1.15))
            dark = room.tint("#4a3a48", tone * 2.2)
            heads.disc(at, frame.height * y - s, s * 0.62, dark)
            heads.ellipse(at, frame.height * y + s * 0.6, s * 1.25, s, dark)
    lay(stage.layers["front"], heads)


def factory(stage: Stage) -> None:
    """Steel beams, pipes, a great machine with wheels, crates, skylights."""
    room = opened(
        stage, Finish("#7f7a70", "#66625c", "#4a4844", "metal", depth=10.0, half=5.0, high=5.0, lamp="#ffd89a", lens=0.86)
    )
    s, h = stage.side, room.half
    for k in range(4):
        room.window(-h * 0.72 + h * 0.48 * k, 2.6, room.high - 0.5, h * 0.19, bars=(3, 3), frame="#4a4844")
    for z in (8.5, 6.5, 4.7):
        room.box((-h, h), (room.high - 0.5, room.high - 0.25), (z, z + 0.2), "#8a4a34", wall=True)
        for way in (-1, 1):
            room.box((way * h * 0.94 - 0.14, way * h * 0.94 + 0.14), (0, room.high), (z, z + 0.2), "#8a4a34")
    x = -s * h * 0.50
    room.shadow((x - 1.5, x + 1.5), (6.8, 8.4))
    room.box((x - 1.5, x + 1.5), (0, 1.9), (6.8, 8.4), "#4a6a64")
    room.box((x - 0.5, x + 0.9), (1.9, 2.7), (7.1, 8.2), "#5a7a70")
    for dx, r in ((-0.8, 0.55), (0.35, 0.75)):
        px, py = room.view.at(x + dx, 1.0, 6.75)
        scale = room.view.scale(6.75) * r
        room.floor.disc(px, py, scale, room.tint("#3a3834"))
        for k in range(12):
            a = k * np.pi / 6
            room.floor.taper(
                (px, py),
                (px + np.cos(a) * scale * 1.08, py + np.sin(a) * scale * 1.08),
                scale * 0.06,
                scale * 0.1,
                room.tint("#b8863c"),
            )
        room.floor.disc(px, py, scale * 0.72, room.tint("#b8863c"))
        room.floor.disc(px, py, scale * 0.5, room.tint("#4a4844"))
        room.floor.disc(px, py, scale * 0.16, room.tint("#d8b060"))
    for y in (2.9, 3.3):
        left, right = room.view.at(-h, y, 8.8), room.view.at(h, y, 8.8)
        room.back.taper(
            left, right, room.view.scale(8.8) * 0.09, room.view.scale(8.8) * 0.09, room.tint("#a86a3c" if y > 3 else "#8a9498")
        )
    for cx, cz, size in ((s * h * 0.62, 6.6, 1.1), (s * h * 0.82, 6.0, 0.8), (s * h * 0.64, 6.5, 0.7)):
        y = 1.1 if size == 0.7 else 0.0
        room.box((cx - size / 2, cx + size / 2), (y, y + size), (cz, cz + size), "#a87f4c")
    for z in (8.0, 6.0):
        f.pendant(room, 0.8 * s, z, 3.6, "#4a5a4c")
    closed(room)


def carriage(stage: Stage) -> None:
    """Rows of seats under luggage racks, the land going by in the windows."""
    room = opened(
        stage,
        Finish(
            "#d8ccb0", "#7a6a58", "#ece4d4", "planks", depth=9.0, half=1.9, high=2.6, wainscot="#7a4a34", lamp="#ffe0a8", lens=0.80
        ),
    )
    h = room.half
    room.on_wall(-0.5, 0, 0.5, 2.1, "#6b4028")
    room.window(0.0, 1.15, 1.9, 0.32, bars=(1, 1), frame="#6b4028")
    sky, hill, field = room.glass(), stage.lit(rgb("#6a8a6a"), 0.5), stage.lit(rgb("#8aa858"), 0.25)
    for z in (8.2, 6.8, 5.4, 4.0, 2.6):
        for way in (-1, 1):
            room.on_side(way, 0.95, 2.05, z - 0.58, z + 0.58, room.tint("#5a3a26"))
            room.on_side(way, 1.02, 1.98, z - 0.52, z + 0.52, sky)
            room.on_side(way, 1.02, 1.45, z - 0.52, z + 0.52, hill)
            room.on_side(way, 1.02, 1.25, z - 0.52, z + 0.52, field)
            room.on_side(way, 0.98, 2.05, z + 0.42, z + 0.56, room.tint("#a84a3c"))
            if not stage.dark:
                room.lamps.add(*room.view.at(way * h * 0.95, 1.5, z), room.view.scale(z) * 0.55, stage.palette.sun, 0.20)
    for way in (-1, 1):
        room.box((way * (h - 0.22) - 0.2, way * (h - 0.22) + 0.2), (2.12, 2.17), (1.4, 8.8), "#b8904c", wall=True)
    for z in (7.6, 6.2, 4.8, 3.5):
        for way in (-1, 1):
            x = (h - 1.15, h - 0.05) if way > 0 else (-h + 0.05, -h + 1.15)
            room.box(x, (0.1, 0.5), (z - 0.1, z + 0.45), "#8a3a34")
            room.box(x, (0.4, 1.3), (z + 0.4, z + 0.55), "#9a443c")
            room.box((x[0] + 0.05, x[1] - 0.05), (1.15, 1.36), (z + 0.36, z + 0.5), "#e8dcc4")
    for z in (7.4, 5.4, 3.6):
        points = room.view.points(
            [(-0.2, room.high, z), (0.2, room.high, z), (0.2, room.high, z - 0.3), (-0.2, room.high, z - 0.3)]
        )
        room.back.polygon(points, rgb("#fff4d8"))
        room.lamp(0, room.high - 0.1, z, 0.7, 0.36)
    closed(room)


def spaceship(stage: Stage) -> None:
    """A bridge: a wide window on the stars and a planet, ribs, consoles full of lights."""
    room = opened(stage, Finish("#4a5468", "#3a4254", "#343c4c", "metal", half=4.6, gloom=0.15, lamp="#8ad0ff", lens=0.95))
    frame, h = stage.frame, room.half
    for name in ("sky", "clouds", "far"):
        stage.layers[name].rgba[:] = 0
    hues = paint_deep_sky(stage)
    room.window(0.0, 0.9, room.high - 0.45, h * 0.78, bars=(3, 1), frame="#6a768c")
    x, y = room.view.at(-stage.side * h * 0.30, 2.2, room.depth)
    paint_planet(stage, stage.rng("planet"), x, y, room.view.scale(room.depth) * 0.85, hues[2])
    for z in (5.4, 4.0, 2.8):
        for way in (-1, 1):
            room.box((way * h * 0.98 - 0.12, way * h * 0.98 + 0.12), (0, room.high), (z, z + 0.25), "#6a768c", wall=True)
        room.box((-h, h), (room.high - 0.16, room.high), (z, z + 0.25), "#5a6478", wall=True)
        points = room.view.points(
            [
                (-0.9, room.high - 0.02, z - 0.2),
                (0.9, room.high - 0.02, z - 0.2),
                (0.9, room.high - 0.02, z - 0.36),
                (-0.9, room.high - 0.02, z - 0.36),
            ]
        )
        room.back.polygon(points, rgb("#bfeaff"))
    for way in (-1, 1):
        for z in (5.6, 4.3, 3.1):
            room.on_side(way, 1.1, 1.9, z - 0.5, z + 0.5, rgb("#0f2436"))
            for k in range(9):
                y0, z0 = 1.18 + 0.075 * k, z - 0.42
                tone = rgb(("#4ae0ff", "#ff8a5a", "#7affa0")[int(room.rng.integers(3))]) * np.float32(0.85)
                room.on_side(way, y0, y0 + 0.03, z0, z0 + float(room.rng.uniform(0.15, 0.8)), tone)
            room.lamps.add(*room.view.at(way * h * 0.95, 1.5, z), room.view.scale(z) * 0.7, rgb("#4ab8ff"), 0.22)
    n = 70
    for x0, x1, z0 in ((-h * 0.72, -h * 0.24, 5.2), (h * 0.24, h * 0.72, 5.2), (-0.7, 0.7, 5.8)):
        room.shadow((x0, x1), (z0, z0 + 0.7))
        room.box((x0, x1), (0, 0.85), (z0, z0 + 0.7), "#5a6478")
        top = room.view.points(
            np.stack([room.rng.uniform(x0 + 0.06, x1 - 0.06, n), np.full(n, 0.86), room.rng.uniform(z0 + 0.08, z0 + 0.62, n)], 1)
        )
        glow = np.stack([rgb(code) for code in ("#4ae0ff", "#ff5a5a", "#ffd05a", "#7affa0")])[room.rng.integers(4, size=n)]
        s = room.view.scale(z0) * 0.022
        dabs(room.floor, top[:, 0], top[:, 1], np.full(n, s * 1.6), np.full(n, s * 0.7), glow, corners=4)
        room.lamps.add(*room.view.at((x0 + x1) / 2, 0.95, z0), room.view.scale(z0) * 0.8, rgb("#4ac8ff"), 0.28)
    for x in (-h * 0.48, h * 0.48):
        room.box((x - 0.28, x + 0.28), (0.35, 0.5), (4.0, 4.5), "#2c3440")
        room.box((x - 0.28, x + 0.28), (0.5, 1.3), (3.95, 4.08), "#343e4c")
    closed(room)
    strips = Lights(frame)
    for way in (-1, 1):
        a = room.view.at(way * h * 0.9, 0.05, 3.4)
        strips.add(*a, stage.unit * 0.12, rgb("#3ab0ff"), 0.25, stretch=3)
    strips.shine(stage.layers["ground"])
    n = 60
    sheet = Sheet(frame.width, frame.height)
    for way in (-1, 1):
        away = np.linspace(6.3, 1.6, n)
        line = room.view.points(np.stack([np.full(n, way * h * 0.9), np.full(n, 0.02), away], 1))
        size = stage.unit * 0.006 * (3 / away)
        dabs(sheet, line[:, 0], line[:, 1], size * 2, size * 0.6, tinted(rgb("#8ae0ff"), np.full(n, 1.0)), corners=6)
    lay(stage.layers["ground"], sheet)
