"""What scenes are painted on: layers of premultiplied colour, sheets of flat vector shapes, and the frame's measures.

Colours are RGB, float32 from 0 to 1 (light may exceed 1 until it is graded). Positions are pixels, y downwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A float32 (or, on sheets, uint8) array; its shape is said where it matters."""
Point: TypeAlias = tuple[float, float]

_SUBPIXEL_BITS = 4


def rgb(code: str) -> Array:
    """The colour of a code such as `#2f7fd6`."""
    digits = code.removeprefix("#")
    return np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


def mix(a: Array, b: Array, t: Any) -> Array:
    """From `a` (t = 0) to `b` (t = 1)."""
    share = np.asarray(t, np.float32)
    return np.asarray(a + (b - a) * share)


def smoothstep(low: float, high: float, x: Array) -> Array:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater."""
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture's size. `unit` is the length that sizes of things are measured by, so that any aspect composes alike."""

    width: int
    height: int

    @property
    def unit(self) -> float:
        return float(min(self.height, 1.25 * self.width))

    @property
    def rows(self) -> Array:
        """Pixel rows as a column, H × 1."""
        return np.arange(self.height, dtype=np.float32)[:, None]

    @property
    def columns(self) -> Array:
        """Pixel columns as a row, 1 × W."""
        return np.arange(self.width, dtype=np.float32)[None, :]

    def distance(self, x: float, y: float, stretch: float = 1.0) -> Array:
        """Distance of every pixel from (x, y), H × W; vertical distances count `stretch` times."""
        return np.sqrt((self.columns - np.float32(x)) ** 2 + ((self.rows - np.float32(y)) * np.float32(stretch)) ** 2)


class Sheet:
    """Flat, antialiased vector shapes in painter's order: uint8 RGBA, premultiplied because every shape is opaque.

    Thousands of small shapes cost microseconds each; `Layer.over` then blends the sheet once.
    """

    def __init__(self, width: int, height: int) -> None:
        self.pixels: Array = np.zeros((height, width, 4), np.uint8)
        self._top, self._bottom = height, 0

    @property
    def span(self) -> slice:
        """The rows that were drawn on."""
        return slice(max(self._top, 0), max(min(self._bottom, self.pixels.shape[0]), 0))

    def polygon(self, points: Iterable[Point] | Array, colour: Array) -> None:
        corners = np.asarray(points if isinstance(points, np.ndarray) else list(points), np.float32)
        self._touch(float(corners[:, 1].min()), float(corners[:, 1].max()))
        fixed = np.round(corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], _paint(colour), cv2.LINE_AA, _SUBPIXEL_BITS)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Array, corners: int = 0) -> None:
        n = corners or int(np.clip(max(rx, ry) * 1.2, 8, 64))
        turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
        self.polygon(np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], 1), colour)

    def disc(self, x: float, y: float, radius: float, colour: Array) -> None:
        self.ellipse(x, y, radius, radius, colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Array) -> None:
        self.polygon(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), colour)

    def line(self, points: Sequence[Point], colour: Array, thickness: float = 1.0) -> None:
        """A polyline; thinner than one pixel it is drawn as a hairline."""
        self._touch(min(y for _, y in points) - thickness, max(y for _, y in points) + thickness)
        fixed = np.round(np.asarray(points, np.float32) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.polylines(self.pixels, [fixed], False, _paint(colour), max(1, round(thickness)), cv2.LINE_AA, _SUBPIXEL_BITS)

    def taper(self, a: Point, b: Point, ra: float, rb: float, colour: Array) -> None:
        """A limb: a bar from `a` to `b` whose half-widths are `ra` and `rb`, with round ends."""
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = max((dx * dx + dy * dy) ** 0.5, 1e-6)
        nx, ny = -dy / length, dx / length
        self.polygon(
            (
                (a[0] + nx * ra, a[1] + ny * ra),
                (b[0] + nx * rb, b[1] + ny * rb),
                (b[0] - nx * rb, b[1] - ny * rb),
                (a[0] - nx * ra, a[1] - ny * ra),
            ),
            colour,
        )
        self.disc(*a, ra, colour)
        self.disc(*b, rb, colour)

    def premultiplied(self) -> Array:
        """The rows of `span` as float32 RGBA."""
        return self.pixels[self.span].astype(np.float32) * np.float32(1 / 255)

    def _touch(self, top: float, bottom: float) -> None:
        self._top = min(self._top, int(top) - 2)
        self._bottom = max(self._bottom, int(bottom) + 3)


def _paint(colour: Array) -> tuple[float, float, float, float]:
    r, g, b = (float(v) for v in np.clip(colour, 0, 1) * 255)
    return r, g, b, 255.0


class Layer:
    """One depth of the scene: `rgba` is premultiplied float32, H × W × 4. Depth 0 is the sky, 1 the figures' plane."""

    def __init__(self, frame: Frame, depth: float) -> None:
        self.frame = frame
        self.depth = depth
        self.rgba: Array = np.zeros((frame.height, frame.width, 4), np.float32)

    def over(self, sheet: Sheet, shade: Array | None = None) -> None:
        """Blend a full-frame sheet over the layer; `shade` (H × W or H × 1) multiplies its colours."""
        rows = sheet.span
        if rows.stop <= rows.start:
            return
        paint = sheet.premultiplied()
        if shade is not None:
            paint[..., :3] *= shade[rows][..., None]
        self.blend(paint, rows)

    def blend(self, paint: Array, rows: slice = slice(None), columns: slice = slice(None)) -> None:
        """Premultiplied RGBA over the region."""
        region = self.rgba[rows, columns]
        region *= 1 - paint[..., 3:]
        region += paint

    def fill(self, mask: Array, colour: Array, rows: slice = slice(None)) -> None:
        """Cover with `colour` (one colour, or H × W × 3) by `mask` (H × W, 0 to 1), both of the rows given."""
        region = self.rgba[rows]
        kept = (1 - mask)[..., None]
        region *= kept
        region[..., :3] += colour * mask[..., None]
        region[..., 3] += mask

    def light(self, glow: Array, colour: Array, rows: slice = slice(None)) -> None:
        """Add light of `colour` by `glow` (H × W), only on what the layer covers."""
        region = self.rgba[rows]
        region[..., :3] += (glow * region[..., 3])[..., None] * colour

    def shine(self, glow: Array, colour: Array, rows: slice = slice(None)) -> None:
        """Add light to the air before the layer, also where it is empty (premultiplied colour with no alpha)."""
        self.rgba[rows, :, :3] += glow[..., None] * colour

    def shade(self, factor: Array, rows: slice = slice(None)) -> None:
        """Multiply the colours by `factor` (H × W or broadcastable)."""
        self.rgba[rows, :, :3] *= factor[..., None]


def smooth_curve(points: Sequence[Point], per_segment: int = 6, closed: bool = True) -> Array:
    """Catmull-Rom through `points` (E. Catmull and R. Rom, 1974), N × 2."""
    p = np.asarray(points, np.float32)
    if closed:
        before, after, last = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
        start = p
    else:
        padded = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
        before, start, after, last = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, per_segment, endpoint=False, dtype=np.float32)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, start, after, last))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    flat = curve.reshape(-1, 2)
    return flat if closed else np.vstack([flat, p[-1:]])
