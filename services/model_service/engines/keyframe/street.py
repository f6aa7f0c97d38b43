"""Streets in perspective: a modern one with shops, an old Chinese one with lanterns, a market, rooftops, a platform, a stadium."""

from dataclasses import dataclass

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import SOILS, carpet
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.perspective import View, block, floor_plan, grid_facing, grid_on_wall, panes
from services.model_service.engines.keyframe.skyline import NEON, WARM_WINDOW, paint_skyline
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import LEAF, foliage
from services.model_service.engines.keyframe.water import paint_wet_mirror

_FRONTS = ("#b86a50", "#c8b090", "#8f7a6a", "#d8c8a8", "#7f8a94", "#a85a48", "#b8a078", "#6f7f8a")
_AWNINGS = (("#c8443c", "#f4ece0"), ("#3f7a5a", "#f0ece0"), ("#3f6a9a", "#f4f0e8"), ("#e0a840", "#fff4e0"))


@dataclass(slots=True)
class Row:
    """The houses along one side of a street, in the making."""

    stage: Stage
    view: View
    sheet: Sheet
    lights: Lights
    rng: np.random.Generator
    way: int
    edge: float

    def quad(self, y: tuple[float, float], z: tuple[float, float], colour: Array, out: float = 0.0) -> None:
        """An upright piece of the street front, `out` metres towards the street."""
        x = self.way * (self.edge - out)
        self.sheet.polygon(self.view.points([(x, y[0], z[0]), (x, y[1], z[0]), (x, y[1], z[1]), (x, y[0], z[1])]), colour)

    def slab(self, y: float, z: tuple[float, float], out: tuple[float, float], colour: Array, drop: float = 0.0) -> None:
        """A piece that juts out: an awning, a ledge, an eave; its outer edge lies `drop` lower."""
        a, b = (self.way * (self.edge - o) for o in out)
        self.sheet.polygon(self.view.points([(a, y, z[0]), (a, y, z[1]), (b, y - drop, z[1]), (b, y - drop, z[0])]), colour)

    def haze(self, z: float) -> float:
        return float(np.clip((z - 6) / 70, 0, 0.75))

    def lit(self, code: str, z: float, tone: float = 1.0) -> Array:
        shade = 0.74 if self.way == self.stage.side else 1.0  # the side below the sun shows its shaded face
        return self.stage.lit(rgb(code) * np.float32(tone * shade), self.haze(z))


def paint_street(stage: Stage) -> None:
    """A modern street: shop fronts with awnings and lit windows, lamps, trees, a road with markings."""
    rng = stage.rng("street")
    view = View.of(stage, aside=0.10 * stage.side)
    edge = 6.4 if stage.frame.width > stage.frame.height else 4.6
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    for way in (-1, 1):
        row = Row(stage, view, sheet, lights, rng, way, edge)
        spans, z = [], 1.2
        while z < 80:
            deep = float(rng.uniform(5.0, 9.0)) * (1 if z < 30 else 1.8)
            spans.append((z, z + deep))
            z += deep
        for z0, z1 in spans[::-1]:
            _house(row, z0, z1, float(rng.uniform(7.0, 15.0)) + (9.0 if stage.scene.has("city") else 0.0))
    lay(stage.layers["mid"], sheet)
    _road(stage, view, edge)
    if stage.wet or "neon" in stage.scene.props:
        paint_wet_mirror(stage, stage.horizon + 2, 0.9)
    _kerb_things(stage, view, edge, lights)
    lights.shine(stage.layers["ground"])


def paint_avenue(stage: Stage) -> None:
    """A wide road between towers."""
    view = View.of(stage, aside=0.06 * stage.side)
    edge, lights = 7.5, Lights(stage.frame)
    paint_skyline(stage)
    _road(stage, view, edge)
    if stage.wet or "neon" in stage.scene.props:
        paint_wet_mirror(stage, stage.horizon + 2, 0.9)
    _kerb_things(stage, view, edge, lights)
    lights.shine(stage.layers["ground"])


def _house(row: Row, z0: float, z1: float, tall: float) -> None:
    rng, stage = row.rng, row.stage
    near = max(z0, 0.55)
    wall = row.lit(_FRONTS[int(rng.integers(len(_FRONTS)))], z0, float(rng.uniform(0.9, 1.08)))
    # The gable that faces the viewer shows above lower neighbours.
    x0, x1 = sorted((row.way * row.edge, row.way * (row.edge + 14)))
    row.sheet.polygon(
        row.view.points([(x0, 0, z0), (x1, 0, z0), (x1, tall, z0), (x0, tall, z0)]),
        wall * np.float32(0.80 if row.way == stage.side else 0.72),
    )
    row.quad((0, tall), (near, z1), wall)
    row.quad((tall - 0.5, tall), (near, z1), wall * np.float32(1.12), 0.25)
    columns, floors = max(int((z1 - z0) / 1.7), 1), max(int((tall - 4.4) / 3.0), 1)
    shine = stage.lamps
    windows = grid_on_wall(row.way * row.edge, 4.2, tall - 0.9, near, z1, columns, floors, (0.52, 0.58))
    chance = rng.random(len(windows))
    on = (chance < 0.45) & shine
    warm = mix(rgb(WARM_WINDOW), stage.palette.haze, row.haze(z0) * 0.8)
    glass = mix(wall * np.float32(0.55), mix(stage.palette.middle, stage.palette.horizon, 0.5), 0.45 if not stage.dark else 0.12)
    frames = windows.copy()
    middle = windows.mean(1, keepdims=True)
    panes(row.sheet, row.view, middle + (frames - middle) * 1.22, np.broadcast_to(wall * np.float32(1.18), (len(windows), 3)))
    panes(row.sheet, row.view, windows, np.where(on[:, None], warm * rng.uniform(0.75, 1.0, len(windows))[:, None], glass))
    _shop(row, near, z0, z1, wall)


def _shop(row: Row, near: float, z0: float, z1: float, wall: Array) -> None:
    """The ground floor: a lit window, a door, an awning or a sign, a hanging sign."""
    rng, stage = row.rng, row.stage
    inside = (
        mix(rgb("#ffdca0"), stage.palette.haze, row.haze(z0))
        if stage.lamps
        else mix(wall * np.float32(0.42), stage.palette.horizon, 0.22)
    )
    row.quad((0, 3.5), (near, z1), wall * np.float32(0.62), 0.02)
    split = z0 + (z1 - z0) * float(rng.uniform(0.55, 0.7))
    row.quad((0.55, 2.8), (max(near, z0 + 0.4), split), inside, 0.03)
    row.quad((0.0, 2.7), (split + 0.3, max(min(split + 1.5, z1 - 0.2), split + 0.4)), inside * np.float32(0.86), 0.03)
    for k in range(4):  # goods in the window
        z = z0 + 0.7 + (split - z0 - 1.0) * (k + 0.5) / 4
        if z > near:
            row.quad((0.6, 0.9 + 0.5 * float(rng.random())), (z - 0.25, z + 0.25), inside * np.float32(rng.uniform(0.5, 0.8)), 0.04)
    main, other = (row.lit(code, z0) for code in _AWNINGS[int(rng.integers(len(_AWNINGS)))])
    sign = "neon" in stage.scene.props
    if rng.random() < 0.6 and not sign:
        n = 7
        for k in range(n):
            a, b = z0 + 0.3 + (split - z0) * k / n, z0 + 0.3 + (split - z0) * (k + 1) / n
            if a > near:
                row.slab(3.1, (a, b), (0.0, 1.3), main if k % 2 else other, 0.7)
    else:
        hue = rgb(NEON[int(rng.integers(len(NEON)))]) if sign else main
        row.quad((2.95, 3.6), (max(near, z0 + 0.3), split + 1.2), wall * np.float32(0.35) if sign else main, 0.08)
        n = 6
        for k in range(n):
            a = z0 + 0.8 + (split - z0) * k / n
            if a > near:
                row.quad((3.08, 3.46), (a, a + (split - z0) / n * 0.6), hue if sign else other, 0.10)
        if sign:
            row.lights.add(
                *row.view.at(row.way * row.edge, 3.2, (z0 + split) / 2), row.view.scale((z0 + split) / 2) * 1.6, hue, 0.35
            )
    if stage.lamps:
        z = (z0 + split) / 2
        row.lights.add(*row.view.at(row.way * row.edge, 1.6, z), row.view.scale(z) * 1.7, rgb("#ffc878"), 0.20)
    z = split + 1.6
    if z > near and rng.random() < 0.7:
        hue = rgb(NEON[int(rng.integers(len(NEON)))]) if stage.dark else main
        a, b = (row.way * (row.edge - v) for v in (0.1, 1.1))
        low = 3.9
        row.sheet.polygon(
            row.view.points([(a, low, z), (b, low, z), (b, low + 2.2, z), (a, low + 2.2, z)]),
            hue * np.float32(0.95 if stage.dark else 1.0),
        )
        a, b = (row.way * (row.edge - v) for v in (0.28, 0.92))
        for k in range(3):
            row.sheet.polygon(
                row.view.points(
                    [
                        (a, low + 0.2 + 0.68 * k, z),
                        (b, low + 0.2 + 0.68 * k, z),
                        (b, low + 0.65 + 0.68 * k, z),
                        (a, low + 0.65 + 0.68 * k, z),
                    ]
                ),
                np.clip(other if not stage.dark else rgb("#fff8f0"), 0, 1),
            )
        if stage.dark:
            row.lights.add(*row.view.at(row.way * (row.edge - 0.6), low + 1.1, z), row.view.scale(z) * 1.5, hue, 0.35)


def _road(stage: Stage, view: View, edge: float) -> None:
    """Asphalt, kerbs, pavements of slabs and the road's markings."""
    frame, rng = stage.frame, stage.rng("road")
    line = np.full(frame.width, stage.horizon + 1, np.float32)
    size = 256
    tile = 1 + (clouds(rng, size, size, cells=24, octaves=4) - np.float32(0.5)) * np.float32(0.22)
    tone = floor_plan(stage, view, tile.astype(np.float32), 3.0, stage.horizon)
    snow = stage.snowy
    far, near = (
        stage.lit(rgb(code), d)
        for code, d in ((("#e6ecf6", 0.3), ("#c8d2e4", 0.0)) if snow else (("#6a6c78", 0.4), ("#46485a", 0.0)))
    )
    carpet(stage, stage.layers["ground"], line, far, near, tone)
    sheet = Sheet(frame.width, frame.height)
    kerb = edge - 2.4
    slab, joint = (stage.lit(rgb(code)) for code in (("#f2f5fb", "#d4dcec") if snow else ("#9a98a0", "#7c7a84")))
    for way in (-1, 1):
        points = view.points(
            [(way * kerb, 0.12, 80), (way * kerb, 0.12, 0.6), (way * (edge + 6), 0.12, 0.6), (way * edge, 0.12, 80)]
        )
        sheet.polygon(points, slab * np.float32(0.92))
        sheet.polygon(
            view.points([(way * kerb, 0.0, 80), (way * kerb, 0.12, 80), (way * kerb, 0.12, 0.6), (way * kerb, 0.0, 0.6)]),
            slab * np.float32(0.7),
        )
        for k in range(1, 4):
            x = way * (kerb + (edge - kerb) * k / 4)
            sheet.line([view.at(x, 0.12, 40), view.at(x, 0.12, 0.8)], joint, 1)
        for z in np.geomspace(1.2, 24, 26):
            sheet.line([view.at(way * kerb, 0.12, float(z)), view.at(way * edge, 0.12, float(z))], joint, 1)
    if not snow:
        paint = stage.lit(rgb("#e8dca0"))
        z = 1.6
        while z < 60:
            sheet.polygon(
                view.points([(-0.09, 0, z), (0.09, 0, z), (0.09, 0, z + 1.6), (-0.09, 0, z + 1.6)]),
                mix(paint, stage.palette.haze, min(z / 80, 0.6)),
            )
            z += 3.6
        for k in range(9):
            x = -kerb + 2 * kerb * (k + 0.2) / 9
            sheet.polygon(
                view.points([(x, 0, 11.5), (x + kerb / 9 * 1.1, 0, 11.5), (x + kerb / 9 * 1.1, 0, 9.2), (x, 0, 9.2)]),
                stage.lit(rgb("#dcdad4"), 0.1),
            )
    lay(stage.layers["ground"], sheet)


def _kerb_things(stage: Stage, view: View, edge: float, lights: Lights) -> None:
    """Lamps and trees along the kerbs, a bin and a box near by."""
    sheet, rng = Sheet(stage.frame.width, stage.frame.height), stage.rng("kerb")
    iron, kerb = stage.lit(rgb("#2b2d35")), edge - 2.1
    for z in (42.0, 27.0, 18.0, 11.5, 7.2):
        for way in (-1, 1):
            x, s = way * kerb, view.scale(z)
            if (round(z) + way) % 2 == 0 or z > 40:
                foot, top = view.at(x, 0.1, z), view.at(x, 5.2, z)
                tone = mix(iron, stage.palette.haze, min(z / 80, 0.6))
                sheet.taper(foot, top, s * 0.07, s * 0.045, tone)
                head = view.at(x - way * 1.1, 5.4, z)
                sheet.taper(top, head, s * 0.04, s * 0.035, tone)
                sheet.ellipse(head[0], head[1], s * 0.30, s * 0.09, rgb("#ffeec0") if stage.lamps else tone)
                if stage.lamps:
                    lights.add(*head, s * 0.9, rgb("#ffdc98"), 0.55)
                    lights.add(*view.at(x - way * 0.9, 0, z), s * 1.9, rgb("#ffcf88"), 0.22, stretch=3.2)
            elif not stage.snowy:
                foot, top = view.at(x, 0.1, z), view.at(x, 2.4, z)
                sheet.taper(foot, top, s * 0.12, s * 0.08, stage.lit(rgb("#5a4636"), min(z / 80, 0.6)))
                n = 12
                leaf = stage.lit(rgb(LEAF), min(z / 80, 0.6))
                order = np.argsort(-rng.random(n))
                foliage(
                    sheet,
                    rng,
                    top[0] + s * rng.normal(0, 0.75, n),
                    top[1] - s * (0.5 + 1.5 * rng.random(n))[order],
                    s * rng.uniform(0.45, 0.8, n),
                    leaf,
                    side=stage.side,
                )
    lay(stage.layers["ground"], sheet)


def paint_old_street(stage: Stage, *, market: bool = False) -> None:
    """An old Chinese street: white walls, dark wood, tiled eaves that turn up, red lanterns in strings, worn flagstones."""
    rng = stage.rng("old street")
    view = View.of(stage, aside=0.08 * stage.side)
    edge = 4.0 if stage.frame.width > stage.frame.height else 3.0
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    for way in (-1, 1):
        row = Row(stage, view, sheet, lights, rng, way, edge)
        spans, z = [], 0.9
        while z < 60:
            deep = float(rng.uniform(3.6, 6.0)) * (1 if z < 25 else 2)
            spans.append((z, z + deep))
            z += deep
        for z0, z1 in spans[::-1]:
            _old_house(row, z0, z1, float(rng.uniform(3.4, 5.6)))
    lay(stage.layers["mid"], sheet)
    _flagstones(stage, view)
    if stage.wet:
        paint_wet_mirror(stage, stage.horizon + 2, 0.8)
    front = Sheet(stage.frame.width, stage.frame.height)
    if market:
        _stalls(stage, view, front, lights, edge)
    _lantern_strings(stage, view, front, lights, edge)
    lay(stage.layers["ground"], front)
    lights.shine(stage.layers["ground"])


def _old_house(row: Row, z0: float, z1: float, tall: float) -> None:
    rng, stage, near = row.rng, row.stage, max(z0, 0.55)
    plaster = row.lit("#e4dccb", z0, float(rng.uniform(0.86, 1.04)))
    wood = row.lit("#6b3826", z0)
    tile = row.lit("#eef2f8" if stage.snowy else "#4f545c", z0)
    x0, x1 = sorted((row.way * row.edge, row.way * (row.edge + 9)))
    row.sheet.polygon(
        row.view.points([(x0, 0, z0), (x1, 0, z0), (x1, tall + 1.5, z0), (x0, tall + 0.6, z0)]), plaster * np.float32(0.82)
    )
    row.quad((0, tall), (near, z1), plaster)
    n = max(int((z1 - near) / 1.25), 1)
    paper = mix(rgb("#ffcf80"), stage.palette.haze, row.haze(z0)) if stage.lamps else row.lit("#d8c49a", z0)
    for k in range(n):
        a, b = near + (z1 - near) * k / n, near + (z1 - near) * (k + 1) / n
        row.quad((0, tall - 0.3), (a, a + (b - a) * 0.10), wood, 0.05)
        if rng.random() < 0.6:
            row.quad((0.9, 2.5), (a + (b - a) * 0.16, b - (b - a) * 0.06), wood, 0.03)
            row.quad((1.0, 2.4), (a + (b - a) * 0.22, b - (b - a) * 0.12), paper, 0.04)
            for j in range(1, 4):
                z = a + (b - a) * (0.22 + 0.66 * j / 4)
                row.quad((1.0, 2.4), (z - 0.02, z + 0.02), wood, 0.05)
                row.quad((1.0 + 0.35 * j, 1.04 + 0.35 * j), (a + (b - a) * 0.22, b - (b - a) * 0.12), wood, 0.05)
        else:
            row.quad((0, 2.3), (a + (b - a) * 0.16, b - (b - a) * 0.06), wood * np.float32(0.8), 0.03)
            row.quad((0, 2.3), ((a + b) / 2 - 0.02, (a + b) / 2 + 0.02), wood * np.float32(0.45), 0.04)
    row.quad((2.55, 2.95), (near, z1), wood * np.float32(1.1), 0.06)
    if rng.random() < 0.5:
        z = (near + z1) / 2
        row.quad((2.5, 3.1), (z - 0.9, z + 0.9), row.lit("#2c2420", z0), 0.12)
        for k in range(3):
            row.quad((2.62, 2.98), (z - 0.7 + 0.5 * k, z - 0.34 + 0.5 * k), row.lit("#e0b450", z0), 0.14)
    if stage.lamps:
        row.lights.add(
            *row.view.at(row.way * row.edge, 1.6, (near + z1) / 2), row.view.scale((near + z1) / 2) * 1.1, rgb("#ffb060"), 0.16
        )
    # The roof: a slope towards the street in courses of tiles, its ends turned up.
    row.slab(tall + 0.9, (near, z1), (-1.6, 0.95), tile * np.float32(1.08), 1.15)
    courses = max(int((z1 - near) / 0.42), 2)
    for k in range(courses):
        z = near + (z1 - near) * (k + 0.5) / courses
        a, b = row.view.at(row.way * (row.edge + 1.6), tall + 0.9, z), row.view.at(row.way * (row.edge - 0.95), tall - 0.25, z)
        row.sheet.line([a, b], tile * np.float32(0.72), max(row.view.scale(z) * 0.05, 1))
    row.slab(tall - 0.25, (near, z1), (0.95, 0.0), wood * np.float32(0.45), 0.02)
    row.quad((tall - 0.42, tall - 0.22), (near, z1), tile * np.float32(0.6), 0.96)
    for z, out in ((near, -0.7), (z1, 0.7)):
        tip = row.view.points(
            [
                (row.way * (row.edge - 0.95), tall - 0.3, z),
                (row.way * (row.edge - 1.35), tall + 0.35, z + out * 0.4),
                (row.way * (row.edge - 0.6), tall - 0.05, z),
            ]
        )
        row.sheet.polygon(tip, tile * np.float32(0.8))


def _flagstones(stage: Stage, view: View) -> None:
    """Worn slabs of many sizes."""
    rng, size = stage.rng("flags"), 256
    tile: Array = np.full((size, size), 0.55, np.float32)
    y = 0
    while y < size:
        tall = min(int(rng.integers(28, 50)), size - y)
        x = int(rng.integers(-40, 0))
        while x < size:
            wide = int(rng.integers(40, 84))
            tile[y + 2 : y + tall, max(x + 2, 0) : max(min(x + wide, size), 0)] = float(rng.uniform(0.82, 1.12))
            x += wide
        y += tall
    tile *= 1 + (clouds(rng, size, size, cells=10, octaves=4) - np.float32(0.5)) * np.float32(0.3)
    tone = floor_plan(stage, view, tile, 2.6, stage.horizon)
    codes = ("#eef2fa", "#ccd6e8") if stage.snowy else ("#a8a298", "#77726c")
    line = np.full(stage.frame.width, stage.horizon + 1, np.float32)
    carpet(stage, stage.layers["ground"], line, stage.lit(rgb(codes[0]), 0.3), stage.lit(rgb(codes[1])), tone)


def lantern(sheet: Sheet, lights: Lights, x: float, y: float, size: float, *, lit: bool, strength: float = 0.42) -> None:
    """A red paper lantern of half-width `size` hanging at (x, y), with its tassel."""
    red = rgb("#d83a2c") if not lit else rgb("#f0502f")
    sheet.ellipse(x, y, size, size * 0.82, red * np.float32(0.84), 22)
    sheet.ellipse(x, y, size * 0.62, size * 0.82, red, 22)
    sheet.ellipse(x, y, size * 0.24, size * 0.80, np.clip(red * np.float32(1.2) + (0.08 if lit else 0.0), 0, 1), 18)
    for dy in (-0.86, 0.74):
        sheet.box(x - size * 0.38, y + size * dy, x + size * 0.38, y + size * (dy + 0.16), rgb("#d8a83c"))
    sheet.line([(x, y + size * 0.9), (x, y + size * 1.6)], rgb("#d8a83c"), max(size * 0.14, 1))
    if lit:
        lights.add(x, y, size * 2.4, rgb("#ff7a3a"), strength)


def _lantern_strings(stage: Stage, view: View, sheet: Sheet, lights: Lights, edge: float) -> None:
    """Strings across the street and single lanterns under the eaves."""
    for z in (24.0, 15.0, 9.5, 6.2):
        a, b = view.at(-edge + 0.3, 4.3, z), view.at(edge - 0.3, 4.3, z)
        s = view.scale(z)
        n = 7
        points = [
            (a[0] + (b[0] - a[0]) * k / (n + 1), a[1] + s * 0.75 * 4 * (k / (n + 1)) * (1 - k / (n + 1))) for k in range(n + 2)
        ]
        sheet.line(points, stage.lit(rgb("#3a2a24")), max(s * 0.02, 1))
        for px, py in points[1:-1]:
            lantern(sheet, lights, px, py + s * 0.28, s * 0.24, lit=stage.lamps, strength=0.30)
    for z in (12.0, 7.4, 4.6):
        for way in (-1, 1):
            x, y = view.at(way * (edge - 0.8), 2.95, z)
            sheet.line([(x, y - view.scale(z) * 0.5), (x, y)], stage.lit(rgb("#3a2a24")), 1)
            lantern(sheet, lights, x, y + view.scale(z) * 0.2, view.scale(z) * 0.26, lit=stage.lamps)


def _stalls(stage: Stage, view: View, sheet: Sheet, lights: Lights, edge: float) -> None:
    """Market stalls on both sides: a counter with goods under a striped cloth roof."""
    rng = stage.rng("stalls")
    for z in (17.0, 12.5, 8.6, 5.6):
        for way in (-1, 1):
            x = (edge - 1.7, edge - 0.2) if way > 0 else (-edge + 0.2, -edge + 1.7)
            wood = stage.lit(rgb("#8a6040"), min(z / 60, 0.5))
            block(sheet, view, x, (0, 0.85), (z, z + 1.8), wood, side=stage.side)
            n = 34
            goods = view.points(
                np.stack(
                    [
                        rng.uniform(x[0] + 0.1, x[1] - 0.1, n),
                        0.9 + 0.12 * rng.random(n),
                        np.sort(rng.uniform(z + 0.1, z + 1.7, n))[::-1],
                    ],
                    1,
                )
            )
            hue = rgb(("#e8643c", "#f0b83c", "#8ab84a", "#c83a4a", "#e8dcc0")[int(rng.integers(5))])
            s = view.scale(z)
            dabs(
                sheet,
                goods[:, 0],
                goods[:, 1],
                np.full(n, s * 0.09),
                np.full(n, s * 0.08),
                tinted(stage.lit(hue), rng.uniform(0.75, 1.15, n)),
                corners=8,
            )
            for dx in (x[0] + 0.05, x[1] - 0.05):
                for dz in (z, z + 1.75):
                    sheet.taper(view.at(dx, 0, dz), view.at(dx, 2.5, dz), s * 0.03, s * 0.03, wood * np.float32(0.8))
            main, other = (stage.lit(rgb(code), min(z / 60, 0.5)) for code in _AWNINGS[int(rng.integers(4))])
            for k in range(6):
                a, b = x[0] - 0.15 + (x[1] - x[0] + 0.3) * k / 6, x[0] - 0.15 + (x[1] - x[0] + 0.3) * (k + 1) / 6
                sheet.polygon(
                    view.points([(a, 2.75, z + 1.9), (b, 2.75, z + 1.9), (b, 2.3, z - 0.35), (a, 2.3, z - 0.35)]),
                    main if k % 2 else other,
                )
                sheet.polygon(
                    view.points([(a, 2.3, z - 0.35), (b, 2.3, z - 0.35), (b, 2.08, z - 0.35), (a, 2.08, z - 0.35)]),
                    (main if k % 2 else other) * np.float32(0.85),
                )
            if stage.lamps:
                px, py = view.at((x[0] + x[1]) / 2, 1.9, z)
                sheet.disc(px, py, s * 0.09, rgb("#fff0c0"))
                lights.add(px, py, s * 0.9, rgb("#ffc060"), 0.4)


def paint_rooftops(stage: Stage) -> None:
    """A flat roof above the city: parapet, water tank, vents, an antenna, washing on a line."""
    view, sheet, lights = View.of(stage), Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    rng, size = stage.rng("roof"), 256
    tile = 1 + (clouds(rng, size, size, cells=12, octaves=4) - np.float32(0.5)) * np.float32(0.35)
    tile[:3] *= 0.7
    tile[:, :3] *= 0.7
    line = np.full(stage.frame.width, view.at(0, 0, 13)[1], np.float32)
    codes = ("#eef2fa", "#d0d8e8") if stage.snowy else ("#9a948c", "#6c6864")
    carpet(
        stage,
        stage.layers["ground"],
        line,
        stage.lit(rgb(codes[0]), 0.15),
        stage.lit(rgb(codes[1])),
        floor_plan(stage, view, tile.astype(np.float32), 3.0, stage.horizon),
    )
    wall = stage.lit(rgb("#a8846a"))
    block(sheet, view, (-30, 30), (-0.1, 0.95), (12.6, 13.0), wall, side=stage.side)
    s = stage.side
    for k in range(60):
        x = -15 + 0.5 * k
        sheet.line([view.at(x, 0.05, 12.6), view.at(x, 0.9, 12.6)], wall * np.float32(0.72), 1)
    tank = -s * 4.4
    for dx in (-0.8, 0.8):
        block(sheet, view, (tank + dx - 0.08, tank + dx + 0.08), (0, 1.8), (10.0, 10.2), stage.lit(rgb("#3a3a40")), side=s)
    a, b = view.at(tank - 1.15, 1.8, 10), view.at(tank + 1.15, 4.3, 10)
    wood = stage.lit(rgb("#8a5f44"))
    sheet.box(a[0], b[1], b[0], a[1], wood)
    for k in range(9):
        x = a[0] + (b[0] - a[0]) * k / 9
        sheet.box(x, b[1], x + (b[0] - a[0]) / 18, a[1], wood * np.float32(0.82 + 0.3 * ((k / 9 - 0.5) * s)))
    sheet.polygon(
        [(a[0] - 4, b[1]), ((a[0] + b[0]) / 2, b[1] - view.scale(10) * 0.9), (b[0] + 4, b[1])],
        stage.lit(rgb("#eef2fa" if stage.snowy else "#5a4a44")),
    )
    for x, z, w in ((s * 3.6, 10.5, 1.0), (s * 5.6, 9.0, 0.8), (-s * 2.2, 11.4, 0.6)):
        block(sheet, view, (x - w, x + w), (0, 1.1), (z, z + 1.0), stage.lit(rgb("#a8aeb4")), side=s)
        c = view.at(x, 0.55, z)
        sheet.disc(*c, view.scale(z) * 0.36, stage.lit(rgb("#4a5058")))
        sheet.line([(c[0] - 9, c[1]), (c[0] + 9, c[1])], stage.lit(rgb("#8a9098")), 1)
    foot, top = view.at(s * 2.0, 0, 12), view.at(s * 2.0, 5.5, 12)
    sheet.taper(foot, top, 2, 1, stage.lit(rgb("#3a3a40")))
    for k in range(4):
        y = view.at(0, 5.2 - 0.5 * k, 12)[1]
        sheet.line([(top[0] - 18 + 3 * k, y), (top[0] + 18 - 3 * k, y)], stage.lit(rgb("#3a3a40")), 1)
    lay(stage.layers["ground"], sheet)
    if stage.lamps:
        lights.add(*view.at(tank, 1.2, 9.5), stage.unit * 0.14, rgb("#ffcf88"), 0.2)
        lights.shine(stage.layers["ground"])


def paint_platform(stage: Stage) -> None:
    """A station platform: a roof on iron posts, rails beside it, benches, a clock, lamps."""
    view, sheet, lights = (
        View.of(stage, aside=-0.10 * stage.side),
        Sheet(stage.frame.width, stage.frame.height),
        Lights(stage.frame),
    )
    s, rng = stage.side, stage.rng("platform")
    gravel = SOILS["earth"]
    line = np.full(stage.frame.width, stage.horizon + 1, np.float32)
    tile = 1 + rng.normal(0, 0.10, (128, 128)).astype(np.float32)
    carpet(
        stage,
        stage.layers["ground"],
        line,
        stage.lit(rgb("#e6ecf6" if stage.snowy else gravel.far), 0.3),
        stage.lit(rgb("#ccd6e6" if stage.snowy else "#6a6460")),
        floor_plan(stage, view, tile, 1.5, stage.horizon),
    )
    for x in (s * 3.6, s * 5.1):
        sheet.polygon(
            view.points([(x - 0.05, -0.5, 90), (x + 0.05, -0.5, 90), (x + 0.08, -0.5, 0.7), (x - 0.08, -0.5, 0.7)]),
            stage.lit(rgb("#b8bcc4")),
        )
    for z in np.geomspace(1.5, 50, 34)[::-1]:
        sheet.polygon(
            view.points([(s * 3.2, -0.52, z), (s * 5.5, -0.52, z), (s * 5.5, -0.52, z * 0.975), (s * 3.2, -0.52, z * 0.975)]),
            stage.lit(rgb("#5a4838"), min(float(z) / 80, 0.5)),
        )
    for x in (s * 3.6, s * 5.1):
        sheet.line([view.at(x, -0.45, 80), view.at(x, -0.45, 0.8)], stage.lit(rgb("#d0d4dc")), max(stage.unit / 200, 1))
    slab, edge = stage.lit(rgb("#eef2fa" if stage.snowy else "#a8a098")), s * 2.6
    sheet.polygon(view.points([(edge, 0, 90), (edge, 0, 0.6), (-s * 30, 0, 0.6), (-s * 30, 0, 90)]), slab * np.float32(0.9))
    sheet.polygon(view.points([(edge, 0, 90), (edge, 0, 0.6), (edge, -0.6, 0.6), (edge, -0.6, 90)]), slab * np.float32(0.55))
    sheet.polygon(
        view.points([(edge - s * 0.35, 0, 90), (edge - s * 0.55, 0, 90), (edge - s * 0.55, 0, 0.6), (edge - s * 0.35, 0, 0.6)]),
        stage.lit(rgb("#e8c040")),
    )
    for z in np.geomspace(1.4, 30, 22):
        sheet.line([view.at(edge, 0.0, float(z)), view.at(-s * 12, 0.0, float(z))], slab * np.float32(0.74), 1)
    building = stage.lit(rgb("#b87a58"))
    x0, x1 = sorted((-s * 6.2, -s * 6.3))
    block(sheet, view, (x0, x1), (0, 4.2), (3.0, 60.0), building, side=s)
    windows = grid_on_wall(-s * 6.15, 0.9, 3.0, 4.0, 50.0, 15, 1, (0.5, 0.9))
    glow = rgb(WARM_WINDOW) if stage.lamps else mix(building * np.float32(0.5), stage.palette.horizon, 0.3)
    panes(sheet, view, windows, np.broadcast_to(glow, (len(windows), 3)))
    iron = stage.lit(rgb("#3f5a52"))
    for z in (40.0, 27.0, 18.0, 12.0, 7.6):
        for x in (s * 1.5, -s * 4.0):
            block(
                sheet, view, (x - 0.10, x + 0.10), (0, 4.0), (z, z + 0.2), mix(iron, stage.palette.haze, min(z / 90, 0.5)), side=s
            )
            for way in (-1, 1):
                sheet.taper(
                    view.at(x, 3.2, z),
                    view.at(x + way * 1.0, 4.1, z),
                    view.scale(z) * 0.06,
                    view.scale(z) * 0.05,
                    mix(iron, stage.palette.haze, min(z / 90, 0.5)),
                )
    sheet.polygon(
        view.points([(s * 2.5, 4.1, 60), (-s * 6.3, 4.1, 60), (-s * 6.3, 4.1, 2.4), (s * 2.5, 4.1, 2.4)]),
        stage.lit(rgb("#6a7470")) * np.float32(0.62),
    )
    sheet.polygon(
        view.points([(s * 2.5, 4.1, 60), (s * 2.5, 4.45, 60), (s * 2.5, 4.45, 2.4), (s * 2.5, 4.1, 2.4)]), iron * np.float32(1.2)
    )
    for z in np.geomspace(3.0, 50, 18):
        sheet.line([view.at(s * 2.5, 4.1, float(z)), view.at(-s * 6.3, 4.1, float(z))], stage.lit(rgb("#3a4440")), 1)
    cx, cy = view.at(s * 0.4, 3.3, 13)
    r = view.scale(13) * 0.42
    sheet.line([(cx, cy - r * 2), (cx, cy)], iron, 2)
    sheet.disc(cx, cy, r, iron)
    sheet.disc(cx, cy, r * 0.84, rgb("#fff8e0") if stage.lamps else stage.lit(rgb("#f8f4e8")))
    sheet.line([(cx, cy - r * 0.6), (cx, cy), (cx + r * 0.4, cy + r * 0.2)], rgb("#2a2a2e"), 1)
    for z in (22.0, 13.5, 8.4):
        block(sheet, view, (-3.2 * s - 0.9, -3.2 * s + 0.9), (0.38, 0.46), (z, z + 0.5), stage.lit(rgb("#8a5f3c")), side=s)
        block(sheet, view, (-3.2 * s - 0.9, -3.2 * s + 0.9), (0.5, 0.95), (z + 0.5, z + 0.56), stage.lit(rgb("#8a5f3c")), side=s)
        if stage.lamps:
            px, py = view.at(-s * 1.2, 3.8, z)
            sheet.ellipse(px, py, view.scale(z) * 0.3, view.scale(z) * 0.1, rgb("#fff0c4"))
            lights.add(px, py, view.scale(z) * 1.3, rgb("#ffd890"), 0.42)
            lights.add(*view.at(-s * 1.2, 0, z), view.scale(z) * 2.2, rgb("#ffcf88"), 0.2, stretch=3)
    lay(stage.layers["ground"], sheet)
    lights.shine(stage.layers["ground"])


def paint_stadium(stage: Stage) -> None:
    """A pitch with stripes and a goal, stands full of people, floodlights."""
    view, frame = View.of(stage), stage.frame
    rng, stands, lights = stage.rng("stadium"), Sheet(frame.width, frame.height), Lights(frame)
    top, foot = stage.horizon - stage.rise * 0.30, stage.horizon + stage.unit * 0.03
    stands.box(-9, top, frame.width + 9, foot, stage.lit(rgb("#5a6474"), 0.25))
    rows = 15
    for row in range(rows):
        y = top + stage.rise * 0.02 + (foot - top - stage.rise * 0.05) * row / rows
        n = int(130 * stage.span)
        x = frame.width * (np.arange(n) + rng.uniform(0.1, 0.9, n)) / n
        hue = np.stack([stage.lit(rgb(code), 0.25) for code in ("#d84a44", "#f0ece4", "#3f6ac0", "#e8c040", "#4a4a54", "#58a860")])[
            rng.integers(6, size=n)
        ]
        size = np.full(n, stage.rise * 0.0065)
        dabs(stands, x, y + size, size, size * 1.2, hue * rng.uniform(0.7, 1.0, n)[:, None], corners=6)
        dabs(stands, x, y - size * 0.4, size * 0.55, size * 0.6, stage.lit(rgb("#d8a884"), 0.25)[None], corners=6)
    stands.polygon(
        [
            (-9, top - stage.rise * 0.06),
            (frame.width + 9, top - stage.rise * 0.06),
            (frame.width + 9, top + stage.rise * 0.012),
            (-9, top + stage.rise * 0.012),
        ],
        stage.lit(rgb("#d4dce4"), 0.2),
    )
    n = int(12 * stage.span) + 2
    boards = ("#d83a3a", "#f4f0e4", "#2f5fb0", "#f0c030")
    for k in range(n):
        stands.box(
            frame.width * k / n, foot - stage.unit * 0.03, frame.width * (k + 1) / n, foot + 4, stage.lit(rgb(boards[k % 4]), 0.1)
        )
    for share in (0.06, 0.34, 0.66, 0.94):
        x, y = stage.x(share), top - stage.rise * 0.17
        stands.taper((x, top), (x, y), stage.unit * 0.005, stage.unit * 0.004, stage.lit(rgb("#8a929c")))
        for k in range(8):
            stands.disc(
                x + stage.unit * 0.013 * (k % 4 - 1.5),
                y - stage.unit * 0.014 * (k // 4),
                stage.unit * 0.0055,
                rgb("#fffef0") if stage.lamps else stage.lit(rgb("#e8ecf0")),
            )
        if stage.lamps:
            lights.add(x, y, stage.unit * 0.14, rgb("#f4f8ff"), 0.7)
    lay(stage.layers["far"], stands)
    lights.shine(stage.layers["far"])
    tile: Array = np.ones((256, 256), np.float32)
    tile[:128] *= np.float32(0.86)
    tile += (clouds(rng, 256, 256, cells=30, octaves=3) - np.float32(0.5)) * np.float32(0.2)
    line = np.full(frame.width, foot, np.float32)
    codes = ("#eef3fa", "#d4deec") if stage.snowy else ("#7fb04a", "#3f7a34")
    carpet(
        stage,
        stage.layers["ground"],
        line,
        stage.lit(rgb(codes[0]), 0.1),
        stage.lit(rgb(codes[1])),
        floor_plan(stage, view, tile, 8.0, foot),
    )
    sheet = Sheet(frame.width, frame.height)
    white = stage.lit(rgb("#f8faf4"))
    for z in (30.0, 12.0):
        sheet.polygon(view.points([(-24, 0, z), (24, 0, z), (24, 0, z - 0.012 * z), (-24, 0, z - 0.012 * z)]), white)
    for x in (-9.0, 9.0):
        sheet.polygon(view.points([(x - 0.08, 0, 30), (x + 0.08, 0, 30), (x + 0.08, 0, 12), (x - 0.08, 0, 12)]), white)
    net = grid_facing(-3.6, 3.6, 0, 2.44, 30.5, 18, 7, (0.08, 1.0))
    panes(sheet, view, net, np.broadcast_to(mix(white, stage.palette.haze, 0.4), (len(net), 3)))
    for a, b in (((-3.66, 0), (-3.66, 2.5)), ((3.66, 0), (3.66, 2.5)), ((-3.66, 2.5), (3.66, 2.5))):
        sheet.taper(view.at(*a, 30.0), view.at(*b, 30.0), view.scale(30) * 0.09, view.scale(30) * 0.09, white)
    lay(stage.layers["ground"], sheet)
