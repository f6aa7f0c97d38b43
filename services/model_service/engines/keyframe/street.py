"""Streets in perspective: a modern one with shops, an old Chinese one with lanterns, a market, rooftops, a platform, a stadium."""

from dataclasses import dataclass

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import carpet
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.perspective import View, floor_plan, grid_on_wall, panes
from services.model_service.engines.keyframe.skyline import NEON, WARM_WINDOW, paint_skyline
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import LEAF, foliage
from services.model_service.engines.keyframe.water import paint_wet_mirror

_FRONTS = ("#b86a50", "#c8b090", "#8f7a6a", "#d8c8a8", "#7f8a94", "#a85a48", "#b8a078", "#6f7f8a")
AWNINGS = (("#c8443c", "#f4ece0"), ("#3f7a5a", "#f0ece0"), ("#3f6a9a", "#f4f0e8"), ("#e0a840", "#fff4e0"))


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

    def plots(
        self, first: float, last: float, deep: tuple[float, float], *, beyond: float, wider: float
    ) -> list[tuple[float, float]]:
        """Where each house begins and ends, from the farthest to the nearest; those `beyond` are `wider` times as deep."""
        plots, z = [], first
        while z < last:
            end = z + float(self.rng.uniform(*deep)) * (1 if z < beyond else wider)
            plots.append((z, end))
            z = end
        return plots[::-1]

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
        for z0, z1 in row.plots(1.2, 80, (5.0, 9.0), beyond=30, wider=1.8):
            _house(row, z0, z1, float(rng.uniform(7.0, 15.0)) * max(stage.rise / stage.unit, 1.0))
    _road(stage, view, edge)
    stand(stage, sheet, 0.62 if stage.wet or "neon" in stage.scene.props else 0.0)
    _kerb_things(stage, view, edge, lights)
    lights.shine(stage.layers["ground"])


def stand(stage: Stage, houses: Sheet, mirrored: float) -> None:
    """Put the rows of houses on their street, on the layer `ground`; the wet street mirrors them by `mirrored`."""
    if mirrored:
        mid = stage.layers["mid"]
        lay(mid, houses)
        paint_wet_mirror(stage, stage.horizon + 2, mirrored)
        mid.rgba[:] = 0
    lay(stage.layers["ground"], houses)


def fading(z: float) -> float:
    """How strongly a lamp `z` metres away glows in the air: far ones would add up to a glare."""
    return float(np.clip(14.0 / max(z, 1.0), 0.12, 1.0))


def paint_avenue(stage: Stage) -> None:
    """A wide road between towers."""
    view = View.of(stage, aside=0.06 * stage.side)
    edge, lights = 7.5, Lights(stage.frame)
    paint_skyline(stage)
    _road(stage, view, edge)
    if stage.wet or "neon" in stage.scene.props:
        paint_wet_mirror(stage, stage.horizon + 2, 0.62)
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
        mix(rgb("#e8a858"), stage.palette.haze, row.haze(z0))
        if stage.lamps
        else mix(wall * np.float32(0.42), stage.palette.horizon, 0.22)
    )
    row.quad((0, 3.5), (near, z1), wall * np.float32(0.62), 0.02)
    split = z0 + (z1 - z0) * float(rng.uniform(0.55, 0.7))
    row.quad((0.55, 2.8), (max(near, z0 + 0.4), split), inside, 0.03)
    row.quad((0.0, 2.7), (split + 0.3, max(min(split + 1.5, z1 - 0.2), split + 0.4)), inside * np.float32(0.86), 0.03)
    wide = split - z0 - 0.5
    for k in range(9):  # goods and shelves in the window
        z = z0 + 0.5 + wide * (k + 0.5) / 9
        if z - wide / 20 > near:
            for shelf in (0.6, 1.35):
                tall = float(rng.uniform(0.2, 0.6))
                row.quad(
                    (shelf, shelf + tall),
                    (z - wide / 22, z + wide / 24),
                    inside * rng.uniform(0.45, 0.95, 3).astype(np.float32),
                    0.04,
                )
    row.quad((1.25, 1.33), (max(near, z0 + 0.4), split), inside * np.float32(0.5), 0.05)
    row.quad((2.3, 2.8), (max(near, z0 + 0.4), split), np.clip(inside * np.float32(1.25), 0, 1), 0.04)
    for k in range(1, 3):
        z = z0 + 0.4 + (split - z0 - 0.4) * k / 3
        if z > near:
            row.quad((0.55, 2.8), (z - 0.05, z + 0.05), wall * np.float32(0.5), 0.06)
    main, other = (row.lit(code, z0) for code in AWNINGS[int(rng.integers(len(AWNINGS)))])
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
                *row.view.at(row.way * row.edge, 3.2, (z0 + split) / 2),
                row.view.scale((z0 + split) / 2) * 1.6,
                hue,
                0.35 * fading(z0),
            )
    if stage.lamps:
        z = (z0 + split) / 2
        row.lights.add(*row.view.at(row.way * row.edge, 1.6, z), row.view.scale(z) * 1.7, rgb("#ffc878"), 0.16 * fading(z0))
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
            row.lights.add(*row.view.at(row.way * (row.edge - 0.6), low + 1.1, z), row.view.scale(z) * 1.5, hue, 0.35 * fading(z0))


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
                    lights.add(*head, s * 0.9, rgb("#ffdc98"), 0.5 * fading(z))
                    lights.add(*view.at(x - way * 0.9, 0, z), s * 1.9, rgb("#ffcf88"), 0.22 * fading(z), stretch=3.2)
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
