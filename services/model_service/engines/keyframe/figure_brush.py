"""The brush of figures: a pen that faces either way and shades what it draws in two tones, away from the light."""

import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, smooth_curve
from services.model_service.engines.keyframe.sprites import Pen

_CORE = np.array([0.80, 0.77, 0.83], np.float32)


def shaded(colour: Array) -> Array:
    """The colour in its own shadow: darker and a little cooler."""
    return np.asarray(colour * _CORE)


def along(a: Point, b: Point, t: float) -> Point:
    """The point at share `t` of the way from `a` to `b`."""
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def offset(p: Point, dx: float, dy: float) -> Point:
    return p[0] + dx, p[1] + dy


class Brush(Pen):
    """Draws in a figure's units, x to its front. `facing` -1 mirrors it; `light` is 1 where the light stands before it, else -1.

    `wind` blows hair and cloth, to its front where it is positive; 1 is a storm.
    """

    def __init__(self, scale: float, *, left: float, right: float, top: float, bottom: float, facing: int, side: int) -> None:
        super().__init__(scale, left=left, right=right, top=top, bottom=bottom)
        self.facing = facing
        self.light = side * facing
        self.wind = 0.0

    def at(self, p: Point) -> Point:
        return super().at((p[0] * self.facing, p[1]))

    def trim(self) -> None:
        """Give up the sheet's empty margins, but for what a soft edge needs."""
        alpha = self.sheet.pixels[..., 3]
        rows, columns = np.flatnonzero(alpha.max(1)), np.flatnonzero(alpha.max(0))
        if not rows.size:
            return
        pad = 2 * (int(self.scale * 0.06) + 2)
        top, low = max(int(rows[0]) - pad, 0) // 2 * 2, int(rows[-1]) + 1 + pad
        left, right = max(int(columns[0]) - pad, 0) // 2 * 2, int(columns[-1]) + 1 + pad
        self.sheet.pixels = np.ascontiguousarray(self.sheet.pixels[top:low, left:right])
        self.anchor = (self.anchor[0] - left / 2, self.anchor[1] - top / 2)

    def placed(self, points: Iterable[Point]) -> Array:
        """The points on the sheet, N × 2."""
        return np.array([self.at(p) for p in points], np.float32)

    def tube(self, points: Sequence[Point], widths: Sequence[float], colour: Array, *, tone: float = 1.0) -> None:
        """A limb in two tones: its half-widths at the joints, the shadow along the side that the light does not reach."""
        self.limb(points, widths, colour)
        dark = shaded(colour)
        for a, b, ra, rb in zip(points, points[1:], widths, widths[1:], strict=False):
            nx, ny = a[1] - b[1], b[0] - a[0]
            length = math.hypot(nx, ny)
            if length < 1e-5:
                continue
            way = -1.0 if nx * self.light + ny * 0.6 > 0 else 1.0
            nx, ny = way * nx / length, way * ny / length
            deep = 0.42 * tone
            self.limb(
                (offset(a, nx * ra * deep, ny * ra * deep), offset(b, nx * rb * deep, ny * rb * deep)),
                (ra * (1 - deep), rb * (1 - deep)),
                dark,
            )

    def panel(self, left: Sequence[Point], right: Sequence[Point], colour: Array, *, share: float = 0.36) -> None:
        """A smooth form between two edges listed from top to bottom; the edge away from the light is in shadow."""
        self.shape([*left, *reversed(right)], colour)
        lit, dark = (right, left) if self.light > 0 else (left, right)
        inner = [along(b, a, share) for a, b in zip(lit, dark, strict=True)]
        self.shape([*dark, *reversed(inner)], shaded(colour))

    def drape(self, points: Sequence[tuple[Point, float]], colour: Array, *, fall: float = 0.05) -> None:
        """Cloth stretched around discs (centre, radius): their convex hull, in shadow where the light does not reach."""
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32)
        cloud = np.vstack([self.placed([centre]) + ring * np.float32(radius * self._k) for centre, radius in points])
        hull = cv2.convexHull(cloud.astype(np.float32))[:, 0]
        self.sheet.polygon(hull, colour)
        shift = np.array([-self.light * self.facing * fall * self._k, fall * 0.35 * self._k], np.float32)
        area, common = cv2.intersectConvexConvex(hull, hull + shift)
        if area > 1 and common is not None:
            self.sheet.polygon(common[:, 0], shaded(colour))

    def ribbon(self, points: Sequence[Point], width: float, colour: Array) -> None:
        """A smooth line of the width."""
        curve = smooth_curve(self.placed(points).tolist(), closed=False)
        self.sheet.line([(float(x), float(y)) for x, y in curve], colour, max(width * self._k, 1.0))

    def stroke(self, points: Sequence[Point], width: float, colour: Array) -> None:
        """A smooth line that swells in its middle: `width` there, pointed at its ends."""
        curve = smooth_curve(self.placed(points).tolist(), closed=False)
        way = np.gradient(curve, axis=0)
        normal = np.stack([-way[:, 1], way[:, 0]], 1) / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
        swell = np.sin(np.linspace(0.12, np.pi - 0.12, len(curve)))[:, None] * (width * self._k / 2)
        self.sheet.polygon(np.vstack([curve + normal * swell, (curve - normal * swell)[::-1]]).astype(np.float32), colour)
