"""Water: sea, lake and river on the layer `mid`, mirroring the sky and the far land, with waves, surf and falls."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import dabs, lay, polygons, tinted
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb, smoothstep
from services.model_service.engines.keyframe.land import walls
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.trees import foliage


def shore_line(stage: Stage, share: float, slope: float) -> Array:
    """Where land meets water, W values: it rises towards the side away from the light."""
    frame = stage.frame
    x = np.linspace(-1, 1, frame.width, dtype=np.float32) * np.float32(-stage.side)
    line = ridge(stage.rng("shore"), frame.width, waves=3, roughness=0.42, octaves=6)
    reach = frame.height - stage.horizon
    return np.asarray(np.float32(stage.y(share)) - np.float32(reach) * (np.float32(slope) * x + 0.09 * (line - 0.5)), np.float32)


def paint_water(stage: Stage, *, calm: bool, clear: bool = False) -> None:
    """From the horizon down. `calm` water mirrors what stands behind it, rough water breaks it into waves.

    `clear` water is turquoise over sand by day.
    """
    frame, palette, layer = stage.frame, stage.palette, stage.layers["mid"]
    rng = stage.rng("water")
    top = int(np.clip(stage.horizon + 1, 0, frame.height - 2))
    rows = frame.rows[top:]
    t = np.clip((rows - np.float32(top)) / np.float32(frame.height - top), 0, 1)
    bright = not (stage.dark or palette.low_sun or stage.overcast)
    deep = mix(palette.zenith, stage.lit(rgb("#1f6f8f" if bright else "#2c5068")), 0.55)
    colour = mix(mix(palette.horizon, deep, 0.30), deep * np.float32(0.86), t**0.55)
    if bright and clear:
        colour = mix(colour, rgb("#3fc8bc"), smoothstep(0.30, 0.95, t) * np.float32(0.62))
    mirrored = _mirrored(stage, top)
    share = np.float32(0.62 if calm else 0.20) * (1 - 0.55 * t)
    region = layer.rgba[top:]
    for channel in range(3):
        region[..., channel] = colour[channel] * (1 - share) + mirrored[..., channel] * share
    region[..., 3] = 1
    _waves(stage, rng, top, calm=calm)


def _mirrored(stage: Stage, top: int) -> Array:
    """Sky, clouds and far land upside down, as the water shows them: drawn out downwards and shaken sideways."""
    frame = stage.frame
    deep = frame.height - top
    small = (max(frame.width // 2, 2), max(top // 2, 2))
    picture: Array = np.zeros((small[1], small[0], 3), np.float32)
    for name in ("sky", "clouds", "far"):
        reduced = cv2.resize(
            stage.layers[name].rgba[:top] if top > 1 else stage.layers[name].rgba[:2], small, interpolation=cv2.INTER_AREA
        )
        picture = picture * (1 - reduced[..., 3:]) + reduced[..., :3]
    rng = stage.rng("mirror")
    rows = np.arange(deep, dtype=np.float32)[:, None]
    shake = cv2.GaussianBlur(rng.normal(0, 1, (deep, 1)).astype(np.float32), (1, 3), 0)
    near = rows / np.float32(max(deep, 1))
    map_y = np.float32(small[1] - 1) - rows * np.float32(0.5 * 0.92)
    map_x = np.arange(frame.width, dtype=np.float32)[None] * np.float32(0.5) + shake * np.float32(stage.unit * 0.004) * (0.3 + near)
    sharp = cv2.remap(
        cv2.blur(picture, (1, max(int(stage.unit / 90), 1))),
        map_x,
        np.broadcast_to(np.abs(map_y), map_x.shape).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(sharp)


def _waves(stage: Stage, rng: np.random.Generator, top: int, *, calm: bool) -> None:
    frame, palette, unit = stage.frame, stage.palette, stage.unit
    sheet = Sheet(frame.width, frame.height)
    wild = bool(stage.scene.weather & {"storm", "wind"}) and not calm
    light, dark = mix(palette.horizon, palette.sun, 0.2), mix(palette.zenith, stage.lit(rgb("#16384c")), 0.5)
    depth = frame.height - top
    n = int((200 if calm else 520) * stage.span) + 20
    t = np.sort(rng.random(n).astype(np.float32) ** np.float32(1.5))
    x, y = rng.random(n).astype(np.float32) * frame.width, top + 2 + t * depth
    half = unit * (0.006 + 0.075 * t) * rng.uniform(0.5, 1.5, n)
    thick = unit * (0.0007 + (0.010 if wild else 0.0022 if calm else 0.0042) * t)
    shares = (rng.random(n) ** 0.7 * (0.55 if calm else 0.62) + 0.18)[:, None]
    _ripples(sheet, x, y, half, thick, light[None] * (1 - shares) + dark[None] * shares)
    if wild:
        _crests(stage, sheet, rng, top)
    if not stage.scene.weather & {"storm", "rain"}:
        n = 260
        t = np.sort(rng.random(n).astype(np.float32) ** np.float32(1.35))
        x = np.asarray(stage.sun[0] + rng.normal(0, 1, n) * unit * (0.022 + 0.10 * t), np.float32)
        half, thick = unit * (0.006 + 0.05 * t) * rng.uniform(0.4, 1.2, n), unit * (0.001 + 0.004 * t)
        glint = np.clip(palette.sun[None] * (1 - 0.25 * t[:, None]) + palette.horizon[None] * 0.25 * t[:, None], 0, 1)
        if not stage.overcast:
            _ripples(sheet, x, top + 1 + t * depth, half, thick, glint)
    elif not calm or stage.wet:
        _rings(stage, sheet, rng, top)
    lay(stage.layers["mid"], sheet)
    rows = slice(top, frame.height)
    spread = np.float32(unit * 0.09) + (frame.rows[rows] - np.float32(top)) * np.float32(0.35)
    path = np.exp(-(((frame.columns - np.float32(stage.sun[0])) / spread) ** 2)) * np.float32(0.06 if stage.overcast else 0.24)
    stage.layers["mid"].light(path, palette.sun, rows)


def _ripples(sheet: Sheet, x: Array, y: Array, half: Array, thick: Array, colours: Array) -> None:
    px = np.stack([x - half, x - half * 0.4, x + half * 0.3, x + half, x + half * 0.2, x - half * 0.5], 1)
    py = np.stack([y, y - thick, y - thick * 0.8, y, y + thick, y + thick * 0.9], 1)
    polygons(sheet, np.stack([px, py], 2).astype(np.float32), colours)


def _crests(stage: Stage, sheet: Sheet, rng: np.random.Generator, top: int) -> None:
    """Breaking waves: a dark face with a curling white edge, greater towards the viewer."""
    frame, unit = stage.frame, stage.unit
    n = int(26 * stage.span) + 4
    t = np.sort(rng.random(n).astype(np.float32)) ** np.float32(1.3)
    deep, white = stage.lit(rgb("#1f4a5c")), stage.lit(rgb("#eef6fa"), 0.05)
    for x, u in zip((rng.random(n) * frame.width).tolist(), t.tolist(), strict=True):
        y, half, high = top + 4 + u * (frame.height - top), unit * (0.03 + 0.22 * u), unit * (0.006 + 0.055 * u)
        lean = stage.side * half * 0.18
        sheet.polygon(
            [
                (x - half, y),
                (x - half * 0.35, y - high * 0.6),
                (x - lean, y - high),
                (x + half * 0.4, y - high * 0.5),
                (x + half, y),
            ],
            deep,
        )
        sheet.polygon(
            [
                (x - half * 0.5, y - high * 0.45),
                (x - lean, y - high * 1.08),
                (x + half * 0.45, y - high * 0.42),
                (x - lean, y - high * 0.82),
            ],
            white,
        )


def _rings(stage: Stage, sheet: Sheet, rng: np.random.Generator, top: int) -> None:
    """Where drops fall: thin bright rings."""
    n = int(90 * stage.span)
    t = rng.random(n).astype(np.float32)
    x, y = rng.random(n).astype(np.float32) * stage.frame.width, top + t * (stage.frame.height - top)
    size = stage.unit * (0.004 + 0.02 * t) * rng.uniform(0.5, 1.2, n)
    light = mix(stage.palette.horizon, rgb("#ffffff"), 0.25 if not stage.dark else 0.05)
    body = mix(stage.palette.middle, stage.palette.zenith, 0.5)
    dabs(sheet, x, y, size, size * 0.28, tinted(light, np.ones(n)), corners=14)
    dabs(sheet, x, y + size * 0.03, size * 0.84, size * 0.21, tinted(body, np.ones(n)), corners=14)


def paint_surf(stage: Stage, line: Array) -> None:
    """Foam and wet sand where the water meets the ground below `line`."""
    frame, unit = stage.frame, stage.unit
    rng = stage.rng("foam")
    sheet = Sheet(frame.width, frame.height)
    n = int(180 * stage.span) + 20
    x = np.linspace(-10, frame.width + 10, n).astype(np.float32)
    at = line[np.clip(x.astype(np.int32), 0, frame.width - 1)]
    white = stage.lit(rgb("#ffffff"), 0.05)
    step = np.float32(frame.width / n)
    for lift, size, tone in ((0.050, 0.0025, 0.86), (0.026, 0.0035, 0.94), (0.004, 0.0065, 1.0)):
        y = at - unit * lift + np.float32(unit * 0.006) * np.sin(x / unit * (13 - lift * 90)) + rng.normal(0, 0.0012, n) * unit
        show = (np.sin(x / unit * 5 + lift * 300) > -0.55) | (lift < 0.01)
        wide = step * rng.uniform(0.9, 1.8, n)
        dabs(
            sheet,
            x[show],
            y[show],
            wide[show],
            unit * size * rng.uniform(0.6, 1.5, n)[show],
            tinted(white, np.full(int(show.sum()), tone)),
        )
    lay(stage.layers["mid"], sheet)
    reach = np.float32(unit * 0.045)
    rows = slice(int(np.clip(line.min(), 0, frame.height - 1)), frame.height)
    wet = np.exp(-np.maximum(frame.rows[rows] - line[None], 0) / reach)
    ground = stage.layers["ground"].rgba[rows]
    for channel in range(3):
        ground[..., channel] *= 1 - wet * np.float32(0.34)
    stage.layers["ground"].light(wet * np.float32(0.20), mix(stage.palette.horizon, stage.palette.middle, 0.4), rows)


def paint_waterfall(stage: Stage) -> None:
    """A tall fall between cliffs into a pool, with spray at its foot."""
    rng, frame = stage.rng("waterfall"), stage.frame
    x, half = frame.width * (0.5 - stage.side * 0.10), stage.rise * 0.085
    top, foot = stage.horizon - stage.rise * 0.44, stage.y(0.12)
    stone = np.stack([rgb(code) for code in ("#74776a", "#646858", "#838474", "#595e50")])
    walls(stage, rng, stage.layers["far"], stone * np.float32(0.9), 0.34, -0.5, 0.50, middle=x / frame.width)
    walls(stage, rng, stage.layers["mid"], stone, 0.16, -0.03, 0.60, middle=x / frame.width)
    sheet, leaf = Sheet(frame.width, frame.height), stage.lit(rgb("#dfe8f2" if stage.snowy else "#4f8a3c"), 0.16)
    n = int(240 * max(stage.span, 0.5))
    px = rng.random(n).astype(np.float32) * frame.width
    cover = stage.layers["mid"].rgba[..., 3] > 0.5
    cover[int(stage.horizon) :] = True
    rim = cover.argmax(0)[np.clip(px.astype(np.int32), 0, frame.width - 1)]
    py = rim + np.where(rng.random(n) < 0.5, stage.rise * 0.01, (foot - rim) * rng.random(n))
    keep = (np.abs(px - x) > half * 1.25) & (rim < stage.horizon - stage.rise * 0.05)
    order = np.argsort(py[keep])
    size = stage.rise * rng.uniform(0.010, 0.030, n)[keep][order]
    foliage(sheet, rng, px[keep][order], py[keep][order], size, leaf, side=stage.side, leaves=4)
    white = np.clip(stage.lit(rgb("#f4fbff"), 0.12) * np.float32(1.05), 0, 1)
    sheet.polygon(
        [(x - half * 0.8, top), (x + half * 0.8, top), (x + half * 1.1, foot), (x - half * 1.1, foot)], white * np.float32(0.88)
    )
    n = 110
    px = np.asarray(x + half * rng.uniform(-0.95, 0.95, n), np.float32)
    py, tall = top + (foot - top) * rng.random(n), stage.rise * rng.uniform(0.04, 0.16, n)
    py = np.minimum(py, foot - tall)
    dabs(sheet, px, py + tall * 0.5, np.full(n, stage.rise * 0.003), tall, tinted(white, rng.uniform(0.72, 1.06, n)), corners=6)
    lay(stage.layers["mid"], sheet)
    spray = frame.glow(x, foot, half * 2.4, stretch=1.8) * np.float32(0.85)
    stage.layers["mid"].fill(spray, white)


def paint_wet_mirror(stage: Stage, top: float, strength: float, names: tuple[str, ...] = ("far", "mid")) -> None:
    """The nearer backdrop upside down on a wet ground layer, drawn out downwards and broken by ripples."""
    frame, ground = stage.frame, stage.layers["ground"]
    y0 = int(np.clip(top, 1, frame.height - 1))
    reach = min(frame.height - y0, y0)
    view: Array = np.zeros((reach, frame.width, 3), np.float32)
    for name in names:
        source = stage.layers[name].rgba[y0 - reach : y0][::-1]
        view = view * (1 - source[..., 3:]) + source[..., :3]
    drawn = cv2.blur(view, (max(int(stage.unit / 240), 1), max(int(stage.unit / 14), 1)))
    rng = stage.rng("wet")
    ripple = clouds(rng, frame.width, reach, cells=10, octaves=4, stretch=3.0) - np.float32(0.5)
    map_x = np.arange(frame.width, dtype=np.float32)[None] + ripple * np.float32(stage.unit * 0.05)
    map_y = np.broadcast_to(np.arange(reach, dtype=np.float32)[:, None], map_x.shape).astype(np.float32)
    drawn = np.asarray(cv2.remap(drawn, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    rows = slice(y0, y0 + reach)
    fade = np.linspace(1.0, 0.35, reach, dtype=np.float32)[:, None] * np.float32(strength)
    region = ground.rgba[rows]
    for channel in range(3):
        plate = region[..., channel]
        plate *= 1 - np.float32(0.42) * fade
        plate += drawn[..., channel] * fade * region[..., 3]
