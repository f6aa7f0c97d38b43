"""Chinese places around their buildings: a palace with its court, a water town, a walled courtyard."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.buildings import WARM, hall, sweeping_roof
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import pave
from services.model_service.engines.keyframe.lanes import lantern
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.perspective import View, block
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import LEAF, TRUNK, leafy


def paint_palace(stage: Stage) -> None:
    """A great hall with a double golden roof on white terraces, side halls, a wide paved court."""
    sheet, lights, frame = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame), stage.frame
    x, half = stage.x(0.5 + 0.03 * stage.side), min(stage.rise * 0.325, frame.width * 0.36)
    gold = "#d8a032"
    base = stage.y(0.06)
    for way in (-1, 1):
        hall(sheet, stage, x + way * half * 1.72, base + stage.unit * 0.01, half * 0.50, 0.30, tile=gold)
        wall = stage.lit(rgb("#a8402f"), 0.3)
        left, right = sorted((x + way * half * 1.1, x + way * half * 4))
        sheet.box(
            left,
            base - half * 0.16,
            right,
            base + 6,
            wall,
        )
        sheet.box(
            left,
            base - half * 0.20,
            right,
            base - half * 0.15,
            stage.lit(rgb(gold), 0.3),
        )
    white = stage.lit(rgb("#ece8dc"), 0.10)
    for k in range(3):
        low, wide = base + stage.unit * 0.05 - half * 0.10 * k, half * (1.42 - 0.13 * k)
        sheet.box(x - wide, low - half * 0.10, x + wide, low + 4, white * np.float32(0.80 + 0.06 * k))
        n = int(wide / 6) + 4
        for j in range(n + 1):
            px = x - wide + 2 * wide * j / n
            sheet.box(px - 1, low - half * 0.155, px + 1, low - half * 0.10, white)
        sheet.line([(x - wide, low - half * 0.145), (x + wide, low - half * 0.145)], white, 1)
    floor = base + stage.unit * 0.05 - half * 0.30
    hall(sheet, stage, x, floor, half, 0.08, tile=gold, lights=lights)
    upper = floor - half * 0.52 - half * 0.34
    sheet.box(x - half * 0.72, upper, x + half * 0.72, upper + half * 0.24, stage.lit(rgb("#8a2f28"), 0.08))
    sheet.box(x - half * 0.74, upper + half * 0.02, x + half * 0.74, upper + half * 0.10, stage.lit(rgb("#2f6a6a"), 0.08))
    sweeping_roof(
        sheet,
        x,
        upper + half * 0.06,
        half * 0.86,
        half * 0.42,
        stage.lit(rgb("#eef3fa" if stage.snowy else gold), 0.08),
        side=stage.side,
    )
    lay(stage.layers["mid"], sheet)
    lights.shine(stage.layers["mid"])
    view, rng = View.of(stage), stage.rng("court")
    tile: Array = np.ones((256, 256), np.float32)
    for k in range(4):
        tile[64 * k : 64 * k + 3] *= np.float32(0.72)
        tile[:, 64 * k : 64 * k + 3] *= np.float32(0.72)
    tile *= 1 + (clouds(rng, 256, 256, cells=8, octaves=4) - np.float32(0.5)) * np.float32(0.25)
    line = base + stage.unit * 0.05
    plain, snowy = ("#c0b8a8", "#8a847a"), ("#eef2fa", "#ccd6e8")
    pave(stage, view, tile, 4.0, line, plain=plain, snowy=snowy, haze=0.15, top=stage.horizon)
    front = Sheet(frame.width, frame.height)
    way_stone = stage.lit(rgb("#f0ece0" if not stage.snowy else "#f8faff"))
    front.polygon(view.points([(-1.4, 0, 40), (1.4, 0, 40), (1.4, 0, 0.6), (-1.4, 0, 0.6)]), way_stone * np.float32(0.92))
    for z in np.geomspace(1.5, 36, 16):
        front.line([view.at(-1.4, 0, float(z)), view.at(1.4, 0, float(z))], way_stone * np.float32(0.7), 1)
    bronze = stage.lit(rgb("#6a5a3c"))
    for way in (-1, 1):
        for z in (16.0, 9.0):
            lx = way * (4.6 if frame.width > frame.height else 2.6)
            block(front, view, (lx - 0.5, lx + 0.5), (0, 0.7), (z, z + 0.9), way_stone * np.float32(0.9), side=stage.side)
            px, py = view.at(lx, 0.7, z + 0.3)
            r = view.scale(z)
            front.ellipse(px, py - r * 0.45, r * 0.42, r * 0.42, bronze, 22)
            front.ellipse(px - stage.side * -r * 0.12, py - r * 0.55, r * 0.18, r * 0.16, bronze * np.float32(1.5), 16)
            front.ellipse(px, py - r * 0.85, r * 0.36, r * 0.07, bronze * np.float32(1.2), 18)
    lay(stage.layers["ground"], front)


def paint_water_town(stage: Stage) -> None:
    """White gabled houses with dark tiles along the far bank, an arched bridge, their mirror in the water."""
    rng, frame = stage.rng("water town"), stage.frame
    sheet, lights = Sheet(frame.width, frame.height), Lights(frame)
    bank = stage.y(0.10)
    n = int(9 * stage.span) + 3
    tops = []
    for k in range(n):
        x = frame.width * (k + 0.5 + 0.2 * float(rng.normal())) / n
        half, tall = stage.rise * float(rng.uniform(0.055, 0.085)), stage.rise * float(rng.uniform(0.09, 0.15))
        plaster, tile = stage.lit(rgb("#f0ebe0"), 0.22), stage.lit(rgb("#eef3fa" if stage.snowy else "#3f454c"), 0.22)
        wood = stage.lit(rgb("#5a3426"), 0.2)
        water = mix(stage.palette.zenith, plaster, 0.40)
        sheet.polygon(
            [(x - half, bank), (x + half, bank), (x + half * 0.95, bank + tall * 0.85), (x - half * 0.95, bank + tall * 0.85)],
            water,
        )
        sheet.box(x - half, bank - tall, x + half, bank, plaster)
        sheet.polygon(
            [
                (x - stage.side * half, bank - tall),
                (x - stage.side * half * 0.45, bank - tall),
                (x - stage.side * half * 0.45, bank),
                (x - stage.side * half, bank),
            ],
            plaster * np.float32(0.84),
        )
        if rng.random() < 0.5:  # a stepped fire gable
            for j, (w, h) in enumerate(((1.0, 1.0), (0.62, 1.22), (0.26, 1.42))):
                sheet.box(x - half * w, bank - tall * h, x + half * w, bank - tall * 0.9, plaster)
                sheet.box(x - half * (w + 0.06), bank - tall * h - half * 0.08, x + half * (w + 0.06), bank - tall * h, tile)
                tops.append(j)
        else:
            sweeping_roof(sheet, x, bank - tall * 0.96, half * 1.08, half * 0.62, tile, side=stage.side)
        sheet.box(x - half * 0.16, bank - tall * 0.5, x + half * 0.16, bank, wood)
        for dx in (-0.6, 0.6):
            lit = stage.lamps and rng.random() < 0.75
            sheet.box(
                x + half * (dx - 0.16), bank - tall * 0.72, x + half * (dx + 0.16), bank - tall * 0.44, rgb(WARM) if lit else wood
            )
            if lit:
                lights.add(x + half * dx, bank - tall * 0.58, half * 0.4, rgb("#ffb860"), 0.35)
                sheet.box(
                    x + half * (dx - 0.10),
                    bank + tall * 0.40,
                    x + half * (dx + 0.10),
                    bank + tall * 0.62,
                    rgb(WARM) * np.float32(0.7),
                )
        lantern(sheet, lights, x + half * 0.42, bank - tall * 0.32, half * 0.10, lit=stage.lamps)
    sheet.box(-9, bank - stage.unit * 0.006, frame.width + 9, bank + stage.unit * 0.012, stage.lit(rgb("#8a847a"), 0.2))
    x, half, rise = stage.x(0.5 + 0.24 * stage.side), stage.rise * 0.20, stage.rise * 0.12
    stone = stage.lit(rgb("#b0a898"), 0.14)
    u = np.linspace(-1, 1, 25)
    deck = bank + stage.unit * 0.015 - rise * np.cos(u * np.pi / 2) ** 1.3
    hole = [
        (x + half * 0.5 * float(np.cos(a)), bank + stage.unit * 0.02 - rise * 0.72 * float(np.sin(a)))
        for a in np.linspace(0, np.pi, 18)
    ]
    for way, tone in ((1, 0.5), (-1, 1.0)):
        flip = bank + stage.unit * 0.02
        shape = [(x + half * float(a), float(b) if way < 0 else 2 * flip - float(b)) for a, b in zip(u, deck, strict=True)]
        arch = [(px, py if way < 0 else 2 * flip - py) for px, py in hole]
        sheet.polygon(
            [*shape, *arch], mix(stone, stage.palette.zenith, 0.0 if way < 0 else 0.4) * np.float32(tone if way < 0 else 0.8)
        )
    sheet.line(
        [(x + half * float(a), float(b) - stage.unit * 0.014) for a, b in zip(u, deck, strict=True)],
        stone * np.float32(1.2),
        max(stage.unit / 160, 1),
    )
    lay(stage.layers["mid"], sheet)
    lights.shine(stage.layers["mid"])


def paint_courtyard(stage: Stage) -> None:
    """White walls with a moon gate and lattice windows, tiled copings, a hall's roof behind, a tree, a pond with stones."""
    view, frame, s, rng = View.of(stage), stage.frame, stage.side, stage.rng("courtyard")
    sheet, lights = Sheet(frame.width, frame.height), Lights(frame)
    depth = 10.5
    hall(sheet, stage, stage.x(0.5 - 0.20 * s), view.at(0, 1.6, depth)[1], stage.rise * 0.24, 0.22, lights=lights)
    plaster, tile = stage.lit(rgb("#efe9dc"), 0.06), stage.lit(rgb("#eef3fa" if stage.snowy else "#454a52"), 0.06)
    a, b = view.at(-30, 2.7, depth), view.at(30, -0.6, depth)
    sheet.box(*a, *b, plaster)
    scale = view.scale(depth)
    sheet.box(a[0], a[1] - scale * 0.28, b[0], a[1] + scale * 0.05, tile)
    for k in range(int(frame.width / (scale * 0.22)) + 2):
        px = k * scale * 0.22
        sheet.ellipse(px, a[1] + scale * 0.04, scale * 0.09, scale * 0.06, tile * np.float32(0.7), 10)
    foot = view.at(0, 0, depth)[1]
    sheet.box(-9, foot - scale * 0.35, frame.width + 9, foot + 4, stage.lit(rgb("#8f8a84"), 0.06))
    gx, gy, r = stage.x(0.5 + 0.10 * s), foot - scale * 1.25, scale * 1.25
    sheet.disc(gx, gy, r * 1.14, stage.lit(rgb("#6a665f")))
    sheet.disc(gx, gy, r, mix(stage.palette.haze, stage.lit(rgb("#a8c488")), 0.55))
    sheet.ellipse(gx, gy + r * 0.62, r * 0.74, r * 0.30, stage.lit(rgb("#7fa05c"), 0.2), 24)
    leafy(sheet, rng, gx - r * 0.25, gy + r * 0.6, r * 1.2, stage.lit(rgb(LEAF), 0.3), stage.lit(rgb(TRUNK), 0.3), side=s)
    for share in (0.5 - 0.34 * s, 0.5 + 0.40 * s):
        wx, wy, w = stage.x(share), foot - scale * 1.6, scale * 0.52
        dark = stage.lit(rgb("#4a3a30"))
        sheet.box(wx - w, wy - w, wx + w, wy + w, dark)
        sheet.box(
            wx - w * 0.86,
            wy - w * 0.86,
            wx + w * 0.86,
            wy + w * 0.86,
            rgb("#ffcf88") if stage.lamps else mix(stage.palette.haze, stage.lit(rgb("#8aa878")), 0.5),
        )
        for k in range(1, 5):
            v = -0.86 + 1.72 * k / 5
            sheet.line([(wx + w * v, wy - w * 0.86), (wx + w * v, wy + w * 0.86)], dark, max(w * 0.06, 1))
            sheet.line([(wx - w * 0.86, wy + w * v), (wx + w * 0.86, wy + w * v)], dark, max(w * 0.06, 1))
    lay(stage.layers["mid"], sheet)
    tile_of = np.ones((256, 256), np.float32)
    for k in range(4):
        for j in range(4):
            tile_of[64 * k + 2 : 64 * k + 64, 64 * j + 2 : 64 * j + 64] *= np.float32(rng.uniform(0.9, 1.14))
    tile_of *= 1 + (clouds(rng, 256, 256, cells=8, octaves=4) - np.float32(0.5)) * np.float32(0.3)
    pave(stage, view, tile_of, 2.8, foot, plain=("#a8a496", "#7f7a70"), snowy=("#f0f4fa", "#d0dae8"), haze=0.1)
    front = Sheet(frame.width, frame.height)
    px, py, w = stage.x(0.5 + 0.33 * s), stage.y(0.52), stage.unit * 0.30
    front.ellipse(px, py, w * 1.08, w * 0.25, stage.lit(rgb("#7a756c")), 40)
    front.ellipse(px, py, w, w * 0.22, mix(stage.palette.middle, stage.lit(rgb("#2f5a5a")), 0.55), 40)
    front.ellipse(px, py + w * 0.03, w * 0.9, w * 0.15, mix(stage.palette.horizon, stage.lit(rgb("#3f7a6a")), 0.55), 40)
    n = 22
    turn = np.sort(rng.random(n)) * 6.2832
    size = stage.unit * rng.uniform(0.012, 0.03, n)
    dabs(
        front,
        px + np.cos(turn) * w * 1.05,
        py + np.sin(turn) * w * 0.24,
        size,
        size * 0.62,
        tinted(stage.lit(rgb("#9a958c")), rng.uniform(0.7, 1.2, n)),
        corners=7,
    )
    m = 12
    dabs(
        front,
        px + w * rng.uniform(-0.7, 0.7, m),
        py + w * rng.uniform(-0.10, 0.14, m),
        np.full(m, w * 0.09),
        np.full(m, w * 0.025),
        tinted(stage.lit(rgb("#4f8a4a")), rng.uniform(0.8, 1.2, m)),
        corners=12,
    )
    leafy(
        front,
        rng,
        stage.x(0.5 - 0.40 * s),
        stage.y(0.34),
        stage.rise * 0.62,
        stage.lit(rgb("#f0a8c0" if not stage.snowy else "#eef2fa")),
        stage.lit(rgb("#4a3630")),
        side=s,
    )
    lay(stage.layers["ground"], front)
    lights.shine(stage.layers["mid"])
