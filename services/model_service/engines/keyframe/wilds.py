"""Features of wild places: a brink, lava cracks, scrub, a pool, dead trees, wooded banks, a sea of clouds, a floating isle."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Sheet, mix, rgb, smooth_curve
from services.model_service.engines.keyframe.ground import SOILS, scattered
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import LEAF, TRUNK, bare, foliage, grove, leafy


def paint_brink(stage: Stage) -> None:
    """A cliff's flat top that juts in from one side, its rock face falling away; figures stand on it."""
    rng, frame, unit = stage.rng("brink"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    way = -stage.side  # the cliff comes from the dark side and ends towards the light
    root, tip = frame.width * (0.5 + 0.56 * way), frame.width * (0.5 - 0.30 * way)
    top = stage.y(0.42)
    u = np.linspace(0, 1, 26)
    edge_x = root + (tip - root) * u
    edge_y = top + unit * (0.03 * np.sin(u * 7) + 0.02 * u + rng.normal(0, 0.004, 26))
    rock, turf = stage.lit(rgb("#6f665c")), stage.lit(rgb("#e8eef8" if stage.snowy else "#6f8a44"))
    under = [
        (tip + way * unit * 0.02, edge_y[-1] + unit * 0.03),
        (tip + way * unit * 0.16, frame.height * 0.97),
        (tip + way * unit * 0.30, frame.height + 9.0),
    ]
    face = np.concatenate([np.stack([edge_x, edge_y], 1), np.array(under), np.array([(root, frame.height + 9.0)])]).astype(
        np.float32
    )
    sheet.polygon(face, rock)
    n = 260
    v = rng.random(n)
    px = root + (tip - root) * rng.random(n)
    py = np.interp((px - root) / (tip - root), u, edge_y) + unit * (0.12 + 0.5 * v)
    inside = (px - tip) * way > unit * 0.30 * np.clip((py - top) / (frame.height - top), 0, 1)
    px, py = px[inside], py[inside]
    tones = rng.uniform(0.62, 1.25, px.size)
    dabs(
        sheet,
        px,
        py,
        unit * rng.uniform(0.006, 0.02, px.size),
        unit * rng.uniform(0.02, 0.07, px.size),
        tinted(rock, tones),
        rng.normal(0, 0.15, px.size),
        corners=5,
    )
    crown = np.concatenate([np.stack([edge_x, edge_y], 1), np.stack([edge_x, edge_y + unit * (0.14 - 0.10 * u)], 1)[::-1]]).astype(
        np.float32
    )
    sheet.polygon(crown, turf)
    n = 500
    v = rng.random(n)
    px = root + (tip - root) * v
    py = np.interp(v, u, edge_y) + unit * (0.14 - 0.10 * v) * rng.random(n)
    size = unit * rng.uniform(0.006, 0.018, n)
    dabs(sheet, px, py, size, size * 0.4, tinted(turf, rng.uniform(0.75, 1.2, n)), rng.normal(0, 0.3, n), corners=5)
    lay(stage.layers["ground"], sheet)


def paint_lava_cracks(stage: Stage) -> None:
    """Cracks in the ash that glow."""
    rng, frame, unit = stage.rng("lava"), stage.frame, stage.unit
    sheet, lights = Sheet(frame.width, frame.height), Lights(frame)
    hot, core = rgb("#ff5a18"), rgb("#ffc850")
    for _ in range(int(9 * stage.span) + 2):
        x, t = float(rng.random()) * frame.width, float(rng.random())
        y, size = stage.y(0.2 + 0.75 * t), unit * (0.03 + 0.16 * t)
        points = [(x, y)]
        for _ in range(5):
            points.append(
                (
                    points[-1][0] + size * float(rng.uniform(0.15, 0.5)) * (1 if x < frame.width / 2 else -1),
                    points[-1][1] + size * float(rng.normal(0, 0.13)),
                )
            )
        sheet.line(points, hot * np.float32(0.8), size * 0.07)
        sheet.line(points, core, size * 0.026)
        lights.add(*points[2], size * 0.9, hot, 0.35, stretch=2.6)
    lay(stage.layers["ground"], sheet)
    lights.glow_on(stage.layers["ground"])


def paint_scrub(stage: Stage) -> None:
    """What a desert carries: dry bushes, stones, a skull or a cactus at the side."""
    rng, frame, unit = stage.rng("scrub"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    line = np.full(frame.width, stage.y(0.42), np.float32)
    x, y, near = scattered(stage, rng, line, int(16 * stage.span) + 3)
    keep = np.abs(x / frame.width - 0.5) > 0.16
    for px, py, v in zip(x[keep].tolist(), y[keep].tolist(), near[keep].tolist(), strict=True):
        size = unit * (0.012 + 0.04 * v)
        twig = stage.lit(rgb("#7a6a3c"))
        for angle in np.linspace(-1.2, 1.2, 7) + rng.normal(0, 0.12, 7):
            end = (px + float(np.sin(angle)) * size, py - float(np.cos(angle)) * size)
            sheet.taper((px, py), end, size * 0.05, size * 0.015, twig * np.float32(rng.uniform(0.7, 1.2)))
    if rng.random() < 0.6:
        _cactus(sheet, stage, stage.x(0.5 + stage.side * 0.38), stage.y(0.52), unit * 0.22)
    lay(stage.layers["ground"], sheet)


def _cactus(sheet: Sheet, stage: Stage, x: float, base: float, height: float) -> None:
    green = stage.lit(rgb("#5a8a4c"))
    w = height * 0.085
    for ax, ay, bx, by in (
        (0, 0, 0, 1.0),
        (0, 0.42, -0.26, 0.46),
        (-0.26, 0.46, -0.26, 0.80),
        (0, 0.30, 0.24, 0.34),
        (0.24, 0.34, 0.24, 0.62),
    ):
        a, b = (x + ax * height, base - ay * height), (x + bx * height, base - by * height)
        sheet.taper(a, b, w, w * 0.95, green * np.float32(0.8))
        lift = stage.side * w * 0.3
        sheet.taper((a[0] + lift, a[1]), (b[0] + lift, b[1]), w * 0.55, w * 0.5, green * np.float32(1.1))


def paint_pool(stage: Stage) -> None:
    """A round pool with green banks on the layer `mid`."""
    frame = stage.frame
    sheet = Sheet(frame.width, frame.height)
    x, y, rx, ry = stage.x(0.5), stage.y(0.36), min(stage.unit * 0.62, frame.width * 0.42), (frame.height - stage.horizon) * 0.17
    sand, green = stage.lit(rgb("#dcb070"), 0.08), stage.lit(rgb("#6f9a48"), 0.1)
    sheet.box(-9, stage.y(0.10), frame.width + 9, frame.height + 9, sand)
    sheet.ellipse(x, y, rx * 1.16, ry * 1.35, green * np.float32(0.9), 60)
    sheet.ellipse(x, y, rx, ry, mix(stage.palette.middle, stage.palette.zenith, 0.35), 60)
    sheet.ellipse(x, y + ry * 0.12, rx * 0.9, ry * 0.72, mix(stage.palette.horizon, stage.palette.middle, 0.55), 60)
    rng, n = stage.rng("pool"), 260
    turn = rng.random(n) * 6.2832
    px, py = x + np.cos(turn) * rx * rng.uniform(0.98, 1.14, n), y + np.sin(turn) * ry * rng.uniform(1.0, 1.3, n)
    size = stage.unit * rng.uniform(0.006, 0.016, n)
    order = np.argsort(py)
    dabs(
        sheet,
        px[order],
        py[order] - size[order],
        size[order],
        size[order] * 0.8,
        tinted(green, rng.uniform(0.7, 1.25, n)),
        corners=6,
    )
    n = 40
    px, py = x + rx * rng.uniform(-0.8, 0.8, n), y + ry * rng.uniform(-0.6, 0.8, n)
    wide = stage.unit * rng.uniform(0.02, 0.06, n)
    dabs(
        sheet,
        px,
        py,
        wide,
        wide * 0.03,
        tinted(mix(stage.palette.horizon, stage.palette.sun, 0.3), rng.uniform(0.8, 1.0, n)),
        corners=8,
    )
    lay(stage.layers["mid"], sheet)


def paint_dead_trees(stage: Stage) -> None:
    """Bare trunks that stand in the water, pale far away."""
    rng = stage.rng("dead")
    sheet = Sheet(stage.frame.width, stage.frame.height)
    for distance, share, tall in (
        (0.6, 0.05, 0.30),
        (0.6, 0.06, 0.26),
        (0.6, 0.05, 0.34),
        (0.35, 0.12, 0.42),
        (0.35, 0.14, 0.5),
        (0.1, 0.30, 0.72),
        (0.1, 0.34, 0.66),
    ):
        x = float(rng.random())
        if distance < 0.4:
            x = 0.5 + (0.24 + 0.22 * x) * (1 if rng.random() < 0.5 else -1)
        bare(sheet, rng, stage.x(x), stage.y(share), stage.rise * tall, stage.lit(rgb("#453d34"), distance))
    lay(stage.layers["mid"], sheet)


def paint_banks(stage: Stage) -> None:
    """The farther bank: a strip of land with trees and their dark mirror on the water."""
    rng, frame, unit = stage.rng("banks"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    x = np.linspace(-20, frame.width + 20, 60)
    line = ridge(rng, 60, waves=2.5, roughness=0.4)
    foot = stage.y(0.10) + unit * 0.03 * (ridge(rng, 60, waves=3, roughness=0.4) - 0.5)
    green = stage.lit(rgb("#e6edf6" if stage.snowy else "#6a9448"), 0.34)
    water = mix(stage.palette.zenith, stage.lit(rgb("#24443c")), 0.6)
    sheet.polygon(
        np.concatenate([np.stack([x, foot], 1), np.stack([x, foot + unit * (0.012 + 0.02 * line)], 1)[::-1]]).astype(np.float32),
        water,
    )
    sheet.polygon(
        np.concatenate([np.stack([x, stage.y(0.02) - unit * 0.02 * line], 1), np.stack([x, foot], 1)[::-1]]).astype(np.float32),
        green,
    )
    n = int(22 * stage.span) + 3
    px = rng.random(n) * frame.width
    keep = np.abs(px / frame.width - 0.45) > 0.10
    px = px[keep].astype(np.float32)
    base = np.interp(px, x, foot) - unit * 0.012 * rng.random(px.size)
    height = stage.rise * rng.uniform(0.07, 0.17, px.size)
    leaves = (
        np.stack([stage.lit(rgb(LEAF) * np.float32(v), 0.32) for v in rng.uniform(0.75, 1.1, px.size)])
        if px.size
        else np.zeros((0, 3), np.float32)
    )
    grove(sheet, rng, px, base, height, leaves, stage.lit(rgb(TRUNK), 0.34), side=stage.side)
    m = px.size
    if m:
        dabs(sheet, px, np.interp(px, x, foot) + height * 0.28, height * 0.24, height * 0.26, leaves * 0.55, corners=12)
    lay(stage.layers["mid"], sheet)


def paint_cloud_sea(stage: Stage) -> None:
    """Billows from the horizon to the viewer's feet, with summits that stand out of them."""
    rng, frame = stage.rng("cloud sea"), stage.frame
    light = np.clip(mix(stage.palette.horizon, stage.palette.sun, 0.45), 0, 1)
    shade = mix(stage.palette.middle, stage.palette.zenith, 0.35)
    for row, (name, base, size, count) in enumerate(
        (
            ("far", 0.00, 0.030, 90),
            ("far", 0.10, 0.055, 60),
            ("mid", 0.26, 0.085, 46),
            ("ground", 0.50, 0.13, 40),
            ("ground", 0.78, 0.17, 30),
        )
    ):
        sheet = Sheet(frame.width, frame.height)
        if row in {1, 2}:
            for _ in range(2):
                x, half, tall = (
                    float(rng.random()) * frame.width,
                    stage.rise * float(rng.uniform(0.10, 0.18)),
                    stage.rise * float(rng.uniform(0.08, 0.17)),
                )
                tip = (x + half * 0.1, stage.y(base) - tall)
                rock = stage.lit(rgb("#6f7f95"), 0.62 - 0.24 * row)
                sheet.polygon(
                    [
                        (x - half, stage.y(base) + 9),
                        (x - half * 0.35, stage.y(base) - tall * 0.5),
                        tip,
                        (x + half * 0.4, stage.y(base) - tall * 0.45),
                        (x + half, stage.y(base) + 9),
                    ],
                    rock,
                )
                sheet.polygon([tip, (x + half * 0.4, stage.y(base) - tall * 0.45), (x + half, stage.y(base) + 9), (x + half * 0.15, stage.y(base) + 9)] if stage.side > 0
                              else [tip, (x - half * 0.35, stage.y(base) - tall * 0.5), (x - half, stage.y(base) + 9), (x, stage.y(base) + 9)], rock * np.float32(1.18))  # fmt: skip
        distance = 0.6 * (1 - row / 4)
        body, lit = mix(shade, stage.palette.haze, distance), mix(light, stage.palette.haze, distance * 0.5)
        y = stage.y(base)
        sheet.box(-9, y, frame.width + 9, frame.height + 9, body)
        n = int(count * max(stage.span, 0.4)) + 4
        x = np.sort(rng.random(n)) * frame.width * 1.1 - frame.width * 0.05
        radius = stage.unit * size * rng.uniform(0.6, 1.35, n)
        wave = stage.unit * size * 0.7 * np.sin(x / stage.unit * (7 - row))
        py = y + wave * 0.5 + radius * 0.35
        order = rng.permutation(n)
        for tone, dx, dy, shrink in ((0.0, 0.0, 0.0, 1.0), (0.45, 0.08, -0.10, 0.82), (0.85, 0.20, -0.24, 0.56)):
            colours = (body[None] + (lit - body)[None] * (tone * rng.uniform(0.85, 1.1, n))[:, None])[order]
            dabs(
                sheet,
                (x + stage.side * radius * dx)[order],
                (py + radius * dy)[order],
                (radius * shrink * 1.25)[order],
                (radius * shrink * 0.78)[order],
                np.clip(colours, 0, 1),
                corners=18,
            )
        fade = np.ones((frame.height, frame.width), np.float32)
        grain = clouds(rng, max(frame.width // 4, 8), max(frame.height // 4, 8), cells=5, octaves=4, stretch=2.5)
        fade *= 0.94 + 0.12 * frame.refined(np.pad(grain, ((0, 2), (0, 2)), mode="edge"))
        lay(stage.layers[name], sheet, fade)


def paint_isle(stage: Stage) -> None:
    """A floating island with a tree and a fall, and a rock to stand on before the viewer."""
    rng, frame, unit = stage.rng("isle"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    x, y, half = stage.x(0.5 - stage.side * 0.20), stage.horizon - stage.rise * 0.16, stage.rise * 0.17
    for cx, cy, size, distance in ((x, y, half, 0.25), (stage.x(0.5 + stage.side * 0.30), y - stage.rise * 0.10, half * 0.42, 0.5)):
        rock, turf = stage.lit(rgb("#7a6a5c"), distance), stage.lit(rgb("#6f9a48"), distance)
        v = np.linspace(-1, 1, 19)
        hang = (1 - np.abs(v) ** 1.4) * size * rng.uniform(0.55, 1.15, 19)
        sheet.polygon([(cx + size * float(a), cy + float(h)) for a, h in zip(v, hang, strict=True)], rock)
        lit = [(cx + size * float(a), cy + float(h)) for a, h in zip(v, hang, strict=True) if a * stage.side > 0.15]
        sheet.polygon([*lit, (cx + stage.side * size * 0.2, cy)], rock * np.float32(1.22))
        sheet.polygon(
            smooth_curve(
                [
                    (cx - size * 1.04, cy + size * 0.02),
                    (cx - size * 0.5, cy - size * 0.10),
                    (cx + size * 0.2, cy - size * 0.14),
                    (cx + size * 1.04, cy),
                    (cx, cy + size * 0.09),
                ]
            ),
            turf,
        )
        leafy(
            sheet,
            rng,
            cx - size * 0.2,
            cy - size * 0.08,
            size * 0.95,
            stage.lit(rgb(LEAF), distance),
            stage.lit(rgb(TRUNK), distance),
            side=stage.side,
        )
        n = 12
        foliage(
            sheet,
            rng,
            cx + size * rng.uniform(-0.85, 0.85, n),
            np.full(n, cy - size * 0.05),
            size * rng.uniform(0.04, 0.10, n),
            turf,
            side=stage.side,
            leaves=3,
        )
        white = stage.lit(rgb("#f4fbff"), distance)
        fall = cx + stage.side * size * 0.55
        sheet.polygon(
            [
                (fall - size * 0.03, cy - size * 0.02),
                (fall + size * 0.04, cy - size * 0.02),
                (fall + size * 0.07, cy + size * 1.5),
                (fall - size * 0.05, cy + size * 1.5),
            ],
            white,
        )
    lay(stage.layers["mid"], sheet)
    ledge = Sheet(frame.width, frame.height)
    top = stage.y(0.52)
    u = np.linspace(-1, 1, 30)
    edge = top + unit * (0.016 * np.sin(u * 9) + 0.08 * np.abs(u) ** 3)
    turf, rock = stage.lit(rgb(SOILS["grass"].near) * np.float32(1.3)), stage.lit(rgb("#6f6258"))
    px = frame.width / 2 + u * unit * 0.72
    rim = edge + unit * 0.12 * (1 - np.abs(u) ** 2.2)
    deep = rim + unit * (0.05 + 0.45 * (1 - np.abs(u) ** 1.7)) * rng.uniform(0.8, 1.1, 30)
    ledge.polygon(np.concatenate([np.stack([px, edge], 1), np.stack([px, deep], 1)[::-1]]).astype(np.float32), rock)
    ledge.polygon(np.concatenate([np.stack([px, edge], 1), np.stack([px, rim], 1)[::-1]]).astype(np.float32), turf)
    n = 420
    v = rng.uniform(-0.98, 0.98, n)
    py = np.interp(v, u, edge) + (np.interp(v, u, rim) - np.interp(v, u, edge)) * rng.random(n)
    size = unit * rng.uniform(0.005, 0.014, n)
    dabs(
        ledge,
        frame.width / 2 + v * unit * 0.72,
        py,
        size,
        size * 0.42,
        tinted(turf, rng.uniform(0.75, 1.25, n)),
        rng.normal(0, 0.3, n),
        corners=5,
    )
    lay(stage.layers["ground"], ledge)


def paint_cave_mouth(stage: Stage) -> None:
    """Rock around the view in three tones, darkest nearest, with hanging stones and light falling in from the mouth."""
    rng, frame, unit = stage.rng("cave"), stage.frame, stage.unit
    rock = np.clip(stage.lit(rgb("#5a504a")), 0.02, 1)
    for layer, reach, tone in (("far", 0.42, 0.92), ("mid", 0.52, 0.62), ("ground", 0.62, 0.36), ("front", 0.72, 0.14)):
        sheet = Sheet(frame.width, frame.height)
        x, y = frame.width * (0.5 + 0.03 * stage.side), frame.height * 0.56
        turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        rough = (
            rng.normal(0, 0.025, turn.size)
            + 0.05 * np.sin(turn * 5 + rng.random() * 6)
            + np.where((np.sin(turn) < -0.4) & (np.arange(72) % 5 == 0), -0.13, 0.0)
        )
        wide, high = frame.width * reach * 0.80, frame.height * reach * 0.92
        floor = {"far": 0.10, "mid": 0.16, "ground": 0.24, "front": 0.97}[layer]
        limit = stage.y(floor) if layer != "front" else frame.height * 1.02
        mx = x + wide * np.cos(turn) * (1 + rough)
        my = np.minimum(y + high * np.sin(turn) * (1 + rough), limit)
        mouth = np.stack([mx, my], 1)
        outer = np.stack([x + frame.width * 2 * np.cos(turn), y + frame.height * 2 * np.sin(turn)], 1)
        for k in range(72):
            j = (k + 1) % 72
            shade = tone * float(0.86 + 0.22 * rng.random())
            sheet.polygon(np.array([mouth[k], mouth[j], outer[j], outer[k]], np.float32), rock * np.float32(shade))
        n = 240
        angle = rng.random(n) * 2 * np.pi
        away = 1 + rng.random(n) * 0.8
        px, py = x + wide * np.cos(angle) * away * 1.12, y + high * np.sin(angle) * away * 1.12
        facing = np.clip(1.25 - (away - 1) * 1.1, 0.5, 1.3)
        size = unit * rng.uniform(0.008, 0.035, n)
        solid = (py < limit - unit * 0.03) | (np.abs(px - x) > wide)
        dabs(
            sheet,
            px[solid],
            py[solid],
            size[solid],
            size[solid] * 0.5,
            tinted(rock * np.float32(tone), (facing * rng.uniform(0.75, 1.3, n))[solid]),
            (angle + 1.57)[solid],
            corners=5,
        )
        lay(stage.layers[layer], sheet)
    glow = frame.glow(frame.width / 2, stage.horizon, unit * 0.55)
    stage.layers["mid"].light(glow, stage.palette.sun * np.float32(0.16))


def paint_crystals(stage: Stage) -> None:
    """Glowing crystals in the dark of a cave."""
    rng, unit = stage.rng("crystals"), stage.unit
    sheet, lights = Sheet(stage.frame.width, stage.frame.height), Lights(stage.frame)
    for _ in range(7):
        way = 1 if rng.random() < 0.5 else -1
        x, y = stage.x(0.5 + way * float(rng.uniform(0.26, 0.46))), stage.y(float(rng.uniform(0.2, 0.7)))
        hue = rgb(("#6fe0ff", "#b08aff", "#7affc8")[int(rng.integers(3))])
        for _ in range(4):
            lean, tall = float(rng.normal(0, 0.35)), unit * float(rng.uniform(0.03, 0.09))
            w = tall * 0.16
            tip = (x + lean * tall, y - tall)
            sheet.polygon(
                [(x - w, y), (tip[0] - w * 0.6, tip[1] + w), tip, (tip[0] + w * 0.6, tip[1] + w), (x + w, y)],
                hue * np.float32(0.62),
            )
            sheet.polygon([(x, y), tip, (tip[0] + w * 0.6, tip[1] + w), (x + w, y)], hue)
        lights.add(x, y - unit * 0.03, unit * 0.08, hue, 0.4)
    lay(stage.layers["ground"], sheet)
    lights.shine(stage.layers["ground"])
