"""A room as a stage: floor, walls and ceiling in perspective, true windows onto the scene's sky, and its light.

The view outside lies on `far`, the walls with their windows cut out on `mid`, the floor with the furniture on `ground`.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from services.model_service.engines.keyframe import land
from services.model_service.engines.keyframe.brush import Lights, lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.perspective import View, block, floor_plan
from services.model_service.engines.keyframe.sky import paint_sky
from services.model_service.engines.keyframe.skyline import paint_skyline
from services.model_service.engines.keyframe.stage import Stage

LAMP = "#ffc67a"


@dataclass(frozen=True, slots=True)
class Finish:
    """What a room is lined with: colours, the floor's pattern, how high it is (0 chooses by the picture), how lamps shine."""

    wall: str
    floor: str
    ceiling: str
    pattern: str = "planks"
    depth: float = 6.5
    half: float = 4.3
    high: float = 0.0
    lamp: str = LAMP
    gloom: float = 0.0
    wainscot: str = ""
    lens: float = 1.06


@dataclass(slots=True)
class Room:
    """A room being furnished. Metres: x right of the middle, y up, z away; `back` is drawn on the walls, `floor` before them."""

    stage: Stage
    finish: Finish
    view: View
    depth: float
    half: float
    high: float
    light: Array
    back: Sheet
    floor: Sheet
    lamps: Lights
    rng: np.random.Generator
    windows: list[Array] = field(default_factory=list)

    @property
    def night(self) -> bool:
        """Whether lamps make the light."""
        return self.stage.dark or self.stage.scene.time in {"dusk"} or bool(self.finish.gloom)

    def tint(self, code: str, tone: float = 1.0) -> Array:
        """A material's colour in this room's light."""
        return np.clip(self.stage.palette.toned(rgb(code) * self.light * np.float32(tone)), 0, 1)

    def box(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        z: tuple[float, float],
        code: str,
        tone: float = 1.0,
        *,
        wall: bool = False,
    ) -> None:
        """A box of furniture; `wall` puts it behind everything that stands on the floor."""
        block(self.back if wall else self.floor, self.view, x, y, z, self.tint(code, tone), side=self.stage.side)

    def shadow(self, x: tuple[float, float], z: tuple[float, float], reach: float = 0.18) -> None:
        """The soft dark on the floor under a thing."""
        dark = self.tint(self.finish.floor, 0.66)
        (x0, x1), (z0, z1) = x, z
        self.floor.polygon(
            self.view.points(
                [(x0 - reach, 0, z0 - reach), (x1 + reach, 0, z0 - reach), (x1 + reach * 0.7, 0, z1), (x0 - reach * 0.7, 0, z1)]
            ),
            dark,
        )

    def on_wall(self, x0: float, y0: float, x1: float, y1: float, code: str, tone: float = 1.0) -> None:
        """A flat thing on the back wall."""
        a, b = self.view.at(x0, y1, self.depth), self.view.at(x1, y0, self.depth)
        self.back.box(*a, *b, self.tint(code, tone))

    def on_side(self, way: int, y0: float, y1: float, z0: float, z1: float, colour: Array) -> None:
        """A flat thing on a side wall, `way` -1 left or 1 right."""
        x = way * self.half
        self.back.polygon(self.view.points([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)]), colour)

    def lamp(self, x: float, y: float, z: float, radius: float, strength: float = 0.6, code: str = "") -> None:
        """A light in the air and its pool on what lies around; by day it is all but off."""
        scale = self.view.scale(z)
        glow = strength if self.night else strength * 0.12
        self.lamps.add(*self.view.at(x, y, z), radius * scale, rgb(code or self.finish.lamp), glow)

    def glass(self) -> Array:
        """What a painted (not cut) window shows: the sky near the horizon."""
        palette = self.stage.palette
        return np.clip(mix(palette.horizon, palette.middle, 0.35), 0, 1)

    def window(
        self,
        x: float,
        y0: float,
        y1: float,
        half: float,
        *,
        bars: tuple[int, int] = (2, 2),
        frame: str = "#efe6d6",
        arch: bool = False,
        curtain: str = "",
    ) -> None:
        """A window cut into the back wall, with its frame, sill and curtains."""
        left, top = self.view.at(x - half, y1, self.depth)
        right, bottom = self.view.at(x + half, y0, self.depth)
        w, h = right - left, bottom - top
        bar = max(self.stage.unit * 0.008, 1.2)
        wood = self.tint(frame, 1.05)
        outline = _arched(left - bar * 1.8, top - bar * 1.8, right + bar * 1.8, bottom + bar * 1.8, arch)
        self.back.polygon(outline, wood * np.float32(0.92))
        hole = _arched(left, top, right, bottom, arch)
        cv2.fillPoly(self.back.pixels, [np.rint(hole * 16).astype(np.int32)], (0, 0, 0, 0), cv2.LINE_AA, 4)
        for k in range(1, bars[0]):
            cx = left + w * k / bars[0]
            self.back.box(cx - bar * 0.45, top + (h * 0.06 if arch else 0), cx + bar * 0.45, bottom, wood)
        for k in range(1, bars[1]):
            cy = top + h * k / bars[1]
            self.back.box(left, cy - bar * 0.45, right, cy + bar * 0.45, wood)
        self.back.box(left - bar * 3.5, bottom, right + bar * 3.5, bottom + bar * 2.0, wood * np.float32(1.08))
        self.back.box(left - bar * 3.2, bottom + bar * 2.0, right + bar * 3.2, bottom + bar * 3.0, self.tint(self.finish.wall, 0.6))
        if curtain:
            _curtains(self, left, top, right, bottom, curtain)
        self.windows.append(hole)


def _arched(left: float, top: float, right: float, bottom: float, arch: bool) -> Array:
    if not arch:
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    turn = np.linspace(np.pi, 2 * np.pi, 18)
    rx = (right - left) / 2
    crown = np.stack([left + rx + np.cos(turn) * rx, top + rx * 1.1 + np.sin(turn) * rx * 1.1], 1)
    return np.concatenate([[(left, bottom)], crown, [(right, bottom)]]).astype(np.float32)


def _curtains(room: Room, left: float, top: float, right: float, bottom: float, code: str) -> None:
    w, drop = right - left, (bottom - top) * 0.22
    cloth = room.tint(code)
    for way, edge in ((-1, left), (1, right)):
        outer, inner = edge + way * w * 0.16, edge - way * w * 0.16
        for k in range(6):
            a, b = outer + (inner - outer) * k / 6, outer + (inner - outer) * (k + 1) / 6
            pinch = way * w * 0.05 * k / 6
            tone = np.float32(1.08 if k % 2 == 0 else 0.80)
            room.back.polygon(
                [(a, top - drop * 0.4), (b, top - drop * 0.4), (b + pinch, bottom + drop), (a + pinch, bottom + drop)], cloth * tone
            )
    room.back.box(left - w * 0.22, top - drop * 0.52, right + w * 0.22, top - drop * 0.36, room.tint("#6b4a30"))


def opened(stage: Stage, finish: Finish) -> Room:
    """The empty room: walls, ceiling, floor and the view outside."""
    paint_sky(stage)
    if stage.scene.has("city") or finish.pattern in {"carpet"}:
        paint_skyline(stage, near=False)
    else:
        land.ranges(stage, count=2, height=0.14, roughness=0.44)
    frame = stage.frame
    view = View.of(stage, lens=finish.lens, aside=0.04 * -stage.side, grown=1.45)
    depth = finish.depth
    scale = view.scale(depth)
    half = min(finish.half * 1.6, max(frame.width * 0.5 * 0.80 / scale, 1.5))
    high = max(finish.high, view.eye + (stage.horizon - frame.height * 0.15) / scale)
    if finish.half < 2.5:  # carriages and corridors stay low, also in a tall picture
        high = min(high, finish.high * 1.25)
    light = _indoor_light(stage, finish)
    back, floor = (Sheet(frame.width, frame.height) for _ in range(2))
    room = Room(stage, finish, view, depth, half, high, light, back, floor, Lights(frame), stage.rng("room"))
    wall, ceiling = room.tint(finish.wall), room.tint(finish.ceiling)
    far = 9.0
    back.box(-far, -far, frame.width + far, frame.height + far, wall)
    near = 0.3
    for way in (-1, 1):
        tone = np.float32(0.72 if way == stage.side else 0.92)  # the window's own side lies in shadow
        x = way * half
        corners = [(x, -0.5, depth), (x, high, depth), (x, high, near), (x, -0.5, near)]
        points = view.points(corners)
        points[2:, 0] = -far * 40 if way < 0 else frame.width + far * 40
        slope = points[2:, 0] - points[:2, 0][::-1]
        for k, (anchor, end) in enumerate(((1, 2), (0, 3))):
            full = view.points([corners[anchor], corners[end]])
            run = full[1] - full[0]
            points[end, 1] = points[anchor, 1] + run[1] / (run[0] if abs(run[0]) > 1 else 1) * slope[k]
        back.polygon(points, wall * tone)
    top = view.at(0, high, depth)[1]
    left, right = view.at(-half, high, depth)[0], view.at(half, high, depth)[0]
    rise = (view.horizon - top) / max(half * scale, 1)
    back.polygon(
        [
            (left, top),
            (right, top),
            (frame.width + far, top - (frame.width + far - right) * rise),
            (frame.width + far, -far),
            (-far, -far),
            (-far, top - (left + far) * rise),
        ],
        ceiling,
    )
    if finish.wainscot:
        room.on_wall(-half, 0, half, 0.95, finish.wainscot)
        for way in (-1, 1):
            room.on_side(way, 0, 0.95, 0.6, depth, room.tint(finish.wainscot, 0.75 if way == stage.side else 0.92))
        room.on_wall(-half, 0.95, half, 1.02, finish.wainscot, 1.2)
    room.on_wall(-half, 0, half, 0.14, finish.wainscot or finish.wall, 0.74)
    room.on_wall(-half, high - 0.10, half, high, finish.ceiling, 0.86)
    _floor(room)
    return room


def _indoor_light(stage: Stage, finish: Finish) -> Array:
    if stage.dark or stage.scene.time == "dusk" or finish.gloom:
        warm = mix(np.array([0.55, 0.50, 0.52], np.float32), rgb(finish.lamp), 0.42) * np.float32(0.82 - 0.30 * finish.gloom)
        return np.asarray(mix(warm, stage.palette.light, 0.18), np.float32)
    return np.asarray(np.clip(mix(stage.palette.light, np.ones(3, np.float32), 0.25), 0.5, 1.0) * np.float32(0.94), np.float32)


def _floor(room: Room) -> None:
    """The floor's own pattern on the ground layer, mirroring windows a little where it is polished."""
    stage, view = room.stage, room.view
    frame, layer = stage.frame, stage.layers["ground"]
    tile = _tile(room.finish.pattern, room.rng)
    line = view.at(0, 0, room.depth)[1]
    tone = floor_plan(stage, view, tile, 2.0, line)
    first = int(np.clip(line, 0, frame.height - 1))
    rows = frame.rows[first:]
    cover = np.clip(rows - np.float32(line) + 0.5, 0, 1)
    t = np.clip((rows - np.float32(line)) / np.float32(max(frame.height - line, 1)), 0, 1)
    base = room.tint(room.finish.floor)
    shade = tone[first:] * (0.80 + 0.30 * t)
    for channel in range(3):
        layer.rgba[first:, :, channel] = shade * base[channel] * cover
    layer.rgba[first:, :, 3] = cover
    # Side walls stand on the floor: hide what lies beyond them.
    walls = Sheet(frame.width, frame.height)
    for way in (-1, 1):
        x = way * room.half
        corners = view.points([(x, 0, room.depth), (x, 0, 0.5)])
        edge = corners[1] + (corners[1] - corners[0]) * 4
        outer = -900.0 if way < 0 else frame.width + 900.0
        wall = room.tint(room.finish.wainscot or room.finish.wall, 0.66 if way == stage.side else 0.86)
        walls.polygon([tuple(corners[0]), tuple(edge), (outer, edge[1]), (outer, corners[0][1])], wall)
    lay(layer, walls)


def _tile(pattern: str, rng: np.random.Generator) -> Array:
    """A square of floor, 256 × 256 for two metres, as factors around 1."""
    size = 256
    tile: Array = np.ones((size, size), np.float32)
    grain = clouds(rng, size, size, cells=5, octaves=5, stretch=0.35) - np.float32(0.5)
    if pattern == "planks":
        boards = 8
        for k in range(boards):
            part = slice(k * size // boards, (k + 1) * size // boards)
            tile[:, part] *= np.float32(rng.uniform(0.84, 1.10))
            tile[:, part.start] *= np.float32(0.55)
            cut = int(rng.integers(size))
            tile[cut : cut + 2, part] *= np.float32(0.6)
        tile += grain * np.float32(0.22)
    elif pattern == "tiles":
        half = size // 4
        for a in range(4):
            for b in range(4):
                tile[a * half : (a + 1) * half, b * half : (b + 1) * half] *= np.float32(1.04 if (a + b) % 2 else 0.88)
        tile[::half] *= np.float32(0.8)
        tile[:, ::half] *= np.float32(0.8)
    elif pattern == "stone":
        half = size // 3
        for a in range(3):
            for b in range(3):
                tile[a * half : (a + 1) * half, b * half : (b + 1) * half] *= np.float32(rng.uniform(0.82, 1.1))
            tile[a * half : a * half + 4] *= np.float32(0.62)
            tile[:, a * half : a * half + 4] *= np.float32(0.62)
        tile += grain * np.float32(0.3)
    elif pattern == "metal":
        tile[:: size // 2] *= np.float32(0.5)
        tile[:, :: size // 2] *= np.float32(0.5)
        tile += grain * np.float32(0.08)
    else:  # carpet
        tile += rng.normal(0, 0.03, (size, size)).astype(np.float32)
    return cv2.GaussianBlur(tile, (3, 3), 0)


def closed(room: Room) -> None:
    """Lay walls and furniture, let the light in, and hand the cast the room's own light."""
    stage = room.stage
    lay(stage.layers["mid"], room.back, _corners(room))
    _daylight(room)
    lay(stage.layers["ground"], room.floor)
    room.lamps.shine(stage.layers["ground"])
    room.lamps.glow_on(stage.layers["mid"])
    bright = stage.palette.sun if not room.night else rgb(room.finish.lamp)
    stage.palette = replace(
        stage.palette,
        light=np.clip(room.light * np.float32(1.06), 0, 1),
        sun=np.clip(bright, 0, 1),
        zenith=room.tint(room.finish.wall, 0.4),
        middle=room.tint(room.finish.wall, 0.8),
        horizon=room.tint(room.finish.wall, 0.9),
        dark=False,
        low_sun=room.night,
    )


def _corners(room: Room) -> Array:
    """Shade in the room's corners and towards the ceiling, light around the windows; H × W factors."""
    frame, view = room.stage.frame, room.view
    x, y = view.at(0, room.high * 0.5, room.depth)
    wide = frame.glow(x, y, room.half * view.scale(room.depth) * 1.15, power=2.4, stretch=1.2)
    tone = np.float32(0.74) + np.float32(0.30) * wide
    rows, columns = frame.rows, frame.columns
    for edge in (view.at(-room.half, 0, room.depth)[0], view.at(room.half, 0, room.depth)[0]):
        tone = tone * (1 - np.float32(0.16) * np.exp(-np.abs(columns - np.float32(edge)) / np.float32(room.stage.unit * 0.05)))
    top = np.float32(view.at(0, room.high, room.depth)[1])
    return np.asarray(tone * (1 - np.float32(0.18) * np.exp(-np.abs(rows - top) / np.float32(room.stage.unit * 0.05))), np.float32)


def _daylight(room: Room) -> None:
    """Glare around the windows, and the light that falls through them on the floor, slanting away from the sun's side."""
    stage = room.stage
    frame, unit = stage.frame, stage.unit
    if not room.windows:
        return
    moon = stage.dark
    strength = 0.10 if moon else 0.16 if stage.overcast else 0.34
    patch = np.zeros((frame.height // 2, frame.width // 2), np.uint8)
    beam = np.zeros_like(patch)
    floor = room.view.at(0, 0, room.depth)[1]
    shift = -stage.side * unit * 0.26
    for hole in room.windows[:4]:
        left, right, top = float(hole[:, 0].min()), float(hole[:, 0].max()), float(hole[:, 1].min())
        grow = 0.55 * (right - left)
        near = floor + (frame.height - floor) * 0.58
        pool = np.array(
            [
                (left + shift * 0.35, floor + unit * 0.02),
                (right + shift * 0.35, floor + unit * 0.02),
                (right + shift * 1.3 + grow * 0.5, near),
                (left + shift * 1.3 - grow * 0.5, near),
            ]
        )
        cv2.fillPoly(patch, [np.rint(pool * 8).astype(np.int32)], 255, cv2.LINE_AA, 4)
        shaft = np.array(
            [(left, top), (right, top), (right + shift * 1.3 + grow * 0.5, near), (left + shift * 1.3 - grow * 0.5, near)]
        )
        cv2.fillPoly(beam, [np.rint(shaft * 8).astype(np.int32)], 255, cv2.LINE_AA, 4)
    sun = stage.palette.sun
    size = (frame.width, frame.height)
    soft = cv2.resize(cv2.GaussianBlur(patch, (0, 0), max(unit / 160, 0.5)), size).astype(np.float32) / 255
    stage.layers["ground"].light(soft * np.float32(strength), sun)
    if not stage.overcast:
        haze = cv2.resize(cv2.GaussianBlur(beam, (0, 0), max(unit / 60, 0.5)), size).astype(np.float32) / 255
        fade = smoothstep(frame.height * 0.95, frame.height * 0.2, frame.rows)
        stage.layers["ground"].shine(haze * fade * np.float32(strength * 0.42), sun)
