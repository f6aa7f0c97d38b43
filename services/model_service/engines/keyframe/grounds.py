"""Public grounds in perspective: a roof above the city, a station platform, a stadium."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import SOILS, pave
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.perspective import View, block, grid_facing, grid_on_wall, panes
from services.model_service.engines.keyframe.skyline import WARM_WINDOW
from services.model_service.engines.keyframe.stage import Stage


def paint_rooftops(stage: Stage) -> None:
    """A flat roof above the city: parapet, water tank, vents, an antenna, washing on a line."""
    view, sheet, lights = View.of(stage), Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    rng, size = stage.rng("roof"), 256
    tile = 1 + (clouds(rng, size, size, cells=12, octaves=4) - np.float32(0.5)) * np.float32(0.35)
    tile[:3] *= 0.7
    tile[:, :3] *= 0.7
    line = view.at(0, 0, 13)[1]
    plain, snowy = ("#9a948c", "#6c6864"), ("#eef2fa", "#d0d8e8")
    pave(stage, view, tile.astype(np.float32), 3.0, line, plain=plain, snowy=snowy, haze=0.15, top=stage.horizon)
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
    tile = 1 + rng.normal(0, 0.10, (128, 128)).astype(np.float32)
    plain, snowy = (gravel.far, "#6a6460"), ("#e6ecf6", "#ccd6e6")
    pave(stage, view, tile, 1.5, stage.horizon + 1, plain=plain, snowy=snowy, haze=0.3, top=stage.horizon)
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
        mast, head = stage.x(share), top - stage.rise * 0.17
        stands.taper((mast, top), (mast, head), stage.unit * 0.005, stage.unit * 0.004, stage.lit(rgb("#8a929c")))
        for k in range(8):
            stands.disc(
                mast + stage.unit * 0.013 * (k % 4 - 1.5),
                head - stage.unit * 0.014 * (k // 4),
                stage.unit * 0.0055,
                rgb("#fffef0") if stage.lamps else stage.lit(rgb("#e8ecf0")),
            )
        if stage.lamps:
            lights.add(mast, head, stage.unit * 0.14, rgb("#f4f8ff"), 0.7)
    lay(stage.layers["far"], stands)
    lights.shine(stage.layers["far"])
    tile: Array = np.ones((256, 256), np.float32)
    tile[:128] *= np.float32(0.86)
    tile += (clouds(rng, 256, 256, cells=30, octaves=3) - np.float32(0.5)) * np.float32(0.2)
    pave(stage, view, tile, 8.0, foot, plain=("#7fb04a", "#3f7a34"), snowy=("#eef3fa", "#d4deec"), haze=0.1)
    sheet = Sheet(frame.width, frame.height)
    white = stage.lit(rgb("#f8faf4"))
    for z in (30.0, 12.0):
        sheet.polygon(view.points([(-24, 0, z), (24, 0, z), (24, 0, z - 0.012 * z), (-24, 0, z - 0.012 * z)]), white)
    for at in (-9.0, 9.0):
        sheet.polygon(view.points([(at - 0.08, 0, 30), (at + 0.08, 0, 30), (at + 0.08, 0, 12), (at - 0.08, 0, 12)]), white)
    net = grid_facing(-3.6, 3.6, 0, 2.44, 30.5, 18, 7, (0.08, 1.0))
    panes(sheet, view, net, np.broadcast_to(mix(white, stage.palette.haze, 0.4), (len(net), 3)))
    for x0, y0, x1 in ((-3.66, 0.0, -3.66), (3.66, 0.0, 3.66), (-3.66, 2.5, 3.66)):
        sheet.taper(view.at(x0, y0, 30.0), view.at(x1, 2.5, 30.0), view.scale(30) * 0.09, view.scale(30) * 0.09, white)
    lay(stage.layers["ground"], sheet)
