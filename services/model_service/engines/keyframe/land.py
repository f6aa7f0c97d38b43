"""The land: far ranges, snow peaks, dunes, hills, water, and the ground that the cast stands on."""

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Layer, Sheet, mix, plane, rgb, smoothstep, strips
from services.model_service.engines.keyframe.noise import clouds, ridge
from services.model_service.engines.keyframe.stage import Stage

AFLOAT = frozenset({"boat", "ship"})
"""Figures that are on the water where there is any."""
GROUNDS = {
    "grass": "#5c9440",
    "snow": "#eef3fa",
    "sand": "#e2b16a",
    "beach": "#ead2a0",
    "earth": "#7c6a50",
    "stone": "#6d6c74",
    "asphalt": "#4a4c58",
    "forest floor": "#4d5a34",
    "moon": "#a9a6ad",
    "rock": "#5a5550",
}


def ground_of(stage: Stage) -> str:
    """What the cast stands on."""
    scene = stage.scene
    if scene.has("space"):
        return "moon"
    for place, ground in (
        ("snow peaks", "snow"),
        ("desert", "sand"),
        ("street", "asphalt"),
        ("city", "asphalt"),
        ("beach", "beach"),
    ):
        if scene.has(place):
            return ground
    if "snow" in scene.weather:
        return "snow"
    for place, ground in (
        ("ruins", "earth"),
        ("forest", "forest floor"),
        ("cave", "rock"),
        ("lighthouse", "rock"),
        ("sea", "rock"),
    ):
        if scene.has(place):
            return ground
    return "grass"


def paint_backdrop(stage: Stage) -> None:
    """What closes the view: ranges in the haze behind every outdoor scene."""
    scene = stage.scene
    if scene.has("snow peaks"):
        _ranges(stage, count=1, height=0.20, roughness=0.5, floor=0.0)
        _peaks(stage, height=0.47, snow=True)
    elif scene.places[0] == "mountains" or (scene.has("mountains") and not scene.has("city")):
        _ranges(stage, count=1, height=0.24, roughness=0.5, floor=0.0)
        _peaks(stage, height=0.40, snow="snow" in scene.weather)
    elif scene.has("desert"):
        _mesas(stage)
    elif scene.has("sea", "beach", "lighthouse"):
        _ranges(stage, count=1, height=0.07, roughness=0.45, floor=0.0, share=0.55)
    elif scene.has("city", "street", "ruins"):
        _ranges(stage, count=1, height=0.12, roughness=0.5, floor=0.0)
    else:
        _ranges(stage, count=3, height=0.17, roughness=0.42, floor=0.02)


def _below(line: Array, rows: Array) -> Array:
    """Coverage of everything under `line` (W values), H × W."""
    return np.clip(rows - line[None] + 0.5, 0, 1)


def _ranges(stage: Stage, *, count: int, height: float, roughness: float, floor: float, share: float = 1.0) -> None:
    layer, frame = stage.layers["far"], stage.frame
    rng = stage.rng("ranges")
    rock = rgb("#5f7d6a") if not stage.scene.has("snow peaks", "mountains") else rgb("#6f7f95")
    for index in range(count):
        line = ridge(rng, frame.width, waves=1.8 + index, roughness=roughness)
        if share < 1:
            x = np.linspace(0, 1, frame.width, dtype=np.float32)
            line = (
                line * (smoothstep(share, share - 0.25, x) if stage.side > 0 else smoothstep(1 - share, 1 - share + 0.25, x)) - 0.04
            )
        top = stage.horizon + stage.unit * (floor + 0.028 * index - height * (1 - 0.22 * index) * line)
        distance = 0.82 - 0.24 * index
        _slope(stage, layer, top, stage.lit(rock, distance), stage.lit(rock, min(distance + 0.18, 0.97)))


def _slope(stage: Stage, layer: Layer, line: Array, upper: Array, lower: Array, depth: float = 0.2) -> None:
    """A body of land under `line`, `lower` where the haze lies in its foot."""
    rows = slice(max(int(line.min()) - 1, 0), stage.frame.height)
    y = stage.frame.rows[rows]
    t = np.clip((y - line[None]) / np.float32(stage.unit * depth), 0, 1)
    layer.fill(_below(line, y), mix(upper, lower, t), rows)


def _peaks(stage: Stage, *, height: float, snow: bool) -> None:
    """A massif of pointed peaks, each with a sunlit and a shaded face parted by a wandering arête, snow from the top down."""
    layer, frame = stage.layers["far"], stage.frame
    rng = stage.rng("peaks")
    unit, width = stage.unit, frame.width
    x = np.arange(width, dtype=np.float32)
    main = 0.5 - stage.side * float(rng.uniform(0.12, 0.24))
    centres = [main, main + float(rng.uniform(0.26, 0.36)), main - float(rng.uniform(0.26, 0.36)), main + 0.62, main - 0.62]
    sizes = [1.0, float(rng.uniform(0.62, 0.8)), float(rng.uniform(0.55, 0.75)), 0.6, 0.55]
    rough = (ridge(rng, width, waves=7, roughness=0.62) - 0.5) * np.float32(0.13)
    stack = np.full((len(centres), width), -1, np.float32)
    for index, (centre, size) in enumerate(zip(centres, sizes, strict=True)):
        away = np.abs(x - np.float32(centre * width)) / np.float32(unit)
        stack[index] = size - (away * 1.55) ** 0.92 + rough * np.minimum(away * 9 + 0.15, 1.4)
    owner, profile = stack.argmax(0), np.maximum(stack.max(0), 0.02 + rough * 0.5)
    top = np.float32(stage.horizon + 0.02 * unit) - np.float32(unit * height) * profile
    first = max(int(top.min()) - 1, 0)
    tall, deep = np.float32(unit * height), frame.height - first
    sway, facets, tongue = (
        clouds(rng, width, deep, cells=cells, octaves=octaves, stretch=stretch)
        for cells, octaves, stretch in ((5, 5, 1.0), (9, 4, 0.6), (7, 5, 0.45))
    )
    crest = np.array(centres, np.float32)[owner][None] * np.float32(width)
    summit = np.float32(stage.horizon) - tall * np.array(sizes, np.float32)[owner][None]
    distance, glow = 0.26, 0.35 if stage.palette.low_sun else 0.12
    rock_shade, rock_light = stage.lit(rgb("#3a4560"), distance * 0.8), stage.lit(rgb("#9a8880"), distance)
    white_shade = stage.lit(rgb("#7f9ac8"), distance * 0.7)
    white_light = np.clip(mix(stage.lit(rgb("#ffffff"), distance * 0.4), stage.palette.sun, glow), 0, 1)
    for rows in strips(slice(first, frame.height)):
        y, noise = frame.rows[rows], slice(rows.start - first, rows.stop - first)
        foot = np.maximum(y - top[None], 0)
        # Flanks meet on slanting lines: below the valleys the sunny flank lies before its neighbour.
        seen = np.clip(x[None] - stage.side * foot * 0.55 + (facets[noise] - 0.5) * foot * 0.5, 0, width - 1).astype(np.int32)
        drop = np.clip((y - summit[0][seen]) / tall, 0, 1.5)
        arete = crest[0][seen] + ((sway[noise] - 0.5) * np.float32(unit * 0.55) - np.float32(stage.side * unit * 0.10)) * drop
        sunlit = smoothstep(-0.004 * unit, 0.004 * unit, (x[None] - arete) * stage.side)
        facet = facets[noise]
        sunlit = sunlit * (0.66 + 0.34 * smoothstep(0.42, 0.5, facet)) + (1 - sunlit) * 0.26 * smoothstep(0.56, 0.62, facet)
        colour = mix(rock_shade, rock_light, sunlit)
        if snow:
            reach = (0.20 + 0.26 * profile[None]) * (0.35 + 1.9 * tongue[noise]) * (0.80 + 0.35 * (1 - sunlit))
            cover = smoothstep(0.035, -0.03, (y - top[None]) / tall - reach)
            colour = mix(colour, mix(white_shade, white_light, sunlit), cover)
        fog = smoothstep(stage.horizon - unit * height * 0.42, stage.horizon + unit * 0.03, y)
        layer.fill(_below(top, y), mix(colour, stage.palette.haze, fog * np.float32(0.72)), rows)


def _mesas(stage: Stage) -> None:
    layer, frame = stage.layers["far"], stage.frame
    rng = stage.rng("mesas")
    sheet = Sheet(frame.width, frame.height)
    stone = rgb("#b0623a")
    for _ in range(4):
        x, half = float(rng.random()) * frame.width, stage.unit * float(rng.uniform(0.05, 0.14))
        top = stage.horizon - stage.unit * float(rng.uniform(0.04, 0.13))
        colour = stage.lit(stone, float(rng.uniform(0.55, 0.75)))
        sheet.polygon(
            ((x - half * 1.35, stage.horizon + 4), (x - half, top), (x + half * 0.9, top - 2), (x + half * 1.3, stage.horizon + 4)),
            colour,
        )
    layer.over(sheet)
    _dunes(stage, layer, rng, first=0.0, last=0.30, count=3)


def _dunes(stage: Stage, layer: Layer, rng: np.random.Generator, *, first: float, last: float, count: int) -> None:
    """Dunes: a long crest with a lit and a shaded flank that meet on a curling line running down to the viewer."""
    frame, unit = stage.frame, stage.unit
    sand = rgb(GROUNDS["sand"])
    x = np.arange(frame.width, dtype=np.float32)
    for index in range(count):
        share = first + (last - first) * index / max(count - 1, 1)
        line = ridge(rng, frame.width, waves=1.3 + 0.4 * float(rng.random()), roughness=0.22, octaves=3)
        top = np.float32(stage.y(share)) - np.float32(unit * (0.07 + 0.10 * share + 0.03 * float(rng.random()))) * line
        rows = slice(max(int(top.min()) - 1, 0), frame.height)
        y = frame.rows[rows]
        below = (y - top[None]) / np.float32(unit)
        summit = float(x[int(line[frame.width // 8 : -frame.width // 8 or None].argmax()) + frame.width // 8])
        bend = np.float32(summit) + np.float32(unit) * (below * 1.7 * stage.side * -1 + np.sin(below * 9) * 0.10)
        flank = smoothstep(-0.01 * unit, 0.02 * unit, (x[None] - bend) * stage.side)
        distance = 0.50 * (1 - share) ** 1.5
        shaded = stage.lit(sand * np.array([0.62, 0.55, 0.60], np.float32), distance)
        bright = np.clip(mix(stage.lit(sand, distance), stage.palette.sun * stage.palette.light, 0.18), 0, 1)
        colour = mix(shaded, bright, flank)
        ripples = np.sin(below * 260 / (0.6 + 2.5 * below + share) + line[None] * 30 + x[None] / unit * 14) * smoothstep(
            0.02, 0.2, below + share * 0.1
        )
        colour = colour * (1 + np.float32(0.022) * ripples)
        layer.fill(_below(top, y), colour, rows)


def paint_ground(stage: Stage) -> None:
    """The near ground, opaque to the bottom edge; the cast stands on it."""
    layer, frame, unit = stage.layers["ground"], stage.frame, stage.unit
    kind = ground_of(stage)
    rng = stage.rng("ground")
    if kind == "sand":
        _dunes(stage, layer, rng, first=0.42, last=0.62, count=2)
        return
    albedo = rgb(GROUNDS[kind])
    line = ridge(rng, frame.width, waves=1.5, roughness=0.25, octaves=4)
    flat = kind in {"asphalt", "moon"}
    if stage.scene.has("sea", "beach", "lighthouse", "river"):
        walked = any(figure.tag not in AFLOAT | {"bird", "whale", "dragon", "fish"} for figure in stage.scene.figures)
        top = _shore(stage, rng, 0.40 if walked else 0.62 if kind == "beach" else 0.74, slope=0.05 if walked else 0.11)
    else:
        top = np.float32(stage.y(0.10)) - np.float32(unit * (0.008 if flat else 0.07)) * line
    first = max(int(top.min()) - 1, 0)
    far_tone, near_tone = stage.lit(albedo, 0.38), stage.lit(albedo * np.float32(0.62 if kind != "snow" else 0.86))
    texture = clouds(rng, frame.width, frame.height - first, cells=5, octaves=6, stretch=3.2) - np.float32(0.5)
    sheen = np.exp(-(((frame.columns - np.float32(stage.sun[0])) / np.float32(unit * 0.55)) ** 2)) * np.float32(
        0.06 if stage.overcast else 0.20
    )
    for rows in strips(slice(first, frame.height)):
        y, grain = frame.rows[rows], texture[rows.start - first : rows.stop - first]
        near = np.clip((y - top[None]) / np.float32(frame.height - stage.horizon), 0, 1)
        colour = mix(far_tone, near_tone, near**0.8) * (1 + grain * np.float32(0.10 if kind == "snow" else 0.30))
        if kind == "snow":
            colour = mix(colour, stage.lit(rgb("#9db4dc")), smoothstep(0.02, 0.25, grain) * np.float32(0.35))
        colour = colour + sheen * (1 - near) ** 2 * plane(stage.palette.sun)
        layer.fill(_below(top, y), colour, rows)


def _shore(stage: Stage, rng: np.random.Generator, share: float, slope: float) -> Array:
    """The line where land meets water: it rises towards the side away from the light."""
    frame = stage.frame
    x = np.linspace(-1, 1, frame.width, dtype=np.float32) * np.float32(-stage.side)
    line = ridge(rng, frame.width, waves=3, roughness=0.42, octaves=6)
    reach = stage.frame.height - stage.horizon
    return np.float32(stage.y(share)) - np.float32(reach) * (np.float32(slope) * x + 0.09 * (line - 0.5))


def paint_water(stage: Stage) -> None:
    """Sea, lake or river on the far layer, from the horizon down, with the light's path and wave lines."""
    layer, frame, palette = stage.layers["far"], stage.frame, stage.palette
    rng = stage.rng("water")
    top = stage.horizon + 1
    rows = slice(max(int(top) - 1, 0), frame.height)
    y = frame.rows[rows]
    t = np.clip((y - np.float32(top)) / np.float32(frame.height - top), 0, 1)
    tropical = not stage.dark and not palette.low_sun and not stage.overcast
    deep = mix(palette.zenith, stage.lit(rgb("#1f6f8f" if tropical else "#2c5068")), 0.55)
    colour = mix(mix(palette.horizon, deep, 0.30), deep * np.float32(0.86), t**0.55)
    if tropical:
        colour = mix(colour, rgb("#3fc0bc"), smoothstep(0.45, 1.0, t) * np.float32(0.5))
    cover = np.clip(y - np.float32(top) + 0.5, 0, 1) + np.zeros((1, frame.width), np.float32)
    layer.fill(cover, colour, rows)
    _waves(stage, layer, rng, top)


def _waves(stage: Stage, layer: Layer, rng: np.random.Generator, top: float) -> None:
    frame, palette, unit = stage.frame, stage.palette, stage.unit
    sheet = Sheet(frame.width, frame.height)
    storm = "storm" in stage.scene.weather or "wind" in stage.scene.weather
    water_light, water_dark = mix(palette.horizon, palette.sun, 0.2), mix(palette.zenith, stage.lit(rgb("#16384c")), 0.5)
    depth = frame.height - top
    for _ in range(int(260 * frame.width / frame.height)):
        t = float(rng.random()) ** 1.5
        x, y = float(rng.random()) * frame.width, top + 2 + t * depth
        half, thick = unit * (0.008 + 0.075 * t) * float(rng.uniform(0.5, 1.4)), unit * (0.0008 + (0.0075 if storm else 0.0042) * t)
        tone = mix(water_light, water_dark, float(rng.random()) ** 0.7 * 0.7 + 0.3)
        _ripple(sheet, x, y, half, thick, tone)
    if not stage.scene.weather & {"storm", "rain"}:
        for _ in range(230):
            t = float(rng.random()) ** 1.35
            y = top + 1 + t * depth
            x = stage.sun[0] + float(rng.normal(0, 1)) * unit * (0.022 + 0.10 * t)
            half, thick = unit * (0.006 + 0.05 * t) * float(rng.uniform(0.4, 1.2)), unit * (0.001 + 0.0045 * t)
            _ripple(sheet, x, y, half, thick, np.clip(mix(palette.sun, palette.horizon, 0.25 * t), 0, 1))
    layer.over(sheet)
    path = np.exp(
        -(((frame.columns - np.float32(stage.sun[0])) / (np.float32(unit * 0.09) + (frame.rows - np.float32(top)) * 0.35)) ** 2)
    )
    path = path * smoothstep(top - 1, top + 2, frame.rows) * np.float32(0.10 if stage.overcast else 0.26)
    rows = slice(max(int(top) - 1, 0), frame.height)
    layer.light(path[rows], palette.sun, rows)


def _ripple(sheet: Sheet, x: float, y: float, half: float, thick: float, colour: Array) -> None:
    sheet.polygon(
        (
            (x - half, y),
            (x - half * 0.4, y - thick),
            (x + half * 0.3, y - thick * 0.8),
            (x + half, y),
            (x + half * 0.2, y + thick),
            (x - half * 0.5, y + thick * 0.9),
        ),
        colour,
    )


def paint_foam(stage: Stage) -> None:
    """Surf along the shore, drawn on the far layer's water just before the ground covers it."""
    ground, frame = stage.layers["ground"], stage.frame
    covered = ground.rgba[..., 3] > 0.5
    top = np.where(covered.any(0), covered.argmax(0), frame.height).astype(np.float32)
    rng = stage.rng("foam")
    sheet = Sheet(frame.width, frame.height)
    step = max(int(stage.unit / 60), 3)
    white = stage.lit(rgb("#ffffff"), 0.05)
    for x in range(-step, frame.width + step, step):
        line = float(top[int(np.clip(x, 0, frame.width - 1))])
        for lift in (0.0, 0.022):
            if rng.random() < (0.95 if lift == 0 else 0.55):
                sheet.ellipse(
                    x,
                    line - stage.unit * (lift + 0.004 * float(rng.random())),
                    step * 1.3,
                    stage.unit * float(rng.uniform(0.003, 0.008)),
                    white,
                )
    stage.layers["far"].over(sheet)
