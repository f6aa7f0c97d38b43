"""Features of wild places: a brink, lava cracks, scrub, a pool, dead trees, wooded banks, a sea of clouds, a floating isle."""

import math
from itertools import pairwise

import numpy as np

from services.model_service.engines.keyframe.aboard import DEEDS
from services.model_service.engines.keyframe.brush import Lights, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.ground import scattered
from services.model_service.engines.keyframe.noise import ridge
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import LEAF, TRUNK, bare, grove


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


def paint_bamboo_bank(stage: Stage) -> None:
    """Bamboo at both sides of the near bank, bowed by wind and rain towards the middle; beyond the water where people are on it."""
    if any(figure.deed in DEEDS for figure in stage.scene.figures):
        _bamboo_beyond(stage)
        return
    rng, frame, unit = stage.rng("bamboo bank"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    bowed = 1.0 if stage.scene.weather & {"wind", "storm", "rain"} else 0.35
    drift = -stage.side
    stem, leaf = stage.lit(rgb("#55702c")), stage.lit(rgb("#3f6a28"))
    t = np.linspace(0, 1, 11)
    for edge, count in ((-drift, 6), (drift, 3)):
        for number in range(count):
            x = frame.width * (0.5 + edge * (0.49 - 0.036 * number)) + unit * 0.01 * float(rng.normal())
            base, tall = stage.y(0.90), unit * float(rng.uniform(0.62, 0.92))
            bow = drift * bowed * tall * float(rng.uniform(0.30, 0.46))
            px, py = x + bow * t**2.2, base - tall * (t - 0.26 * bowed * t**3)
            half = unit * 0.010 * float(rng.uniform(0.85, 1.2)) * (1 - 0.65 * t)
            tone = stem * np.float32(rng.uniform(0.75, 1.1))
            points = list(zip(px.tolist(), py.tolist(), half.tolist(), strict=True))
            for (ax, ay, ar), (bx, by, br) in pairwise(points):
                sheet.taper((ax, ay), (bx, by), ar, br, tone)
                sheet.disc(ax, ay, ar * 1.35, tone * np.float32(0.55))
            _sprays(sheet, rng, px[6:], py[6:], unit, drift, leaf)
    lay(stage.layers["front"], sheet)


def _bamboo_beyond(stage: Stage) -> None:
    """Bamboo on the far bank, tall at both sides and bowed the same way, open in the middle."""
    rng, frame, unit = stage.rng("bamboo bank"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    bowed = 1.0 if stage.scene.weather & {"wind", "storm", "rain"} else 0.3
    drift, count = -stage.side, int(16 * stage.span)
    t = np.linspace(0, 1, 11)
    shares = np.sort(np.abs(rng.normal(0, 0.20, count)))[::-1]
    for number, share in enumerate(shares.tolist()):
        x = frame.width * (min(share, 0.36) if number % 2 else 1 - min(share, 0.36))
        base, tall = (
            stage.y(0.05 + 0.05 * float(rng.random())),
            unit * float(rng.uniform(0.50, 0.74)) * (1 - 0.7 * min(share, 0.36)),
        )
        bow = drift * bowed * tall * float(rng.uniform(0.20, 0.36))
        px, py = x + bow * t**2.2, base - tall * (t - 0.10 * bowed * t**3)
        half = unit * 0.013 * float(rng.uniform(0.85, 1.25)) * (1 - 0.6 * t)
        far = float(rng.uniform(0.05, 0.24))
        stem, leaf = stage.lit(rgb("#5d7a30"), far), stage.lit(rgb("#3f6a28"), far)
        points = list(zip(px.tolist(), py.tolist(), half.tolist(), strict=True))
        for (ax, ay, ar), (bx, by, br) in pairwise(points):
            sheet.taper((ax, ay), (bx, by), ar, br, stem)
            sheet.disc(ax, ay, ar * 1.2, stem * np.float32(0.72))
        _sprays(sheet, rng, px[6::2], py[6::2], unit * 0.80, drift, leaf)
    lay(stage.layers["mid"], sheet)


def _sprays(sheet: Sheet, rng: np.random.Generator, x: Array, y: Array, unit: float, drift: int, leaf: Array) -> None:
    """Fans of three narrow leaves that hang from the stem's upper nodes, blown one way."""
    for ax, ay in zip(x.tolist(), y.tolist(), strict=True):
        reach = unit * float(rng.uniform(0.07, 0.11))
        for turn in (0.1, 0.5, 0.95):
            way = turn + float(rng.normal(0, 0.12))
            tip = (ax + drift * reach * math.cos(way), ay + reach * math.sin(way))
            side = (reach * 0.10 * math.sin(way), -drift * reach * 0.10 * math.cos(way))
            middle = ((ax + tip[0]) / 2, (ay + tip[1]) / 2)
            blade = [(ax, ay), (middle[0] + side[0], middle[1] + side[1]), tip, (middle[0] - side[0], middle[1] - side[1])]
            sheet.polygon(blade, leaf * np.float32(rng.uniform(0.75, 1.2)))
