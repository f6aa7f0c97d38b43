"""Sprites: figures drawn at twice their size in their own units, then lit by the scene and set on its ground."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Layer, Point, Sheet, mix, smooth_curve
from services.model_service.engines.keyframe.icons import raster
from services.model_service.engines.keyframe.stage import Stage

_SUPERSAMPLE = 2


@dataclass(frozen=True, slots=True)
class Fire:
    """A light beside a sprite: on its left (-1) or right (1), its colour, and how strongly it shines on what is near."""

    side: int
    colour: Array
    strength: float


_FINE = 200
_NIGHT_RIM = np.array([0.56, 0.68, 0.88], np.float32)


class Pen:
    """Draws in a figure's own units: x to its front, y up from the ground, 1 unit = `scale` pixels of the picture."""

    def __init__(self, scale: float, *, left: float, right: float, top: float, bottom: float = 0.12) -> None:
        self.scale = scale
        self._k = scale * _SUPERSAMPLE
        self._left, self._top = left, top
        self.sheet = Sheet(max(int((left + right) * self._k), 4), max(int((top + bottom) * self._k), 4))
        self.anchor = (left * scale, top * scale)

    def at(self, p: Point) -> Point:
        return (p[0] + self._left) * self._k, (self._top - p[1]) * self._k

    def polygon(self, points: Sequence[Point], colour: Array) -> None:
        self.sheet.polygon([self.at(p) for p in points], colour)

    def shape(self, points: Sequence[Point], colour: Array) -> None:
        """A closed smooth outline through the points."""
        self.sheet.polygon(smooth_curve([self.at(p) for p in points]), colour)

    def limb(self, points: Sequence[Point], widths: Sequence[float], colour: Array) -> None:
        """Joints with their half-widths, joined by tapering bars."""
        for a, b, ra, rb in zip(points, points[1:], widths, widths[1:], strict=False):
            self.sheet.taper(self.at(a), self.at(b), ra * self._k, rb * self._k, colour)

    def oval(self, centre: Point, rx: float, ry: float, colour: Array) -> None:
        self.sheet.ellipse(*self.at(centre), rx * self._k, ry * self._k, colour)

    def disc(self, centre: Point, radius: float, colour: Array) -> None:
        self.oval(centre, radius, radius, colour)

    def line(self, points: Sequence[Point], width: float, colour: Array) -> None:
        self.sheet.line([self.at(p) for p in points], colour, max(width * self._k, 1))

    def icon(
        self,
        name: str,
        at: Point,
        height: float,
        light: Array,
        *,
        grip: Point = (0.5, 0.0),
        angle: float = 0.0,
        mirrored: bool = False,
        colour: str = "",
        squash: float = 1.0,
    ) -> None:
        """An icon (`icons.raster`) under `light`, `height` units tall, its `grip` at the point `at`.

        `squash` shortens what is turned by `angle`, as if it lay on the ground.
        """
        finer = 1 if height * self._k < _FINE else _SUPERSAMPLE
        pixels, (gx, gy) = raster(name, height * self._k / finer, grip=grip, angle=angle, mirrored=mirrored, colour=colour)
        if finer > 1 or squash != 1:  # smooth already at the picture's own scale, and four times as fast
            pixels = np.asarray(cv2.resize(pixels, None, fx=finer, fy=finer * squash, interpolation=cv2.INTER_LINEAR))
            gx, gy = gx * finer, round(gy * finer * squash)
        x, y = self.at(at)
        left, top = round(x) - gx, round(y) - gy
        sheet = self.sheet.pixels
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + pixels.shape[1], sheet.shape[1]), min(top + pixels.shape[0], sheet.shape[0])
        if x1 <= x0 or y1 <= y0:
            return
        paint = pixels[y0 - top : y1 - top, x0 - left : x1 - left]
        region = sheet[y0:y1, x0:x1]
        kept = 255 - paint[..., 3]
        for channel in range(4):
            own = paint[..., channel]
            if channel < 3:
                own = np.minimum(cv2.convertScaleAbs(own, alpha=float(light[channel])), paint[..., 3])
            below = np.ascontiguousarray(region[..., channel])
            region[..., channel] = cv2.add(cv2.multiply(below, kept, scale=1 / 255), own)

    def stand_on_ink(self) -> None:
        """Move the origin's row to the lowest one that is drawn on."""
        rows = np.flatnonzero(self.sheet.pixels[..., 3].max(1) > 128)
        if rows.size:
            self.anchor = (self.anchor[0], float(rows[-1] + 1) / _SUPERSAMPLE)

    def tilt(self, angle: float) -> None:
        """Turn what is drawn around the sheet's middle, its front up by `angle` degrees."""
        height, width = self.sheet.pixels.shape[:2]
        side = int(np.hypot(width, height)) + 2
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        turn[:, 2] += ((side - width) / 2, (side - height) / 2)
        self.sheet.pixels = cv2.warpAffine(self.sheet.pixels, turn, (side, side), flags=cv2.INTER_LINEAR)
        x, y = turn @ (self.anchor[0] * _SUPERSAMPLE, self.anchor[1] * _SUPERSAMPLE, 1.0)
        self.anchor = (float(x) / _SUPERSAMPLE, float(y) / _SUPERSAMPLE)

    def submerge(self, share: float) -> None:
        """Cut off the lower `share` of what is drawn and put the origin's row there: the rest shows above water."""
        rows = np.flatnonzero(self.sheet.pixels[..., 3].max(1) > 128)
        if rows.size:
            line = int(rows[-1] + 1 - share * (rows[-1] + 1 - rows[0]))
            self.sheet.pixels[line:] = 0
            self.anchor = (self.anchor[0], line / _SUPERSAMPLE)

    def sprite(self) -> tuple[Array, Point]:
        """What is drawn, premultiplied float32 RGBA at the picture's scale, and where the origin lies in it."""
        alpha = self.sheet.pixels[..., 3]
        rows, columns = np.flatnonzero(alpha.max(1)), np.flatnonzero(alpha.max(0))
        if not rows.size:
            return np.zeros((1, 1, 4), np.float32), (0.0, 0.0)
        # Whole pixels of the picture with one to spare, so that cutting changes none of them.
        left, top = (max(int(used[0]) // _SUPERSAMPLE - 1, 0) for used in (columns, rows))
        right, bottom = (int(used[-1]) // _SUPERSAMPLE + 2 for used in (columns, rows))
        region = self.sheet.pixels[top * _SUPERSAMPLE : bottom * _SUPERSAMPLE, left * _SUPERSAMPLE : right * _SUPERSAMPLE]
        height, width = region.shape[:2]
        small = cv2.resize(region, (max(width // _SUPERSAMPLE, 1), max(height // _SUPERSAMPLE, 1)), interpolation=cv2.INTER_AREA)
        return small.astype(np.float32) / 255, (self.anchor[0] - left, self.anchor[1] - top)


def place(
    stage: Stage,
    layer: Layer,
    pen: Pen,
    x: float,
    y: float,
    *,
    facing: int = 1,
    grounded: bool = True,
    rim: float = 1.0,
    depth: float = 0.0,
    lying: bool = False,
    fire: Fire | None = None,
) -> None:
    """Set what the pen drew with its origin at (x, y): contact shadow, haze by `depth`, a shaded flank and a lit edge; light of
    a `fire` beside it.
    """
    sprite, (ax, ay) = pen.sprite()
    if facing < 0:
        sprite = np.ascontiguousarray(sprite[:, ::-1])
        ax = sprite.shape[1] - ax
    _light(stage, sprite, pen.scale, rim, depth)
    if fire is not None:
        _warm(sprite, pen.scale, fire)
    if lying:
        _flat_shadow(stage, layer, sprite, x - ax, y - ay, pen.scale)
    elif grounded:
        _contact_shadow(stage, layer, sprite, x, y, pen.scale)
    _paste(layer, sprite, x - ax, y - ay)


def _light(stage: Stage, sprite: Array, scale: float, rim: float, depth: float) -> None:
    """Cel shading from the outline: away from the light darker, towards it a bright edge."""
    alpha = sprite[..., 3]
    reach = scale * 0.034
    lit_side = np.clip(alpha - _shifted(alpha, -stage.side * reach, reach * 0.55), 0, 1)
    dark_side = np.clip(alpha - _shifted(alpha, stage.side * reach, -reach * 0.4), 0, 1)
    edge = np.clip(alpha - _shifted(alpha, -stage.side * max(reach * 0.34, 0.9), max(reach * 0.22, 0.6)), 0, 1)
    tone = 1 - np.float32(0.26) * dark_side + np.float32(0.10) * lit_side
    strength = (
        rim * (0.75 if stage.palette.low_sun or stage.dark else 0.34) * (1.0 if not stage.overcast else 0.8 if stage.dark else 0.5)
    )
    rim_light = stage.palette.rim
    if stage.dark and stage.overcast:  # never so dim that a figure is lost before the night
        rim_light = np.maximum(rim_light, mix(rim_light, _NIGHT_RIM, 0.6))
    glow = edge * np.float32(strength)
    for channel in range(3):
        plate = sprite[..., channel]
        plate *= tone * (1 - glow)
        plate += glow * alpha * rim_light[channel]
        if depth:
            plate *= np.float32(1 - depth)
            plate += alpha * (stage.palette.haze[channel] * np.float32(depth))
        np.minimum(plate, alpha, out=plate)


def _warm(sprite: Array, scale: float, fire: Fire) -> None:
    """The fire's light on the half that is turned to it, and along that edge."""
    alpha = sprite[..., 3]
    across = np.linspace(0, 1, sprite.shape[1], dtype=np.float32)[None]
    facing = (across if fire.side > 0 else 1 - across) ** np.float32(1.2)
    edge = np.clip(alpha - _shifted(alpha, -fire.side * max(scale * 0.022, 1.2), 0.0), 0, 1) * np.float32(0.55 * fire.strength)
    for channel in range(3):
        plate, hue = sprite[..., channel], np.float32(fire.colour[channel])
        plate *= 1 + facing * np.float32(0.60 * fire.strength) * hue
        plate += alpha * facing * hue * np.float32(0.08 * fire.strength) + edge * hue
        np.minimum(plate, alpha, out=plate)


def _shifted(alpha: Array, dx: float, dy: float) -> Array:
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return np.asarray(cv2.warpAffine(alpha, matrix, (alpha.shape[1], alpha.shape[0]), flags=cv2.INTER_LINEAR))


def _contact_shadow(stage: Stage, layer: Layer, sprite: Array, x: float, y: float, scale: float) -> None:
    """A soft dark pool under the feet and a longer shadow away from a low light."""
    frame = layer.frame
    foot = sprite[-max(sprite.shape[0] // 5, 1) :, :, 3].max(0)
    used = np.flatnonzero(foot > 0.3)
    half = max(float(used[-1] - used[0]) / 2 if used.size else scale * 0.1, scale * 0.07)
    low = stage.palette.low_sun or stage.dark
    stretch, shift = (half * 2.6, -stage.side * half * 1.5) if low else (half * 1.35, -stage.side * half * 0.3)
    for rx, ry, cx, strength in ((half * 1.15, max(half * 0.22, 1.2), x, 0.42), (stretch, max(half * 0.20, 1.2), x + shift, 0.26)):
        top, bottom = max(int(y - ry * 3), 0), min(int(y + ry * 3) + 1, frame.height)
        left, right = max(int(cx - rx * 3), 0), min(int(cx + rx * 3) + 1, frame.width)
        if bottom <= top or right <= left:
            continue
        dx = (frame.columns[:, left:right] - np.float32(cx)) / np.float32(rx)
        dy = (frame.rows[top:bottom] - np.float32(y)) / np.float32(ry)
        pool = np.exp(-(dx**2 + dy**2)) * np.float32(strength)
        tint = stage.palette.zenith * np.float32(0.25)
        layer.fill(pool, tint, slice(top, bottom), slice(left, right))


def _flat_shadow(stage: Stage, layer: Layer, sprite: Array, x: float, y: float, scale: float) -> None:
    """The shadow of a thing that lies: its own outline, soft, a little below it and away from the light."""
    pad = round(scale * 0.08) + 2
    outline = cv2.copyMakeBorder(np.ascontiguousarray(sprite[..., 3]), pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0.0)
    soft = cv2.GaussianBlur(outline, (0, 0), max(scale * 0.025, 0.8)) * np.float32(0.55)
    shadow = np.zeros((*soft.shape, 4), np.float32)
    tint = stage.palette.zenith * np.float32(0.25)
    for channel in range(3):
        shadow[..., channel] = soft * tint[channel]
    shadow[..., 3] = soft
    _paste(layer, shadow, x - pad - stage.side * scale * 0.03, y - pad + scale * 0.035)


def _paste(layer: Layer, sprite: Array, x: float, y: float) -> None:
    """Blend a sprite with its corner at (x, y), cut at the frame."""
    x0, y0 = round(x), round(y)
    height, width = sprite.shape[:2]
    left, top = max(x0, 0), max(y0, 0)
    right, bottom = min(x0 + width, layer.frame.width), min(y0 + height, layer.frame.height)
    if right > left and bottom > top:
        layer.blend(sprite[top - y0 : bottom - y0, left - x0 : right - x0], slice(top, bottom), slice(left, right))
