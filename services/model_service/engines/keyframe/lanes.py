"""An old Chinese street in perspective: white walls, tiled eaves, lanterns, flagstones; with stalls it is a market."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import pave
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.perspective import View, block
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.street import AWNINGS, Row, stand


def paint_old_street(stage: Stage, *, market: bool = False) -> None:
    """An old Chinese street: white walls, dark wood, tiled eaves that turn up, red lanterns in strings, worn flagstones."""
    rng = stage.rng("old street")
    view = View.of(stage, aside=0.08 * stage.side)
    edge = 4.0 if stage.frame.width > stage.frame.height else 2.5
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    for way in (-1, 1):
        row = Row(stage, view, sheet, lights, rng, way, edge)
        for z0, z1 in row.plots(0.9, 60, (3.6, 6.0), beyond=25, wider=2):
            _old_house(row, z0, z1, float(rng.uniform(3.4, 5.6)) * max(stage.rise / stage.unit, 1.0) ** 1.5)
    _flagstones(stage, view)
    stand(stage, sheet, 0.66 if stage.wet else 0.0)
    front = Sheet(stage.frame.width, stage.frame.height)
    if market:
        _stalls(stage, view, front, lights, edge)
    _lantern_strings(stage, view, front, lights, edge)
    lay(stage.layers["ground"], front)
    if stage.lamps:
        for z in (15.0, 9.5, 6.2, 4.0):
            lights.add(*view.at(0, 0, z), view.scale(z) * 3.0, rgb("#ff9a50"), 0.16, stretch=3.4)
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
        ridge, eave = (
            row.view.at(row.way * (row.edge + 1.6), tall + 0.9, z),
            row.view.at(row.way * (row.edge - 0.95), tall - 0.25, z),
        )
        row.sheet.line([ridge, eave], tile * np.float32(0.72), max(row.view.scale(z) * 0.05, 1))
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
    plain, snowy = ("#a8a298", "#77726c"), ("#eef2fa", "#ccd6e8")
    pave(stage, view, tile, 2.6, stage.horizon + 1, plain=plain, snowy=snowy, haze=0.3, top=stage.horizon)


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
            main, other = (stage.lit(rgb(code), min(z / 60, 0.5)) for code in AWNINGS[int(rng.integers(4))])
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
