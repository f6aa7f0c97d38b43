"""A ship's deck, with its rigging and what stands on it."""

import numpy as np

from services.model_service.engines.keyframe.brush import lay
from services.model_service.engines.keyframe.canvas import Sheet, mix, rgb
from services.model_service.engines.keyframe.perspective import View, block
from services.model_service.engines.keyframe.stage import Stage


def paint_breakers(stage: Stage) -> None:
    """Waves as high as the rail and higher that rise on both sides of the ship, their crests torn into foam and spray."""
    rng, frame, unit = stage.rng("breakers"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    water = np.clip(stage.lit(rgb("#2f4f60")) * np.float32(1.7 if stage.dark else 1.15), 0, 1)
    foam = np.clip(mix(stage.palette.haze, np.ones(3, np.float32), 0.35) * np.float32(1.1), 0, 1)
    for share, tall, way in ((0.80, 0.17, -1), (0.20, 0.20, 1), (0.02, 0.34, 1), (0.97, 0.30, -1)):
        x, high, base = frame.width * share, unit * tall, stage.y(0.16)
        t = np.linspace(-1, 1, 25)
        px = x + t * unit * 0.44 + way * unit * 0.16 * np.maximum(1 - t**2, 0) ** 2  # it leans over towards the deck
        py = base - high * np.maximum(1 - t**2, 0) ** 1.4 - unit * 0.02
        crest = list(zip(px.tolist(), py.tolist(), strict=True))
        tone = water * np.float32(0.80 + 0.5 * (0.34 - tall))
        sheet.polygon([*crest, (x + unit * 0.5, frame.height * 0.98), (x - unit * 0.5, frame.height * 0.98)], tone)
        for k in range(1, 4):
            sheet.line(
                [(a - way * unit * 0.012 * k, b + high * 0.20 * k) for a, b in crest[6:-6]],
                tone * np.float32(1.25),
                max(unit / 260, 1),
            )
        lip = crest[7:-6]
        for a, b in lip:
            size = unit * float(rng.uniform(0.012, 0.028))
            sheet.ellipse(a, b, size * 1.3, size * 0.8, foam)
            sheet.ellipse(
                a + way * size * float(rng.uniform(0.5, 2.2)), b + size * float(rng.uniform(0.2, 1.8)), size * 0.7, size * 0.6, foam
            )
        for _ in range(26):
            a, b = lip[int(rng.integers(len(lip)))]
            drop = unit * float(rng.uniform(0.002, 0.006))
            sheet.ellipse(a + way * unit * float(rng.uniform(0, 0.14)), b - unit * float(rng.uniform(0, 0.07)), drop, drop, foam)
    lay(stage.layers["mid"], sheet)


def paint_deck(stage: Stage) -> None:
    """A ship's deck: planks, rails with ropes, masts with sails above, barrels; the sea around is on `mid`."""
    view = View.of(stage)
    frame = stage.frame
    sheet, rig = Sheet(frame.width, frame.height), Sheet(frame.width, frame.height)
    wood, dark = stage.lit(rgb("#a87f52")), stage.lit(rgb("#5a3c26"))
    bow, half = 15.0, 3.4

    def edge(z: float) -> float:
        return float(half * min(1.0, max((bow - z) / 6.0, 0.0)) ** 0.55)

    zs = np.linspace(bow, 0.7, 34)
    left, right = (view.points(np.array([(way * edge(float(z)), 0.0, z) for z in zs])) for way in (-1, 1))
    sheet.polygon(np.concatenate([left, right[::-1]]), wood)
    for k in range(21):
        u = -1 + 2 * k / 20
        points = view.points(np.array([(u * edge(float(z)), 0.0, z) for z in zs]))
        sheet.line([(float(a), float(b)) for a, b in points], dark, 1)
    for way in (-1, 1):
        for z in (14.0, 12.6, 11.2, 9.8, 8.4, 7.0, 5.6, 4.4, 3.4):
            x = way * edge(z)
            block(sheet, view, (x - 0.07, x + 0.07), (0, 0.95), (z, z + 0.12), dark, side=stage.side)
        rail = [view.at(way * edge(float(z)), 0.98, float(z)) for z in zs]
        for a, b, z in zip(rail, rail[1:], zs, strict=False):
            w = view.scale(float(z)) * 0.07
            sheet.taper(a, b, w, w, wood * np.float32(0.85))
    prow = view.at(0, 0.9, bow)
    sheet.taper(prow, (prow[0], prow[1] - view.scale(bow) * 2.2), view.scale(bow) * 0.16, view.scale(bow) * 0.06, dark)
    for z, x in ((10.5, 0.0),):
        foot, top = view.at(x, 0, z), view.at(x, 14.0, z)
        s = view.scale(z)
        rig.taper(foot, top, s * 0.24, s * 0.16, dark)
        rig.taper(
            (foot[0] + stage.side * s * 0.08, foot[1]),
            (top[0] + stage.side * s * 0.05, top[1]),
            s * 0.08,
            s * 0.05,
            dark * np.float32(1.6),
        )
        for y0, y1, wide in ((5.6, 9.4, 3.6), (9.8, 12.6, 2.8)):
            a, b = view.at(x - wide, y1, z), view.at(x + wide, y1, z)
            c, d = view.at(x - wide * 1.08, y0, z), view.at(x + wide * 1.08, y0, z)
            belly = s * 0.55
            canvas = stage.lit(rgb("#efe4cc"))
            lower = [(c[0] + (d[0] - c[0]) * t, c[1] - belly * np.sin(np.pi * t)) for t in np.linspace(1, 0, 9).tolist()]
            rig.polygon([a, b, *lower], canvas)
            for k in range(1, 5):
                t = k / 5
                rig.polygon(
                    [
                        (a[0] + (b[0] - a[0]) * t, a[1]),
                        (c[0] + (d[0] - c[0]) * t, c[1] - belly * np.sin(np.pi * t)),
                        (c[0] + (d[0] - c[0]) * (t + 0.06), c[1] - belly * np.sin(np.pi * t)),
                    ],
                    canvas * np.float32(0.88),
                )
            rig.taper((a[0] - s * 0.2, a[1]), (b[0] + s * 0.2, b[1]), s * 0.09, s * 0.09, dark)
        for way in (-1, 1):
            for k in range(4):
                rig.line([view.at(x, 11.0, z), view.at(way * (edge(z) - 0.1), 0.9, z - 1.5 + 0.9 * k)], dark, max(s * 0.02, 1))
    for x, z in ((-2.2, 6.2), (-2.5, 5.4), (2.4, 6.8)):
        px, py = view.at(x, 0, z)
        s = view.scale(z)
        sheet.ellipse(px, py - s * 0.32, s * 0.33, s * 0.40, dark * np.float32(1.3), 20)
        for dy in (0.14, 0.5):
            sheet.box(px - s * 0.32, py - s * (dy + 0.05), px + s * 0.32, py - s * dy, stage.lit(rgb("#3a3a40")))
        sheet.ellipse(px, py - s * 0.66, s * 0.24, s * 0.07, wood * np.float32(0.9), 18)
    coil = view.at(1.9, 0.05, 4.6)
    s = view.scale(4.6)
    for k in range(4):
        sheet.ellipse(
            coil[0],
            coil[1] - s * 0.05 * k,
            s * (0.34 - 0.02 * k),
            s * 0.10,
            stage.lit(rgb("#d8c090")) * np.float32(0.8 + 0.08 * (k % 2)),
            22,
        )
    sheet.ellipse(coil[0], coil[1] - s * 0.17, s * 0.15, s * 0.045, dark, 16)
    lay(stage.layers["ground"], sheet)
    lay(stage.layers["ground"], rig)
