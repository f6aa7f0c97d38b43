"""Furniture by the metre: tables, chairs, beds, shelves, lamps, and what stands on them."""

import numpy as np

from services.model_service.engines.keyframe.brush import blades, dabs, polygons, tinted
from services.model_service.engines.keyframe.canvas import rgb
from services.model_service.engines.keyframe.indoors import Room

BOOKS = ("#a8443c", "#3f6a7a", "#c9a04a", "#5a7a4f", "#7a5a8a", "#d9cbb0", "#2f4a6a", "#8a5a3a")


def table(room: Room, x: tuple[float, float], z: tuple[float, float], high: float = 0.76, code: str = "#8a5f3c") -> None:
    """Four legs and a top."""
    room.shadow(x, z)
    leg = 0.07
    for lx in (x[0] + 0.05, x[1] - 0.05 - leg):
        for lz in (z[1] - leg, z[0]):
            room.box((lx, lx + leg), (0, high), (lz, lz + leg), code, 0.72)
    room.box(x, (high - 0.06, high), z, code)


def chair(room: Room, x: float, z: float, code: str = "#7a5236", *, facing: int = 1) -> None:
    """A plain chair; `facing` -1 shows its back to the viewer."""
    room.shadow((x - 0.22, x + 0.22), (z - 0.2, z + 0.2), 0.08)
    behind = facing > 0

    def back() -> None:
        at = z + 0.2 if behind else z - 0.22
        for dx in (-0.2, 0.14):
            room.box((x + dx, x + dx + 0.06), (0.45, 1.0), (at, at + 0.05), code, 0.86)
        room.box((x - 0.2, x + 0.2), (0.78, 0.98), (at, at + 0.04), code, 0.94)

    if behind:
        back()
    for dx in (-0.2, 0.15):
        for dz in (0.15, -0.2):
            room.box((x + dx, x + dx + 0.05), (0, 0.45), (z + dz, z + dz + 0.05), code, 0.7)
    room.box((x - 0.22, x + 0.22), (0.43, 0.48), (z - 0.2, z + 0.2), code)
    if not behind:
        back()


def sofa(room: Room, x: tuple[float, float], z: float, code: str = "#7a4a44") -> None:
    """A sofa against the far wall, with cushions."""
    room.shadow(x, (z, z + 0.9))
    room.box(x, (0.12, 0.92), (z + 0.65, z + 0.9), code, 0.86)
    room.box(x, (0.12, 0.46), (z, z + 0.68), code)
    for a in (x[0] - 0.18, x[1]):
        room.box((a, a + 0.18), (0.1, 0.64), (z, z + 0.9), code, 0.92)
    middle = (x[0] + x[1]) / 2
    for cx, hue in ((x[0] + 0.3, "#d8b06a"), (x[1] - 0.3, "#6a8a94")):
        px, py = room.view.at(cx, 0.66, z + 0.5)
        s = room.view.scale(z + 0.5) * 0.24
        room.floor.polygon(
            [(px - s, py + s * 0.8), (px - s * 0.8, py - s * 0.9), (px + s * 0.8, py - s * 0.9), (px + s, py + s * 0.8)],
            room.tint(hue),
        )
    room.floor.line([room.view.at(middle, 0.46, z), room.view.at(middle, 0.14, z)], room.tint(code, 0.6), 1)


def bed(room: Room, x: tuple[float, float], z: tuple[float, float], cover: str = "#8aa8c0", frame: str = "#7a5236") -> None:
    """A bed whose head stands at the far wall: headboard, mattress, cover with folds, pillows."""
    room.shadow(x, z)
    room.box(x, (0, 1.15), (z[1], z[1] + 0.08), frame)
    room.box(x, (0.1, 0.34), z, frame, 0.8)
    room.box((x[0] + 0.03, x[1] - 0.03), (0.34, 0.56), (z[0] + 0.03, z[1]), "#f0ece4")
    fold = z[0] + (z[1] - z[0]) * 0.62
    room.box((x[0] - 0.03, x[1] + 0.03), (0.22, 0.60), (z[0] - 0.02, fold), cover)
    room.box((x[0] - 0.03, x[1] + 0.03), (0.56, 0.62), (fold - 0.05, fold + 0.22), "#f6f2ea")
    wide = (x[1] - x[0]) / 2
    for k in range(2 if wide > 0.6 else 1):
        cx = x[0] + wide * (0.5 + k) if wide > 0.6 else (x[0] + x[1]) / 2
        px, py = room.view.at(cx, 0.66, z[1] - 0.25)
        s = room.view.scale(z[1]) * 0.32
        room.floor.ellipse(px, py, s, s * 0.42, room.tint("#d8d4cc"), 20)
        room.floor.ellipse(px, py - s * 0.06, s * 0.95, s * 0.36, room.tint("#fbf8f2"), 20)


def shelf(
    room: Room,
    x: tuple[float, float],
    y: tuple[float, float],
    rows: int,
    code: str = "#6b4a30",
    *,
    goods: tuple[str, ...] = BOOKS,
    fill: float = 0.9,
) -> None:
    """A shelf on the far wall, full of books (or other goods)."""
    room.on_wall(x[0], y[0], x[1], y[1], code, 0.62)
    step = (y[1] - y[0]) / rows
    hues = np.stack([room.tint(hue) for hue in goods])
    for row in range(rows):
        base = y[0] + step * row
        at = x[0] + 0.05
        xs, hs, ws = [], [], []
        while at < x[1] - 0.1:
            w, h = float(room.rng.uniform(0.05, 0.11)), step * float(room.rng.uniform(0.55, 0.85))
            if room.rng.random() < fill:
                xs.append(at)
                hs.append(h)
                ws.append(w)
            at += w + 0.012
        if xs:
            left, tall, wide = np.array(xs), np.array(hs), np.array(ws)
            corners = np.stack(
                [
                    np.stack([left + a * wide, base + 0.04 + b * tall, np.full_like(left, room.depth)], 1)
                    for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
                ],
                1,
            )
            polygons(
                room.back,
                room.view.points(corners),
                hues[room.rng.integers(len(hues), size=left.size)] * room.rng.uniform(0.8, 1.1, left.size)[:, None],
            )
        room.on_wall(x[0], base, x[1], base + 0.04, code, 1.12)
    room.on_wall(x[0], y[1] - 0.05, x[1], y[1], code, 1.2)
    for edge in (x[0], x[1] - 0.06):
        room.on_wall(edge, y[0], edge + 0.06, y[1], code, 1.05)


def side_shelf(
    room: Room, way: int, z: tuple[float, float], high: float, rows: int, code: str = "#6b4a30", goods: tuple[str, ...] = BOOKS
) -> None:
    """A shelf along a side wall, running into the depth."""
    dark = room.tint(code, 0.5 if way == room.stage.side else 0.66)
    room.on_side(way, 0, high, z[0], z[1], dark)
    step = high / rows
    x = way * room.half
    hues = np.stack([room.tint(hue, 0.72 if way == room.stage.side else 0.95) for hue in goods])
    for row in range(rows):
        n = int((z[1] - z[0]) / 0.10)
        at = z[1] - (z[1] - z[0]) * (np.arange(n) + 0.1) / n
        tall = step * room.rng.uniform(0.55, 0.85, n)
        corners = np.stack(
            [
                np.stack([np.full(n, x), step * row + 0.04 + b * tall, at - a * 0.075], 1)
                for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
            ],
            1,
        )
        polygons(room.back, room.view.points(corners), hues[room.rng.integers(len(hues), size=n)])
        room.on_side(way, step * row, step * row + 0.045, z[0], z[1], room.tint(code, 0.95))
    for k in range(int((z[1] - z[0]) / 1.4) + 1):
        post = z[1] - 1.4 * k
        room.on_side(way, 0, high, post - 0.06, post, room.tint(code, 0.85))


def lamp(room: Room, x: float, z: float, base: float = 0.0, high: float = 1.55, shade: str = "#f0d8a8") -> None:
    """A standing lamp (or one on a table top at height `base`) with a cloth shade."""
    scale = room.view.scale(z)
    px, foot = room.view.at(x, base, z)
    top = room.view.at(x, base + high, z)[1]
    iron = room.tint("#4a3a2c")
    room.floor.ellipse(px, foot, scale * 0.14, scale * 0.035, iron)
    room.floor.taper((px, foot), (px, top), scale * 0.02, scale * 0.016, iron)
    s = scale * (0.20 if high > 1 else 0.15)
    lit = rgb("#ffe2a8") if room.night else room.tint(shade)
    room.floor.polygon(
        [(px - s * 0.6, top - s * 0.7), (px + s * 0.6, top - s * 0.7), (px + s, top + s * 0.6), (px - s, top + s * 0.6)], lit
    )
    room.floor.polygon(
        [(px - s * 0.6, top - s * 0.7), (px - s * 0.2, top - s * 0.7), (px - s * 0.4, top + s * 0.6), (px - s, top + s * 0.6)],
        lit * np.float32(0.9),
    )
    room.lamp(x, base + high, z, 0.55, 0.5)
    room.lamp(x, base + high * 0.9, z, 1.7, 0.34)


def pendant(room: Room, x: float, z: float, y: float, code: str = "#3a3a40", *, lantern: bool = False) -> None:
    """A lamp that hangs from the ceiling; `lantern` is a red paper one."""
    scale = room.view.scale(z)
    px, py = room.view.at(x, y, z)
    top = room.view.at(x, room.high, z)[1]
    room.floor.line([(px, top), (px, py)], room.tint("#2a2624"), max(scale * 0.012, 1))
    s = scale * 0.22
    if lantern:
        red = np.clip(rgb("#d83a2c") * np.float32(1.0 if room.night else 0.92), 0, 1)
        room.floor.ellipse(px, py + s * 0.8, s, s * 0.8, red, 24)
        room.floor.ellipse(px, py + s * 0.8, s * 0.5, s * 0.8, np.clip(red * np.float32(1.25), 0, 1), 24)
        for dy in (0.0, 1.5):
            room.floor.box(px - s * 0.4, py + s * dy - s * 0.02, px + s * 0.4, py + s * (dy + 0.14), room.tint("#d8a83c"))
        room.floor.line([(px, py + s * 1.64), (px, py + s * 2.3)], room.tint("#d8a83c"), max(s * 0.1, 1))
        room.lamp(x, y - 0.2, z, 0.7, 0.42, "#ff8a4a")
        return
    room.floor.polygon([(px - s * 0.3, py), (px + s * 0.3, py), (px + s, py + s * 0.7), (px - s, py + s * 0.7)], room.tint(code))
    room.floor.ellipse(px, py + s * 0.72, s * 0.8, s * 0.16, rgb("#fff0c8") if room.night else room.tint("#f4ecd8"))
    room.lamp(x, y - 0.2, z, 0.5, 0.5)
    room.lamp(x, y - 0.9, z, 1.2, 0.22)


def plant(room: Room, x: float, z: float, high: float = 1.1, *, base: float = 0.0) -> None:
    """A pot with leaves."""
    scale = room.view.scale(z)
    px, py = room.view.at(x, base, z)
    s = scale * high
    pot = room.tint("#b86a48")
    room.floor.polygon(
        [(px - s * 0.17, py - s * 0.30), (px + s * 0.17, py - s * 0.30), (px + s * 0.12, py), (px - s * 0.12, py)], pot
    )
    room.floor.box(px - s * 0.19, py - s * 0.34, px + s * 0.19, py - s * 0.28, pot * np.float32(1.15))
    n = 16
    angle = np.linspace(-1.2, 1.2, n) + room.rng.normal(0, 0.1, n)
    long = s * room.rng.uniform(0.4, 0.7, n)
    green = tinted(room.tint("#4a8a4c"), room.rng.uniform(0.65, 1.25, n))
    blades(
        room.floor,
        np.full(n, px),
        np.full(n, py - s * 0.32),
        np.full(n, s * 0.035),
        long * np.cos(angle * 0.7),
        long * np.sin(angle),
        green,
    )
    dabs(
        room.floor,
        px + long * np.sin(angle) * 0.9,
        py - s * 0.32 - long * np.cos(angle * 0.7) * 0.92,
        long * 0.16,
        long * 0.08,
        green,
        angle,
        corners=8,
    )


def picture(room: Room, x: float, y: float, half: float = 0.4, *, scroll: bool = False) -> None:
    """A framed landscape, or a hanging scroll with a mountain in ink."""
    tall = half * (2.2 if scroll else 0.75)
    room.on_wall(x - half, y - tall, x + half, y + tall, "#d8ccb0" if scroll else "#6b4a2c", 1.05)
    inset = 0.86
    room.on_wall(x - half * inset, y - tall * 0.84, x + half * inset, y + tall * 0.84, "#f0e8d4" if scroll else "#bcd4dc")
    a, b = room.view.at(x - half * inset, y + tall * 0.84, room.depth), room.view.at(x + half * inset, y - tall * 0.84, room.depth)
    w, h = b[0] - a[0], b[1] - a[1]
    ink = room.tint("#4a4c50" if scroll else "#5f8068")
    room.back.polygon(
        [
            (a[0], b[1] - h * (0.3 if scroll else 0)),
            (a[0] + w * 0.35, a[1] + h * 0.35),
            (a[0] + w * 0.55, a[1] + h * 0.6),
            (a[0] + w * 0.75, a[1] + h * 0.5),
            (b[0], b[1] - h * (0.3 if scroll else 0)),
        ],
        ink,
    )
    if scroll:
        for yy in (y - tall, y + tall - 0.06):
            room.on_wall(x - half * 1.1, yy, x + half * 1.1, yy + 0.06, "#5a3a24")


def rug(room: Room, x: tuple[float, float], z: tuple[float, float], code: str = "#a8443c", *, round_: bool = False) -> None:
    """A rug with a border; a round one fits its box."""
    for inset, hue, tone in ((0.0, code, 0.9), (0.10, "#e0c08a", 1.0), (0.16, code, 1.1)):
        if round_:
            turn = np.linspace(0, 2 * np.pi, 40)
            cx, cz = (x[0] + x[1]) / 2, (z[0] + z[1]) / 2
            rx, rz = (x[1] - x[0]) / 2 - inset, (z[1] - z[0]) / 2 - inset
            points = np.stack([cx + rx * np.cos(turn), np.zeros(40), cz + rz * np.sin(turn)], 1)
        else:
            points = np.array(
                [
                    (x[0] + inset, 0, z[0] + inset),
                    (x[1] - inset, 0, z[0] + inset),
                    (x[1] - inset, 0, z[1] - inset),
                    (x[0] + inset, 0, z[1] - inset),
                ]
            )
        room.floor.polygon(room.view.points(points), room.tint(hue, tone))


def small_things(room: Room, x: float, z: float, base: float, kinds: tuple[str, ...]) -> None:
    """Cups, bottles, books and screens on a surface at height `base`, side by side from `x`."""
    for kind in kinds:
        s = room.view.scale(z)
        px, py = room.view.at(x, base, z)
        if kind == "cup":
            room.floor.box(px - s * 0.05, py - s * 0.10, px + s * 0.05, py, room.tint("#f4f0e8"))
        elif kind == "bottle":
            hue = room.tint(("#3f7a5a", "#8a5a2c", "#4a6a9a")[int(room.rng.integers(3))])
            room.floor.box(px - s * 0.045, py - s * 0.22, px + s * 0.045, py, hue)
            room.floor.box(px - s * 0.018, py - s * 0.32, px + s * 0.018, py - s * 0.2, hue)
        elif kind == "books":
            for k, cover in enumerate(BOOKS[:3]):
                room.floor.box(
                    px - s * 0.15, py - s * 0.06 * (k + 1), px + s * (0.15 - 0.02 * k), py - s * 0.06 * k, room.tint(cover)
                )
        elif kind == "screen":
            room.floor.box(px - s * 0.30, py - s * 0.46, px + s * 0.30, py - s * 0.08, room.tint("#2a2c32"))
            room.floor.box(
                px - s * 0.27,
                py - s * 0.43,
                px + s * 0.27,
                py - s * 0.11,
                rgb("#7ab8e0") * np.float32(0.95 if room.night else 0.75),
            )
            room.floor.box(px - s * 0.03, py - s * 0.08, px + s * 0.03, py, room.tint("#2a2c32"))
            room.lamp(x, base + 0.3, z, 0.4, 0.18, "#8ac8ff")
        elif kind == "teapot":
            room.floor.ellipse(px, py - s * 0.10, s * 0.12, s * 0.10, room.tint("#8a4a34"), 18)
            room.floor.taper(
                (px + s * 0.1, py - s * 0.1), (px + s * 0.2, py - s * 0.18), s * 0.025, s * 0.015, room.tint("#8a4a34")
            )
        elif kind == "flask":
            hue = rgb(("#5affc0", "#ff7ab0", "#6ac8ff", "#ffd05a")[int(room.rng.integers(4))]) * np.float32(0.9)
            room.floor.polygon(
                [(px - s * 0.11, py), (px - s * 0.03, py - s * 0.2), (px + s * 0.03, py - s * 0.2), (px + s * 0.11, py)],
                room.tint("#dcecf0"),
            )
            room.floor.polygon(
                [(px - s * 0.10, py), (px - s * 0.06, py - s * 0.10), (px + s * 0.06, py - s * 0.10), (px + s * 0.10, py)], hue
            )
        x += 0.42 if kind == "screen" else 0.26
