"""Features that people made: hedges, benches, pyramids, a far town, boats and piers, gravestones, what a battle leaves."""

import itertools

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import scattered
from services.model_service.engines.keyframe.perspective import View, block
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import foliage

WARM = "#ffd98a"


def paint_hedge(stage: Stage) -> None:
    """A clipped hedge with roses and an arch across the garden's end."""
    rng, frame = stage.rng("hedge"), stage.frame
    sheet = Sheet(frame.width, frame.height)
    base, tall = stage.y(0.16), stage.rise * 0.13
    leaf = stage.lit(rgb("#dfe8f2" if stage.snowy else "#3f7a3c"), 0.16)
    sheet.box(-9, base - tall * 0.9, frame.width + 9, base + 9, leaf * np.float32(0.7))
    n = int(150 * stage.span)
    x, y = rng.random(n) * frame.width, base - tall * rng.random(n) ** 0.7
    order = np.argsort(y)
    foliage(sheet, rng, x[order], y[order], tall * rng.uniform(0.10, 0.18, n), leaf, side=stage.side, leaves=4)
    n = int(110 * stage.span)
    hues = (
        np.stack([rgb(code) for code in ("#f06a8a", "#ffd0dc", "#ffffff", "#e8443c")])[rng.integers(4, size=n)]
        * stage.palette.light[None]
    )
    size = tall * rng.uniform(0.025, 0.05, n)
    if not stage.snowy:
        dabs(sheet, rng.random(n) * frame.width, base - tall * rng.random(n), size, size * 0.9, hues, corners=7)
    gx, half = stage.x(0.5 + stage.side * 0.06), tall * 0.42
    sheet.polygon(
        [
            (gx - half * 0.8, base + 9),
            (gx - half * 0.8, base - tall * 0.9),
            (gx, base - tall * 1.25),
            (gx + half * 0.8, base - tall * 0.9),
            (gx + half * 0.8, base + 9),
        ],
        stage.lit(rgb("#a8c878"), 0.6),
    )
    turn = np.linspace(np.pi * 1.12, np.pi * 1.88, 12)
    arch_x, arch_y = gx + np.cos(turn) * half * 1.05, base - tall * 0.8 + np.sin(turn) * tall * 0.62
    post = np.linspace(0, 1, 8)
    px = np.concatenate([np.full(8, gx - half), arch_x, np.full(8, gx + half)])
    py = np.concatenate([base - tall * 0.9 * post, arch_y, base - tall * 0.9 * post])
    foliage(sheet, rng, px, py, np.full(px.size, tall * 0.13), leaf, side=stage.side, leaves=5)
    lay(stage.layers["mid"], sheet)


def paint_bench(stage: Stage) -> None:
    """A park bench and a lamp beside the path."""
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    x, y, size = stage.x(0.5 + stage.side * 0.30), stage.y(0.40), stage.unit * 0.11
    wood, iron = stage.lit(rgb("#8a5a34")), stage.lit(rgb("#2c2e34"))
    for dx in (-0.75, 0.75):
        sheet.taper((x + dx * size, y), (x + dx * size, y - size * 0.8), size * 0.05, size * 0.04, iron)
    for k in range(3):
        top = y - size * (0.48 + 0.16 * k)
        sheet.box(x - size, top - size * 0.10, x + size, top, wood * np.float32(0.9 + 0.08 * k))
    sheet.polygon(
        [
            (x - size * 1.02, y - size * 0.36),
            (x + size * 1.02, y - size * 0.36),
            (x + size * 1.1, y - size * 0.24),
            (x - size * 1.1, y - size * 0.24),
        ],
        wood * np.float32(1.2),
    )
    post, tall = x + stage.side * size * 1.9, size * 3.2
    sheet.taper((post, y), (post, y - tall), size * 0.06, size * 0.04, iron)
    sheet.disc(post, y - tall - size * 0.18, size * 0.2, rgb("#fff0c0") if stage.lamps else stage.lit(rgb("#e8ece8")))
    if stage.lamps:
        lights.add(post, y - tall - size * 0.18, size * 1.6, rgb("#ffdc98"), 0.6)
        lights.add(post, y, size * 2.2, rgb("#ffcf88"), 0.28, stretch=3)
    lay(stage.layers["ground"], sheet)
    lights.shine(stage.layers["ground"])


def paint_pyramids(stage: Stage) -> None:
    """Three pyramids, lit on one face, their courses of stone showing."""
    frame = stage.frame
    sheet = Sheet(frame.width, frame.height)
    for share, half, distance in (
        (0.5 + stage.side * 0.32, 0.16, 0.5),
        (0.5 - stage.side * 0.30, 0.26, 0.34),
        (0.5 + stage.side * 0.04, 0.38, 0.2),
    ):
        x, w = stage.x(share), stage.rise * half
        foot, tall = stage.horizon + stage.unit * 0.04, w * 1.12
        stone = stage.lit(rgb("#d8b070"), distance)
        ridge_x = x + stage.side * w * 0.24
        bright, shaded = stone * np.float32(1.06), stone * np.float32(0.62)
        sheet.polygon([(x, foot - tall), (ridge_x, foot + w * 0.06), (x + stage.side * w, foot)], bright)
        sheet.polygon([(x, foot - tall), (ridge_x, foot + w * 0.06), (x - stage.side * w, foot)], shaded)
        for k in range(1, 18):
            t = k / 18
            y = foot - tall * (1 - t)
            sheet.line(
                [(x, y), (x + (ridge_x - x) * t, y + w * 0.06 * t), (x + stage.side * w * t, y)],
                bright * np.float32(0.9),
                max(w * 0.004, 1),
            )
            sheet.line(
                [(x + (ridge_x - x) * t, y + w * 0.06 * t), (x - stage.side * w * t, y)],
                shaded * np.float32(0.86),
                max(w * 0.004, 1),
            )
        sheet.polygon(
            [
                (x, foot - tall),
                (x + stage.side * w * 0.10, foot - tall * 0.90),
                (x + stage.side * w * 0.02, foot - tall * 0.885),
                (x - stage.side * w * 0.10, foot - tall * 0.90),
            ],
            stone * np.float32(1.2),
        )
    lay(stage.layers["far"], sheet)


def paint_far_town(stage: Stage) -> None:
    """Houses with coloured walls along the far shore, their windows lit at night."""
    rng, frame = stage.rng("far town"), stage.frame
    sheet = Sheet(frame.width, frame.height)
    walls = ("#e8d8b8", "#d89a6a", "#c8604a", "#8fb0c0", "#e0c060", "#f0ece0")
    x = 0.0
    while x < frame.width:
        w, tall = stage.rise * float(rng.uniform(0.025, 0.05)), stage.rise * float(rng.uniform(0.03, 0.10))
        wall = stage.lit(rgb(walls[int(rng.integers(len(walls)))]), 0.42)
        foot = stage.horizon + 3
        sheet.box(x, foot - tall, x + w, foot, wall)
        roof = stage.lit(rgb("#f2f6fc" if stage.snowy else "#a8523c"), 0.42)
        sheet.polygon([(x - w * 0.08, foot - tall), (x + w / 2, foot - tall - w * 0.42), (x + w * 1.08, foot - tall)], roof)
        for k in range(int(tall / (w * 0.4))):
            for dx in (0.2, 0.6):
                on = stage.lamps and rng.random() < 0.6
                sheet.box(
                    x + w * dx,
                    foot - tall + w * (0.12 + 0.4 * k),
                    x + w * (dx + 0.2),
                    foot - tall + w * (0.34 + 0.4 * k),
                    rgb(WARM) if on else wall * np.float32(0.6),
                )
        x += w * float(rng.uniform(0.9, 1.25))
    tower = stage.x(0.5 - stage.side * 0.2)
    sheet.box(
        tower, stage.horizon - stage.rise * 0.17, tower + stage.rise * 0.03, stage.horizon + 3, stage.lit(rgb("#d8ccb8"), 0.42)
    )
    sheet.polygon(
        [
            (tower - 3, stage.horizon - stage.rise * 0.17),
            (tower + stage.rise * 0.015, stage.horizon - stage.rise * 0.25),
            (tower + stage.rise * 0.03 + 3, stage.horizon - stage.rise * 0.17),
        ],
        stage.lit(rgb("#7a4a44"), 0.42),
    )
    lay(stage.layers["far"], sheet)


def paint_moored(stage: Stage) -> None:
    """Fishing boats with masts and their reflections."""
    rng, unit = stage.rng("moored"), stage.unit
    sheet = Sheet(stage.frame.width, stage.frame.height)
    for share, row, size in ((0.16, 0.12, 0.10), (0.84, 0.10, 0.09), (0.30, 0.20, 0.14), (0.74, 0.26, 0.20), (0.10, 0.36, 0.26)):
        x, y, s = stage.x(share + 0.03 * float(rng.normal())), stage.y(row), unit * size
        hull = stage.lit(rgb(("#c8443c", "#3f6a9a", "#f0ece0", "#4a8a6a")[int(rng.integers(4))]), 0.3 * (1 - row))
        dark = mix(stage.palette.zenith, stage.lit(rgb("#1c3040")), 0.6)
        sheet.polygon([(x - s * 0.5, y), (x + s * 0.5, y), (x + s * 0.34, y + s * 0.26), (x - s * 0.36, y + s * 0.26)], dark)
        sheet.polygon(
            [
                (x - s * 0.56, y - s * 0.20),
                (x - s * 0.1, y - s * 0.13),
                (x + s * 0.58, y - s * 0.22),
                (x + s * 0.40, y + s * 0.02),
                (x - s * 0.42, y + s * 0.02),
            ],
            hull,
        )
        sheet.line(
            [(x - s * 0.55, y - s * 0.19), (x - s * 0.1, y - s * 0.125), (x + s * 0.57, y - s * 0.21)],
            stage.lit(rgb("#f4ead4"), 0.1),
            max(s * 0.03, 1),
        )
        sheet.box(x - s * 0.22, y - s * 0.38, x + s * 0.10, y - s * 0.12, stage.lit(rgb("#ece4d4"), 0.2))
        sheet.box(x - s * 0.16, y - s * 0.34, x + s * 0.04, y - s * 0.24, rgb(WARM) if stage.lamps else dark)
        sheet.taper((x + s * 0.2, y - s * 0.12), (x + s * 0.2, y - s * 0.95), s * 0.016, s * 0.010, stage.lit(rgb("#5a4430")))
        sheet.line([(x + s * 0.2, y - s * 0.92), (x + s * 0.56, y - s * 0.22)], stage.lit(rgb("#5a4430")), 1)
        sheet.line([(x + s * 0.2, y - s * 0.92), (x - s * 0.5, y - s * 0.2)], stage.lit(rgb("#5a4430")), 1)
    lay(stage.layers["mid"], sheet)


def paint_pier(stage: Stage) -> None:
    """A wooden pier that runs out from the viewer's feet, with posts, ropes and a lamp."""
    view, rng = View.of(stage), stage.rng("pier")
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    wood = stage.lit(rgb("#9a7a54" if not stage.snowy else "#e4eaf4"))
    z = 22.0
    half = 2.3
    while z > 0.9:
        step = 0.26
        tone = wood * np.float32(rng.uniform(0.78, 1.08)) + (stage.palette.haze - wood) * np.float32(min(z / 60, 0.4))
        wobble = float(rng.normal(0, 0.04))
        sheet.polygon(
            view.points(
                [
                    (-half + wobble, 0, z),
                    (half + wobble, 0, z),
                    (half + wobble, 0, z - step * 0.9),
                    (-half + wobble, 0, z - step * 0.9),
                ]
            ),
            np.clip(tone, 0, 1),
        )
        if z < 2.2:
            step = 0.16
        z -= step
    sheet_under = Sheet(stage.frame.width, stage.frame.height)
    shade = stage.lit(rgb("#2c2a2c"))
    sheet_under.polygon(
        view.points([(-half, -0.05, 22.3), (half, -0.05, 22.3), (half + 0.15, -0.5, 0.6), (-half - 0.15, -0.5, 0.6)]), shade
    )
    for zz in (21.0, 14.0, 9.0, 6.0, 4.2):
        for way in (-1, 1):
            x = way * half
            block(sheet, view, (x - 0.10, x + 0.10), (-0.8, 0.85), (zz, zz + 0.2), wood * np.float32(0.72), side=stage.side)
    for way in (-1, 1):
        posts = [view.at(way * half, 0.78, zz) for zz in (21.0, 14.0, 9.0, 6.0, 4.2)]
        for a, b in itertools.pairwise(posts):
            sag = (b[1] - a[1]) * 0.5 + abs(b[0] - a[0]) * 0.10
            sheet.line(
                [a, ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + sag * 0.3), b], stage.lit(rgb("#c8b088")), max(stage.unit / 300, 1)
            )
    x, y = view.at(-stage.side * half, 2.6, 9.0)
    foot = view.at(-stage.side * half, 0.0, 9.0)
    sheet.taper(foot, (x, y), stage.unit * 0.005, stage.unit * 0.004, stage.lit(rgb("#3a3230")))
    sheet.box(
        x - stage.unit * 0.012,
        y - stage.unit * 0.03,
        x + stage.unit * 0.012,
        y,
        rgb("#ffdc98") if stage.lamps else stage.lit(rgb("#c8c0a8")),
    )
    if stage.lamps:
        lights.add(x, y - stage.unit * 0.015, stage.unit * 0.09, rgb("#ffcf88"), 0.55)
        lights.add(*foot, stage.unit * 0.14, rgb("#ffc070"), 0.3, stretch=2.5)
    ground = stage.layers["ground"]
    lay(ground, sheet_under)
    lay(ground, sheet)
    lights.shine(ground)


def paint_gravestones(stage: Stage) -> None:
    """Leaning stones and crosses in rows, an iron gate at the side."""
    rng, frame, unit = stage.rng("graves"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    line = np.full(frame.width, stage.y(0.12), np.float32)
    x, y, near = scattered(stage, rng, line, int(34 * stage.span), 0.8)
    keep = (np.abs(x / frame.width - 0.5) > 0.12) | (near < 0.25)
    for px, py, v in zip(x[keep].tolist(), y[keep].tolist(), near[keep].tolist(), strict=True):
        size, lean = unit * (0.028 + 0.13 * v), float(rng.normal(0, 0.10))
        stone = np.clip(
            stage.lit(rgb("#a4a7a4") * np.float32(rng.uniform(0.85, 1.15) * (1.5 if stage.dark else 1.0)), 0.3 * (1 - v)), 0, 1
        )
        w = size * 0.34
        tip = (px + lean * size, py - size)
        dark = stone * np.float32(0.6)
        if rng.random() < 0.3:
            sheet.taper((px, py), tip, w * 0.30, w * 0.30, stone)
            arm = (px + lean * size * 0.66, py - size * 0.68)
            sheet.taper((arm[0] - w, arm[1]), (arm[0] + w, arm[1]), w * 0.28, w * 0.28, stone)
        else:
            turn = np.linspace(np.pi, 2 * np.pi, 9)
            crown = [(tip[0] + float(np.cos(a)) * w, tip[1] + w + float(np.sin(a)) * w) for a in turn]
            edge = [(cx + stage.side * -w * 0.18, cy) for cx, cy in crown]
            sheet.polygon([(px - w - stage.side * w * 0.18, py), *edge, (px + w - stage.side * w * 0.18, py)], dark)
            sheet.polygon([(px - w, py), *crown, (px + w, py)], stone)
            for k in range(2):
                row = tip[1] + size * (0.36 + 0.14 * k)
                sheet.line([(tip[0] - w * 0.5, row), (tip[0] + w * 0.5, row)], dark, max(size * 0.03, 1))
        dabs(
            sheet,
            px + w * rng.uniform(-1.2, 1.2, 6),
            np.full(6, py),
            np.full(6, w * 0.22),
            np.full(6, w * 0.22),
            tinted(stage.lit(rgb("#5a7a3c" if not stage.snowy else "#eef2fa")), rng.uniform(0.7, 1.1, 6)),
            corners=5,
        )
    lay(stage.layers["ground"], sheet)


def paint_battle_remains(stage: Stage) -> None:
    """Broken spears, shields, arrows and torn banners in the earth, pillars of smoke and fires behind."""
    rng, frame, unit = stage.rng("remains"), stage.frame, stage.unit
    lights, mask = Lights(frame), np.zeros((max(frame.height // 2, 4), max(frame.width // 2, 4)), np.uint8)
    for _ in range(4):
        x, n = float(rng.random()) * frame.width, 70
        t = np.sort(rng.random(n))
        px = x - stage.side * stage.rise * 0.20 * t**1.4 + rng.normal(0, 0.014, n) * stage.rise * (0.4 + t)
        py, size = stage.horizon - stage.rise * 0.46 * t, stage.rise * (0.008 + 0.042 * t) * rng.uniform(0.5, 1.3, n)
        for cx, cy, r, u in zip(px.tolist(), py.tolist(), size.tolist(), t.tolist(), strict=True):
            cv2.circle(mask, (round(cx * 8), round(cy * 8)), max(round(r * 8), 8), int(60 + 150 * (1 - u)), -1, cv2.LINE_AA, 4)
        lights.add(x, stage.horizon, stage.rise * 0.07, rgb("#ff7a2a"), 0.6)
    soft = cv2.GaussianBlur(mask, (0, 0), max(stage.unit / 110, 0.5)).astype(np.float32) / 255
    smoke = np.asarray(cv2.resize(soft, (frame.width, frame.height)))
    stage.layers["far"].fill(smoke * np.float32(0.85), stage.lit(rgb("#3c363a"), 0.25))
    lights.shine(stage.layers["far"])
    sheet = Sheet(frame.width, frame.height)
    line = np.full(frame.width, stage.y(0.14), np.float32)
    columns, y, near = scattered(stage, rng, line, int(46 * stage.span), 0.9)
    keep = np.abs(columns / frame.width - 0.5) > 0.10
    wood, steel = stage.lit(rgb("#5a4430")), stage.lit(rgb("#a8acb4"))
    for px, py, v in zip(columns[keep].tolist(), y[keep].tolist(), near[keep].tolist(), strict=True):
        size, lean, kind = unit * (0.04 + 0.16 * v), float(rng.normal(0, 0.45)), float(rng.random())
        tip = (px + lean * size, py - size)
        if kind < 0.12:
            banner = stage.lit(rgb(("#9a2f2a", "#2f4a7a", "#8a7a34")[int(rng.integers(3))]))
            tip = (px + lean * 0.4 * size, py - size * 1.9)
            sheet.taper((px, py), tip, size * 0.022, size * 0.018, wood)
            blow = -stage.side
            sheet.polygon(
                [
                    tip,
                    (tip[0] + blow * size * 0.9, tip[1] + size * 0.10),
                    (tip[0] + blow * size * 0.6, tip[1] + size * 0.30),
                    (tip[0] + blow * size * 0.8, tip[1] + size * 0.55),
                    (tip[0], tip[1] + size * 0.6),
                ],
                banner,
            )
        elif kind < 0.5:
            sheet.taper((px, py), tip, size * 0.016, size * 0.012, wood)
            sheet.polygon(
                [(tip[0] - size * 0.05, tip[1]), (tip[0] + lean * size * 0.2, tip[1] - size * 0.2), (tip[0] + size * 0.05, tip[1])],
                steel,
            )
        elif kind < 0.62:
            sheet.ellipse(px, py - size * 0.2, size * 0.28, size * 0.24, wood * np.float32(1.3))
            sheet.ellipse(px, py - size * 0.2, size * 0.22, size * 0.18, stage.lit(rgb("#8a3a30")))
            sheet.disc(px, py - size * 0.2, size * 0.06, steel)
        else:
            end = (px + lean * size * 0.45, py - size * 0.42)
            sheet.line([(px, py), end], wood, max(size * 0.03, 1))
            sheet.polygon(
                [end, (end[0] - size * 0.05, end[1] - size * 0.06), (end[0] + size * 0.06, end[1] - size * 0.09)],
                stage.lit(rgb("#d8d0c0")),
            )
    lay(stage.layers["ground"], sheet)
