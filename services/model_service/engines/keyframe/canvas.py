"""What scenes are painted on: layers of premultiplied colour, sheets of flat vector shapes, and the frame's measures.

Colours are RGB, float32 from 0 to 1 (light may exceed 1 until it is graded). A field of colour is planar, 3 × h × w (or
3 × h × 1): NumPy is an order of magnitude faster on it than on h × w × 3. Positions are pixels, y downwards.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A float32 (or, on sheets, uint8) array; its shape is said where it matters."""
Point: TypeAlias = tuple[float, float]

_SUBPIXEL_BITS = 4
_STRIP = 32
_COARSE = 4


def rgb(code: str) -> Array:
    """The colour of a code such as `#2f7fd6`."""
    digits = code.removeprefix("#")
    return np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


def mix(a: Array, b: Array, t: Any) -> Array:
    """From `a` (t = 0) to `b` (t = 1). Where `t` is a field (h × w), colours become fields of colour (3 × h × w)."""
    share = np.asarray(t, np.float32)
    if share.ndim >= 2:
        a, b = plane(a), plane(b)
    return np.asarray(a + (b - a) * share)


def plane(colour: Array) -> Array:
    """A colour as a field of colour, 3 × 1 × 1; fields are returned as they are."""
    return colour[:, None, None] if colour.ndim == 1 else colour


def luma(colour: Array) -> Array:
    """The luminance (Rec. 709) of a colour or a field of colour."""
    return np.asarray(colour[0] * np.float32(0.2126) + colour[1] * np.float32(0.7152) + colour[2] * np.float32(0.0722))


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

    @property
    def coarse_rows(self) -> Array:
        """Every fourth row as a column: the grid of `refined`."""
        return np.arange(0, self.height + _COARSE, _COARSE, dtype=np.float32)[:, None]

    @property
    def coarse_columns(self) -> Array:
        """Every fourth column as a row: the grid of `refined`."""
        return np.arange(0, self.width + _COARSE, _COARSE, dtype=np.float32)[None, :]

    def glow(self, x: float, y: float, radius: float, *, power: float = 2.0, stretch: float = 1.0, core: float = 0.0) -> Array:
        """A soft light around (x, y), H × W: exp(-(d / radius) ** power), d counted from `core` outwards.

        Computed coarsely and smoothed up, which is invisible for lights much larger than a few pixels.
        """
        columns, rows = self.coarse_columns - np.float32(x), (self.coarse_rows - np.float32(y)) * np.float32(stretch)
        away = np.maximum(np.sqrt(columns**2 + rows**2) - np.float32(core), 0) / np.float32(radius)
        return self.refined(np.maximum(np.exp(-(away ** np.float32(power))) - np.float32(1 / 1024), 0))

    def refined(self, coarse: Array) -> Array:
        """A field sampled at every fourth pixel from the first on, brought to H × W."""
        to_coarse = np.array([[1 / _COARSE, 0, 0], [0, 1 / _COARSE, 0]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(
                coarse.astype(np.float32), to_coarse, (self.width, self.height), flags=flags, borderMode=cv2.BORDER_REPLICATE
            )
        )


class Sheet:
    """Flat, antialiased vector shapes in painter's order: uint8 RGBA, premultiplied because every shape is opaque.

    Thousands of small shapes cost microseconds each; `Layer.over` then blends the sheet once.
    """

    def __init__(self, width: int, height: int) -> None:
        self.pixels: Array = np.zeros((height, width, 4), np.uint8)

    def polygon(self, points: Iterable[Point] | Array, colour: Array) -> None:
        corners = points if isinstance(points, np.ndarray) else np.array(list(points), np.float32)
        cv2.fillPoly(self.pixels, [_fixed(corners)], _paint(colour), cv2.LINE_AA, _SUBPIXEL_BITS)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Array, corners: int = 0) -> None:
        n = corners or int(min(max(max(rx, ry) * 1.2, 8), 64))
        self.polygon(_circle(n) * np.array((rx, ry), np.float32) + np.array((x, y), np.float32), colour)

    def disc(self, x: float, y: float, radius: float, colour: Array) -> None:
        self.ellipse(x, y, radius, radius, colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Array) -> None:
        self.polygon(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), colour)

    def line(self, points: Sequence[Point], colour: Array, thickness: float = 1.0) -> None:
        """A polyline; thinner than one pixel it is drawn as a hairline."""
        corners = _fixed(np.array(points, np.float32))
        cv2.polylines(self.pixels, [corners], False, _paint(colour), max(1, round(thickness)), cv2.LINE_AA, _SUBPIXEL_BITS)

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

    def span(self) -> slice:
        """The rows that were drawn on."""
        used = np.flatnonzero(self.pixels[..., 3].max(1))
        return slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 0)


def _fixed(corners: Array) -> Array:
    return np.rint(corners * np.float32(1 << _SUBPIXEL_BITS)).astype(np.int32)


def _paint(colour: Array) -> tuple[float, float, float, float]:
    r, g, b = (min(max(v, 0.0), 1.0) * 255 for v in colour.tolist())
    return r, g, b, 255.0


@cache
def _circle(corners: int) -> Array:
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32)


def strips(rows: slice) -> Iterator[slice]:
    """The rows in pieces small enough that what is computed of them stays in the cache."""
    for start in range(rows.start, rows.stop, _STRIP):
        yield slice(start, min(start + _STRIP, rows.stop))


class Layer:
    """One depth of the scene: `rgba` is premultiplied float32, H × W × 4. Depth 0 is the sky, 1 the figures' plane."""

    def __init__(self, frame: Frame, depth: float) -> None:
        self.frame = frame
        self.depth = depth
        self.rgba: Array = np.zeros((frame.height, frame.width, 4), np.float32)

    def over(self, sheet: Sheet) -> None:
        """Blend a full-frame sheet over the layer."""
        for rows in strips(sheet.span()):
            self.blend(sheet.pixels[rows].astype(np.float32) * np.float32(1 / 255), rows)

    def blend(self, paint: Array, rows: slice = slice(None), columns: slice = slice(None)) -> None:
        """Premultiplied RGBA (h × w × 4) over the region."""
        region = self.rgba[rows, columns]
        kept = 1 - paint[..., 3]
        for channel in range(4):
            target = region[..., channel]
            target *= kept
            target += paint[..., channel]

    def fill(self, mask: Array, colour: Array, rows: slice = slice(None), columns: slice = slice(None)) -> None:
        """Cover the region by `mask` (h × w, 0 to 1) with `colour`: one colour, or a field that broadcasts to 3 × h × w."""
        whole = np.broadcast_to(plane(colour), (3, *mask.shape))
        target = self.rgba[rows, columns]
        for part in strips(slice(0, mask.shape[0])):
            region, cover = target[part], mask[part]
            kept = 1 - cover
            for channel in range(4):
                plate = region[..., channel]
                plate *= kept
                plate += cover if channel == 3 else whole[channel, part] * cover

    def light(self, glow: Array, colour: Array, rows: slice = slice(None)) -> None:
        """Add light of `colour` by `glow` (h × w), only on what the layer covers."""
        target = self.rgba[rows]
        for part in strips(slice(0, glow.shape[0])):
            region = target[part]
            lit = glow[part] * region[..., 3]
            for channel in range(3):
                region[..., channel] += lit * colour[channel]

    def shine(self, glow: Array, colour: Array) -> None:
        """Add light to the air before the layer, also where it is empty (premultiplied colour with no alpha).

        `colour` is one colour or a field of colour.
        """
        whole = np.broadcast_to(plane(colour), (3, *glow.shape))
        for part in strips(slice(0, glow.shape[0])):
            for channel in range(3):
                self.rgba[part, :, channel] += glow[part] * whole[channel, part]


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
